"""Whether the step before left what it should have: its answer may have been lost, and its failure may look the same."""

from ...guardian.contract import Refusal, Step
from .member import NO_POLICY, Member
from .raw import table, text
from .remaking import Order, Remaking, kept_reference
from .workshop import Workshop


async def missed(engine: Workshop, remaking: Remaking, member: Member, before: Step) -> Refusal | None:
    """Return what is missing of a step of a member, without which the next one must not be sent. Raises ClientError."""
    match before.order:
        case Order.PULL:
            image = await engine.look_at_image(member.reference)
            if image is None or text(image.get("Id")) == member.image:
                return Refusal("nothing_newer", {"target": member.name})
        case Order.KEEP:
            image = await engine.look_at_image(kept_reference(member))
            if image is None or text(image.get("Id")) != member.image:
                return Refusal("image_not_kept", {"target": member.name})
        case Order.CONNECT:
            network = before.params["network"]
            new = await remaking.new(member)
            if network not in table(table((new or {}).get("NetworkSettings")).get("Networks")):
                return Refusal("not_connected", {"target": member.name, "network": network})
        case Order.NO_RESTART:
            # kept, it would bring up both after a restart of the engine
            host = table((await remaking.old(member) or {}).get("HostConfig"))
            if text(table(host.get("RestartPolicy")).get("Name")) not in ("", NO_POLICY["Name"]):
                return Refusal("policy_kept", {"target": member.name})
    return None

"""The single steps by which a container is made anew, and the inverse of each, which looks first."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from ...guardian.contract import NotDone, Refusal, Refused, Step
from .member import NO_POLICY, Member
from .raw import Json, name_of, table, text
from .recreate import Recreation, recreate
from .workshop import Workshop

# where an image is kept under a name of ours, so that no tidying takes it
KEPT = "hsm-rollback"
LOG_LINES = 20


class Order(StrEnum):
    """What one step sends."""

    PULL = "pull_image"
    KEEP = "keep_image"
    CREATE = "create_container"
    CONNECT = "connect_network"
    NO_RESTART = "set_restart_policy"
    STOP = "stop_container"
    PARK = "rename_old"
    TAKE = "rename_new"
    START = "start_container"


def kept_reference(member: Member) -> str:
    """Return the name under which the old image is kept."""
    return f"{KEPT}/{member.name.lower()}:{member.parked.rpartition('-')[2]}"


def steps_of(members: Sequence[Member], networks: Sequence[Sequence[str]]) -> list[Step]:
    """Return the steps that make members anew, the first one with a newer image; networks: connected one by one.

    Those that live in its namespaces stop before it and are made anew after it, so that on the way back, which is
    the same way, they start after it.
    """
    wanted, *others = range(len(members))
    steps = [_step(order, wanted) for order in (Order.PULL, Order.KEEP)]
    steps += _created(wanted, networks[wanted])
    for index in reversed(others):
        steps += _halted(index, members[index])
    steps += [*_halted(wanted, members[wanted]), *_taken_over(wanted, members[wanted])]
    for index in others:
        steps += [*_created(index, networks[index]), *_taken_over(index, members[index])]
    return steps


def _step(order: Order, index: int, **more: str) -> Step:
    return Step(order=order, params={"member": index, **more})


def _created(index: int, networks: Sequence[str]) -> list[Step]:
    return [
        _step(Order.CREATE, index),
        *(_step(Order.CONNECT, index, network=network) for network in networks),
    ]


def _halted(index: int, member: Member) -> list[Step]:
    return [_step(order, index) for order in (Order.NO_RESTART, Order.STOP)[: 1 + member.ran]]


def _taken_over(index: int, member: Member) -> list[Step]:
    return [_step(order, index) for order in (Order.PARK, Order.TAKE, Order.START)[: 2 + member.ran]]


class Remaking:
    """Makes the members of one plan anew. Holds nothing: what it knows it reads from the engine."""

    def __init__(self, workshop: Workshop, members: Sequence[Member]) -> None:
        self._engine = workshop
        self._members = members

    async def old(self, member: Member) -> Json | None:
        """Return the old container as it is now."""
        return await self._engine.look(member.old)

    async def new(self, member: Member, known: str = "") -> Json | None:
        """Return the new container: by the id that was noted, else by the names that only ours has.

        Under the name of the old one it is taken for ours where it was made of the reference that we pulled, or, for
        those that keep their image, of that image.
        """
        for name in (known, member.new, member.failed, member.name):
            if not name or (found := await self._engine.look(name)) is None:
                continue
            if text(found.get("Id")) == member.old:
                continue
            if name != member.name or known:
                return found
            if text(table(found.get("Config")).get("Image")) in (member.reference, member.image):
                return found
        return None

    async def body(self, member: Member) -> Recreation:
        """Return what the new container is created from. Raises Refused and ClientError."""
        old = await self._must(member)
        image = await self._engine.look_at_image(member.image)
        wanted = await self.wanted_image(member)
        if image is None or not wanted:
            raise Refused(Refusal("image_gone", {"target": member.name}))
        return recreate(
            old,
            table(image.get("Config")),
            wanted,
            info=await self._engine.about(),
            api_version=self._engine.api_version,
            names=await self._names(),
        )

    async def wanted_image(self, member: Member) -> str:
        """Return the id of the image that the new container runs: the newest only for the one that is updated."""
        return await self._named_image(member) if member == self._members[0] else member.image

    async def _named_image(self, member: Member) -> str:
        image = await self._engine.look_at_image(member.reference)
        return text(image.get("Id")) if image else ""

    async def _names(self) -> Mapping[str, str]:
        """Return the names of all containers by id; who is parked keeps the name that it gives to its successor."""
        names = dict(await self._engine.names())
        return names | {each.old: each.name for each in self._members}

    async def _must(self, member: Member) -> Json:
        if (found := await self.old(member)) is None:
            raise Refused(Refusal("container_gone", {"target": member.name}))
        return found

    # Forward

    async def send(self, step: Step) -> dict[str, Any]:
        """Send one step; returns what the journal keeps of the answer. Raises Refused, NotDone and ClientError."""
        member, engine = self._members[step.params["member"]], self._engine
        match step.order:
            case Order.PULL:
                await engine.pull(member.reference)
                image = await engine.look_at_image(member.reference)
                return {"image": text(image.get("Id")) if image else None}
            case Order.KEEP:
                await engine.tag(member.image, kept_reference(member))
            case Order.CREATE:
                return {"new": await self._create(member)}
            case Order.CONNECT:
                network = step.params["network"]
                made = await self.body(member)
                await engine.connect(network, member.new, made.connects[network])
            case Order.NO_RESTART:
                await engine.set_restart_policy(member.old, NO_POLICY)
            case Order.STOP:
                await engine.stop(member.old, member.stop_within)
            case Order.PARK:
                await engine.rename(member.old, member.parked)
            case Order.TAKE:
                return await self._named(member, member.name)
            case Order.START:
                found = await self._must_new(member)
                await engine.start(text(found.get("Id")))
                return {"new": found.get("Id")}
            case _:
                raise NotDone(f"No such step: {step.order}")
        return {}

    async def _create(self, member: Member) -> str:
        """Create the new container by the name of its image: one that is created by an id passes for pinned for good."""
        made = await self.body(member)
        wanted, named = await self.wanted_image(member), await self._named_image(member)
        if wanted == named:
            return await self._engine.create(member.new, made.body)
        # the name has moved on, and only the first member is updated: it is lent to the old image meanwhile
        await self._engine.tag(wanted, member.reference)
        try:
            return await self._engine.create(member.new, made.body)
        finally:
            if named:
                await self._engine.tag(named, member.reference)

    async def _named(self, member: Member, name: str) -> dict[str, Any]:
        found = await self._must_new(member)
        await self._engine.rename(text(found.get("Id")), name)
        return {"new": found.get("Id")}

    async def _must_new(self, member: Member) -> Json:
        if (found := await self.new(member)) is None:
            raise Refused(Refusal("new_container_gone", {"target": member.name}))
        return found

    # Back

    async def take_back(self, step: Step, result: Mapping[str, Any]) -> dict[str, Any]:
        """Send what undoes one step, unless it is undone already; returns what the journal keeps.

        Raises Refused where what is there is not ours, and ClientError.
        """
        member, engine = self._members[step.params["member"]], self._engine
        known = text(result.get("new"))
        match step.order:
            case Order.START:
                return await self._halt(member, known)
            case Order.TAKE:
                found = await self.new(member, known)
                if found is not None and name_of(found) == member.name:
                    await engine.rename(text(found.get("Id")), member.failed)
            case Order.PARK:
                await self._unpark(member)
            case Order.STOP:
                await engine.start(text((await self._must(member)).get("Id")))
            case Order.NO_RESTART:
                old = await self._must(member)
                if _policy(old) != member.policy:
                    await engine.set_restart_policy(member.old, member.policy)
            case Order.CREATE:
                await self._discard(member, known)
            case Order.KEEP:
                await self._rename_image(member)
                if await engine.look_at_image(kept_reference(member)) is not None:
                    await engine.untag(kept_reference(member))
            case Order.PULL:
                # cut off here, nothing was kept yet
                await self._rename_image(member)
                await self._serve_again()
        return {}

    async def _halt(self, member: Member, known: str) -> dict[str, Any]:
        """Stop the new container for good; returns the last it wrote, which is what people ask for."""
        if (found := await self.new(member, known)) is None:
            return {}
        container = text(found.get("Id"))
        said = await self._engine.words(container, LOG_LINES)
        await self._engine.set_restart_policy(container, NO_POLICY)
        await self._engine.stop(container, member.stop_within)
        return {"said": said[-1000:]}

    async def _unpark(self, member: Member) -> None:
        old = await self._must(member)
        if name_of(old) == member.name:
            return
        there = await self._engine.look(member.name)
        if there is not None:
            raise Refused(Refusal("name_taken", {"target": member.name}))
        await self._engine.rename(member.old, member.name)

    async def _discard(self, member: Member, known: str) -> None:
        """Remove the new container, which stands still; its volumes are the old one's too."""
        found = await self.new(member, known)
        if found is None or name_of(found) not in (member.new, member.failed):
            return
        if table(found.get("State")).get("Running") is True:
            raise Refused(Refusal("new_container_runs", {"target": member.name}))
        await self._engine.remove(text(found.get("Id")))

    async def _serve_again(self) -> None:
        """Start what ran before: an engine that was started anew meanwhile left it down."""
        for member in self._members:
            if member.ran and table((await self._must(member)).get("State")).get("Running") is not True:
                await self._engine.start(member.old)

    async def _rename_image(self, member: Member) -> None:
        """Give the old image its name back, which the newer one took, so that it is shown under it."""
        there = await self._engine.look_at_image(member.reference)
        if there is None or text(there.get("Id")) != member.image:
            await self._engine.tag(member.image, member.reference)


def _policy(inspect: Json) -> dict[str, Any]:
    policy = table(table(inspect.get("HostConfig")).get("RestartPolicy"))
    return {
        "Name": text(policy.get("Name")) or "no",
        "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
    }

"""People change: what somebody approved for later, or in advance, ends with their right to approve it."""

from collections.abc import Awaitable, Callable

from .contract import Actor, Refusal
from .helm import Helm
from .policy import Policy
from .remediation import State
from .waiting import Waiting

# who somebody is now, by user id; None where it is no active person any more
Today = Callable[[str], Awaitable[Actor | None]]


async def end_former(waiting: Waiting, helm: Helm, policy: Policy, today: Today) -> None:
    """End what waits on the word of somebody who may not give it any more, and what such a one granted."""
    for record in waiting.approved():
        actor = record.actor
        if actor is None or actor.kind != "user":
            continue
        now = await today(actor.id)
        if now is None or policy.may_decide(record, now):
            await waiting.end(record, Refusal("approver_gone", {"who": actor.name}), State.CANCELLED)
    for standing in tuple(helm.standings.values()):
        if standing.over:
            continue
        now = await today(standing.by.id)
        if now is None or not now.admin:
            await helm.lapse(standing.id, "giver_gone")

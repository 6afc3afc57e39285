"""What a play changes on other systems for a while: by their own actions, under leases whose owner it is.

A change that somebody else took back, or set otherwise, is theirs: that system is left alone until it is forgiven.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
import contextlib
from functools import partial
import logging
from typing import Any, Final

from ..edge import clock
from ..edge.guardian import Guardian
from ..guardian.contract import ForAWhile, NotDone, Plan, Refused
from ..guardian.journal import JournalFailed
from ..sources.errors import ClientError

_LOGGER = logging.getLogger(__name__)

# a lease ends by itself after its minutes, should nobody look any more; it is taken anew so long before
RENEW: Final = 15 * 60.0
# so long it is not tried again with a system that did not take it
RETRY: Final = 60.0

type Held = tuple[str, str, str]


class Lending:
    """What one play wants of others. owner: under which name the leases know it; by: the text of who stands behind it."""

    def __init__(self, guardian: Guardian, owner: str, by: str) -> None:
        self._guardian, self._owner, self._by = guardian, owner, by
        # what is asked of each system and until when, and what is held by our leases
        self._asked: dict[str, tuple[Mapping[str, Any], float]] = {}
        self._held: dict[str, set[Held]] = {}
        # systems that somebody took back from us, and until when one that failed is left in peace
        self._left: set[str] = set()
        self._failed: dict[str, float] = {}

    def forgive(self, source: str | None = None) -> None:
        """Take systems again from now on that somebody took back; all of them where none is named."""
        if source is None:
            self._left.clear()
        self._left.discard(source or "")

    def is_left(self, source: str) -> bool:
        """Return whether somebody took a system back from us."""
        return source in self._left

    def is_lent(self, source: str) -> bool:
        """Return whether something of a system is changed because of us."""
        return bool(self._leases_of(source))

    async def give_back(self, sources: Collection[str] | None = None) -> None:
        """End what we want of these systems, of all where none are named, and have it set back at once."""
        leases = self._guardian.desk.leases
        for source in sources or ():
            # what somebody took back in this very moment is theirs all the same
            self._see_whether_left(source)
        known = {
            change.source
            for change in leases.changes.values()
            if any(each.owner == self._owner for each in change.leases)
        }
        for source in known if sources is None else known & {*sources}:
            for lease in self._leases_of(source):
                with contextlib.suppress(KeyError):
                    await leases.end(lease)
        for kept in (self._asked, self._held, self._failed):
            for source in tuple(kept) if sources is None else sources:
                kept.pop(source, None)
        if known if sources is None else known & {*sources}:
            self._guardian.notify()

    async def hold(self, source: Any, action: str, params: Mapping[str, Any]) -> None:
        """See that one action of a system holds. params: those of the action; `minutes` is how long, taken anew before."""
        self._see_whether_left(source.id)
        if source.id in self._left or clock.now() < self._failed.get(source.id, 0.0):
            return
        asked = self._asked.get(source.id)
        if asked is None or asked[0] != params or asked[1] - clock.now() < RENEW:
            await self._ask(source, action, params)

    def _see_whether_left(self, source: str) -> None:
        """Leave a system alone where somebody else set what we hold, or ended it."""
        if (held := self._held.get(source)) is None:
            return
        changes = self._guardian.desk.leases.changes.values()
        now = clock.now()
        ours = {
            (change.source, change.kind, change.target)
            for change in changes
            if any(each.owner == self._owner and each.ends > now for each in change.leases)
        }
        if not held <= ours:
            self._left.add(source)

    async def _ask(self, source: Any, action: str, params: Mapping[str, Any]) -> None:
        """Have it changed, as its own action plans it; what was wanted of it before ends after that."""
        guardian, before = self._guardian, self._leases_of(source.id)
        leases, held = guardian.desk.leases, set[Held]()
        try:
            for step, make in await self._steps(source, action, params):
                by = guardian.texts.common(self._by)
                await leases.take(source.id, step, make, owner=self._owner, by=by, name=source.name)
                held.add((source.id, step.setting, step.target))
            self._held[source.id] = held
            self._asked[source.id] = (params, clock.now() + params["minutes"] * 60)
            for lease in before:
                with contextlib.suppress(KeyError):
                    await leases.end(lease)
            guardian.notify()
        except (Refused, NotDone, ClientError, JournalFailed, TimeoutError) as err:
            _LOGGER.debug("%s of %s is not done: %s", action, source.name, err)
            self._failed[source.id] = clock.now() + RETRY

    async def _steps(
        self, source: Any, action: str, params: Mapping[str, Any]
    ) -> list[tuple[ForAWhile, Callable[[], Awaitable[Any]]]]:
        """Return what is to be lent, each with what orders it; nothing where it is so already, or stricter.

        Raises Refused, and what the system raises when it is read.
        """
        act = source.actions[action]
        try:
            plan: Plan = await act.plan("", params)
        except Refused as err:
            if err.refusal.key == "so_already":
                return []
            raise
        if refusal := self._guardian.desk.policy.spare(source.id, plan):
            raise Refused(refusal)
        return [
            (step.lease, partial(act.run, plan, index))
            for index, step in enumerate(plan.steps)
            if step.lease is not None
        ]

    def _leases_of(self, source: str) -> list[str]:
        """Return the ids of our leases on a system."""
        return [
            each.id
            for change in self._guardian.desk.leases.changes.values()
            if change.source == source
            for each in change.leases
            if each.owner == self._owner
        ]

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
from ..guardian.contract import ForAWhile, NotDone, Refused
from ..guardian.journal import JournalFailed
from ..guardian.lease import Change, Lease
from ..sources.errors import ClientError

_LOGGER = logging.getLogger(__name__)

# a lease ends by itself after its minutes, should nobody look any more; it is taken anew so long before
RENEW: Final = 15 * 60.0
# so long it is not tried again with a system that did not take it
RETRY: Final = 60.0

type Held = tuple[str, str, str]


def key_of(source: str, target: str = "") -> str:
    """Return what a wish is known by: the id of the system, and what inside of it is meant, where it is not all of it."""
    return f"{source} {target}".strip()


class Lending:
    """What one play wants of others. owner: under which name the leases know it; by: the text of who stands behind it.

    who: who approved it, where the text names them. All is known by the id of a system, or by `key_of` a part of it.
    """

    def __init__(self, guardian: Guardian, owner: str, by: str) -> None:
        self._guardian, self._owner, self._by = guardian, owner, by
        self.who = ""
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

    @property
    def lends(self) -> bool:
        """Return whether anything is as we want it now."""
        now = clock.now()
        return any(each.ends > now for _, each in self._ours())

    async def give_back(self, sources: Collection[str] | None = None) -> None:
        """End what we want of these systems, of all where none are named, and have it set back at once."""
        for source in sources or ():
            # what somebody took back in this very moment is theirs all the same
            self._see_whether_left(source)
        ended = [each.id for _, each in self._ours()]
        if sources is not None:
            ended = [lease for source in sources for lease in self._leases_of(source)]
        for lease in ended:
            with contextlib.suppress(KeyError):
                await self._guardian.desk.leases.end(lease)
        for kept in (self._asked, self._held, self._failed):
            for source in tuple(kept) if sources is None else sources:
                kept.pop(source, None)
        if ended:
            self._guardian.notify()

    async def keep(self, sources: Collection[str]) -> None:
        """Give back all but what we want of these."""
        await self.give_back([each for each in self._held if each not in sources])

    async def hold(
        self, source: Any, action: str, params: Mapping[str, Any], *, target: str = "", name: str = ""
    ) -> None:
        """See that one action of a system holds. params: those of the action; `minutes` is how long, taken anew before.

        target, name: of the part that is meant, where it is not all of the system.
        """
        key = key_of(source.id, target)
        self._see_whether_left(key)
        if key in self._left or clock.now() < self._failed.get(key, 0.0):
            return
        asked = self._asked.get(key)
        if asked is None or asked[0] != params or asked[1] - clock.now() < RENEW:
            await self._ask(source, action, params, target, name or source.name)

    def _see_whether_left(self, source: str) -> None:
        """Leave a system alone where somebody else set what we hold, or ended it."""
        if (held := self._held.get(source)) is None:
            return
        now = clock.now()
        if not held <= {_value(change) for change, each in self._ours() if each.ends > now}:
            self._left.add(source)

    async def _ask(self, source: Any, action: str, params: Mapping[str, Any], target: str, name: str) -> None:
        """Have it changed, as its own action plans it; what was wanted of it before ends after that."""
        key, guardian = key_of(source.id, target), self._guardian
        before, held = self._leases_of(key), set[Held]()
        try:
            for step, make in await self._steps(source, action, params, target):
                by = guardian.texts.common(self._by, {"who": self.who})
                await guardian.desk.leases.take(source.id, step, make, owner=self._owner, by=by, name=name)
                held.add((source.id, step.setting, step.target))
            self._held[key] = held
            self._asked[key] = (params, clock.now() + params["minutes"] * 60)
            for lease in before:
                with contextlib.suppress(KeyError):
                    await guardian.desk.leases.end(lease)
            guardian.notify()
        except (Refused, NotDone, ClientError, JournalFailed, TimeoutError) as err:
            _LOGGER.debug("%s of %s is not done: %s", action, name, err)
            # a part of it may be lent
            self._held[key] = self._held.get(key, set()) | held
            self._failed[key] = clock.now() + RETRY

    async def _steps(
        self, source: Any, action: str, params: Mapping[str, Any], target: str
    ) -> list[tuple[ForAWhile, Callable[[], Awaitable[Any]]]]:
        """Return what is to be lent, each with what orders it; nothing where it is so already, or stricter.

        Raises Refused, and what the system raises when it is read.
        """
        try:
            # it also looks at what Home Assistant stands on, and at what is protected
            plan = await self._guardian.desk.plan(source.id, action, target, params)
        except Refused as err:
            if err.refusal.key == "so_already":
                return []
            raise
        act = source.actions[action]
        return [
            (step.lease, partial(act.run, plan, index))
            for index, step in enumerate(plan.steps)
            if step.lease is not None
        ]

    def _ours(self) -> list[tuple[Change, Lease]]:
        return [
            (change, each)
            for change in self._guardian.desk.leases.changes.values()
            for each in change.leases
            if each.owner == self._owner
        ]

    def _leases_of(self, key: str) -> list[str]:
        """Return the ids of our leases on a system, or on a part of it."""
        source, _, target = key.partition(" ")
        held = self._held.get(key, set())
        return [
            each.id
            for change, each in self._ours()
            if change.source == source and (not target or _value(change) in held)
        ]


def _value(change: Change) -> Held:
    return change.source, change.kind, change.target

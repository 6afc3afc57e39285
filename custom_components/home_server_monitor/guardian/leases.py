"""Changes for a while: composed, journalled before they are made, and returned by themselves.

A value is returned only while it is still as we left it; what somebody else set meanwhile is theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
import logging
from typing import Any

from .capabilities import Setting
from .contract import ForAWhile, NotDone, Refusal, Refused
from .journal import Journal
from .lateness import Late, Lateness
from .lease import Change, Lease, Returned, change_id
from .lease_book import LeaseBook
from .locks import Locks
from .remediation import new_id

_LOGGER = logging.getLogger(__name__)

# seconds that one question or order to a system may take
DEADLINE = 30.0


class Leases:
    """All changes for a while of one server.

    settings: by source and name, resolved at each step, None while that is away; held: whether an owner may take no new ones; clock: seconds
    since 1970.
    """

    def __init__(
        self,
        journal: Journal,
        settings: Callable[[str, str], Setting | None],
        held: Callable[[str], bool],
        clock: Callable[[], float],
    ) -> None:
        self._book = LeaseBook(journal, clock)
        self.changes = self._book.changes
        self.load = self._book.load
        self._settings = settings
        self._held = held
        self._clock = clock
        # one value at a time: a container that takes minutes to end keeps no other from being stopped
        self._locks = Locks()
        self._late = Lateness()

    @property
    def busy(self) -> bool:
        """Return whether something is being set just now."""
        return self._locks.busy

    @property
    def foreign(self) -> dict[str, tuple[Change, float]]:
        """Return what somebody else changed while we held it, and when that was seen: told for a day."""
        return self._book.foreign

    @property
    def overdue(self) -> list[Late]:
        """Return the returns that are late enough to be told."""
        return self._late.overdue(self._clock())

    async def why_not(self, source: str, wish: ForAWhile, name: str) -> Refusal | None:
        """Return why a wish cannot be taken. Raises Refused where nobody can say now, and what the source raises."""
        if (setting := self._settings(source, wish.setting)) is None:
            raise Refused(Refusal("source_away", {"target": name}))
        async with asyncio.timeout(DEADLINE):
            seen = await setting.read(wish.target)
        return self._objection(setting, source, wish, seen, name)

    def _objection(
        self, setting: Setting, source: str, wish: ForAWhile, seen: Any, name: str
    ) -> Refusal | None:
        if seen is None:
            return Refusal("no_such_target", {"target": name})
        old = self.changes.get(change_id(source, wish.setting, wish.target))
        if old is not None and not _ours(setting, old, seen):
            return Refusal("changed_by_others", {"target": name})
        if old is None and setting.same(wish.value, seen):
            # taking it back later would undo what somebody else wants
            return Refusal("so_already", {"target": name})
        return None

    async def take[T](
        self,
        source: str,
        wish: ForAWhile,
        make: Callable[[], Awaitable[T]],
        *,
        owner: str,
        by: str,
        name: str,
        must: bool = True,
    ) -> T | None:
        """Write a wish down, make the change, and return what `make` returns; None where it is so by another wish.

        must: whether it is only made where it could be written down.
        Raises Refused, NotDone and JournalFailed with nothing changed, else what `make` raises: then it may be so,
        and is returned when the lease ends.
        """
        async with self._locks.of(change_id(source, wish.setting, wish.target)):
            if self._held(owner):
                raise Refused(Refusal("hold_is_on"))
            if (setting := self._settings(source, wish.setting)) is None:
                raise Refused(Refusal("source_away", {"target": name}))
            seen = await _read(setting, wish.target)
            if refusal := self._objection(setting, source, wish, seen, name):
                raise Refused(refusal)
            now = self._clock()
            lease = Lease(new_id(now), wish.value, owner, now + wish.lasts, by)
            old = self.changes.get(change_id(source, wish.setting, wish.target))
            original = seen if old is None else old.original
            leases = (*(old.leases if old else ()), lease)
            wanted = setting.strictest([original, *(each.value for each in leases)])
            change = Change(
                source=source, kind=wish.setting, target=wish.target, name=name, original=original,
                left=wanted, before=seen, leases=leases,
            )  # fmt: skip
            if setting.same(wanted, seen):
                change = replace(change, left=seen, sure=True)
            await self._book.begin(change, must=must)
            if setting.same(wanted, seen):
                return None
            return await self._make(change, old, setting, make)

    async def _make[T](
        self, change: Change, old: Change | None, setting: Setting, make: Callable[[], Awaitable[T]]
    ) -> T:
        try:
            if self._held(change.leases[-1].owner):
                raise Refused(Refusal("hold_is_on"))
            made = await make()
        except Refused, NotDone:
            if old is None:
                await self._book.over(change, Returned.NOT_DONE)
            else:
                await self._book.note(old)
            raise
        await self._mark(change, setting)
        return made

    async def _mark(self, change: Change, setting: Setting) -> None:
        """Note what is seen right after a write: whoever sets the same later is told from us."""
        try:
            seen = await _read(setting, change.target)
        except NotDone:
            return
        if setting.same(change.left, seen):
            await self._book.note(replace(change, left=seen, sure=True))

    async def end(self, lease_id: str) -> Returned:
        """End a lease early. Raises KeyError where there is none."""
        async with self._locks.of(self._of(lease_id).id):
            change = self._of(lease_id)
            await self._end_those(change, lambda each: each.id == lease_id)
            return await self._settle(change.id)

    async def end_of(self, owner: str) -> None:
        """End what an owner does not want any more; it is returned with the next tick."""
        await self._end_each(lambda each: each.owner == owner)

    async def end_all(self) -> None:
        """End all of them; they are returned with the next tick."""
        await self._end_each(lambda each: True)

    async def _end_each(self, which: Callable[[Lease], bool]) -> None:
        for name in tuple(self.changes):
            async with self._locks.of(name):
                change = self.changes.get(name)
                if change is not None and any(map(which, change.leases)):
                    await self._end_those(change, which)

    async def forget(self, lease_id: str) -> Returned:
        """Leave a value as it is, for good, with all wishes about it. Raises KeyError where there is no such lease."""
        async with self._locks.of(self._of(lease_id).id):
            change = self._of(lease_id)
            self._late.drop(change.id)
            return await self._book.over(change, Returned.FORGOTTEN)

    def _of(self, lease_id: str) -> Change:
        for change in self.changes.values():
            if any(each.id == lease_id for each in change.leases):
                return change
        raise KeyError(lease_id)

    async def _end_those(self, change: Change, which: Callable[[Lease], bool]) -> None:
        now = self._clock()
        leases = tuple(
            replace(each, ends=min(each.ends, now)) if which(each) else each for each in change.leases
        )
        await self._book.note(replace(change, leases=leases))

    async def jumped(self, by: float) -> None:
        """The wall clock went `by` seconds too far: each lease lasts as long as it was to."""
        self._late.clear()
        for name in tuple(self.changes):
            async with self._locks.of(name):
                if (change := self.changes.get(name)) is not None:
                    leases = tuple(replace(each, ends=each.ends + by) for each in change.leases)
                    await self._book.note(replace(change, leases=leases))

    async def tick(self) -> list[Returned]:
        """Return what is due, as far as its source is there, and say what became of it.

        It is never held, and goes on without a journal.
        """
        await self._book.save()
        found = []
        for name in [name for name, change in self.changes.items() if self._is_due(change)]:
            async with self._locks.of(name):
                # it may have been settled meanwhile
                if (change := self.changes.get(name)) is not None and self._is_due(change):
                    found.append(await self._settle(name))
        return found

    def _is_due(self, change: Change) -> bool:
        return self._late.is_time(change, self._clock()) or self._seems_foreign(change)

    def _seems_foreign(self, change: Change) -> bool:
        """Return whether somebody else seems to have changed it meanwhile, without asking."""
        setting = self._settings(change.source, change.kind)
        return setting is not None and not _ours(setting, change, setting.shown(change.target))

    async def _settle(self, name: str) -> Returned:
        """Bring one value to what is still wanted."""
        change = self.changes[name]
        returned, why = Returned.LATER, ""
        if (setting := self._settings(change.source, change.kind)) is not None:
            try:
                returned = await self._settle_with(setting, change)
            except Exception as err:  # noqa: BLE001 - it stays due, and is looked at again before anything is set
                why = str(err) or type(err).__name__
                _LOGGER.info("%s of %s could not be returned yet: %r", change.kind, change.target, err)
        now = self._clock()
        still = self.changes.get(name)
        if returned is Returned.LATER and still is not None and (still.due(now) or not still.sure):
            self._late.put_off(still, now, why)
        else:
            self._late.drop(name)
        return returned

    async def _settle_with(self, setting: Setting, change: Change) -> Returned:
        now = self._clock()
        rest = tuple(each for each in change.leases if each.ends > now)
        async with asyncio.timeout(DEADLINE):
            seen = await setting.read(change.target)
        wanted = change.original
        if rest:
            wanted = setting.strictest([change.original, *(each.value for each in rest)])
        if seen is None:
            return await self._book.over(change, Returned.GONE)
        if not _ours(setting, change, seen):
            back = setting.same(change.original, seen)
            return await self._book.over(change, Returned.BACK if back else Returned.FOREIGN)
        # nothing is ever made stricter here: that takes an approval
        to_set = not setting.same(wanted, seen) and setting.same(setting.strictest([wanted, seen]), seen)
        if rest and rest == change.leases and not to_set:
            return Returned.KEPT
        tried = setting.same(change.original, change.left)
        # what is not back yet keeps its wishes, so that a person can still end it
        leases = rest or change.leases
        change = replace(change, left=wanted if to_set else seen, before=seen, leases=leases, sure=not to_set)
        await self._book.note(change)
        if to_set:
            async with asyncio.timeout(DEADLINE):
                await setting.set_leased(change.target, wanted)
                if setting.same(change.before, await setting.read(change.target)):
                    raise NotDone("the server shows no change")
        if not rest:
            return await self._book.over(change, Returned.RETURNED if to_set or tried else Returned.BACK)
        if to_set:
            await self._mark(change, setting)
        return Returned.KEPT


def _ours(setting: Setting, change: Change, value: Any) -> bool:
    """Return whether a value is as we left it."""
    return setting.same(change.left, value) or (not change.sure and setting.same(change.before, value))


async def _read(setting: Setting, target: str) -> Any:
    """Ask for a value before anything is changed. Raises NotDone."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await setting.read(target)
    except Exception as err:
        raise NotDone(str(err) or "no answer in time") from err

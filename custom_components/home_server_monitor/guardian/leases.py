"""Changes for a while: who wanted them, until when, and the value to which it returns.

A value is returned only while it is still as we left it; what somebody else set meanwhile is theirs.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
import json
import logging
from typing import Any, Protocol

from .contract import Refusal, Refused
from .journal import Journal, JournalFailed
from .journal_files import Replay
from .remediation import new_id

_LOGGER = logging.getLogger(__name__)

KIND = "lease"


class Setting(Protocol):
    """Something that can be changed for a while on a system; values are JSON."""

    async def read(self, target: str) -> Any:
        """Return the value now."""
        ...

    async def write(self, target: str, value: Any) -> None:
        """Set the value."""
        ...

    def strictest(self, values: Sequence[Any]) -> Any:
        """Return the one value that satisfies all; the first one is the original."""
        ...


class Returned(StrEnum):
    """What became of the end of a lease."""

    RETURNED = "returned"
    FOREIGN = "foreign"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Lease:
    """One wish. owner: who wants it; ends: seconds since 1970."""

    id: str
    value: Any
    owner: str
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that we hold. original: before us; left: as we set it last; before: what it was before that write.

    sure: whether that write was answered in this life of the process.
    """

    source: str
    kind: str
    target: str
    original: Any
    left: Any
    before: Any
    leases: tuple[Lease, ...]
    sure: bool = False

    @property
    def id(self) -> str:
        """Return its name in the journal."""
        return json.dumps([self.source, self.kind, self.target])

    def ours(self, value: Any) -> bool:
        """Return whether a value is as we left it."""
        return bool(value == self.left or (not self.sure and value == self.before))

    def pack(self, *, over: bool) -> dict[str, Any]:
        """Return it as the journal holds it."""
        return {
            "source": self.source,
            "kind": self.kind,
            "target": self.target,
            "original": self.original,
            "left": self.left,
            "before": self.before,
            "leases": [
                {"id": each.id, "value": each.value, "owner": each.owner, "ends": each.ends}
                for each in self.leases
            ],
            "over": over,
        }


def _unpack(raw: Mapping[str, Any]) -> Change:
    return Change(
        source=raw["source"],
        kind=raw["kind"],
        target=raw["target"],
        original=raw["original"],
        left=raw["left"],
        before=raw["before"],
        leases=tuple(
            Lease(each["id"], each["value"], each["owner"], float(each["ends"])) for each in raw["leases"]
        ),
    )


class Leases:
    """All changes for a while. settings: by source id and kind, None while that is away; held: no new ones."""

    def __init__(
        self,
        journal: Journal,
        settings: Callable[[str, str], Setting | None],
        held: Callable[[], bool] = lambda: False,
    ) -> None:
        self.changes: dict[str, Change] = {}
        self.on_return: Callable[[Change, Returned], None] = lambda change, returned: None
        self._journal = journal
        self._settings = settings
        self._held = held
        self._lock = asyncio.Lock()
        self._unsaved: dict[str, dict[str, Any]] = {}

    def load(self, replay: Replay, now: float, keeps: Callable[[Lease], bool] = lambda lease: False) -> None:
        """Take what the journal knows; what no owner still wants is due at once."""
        for entry in replay.of(KIND):
            try:
                change = _unpack(entry.value)
            except KeyError, TypeError, ValueError:
                _LOGGER.warning("A change for a while is not readable in the journal: %s", entry.id)
                continue
            if not entry.value.get("over"):
                leases = tuple(
                    each if keeps(each) else replace(each, ends=min(each.ends, now)) for each in change.leases
                )
                self.changes[change.id] = replace(change, leases=leases)

    async def take(
        self, source: str, kind: str, target: str, value: Any, *, owner: str, ends: float, now: float
    ) -> Lease:
        """Set a value until `ends`. Raises Refused and JournalFailed with nothing changed, else what the source raises.

        Where that is raised it may be set, and is returned when the lease ends.
        """
        async with self._lock:
            if self._held():
                raise Refused(Refusal("hold_is_on"))
            if (setting := self._settings(source, kind)) is None:
                raise Refused(Refusal("source_away", {"target": target}))
            seen = await setting.read(target)
            lease = Lease(new_id(now), value, owner, ends)
            old = self.changes.get(json.dumps([source, kind, target]))
            if old is not None and not old.ours(seen):
                raise Refused(Refusal("changed_by_others", {"target": target}))
            original = seen if old is None else old.original
            leases = (*(old.leases if old else ()), lease)
            wanted = setting.strictest([original, *(each.value for each in leases)])
            change = Change(
                source=source, kind=kind, target=target, original=original,
                left=wanted, before=seen, leases=leases,
            )  # fmt: skip
            await self._journal.append(KIND, change.id, change.pack(over=False))
            self.changes[change.id] = change
            if wanted != seen:
                if self._held():
                    self.changes[change.id] = replace(change, leases=(*leases[:-1], replace(lease, ends=now)))
                    raise Refused(Refusal("hold_is_on"))
                await setting.write(target, wanted)
            self.changes[change.id] = replace(change, sure=True)
            return lease

    async def give_back(self, lease_id: str, now: float) -> Returned:
        """End a lease early. Raises KeyError where there is none."""
        async with self._lock:
            change = next((each for each in self.changes.values() if _has(each, lease_id)), None)
            if change is None:
                raise KeyError(lease_id)
            leases = tuple(
                replace(each, ends=min(each.ends, now)) if each.id == lease_id else each
                for each in change.leases
            )
            self.changes[change.id] = replace(change, leases=leases)
            return await self._settle(change.id, now)

    async def tick(self, now: float) -> None:
        """Return what is due, as far as its source is there; never held, and it goes on without a journal."""
        async with self._lock:
            for name, value in tuple(self._unsaved.items()):
                await self._write_down(name, value)
            for change in tuple(self.changes.values()):
                if not change.leases or any(each.ends <= now for each in change.leases):
                    await self._settle(change.id, now)

    async def _settle(self, name: str, now: float) -> Returned:
        """Bring one value to what is still wanted."""
        change = self.changes[name]
        returned = Returned.LATER
        if (setting := self._settings(change.source, change.kind)) is not None:
            try:
                returned = await self._settle_with(setting, change, now)
            except Exception as err:  # noqa: BLE001 - it stays due, and is looked at again before anything is set
                _LOGGER.info("%s of %s could not be returned yet: %r", change.kind, change.target, err)
        self.on_return(self.changes.get(name, change), returned)
        return returned

    async def _settle_with(self, setting: Setting, change: Change, now: float) -> Returned:
        rest = tuple(each for each in change.leases if each.ends > now)
        seen = await setting.read(change.target)
        wanted = change.original
        if rest:
            wanted = setting.strictest([change.original, *(each.value for each in rest)])
        if not change.ours(seen) and seen != wanted:
            await self._over(change)
            return Returned.FOREIGN
        change = replace(change, left=wanted, before=seen, leases=rest, sure=False)
        self.changes[change.id] = change
        await self._write_down(change.id, change.pack(over=False))
        if seen != wanted:
            await setting.write(change.target, wanted)
        if rest:
            self.changes[change.id] = replace(change, sure=True)
        else:
            await self._over(change)
        return Returned.RETURNED

    async def _over(self, change: Change) -> None:
        self.changes.pop(change.id, None)
        await self._write_down(change.id, change.pack(over=True))

    async def _write_down(self, name: str, value: dict[str, Any]) -> None:
        self._unsaved[name] = value
        try:
            await self._journal.append(KIND, name, value)
        except JournalFailed:
            return
        self._unsaved.pop(name, None)


def _has(change: Change, lease_id: str) -> bool:
    return any(each.id == lease_id for each in change.leases)

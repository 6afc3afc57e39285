"""Bringing back what was ended: in reverse, only what is still as we left it, and looked at whether it is well."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
import logging
from typing import Any, Final, Protocol

from ...guardian.capabilities_load import StopsWorkloads
from ...guardian.desk import Desk
from ...guardian.house import House
from ...guardian.lease import OF_RECORD, Returned, change_id
from ...guardian.remediation import OUTAGE
from ...sources.errors import ClientError
from .items import waves
from .stopped import Ledger, Stopped

_LOGGER = logging.getLogger(__name__)

# seconds for which what was started is given to be well before what needs it is started, and between two looks
WELL_WITHIN: Final = 90.0
LOOK_EVERY: Final = 3.0
# seconds for which an order that is under way is waited for, and what is brought back while its server is away
ENDED_WITHIN: Final = 180.0
# what is looked at
LOOKED_AT: Final = frozenset({"stop_container", "stop_app", "stop_machine"})


class Restores(Protocol):
    """The play that brings it back."""

    ledger: Ledger
    server: str
    id: str

    @property
    def house(self) -> House:
        """Return where the sources are."""
        ...

    @property
    def desk(self) -> Desk:
        """Return where its actions are run."""
        ...

    def moved(self, stage: str, patience: float) -> None:
        """Take note that something of a stage went on."""
        ...

    def brings_back(self) -> bool:
        """Return whether things may be started now: not once mains has failed again."""
        ...

    async def save(self) -> None:
        """Write down what is stopped still. Never raises."""
        ...


@dataclass(slots=True)
class Report:
    """What became of what was ended, by name.

    back: runs, and is well as far as that can be told; unwell: was started and is not well; theirs: somebody else had
    changed it, so it was left alone; late: could not be brought back yet, and is tried again.
    """

    back: list[str] = field(default_factory=list)
    unwell: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Return whether nothing is missing any more."""
        return not self.late

    @property
    def ended(self) -> frozenset[str]:
        """Return the names for which nothing is left to do."""
        return frozenset((*self.back, *self.unwell, *self.theirs))

    def add(self, other: Report) -> None:
        """Take in another one."""
        for mine, theirs in (
            (self.back, other.back),
            (self.unwell, other.unwell),
            (self.theirs, other.theirs),
            (self.late, other.late),
        ):
            mine.extend(theirs)
        # what could not be brought back at first may be by now
        self.late = [each for each in dict.fromkeys(self.late) if each not in self.ended]


class Restoring:
    """Brings stages back. sleep: seconds."""

    def __init__(self, play: Restores, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._play = play
        self._sleep = sleep

    async def restore(self, stage: str) -> Report:
        """Bring back all that a stage ended; never held, and nothing of it is started twice."""
        report, ledger = Report(), self._play.ledger
        rows = {row.item.key: row for row in ledger.of(stage)}
        await self._settled(rows.values())
        for wave in reversed(waves([row.item for row in rows.values()])):
            if not self._play.brings_back():
                report.late += [item.name for item in wave]
                continue
            report.add(await self._wave(stage, [rows[item.key] for item in wave]))
        return report

    async def _settled(self, rows: Iterable[Stopped]) -> None:
        """Wait until what is being ended just now has ended: two orders at once would cross."""
        desk = self._play.desk
        parts = [each for row in rows for each in self._parts_of(row)]
        running = [each for each in parts if each in desk.records and not desk.records[each].over]
        if running:
            waiting = [asyncio.ensure_future(desk.wait(each)) for each in running]
            try:
                await asyncio.wait(waiting, timeout=ENDED_WITHIN)
            finally:
                for task in waiting:
                    task.cancel()

    async def _wave(self, stage: str, rows: Sequence[Stopped]) -> Report:
        play, report = self._play, Report()
        found = await asyncio.gather(*(self._give_back(row) for row in rows))
        started = []
        for row, ends in zip(rows, found, strict=True):
            if Returned.LATER in ends:
                report.late.append(row.item.name)
                continue
            play.ledger.back(row)
            if Returned.FOREIGN in ends:
                report.theirs.append(row.item.name)
            elif ends:
                started.append(row)
            play.moved(stage, WELL_WITHIN)
        await play.save()
        well = await self._well(started)
        for row in started:
            (report.back if row.item.key in well else report.unwell).append(row.item.name)
        return report

    async def _give_back(self, row: Stopped) -> list[Returned]:
        """End the leases of one thing, and say what became of them; none where it was never ended."""
        leases, found = self._play.desk.leases, []
        for setting, target in self._leases_of(row):
            change = leases.changes.get(change_id(row.item.source, setting, target))
            for lease in change.leases if change is not None else ():
                if lease.owner in self._owners(row):
                    try:
                        found.append(await leases.end(lease.id))
                    except KeyError:
                        # somebody else was faster
                        found.append(Returned.BACK)
        return found

    def _owners(self, row: Stopped) -> frozenset[str]:
        return frozenset(f"{OF_RECORD}{each}" for each in self._parts_of(row))

    def _parts_of(self, row: Stopped) -> Sequence[str]:
        """Return the records that ended it, also those that were begun and not noted before a crash."""
        known = [
            record.id
            for record in self._play.desk.records.values()
            if record.rule == OUTAGE and (record.source, record.target) == (row.item.source, row.item.target)
            and record.action == row.item.action
        ]  # fmt: skip
        return tuple(dict.fromkeys((*row.parts, *known)))

    def _leases_of(self, row: Stopped) -> Sequence[tuple[str, str]]:
        records = self._play.desk.records
        known = [
            (step.lease.setting, step.lease.target)
            for each in self._parts_of(row)
            if each in records
            for step in records[each].plan.steps
            if step.lease is not None
        ]
        return tuple(dict.fromkeys((*row.leases, *known)))

    async def _well(self, rows: Sequence[Stopped]) -> set[str]:
        """Look until all are well, for a while; returns the keys of those that are.

        What nobody can look at is taken to be: a scrub that goes on, a client that downloads again.
        """
        waiting = {row.item.key: row for row in rows if row.item.action in LOOKED_AT}
        well = {row.item.key for row in rows} - waiting.keys()
        waited = 0.0
        while waiting:
            for source_id in {row.item.source for row in waiting.values()}:
                mine = {row.item.target: key for key, row in waiting.items() if row.item.source == source_id}
                well |= {mine[target] for target in await self._look(source_id, mine)}
            waiting = {key: row for key, row in waiting.items() if key not in well}
            if waited >= WELL_WITHIN or not self._play.brings_back():
                break
            if waiting:
                waited += LOOK_EVERY
                await self._sleep(LOOK_EVERY)
        return well

    async def _look(self, source_id: str, targets: Collection[str]) -> set[str]:
        source: Any = self._play.house.source(source_id)
        if not isinstance(source, StopsWorkloads):
            return set()
        try:
            return {target for target, well in (await source.look_well(targets)).items() if well}
        except ClientError as err:
            _LOGGER.debug("Whether what was started at %s is well is not known: %s", source.name, err)
            return set()

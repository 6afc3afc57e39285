"""Changes for a while: composed, and returned only where they are still as we left them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.leases import Change, Lease, Leases, Returned

from .fake import START, FakeSource, Guardian

NOW = START


class Limit:
    """A limit on a server; the strictest is the lowest."""

    def __init__(self, value: int = 100) -> None:
        self.value = value
        self.writes: list[int] = []
        self.fails: BaseException | None = None
        self.fails_after = False

    async def read(self, target: str) -> int:
        return self.value

    async def write(self, target: str, value: int) -> None:
        if self.fails and not self.fails_after:
            raise self.fails
        self.value = value
        self.writes.append(value)
        if self.fails:
            raise self.fails

    def strictest(self, values: Sequence[int]) -> int:
        return min(values)


class Setup:
    def __init__(self, folder: Path, limit: Limit) -> None:
        self.limit: Limit | None = limit
        self.held = False
        self.told: list[Returned] = []
        self.guardian = Guardian(folder, FakeSource())
        self.leases = Leases(self.guardian.journal, lambda source, kind: self.limit, lambda: self.held)
        self.leases.on_return = self._tell

    def _tell(self, change: Change, returned: Returned) -> None:
        self.told.append(returned)

    async def start(self, now: float = NOW, **more: Any) -> Setup:
        self.leases.load(await self.guardian.journal.open(), now, **more)
        return self

    async def take(self, value: int, ends: float = NOW + 60) -> Lease:
        return await self.leases.take("nas", "limit", "eth0", value, owner="play", ends=ends, now=NOW)


async def test_taken_and_returned(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    assert limit.value == 50
    await it.leases.tick(NOW + 59)
    assert limit.value == 50
    await it.leases.tick(NOW + 60)
    assert (limit.value, it.told, it.leases.changes) == (100, [Returned.RETURNED], {})
    assert not (await Setup(tmp_path, limit).start()).leases.changes


async def test_overlapping_ones_compose(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    first = await it.take(50)
    await it.take(20, NOW + 120)
    await it.take(200, NOW + 180)
    assert limit.writes == [50, 20]
    assert await it.leases.give_back(first.id, NOW) is Returned.RETURNED
    assert limit.value == 20
    await it.leases.tick(NOW + 120)
    assert limit.value == 100
    await it.leases.tick(NOW + 180)
    assert limit.writes == [50, 20, 100]
    with pytest.raises(KeyError):
        await it.leases.give_back(first.id, NOW)


async def test_what_others_set_is_theirs(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    limit.value = 70
    with pytest.raises(Refused):
        await it.take(40)
    await it.leases.tick(NOW + 60)
    assert (limit.value, it.told, it.leases.changes) == (70, [Returned.FOREIGN], {})


async def test_a_source_that_is_away(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    it.limit = None
    await it.leases.tick(NOW + 60)
    with pytest.raises(Refused):
        await it.take(40)
    it.limit, it.held = limit, True
    await it.leases.tick(NOW + 61)
    assert (limit.value, it.told) == (100, [Returned.LATER, Returned.RETURNED])
    with pytest.raises(Refused):
        await it.take(40)


@pytest.mark.parametrize("after", [False, True])
async def test_a_write_whose_answer_is_lost(tmp_path: Path, after: bool) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.fails, limit.fails_after = ConnectionError("lost"), after
    with pytest.raises(ConnectionError):
        await it.take(50)
    await it.leases.tick(NOW + 60)
    limit.fails = None
    await it.leases.tick(NOW + 61)
    assert (limit.value, it.leases.changes) == (100, {})


@pytest.mark.parametrize("after", [False, True])
async def test_killed_around_the_write(tmp_path: Path, after: bool) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.fails, limit.fails_after = SystemError("killed"), after
    with pytest.raises(SystemError):
        await it.take(50)
    limit.fails = None
    kept = await Setup(tmp_path, limit).start(keeps=lambda lease: True)
    await kept.leases.tick(NOW + 1)
    assert limit.value == (50 if after else 100)
    again = await Setup(tmp_path, limit).start()
    await again.leases.tick(NOW + 1)
    assert (limit.value, again.leases.changes) == (100, {})


async def test_no_journal_no_change_but_a_return(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)

    def full(line: Any, written: bool) -> None:
        raise OSError(28, "full")

    it.guardian.journal.on_append = full
    with pytest.raises(JournalFailed):
        await it.take(40)
    assert limit.value == 50
    await it.leases.tick(NOW + 60)
    assert limit.value == 100
    it.guardian.journal.on_append = None
    await it.leases.tick(NOW + 61)
    assert not (await Setup(tmp_path, limit).start()).leases.changes


async def test_hold_while_it_is_written_down(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    it.guardian.journal.on_append = lambda line, written: setattr(it, "held", True)
    with pytest.raises(Refused):
        await it.take(50)
    await it.leases.tick(NOW)
    assert (limit.writes, it.leases.changes) == ([], {})


async def test_an_unreadable_one_stops_no_other(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    await it.guardian.journal.append("lease", "x", {"source": "nas"})
    again = await Setup(tmp_path, limit).start()
    assert len(again.leases.changes) == 1

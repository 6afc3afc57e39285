"""Changes for a while: composed, and returned only where they are still as we left them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

import pytest

from custom_components.home_server_monitor.guardian.capabilities import Setting
from custom_components.home_server_monitor.guardian.contract import ForAWhile, NotDone, Refusal, Refused
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.lease import OF_RECORD, Returned
from custom_components.home_server_monitor.guardian.leases import Leases
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR

from .fake import START, FakeSource, Guardian

NOW = START


class Limit(Setting):
    """A limit on a server; the strictest is the lowest."""

    def __init__(self, value: int | None = 100) -> None:
        self.value = value
        self.writes: list[int] = []
        self.fails: BaseException | None = None
        self.fails_after = False
        self.unread: Exception | None = None

    @override
    async def read(self, target: str) -> int | None:
        if self.unread:
            raise self.unread
        return self.value

    @override
    def shown(self, target: str) -> int | None:
        return self.value

    @override
    def same(self, left: Any, seen: Any) -> bool:
        return bool(left == seen)

    @override
    async def set_leased(self, target: str, value: int) -> None:
        if self.fails and not self.fails_after:
            raise self.fails
        self.value = value
        self.writes.append(value)
        if self.fails:
            raise self.fails

    @override
    def strictest(self, values: Sequence[int]) -> int:
        return min(values)


class Setup:
    def __init__(self, folder: Path, limit: Limit) -> None:
        self.now = NOW
        self.limit: Limit | None = limit
        self.held = False
        self.told: list[Returned] = []
        self.guardian = Guardian(folder, FakeSource())
        self.leases = Leases(
            self.guardian.journal, lambda source, kind: self.limit, lambda owner: self.held, lambda: self.now
        )

    async def start(self, now: float = NOW) -> Setup:
        self.now = self.guardian.now = now
        self.leases.load(await self.guardian.journal.open())
        return self

    async def take(self, value: int, lasts: float = 60, owner: str = f"{OF_RECORD}1") -> str:
        """Take a lease; returns its id."""
        wish = ForAWhile(setting="limit", target="eth0", value=value, lasts=lasts)

        async def make() -> bool:
            assert self.limit is not None
            await self.limit.set_leased("eth0", value)
            return True

        await self.leases.take("nas", wish, make, owner=owner, by="Ada", name="eth0")
        (change,) = self.leases.changes.values()
        return change.leases[-1].id

    async def at(self, now: float) -> None:
        """Let the guardian's timer fire at an instant."""
        self.now = self.guardian.now = now
        self.told += await self.leases.tick()


async def test_taken_and_returned(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    assert limit.value == 50
    await it.at(NOW + 59)
    assert limit.value == 50
    await it.at(NOW + 60)
    assert (limit.value, it.told, it.leases.changes) == (100, [Returned.RETURNED], {})
    assert not (await Setup(tmp_path, limit).start()).leases.changes


async def test_overlapping_ones_compose(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    first = await it.take(50)
    await it.take(20, 120)
    await it.take(200, 180)
    assert limit.writes == [50, 20]
    assert await it.leases.end(first) is Returned.KEPT
    assert limit.value == 20
    await it.at(NOW + 120)
    assert limit.value == 100
    await it.at(NOW + 180)
    assert limit.writes == [50, 20, 100]
    with pytest.raises(KeyError):
        await it.leases.end(first)


async def test_the_looser_one_ends_first(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(20)
    await it.take(50, 120)
    await it.at(NOW + 60)
    assert (limit.value, it.told) == (50, [Returned.KEPT])
    await it.at(NOW + 120)
    assert limit.writes == [20, 50, 100]


async def test_what_others_set_is_theirs(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    limit.value = 70
    with pytest.raises(Refused) as refused:
        await it.take(40)
    assert refused.value.refusal.key == "changed_by_others"
    await it.at(NOW + 60)
    assert (limit.value, it.told, it.leases.changes) == (70, [Returned.FOREIGN], {})
    assert [change.name for change, _ in it.leases.foreign.values()] == ["eth0"]
    again = await Setup(tmp_path, limit).start(NOW + HOUR)
    assert again.leases.foreign.keys() == it.leases.foreign.keys()
    await again.at(NOW + 2 * DAY)
    assert not again.leases.foreign


async def test_what_others_set_meanwhile_ends_it_long_before(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50, HOUR)
    limit.value = 100
    await it.at(NOW + 15)
    assert (it.told, it.leases.changes, it.leases.foreign) == ([Returned.BACK], {}, {})
    # what they set again later is theirs, though it is what we had set
    limit.value = 50
    await it.at(NOW + HOUR)
    assert limit.writes == [50]


async def test_what_is_so_already_is_not_taken(tmp_path: Path) -> None:
    limit = Limit(50)
    it = await Setup(tmp_path, limit).start()
    with pytest.raises(Refused) as refused:
        await it.take(50)
    assert refused.value.refusal.key == "so_already"
    assert not it.leases.changes


async def test_what_is_no_more(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    limit.value = None
    await it.at(NOW + 15)
    assert (it.told, it.leases.changes, limit.writes) == ([Returned.GONE], {}, [50])
    with pytest.raises(Refused):
        await it.take(50)


async def test_a_source_that_is_away(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    it.limit = None
    await it.at(NOW + 60)
    with pytest.raises(Refused):
        await it.take(40)
    await it.at(NOW + HOUR)
    assert [late.since for late in it.leases.overdue] == [NOW + 60]
    it.limit, it.held = limit, True
    await it.at(NOW + HOUR + 15)
    assert (limit.value, it.told) == (100, [Returned.LATER, Returned.LATER, Returned.RETURNED])
    assert not it.leases.overdue
    with pytest.raises(Refused):
        await it.take(40)


async def test_a_system_that_says_no_is_asked_ever_less_often(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    limit.fails = NotDone("no right")
    for second in range(60, 4 * 3600, 15):
        await it.at(NOW + second)
    assert 8 < it.told.count(Returned.LATER) < 20
    assert [late.why for late in it.leases.overdue] == ["no right"]
    limit.fails = None
    await it.at(NOW + 6 * HOUR)
    assert (limit.value, it.leases.overdue) == (100, [])


@pytest.mark.parametrize("after", [False, True])
async def test_a_write_whose_answer_is_lost(tmp_path: Path, after: bool) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.fails, limit.fails_after = ConnectionError("lost"), after
    with pytest.raises(ConnectionError):
        await it.take(50)
    await it.at(NOW + 60)
    limit.fails = None
    await it.at(NOW + 90)
    assert (limit.value, it.leases.changes) == (100, {})


async def test_a_write_that_never_arrived_is_not_made_up_for(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.fails = ConnectionError("lost")
    for lasts in (60.0, 120.0):
        with pytest.raises(ConnectionError):
            await it.take(50, lasts)
    limit.fails = None
    for second in range(15, 300, 15):
        await it.at(NOW + second)
    assert (limit.writes, it.leases.changes) == ([], {})


@pytest.mark.parametrize("error", [NotDone("turned away"), Refused(Refusal("target_changed"))])
async def test_what_certainly_was_not_done_is_no_lease(tmp_path: Path, error: Exception) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.fails = error
    with pytest.raises(type(error)):
        await it.take(50)
    assert not it.leases.changes
    limit.fails = None
    await it.take(50)
    limit.fails = NotDone("turned away")
    with pytest.raises(NotDone):
        await it.take(20, 120)
    (change,) = it.leases.changes.values()
    assert len(change.leases) == 1
    again = await Setup(tmp_path, limit).start()
    assert [each.leases for each in again.leases.changes.values()] == [change.leases]


async def test_what_cannot_be_read_is_not_changed(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.unread = ConnectionError("away")
    with pytest.raises(NotDone):
        await it.take(50)
    assert (limit.writes, it.leases.changes) == ([], {})


@pytest.mark.parametrize("after", [False, True])
async def test_killed_around_the_write(tmp_path: Path, after: bool) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    limit.fails, limit.fails_after = SystemError("killed"), after
    with pytest.raises(SystemError):
        await it.take(50)
    limit.fails = None
    kept = await Setup(tmp_path, limit).start()
    await kept.at(NOW + 1)
    assert limit.value == (50 if after else 100)
    again = await Setup(tmp_path, limit).start(NOW + 60)
    await again.leases.tick()
    assert (limit.value, again.leases.changes) == (100, {})


async def test_what_a_play_wanted_is_due_at_the_next_start(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50, HOUR, owner="play:throttle")
    again = await Setup(tmp_path, limit).start()
    await again.leases.tick()
    assert (limit.value, again.leases.changes) == (100, {})


async def test_an_owner_wants_it_no_more(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50, HOUR)
    await it.leases.end_of("somebody")
    await it.at(NOW + 15)
    assert limit.value == 50
    await it.leases.end_of(f"{OF_RECORD}1")
    # also when it is killed right now
    again = await Setup(tmp_path, limit).start(NOW + 16)
    await again.leases.tick()
    assert limit.value == 100


async def test_it_stays_because_a_person_says_so(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    lease = await it.take(50)
    assert await it.leases.forget(lease) is Returned.FORGOTTEN
    await it.at(NOW + 60)
    assert limit.value == 50
    assert not (await Setup(tmp_path, limit).start()).leases.changes


async def test_a_clock_that_jumps_shortens_nothing(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    await it.leases.jumped(DAY)
    await it.at(NOW + DAY + 59)
    assert limit.value == 50
    await it.at(NOW + DAY + 60)
    assert limit.value == 100


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
    await it.at(NOW + 60)
    assert limit.value == 100
    assert it.guardian.journal.broken
    it.guardian.journal.on_append = None
    await it.at(NOW + 61)
    assert not (await Setup(tmp_path, limit).start()).leases.changes


async def test_hold_while_it_is_written_down(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    it.guardian.journal.on_append = lambda line, written: setattr(it, "held", True)
    with pytest.raises(Refused):
        await it.take(50)
    await it.leases.tick()
    assert (limit.writes, it.leases.changes) == ([], {})


async def test_an_unreadable_one_stops_no_other(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    await it.take(50)
    await it.guardian.journal.append("lease", "x", {"source": "nas"})
    again = await Setup(tmp_path, limit).start()
    assert len(again.leases.changes) == 1


async def test_what_cannot_be_set_back_can_still_be_left_to_others(tmp_path: Path) -> None:
    limit = Limit()
    it = await Setup(tmp_path, limit).start()
    lease = await it.take(50)
    limit.fails = NotDone("no right")
    await it.at(NOW + 60)
    again = await Setup(tmp_path, limit).start(NOW + HOUR)
    await again.at(NOW + HOUR)
    assert again.told == [Returned.LATER]
    assert len(again.leases.overdue) == 1
    assert await again.leases.forget(lease) is Returned.FORGOTTEN
    assert (limit.value, again.leases.changes, again.leases.overdue) == (50, {}, [])

"""The counts of a month, from the disk."""

from pathlib import Path

import pytest

from custom_components.home_server_monitor.guardian.book import KIND
from custom_components.home_server_monitor.guardian.month import KEPT, Month, Tally, count
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR

from .fake import ADMIN, START, FakeAction, FakeSource, Guardian, World


async def counted(it: Guardian, found: Tally, since: float) -> Month:
    return count(await it.journal.newest(since, (KIND, "said")), found, since, it.now)


async def test_all_is_counted_after_its_end_and_a_restart(tmp_path: Path) -> None:
    practise = FakeAction(World(), key="practise")
    it = await Guardian(tmp_path, FakeSource(FakeAction(World()), practise)).start()
    found = Tally()
    for target in "ab":
        found.note(it.now)
        await it.done(target, rule="pool_errors", finding=target)
    denied = await it.propose("c")
    await it.desk.deny(denied.id, ADMIN)
    await it.done("d", action="practise")
    for said in ("x", "x", "y"):
        await it.journal.append(
            "said", f"{said}{it.now}", {"what": "dismissed", "finding": said, "over": True}
        )
        it.now += 1
    await it.journal.append("said", "z", {"what": "accepted", "rule": "r", "over": True})
    wanted = Month(found=2, asked=3, done=2, undone=0, false=2)
    assert await counted(it, found, START - 30 * DAY) == wanted
    it.now += 3 * DAY
    await it.journal._rotate()
    again = await Guardian(tmp_path, it.source, now=it.now).start()
    assert not again.desk.records
    kept = Tally()
    kept.load(found.dump())
    assert await counted(again, kept, START - 30 * DAY) == wanted
    nothing = Month(found=0, asked=0, done=0, undone=0, false=0)
    assert await counted(again, kept, START + DAY) == nothing


async def test_what_was_asked_before_and_done_in_it(tmp_path: Path) -> None:
    it = await Guardian(tmp_path, FakeSource(FakeAction(World()))).start()
    record = await it.propose()
    it.now += HOUR
    await it.desk.approve(record.id, ADMIN)
    await it.desk.wait(record.id)
    month = await counted(it, Tally(), START + 60)
    assert (month.asked, month.done) == (0, 1)


def test_a_tally_forgets_and_tiles() -> None:
    tally = Tally()
    for day in range(KEPT + 20):
        tally.note(day * DAY)
    assert len(tally.dump()) == KEPT
    last = (KEPT + 19) * DAY
    month = tally.between(last - 30 * DAY, last)
    assert month == 30
    # two reports at the same time of the day count nothing twice
    assert month + tally.between(last - 60 * DAY, last - 30 * DAY) == 60


@pytest.mark.parametrize("damaged", [None, [], {"x": 1}, {"1": "many"}, {"2": -1}, {"-3": 1}])
def test_a_damaged_tally_counts_nothing(damaged: object) -> None:
    tally = Tally()
    tally.load(damaged)
    assert tally.dump() == {}

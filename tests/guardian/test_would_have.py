"""What would have been done by itself, as the journal tells it, also after its file was changed."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.book import KIND
from custom_components.home_server_monitor.guardian.contract import Actor, Risk
from custom_components.home_server_monitor.guardian.first_week import OPEN
from custom_components.home_server_monitor.guardian.journal_files import NAME
from custom_components.home_server_monitor.guardian.policy import Settings
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, State
from custom_components.home_server_monitor.guardian.would_have import Would, look_back

from .fake import ADMIN, START, FakeAction, FakeSource, Guardian, World

RULES = ("pool_errors", "task_failed")


async def guardian(tmp_path: Path, *actions: FakeAction) -> Guardian:
    return await Guardian(tmp_path, FakeSource(*(actions or (FakeAction(World()),)))).start()


async def looked(it: Guardian, since: float = START) -> tuple[Would, ...]:
    return look_back(await it.journal.newest(since, (KIND,)), since, it.now, RULES, Settings())


def said(found: tuple[Would, ...]) -> dict[str, Any]:
    return {
        each.rule: (each.times, each.about, {end: count for end, count in each.ended.items() if count})
        for each in found
    }


async def test_offers_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    await it.done("a", rule="pool_errors", finding="fa", since=START, name="Alpha")
    denied = await it.propose("b", rule="pool_errors", finding="fb", since=START, name="Beta")
    await it.desk.deny(denied.id, ADMIN)
    await it.propose("c", rule="task_failed", finding="fc", since=START, name="Gamma")
    it.now += 5 * HOUR
    await it.desk.tick()
    assert {each.state for each in it.desk.records.values()} == {
        State.SUCCEEDED,
        State.DENIED,
        State.EXPIRED,
    }
    assert said(await looked(it)) == {
        "pool_errors": (2, {"Alpha": 1, "Beta": 1}, {"done": 1, "denied": 1}),
        "task_failed": (1, {"Gamma": 1}, {"undecided": 1}),
    }


async def test_what_is_still_open_was_never_decided(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    await it.propose(rule="pool_errors", finding="f", since=START, name="Tank")
    assert said(await looked(it)) == {"pool_errors": (1, {"Tank": 1}, {"undecided": 1})}


async def test_offers_of_one_matter_are_one(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    for _ in range(3):
        await it.propose(rule="pool_errors", finding="f", since=START, name="Tank")
        it.now += 5 * HOUR
        await it.desk.tick()
    await it.done(rule="pool_errors", finding="f", since=START, name="Tank")
    assert said(await looked(it)) == {"pool_errors": (1, {"Tank": 1}, {"done": 1})}
    it.now += 2 * DAY
    await it.propose(rule="pool_errors", finding="f", since=it.now, name="Tank")
    assert said(await looked(it))["pool_errors"][0] == 2


async def test_budgets_would_have_held_it_back(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    for number in range(8):
        record = await it.propose(rule="pool_errors", finding="f", since=START + number, name="Tank")
        await it.desk.deny(record.id, ADMIN)
        it.now += HOUR / 2
    # within the hour after one, none; three a day
    assert said(await looked(it))["pool_errors"][0] == 3


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "disk_failing", "finding": "f"},
        {"rule": "pool_errors"},
        {"finding": "f"},
    ],
)
async def test_what_could_never_be_automatic_is_left_out(tmp_path: Path, other: dict[str, str]) -> None:
    it = await guardian(tmp_path)
    await it.propose(**other)
    assert await looked(it) == ()


async def test_what_is_not_of_low_risk_is_left_out(tmp_path: Path) -> None:
    it = await guardian(tmp_path, FakeAction(World(), risk=Risk.MEDIUM))
    await it.propose(rule="pool_errors", finding="f")
    assert await looked(it) == ()


async def test_what_was_before_is_left_out(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    await it.propose(rule="pool_errors", finding="f", since=START)
    it.now += DAY
    await it.desk.tick()
    assert await looked(it, START + HOUR) == ()
    assert len(await looked(it)) == 1


async def test_what_did_act_by_itself_says_so(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    record = await it.propose(rule="pool_errors", finding="f", since=START, name="Tank")
    await it.desk.helm.set_mode(type(it.desk.helm.mode).ACT, ADMIN)
    it.policy.settings = Settings(automatic=frozenset({"pool_errors"}))
    it.desk.helm.installed = it.now - 8 * DAY
    await it.desk.run_automatically(record.id)
    await it.desk.wait(record.id)
    assert said(await looked(it)) == {"pool_errors": (1, {"Tank": 1}, {"by_itself": 1})}


async def test_older_files_are_read_as_far_as_needed(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    early = await it.propose("a", rule="pool_errors", finding="fa", since=START, name="Alpha")
    await it.desk.deny(early.id, ADMIN)
    for day in range(1, 5):
        it.now = START + day * DAY
        it.desk.book.records.clear()
        await it.journal._rotate()
        await it.propose("b", rule="pool_errors", finding="fb", since=it.now, name="Beta")
    assert b"Alpha" not in (tmp_path / NAME).read_bytes()
    assert said(await looked(it))["pool_errors"][1] == {"Alpha": 1, "Beta": 4}
    rows = await it.journal.newest(START + 2.5 * DAY, (KIND,))
    assert {row.at >= START + 2.5 * DAY for row in rows} == {True}
    assert len(await looked(it, START + 2.5 * DAY)) == 1


async def test_a_line_that_is_none_costs_no_other(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    await it.journal.append(KIND, "odd", {"state": "proposed"})
    await it.propose(rule="pool_errors", finding="f", since=START, name="Tank")
    assert len(await looked(it)) == 1


async def test_the_report_is_made_once_also_after_a_restart_and_in_a_new_file(tmp_path: Path) -> None:
    it = await guardian(tmp_path)
    assert it.desk.helm.first_week.state == ""
    it.now += 7 * DAY
    await it.desk.helm.first_week.made(START, it.now, empty=False)
    it.now += 3 * DAY
    await it.journal._rotate()
    again = await Guardian(tmp_path, it.source, now=it.now).start()
    week = again.desk.helm.first_week
    assert (week.state, week.since, week.until) == (OPEN, START, START + 7 * DAY)
    person = Actor(kind="user", id="admin", name="Ann", admin=True, via="repairs")
    await week.closed("answered", person, "x")
    last = await Guardian(tmp_path, it.source, now=it.now).start()
    assert last.desk.helm.first_week.state == "answered"

"""Orders whose answer is lost, which end badly, or whose target turns under them: what is claimed of them then."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone, Outcome, Receipt, Refused
from custom_components.home_server_monitor.sources.arr import orders, removing
from custom_components.home_server_monitor.sources.arr.glance import _state
from custom_components.home_server_monitor.sources.arr.model import Event
from custom_components.home_server_monitor.sources.arr.orders import actions_of
from custom_components.home_server_monitor.sources.arr.said import said, wrong_of
from custom_components.home_server_monitor.sources.errors import CallFailed, CannotConnect

from .build import NOW, arr, item
from .scripted import Scripted

GONE, AWAY, WRONG = CallFailed("x", "gone", 404), CannotConnect("away"), CallFailed("x", "no", 500)
EMPTY = arr()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing passes between two looks."""
    for module in (orders, removing):
        monkeypatch.setattr(module, "LOOK_EVERY", 0.0)


def of(source: Any, key: str) -> Any:
    """Return one of its actions."""
    return actions_of(source)[key]


async def refused(source: Scripted, key: str, target: str = "aa", **params: Any) -> str:
    """Return why something is not even planned."""
    with pytest.raises(Refused) as found:
        await of(source, key).plan(target, params)
    return found.value.refusal.key


def test_what_it_says_is_shown_without_its_keys() -> None:
    shown = said("Unable to reach https://u:pw@index.example/api?apikey=0123456789abcdef, check the log\n")
    assert shown is not None
    assert "0123456789abcdef" not in shown
    assert "pw@" not in shown
    assert shown.startswith("Unable to reach")
    assert said(None) is None
    row = {"isValid": False, "validationFailures": [{"errorMessage": "Invalid API key"}]}
    assert wrong_of(row) == "Invalid API key"
    assert wrong_of({"isValid": False}) == "it does not say what is wrong"
    assert wrong_of({"isValid": True}) is wrong_of("text") is None


def test_how_far_it_is_in_one_word() -> None:
    waits = {"status": "completed", "health": "warning", "messages": ("Sample",)}
    assert [
        _state(each)
        for each in (
            item(download=None),
            item(),
            item(status="paused"),
            item(state="importing", status="completed"),
            item(**waits),
            item(state="failedpending"),
        )
    ] == ["planned", "loading", "waiting", "importing", "blocked", "failed"]


async def test_a_command() -> None:
    assert actions_of(Scripted(EMPTY, app="bazarr")) == {}
    assert await refused(Scripted(EMPTY, app="prowlarr"), "arr_search", "") == "not_for_this_app"
    source = Scripted(EMPTY)
    search = of(source, "arr_search")
    plan = await search.plan("", {"what": "ids", "ids": [3]})
    assert await search.check(plan) is None
    told = await search.run(plan, 0)
    assert (source.ordered, told.job) == ([("MoviesSearch", {"movieIds": [3]})], 7)
    # it is asked again until it says so, or says that it knows nothing of it
    for states, outcome, evidence in (
        ([AWAY, ("started", ""), ("completed", "2 found")], Outcome.SUCCEEDED, {"said": "2 found"}),
        ([("failed", "")], Outcome.FAILED, {"reason": "failed"}),
        ([("aborted", "stopped")], Outcome.FAILED, {"reason": "stopped"}),
        ([WRONG, GONE], Outcome.INCONCLUSIVE, {"reason": "order_unseen"}),
    ):
        source.states = list(states)  # type: ignore[arg-type]
        verdict = await search.verify(plan, [told])
        assert (verdict.outcome, dict(verdict.facts), source.states) == (outcome, evidence, [])
    # the answer is lost: nobody can tell, and nobody claims anything
    source.fails = AWAY
    lost = await search.run(plan, 0)
    assert (lost.result, lost.job) == ({"lost": True}, None)
    for receipts in ([lost], []):
        assert (await search.verify(plan, receipts)).outcome is Outcome.INCONCLUSIVE


async def test_a_test_of_all() -> None:
    source = Scripted(EMPTY)
    test = of(source, "arr_test")
    plan = await test.plan("", {"what": "indexer"})
    told = await test.run(plan, 0)
    assert source.ordered == [("test indexer", {})]
    verdict = await test.verify(plan, [told])
    assert (verdict.outcome, verdict.facts["reason"]) == (Outcome.FAILED, "wrong key")
    assert (await test.verify(plan, [Receipt(0, {"wrong": []})])).outcome is Outcome.SUCCEEDED
    assert (await test.verify(plan, [])).outcome is Outcome.INCONCLUSIVE


async def test_what_waits_in_the_queue() -> None:
    waits = item(download=None, status="delay")
    assert await refused(Scripted(EMPTY), "queue_grab") == "no_such_target"
    assert await refused(Scripted(arr(item())), "queue_grab") == "not_in_this_state"
    assert await refused(Scripted(arr(replace(waits, held=True))), "queue_grab") == "imports_held"
    queued = arr(waits)
    source = Scripted(queued)
    grab = of(source, "queue_grab")
    plan = await grab.plan("aa", {})
    for now, why in (
        (queued, None),
        (EMPTY, "no_such_target"),
        (arr(replace(waits, status="fallback")), "target_changed"),
    ):
        source.looks = [now]
        refusal = await grab.check(plan)
        assert (refusal and refusal.key) == why
    source.looks = [queued]
    assert (await grab.run(plan, 0)).result == {"lost": False}
    source.fails = AWAY
    assert (await grab.run(plan, 0)).result == {"lost": True}
    source.fails = GONE
    with pytest.raises(NotDone, match="no longer in the queue"):
        await grab.run(plan, 0)
    source.fails = WRONG
    with pytest.raises(CallFailed):
        await grab.run(plan, 0)
    # its end is looked for, and what is still there after a dozen looks did not go through
    for looks, outcome in (([AWAY, queued, EMPTY], Outcome.SUCCEEDED), ([queued], Outcome.FAILED)):
        source.looks, source.seen = list(looks), 0
        assert (await grab.verify(plan, [])).outcome is outcome
    assert source.seen == 13


async def test_what_is_not_removed() -> None:
    assert await refused(Scripted(arr(item(things=()))), "queue_replace") == "nothing_to_search"
    assert await refused(Scripted(EMPTY), "queue_remove") == "no_such_target"
    assert await refused(Scripted(arr(item(held=True))), "queue_remove") == "imports_held"
    assert await refused(Scripted(arr(item(state="importing"))), "queue_remove") == "is_importing"
    assert await refused(Scripted(arr(item())), "queue_replace") == "never_grabbed"


def grabbed(number: int, download: str, title: str) -> Event:
    """A line of the history."""
    return Event(id=number, at=NOW, what="grabbed", kind="", title=title, download=download, things=(170,))


async def test_a_removal_and_the_search_after_it() -> None:
    stuck = item()
    queued = arr(stuck)
    source = Scripted(queued)
    source.events = [grabbed(1, "aa", stuck.title)]
    replace_it = of(source, "queue_replace")
    plan = await replace_it.plan("aa", {})
    assert [each.order for each in plan.steps] == ["queue_remove", "arr_search"]
    source.looks = [EMPTY]
    assert (await replace_it.check(plan)).key == "no_such_target"
    source.looks = [arr(replace(stuck, things=(9,)))]
    assert (await replace_it.check(plan)).key == "target_changed"
    source.looks = [queued]
    assert await replace_it.check(plan) is None
    # it may have been taken out before it failed; what it does not know was not
    for fails, result in (
        (WRONG, {"lost": True, "error": "no"}),
        (AWAY, {"lost": True}),
        (None, {"lost": False}),
    ):
        source.fails = fails
        assert (await replace_it.run(plan, 0)).result == result
    source.fails = GONE
    with pytest.raises(NotDone):
        await replace_it.run(plan, 0)
    # nothing is searched for while it is there
    source.looks, source.seen = [AWAY, queued, WRONG, EMPTY], 0
    assert await replace_it.ready(plan, 1) is None
    source.fails = AWAY
    assert (await replace_it.run(plan, 1)).result == {"lost": True}


async def test_it_stays_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "REMOVAL", 0.02)
    source = Scripted(arr(item()))
    source.events = [grabbed(1, "aa", "Release aa")]
    action = of(source, "queue_replace")
    plan = await action.plan("aa", {})
    assert (await action.ready(plan, 1)).key == "still_queued"
    # whether it is out is not known
    source.looks = [source.data, AWAY]
    with pytest.raises(CannotConnect):
        await action.ready(plan, 1)


async def test_what_comes_instead() -> None:
    stuck = item()
    source = Scripted(arr(stuck))
    source.events = [grabbed(1, "aa", stuck.title)]
    action = of(source, "queue_replace")
    plan = await action.plan("aa", {})
    searched = [Receipt(0, {"lost": False}), Receipt(1, {"lost": False}, 7)]
    other, same = item("bb", things=stuck.things), item("cc", things=stuck.things, title=stuck.title)
    for looks, events, states, outcome, evidence in (
        # it has come into the queue, or went through it meanwhile
        ([AWAY, arr(other)], [], [], Outcome.SUCCEEDED, ("grabbed", other.title)),
        ([EMPTY], [grabbed(2, "dd", "Quick")], [], Outcome.SUCCEEDED, ("grabbed", "Quick")),
        # what was grabbed before, the same once more, and what is for something else, are none
        (
            [EMPTY],
            [grabbed(1, "dd", "Old")],
            [("completed", "")],
            Outcome.FAILED,
            ("reason", "nothing_grabbed"),
        ),
        (
            [arr(same)],
            [grabbed(2, "cc", stuck.title)],
            [("completed", "")],
            Outcome.FAILED,
            ("reason", "same_grabbed"),
        ),
        (
            [arr(item("ee"))],
            [],
            [("started", ""), ("failed", "")],
            Outcome.FAILED,
            ("reason", "nothing_grabbed"),
        ),
        ([arr(stuck)], [], [("completed", "")], Outcome.FAILED, ("reason", "still_queued")),
    ):
        source.looks, source.seen, source.events, source.states = list(looks), 0, events, list(states)  # type: ignore[assignment, arg-type]
        verdict = await action.verify(plan, searched)
        assert (verdict.outcome, verdict.facts[evidence[0]]) == (outcome, evidence[1])


async def test_a_pack_is_searched_as_a_season() -> None:
    pack = item(things=(1, 2), series=4, season=0)
    for app, order in (
        ("sonarr", ("SeasonSearch", {"seriesId": 4, "seasonNumber": 0})),
        ("radarr", ("MoviesSearch", {"movieIds": [1, 2]})),
    ):
        source = Scripted(arr(pack), app=app)
        source.events = [grabbed(1, "aa", pack.title)]
        action = of(source, "queue_replace")
        await action.run(await action.plan("aa", {}), 1)
        assert source.ordered == [order]

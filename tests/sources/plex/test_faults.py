"""A Plex that answers with anything but what it should: each fault costs its own feed, and all is healed after it."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.sources import keyed
from custom_components.home_server_monitor.sources.feeds import FAILURES_UNTIL_STALE
from custom_components.home_server_monitor.sources.plex.push import FEEDS, news
from simulator.plex.rows import session_row
from tests.warp import Warp

from .test_home import state_of, until

SESSIONS = "GET /status/sessions"
# each with the feeds that it costs; none: the server counts as silent
FAULTS: list[tuple[dict[str, Any], set[str] | None]] = [
    ({"kind": "status", "route": "GET /activities", "status": 404}, {"activities"}),
    ({"kind": "status", "route": "GET /updater/status", "status": 500}, {"release"}),
    ({"kind": "html", "route": SESSIONS}, {"streams"}),
    ({"kind": "empty", "route": SESSIONS}, {"streams"}),
    ({"kind": "malformed", "route": SESSIONS}, {"streams"}),
    ({"kind": "cut", "route": SESSIONS}, {"streams"}),
    ({"kind": "replace", "route": SESSIONS, "value": {"MediaContainer": {"Metadata": {}}}}, {"streams"}),
    ({"kind": "replace", "route": SESSIONS, "value": [1, "two", None]}, {"streams"}),
    ({"kind": "huge", "route": SESSIONS, "size": 9 << 20}, {"streams"}),
    # one that hangs keeps no other from being read
    ({"kind": "hang", "route": "GET /library/sections/all"}, set()),
    ({"kind": "drop", "route": "*"}, None),
    ({"kind": "html", "route": "*"}, None),
]


async def again(plex: Any, times: int = FAILURES_UNTIL_STALE) -> None:
    """Let it ask for everything, as often as it takes to give a value up."""
    for _ in range(times):
        # as time would, but without forgetting what failed
        for state in plex.feeds._states.values():
            state.due = 0.0
        await plex.async_refresh()


async def test_each_fault_costs_its_own(
    hass: HomeAssistant, plex: Any, stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyed, "READING", 0.3)
    stage.theatre.play("A Secret Film", way="hardware")
    everything = {"about", "streams", "sections", "activities", "preferences", "release"}
    for fault, costs in FAULTS:
        about = dict(fault)
        stage.faults.add(about.pop("kind"), about.pop("route"), **about)
        await again(plex)
        if costs is None:
            assert not plex.judged, fault
            assert plex.data is not None
            assert state_of(hass, "sensor", "streams").state == "unavailable", fault
            assert not plex.knows_streams
        else:
            assert plex.judged, fault
            assert plex.data.stale == costs, fault
            wanted = "unavailable" if "streams" in costs else "1"
            assert state_of(hass, "sensor", "streams").state == wanted, fault
            assert plex.knows_streams is ("streams" not in costs)
            assert len(list(plex.findings)) == 1, "what is not known is not judged, and nothing else is lost"
        assert "Secret" not in str(plex.last_exception)
        assert stage.token not in str(plex.last_exception) + str(plex.diagnose())
        stage.faults.clear()
        await again(plex, 1)
        assert plex.judged, fault
        assert plex.data.stale == frozenset(), fault
        assert {*plex.feeds.report()} == everything
        assert state_of(hass, "sensor", "streams").state == "1", fault


async def test_one_that_hangs_is_silent_and_is_healed(
    hass: HomeAssistant, warp: Warp, plex: Any, stage: Any
) -> None:
    stage.theatre.play("A Secret Film")
    await asyncio.sleep(90)
    assert state_of(hass, "sensor", "streams").state == "1"
    for route, others_are_read in ((SESSIONS, True), ("*", False)):
        stage.faults.add("hang", route)
        await asyncio.sleep(150)
        assert state_of(hass, "sensor", "streams").state == "unavailable", route
        assert plex.judged is others_are_read
        stage.faults.clear()
        # what is looked at first is asked again each half minute also where it hangs alone
        await asyncio.sleep(60 if others_are_read else 45)
        assert state_of(hass, "sensor", "streams").state == "1", route


@pytest.mark.parametrize(
    "bad", [None, 5, [], {}, {"sessionKey": None}, {"sessionKey": {}, "Media": 7}], ids=str
)
async def test_a_bad_row_costs_itself(plex: Any, stage: Any, bad: Any) -> None:
    good = session_row(stage.theatre, stage.theatre.play("A Secret Film", remote=True))
    stage.faults.add("replace", SESSIONS, value={"MediaContainer": {"Metadata": [bad, good, bad]}})
    data = await plex.async_look("streams")
    assert [each.title for each in data.streams.values()] == ["A Secret Film"]
    assert "streams" not in data.complete, "what is not listed may be there"
    assert "streams" not in data.stale


async def test_a_flood_of_news_asks_once(plex: Any, stage: Any) -> None:
    await until(lambda: plex.push.connected)
    await asyncio.sleep(0.1)
    before = sum(call.route == SESSIONS for call in stage.calls.calls)
    for number in range(2000):
        stage.theatre.tell("playing", {"PlaySessionStateNotification": [{"sessionKey": str(number)}]})
    stage.theatre.tell("timeline", {"TimelineEntry": "x" * 1000})
    await asyncio.sleep(0.5)
    asked = sum(call.route == SESSIONS for call in stage.calls.calls) - before
    assert asked <= 1
    assert plex.push.connected


async def test_a_socket_that_is_cut_is_no_loss(plex: Any, stage: Any) -> None:
    await until(lambda: plex.push.connected)
    for socket in tuple(stage.sockets):
        await socket.close()
    await until(lambda: not plex.push.connected)
    assert plex.push.error
    stage.theatre.play()
    plex.feeds.reset()
    await plex.async_refresh()
    assert (plex.judged, len(plex.data.streams)) == (True, 1)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "[" * 100_000,
        '{"NotificationContainer": null}',
        '{"NotificationContainer": 5}',
        '{"NotificationContainer": {"type": ["playing"]}}',
        '{"NotificationContainer": {"type": "else"}}',
    ],
    ids=range(10),
)
def test_a_message_that_is_none(frame: str) -> None:
    assert list(news(frame)) == []


def test_messages_name_feeds_that_there_are(plex: Any) -> None:
    assert set(FEEDS.values()) <= {*plex.feeds.report()}

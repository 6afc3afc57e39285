"""What reviews found once must not come back: hostile answers, false successes, and the key on the wrong way."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.home_server_monitor.guardian.contract import Outcome, Refused
from custom_components.home_server_monitor.guardian.own_path import OwnPath, container_node, named_node
from custom_components.home_server_monitor.own_path_edge import _place
from custom_components.home_server_monitor.sources.errors import BadResponse, CannotConnect, ClientError
from custom_components.home_server_monitor.sources.feeds import Feed, Feeds
from custom_components.home_server_monitor.sources.truenas.client import TrueNasClient
from custom_components.home_server_monitor.sources.truenas.greeting import greet
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.realtime import realtime
from custom_components.home_server_monitor.sources.truenas.system import update
from custom_components.home_server_monitor.sources.truenas.wire import decode, instant
import simulator

from .conftest import nas_entry
from .orders import act

warped = pytest.mark.usefixtures("warp")


def shown(hass: HomeAssistant, nas: MockConfigEntry) -> int:
    """Return how many of the entry's entities are available."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id)
    states = [hass.states.get(entity.entity_id) for entity in entities]
    return sum(state is not None and state.state != "unavailable" for state in states)


@warped
@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("pool.snapshot.query", [{}]),
        ("system.info", {"hostname": "x", "uptime_seconds": 1e300, "datetime": {"$date": 1}}),
        (
            "pool.snapshottask.query",
            [{"id": 1, "state": {"state": "FINISHED", "datetime": "9999-12-31T23:59:59-10:00"}}],
        ),
    ],
)
async def test_one_odd_answer_darkens_nothing_else(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, method: str, answer: Any
) -> None:
    before = shown(hass, nas)
    logins = sim.logins
    sim.faults.replace(method, answer)
    nas.runtime_data.feeds.reset()
    await nas.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert nas.runtime_data.last_update_success
    assert shown(hass, nas) >= before - 12
    assert sim.logins == logins


@warped
async def test_half_a_surrogate_pair_breaks_no_registry(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any
) -> None:
    row = {"name": "odd", "id": "odd", "state": "RUNNING", "metadata": {"title": "bad\ud800"}}
    sim.faults.replace("app.query", [row])
    nas.runtime_data.feeds.reset()
    await nas.runtime_data.async_refresh()
    await hass.async_block_till_done()
    names = [device.name for device in dr.async_entries_for_config_entry(dr.async_get(hass), nas.entry_id)]
    assert any(name and name.startswith("bad") for name in names)
    assert json_bytes(names)


@warped
async def test_a_method_that_is_not_found_deletes_nothing(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any
) -> None:
    registry = er.async_get(hass)
    before = len(er.async_entries_for_config_entry(registry, nas.entry_id))
    sim.faults.error("app.query", 201, "Method does not exist")
    nas.runtime_data.feeds.reset()
    await nas.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert len(er.async_entries_for_config_entry(registry, nas.entry_id)) == before


async def test_a_feed_that_hangs_for_weeks_counts_on() -> None:
    now = [0.0]

    async def hang() -> None:
        raise CannotConnect("hangs")

    feeds = Feeds([Feed(key="x", fetch=hang, every=60)], lambda: now[0])
    for _ in range(1200):
        now[0] += 1000
        with pytest.raises(CannotConnect):
            await feeds.refresh(feeds.due(), 1)
    assert feeds.stale("x")


@warped
@pytest.mark.parametrize("sleeping", [True, False])
async def test_self_tests_are_asked_only_while_all_disks_are_awake(
    hass: HomeAssistant, server_entry: MockConfigEntry, socket_enabled: None, sleeping: bool
) -> None:

    async with simulator.run("24.04") as sim:
        if sleeping:
            await sim.scenario("disk_asleep")
        entry = nas_entry(sim)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        asked = [call for call in sim.calls if call.method == "smart.test.results"]
        assert bool(asked) is not sleeping
        assert sim.world.wakeups == 0
        assert await hass.config_entries.async_unload(entry.entry_id)


@warped
async def test_a_shutdown_of_what_we_stand_on_is_refused(nas: MockConfigEntry, sim: Any) -> None:
    app = nas.runtime_data.data.apps["home-assistant"]
    nas.runtime_data.house.own_path = OwnPath(
        frozenset({(container_node(app.containers[0]), "we run in it")})
    )
    with pytest.raises(Refused) as refused:
        await act(nas, "shutdown", "", reason="test")
    assert refused.value.refusal.key == "own_path"
    assert not [call for call in sim.calls if call.method == "system.shutdown"]


@pytest.mark.parametrize(
    "spelling", ["home-assistant", "Home Assistant", "home_assistant", "ix-home-assistant"]
)
def test_a_name_protects_however_it_is_spelled(spelling: str) -> None:
    assert OwnPath(frozenset({(named_node(spelling), "named")})).stands_on({named_node("home-assistant")})


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://ha:p/w#d@db.lan/ha", ("db.lan", 5432)),
        ("mysql+pymysql://ha:x@10.0.0.5:3307/ha?charset=utf8", ("10.0.0.5", 3307)),
        ("https://ha.example", ("ha.example", 443)),
        ("http://[fd00::1]:8123", ("fd00::1", 8123)),
        ("sqlite:////config/home-assistant_v2.db", None),
        (None, None),
    ],
)
def test_what_home_assistant_is_reached_through(url: str | None, place: Any) -> None:
    assert _place(url) == place


@warped
async def test_a_restart_that_does_nothing_is_no_success(nas: MockConfigEntry, sim: Any) -> None:
    sim.faults.replace("service.control", 999_999)
    verdict = await act(nas, "restart_service", "cifs")
    assert verdict.outcome is not Outcome.SUCCEEDED


@warped
async def test_an_answer_that_was_lost_is_looked_after(nas: MockConfigEntry, sim: Any) -> None:
    sim.faults.drop("pool.scrub.scrub")
    (guid,) = [key for key, pool in nas.runtime_data.data.pools.items() if pool.name == "tank"]
    verdict = await act(nas, "start_scrub", guid)
    assert verdict.outcome is Outcome.SUCCEEDED
    assert len([call for call in sim.calls if call.method == "pool.scrub.scrub"]) == 1


@warped
async def test_a_deletion_is_not_judged_by_an_answer_of_another_shape(nas: MockConfigEntry, sim: Any) -> None:
    dataset = next(iter(nas.runtime_data.data.snapshots))
    (snapshot, *_) = await nas.runtime_data.async_list("snapshots", {"dataset": dataset, "limit": 1})
    sim.faults.replace("pool.snapshot.delete", True)
    with (
        patch(
            "custom_components.home_server_monitor.sources.truenas.snapshots.find",
            side_effect=BadResponse("null"),
        ),
        pytest.raises(ClientError),
    ):
        await act(nas, "delete_snapshot", snapshot["snapshot"])


@warped
async def test_two_presses_are_one_order(hass: HomeAssistant, nas: MockConfigEntry, sim: Any) -> None:

    (guid,) = [key for key, pool in nas.runtime_data.data.pools.items() if pool.name == "tank"]
    outcomes = await asyncio.gather(
        *(act(nas, "start_scrub", guid) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 4
    assert len([call for call in sim.calls if call.method == "pool.scrub.scrub"]) == 1


def test_a_failed_look_for_updates_is_not_up_to_date() -> None:
    with pytest.raises(BadResponse):
        update({"code": "ERROR", "status": None, "error": {"reason": "no network"}})


def test_a_number_that_the_server_does_not_have_is_unknown() -> None:
    found = realtime(
        {
            "memory": {"physical_memory_total": 100, "physical_memory_available": 0, "arc_size": 20},
            "zfs": {
                "demand_data_hit_percentage": 0,
                "demand_data_hits_per_second": 48,
                "demand_data_accesses_per_second": 48,
            },
        }
    )
    assert found.memory_percent is None
    assert found.arc_hits == 100


def test_what_zfs_caches_is_free() -> None:
    found = realtime(
        {"memory": {"physical_memory_total": 100, "physical_memory_available": 10, "arc_size": 60}}
    )
    assert found.memory_percent == 30


@pytest.mark.parametrize(
    "value", ["9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00", 10**30, {"$date": -(10**18)}]
)
def test_an_instant_that_nobody_means_is_none(value: Any) -> None:
    assert instant(value) is None


def test_a_clock_that_is_ahead_hides_nothing() -> None:
    memory = Memory()
    seen = memory.newest(memory.successes, "x", datetime.now(UTC) + timedelta(days=365))
    assert seen is not None
    assert seen <= datetime.now(UTC) + timedelta(seconds=5)


def test_surrogates_that_belong_together_stay() -> None:
    assert decode(json.dumps({"a": "disk \U0001f4be"})) == {"a": "disk \U0001f4be"}
    assert decode('{"a": "bad\\ud800"}') == {"a": "bad?"}


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("shape", ["pieces", "bom", "redirect", "forbidden", "blanks", "starting"])
async def test_a_key_does_not_leave_over_http_for_what_is_no_older_truenas(shape: str) -> None:
    heard: list[str] = []
    body = json.dumps(["v25.04.0", "v25.10.0"]).encode()

    async def versions(request: web.Request) -> web.StreamResponse:
        if shape == "redirect":
            return web.Response(status=302, headers={"Location": "HTTPS://elsewhere.example/"})
        if shape in ("forbidden", "starting"):
            return web.Response(status=403 if shape == "forbidden" else 502)
        if shape == "bom":
            return web.Response(body=b"\xef\xbb\xbf" + body)
        if shape == "blanks":
            return web.Response(body=b" " * 70_000 + body)
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (body[:9], body[9:]):
            await response.write(piece)
            await asyncio.sleep(0.02)
        return response

    async def socket(request: web.Request) -> web.WebSocketResponse:
        found = web.WebSocketResponse()
        await found.prepare(request)
        heard.extend([message.data async for message in found])
        return found

    app = web.Application()
    app.router.add_get("/api/versions", versions)
    app.router.add_get("/websocket", socket)
    async with TestServer(app) as server, ClientSession() as session:
        client = TrueNasClient(session, URL(str(server.make_url("/"))), "1-secret")
        with pytest.raises(ClientError):
            await client.connect()
    assert not heard


@pytest.mark.usefixtures("socket_enabled")
async def test_a_compressed_greeting_is_not_unpacked() -> None:
    async def bomb(request: web.Request) -> web.Response:
        response = web.Response(text="[" + " " * 1000 + "]")
        response.enable_compression(web.ContentCoding.gzip, strategy=0)
        return response

    app = web.Application()
    app.router.add_get("/api/versions", bomb)
    async with TestServer(app) as server, ClientSession() as session:
        with pytest.raises(BadResponse):
            await greet(session, URL(str(server.make_url("/"))), None)


@warped
async def test_only_what_the_server_ended_is_subscribed_again(nas: MockConfigEntry, sim: Any) -> None:
    """A second subscription would bring every event of the others twice."""
    client = nas.runtime_data.client
    before = client.subscribed
    asked = [call for call in sim.calls if call.method == "core.subscribe"]
    client._connection.unsubscribed.add("app.stats")
    await client.resubscribe()
    new = [call for call in sim.calls if call.method == "core.subscribe"][len(asked) :]
    assert len(new) == 1
    assert str(new[0].params[0]).startswith("app.stats")
    assert client.subscribed == before
    await client.resubscribe()
    assert len([call for call in sim.calls if call.method == "core.subscribe"]) == len(asked) + 1


@warped
async def test_a_shorter_wait_is_not_held_up_by_a_longer_one(nas: MockConfigEntry) -> None:
    """A scrub that is pushed all the time waits 30 s; an alert meanwhile does not."""
    source = nas.runtime_data
    source.async_hurry(30)
    source.async_hurry(2)
    with patch.object(source, "async_fetch", return_value=source.data) as fetched:
        await asyncio.sleep(4)
        assert fetched.called


@warped
async def test_a_snapshot_of_what_is_not_watched_for_a_while_is_judged_later(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any
) -> None:
    dataset = next(iter(nas.runtime_data.data.snapshots))
    sim.faults.drop("pool.snapshot.create")
    sim.faults.hang("pool.snapshot.query", nth=5)
    order = asyncio.ensure_future(act(nas, "create_snapshot", f"{dataset}@x"))
    await asyncio.sleep(1)
    await hass.config_entries.async_unload(nas.entry_id)
    await asyncio.sleep(30)
    assert not order.done()
    # it was only away: it is looked at again, and not ordered again
    sim.faults.clear()
    await hass.config_entries.async_setup(nas.entry_id)
    verdict = await order
    assert verdict.outcome is Outcome.SUCCEEDED
    assert len([call for call in sim.calls if call.method == "pool.snapshot.create"]) == 1

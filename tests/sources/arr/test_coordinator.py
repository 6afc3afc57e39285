"""An Arr is asked little, shown honestly, and what fails costs only what it is about."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.home_server_monitor.const import CONF_FINGERPRINT, DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.guardian.capabilities import AnswersItself, InUse
from custom_components.home_server_monitor.sources.errors import BadResponse, CannotConnect
import simulator
from simulator.arr import Release
from simulator.arr.rows import complaint, queue_rows
from simulator.media.mooring import Media

from .conftest import arr_entry, set_up


def asked(sim: Any, name: str) -> list[str]:
    return [call.route for call in sim.arrs.faces[name].calls.calls]


async def look(source: Any, *feeds: str) -> None:
    """Ask for these feeds as if they were due."""
    for feed in feeds:
        source.feeds.hurry(feed, 0.0)
    await source.async_refresh()


def states(hass: HomeAssistant, source: Any) -> dict[str, str]:
    """What is shown, by the end of its unique id."""
    found = er.async_entries_for_config_entry(er.async_get(hass), source.config_entry.entry_id)
    return {
        each.unique_id.removeprefix(f"{source.id}_"): state.state
        for each in found
        if (state := hass.states.get(each.entity_id)) is not None
    }


async def test_what_is_shown(hass: HomeAssistant, radarr: Any, sonarr: Any, sim: Any) -> None:
    shown = states(hass, radarr)
    assert shown["queue"] == "2"
    # one whose import waits for somebody
    assert shown["queue_stuck"] == "1"
    assert float(shown["root_/data/movies_root_free"]) > 1000
    assert shown["arr_update"] == "off"
    assert shown["arr_problems"] == "0"
    # few are enabled
    assert len(shown) <= 8
    glance = radarr.media()
    assert (glance["part"], glance["queue"], glance["stuck"]) == ("apps", 2, 1)
    # what waits for somebody comes first, with why
    assert glance["items"][0]["state"] == "blocked"
    assert glance["items"][0]["stuck"]
    assert glance["items"][0]["problem"].startswith("import_")
    assert states(hass, sonarr)["queue"] == "2"
    event = hass.states.get("calendar.sonarr_coming")
    assert event is not None
    assert (
        event.attributes["message"].startswith("Nine Bridges S01E06")
        or "S01E0" in event.attributes["message"]
    )
    assert set(radarr.device_info["identifiers"]) == {("home_server_monitor", radarr.id)}
    assert sim.arrs.faces["radarr"].calls.writes[0].route == "POST /signalr/messages/negotiate"
    assert len(sim.arrs.faces["radarr"].calls.writes) == 1, "nothing else is sent"


async def test_prowlarr_says_which_indexers_fail(hass: HomeAssistant, hass_storage: Any, sim: Any) -> None:
    state = sim.arrs.faces["prowlarr"].state
    state.indexers[2].until = sim.world.clock.now() + 3600
    source = await set_up(hass, arr_entry(sim, "prowlarr"))
    shown = states(hass, source)
    assert shown["indexers_failing"] == "1"
    assert "queue" not in shown
    assert shown["arr_problems"] == "1"
    rows = await source.async_list("indexers", {})
    assert [(row["name"], row["not_asked_until"] is not None) for row in rows] == [
        ("Harbour Index", False),
        ("Second Index", True),
    ]
    await hass.config_entries.async_unload(source.config_entry.entry_id)


async def test_few_calls_a_minute_and_none_to_write(radarr: Any, sim: Any) -> None:
    face = sim.arrs.faces["radarr"]
    face.calls.clear()
    for _ in range(10):
        await look(radarr, "queue")
    assert asked(sim, "radarr") == ["GET /api/v3/queue"] * 10
    assert face.calls.writes == []
    # a long queue is read anew only where something has changed
    for number in range(60):
        sim.arrs.radarr.delay(Release(title=f"Film {number}", things=(4,), client="sabnzbd"))
    await look(radarr, "queue")
    face.calls.clear()
    for _ in range(5):
        await look(radarr, "queue")
    assert asked(sim, "radarr").count("GET /api/v3/queue") <= 1
    assert asked(sim, "radarr").count("GET /api/v3/queue/status") == 5
    sim.arrs.radarr.delay(Release(title="One more", things=(4,), client="sabnzbd"))
    await look(radarr, "queue")
    assert len(radarr.data.queue.items) == 63


async def test_a_queue_of_many_pages_is_read_whole_and_a_pack_counts_once(sonarr: Any, sim: Any) -> None:
    library = sim.arrs.sonarr
    for number in range(1100):
        library.delay(Release(title=f"Release {number}", things=(101,), client="qbittorrent"))
    pack = Release(
        title="Nine.Bridges.S01", things=tuple(range(301, 309)), client="qbittorrent", size=8 << 30
    )
    library.grab(pack)
    orphan = library.grab(Release(title="Nobody.Wants.It", things=(), client="qbittorrent", known=False))
    await sonarr.async_look("queue")
    items = sonarr.data.queue.items
    assert len(items) == 1104
    found = next(each for each in items.values() if each.title == pack.title)
    assert (found.things, found.size, found.season, len(found.rows)) == (pack.things, 8 << 30, 1, 8)
    assert items[orphan.download].orphaned, "what is hidden by default is asked for"
    assert sonarr.data.complete >= {"queue"}


async def test_push_makes_it_quick_and_never_a_storm(hass: HomeAssistant, radarr: Any, sim: Any) -> None:
    face = sim.arrs.faces["radarr"]
    async with asyncio.timeout(5):
        while not radarr.push.connected:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.01)
    face.calls.clear()
    for _ in range(200):
        await face.push("queue")
    await asyncio.sleep(0.1)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert len(face.calls.calls) <= 1
    assert radarr.reading.news, "it is read anew when it is due"
    # what nobody knows, or is no message, is passed over
    for socket in list(face.sockets):
        await socket.send_str(
            '{"type":6}\x1e{"type":1,"target":"receiveMessage","arguments":[[{"name":3}]]}\x1e?\x1e'
        )
    await asyncio.sleep(0.05)
    assert radarr.push.connected


async def test_an_outage_strikes_nobody(hass: HomeAssistant, radarr: Any, sim: Any) -> None:
    radarr.judging.strikes.every = 0.0
    for kind in ("drop", "malformed"):
        before = radarr.judging.strikes.dump()
        sim.arrs.faces["radarr"].faults.add(kind)
        for _ in range(2):
            await look(radarr, "queue", "health", "status", "roots", "wanted")
        assert states(hass, radarr)["queue"] == "unavailable"
        assert radarr.judging.strikes.dump() == before, "an outage strikes nobody"
        sim.arrs.faces["radarr"].faults.clear()
        await look(radarr, "queue", "health", "status", "roots", "wanted")
        assert states(hass, radarr)["queue"] == "2"


async def test_a_queue_that_counts_more_than_it_shows_is_not_believed(radarr: Any, sim: Any) -> None:
    faults = sim.arrs.faces["radarr"].faults
    faults.add("replace", "GET /api/v3/queue", value={"totalRecords": 7, "records": []})
    with pytest.raises(BadResponse):
        await radarr.async_look("queue")
    assert len(radarr.data.queue.items) == 2
    faults.clear()
    row = queue_rows(sim.arrs.radarr, next(iter(sim.arrs.radarr.tracked.values())))[0]
    faults.add("replace", "GET /api/v3/queue", value={"totalRecords": 7, "records": [row]})
    data = await radarr.async_look("queue")
    assert (len(data.queue.items), data.queue.whole) == (1, False)
    assert "queue" not in data.complete, "what is not listed may be there"


async def test_a_fault_of_one_costs_only_that(hass: HomeAssistant, radarr: Any, sim: Any) -> None:
    faults = sim.arrs.faces["radarr"].faults
    faults.add("status", "GET /api/v3/rootfolder", status=500)
    for _ in range(2):
        await look(radarr, "roots", "queue")
    shown = states(hass, radarr)
    assert shown["root_/data/movies_root_free"] == "unavailable"
    assert shown["queue"] == "2"
    faults.clear()
    faults.add("malformed", "GET /api/v3/queue", target="The.Cartographer.2026.1080p.BluRay.x264-SPARKS")
    await radarr.async_look("queue")
    assert (len(radarr.data.queue.items), radarr.data.queue.skipped) == (1, 1)
    assert "queue" not in radarr.data.complete


async def test_a_refused_key_asks_for_a_new_one(hass: HomeAssistant, radarr: Any, sim: Any) -> None:
    sim.arrs.faces["radarr"].key = "another"
    for _ in range(2):
        await look(radarr, "queue")
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]


async def test_a_key_that_is_refused_for_a_while_is_tried_again_at_a_start(
    hass: HomeAssistant, hass_storage: Any, sim: Any
) -> None:
    """As by a proxy that is not up yet: a person is asked for a key, and is not any more once the one there is was taken."""
    faults = sim.arrs.faces["radarr"].faults
    faults.add("status", status=401)
    entry = arr_entry(sim, "radarr")
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)

    async def tried_again() -> None:
        # as Home Assistant does by itself, ever more rarely
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=5))
        await hass.async_block_till_done(wait_background_tasks=False)
        async with asyncio.timeout(20):
            while entry.state is ConfigEntryState.SETUP_IN_PROGRESS:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)
        await hass.async_block_till_done(wait_background_tasks=False)

    for _ in range(2):
        assert entry.state is ConfigEntryState.SETUP_RETRY
        await tried_again()
    assert len(hass.config_entries.flow.async_progress()) == 1
    faults.clear()
    await tried_again()
    assert entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.flow.async_progress() == []
    issues = ir.async_get(hass).issues
    assert [key for key in issues if "reauth" in key[1]] == []
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_it_complains_of_is_told_in_its_own_words(radarr: Any, sim: Any) -> None:
    face = sim.arrs.faces["radarr"]
    face.complaints += [
        complaint("RootFolderCheck", "error", "Hauptordner fehlt: /data/movies"),
        complaint("UpdateCheck", "warning", "New update is available"),
        complaint("DownloadClientCheck", "notice", "Nothing much"),
    ]
    await radarr.async_look("health")
    (found,) = (each for each in radarr.findings if each.rule == "arr_complains")
    assert found.placeholders == {"app": "Radarr", "said": "Hauptordner fehlt: /data/movies"}
    face.backups[:] = [sim.world.clock.now() - 20 * 86400]
    await radarr.async_look("backup")
    (old,) = (each for each in radarr.findings if each.rule == "arr_backup_old")
    assert old.placeholders["days"] == "20"


async def test_diagnostics_name_nothing(hass: HomeAssistant, radarr: Any, sim: Any) -> None:
    told = str(await async_get_config_entry_diagnostics(hass, radarr.config_entry))
    assert "'queue_length': 2" in told
    for secret in (sim.arrs.key("radarr"), "Paper", "SAMPLER", "127.0.0.1"):
        assert secret not in told


async def test_lists(radarr: Any, sonarr: Any, sim: Any) -> None:
    rows = await radarr.async_list("queue", {"limit": 1})
    assert len(rows) == 1
    wanted = await sonarr.async_list("wanted", {"kind": "missing", "limit": 5})
    assert wanted[0]["of"] == "Harbour Lights"
    history = await radarr.async_list("history", {"limit": 50})
    assert {row["event"] for row in history} == {"grabbed"}
    assert await sonarr.async_list("report", {}) != []


async def test_strikes_outlive_a_reload(hass: HomeAssistant, radarr: Any, sim: Any) -> None:
    radarr.judging.strikes.every = 0.0
    for _ in range(3):
        await radarr.async_look("queue")
    (before,) = radarr.judging.strikes.records.values()
    assert before.count == 3
    assert await hass.config_entries.async_reload(radarr.config_entry.entry_id)
    after = radarr.config_entry.runtime_data
    assert after is not radarr
    (kept,) = after.judging.strikes.records.values()
    assert (kept.kind, kept.count) == ("import", 3)
    assert [each.rule for each in after.findings] == ["import_failed"]


async def test_what_it_is_asked_by_others(radarr: Any, sim: Any) -> None:
    assert isinstance(radarr, InUse)
    assert isinstance(radarr, AnswersItself)
    assert await radarr.answers()
    nodes = {f"host:{radarr.id}"}
    assert radarr.in_use(nodes) == ()
    (bad,) = (each for each in sim.arrs.radarr.tracked.values() if each.state == "importBlocked")
    bad.state = "importing"
    (use,) = await radarr.look_in_use(nodes)
    assert (use.kind, use.name) == ("import", bad.release.title)
    assert radarr.in_use({"host:another"}) == ()
    assert radarr.name_of_target(bad.download.lower()) == bad.release.title
    sim.arrs.faces["radarr"].faults.add("drop")
    with pytest.raises(CannotConnect):
        await radarr.answers()


async def test_a_changed_certificate_is_told(
    hass: HomeAssistant, hass_storage: Any, socket_enabled: None
) -> None:
    hass.loop.set_debug(False)
    async with simulator.run(profile="frozen", arrs=True, media=Media(secure=True)) as sim:
        entry = arr_entry(sim, "radarr")
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_FINGERPRINT: sim.fingerprint})
        assert await hass.config_entries.async_setup(entry.entry_id)
        await sim.new_certificate()
        sim.quay.wire("radarr").drop()
        await look(entry.runtime_data, "queue", "health")
        assert not entry.runtime_data.last_update_success
        issue = f"certificate_changed_{entry.entry_id}"
        assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is not None
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_app_behind_another_interface_is_not_taken_for_it(
    hass: HomeAssistant, hass_storage: Any, sim: Any
) -> None:
    face = sim.arrs.faces["radarr"]
    face.app_name = "Readarr"
    face.faults.add("replace", "GET /api/v3/system/status", value={"appName": "Readarr", "version": "0.4"})
    source = arr_entry(sim, "radarr")
    source.add_to_hass(hass)
    await hass.config_entries.async_setup(source.entry_id)
    # version 3 is not what Readarr speaks
    assert source.state is ConfigEntryState.SETUP_RETRY
    await hass.config_entries.async_unload(source.entry_id)


async def test_another_app_at_its_address_is_not_taken_for_it(radarr: Any, sim: Any) -> None:
    """Two ports that were swapped: what is the queue of another is no queue of orphans here."""
    face = sim.arrs.faces["radarr"]
    before = radarr.data
    said = {"appName": "Sonarr", "version": "4.0.19"}
    face.faults.add("drop")
    await look(radarr, "health")
    assert not radarr.judged
    face.faults.clear()
    face.faults.add("replace", "GET /api/v3/system/status", value=said)
    await look(radarr, "queue")
    assert not radarr.judged
    assert "Sonarr answers there now, and not Radarr" in str(radarr.last_exception.translation_placeholders)
    assert radarr.data is before, "nothing of it is shown"
    face.faults.clear()
    await look(radarr, "queue")
    assert radarr.judged
    # without an outage in between it is seen with the next status
    face.faults.add("replace", "GET /api/v3/system/status", value=said)
    await look(radarr, "status")
    assert not radarr.judged
    face.faults.clear()

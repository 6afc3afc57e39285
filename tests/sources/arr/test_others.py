"""Lidarr is watched and mended like its sisters, Readarr is only read, and of Bazarr there is its health."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp.test_utils import TestServer
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.remediation import State
from simulator.arr import ArrFace, BazarrFace, furnish_others
from simulator.clock import Clock
from simulator.media import MediaWorld
from tests.orders import ended
from tests.warp import Warp

from .test_coordinator import states


class Others:
    """The three, each at its address, and the entries that the dialog made of them."""

    def __init__(self) -> None:
        self.world = MediaWorld(Clock(moving=False))
        lidarr, readarr = furnish_others(self.world)
        self.lidarr, self.readarr = ArrFace(lidarr, "2.14.5.4836"), ArrFace(readarr, "0.4.18.2805")
        self.bazarr = BazarrFace(self.world.clock.now, base="/bazarr")
        self.entries: dict[str, MockConfigEntry] = {}

    @property
    def faces(self) -> dict[str, Any]:
        """The three by name."""
        return {"lidarr": self.lidarr, "readarr": self.readarr, "bazarr": self.bazarr}

    def source(self, name: str) -> Any:
        """What watches one of them."""
        return self.entries[name].runtime_data


async def added(hass: HomeAssistant, url: str, key: str) -> tuple[Any, dict[str, str]]:
    """Go through the dialog; returns the entry, and what the dialog said of it."""
    flows = hass.config_entries.flow
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    shown = await flows.async_configure(menu["flow_id"], {"next_step_id": "arr"})
    asked = await flows.async_configure(shown["flow_id"], {"url": url, "api_key": key})
    done = await flows.async_configure(asked["flow_id"], {})
    assert done["type"] == "create_entry", done
    result = done["result"]
    if result.data["app"] == "Readarr":
        # nothing is ordered of it, so that nothing is offered
        shown = await hass.config_entries.options.async_init(result.entry_id)
        fields = {str(key) for key in shown["data_schema"].schema}
        assert "queue_strikes" in fields
        assert "queue_offer" not in fields
        hass.config_entries.options.async_abort(shown["flow_id"])
    return result, dict(asked["description_placeholders"] or {})


@pytest.fixture
async def others(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
) -> AsyncIterator[Others]:
    """Added as a person adds them."""
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    found, servers, said = Others(), [], {}
    for name, face in found.faces.items():
        server = TestServer(face.app())
        servers.append(server)
        await server.start_server()
        url = str(server.make_url("/")).rstrip("/") + ("/bazarr" if name == "bazarr" else "")
        found.entries[name], said[name] = await added(hass, url, face.key)
        await hass.async_block_till_done(wait_background_tasks=False)
        assert found.entries[name].state is ConfigEntryState.LOADED
    assert {name: each["product"] for name, each in said.items()} == {
        "lidarr": "Lidarr",
        "readarr": "Readarr",
        "bazarr": "Bazarr",
    }
    await asyncio.sleep(60)
    yield found
    for entry in (*found.entries.values(), server_entry):
        await hass.config_entries.async_unload(entry.entry_id)
    for server in servers:
        await server.close()


async def look(source: Any, *feeds: str) -> None:
    """Ask for these feeds as if they were due."""
    for feed in feeds:
        source.feeds.hurry(feed, 0.0)
    await source.async_refresh()


async def test_what_is_shown_and_what_may_be_done(
    hass: HomeAssistant, others: Others, hass_admin_user: MockUser
) -> None:
    lidarr, readarr, bazarr = (others.source(each) for each in ("lidarr", "readarr", "bazarr"))
    shown = states(hass, lidarr)
    assert (shown["queue"], shown["queue_stuck"], shown["wanted"]) == ("1", "1", "1")
    assert float(shown["root_/data/music_root_free"]) > 1000
    assert shown["arr_update"] == "off"
    shown = states(hass, readarr)
    assert (shown["queue"], shown["queue_stuck"], shown["wanted"]) == ("1", "1", "1")
    others.bazarr.issues.append(("/tv/Show", "Path does not exist"))
    others.bazarr.episodes = 20
    await look(bazarr, "health", "wanted")
    shown = states(hass, bazarr)
    assert (shown["wanted"], shown["arr_problems"]) == ("23", "1")
    assert shown.keys() == {"wanted", "arr_problems"}, "nothing that it does not have"
    (found,) = (each for each in bazarr.findings if each.rule == "arr_complains")
    assert found.placeholders == {"app": "Bazarr", "said": "/tv/Show: Path does not exist"}
    # what comes out, with whose it is
    for name, title in (("lidarr", "The Ferrymen Landfall"), ("readarr", "Ida Brandt The Keeper")):
        (calendar,) = (
            each.entity_id
            for each in er.async_entries_for_config_entry(er.async_get(hass), others.entries[name].entry_id)
            if each.domain == "calendar"
        )
        state = hass.states.get(calendar)
        assert state is not None
        assert state.attributes["message"] == title
    (wanted,) = await readarr.async_list("wanted", {})
    assert (wanted["of"], wanted["title"]) == ("Ida Brandt", "The Lamp")
    (history,) = await readarr.async_list("history", {})
    assert history["event"] == "grabbed"
    # of one its makers have given up nothing is ordered, and of Bazarr there is nothing to order
    assert {"queue_replace", "arr_search", "arr_refresh", "arr_backup"} <= lidarr.actions.keys()
    for name in ("readarr", "bazarr"):
        source = others.source(name)
        assert source.actions == {}
        for service, data in (
            ("queue_remove", {"download": "x"}),
            ("queue_grab", {"download": "x"}),
            ("queue_retry", {"download": "x"}),
            ("arr_search", {}),
            ("arr_refresh", {}),
            ("arr_backup", {}),
            ("arr_test", {}),
        ):
            with pytest.raises(ServiceValidationError) as refused:
                await hass.services.async_call(
                    DOMAIN,
                    service,
                    {"device_id": source.device_id, **data},
                    blocking=True,
                    context=Context(user_id=hass_admin_user.id),
                )
            assert refused.value.translation_key == "no_such_action"
        sent = [each.route for each in others.faces[name].calls.writes]
        assert [each for each in sent if "negotiate" not in each] == []
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN,
            "list_queue",
            {"device_id": bazarr.device_id},
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_admin_user.id),
        )
    assert "Brandt" not in str(readarr.diagnose())


async def test_an_import_that_failed_is_mended_in_lidarr_and_only_told_in_readarr(
    hass: HomeAssistant, others: Others
) -> None:
    for name, cause in (("lidarr", "import_sample"), ("readarr", "import_unreadable")):
        source = others.source(name)
        source.judging.strikes.every = 0.0
        for _ in range(3):
            await source.async_look("queue")
        (found,) = (each for each in source.findings if each.rule == "import_failed")
        assert found.evidence["cause"] == cause
        if name == "readarr":
            assert found.proposal is None, "what may not be done is not offered"
            continue
        assert found.proposal.action == "queue_replace"
        record = await ended(others.entries[name], found.proposal.action, found.proposal.target)
        assert record.state is State.SUCCEEDED, record.verdict
        library = others.lidarr.library
        assert [each.title for each in library.blocklist] == ["The.Ferrymen-Slack.Water-2026-FLAC-GRP"]
        assert [each.release.title for each in library.tracked.values()] == [
            "The.Ferrymen-Slack.Water-2026-FLAC-OTHER"
        ]
        (search,) = (each for each in others.lidarr.commands.values() if each.name == "AlbumSearch")
        assert search.body["albumIds"] == [1]
    record = await ended(others.entries["lidarr"], "arr_backup", "")
    assert record.state is State.SUCCEEDED

"""The config flow of the Arrs against the simulated ones over real sockets."""

from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
import simulator
from simulator.media.mooring import Media
from tests.test_config_flow import added, complete, home, send

type Result = Any


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None, hass: HomeAssistant) -> None:
    hass.loop.set_debug(False)


@pytest.fixture(autouse=True)
async def _nothing_is_set_up(hass: HomeAssistant) -> AsyncGenerator[AsyncMock]:
    """Entries are added, but nothing is set up for them."""
    place = f"custom_components.{DOMAIN}"
    with (
        patch(f"{place}.async_setup_entry", return_value=True) as setup,
        patch(f"{place}.async_unload_entry", return_value=True, create=True),
    ):
        yield setup
        await hass.async_block_till_done()
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


async def form(hass: HomeAssistant, url: str, key: str) -> Result:
    """Go through the menu to the form, and submit it."""
    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    shown = await send(hass, menu, next_step_id="arr")
    return await send(hass, shown, url=url, api_key=key)


async def test_each_says_which_one_it_is(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, arrs=True, arr_base="/media") as sim:
        arrs = sim.arrs
        for name, what in (
            ("sonarr", "2 downloads in its queue"),
            ("radarr", "2 downloads in its queue"),
            ("prowlarr", "2 indexers"),
        ):
            result = await form(hass, f" {arrs.url(name)}/settings/general ", f" {arrs.key(name)} ")
            said = result["description_placeholders"]
            assert (said["product"], said["what"]) == (name.capitalize(), what)
            entry = await added(hass, result)
            assert dict(entry.data) == {
                "kind": "arr",
                "server": "home",
                "url": arrs.url(name),
                "api_key": arrs.key(name),
                "app": name.capitalize(),
            }
            # what has no queue has nothing to choose about one
            assert entry.supports_options is (name != "prowlarr")
        again = await form(hass, arrs.url("sonarr"), arrs.key("sonarr"))
        assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")
        # without its URL base it leads elsewhere, and the key does not follow
        bare = await form(hass, str(arrs.url("radarr")).removesuffix("/media"), arrs.key("radarr"))
        assert bare["errors"] == {"url": "not_an_arr"}


async def test_its_certificate_is_asked_about_before_the_key_is_sent(hass: HomeAssistant) -> None:
    async with simulator.run(arrs=True, media=Media(secure=True)) as sim:
        asked = await form(hass, sim.arrs.url("radarr"), sim.arrs.key("radarr"))
        assert asked["step_id"] == "trust_certificate"
        assert sim.arrs.faces["radarr"].calls.statuses() == {}
        entry = await added(hass, await send(hass, asked))
        assert entry.data["fingerprint"] == sim.fingerprint


async def test_a_wrong_key_a_wrong_address_and_what_is_none_of_them(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, arrs=True, scrutiny=True) as sim:
        url, key = sim.arrs.url("radarr"), sim.arrs.key("radarr")
        faults = sim.arrs.faces["radarr"].faults
        assert (await form(hass, url, "wrong"))["errors"] == {"api_key": "wrong_arr_key"}
        assert (await form(hass, "ftp://x", key))["errors"] == {"url": "invalid_url"}
        assert (await form(hass, "http://127.0.0.1:9", key))["errors"] == {"url": "cannot_connect"}
        assert (await form(hass, sim.scrutiny_url, key))["errors"] == {"url": "not_an_arr"}
        status = {"appName": "Whisparr", "version": "2.0"}
        for kind, route, error in (
            ({"kind": "html"}, "*", {"url": "not_an_arr"}),
            ({"kind": "status", "status": 403}, "*", {"api_key": "wrong_arr_key"}),
            ({"kind": "drop"}, "*", {"url": "cannot_connect"}),
            ({"kind": "replace", "value": {"current": "v9"}}, "GET /api", {"url": "unknown_arr"}),
            ({"kind": "replace", "value": status}, "GET /api/v3/system/status", {"url": "unknown_arr"}),
        ):
            faults.add(kind.pop("kind"), route, **kind)
            assert (await form(hass, url, key))["errors"] == error, error
            faults.clear()


async def test_reauth_and_reconfigure(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, arrs=True) as sim:
        home(hass)
        data = {"kind": "arr", "server": "home", "url": sim.arrs.url("sonarr"), "api_key": "old"}
        entry = MockConfigEntry(domain=DOMAIN, title="Sonarr", data=data)
        entry.add_to_hass(hass)
        asked = await entry.start_reauth_flow(hass)
        assert {str(key) for key in asked["data_schema"].schema} == {"api_key"}
        wrong = await send(hass, asked, api_key="wrong")
        assert wrong["errors"] == {"api_key": "wrong_arr_key"}
        done = await send(hass, wrong, api_key=sim.arrs.key("sonarr"))
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
        assert entry.data["api_key"] == sim.arrs.key("sonarr")
        moved = await entry.start_reconfigure_flow(hass)
        done = await send(hass, moved, url=f"{sim.arrs.url('sonarr')}/activity/queue")
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
        assert entry.data["url"] == sim.arrs.url("sonarr")

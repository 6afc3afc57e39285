"""The config flow of Plex against the simulated one, which also plays the part of plex.tv that links an account."""

from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.sources.known import known_by
from custom_components.home_server_monitor.sources.plex import linking
import simulator
from simulator.media.mooring import Media
from simulator.plex.theatre import MACHINE
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


async def form(hass: HomeAssistant, url: str, **more: str) -> Result:
    """Go through the menu to the form, and submit it."""
    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    shown = await send(hass, menu, next_step_id="plex")
    return await send(hass, shown, url=url, **more)


async def test_a_typed_token(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, scrutiny=True, media=Media(plex=True)) as sim:
        url, stage = sim.quay.url("plex"), sim.quay.face("plex")
        assert (await form(hass, "ftp://x", token="x"))["errors"] == {"url": "invalid_url"}
        assert (await form(hass, "http://127.0.0.1:9", token="x"))["errors"] == {"url": "cannot_connect"}
        assert (await form(hass, url, token="wrong"))["errors"] == {"token": "wrong_plex_token"}
        # no token goes to what is no Plex
        assert (await form(hass, sim.scrutiny_url, token=stage.token))["errors"] == {"url": "not_plex"}
        for kind, route, error in (
            ({"kind": "html"}, "*", {"url": "not_plex"}),
            ({"kind": "drop"}, "*", {"url": "cannot_connect"}),
            ({"kind": "replace", "value": {"MediaContainer": None}}, "GET /identity", {"url": "not_plex"}),
            # a token of somebody whom the owner shares with
            ({"kind": "status", "status": 403}, "GET /:/prefs", {"token": "wrong_plex_token"}),
        ):
            stage.faults.add(kind.pop("kind"), route, **kind)
            assert (await form(hass, url, token=stage.token))["errors"] == error, error
            stage.faults.clear()
        result = await form(hass, f" {url}/web/index.html#!/ ", token=f" {stage.token} ")
        said = result["description_placeholders"]
        assert (said["product"], said["name"], said["what"]) == ("Plex", "Lighthouse", "3 libraries")
        entry = await added(hass, result)
        assert entry.unique_id == MACHINE
        assert {key: entry.data[key] for key in ("kind", "server", "url", "token")} == {
            "kind": "plex",
            "server": "home",
            "url": url,
            "token": stage.token,
        }
        assert len(entry.data["client_id"]) == 32
        again = await form(hass, url, token=stage.token)
        assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_its_certificate_is_asked_about_before_the_token_is_sent(hass: HomeAssistant) -> None:
    async with simulator.run(media=Media(plex=True, secure=True)) as sim:
        stage = sim.quay.face("plex")
        asked = await form(hass, sim.quay.url("plex"), token=stage.token)
        assert asked["step_id"] == "trust_certificate"
        assert stage.calls.statuses() == {}
        entry = await added(hass, await send(hass, asked))
        assert entry.data["fingerprint"] == sim.fingerprint


async def test_a_link_with_four_letters(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulator.run(tls=False, media=Media(plex=True)) as sim:
        url, stage = sim.quay.url("plex"), sim.quay.face("plex")
        monkeypatch.setattr(linking, "PLEX_TV", URL("http://127.0.0.1:9"))
        assert (await form(hass, url))["errors"] == {"token": "plex_tv_away"}
        monkeypatch.setattr(linking, "PLEX_TV", URL(url))
        asked = await form(hass, url)
        assert asked["step_id"] == "plex_link"
        assert asked["description_placeholders"]["code"] == "K7QX"
        begun = sum(call.route == "POST /api/v2/pins" for call in stage.calls.calls)
        # not entered yet: the same letters go on
        asked = await send(hass, asked)
        assert asked["step_id"] == "plex_link"
        assert sum(call.route == "POST /api/v2/pins" for call in stage.calls.calls) == begun
        # expired: there are new ones
        stage.faults.add("status", "GET /api/v2/pins/{id}", status=404)
        asked = await send(hass, asked)
        assert asked["step_id"] == "plex_link"
        assert sum(call.route == "POST /api/v2/pins" for call in stage.calls.calls) == begun + 1
        stage.faults.clear()
        stage.linked = True
        entry = await added(hass, await send(hass, asked))
        assert entry.data["token"] == stage.token
        assert "pin" not in entry.data


async def test_reauth_and_reconfigure(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, media=Media(plex=True)) as sim:
        home(hass)
        url, stage = sim.quay.url("plex"), sim.quay.face("plex")
        data = {"kind": "plex", "server": "home", "url": url, "token": "old", "client_id": "0" * 32}
        entry = MockConfigEntry(domain=DOMAIN, title="Lighthouse", unique_id=MACHINE, data=data)
        entry.add_to_hass(hass)
        asked = await entry.start_reauth_flow(hass)
        assert {str(key) for key in asked["data_schema"].schema} == {"token"}
        wrong = await send(hass, asked, token="wrong")
        assert wrong["errors"] == {"token": "wrong_plex_token"}
        done = await send(hass, wrong, token=stage.token)
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
        assert entry.data["token"] == stage.token
        moved = await entry.start_reconfigure_flow(hass)
        done = await send(hass, moved, url=f"{url}/web")
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
        assert (entry.data["url"], entry.data["token"]) == (url, stage.token)


async def test_what_is_found_is_offered_with_the_key_of_core(hass: HomeAssistant) -> None:
    for image in ("plexinc/pms-docker:latest", "lscr.io/linuxserver/plex:1.42.2", "ghcr.io/hotio/plex"):
        row = known_by(image)
        assert row is not None
        assert row.kind == "plex"
    async with simulator.run(tls=False, media=Media(plex=True)) as sim:
        url, stage = sim.quay.url("plex"), sim.quay.face("plex")
        server = {"server_config": {"url": url, "token": stage.token, "verify_ssl": False}}
        core = MockConfigEntry(domain="plex", title="Lighthouse", unique_id=MACHINE, data=server)
        core.add_to_hass(hass)
        offer = {"kind": "plex", "url": url, "name": "Plex (Lighthouse)", "core": core.entry_id}
        shown = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=offer
        )
        assert shown["step_id"] == "plex"
        assert "same_key" in {str(key) for key in shown["data_schema"].schema}
        elsewhere = await send(hass, shown, url="http://192.0.2.7:32400", same_key=True)
        assert elsewhere["errors"] == {"same_key": "same_key_elsewhere"}
        entry = await added(hass, await send(hass, shown, url=url, same_key=True))
        assert entry.data["token"] == stage.token

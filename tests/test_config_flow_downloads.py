"""The config flow of download clients against simulated ones over real sockets."""

from collections.abc import AsyncGenerator, Iterable
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.discovery import Place, place_of
from custom_components.home_server_monitor.sources.known import known_by
from tests.sources.downloads.conftest import VERSIONS, Pair, opened
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


async def form(hass: HomeAssistant, **typed: str) -> Result:
    """Go through the menu to the form, and submit it."""
    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    shown = await send(hass, menu, next_step_id="downloads")
    return await send(hass, shown, **typed)


def login(pair: Pair) -> dict[str, str]:
    """What a person types for a client."""
    if pair.face.client.kind == "sabnzbd":
        return {"api_key": pair.face.api_key}
    return {"username": pair.face.username, "password": pair.face.password}


async def test_each_client_is_found_out_and_added(hass: HomeAssistant) -> None:
    for kind, version in VERSIONS:
        async with opened(kind, version) as pair:
            pair.world.grab(kind, "Harbour", size=1 << 30)
            result = await form(hass, url=f" {pair.url}/ ", **login(pair))
            said = result["description_placeholders"]
            assert said["product"] == pair.client.product.label
            assert said["version"] == version
            assert said["what"].startswith("1 ")
            entry = await added(hass, result)
            address = str(pair.url).rstrip("/")
            wanted = {"kind": "downloads", "server": "home", "url": address, "product": kind, **login(pair)}
            assert {**entry.data, "url": str(entry.data["url"]).rstrip("/")} == wanted
            again = await form(hass, url=str(pair.url), **login(pair))
            assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")
            await hass.config_entries.async_remove(entry.entry_id)


async def test_what_is_wrong_is_told_apart(hass: HomeAssistant) -> None:
    async with opened("qbittorrent", "5.1.0") as pair:
        url = str(pair.url)
        assert (await form(hass, url=url))["errors"] == {"password": "login_wanted"}
        wrong = await form(hass, url=url, username="admin", password="wrong")
        assert wrong["errors"] == {"password": "invalid_login"}
        assert pair.face.failed == 1, "it was tried once"
        pair.face.hosts = frozenset({"nas.example"})
        assert (await send(hass, wrong, url=url, **login(pair)))["errors"] == {"url": "host_refused"}
        pair.face.hosts, pair.face.banned = None, True
        banned = await form(hass, url=url, **login(pair))
        assert banned["errors"] == {"base": "locked_out"}
        assert "locked this address out" in banned["description_placeholders"]["reason"]
        nobody = await form(hass, url="http://127.0.0.1:9", **login(pair))
        assert nobody["errors"] == {"url": "cannot_connect"}
        assert (await form(hass, url="ftp://nas"))["errors"] == {"url": "invalid_url"}
        pair.face.faults.add("html")
        assert (await form(hass, url=url))["errors"] == {"url": "not_download_client"}
    async with opened("sabnzbd", "4.5.0") as pair:
        url = str(pair.url)
        assert (await form(hass, url=url, password="x"))["errors"] == {"api_key": "sabnzbd_wants_key"}
        assert (await form(hass, url=url, api_key="wrong"))["errors"] == {"api_key": "invalid_login"}
    async with opened("transmission", "4.1.3") as pair:
        pair.face.failed = pair.face.threshold
        assert (await form(hass, url=str(pair.url), **login(pair)))["errors"] == {"base": "locked_out"}


async def test_a_new_password_and_a_new_address(hass: HomeAssistant) -> None:
    home(hass)
    async with opened("qbittorrent", "5.3.0") as pair:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="qBittorrent",
            data={
                "kind": "downloads",
                "server": "home",
                "url": str(pair.url),
                "product": "qbittorrent",
                "api_key": "qbt_gone",
            },
        )
        entry.add_to_hass(hass)
        asked = await entry.start_reauth_flow(hass)
        fields = {str(key) for key in asked["data_schema"].schema}
        assert fields == {"username", "password", "api_key"}
        done = await send(hass, asked, username=pair.face.username, password=pair.face.password)
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
        assert entry.data["password"] == pair.face.password
        assert "api_key" not in entry.data, "what does not let in any more is not kept"
        asked = await entry.start_reconfigure_flow(hass)
        done = await send(hass, asked, url=str(pair.url), api_key=pair.face.api_key)
        assert done["reason"] == "reconfigure_successful"
        assert entry.data["api_key"] == pair.face.api_key
        await hass.async_block_till_done()
        assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_what_is_found_in_a_container_is_offered_with_its_address(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def places(hass: HomeAssistant, urls: Iterable[str]) -> dict[str, set[Place]]:
        return {url: {place} for url in urls if (place := place_of(url)) is not None}

    # the offer is taken back as fast as can be, and still not before its flow has ended
    monkeypatch.setattr("custom_components.home_server_monitor.discovery.async_places", places)
    for image in (
        "lscr.io/linuxserver/qbittorrent:5.1.2",
        "ghcr.io/hotio/sabnzbd",
        "linuxserver/transmission",
        "nzbgetcom/nzbget:v25",
    ):
        row = known_by(image)
        assert row is not None
        assert row.kind == "downloads"
    async with opened("sabnzbd", "5.1.3") as pair:
        core = MockConfigEntry(domain="sabnzbd", data={"url": str(pair.url), "api_key": pair.face.api_key})
        core.add_to_hass(hass)
        shown = await hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={"kind": "downloads", "url": str(pair.url), "name": "SABnzbd", "core": core.entry_id},
        )
        assert shown["step_id"] == "downloads"
        result = await send(hass, shown, same_key=True, url=str(pair.url))
        entry = await added(hass, result)
        assert entry.data["api_key"] == pair.face.api_key

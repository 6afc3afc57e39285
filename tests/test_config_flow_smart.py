"""The config flow of Scrutiny against the simulated one over real sockets."""

from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.home_server_monitor.const import DOMAIN
import simulator
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
    shown = await send(hass, menu, next_step_id="smart")
    return await send(hass, shown, url=url, **more)


async def test_scrutiny_is_added_by_what_the_browser_shows(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, scrutiny=True) as sim:
        result = await form(hass, f" {sim.scrutiny_url}/web/dashboard ")
        said = result["description_placeholders"]
        assert (said["product"], said["version"], said["what"]) == ("Scrutiny", "0.9.3", "5 drives")
        entry = await added(hass, result)
        assert dict(entry.data) == {"kind": "smart", "server": "home", "url": sim.scrutiny_url}
        again = await form(hass, sim.scrutiny_url)
        assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_its_certificate_is_asked_about(hass: HomeAssistant) -> None:
    async with simulator.run(scrutiny=True) as sim:
        asked = await form(hass, sim.scrutiny_url)
        assert asked["step_id"] == "trust_certificate"
        assert sim.scrutiny is not None
        assert sim.scrutiny.calls.statuses() == {}, "nothing was asked before"
        entry = await added(hass, await send(hass, asked))
        assert entry.data["fingerprint"] == sim.fingerprint


async def test_what_is_not_scrutiny(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, scrutiny=True) as sim:
        assert sim.scrutiny is not None
        assert (await form(hass, "ftp://somewhere"))["errors"] == {"url": "invalid_url"}
        assert (await form(hass, "http://user:secret@host"))["errors"] == {"url": "invalid_url"}
        assert (await form(hass, "http://127.0.0.1:9"))["errors"] == {"url": "cannot_connect"}
        # another web page at the address
        assert (await form(hass, sim.url))["errors"] == {"url": "not_scrutiny"}
        for kind, error in (
            ({"kind": "html"}, {"url": "scrutiny_web_page"}),
            ({"kind": "replace", "value": []}, {"url": "not_scrutiny"}),
            ({"kind": "status", "status": 401}, {"token": "scrutiny_asks_login"}),
            ({"kind": "status", "status": 403}, {"token": "scrutiny_asks_login"}),
            ({"kind": "status", "status": 302}, {"token": "scrutiny_asks_login"}),
            ({"kind": "status", "status": 500}, {"url": "not_scrutiny"}),
            ({"kind": "drop"}, {"url": "cannot_connect"}),
        ):
            sim.scrutiny.faults.add(kind.pop("kind"), "GET /api/summary", **kind)
            asked = len(sim.scrutiny.calls.calls)
            assert (await form(hass, sim.scrutiny_url))["errors"] == error, kind
            if "token" in error:
                assert len(sim.scrutiny.calls.calls) - asked == 1, "it is not tried again by itself"
            sim.scrutiny.faults.clear()


async def test_a_collector_that_has_not_run(hass: HomeAssistant) -> None:
    """It may be added, and it is said why nothing is shown yet."""
    async with simulator.run(tls=False, scrutiny=True) as sim:
        sim.world.disks.clear()
        result = await form(hass, sim.scrutiny_url)
        assert "has not found a drive yet" in result["description_placeholders"]["missing"]


async def test_one_that_tells_little(hass: HomeAssistant) -> None:
    """Old releases have no page of settings, and a drive that was never read is counted."""
    async with simulator.run(tls=False, scrutiny=True) as sim:
        assert sim.scrutiny is not None
        # as it slept whenever the collector ran
        sim.scrutiny.history_days, sim.world.disk("sdc").asleep = 0, True
        sim.scrutiny.faults.add("status", "GET /api/settings", status=404)
        said = (await form(hass, sim.scrutiny_url))["description_placeholders"]
        assert said["version"] == ""
        assert said["missing"].startswith("Drives without a reading yet: 1.")
        sim.scrutiny.faults.clear()
        # but one that breaks off in the middle is not added
        sim.scrutiny.faults.add("drop", "GET /api/settings")
        assert (await form(hass, sim.scrutiny_url))["errors"] == {"url": "cannot_connect"}


async def test_a_discovered_one_is_offered_with_its_address(hass: HomeAssistant) -> None:
    async with simulator.run(tls=False, scrutiny=True) as sim:
        home(hass)
        offer = {"kind": "smart", "url": sim.scrutiny_url, "name": "Scrutiny on truenas"}
        shown = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=offer
        )
        assert shown["step_id"] == "smart"
        entry = await added(hass, await send(hass, shown, url=sim.scrutiny_url))
        assert entry.title == "Scrutiny"


async def _mend(hass: HomeAssistant, entry: ConfigEntry, source: str) -> Result:
    context: Any = {"source": source, "entry_id": entry.entry_id}
    data = dict(entry.data) if source == SOURCE_REAUTH else None
    return await hass.config_entries.flow.async_init(DOMAIN, context=context, data=data)


async def test_a_fork_that_wants_a_token(hass: HomeAssistant) -> None:
    """Refused without one, or with a wrong one; one that no longer holds is asked for anew, and kept where it is left empty."""
    async with simulator.run(tls=False, scrutiny=True) as sim:
        assert sim.scrutiny is not None
        sim.scrutiny.token = "first"
        assert (await form(hass, sim.scrutiny_url))["errors"] == {"token": "scrutiny_asks_login"}
        wrong = await form(hass, sim.scrutiny_url, token="wrong")
        assert wrong["errors"] == {"token": "invalid_token"}
        entry = await added(hass, await form(hass, sim.scrutiny_url, token=" first "))
        assert entry.data["token"] == "first"
        sim.scrutiny.token = "second"
        shown = complete(await _mend(hass, entry, SOURCE_REAUTH))
        assert [str(key) for key in shown["data_schema"].schema] == ["token"]
        spent = await send(hass, shown, token="first")
        assert spent["errors"] == {"token": "key_revoked"}
        done = await send(hass, spent, token="second")
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
        assert entry.data["token"] == "second"
        changed = complete(await _mend(hass, entry, SOURCE_RECONFIGURE))
        done = await send(hass, changed, url=sim.scrutiny_url)
        assert done["reason"] == "reconfigure_successful"
        assert entry.data["token"] == "second"

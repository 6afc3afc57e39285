"""The config flow of a UPS: against the simulated server, and what a person is told where it does not work."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from ipaddress import ip_address
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, SOURCE_USER, SOURCE_ZEROCONF
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
import simulator
from tests.conftest import nas_entry
from tests.test_config_flow import added, complete, home, send

type Result = Any
SERIAL = "SC2304K00917"


@pytest.fixture(autouse=True)
async def _nothing_is_set_up(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[AsyncMock]:
    """Entries are added, but nothing is set up for them."""
    hass.loop.set_debug(False)
    place = f"custom_components.{DOMAIN}"
    with (
        patch(f"{place}.async_setup_entry", return_value=True) as setup,
        patch(f"{place}.async_unload_entry", return_value=True, create=True),
    ):
        yield setup
        await hass.async_block_till_done()
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncIterator[Any]:
    """A simulated house on a UPS."""
    async with simulator.run(ups=True) as running:
        yield running


async def form(hass: HomeAssistant, **typed: Any) -> Result:
    """Go through the menu to the form, and submit it."""
    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    shown = await send(hass, menu, next_step_id="ups")
    return await send(hass, shown, **({"port": 3493} | typed))


async def test_a_ups_is_added_and_its_account_really_tested(hass: HomeAssistant, sim: Any) -> None:
    place = {"host": "127.0.0.1", "port": sim.nut.port}
    login = {"username": "ha", "password": sim.world.ups.settings.extra["ha"]}
    for typed, errors in (
        ({**place, "host": " "}, {"host": "empty_field"}),
        ({**place, "host": "a b"}, {"host": "invalid_host"}),
        ({**place, **login, "password": "wrong"}, {"password": "ups_login_refused"}),
        ({**place, "username": "ha"}, {"password": "empty_field"}),
        ({"host": "127.0.0.1", "port": 9}, {"host": "ups_refused"}),
        ({"host": "127.0.0.1", "port": sim.wire.port}, {"host": "not_upsd"}),
    ):
        assert (await form(hass, **typed))["errors"] == errors, typed
    for err, errors in (
        (OSError(-2, "Name or service not known"), {"host": "ups_unreachable"}),
        (TimeoutError(), {"host": "timeout_connect"}),
    ):
        with patch("asyncio.open_connection", side_effect=err):
            assert (await form(hass, **place))["errors"] == errors
    for heard in ("stale", "gone"):
        sim.world.ups.heard = heard
        assert (await form(hass, **place))["errors"] == {"base": "ups_not_heard"}
    sim.world.ups.heard = "live"

    result = await form(hass, host=f"nut://127.0.0.1:{sim.nut.port}", **login)
    said = result["description_placeholders"]
    assert (said["product"], said["name"], said["what"]) == ("UPS", "Keeper 900", "a battery at 100 %")
    assert "make the server wait" in said["missing"]
    of_primary = {"username": sim.world.ups.settings.user, "password": sim.world.ups.settings.password}
    primary = await form(hass, **place, **of_primary)
    assert "could also shut the UPS down" in primary["description_placeholders"]["missing"]
    hass.config_entries.flow.async_abort(primary["flow_id"])
    entry = await added(hass, result)
    assert entry.unique_id == SERIAL
    assert entry.data == {**place, **login, "ups": "ups", "kind": "ups", "server": "home"}
    assert len(sim.world.ups.logins) == 0
    again = await form(hass, **place)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_without_a_serial_number_the_place_stands_for_it(hass: HomeAssistant, sim: Any) -> None:
    sim.world.ups.said = {
        "battery.charge": "?",
        "ups.serial": "000000000000",
        "device.serial": "Blank",
        "device.model": "(null)",
    }
    sim.world.ups.said["ups.model"] = ""
    place = {"host": "127.0.0.1", "port": sim.nut.port}
    result = await form(hass, **place)
    assert result["description_placeholders"]["what"] == "a battery"
    assert "watched only" in result["description_placeholders"]["missing"]
    entry = await added(hass, result)
    assert (entry.unique_id, entry.title) == (None, "The house")
    again = await form(hass, **place)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_of_several_one_is_chosen(hass: HomeAssistant, sim: Any) -> None:
    with patch(
        "custom_components.home_server_monitor.sources.ups.flow.NutClient.list_ups",
        return_value={"ups": "The house", "attic": ""},
    ):
        asked = await form(hass, host="127.0.0.1", port=sim.nut.port)
        assert asked["step_id"] == "which_ups"
        entry = await added(hass, await send(hass, asked, which_ups="ups"))
    assert entry.data["ups"] == "ups"


async def test_an_empty_server_and_a_silent_one(hass: HomeAssistant) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"BEGIN LIST UPS\nEND LIST UPS\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await form(hass, host="127.0.0.1", port=port))["errors"] == {"host": "no_ups"}
    server.close()
    await server.wait_closed()


async def test_a_truenas_that_refuses_is_told_which_switch_is_off(hass: HomeAssistant, sim: Any) -> None:
    nas_entry(sim).add_to_hass(hass)
    result = await form(hass, host="127.0.0.1", port=9)
    assert result["errors"] == {"host": "ups_refused_by_truenas"}


async def test_reauth_and_reconfigure_keep_to_the_same_ups(hass: HomeAssistant, sim: Any) -> None:
    place = {"host": "127.0.0.1", "port": sim.nut.port}
    login = {"username": "ha", "password": sim.world.ups.settings.extra["ha"]}
    home(hass)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Keeper 900",
        unique_id=SERIAL,
        data={**place, "ups": "ups", "username": "ha", "password": "old", "kind": "ups", "server": "home"},
    )
    entry.add_to_hass(hass)
    shown = complete(await entry.start_reauth_flow(hass))
    assert {str(key) for key in shown["data_schema"].schema} == {"username", "password"}
    assert (await send(hass, shown, username="ha", password="wrong"))["errors"] == {
        "password": "ups_login_refused"
    }
    done = await send(hass, shown, **login)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert entry.data["password"] == login["password"]

    shown = complete(await entry.start_reconfigure_flow(hass))
    # an empty password keeps the one that is known
    done = await send(hass, shown, host="localhost", port=sim.nut.port, username="ha", password="")
    assert done["reason"] == "reconfigure_successful"
    assert entry.data == {
        **place,
        **login,
        "host": "localhost",
        "ups": "ups",
        "kind": "ups",
        "server": "home",
    }
    sim.world.ups.said = {"ups.serial": "SC2304K00555"}
    shown = complete(await entry.start_reconfigure_flow(hass))
    other = await send(hass, shown, host="127.0.0.1", port=sim.nut.port, **login)
    assert (other["type"], other["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")


async def test_it_is_offered_where_it_was_seen(hass: HomeAssistant, sim: Any) -> None:
    """By a NAS, by Home Assistant's own NUT integration, and in the network."""
    twin = MockConfigEntry(
        domain="nut",
        data={"host": "127.0.0.1", "port": sim.nut.port, "username": "ha", "password": "pause first"},
    )
    twin.add_to_hass(hass)
    seen = {
        "kind": "ups",
        "url": f"nut://127.0.0.1:{sim.nut.port}",
        "name": "Network UPS Tools",
        "server": "home",
        "core": twin.entry_id,
        "source": None,
        "service": None,
        "product": "Network UPS Tools",
    }
    context = {"source": SOURCE_INTEGRATION_DISCOVERY}
    shown = complete(await hass.config_entries.flow.async_init(DOMAIN, context=context, data=seen))
    filled = {str(key): (key.description or {}).get("suggested_value") for key in shown["data_schema"].schema}
    assert (filled["host"], filled["port"]) == ("127.0.0.1", sim.nut.port)
    # what comes along goes to its own address only
    place = {"host": "127.0.0.1", "port": sim.nut.port}
    wrong = await send(hass, shown, **{**place, "port": 9}, same_key=True)
    assert wrong["errors"] == {"same_key": "same_key_elsewhere"}
    entry = await added(hass, await send(hass, shown, **place, same_key=True))
    assert (entry.data["username"], entry.data["password"]) == ("ha", "pause first")

    def announced(host: str) -> ZeroconfServiceInfo:
        return ZeroconfServiceInfo(
            ip_address=ip_address(host),
            ip_addresses=[ip_address(host)],
            port=3493,
            hostname="attic.local.",
            type="_nut._tcp.local.",
            name="attic._nut._tcp.local.",
            properties={},
        )

    context = {"source": SOURCE_ZEROCONF}
    known = await hass.config_entries.flow.async_init(DOMAIN, context=context, data=announced("127.0.0.1"))
    assert known["reason"] == "already_configured"
    shown = complete(
        await hass.config_entries.flow.async_init(DOMAIN, context=context, data=announced("192.0.2.7"))
    )
    filled = {str(key): (key.description or {}).get("suggested_value") for key in shown["data_schema"].schema}
    assert (shown["step_id"], filled["host"]) == ("ups", "attic.local")

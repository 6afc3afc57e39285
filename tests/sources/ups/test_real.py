"""Our client against Debian's upsd and upsmon: what they answer, when they fall silent, and what a login is worth."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.guardian.capabilities_power import Mains
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    CannotConnect,
    NotSupported,
    PermissionDenied,
)
from custom_components.home_server_monitor.sources.ups.client import Account, NutClient
from custom_components.home_server_monitor.sources.ups.model import Contact
from custom_components.home_server_monitor.sources.ups.reading import Reading, read
from custom_components.home_server_monitor.sources.ups.sessions import Came, Standing
from custom_components.home_server_monitor.sources.ups.wire import DataStale, DriverGone, UnknownUps
from tests.engine import open_sockets
from tests.nut import UPS, USERS, WITHIN, NoNut, RealNut, running

from .conftest import started


@pytest.fixture(scope="module")
def nut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNut]:
    """One server for all tests of this file; each leaves it as it found it."""
    open_sockets()
    try:
        with running(tmp_path_factory.mktemp("nut")) as found:
            yield found
    except NoNut as err:
        pytest.skip(f"NO REAL UPS SERVER: {err}")


@pytest.fixture
async def client(nut: RealNut, socket_enabled: None) -> AsyncIterator[NutClient]:
    """A client that knows the secondary's account."""
    found = NutClient("127.0.0.1", nut.port, account("ha"))
    yield found
    await found.close()


def account(name: str, password: str | None = None) -> Account:
    """Return one of its accounts."""
    return Account(name, USERS[name][0] if password is None else password)


async def seen(client: NutClient, holds: Callable[[Reading], bool]) -> Reading:
    """Read until something holds."""
    end = time.monotonic() + WITHIN
    while not holds(found := read(await client.variables(UPS))):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.1)
    return found


async def fails(ask: Callable[[], Any], kind: type[Exception]) -> Exception:
    """Ask until it fails in one way."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        try:
            await ask()
        except kind as err:
            return err
        except CannotConnect:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"{kind.__name__} never came")


async def test_what_a_real_server_answers(nut: RealNut, client: NutClient) -> None:
    assert await client.list_ups() == {UPS: 'The "rack" below'}
    assert (await client.version() or "").startswith("2.")
    found = read(await client.variables(UPS))
    assert (found.mains, found.charge, found.runtime, found.load) == (Mains.PRESENT, 98.0, 1460.0, 21.0)
    assert (found.serial, found.model, found.watts) == ("MW21A004711", "Backer 900", 113.4)
    assert await client.variable(UPS, "ups.load") == "21"
    assert await client.variable(UPS, "ups.nothing") is None
    assert "load.off" in await client.commands(UPS)
    assert "battery.charge.low" in await client.writable(UPS)
    with pytest.raises(UnknownUps):
        await client.variables("other")


async def test_accounts_are_told_apart_by_a_real_server(nut: RealNut, socket_enabled: None) -> None:
    async def check(given: Account) -> Standing:
        return await NutClient("127.0.0.1", nut.port, given).check(UPS)

    assert await check(account("primary")) is Standing.PRIMARY
    # its password holds a quote, a blank and a backslash
    assert await check(account("ha")) is Standing.SECONDARY
    for wrong in (account("ha", "wrong"), account("observer"), Account("nobody", "x"), Account("a\nb", "x")):
        with pytest.raises(AuthFailed):
            await check(wrong)
    assert nut.logins == 0


async def test_tls_is_refused_by_a_server_without_a_certificate(nut: RealNut, client: NutClient) -> None:
    await client.check(UPS)
    assert client.secured is False


async def test_orders(nut: RealNut, client: NutClient) -> None:
    with pytest.raises(PermissionDenied):
        await client.set_variable(UPS, "battery.charge.low", "20")
    observer = NutClient("127.0.0.1", nut.port, account("observer"))
    assert await observer.set_variable(UPS, "battery.charge.low", "20") is Came.DONE
    assert await client.variable(UPS, "battery.charge.low") == "20"
    with pytest.raises(NotSupported):
        await observer.command(UPS, "beeper.disable")


async def test_a_silent_driver_a_dead_one_and_a_server_that_starts_again(
    nut: RealNut, client: NutClient
) -> None:
    nut.silence(True)
    await fails(lambda: client.variables(UPS), DataStale)
    nut.silence(False)
    await seen_again(client)
    nut.kill("driver")
    await fails(lambda: client.variables(UPS), DriverGone)
    nut.start_driver()
    await seen_again(client)
    nut.kill("upsd")
    await fails(lambda: client.variables(UPS), CannotConnect)
    nut.start_server()
    await seen_again(client)


async def seen_again(client: NutClient) -> None:
    """Wait until mains is known to be there."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        try:
            if read(await client.variables(UPS)).mains is Mains.PRESENT:
                return
        except DataStale, DriverGone, CannotConnect:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("it does not come back")


async def test_states_come_through_and_fsd_stays_until_the_server_starts_again(
    nut: RealNut, client: NutClient
) -> None:
    nut.say(ups_status="OB DISCHRG", battery_charge="80", battery_runtime="900", input_voltage="0.0")
    found = await seen(client, lambda now: now.on_battery)
    assert (found.charge, found.runtime, found.low) == (80.0, 900.0, False)
    nut.say(ups_status="OB DISCHRG LB", battery_charge="9")
    await seen(client, lambda now: now.on_battery and now.low)
    nut.announce_shutdown()
    await seen(client, lambda now: now.fsd)
    nut.say(ups_status="OL CHRG", battery_charge="98")
    found = await seen(client, lambda now: now.mains is Mains.PRESENT)
    assert found.fsd
    nut.kill("upsd")
    nut.start_server()
    await seen_again(client)
    assert not read(await client.variables(UPS)).fsd


@pytest.mark.parametrize("leaves", [True, False])
async def test_a_login_holds_the_primary_until_it_ends_or_until_hostsync(
    nut: RealNut, client: NutClient, leaves: bool
) -> None:
    """The only thing that makes a NAS wait: measured from when its upsmon announces the end."""
    login = await client.login(UPS)
    nut.start_upsmon(hostsync=60 if leaves else 3)
    try:
        nut.say(ups_status="OB DISCHRG LB", battery_charge="9")
        await seen(client, lambda now: now.fsd)
        announced = time.monotonic()
        if leaves:
            # it would be down by now, were it not for the login
            await asyncio.sleep(2)
            assert not nut.down.exists()
            assert await login.alive()
            await login.end()
        while not nut.down.exists():
            assert time.monotonic() - announced < WITHIN
            await asyncio.sleep(0.05)
        assert leaves or time.monotonic() - announced >= 2
    finally:
        await login.end()
        nut.kill("upsmon")
        nut.down.unlink(missing_ok=True)
        nut.say(ups_status="OL CHRG", battery_charge="98")
        nut.kill("upsd")
        nut.start_server()
        await seen_again(client)


async def test_home_assistant_holds_a_real_primary_over_restarts_of_its_server(
    hass: HomeAssistant, hass_storage: dict[str, Any], nut: RealNut, socket_enabled: None
) -> None:
    hass.loop.set_debug(False)
    data = {CONF_KIND: "ups", CONF_SERVER: HOME, "host": "127.0.0.1", "port": nut.port, "ups": UPS}
    login = {"username": "ha", "password": USERS["ha"][0]}
    entry = MockConfigEntry(domain=DOMAIN, title="Rack", data=data | login, unique_id="MW21A004711")
    ups = await started(hass, entry)
    assert ups.may_hold
    assert ups.power_unit.mains is Mains.PRESENT
    await ups.hold_primary()
    assert nut.logins == 1
    nut.kill("upsd")
    assert not await ups.holds_primary()
    await ups.async_refresh()
    assert ups.power_unit.contact is Contact.SILENT
    nut.start_server()
    end = time.monotonic() + WITHIN
    while not ups.power_unit.live and time.monotonic() < end:
        await ups.async_refresh()
        await asyncio.sleep(0.1)
    await ups.hold_primary()
    assert nut.logins == 1
    # who is unloaded keeps nobody waiting
    await hass.config_entries.async_unload(entry.entry_id)
    assert nut.logins == 0

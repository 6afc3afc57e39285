"""Which container smartctl is run in, and when none is: on the simulated engine, over a real socket."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor import async_remove_config_entry_device
from custom_components.home_server_monitor.const import DOMAIN, HOME
from custom_components.home_server_monitor.plays.disk_risk import leaving
from custom_components.home_server_monitor.plays.disk_risk.removal import devices_of
from custom_components.home_server_monitor.prediction.reading import Media, Reading
from custom_components.home_server_monitor.sources.containers import smart_reading
from custom_components.home_server_monitor.sources.containers.access import open_access
from custom_components.home_server_monitor.sources.containers.model import Container, State
from custom_components.home_server_monitor.sources.containers.smart_reading import (
    SmartReading,
    carries_smartctl,
)
from custom_components.home_server_monitor.sources.errors import PermissionDenied
from custom_components.home_server_monitor.sources.smartctl import Device
from simulator.engine import lifecycle, process
from tests.conftest import nas_entry

HOUR = 3600.0


@pytest.mark.parametrize(
    ("image", "carries"),
    [
        ("ghcr.io/analogj/scrutiny:master-omnibus", True),
        ("ghcr.io/analogj/scrutiny:v0.8.1-omnibus@sha256:00", True),
        ("ghcr.io/analogj/scrutiny:master-collector", True),
        ("ghcr.io/starosdev/scrutiny:latest", True),
        ("prometheuscommunity/smartctl-exporter", True),
        ("registry.lan:5000/analogj/scrutiny", True),
        # anybody may call an image so: whoever runs that one can name its container
        ("somebody/scrutiny:master-omnibus", False),
        ("scrutiny", False),
        # only its web page
        ("ghcr.io/analogj/scrutiny:master-web", False),
        ("linuxserver/sonarr", False),
        ("example/scrutiny-tool:1", False),
        ("sha256:abc", False),
    ],
)
def test_images_that_carry_smartctl(image: str, carries: bool) -> None:
    assert carries_smartctl(image) is carries


def container(name: str, image: str, state: State = State.RUNNING) -> Container:
    return Container(id=name * 8, name=name, image=image, image_id=None, state=state)


OMNIBUS = "ghcr.io/analogj/scrutiny:master-omnibus"


@pytest.mark.parametrize(
    ("wanted", "allowed", "elsewhere", "found"),
    [
        ("", True, False, "scrutiny"),
        # a Scrutiny that is connected has read them
        ("", True, True, None),
        ("", False, False, None),
        ("tools", True, False, "tools"),
        # whoever names one wants it read there
        ("tools", True, True, "tools"),
        ("halted", True, False, None),
        ("gone", True, False, None),
        ("tools", False, False, None),
    ],
)
def test_the_container_that_is_used(wanted: str, allowed: bool, elsewhere: bool, found: str | None) -> None:
    there = {
        each.name: each
        for each in (
            container("alpha", "nginx"),
            container("halted", OMNIBUS, State.EXITED),
            container("scrutiny", OMNIBUS),
            container("tools", "debian"),
        )
    }
    smart = SmartReading(None, wanted, allowed=allowed)  # type: ignore[arg-type]
    chosen = smart.carrier(there, read_elsewhere=elsewhere)
    assert (chosen.name if chosen else None) == found


async def test_where_commands_are_denied_it_is_asked_once(docker: MockConfigEntry, house: Any) -> None:
    """As a socket proxy without EXEC denies them: nothing but this stays dark."""
    source = docker.runtime_data
    face = house.harbour.docker
    face.read_only = True
    smart = SmartReading(source.access.client, "scrutiny")
    await smart.step(source.data.containers, "engine", now=1000.0)
    with pytest.raises(PermissionDenied):
        smart.told()
    before = source.access.transport.calls
    for hour in range(1, 24):
        await smart.step(source.data.containers, "engine", now=1000.0 + hour * 3600)
    assert source.access.transport.calls == before
    face.read_only = False
    await smart.step(source.data.containers, "engine", now=1000.0 + 25 * 3600)
    assert source.access.transport.calls > before


async def test_through_portainer_as_well(docker: MockConfigEntry, house: Any) -> None:
    """Its proxy hands commands on like anything else."""
    portainer, source = house.harbour.portainer, docker.runtime_data
    url = house.harbour.portainer_url
    data = {"url": url, "api_key": portainer.key, "environment": 2, "fingerprint": house.fingerprint}

    async def in_thread(call: Any, *args: Any) -> Any:
        return call(*args)

    access = await open_access(data, in_thread, aiohttp.ClientSession)
    try:
        await access.client.negotiate()
        smart = SmartReading(access.client)
        assert not await smart.step(source.data.containers, "engine", now=1000.0)
        assert await smart.step(source.data.containers, "engine", now=1060.0)
        assert len(smart.told()) == 1
    finally:
        await access.session.close()
        await access.outside.close()


async def test_a_nas_of_25_10_is_read_by_the_engine_beside_it(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by itself, without waking the disk that sleeps; the issue of disks that nobody reads goes with it."""
    issues, disks = ir.async_get(hass), hass.data[DOMAIN].source(f"disks:{HOME}")
    await house.scenario("disk_asleep", disk="sdd")
    house.world.disk("nvme0n1").wear_percent = 104
    nas = nas_entry(house)
    nas.add_to_hass(hass)
    assert await hass.config_entries.async_setup(nas.entry_id)
    await hass.async_block_till_done(wait_background_tasks=False)
    await disks.async_look()
    assert issues.async_get_issue(DOMAIN, f"disks_unread_{HOME}") is not None
    source = docker.runtime_data
    for _ in range(7):
        await source.meanwhile.read_disks()
    await disks.async_look()
    assert issues.async_get_issue(DOMAIN, f"disks_unread_{HOME}") is None
    serials = {disk.name: disk.serial for disk in house.world.disks}
    assert set(disks.records) == {serials[name] for name in ("nvme0n1", "sda", "sdb", "sdc")}
    assert all(record.found.reading.source == source.name for record in disks.records.values())
    assert disks.places()[serials["sdb"]].pool == "tank", "shown where the NAS says that it is"
    assert house.world.wakeups == 0
    assert house.world.disk("sdd").asleep
    # a Scrutiny that is connected tells the same: no command is run any more
    assert not source.smart_is_read_elsewhere
    told = await source.read_smart()
    age = dt_util.utcnow() - min(each.taken for each in told.values() if each.taken)
    assert age < timedelta(minutes=5)
    await _the_reader_is_removed(house, source, disks, serials["nvme0n1"], monkeypatch)
    assert issues.async_get_issue(DOMAIN, f"disks_unread_{HOME}") is not None, (
        "nothing reads them: that is said"
    )
    await hass.config_entries.async_unload(nas.entry_id)


async def _the_reader_is_removed(
    house: Any, source: Any, disks: Any, serial: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only it could keep stays for a day, while it is stopped for longer, and then ends with why."""
    monkeypatch.setattr(leaving, "STEP", 1000 * HOUR)
    monkeypatch.setattr(smart_reading, "STEP", 1000 * HOUR)

    async def passed(hours: float) -> dict[str, Any]:
        source.feeds.reset()
        await source.async_refresh()
        source.smart._looked -= hours * HOUR
        await source.meanwhile.read_disks()
        disks._leaving._looked -= hours * HOUR
        disks._started -= hours * HOUR
        await disks.async_look()
        return {each.rule: each for each in disks.findings if each.object == f"disk:{serial}"}

    engine = house.harbour.engine
    (reader,) = (each for each in engine.names.values() if carries_smartctl(each.reference))
    await lifecycle.stop(engine, reader)
    assert await passed(0)
    assert (found := await passed(90))
    process.remove(engine, reader, force=True)
    assert await passed(0)
    assert await passed(20), "a day: it may be made anew"
    assert disks.why_ended(next(iter(found.values()))) is None
    assert await passed(20) == {}
    assert all(disks.why_ended(each) == ("disk_unread", {}) for each in found.values())
    assert disks.records[serial].reading is None


async def test_disks_that_nobody_lists_have_devices_of_the_servers_own(
    hass: HomeAssistant, server_entry: MockConfigEntry, docker: MockConfigEntry, house: Any
) -> None:
    """They stay while they are read, move to the NAS once one lists the disks, and may be deleted after that."""
    source, registry = docker.runtime_data, dr.async_get(hass)

    def own() -> dict[str, dr.DeviceEntry]:
        found = dr.async_entries_for_config_entry(registry, server_entry.entry_id)
        return {each.serial_number: each for each in found if each.serial_number}

    for _ in range(7):
        await source.meanwhile.read_disks()
    await hass.data[DOMAIN].source(f"disks:{HOME}").async_look()
    await hass.async_block_till_done(wait_background_tasks=False)
    assert own().keys() == {disk.serial for disk in house.world.disks}
    serial = house.world.disk("sdb").serial
    assert own()[serial].name == "WDC WD40EFRX-68N32N0 17XU"
    assert not await async_remove_config_entry_device(hass, server_entry, own()[serial])
    entity = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{HOME}_disk_{serial}_failure_tier")
    assert entity is not None

    nas = nas_entry(house)
    nas.add_to_hass(hass)
    assert await hass.config_entries.async_setup(nas.entry_id)
    assert await hass.config_entries.async_reload(server_entry.entry_id)
    disks = hass.data[DOMAIN].source(f"disks:{HOME}")
    for _ in range(2):
        await disks.async_look()
        await hass.async_block_till_done(wait_background_tasks=False)
    moved = er.async_get(hass).async_get(entity)
    assert moved is not None
    assert moved.device_id is not None
    shown = registry.async_get(moved.device_id)
    assert shown is not None
    assert shown.config_entry_id == nas.entry_id
    assert own() == {}
    await hass.config_entries.async_unload(nas.entry_id)


async def test_a_disk_that_only_a_container_read_and_that_is_pulled(
    hass: HomeAssistant, server_entry: MockConfigEntry, docker: MockConfigEntry, house: Any
) -> None:
    """Its values go after a day in which it is not there; its device may then be deleted, and comes back with it."""
    source, registry = docker.runtime_data, dr.async_get(hass)
    play = hass.data[DOMAIN].source(f"disks:{HOME}")
    disk = house.world.disk("sdb")

    async def looked(days: float = 0.0, reads: int = 0) -> str | None:
        source.smart._due.clear()
        for _ in range(reads):
            await source.meanwhile.read_disks()
        for _ in range(round(days * 96)):
            play._leaving._looked -= 900.0
            play._leaving.look()
        await play.async_look()
        await hass.async_block_till_done(wait_background_tasks=False)
        found = er.async_get(hass).async_get_entity_id(
            "sensor", DOMAIN, f"{HOME}_disk_{disk.serial}_failure_tier"
        )
        state = hass.states.get(found) if found else None
        return state.state if state else None

    assert await looked(reads=7) == "stable"
    disk.present = False
    assert await looked(days=0.5, reads=6) == "stable"
    assert disk.serial not in source.smart.told()
    assert await looked(days=0.6) == "unavailable"
    ((own, service, _),) = devices_of(hass, disk.serial)
    device = registry.async_get(own)
    assert service is None
    assert device is not None
    assert await async_remove_config_entry_device(hass, server_entry, device)
    registry.async_remove_device(own)
    assert await looked() is None
    disk.present = True
    source.smart._scan_due = 0.0
    assert await looked(reads=7) == "stable"
    assert len(devices_of(hass, disk.serial)) == 1


def test_a_serial_that_a_usb_box_gives_several_disks_is_nobodys() -> None:
    """Until the next scan; a disk that has two names is one disk."""
    smart, now = SmartReading(None), dt_util.utcnow()  # type: ignore[arg-type]
    one = Reading("USB1234", "M", None, Media.HDD, "engine", now, hours=20000)
    assert smart._note(Device("/dev/sda"), "USB1234", one)
    assert smart._note(Device("/dev/sg0"), "USB1234", replace(one, taken=now + timedelta(minutes=1)))
    other = replace(one, hours=300, taken=now + timedelta(minutes=2))
    assert not smart._note(Device("/dev/sdb"), "USB1234", other)
    assert not smart._note(Device("/dev/sda"), "USB1234", one)
    assert smart.report()["read"] == 0

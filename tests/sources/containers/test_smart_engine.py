"""SMART out of a container on a real engine: read rarely, one disk after the other, and never one that sleeps."""

from collections.abc import AsyncGenerator
import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN, HOME
from custom_components.home_server_monitor.plays.disk_risk import play
from custom_components.home_server_monitor.prediction import forest
from custom_components.home_server_monitor.sources.containers import smart_reading
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.model import Container
from custom_components.home_server_monitor.sources.containers.smart_reading import SmartReading
from custom_components.home_server_monitor.sources.errors import NotSupported
from tests.engine import Engine
from tests.plays.small_model import write

from .conftest import engine_entry
from .smart_image import asked, carry, report, shell

READ = "--json=c -n standby,3,5 -x"
HOUR = 3600.0


async def containers(client: EngineClient) -> dict[str, Container]:
    return dict((await client.containers()).items)


async def test_disks_are_read_one_after_the_other_and_rarely(engine: Engine, client: EngineClient) -> None:
    now = int(time.time())
    name = carry(
        engine,
        "reader",
        {
            "sda": (report("ZL2A0001", now=now), 0),
            # failing, with errors in its log: bits 3 and 6
            "sdb": (report("ZL2A0002", now=now, smart_status={"passed": False}), 0x48),
            "sdc": (report("ZL2A0003", now=now), 0),
            "sdd": ("smartctl open device failed", 2),
        },
    )
    shell(engine, name, "touch /data/sdc.asleep")
    smart = SmartReading(client, name)
    with pytest.raises(NotSupported):
        smart.told()
    listed = await containers(client)
    new = [await smart.step(listed, "engine", now=1000.0 + 60 * minute) for minute in range(8)]
    # the scan, four disks of which one sleeps and one is none, and nothing more
    assert new == [False, True, True, False, False, False, False, False]
    assert set(smart.told()) == {"ZL2A0001", "ZL2A0002"}
    # every command line, in order: nothing else was run
    assert asked(engine, name) == [
        "--json=c --scan",
        *(f"{READ} /dev/{disk}" for disk in ("sda", "sdb", "sdc", "sdd")),
    ]
    assert shell(engine, name, "cat /tmp/woken 2>/dev/null; true") == ""
    first = smart.told()["ZL2A0002"]
    assert (first.health, first.count(5), first.source) == (False, 8, "engine")

    # an hour later only the one that slept is asked whether it is awake
    shell(engine, name, "rm /data/sdc.asleep")
    assert await smart.step(listed, "engine", now=1300.0 + HOUR)
    assert asked(engine, name)[5:] == [f"{READ} /dev/sdc"]
    assert len(smart.told()) == 3
    assert not await smart.step(listed, "engine", now=1400.0 + HOUR)
    assert len(asked(engine, name)) == 6
    # of one device nobody knows what it is, so that no disk is known to be gone
    assert smart.listed() is None

    # it is read, one is pulled, whose node stays, and another one changes places with a new one
    gone = (
        """{"smartctl":{"messages":[{"string":"Smartctl open device: /dev/sda failed: No such device"}]}}"""
    )
    shell(engine, name, f"echo '{gone}' > /data/sda.json; echo 2 > /data/sda.code")
    for disk, serial in (("sdb", "ZL2A0005"), ("sdc", "ZL2A0002"), ("sdd", "ZL2A0004")):
        shell(
            engine,
            name,
            f"echo '{report(serial, now=now + 1)}' > /data/{disk}.json; echo 0 > /data/{disk}.code",
        )
    seen = []
    for minute in range(4):
        await smart.step(listed, "engine", now=1000.0 + 8 * HOUR + 60 * minute)
        seen.append(None if (there := smart.listed()) is None else sorted(there))
    assert seen == [None, None, ["ZL2A0003", "ZL2A0004", "ZL2A0005"], ["ZL2A0002", "ZL2A0004", "ZL2A0005"]]
    assert set(smart.told()) == {"ZL2A0002", "ZL2A0004", "ZL2A0005"}
    # what is stopped says nothing of what it has
    await smart.step({}, "engine", now=1000.0 + 9 * HOUR)
    assert smart.listed() is None


async def test_a_container_without_smartctl_or_that_is_stopped(engine: Engine, client: EngineClient) -> None:
    """It is tried once, and the next day again; nothing is started for it."""
    engine.run("plain", engine.image("plain"))
    listed = await containers(client)
    smart = SmartReading(client, engine.name("plain"))
    assert not await smart.step(listed, "engine", now=1000.0)
    with pytest.raises(NotSupported, match="smartctl"):
        smart.told()
    before = client.transport.calls
    assert not await smart.step(listed, "engine", now=1000.0 + 2 * HOUR)
    assert client.transport.calls == before

    name = carry(engine, "halted", {"sda": (report("ZL2A0001", now=1), 0)})
    running = await containers(client)
    # paused since it was listed
    engine.api.must("POST", f"/containers/{name}/pause")
    halted = SmartReading(client, name)
    assert not await halted.step(running, "engine", now=1000.0)
    before = client.transport.calls
    assert not await halted.step(running, "engine", now=1060.0)
    assert client.transport.calls == before, "it is left alone for ten minutes"
    engine.api.must("POST", f"/containers/{name}/unpause")
    assert not await halted.step(running, "engine", now=1660.0)
    for now in (1720.0, 1780.0, 2400.0, 2460.0):
        # a busy engine may take its time to let it go on
        if await halted.step(running, "engine", now=now):
            break
    assert set(halted.told()) == {"ZL2A0001"}


async def test_a_disk_that_hangs_costs_no_other(
    engine: Engine, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up in time, and asked again the next day: nobody can end the command that waits for it."""
    monkeypatch.setattr(smart_reading, "READING", 1.0)
    now = int(time.time())
    name = carry(
        engine, "hung", {"sda": (report("ZL2A0001", now=now), 0), "sdb": (report("ZL2A0002", now=now), 0)}
    )
    shell(engine, name, "touch /data/sda.hangs")
    listed, smart = await containers(client), SmartReading(client, name)
    await smart.step(listed, "engine", now=1000.0)
    assert not await smart.step(listed, "engine", now=1060.0)
    assert not await smart.step(listed, "engine", now=1120.0), "ten minutes of peace"
    assert await smart.step(listed, "engine", now=1721.0)
    assert set(smart.told()) == {"ZL2A0002"}
    shell(engine, name, "rm /data/sda.hangs")
    await smart.step(listed, "engine", now=1000.0 + 20 * HOUR)
    assert set(smart.told()) == {"ZL2A0002"}
    # the day after, the scan is due as well, and the other one before it
    steps = [await smart.step(listed, "engine", now=1100.0 + 60 * minute + 24 * HOUR) for minute in range(3)]
    assert any(steps)
    assert set(smart.told()) == {"ZL2A0001", "ZL2A0002"}


@pytest.fixture
async def server(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, tmp_path: Any, monkeypatch: Any
) -> AsyncGenerator[MockConfigEntry]:
    hass.loop.set_debug(False)
    model = write(tmp_path / "small.json.gz")
    monkeypatch.setattr(play, "load", lambda: forest.load(model))
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    yield server_entry
    await hass.config_entries.async_unload(server_entry.entry_id)


async def test_a_disk_is_judged_by_what_a_container_reads(
    hass: HomeAssistant, server: MockConfigEntry, engine: Engine
) -> None:
    """Without NAS and Scrutiny: the engine alone lights the prediction, on a device of the server's own."""
    name = carry(engine, "reader", {"sda": (report("ZL2A0001", now=int(time.time())), 0)})
    entry = engine_entry(engine.url)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={"smart_container": name})
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    disks = hass.data[DOMAIN].source(f"disks:{HOME}")
    for _ in ("the scan", "the disk"):
        await entry.runtime_data.meanwhile.read_disks()
    await disks.async_look()
    await hass.async_block_till_done(wait_background_tasks=False)
    found = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{HOME}_disk_ZL2A0001_failure_tier")
    assert found is not None
    state = hass.states.get(found)
    assert state is not None
    assert state.state in ("stable", "watch")
    entity = er.async_get(hass).async_get(found)
    assert entity is not None
    assert entity.device_id is not None
    device = dr.async_get(hass).async_get(entity.device_id)
    assert device is not None
    assert (device.serial_number, device.name) == ("ZL2A0001", "ST4000VN008-2DR166 0001")
    assert entry.runtime_data.diagnose()["smart"]["read"] == 1
    await hass.config_entries.async_unload(entry.entry_id)

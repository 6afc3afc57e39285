"""A start of Home Assistant after a power cut: fifty services come up in any order, some late, some never."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.edge.guardian import Guardian
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.edge.notices import PUSHED
from custom_components.home_server_monitor.edge.speaker import EVENT
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.guardian.house import House as Attached
from custom_components.home_server_monitor.kinds import KINDS

from .village import COTTAGE, KIND, NEVER, VILLAGE, House, cottage
from .warp import Warp

MINUTE = 60.0
MANY = 50
ALWAYS = (0.0, NEVER)


class Village:
    """Home Assistant with its server's entry and the services, and a phone."""

    def __init__(self, hass: HomeAssistant, server: MockConfigEntry, user: MockUser) -> None:
        self.hass, self.server = hass, server
        self.entries: dict[str, MockConfigEntry] = {}
        self.pushes: list[dict[str, Any]] = []
        self.events = async_capture_events(hass, EVENT)
        phone = MockConfigEntry(
            domain="mobile_app", title="Ann", data={"device_name": "Ann", "user_id": user.id}
        )
        phone.add_to_hass(hass)
        hass.services.async_register("notify", "mobile_app_ann", self._push)
        options = {"phones": [phone.entry_id], "quiet_hours": False}
        hass.config_entries.async_update_entry(server, options=options)

    async def _push(self, call: ServiceCall) -> None:
        self.pushes.append(dict(call.data))

    @property
    def guardian(self) -> Guardian:
        """The guardian as it is now."""
        found: Guardian = self.server.runtime_data
        return found

    def build(self, *houses: House) -> None:
        """Add services."""
        for house in houses:
            self.entries[house.id] = cottage(house)
            self.entries[house.id].add_to_hass(self.hass)

    async def stop(self) -> None:
        """Unload all, as the end of Home Assistant does; what it held in memory is gone."""
        for entry in (*self.entries.values(), self.server):
            if entry.state.recoverable:
                await self.hass.config_entries.async_unload(entry.entry_id)
        self.hass.data[HOUSE] = Attached("0123abcd")

    async def start(self, chance: Random) -> None:
        """Set up all in any order, as at a start; then Home Assistant has started."""
        self.hass.set_state(CoreState.not_running)
        entries = [*self.entries.values(), self.server]
        chance.shuffle(entries)

        async def set_up(entry: MockConfigEntry) -> None:
            await asyncio.sleep(chance.uniform(0, 20))
            if entry.state is ConfigEntryState.NOT_LOADED:
                await self.hass.config_entries.async_setup(entry.entry_id)

        await asyncio.gather(*map(set_up, entries))
        self.pushes.clear()
        self.events.clear()
        self.hass.set_state(CoreState.running)
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)

    def told(self) -> list[str]:
        """Return what was told singly or in a group, by its object, as often as it was told."""
        events = (event.data for event in self.events if event.data["kind"] in PUSHED)
        found = [self.guardian.tracked(each) for data in events for each in data["findings"]]
        return [each.finding.object for each in found if each is not None]


@pytest.fixture
async def village(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    hass_admin_user: MockUser,
    server_entry: MockConfigEntry,
    warp: Warp,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Village]:
    """A village without houses."""
    monkeypatch.setitem(KINDS, COTTAGE, KIND)
    found = Village(hass, server_entry, hass_admin_user)
    yield found
    VILLAGE.clear()
    hass.set_state(CoreState.running)
    for entry in (*found.entries.values(), server_entry):
        if entry.state.recoverable:
            await hass.config_entries.async_unload(entry.entry_id)


async def _known(village: Village, chance: Random) -> None:
    """Let all of them be known, with what has been wrong for long, and then let the power fail."""
    await village.start(chance)
    await asyncio.sleep(5 * MINUTE)
    await village.stop()
    await asyncio.sleep(10 * MINUTE)


@pytest.mark.parametrize("seed", range(2))
async def test_fifty_services_in_any_order(village: Village, seed: int) -> None:
    chance = Random(seed)
    names = [f"house{number}" for number in range(MANY)]
    village.build(*(House(name, wrong=[("old", Severity.HIGH, *ALWAYS)]) for name in names[:5]))
    village.build(*(House(name) for name in names[5:30]))
    village.build(*(House(name, on=names[5]) for name in names[30:]))
    await _known(village, chance)

    now = clock.now()
    for house in VILLAGE.values():
        house.up = now + chance.choice((0, 5, 30, 80, 100, 240, 480))
    dead = chance.sample(names[10:30], 2)
    for name in dead:
        VILLAGE[name].up = NEVER
    # the host of twenty of them boots, and they with it: what they complain of until then is no problem
    VILLAGE[names[5]].booted = now
    for name in names[30:]:
        VILLAGE[name].wrong = [("boots", Severity.HIGH, now, now + chance.uniform(60, 480))]
    new = chance.sample([each for each in names[5:30] if each not in dead], 3)
    for name in new:
        VILLAGE[name].wrong.append(("new", Severity.HIGH, now, NEVER))
    await village.start(chance)
    await asyncio.sleep(25 * MINUTE)

    told = village.told()
    true = {f"host:{name}" for name in dead} | {f"new:{name}" for name in new}
    assert set(told) == true, sorted(told)
    # what is critical is told again after a quarter of an hour, nothing else is told twice
    assert all(told.count(each) == 1 for each in true if each.startswith("new:"))
    assert all(told.count(each) <= 2 for each in true)
    kinds = {event.data["kind"] for event in village.events}
    assert not kinds & {"resolved", "flapping"}, kinds
    assert not [push["title"] for push in village.pushes if "First look" in push["title"]]
    assert len(village.pushes) <= len(new) + 2 * len(dead), [push["title"] for push in village.pushes]


async def test_a_server_that_stays_dead_is_one_alert(village: Village) -> None:
    """Nothing of it was ever set up since: neither the NAS nor the twenty services that run on it."""
    chance = Random(3)
    village.build(House("nas", wrong=[("old", Severity.HIGH, *ALWAYS)]), House("router"))
    village.build(*(House(f"app{number}", on="nas") for number in range(20)))
    await _known(village, chance)
    for house in VILLAGE.values():
        house.up = NEVER if house.id != "router" else 0.0
    await village.start(chance)
    await asyncio.sleep(8 * MINUTE)
    assert not village.pushes
    await asyncio.sleep(6 * MINUTE)
    states = {entry.state for name, entry in village.entries.items() if name != "router"}
    assert states == {ConfigEntryState.SETUP_RETRY}
    assert [push["title"].split(":")[0] for push in village.pushes] == ["nas"]
    assert set(village.told()) == {"host:nas"}
    # it is back, and all that is on it: the same notification says so, and nothing else is said
    for house in VILLAGE.values():
        house.up, house.booted = 0.0, clock.now()
    await asyncio.sleep(25 * MINUTE)
    assert len({push["data"]["tag"] for push in village.pushes}) == 1
    assert "Over" in village.pushes[-1]["title"]
    assert set(village.told()) == {"host:nas"}
    assert {entry.state for entry in village.entries.values()} == {ConfigEntryState.LOADED}


async def test_who_reloads_a_dead_server_does_not_make_it_answer(village: Village) -> None:
    """A reload is no news: it is as long silent as before, and is found when it is back."""
    chance = Random(5)
    village.build(House("nas"))
    await _known(village, chance)
    VILLAGE["nas"].up = NEVER
    await village.start(chance)
    entry = village.entries["nas"].entry_id
    for _ in range(4):
        await asyncio.sleep(3 * MINUTE)
        await village.hass.config_entries.async_reload(entry)
    assert [push["title"].split(":")[0] for push in village.pushes] == ["nas"]
    # long ago, and Home Assistant alone would now ask every ten minutes
    await asyncio.sleep(3600)
    VILLAGE["nas"].up = 0.0
    await asyncio.sleep(1.5 * MINUTE)
    assert village.entries["nas"].state is ConfigEntryState.LOADED
    # who unloads it for a while begins anew
    await village.hass.config_entries.async_unload(entry)
    VILLAGE["nas"].up = NEVER
    await asyncio.sleep(20 * MINUTE)
    village.pushes.clear()
    await village.hass.config_entries.async_setup(entry)
    await asyncio.sleep(8 * MINUTE)
    assert not village.pushes
    await asyncio.sleep(4 * MINUTE)
    assert [push["title"].split(":")[0] for push in village.pushes] == ["nas"]


async def test_a_planned_silence_outlives_a_restart(village: Village) -> None:
    """The NAS reboots because that was approved, and Home Assistant starts anew meanwhile."""
    chance = Random(4)
    village.build(House("nas"), House("app", on="nas"))
    await village.start(chance)
    await asyncio.sleep(5 * MINUTE)
    guardian = village.guardian
    guardian.alerts.expect_silence("host:nas", clock.now() + 20 * MINUTE)
    guardian.notify()
    await asyncio.sleep(MINUTE)
    await village.stop()
    began = clock.now()
    for house in VILLAGE.values():
        house.up = began + 15 * MINUTE
    await village.start(chance)
    await asyncio.sleep(17 * MINUTE)
    assert not village.pushes, [push["title"] for push in village.pushes]
    await asyncio.sleep(15 * MINUTE)
    assert not village.told()
    assert {entry.state for entry in village.entries.values()} == {ConfigEntryState.LOADED}
    assert DOMAIN in village.hass.config.components

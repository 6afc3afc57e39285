"""How many entities there are, how often they are written, and what buttons and updates do."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.entity import DeadBandEntity
import simulator

from .conftest import LAST_PING, nas_entry
from .seen import Seen
from .warp import Warp

pytestmark = pytest.mark.usefixtures("warp")
MINUTE = 60


@asynccontextmanager
async def watched(hass: HomeAssistant, **world: Any) -> AsyncGenerator[tuple[MockConfigEntry, Any, Seen]]:
    """Another NAS than the usual one, set up and at rest."""
    async with simulator.run(**world) as sim:
        entry = nas_entry(sim)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await asyncio.sleep(60)
        yield entry, sim, Seen(hass, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.sleep(LAST_PING)


async def test_budgets_of_entities(hass: HomeAssistant, nas: MockConfigEntry, seen: Seen) -> None:
    enabled: Counter[str | None] = Counter()
    plain: Counter[str | None] = Counter()
    for entity in er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id):
        if entity.disabled:
            continue
        enabled[entity.device_id] += 1
        plain[entity.device_id] += entity.entity_category is None
    counted = set()
    budgets = {"pool": (8, 3), "disk": (6, 1), "app": (4, 1)}
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), nas.entry_id):
        (identifier,) = (found for domain, found in device.identifiers if domain == DOMAIN)
        kind = identifier.removeprefix(f"{nas.unique_id}_").partition("_")[0]
        counted.add(kind)
        if kind in budgets:
            assert enabled[device.id] <= budgets[kind][0], identifier
            assert plain[device.id] <= budgets[kind][1], identifier
        elif identifier == nas.unique_id:
            assert plain[device.id] <= 10
    assert counted >= set(budgets)


async def test_whatever_writes_is_config(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    for entity in er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id):
        if entity.domain in ("button", "update"):
            assert entity.entity_category is EntityCategory.CONFIG


async def test_a_frozen_server_is_written_never(seen: Seen) -> None:
    seen.forget()
    await asyncio.sleep(MINUTE)
    assert seen.writes == []


async def test_64_disks_at_rest_are_written_60_times_a_minute_at_most(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, socket_enabled: None
) -> None:
    async with watched(hass, version="25.10", profile="idle-noise", disks=64) as (_, _, seen):
        await asyncio.sleep(5 * MINUTE)
        seen.forget()
        await asyncio.sleep(10 * MINUTE)
        assert 0 < len(seen.writes) / 10 <= 60


async def test_calls_a_minute(nas: MockConfigEntry, sim: Any, seen: Seen) -> None:
    calls = len(sim.calls)
    await asyncio.sleep(30 * MINUTE)
    assert 30 < len(sim.calls) - calls <= 300
    assert sim.logins == 1
    assert sim.refusals == []
    assert sim.world.wakeups == 0


class _Shown(DeadBandEntity[Any]):
    """An entity whose value a test sets."""

    _attr_has_entity_name = False
    value: Any = 10.0
    fine = True

    def __init__(self) -> None:
        self.written = 0
        self.entity_description = SimpleNamespace(dead_band=2.0)  # type: ignore[assignment]

    @property
    def available(self) -> bool:
        return self.fine

    def current(self) -> Any:
        return self.value

    def async_write_ha_state(self) -> None:
        self.written += 1

    def update(self, value: Any, fine: bool = True) -> int:
        """Return how often it was written for this."""
        before, self.value, self.fine = self.written, value, fine
        self._handle_coordinator_update()
        return self.written - before


async def test_dead_band(warp: Warp) -> None:
    entity = _Shown()
    assert entity.update(10.0) == 1
    assert entity.update(11.9) == 0
    assert entity.update(8.1) == 0
    assert entity.update(12.0) == 1
    assert entity.update(12.5) == 0
    await asyncio.sleep(301)
    assert entity.update(12.5) == 1
    await asyncio.sleep(301)
    assert entity.update(12.5) == 0
    assert entity.update(None) == 1
    assert entity.update("text") == 1
    assert entity.update("text", fine=False) == 1
    assert entity.update("text", fine=False) == 0
    assert entity.update("text") == 1


async def test_an_entity_says_what_it_writes() -> None:
    with pytest.raises(NotImplementedError):
        DeadBandEntity.current(_Shown())


async def test_a_button_acts_for_an_admin(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, hass_admin_user: MockUser
) -> None:
    button = seen.entities()[f"pool_{sim.world.pool('tank').guid}_start_scrub"]
    data = {"entity_id": button}
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call("button", "press", data, blocking=True)
    assert sim.world.pool("tank").scan.state == "FINISHED"
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call("button", "press", data, blocking=True, context=context)
    assert sim.world.pool("tank").scan.state == "SCANNING"


async def test_updates_are_shown_and_installed(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen, hass_admin_user: MockUser
) -> None:
    entity = seen.entities()["app_sonarr_update"]
    assert seen.state("app_sonarr_update") == "off"
    await sim.scenario("app_update", app="sonarr", version="9.9.9")
    await asyncio.sleep(5)
    assert seen.state("app_sonarr_update") == "on"
    context = Context(user_id=hass_admin_user.id)
    installing = asyncio.create_task(
        hass.services.async_call("update", "install", {"entity_id": entity}, blocking=True, context=context)
    )
    await asyncio.sleep(0.1)
    state = hass.states.get(entity)
    assert state
    assert state.attributes["in_progress"] is True
    await installing
    await asyncio.sleep(5)
    state = hass.states.get(entity)
    assert state
    assert (state.state, state.attributes["installed_version"], state.attributes["in_progress"]) == (
        "off",
        "9.9.9",
        False,
    )


async def test_the_update_of_the_nas(hass: HomeAssistant, nas: MockConfigEntry, sim: Any, seen: Seen) -> None:
    await sim.scenario("update_available", version="TrueNAS-25.10.7")
    await asyncio.sleep(5)
    state = hass.states.get(seen.entities()["update"])
    assert state
    assert state.state == "on"
    assert "25.10.7" in state.attributes["latest_version"]
    await sim.stop_listening()
    await asyncio.sleep(60)
    assert seen.state("update") == STATE_UNAVAILABLE

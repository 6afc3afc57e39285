"""An engine watched by a real Home Assistant core, over real sockets, on the simulated media server."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry


def shown(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Return the states of an entry's entities by unique id."""
    return {
        each.unique_id: state.state
        for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if (state := hass.states.get(each.entity_id)) is not None
    }


async def test_every_container_has_a_device_and_at_most_four_entities(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    """State, CPU, memory and update are on; all else is by choice."""
    registry = er.async_get(hass)
    names = set(docker.runtime_data.data.containers)
    assert {"plex", "sonarr", "gluetun"} <= names
    for name in names:
        start = f"{docker.unique_id}_container_{name}_"
        enabled = {
            each.unique_id.removeprefix(start)
            for each in er.async_entries_for_config_entry(registry, docker.entry_id)
            if each.unique_id.startswith(start) and not each.disabled
        }
        assert enabled == {"container_state", "container_cpu", "container_memory", "container_update"}, name
    states = shown(hass, docker)
    assert states["engine-1_container_plex_container_state"] == "running"
    assert float(states["engine-1_containers_total"]) == len(names)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), docker.entry_id)
    plex = next(each for each in devices if each.name == "plex")
    assert plex.via_device_id == docker.runtime_data.device_id

"""An engine watched by a real Home Assistant core, over real sockets, on the simulated media server."""

from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.guardian.contract import Refused, Risk


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


async def test_its_diagnostics_name_no_container(hass: HomeAssistant, docker: MockConfigEntry) -> None:
    found = await async_get_config_entry_diagnostics(hass, docker)
    assert found["last_update_success"] is True
    assert found["source"]["engine"]["kind"] == "docker"
    text = str(found)
    assert not [name for name in docker.runtime_data.data.containers if name in text]
    assert docker.data["url"] not in text


async def test_a_list_that_engines_have_not_is_refused(hass: HomeAssistant, docker: MockConfigEntry) -> None:
    with pytest.raises(HomeAssistantError) as error:
        await hass.services.async_call(
            DOMAIN,
            "list_pools",
            {"device_id": docker.runtime_data.device_id},
            blocking=True,
            return_response=True,
        )
    assert error.value.translation_key == "no_such_action"


async def test_what_takes_something_away_is_not_of_low_risk(
    hass: HomeAssistant, docker: MockConfigEntry
) -> None:
    risks = {key: action.risk for key, action in docker.runtime_data.actions.items()}
    low = {key for key, risk in risks.items() if risk is Risk.LOW}
    # what is accepted in the audit is only noted here
    assert low == {"start_container", "resume_container", "accept_audit", "revoke_audit"}
    # of high risk is what takes a whole stack anew, or loses data; all else may be approved in advance
    high = {key for key, risk in risks.items() if risk is Risk.HIGH}
    assert high <= {"redeploy_stack", "stop_stack", "roll_back_data"}
    for key in ("restart_container", "stop_container", "pause_container"):
        plan = await docker.runtime_data.actions[key].plan("sonarr", {})
        assert (plan.risk, plan.takes_away) == (risks[key], True)


async def test_the_looks_at_what_is_gone_are_forgotten(docker: MockConfigEntry) -> None:
    source = docker.runtime_data
    closely, present = source.closely, {each.id for each in source.data.containers.values()}
    assert {"plex", "sonarr"} <= closely.looks.keys()
    plex = source.data.containers["plex"].id
    closely.forget(present - {plex})
    # it may only be made anew
    assert "plex" in closely.looks
    seen = closely.looks["plex"][-1]
    closely.looks["plex"].append(replace(seen, at=seen.at - 2 * 3600))
    closely.forget(present)
    assert "plex" in closely.looks
    closely.forget(present - {plex})
    assert "plex" not in closely.looks
    assert "sonarr" in closely.looks


async def test_the_way_to_the_engine_is_not_taken_away(
    docker: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = docker.runtime_data
    raw = await source.yard.workshop.look("sonarr")

    async def look(name: str) -> Any:
        return raw

    monkeypatch.setattr(source.yard.workshop, "look", look)
    for image in ("tecnativa/docker-socket-proxy:0.3", "portainer/portainer-ce", "portainer/agent:2"):
        raw["Config"]["Image"] = image
        for key in ("stop_container", "restart_container", "pause_container"):
            with pytest.raises(Refused) as error:
                await source.actions[key].plan("sonarr", {})
            assert error.value.refusal.key == "way_to_the_engine"
    raw["Config"]["Image"] = "lscr.io/linuxserver/sonarr:4"
    assert (await source.actions["stop_container"].plan("sonarr", {})).takes_away


async def test_podman_is_only_watched(docker: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    source = docker.runtime_data
    monkeypatch.setattr(source.cycle, "engine", replace(source.data.engine, kind="podman"))
    for key in ("stop_container", "restart_container", "pause_container"):
        with pytest.raises(Refused) as error:
            await source.actions[key].plan("sonarr", {})
        assert error.value.refusal.key == "podman_read_only"

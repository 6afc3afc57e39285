"""What is asked and ordered of containers by actions, as a script does it, on a watched engine."""

import json
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from tests.seen import device_of

SECRETS = ("PASSWORD", "com.docker.compose", "hunter2")


@pytest.fixture
async def ask(hass: HomeAssistant, docker: MockConfigEntry, hass_admin_user: MockUser) -> Any:
    """Call an action as an administrator, or as another user, on the engine or on one of its containers."""

    async def call(action: str, container: str = "", *, user: str | None = None, **data: Any) -> Any:
        device = device_of(hass, docker, f"container_{container}" if container else "")
        assert device
        return await hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": device.id, **data},
            blocking=True,
            return_response=True,
            context=Context(user_id=user or hass_admin_user.id),
        )

    return call


async def test_lists_of_an_engine(ask: Any, house: Any, hass_read_only_user: MockUser) -> None:
    engine = house.harbour.engine
    reader = hass_read_only_user.id
    containers = (await ask("list_containers", user=reader))["containers"]
    assert {each["name"] for each in containers} == set(engine.names)
    plex = next(each for each in containers if each["name"] == "plex")
    assert (plex["state"], plex["project"] is not None) == ("running", True)
    images = (await ask("list_images", user=reader))["images"]
    assert len(images) == len(engine.images)
    assert "plex" in {name for each in images for name in each["used_by"]}
    volumes = (await ask("list_volumes", user=reader))["volumes"]
    assert {each["name"] for each in volumes} == set(engine.volumes)
    # without Portainer nobody tells of stacks
    assert (await ask("list_stacks", user=reader))["stacks"] == []
    said = json.dumps([containers, images, volumes])
    assert not [secret for secret in SECRETS if secret in said]


async def test_an_engine_at_a_glance(ask: Any, house: Any, hass_read_only_user: MockUser) -> None:
    before = house.harbour.docker.calls.total.calls
    (found,) = (await ask("engine_overview", user=hass_read_only_user.id))["overview"]
    # looking at it asks nothing of the engine
    assert house.harbour.docker.calls.total.calls == before
    engine = house.harbour.engine
    assert found["total"] == len(engine.names) == len(found["containers"])
    plex = next(each for each in found["containers"] if each["name"] == "plex")
    assert (plex["state"], plex["latest"]) == ("running", None)
    assert plex["memory"] > 2**20
    media = next(each for each in found["stacks"] if each["name"] == plex["project"])
    assert 0 < media["running"] <= media["total"]
    assert 0 <= found["score"] <= 100
    said = json.dumps(found)
    assert not [secret for secret in SECRETS if secret in said]


async def test_a_list_that_another_kind_has(ask: Any) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await ask("list_pools")
    assert error.value.translation_key == "no_such_action"


async def test_logs_are_for_administrators_and_hold_no_secret(
    ask: Any, house: Any, hass_read_only_user: MockUser
) -> None:
    for action in ("container_logs", "container_top"):
        with pytest.raises(ServiceValidationError) as error:
            await ask(action, "plex", user=hass_read_only_user.id)
        assert error.value.translation_key == "admin_only"
    lines = (await ask("container_logs", "plex", tail=5))["lines"]
    assert 0 < len(lines) <= 5
    processes = (await ask("container_top", "plex"))["processes"]
    assert processes
    assert {"PID", "CMD"} <= processes[0].keys()
    house.harbour.docker.faults.add("status", "/containers/{id}/logs", status=500)
    with pytest.raises(HomeAssistantError) as failed:
        await ask("container_logs", "plex")
    assert failed.value.translation_key == "listing_failed"


async def test_what_was_moved_today_is_counted_over_restarts(
    hass: HomeAssistant, ask: Any, docker: MockConfigEntry
) -> None:
    source = docker.runtime_data
    sonarr = source.data.containers["sonarr"]
    counted = source.data.usage["sonarr"]

    async def today() -> tuple[int, int]:
        talkers = (await ask("top_talkers", limit=1000))["talkers"]
        (row,) = [each for each in talkers if each["container"] == "sonarr"]
        moved = (row["rx_today"], row["tx_today"])
        assert all((each["rx"], each["tx"]) == moved for each in row["days"][:1])
        return moved

    before = await today()
    source.traffic.note("sonarr", sonarr.id, counted.rx_total + 1000, counted.tx_total + 10)
    assert await today() == (before[0] + 1000, before[1] + 10)
    assert await hass.config_entries.async_reload(docker.entry_id)
    source = docker.runtime_data
    await source.first_look
    # the engine counts from its start on; what came while nobody looked is of today as well
    source.traffic.note("sonarr", sonarr.id, 5_000_000_000_000, 5_000_000_000_000)
    seen = await today()
    assert seen[0] > before[0] + 1000
    # another one under its name begins anew
    source.traffic.note("sonarr", "another", 7, 8)
    assert await today() == (seen[0] + 7, seen[1] + 8)


async def test_who_talks_most(ask: Any, docker: MockConfigEntry) -> None:
    talkers = (await ask("top_talkers", limit=3))["talkers"]
    assert len(talkers) == 3
    usage = docker.runtime_data.data.usage
    most = max(usage, key=lambda name: (usage[name].rx_total or 0) + (usage[name].tx_total or 0))
    assert most == talkers[0]["container"]
    whole = {each["container"]: each for each in (await ask("top_talkers", limit=1000))["talkers"]}
    # who lives in another one's network is counted there
    joined = [name for name, each in usage.items() if each.network.startswith("shared:")]
    assert joined
    assert not whole.keys() & set(joined)
    assert set(whole["gluetun"]["shared_with"]) >= set(joined) & {"qbittorrent"}


async def test_orders_answer_with_what_was_seen(ask: Any, house: Any) -> None:
    sonarr = house.harbour.engine.names["sonarr"]
    assert (await ask("restart_container", "sonarr"))["outcome"] == "succeeded"
    answer = await ask("stop_container", "sonarr")
    assert (answer["outcome"], answer["state"]) == ("succeeded", "exited")
    assert sonarr.state == "exited"
    with pytest.raises(ServiceValidationError) as error:
        await ask("pause_container", "sonarr")
    assert error.value.translation_key == "container_state"
    assert (await ask("start_container", "sonarr"))["state"] == "running"
    assert (await ask("pause_container", "sonarr"))["state"] == "paused"
    assert (await ask("resume_container", "sonarr"))["state"] == "running"


async def test_diagnostics_name_nobody(hass: HomeAssistant, docker: MockConfigEntry, house: Any) -> None:
    found = await async_get_config_entry_diagnostics(hass, docker)
    members = found["source"]["snapshot"]["members"]
    assert len(members) == len(house.harbour.engine.containers)
    said = json.dumps(found)
    names = [name for name in house.harbour.engine.names if len(name) > 4]
    assert not [each for each in (*names, *SECRETS, "127.0.0.1", "truenas") if each in said]

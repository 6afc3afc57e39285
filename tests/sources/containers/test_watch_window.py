"""The hours after an update, in a Home Assistant that is loaded anew in the middle of them."""

import asyncio
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.guardian.contract import Actor, Finding
from custom_components.home_server_monitor.guardian.remediation import State

from .household import hurry

NAME = "seerr"
# what a source saw is judged a moment later
JUDGED = 1.0


async def reloaded(hass: HomeAssistant, docker: MockConfigEntry) -> Any:
    """Load the entry anew, and look at every container once."""
    assert await hass.config_entries.async_reload(docker.entry_id)
    await docker.runtime_data.first_look
    return docker.runtime_data


def about(source: Any) -> list[Finding]:
    """Return what is found about the container."""
    return [each for each in source.findings if each.object.endswith(f":{NAME}")]


async def listed(hass: HomeAssistant, user: MockUser) -> list[Any]:
    """Return the open findings as an action answers with them."""
    answer: Any = await hass.services.async_call(
        "home_server_monitor",
        "list_findings",
        {},
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id),
    )
    return list(answer["findings"])


def button(hass: HomeAssistant, docker: MockConfigEntry) -> str | None:
    """Return the state of its button that goes back, or None where there is none."""
    unique_id = f"{docker.unique_id}_container_{NAME}_roll_back_container"
    entity = er.async_get(hass).async_get_entity_id("button", "home_server_monitor", unique_id)
    state = hass.states.get(entity) if entity else None
    return state.state if state else None


async def test_what_fails_since_its_update_proposes_to_go_back_over_a_restart(
    hass: HomeAssistant,
    docker: MockConfigEntry,
    house: Any,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It begins hours after the update. Outside its window the same trouble is a plain one."""
    hurry(monkeypatch, every=0.05, again=0.1, stable=0.2)
    actor = Actor(kind="user", id=hass_admin_user.id, name="Ada", admin=True, via="repairs")
    desk = server_entry.runtime_data.desk
    assert button(hass, docker) is None
    await house.scenario("image_update", container=NAME, version="2.0")
    record = await desk.propose("engine-1", "update_container", NAME, actor=actor)
    await desk.approve(record.id, actor)
    ended = await desk.wait(record.id)
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert button(hass, docker) not in (None, "unavailable")
    assert not [each for each in about(docker.runtime_data) if each.proposal]

    await asyncio.sleep(JUDGED)
    await house.scenario("crash_loop", container=NAME)
    for _ in range(20):
        house.advance(30)
    source = await reloaded(hass, docker)
    (finding,) = about(source)
    assert finding.rule == "container_fails_since_update"
    assert finding.proposal is not None
    assert (finding.proposal.action, finding.proposal.target) == ("roll_back_container", NAME)
    plan = await source.actions["roll_back_container"].plan(NAME, {})
    assert plan.before["shown"] == {"data": "/app/config"}

    # what came before it is told with it
    await asyncio.sleep(JUDGED)
    (told,) = [each for each in await listed(hass, hass_admin_user) if NAME in each["title"]]
    (image,) = (each for each in told["changes"] if "The image of" in each["text"])
    assert image["by_us"] is True

    known = source.aftermath.updated[NAME]
    source.aftermath.updated[NAME] = type(known)(
        name=NAME, at=known.at - 25 * 3600, container=known.container, wanted=NAME
    )
    source = await reloaded(hass, docker)
    (finding,) = about(source)
    assert finding.rule in ("container_loop", "container_ended")
    assert finding.proposal is not None
    assert finding.proposal.action != "roll_back_container"

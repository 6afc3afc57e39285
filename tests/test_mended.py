"""What an approved action mended is said for a day, and Activity tells it in one sentence."""

import dataclasses
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.home_server_monitor.edge.mended import mended_by
from custom_components.home_server_monitor.edge.speaker import EVENT, PROGRESS
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.logbook import async_describe_events

from .test_guardian_edge import Household, _ask, home
from .warp import Warp

__all__ = ["home"]


async def stopped(home: Household) -> Tracked:
    """Let a service stop that should run; returns the finding."""
    name = next(key for key, service in home.nas.runtime_data.data.services.items() if service.enabled)
    home.sim.world.services[name].running = False
    await home.nas.runtime_data.async_look("services")
    await home.settle(180)
    (found,) = (each for each in home.guardian.open_findings() if each.finding.rule == "service_stopped")
    return found


async def mended(home: Household, user: MockUser) -> Tracked:
    """Let it be started by an approved action."""
    tracked = await stopped(home)
    record = home.guardian.proposals.proposal_of(tracked)
    assert record is not None
    await _ask(home, "approve", user.id, proposal=record.id)
    # until it is seen to be over, it is shown with what was done about it
    for _ in range(30):
        await home.settle(1)
        found = (await _ask(home, "list_findings", user.id))["findings"]
        said = [each["done"] for each in found if each["id"] == tracked.id]
        if said != [None]:
            break
    assert said == [f"Start service: done, and seen to have worked. Approved by {user.name}."]
    await home.settle(180)
    assert tracked.state.value == "resolved"
    return tracked


def described(home: Household, events: list[Event]) -> list[str]:
    told: list[Any] = []
    async_describe_events(home.hass, lambda domain, event, describe: told.append((event, describe)))
    # one kind of event alone is described
    ((kind, describe),) = told
    return [describe(event)["message"] for event in events if event.event_type == kind]


async def test_it_is_said_for_a_day_everywhere(
    home: Household, hass_admin_user: MockUser, warp: Warp
) -> None:
    tracked = await mended(home, hass_admin_user)
    title = home.guardian.texts.finding(tracked.finding).title
    by = f"By: Start service, approved by {hass_admin_user.name}."
    for _ in ("now", "after a restart"):
        (row,) = (await _ask(home, "list_findings", hass_admin_user.id))["mended"]
        assert (row["id"], row["title"], row["text"]) == (tracked.id, f"Mended: {title}", by)
        digest = (await _ask(home, "digest", hass_admin_user.id))["message"]
        assert f"• Mended: {title}. {by}" in digest.splitlines()
        assert "Over by itself" not in digest
        await home.guardian.async_save()
        assert await home.hass.config_entries.async_unload(home.server.entry_id)
        home.hass.data["home_server_monitor"].desks.clear()
        assert await home.hass.config_entries.async_setup(home.server.entry_id)
        await home.settle(60)
    again = home.guardian.tracked(tracked.id)
    assert again is not None
    assert again.resolved_at is not None
    again.resolved_at -= 86400
    assert (await _ask(home, "list_findings", hass_admin_user.id))["mended"] == []


async def test_what_went_by_itself_was_not_mended(home: Household, hass_admin_user: MockUser) -> None:
    tracked = await stopped(home)
    record = home.guardian.proposals.proposal_of(tracked)
    assert record is not None
    await _ask(home, "deny", hass_admin_user.id, proposal=record.id)
    for service in home.sim.world.services.values():
        service.running = True
    await home.nas.runtime_data.async_look("services")
    await home.settle(180)
    assert tracked.state.value == "resolved"
    assert (await _ask(home, "list_findings", hass_admin_user.id))["mended"] == []
    assert "Over by itself: 1" in (await _ask(home, "digest", hass_admin_user.id))["message"]


async def test_errors_that_grew_old_were_not_mended(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    await home.settle(60)
    memory = home.nas.runtime_data.memory
    for guid, seen in memory.errors.items():
        memory.errors[guid] = [(at - 2 * 86400, count) for at, count in seen]
    await home.settle(300)
    assert tracked.state.value == "resolved"
    assert mended_by(home.guardian, tracked) is None
    shown = home.shown("Ann")
    assert shown["title"] == f"Over: {home.guardian.texts.finding(tracked.finding).title}"
    assert "Nothing was added in the last 24 hours" in shown["message"]
    digest = (await _ask(home, "digest", hass_admin_user.id))["message"]
    assert home.guardian.texts.finding(tracked.finding).title not in digest
    assert "Mended" not in digest


async def test_a_scrub_mends_no_errors(home: Household, hass_admin_user: MockUser) -> None:
    """It shows whether they go on; who takes the counts away is somebody else."""
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    await home.settle(60)
    await home.sim.scenario_off("checksum_errors")
    await home.settle(300)
    assert tracked.state.value == "resolved"
    assert home.shown("Ann")["title"].startswith("Over: Pool tank")
    assert mended_by(home.guardian, tracked) is None


async def test_activity_tells_an_outcome_in_one_sentence(home: Household, hass_admin_user: MockUser) -> None:
    events = async_capture_events(home.hass, EVENT)
    stages = async_capture_events(home.hass, PROGRESS)
    states = async_capture_events(home.hass, EVENT_STATE_CHANGED)
    tracked = await mended(home, hass_admin_user)
    said = described(home, [*events, *stages])
    done = f"Start service: done, and seen to have worked. Approved by {hass_admin_user.name}."
    assert said.count(done) == 1
    assert not [text for text in said if text.startswith("Start service") and text != done]
    title = home.guardian.texts.finding(tracked.finding).title
    # only what was told ends with a sentence of its own
    assert [text for text in said if text.startswith(("over:", "Mended"))] in (
        [],
        [f"Mended: {title}. By: Start service, approved by {hass_admin_user.name}."],
    )
    # who shows how it goes on still can, and the entity says nothing of it
    assert [event.data["state"] for event in stages][:1] == ["approved"]
    alerts = [
        event.data["new_state"].attributes["event_type"]
        for event in states
        if event.data["entity_id"] == "event.home_alerts"
    ]
    assert "outcome" not in alerts


@pytest.mark.parametrize("name", ["", "Ann"])
async def test_what_was_done_by_itself_says_whose_wish_it_was(
    home: Household, hass_admin_user: MockUser, name: str
) -> None:
    tracked = await mended(home, hass_admin_user)
    record = mended_by(home.guardian, tracked)
    assert record is not None
    actor = dataclasses.replace(record.actor, name=name)  # type: ignore[type-var]
    changed = dataclasses.replace(record, actor=actor)
    said = home.guardian.wording.outcome(changed)
    assert said.endswith(f"Approved by {name or 'the options of your home'}.")

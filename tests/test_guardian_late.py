"""Who comes late is answered: in the same notification, with what happened, in the household's language, by name."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

from homeassistant.core import Context
from homeassistant.helpers import issue_registry as ir, translation
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge import texts
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.edge.speaker import EVENT
from custom_components.home_server_monitor.guardian.contract import Finding, Proposal, Severity
from custom_components.home_server_monitor.guardian.remediation import State

from .guardian.fake import FakeSource, StepwiseAction, World
from .test_guardian_edge import Household, _as, _ask, _call, _fix, home

__all__ = ["home"]


async def _restart(home: Household) -> None:
    """Start the guardian anew from what is on the disk."""
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.data[DOMAIN].desks.clear()
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(120)


async def _told(home: Household, user: MockUser) -> dict[str, Any]:
    """Have Ann told of the errors; returns the push."""
    home.tell(home.phone("Ann", user))
    await home.errors()
    return home.shown("Ann")


# The walk of who comes late


async def test_the_count_rises_between_push_and_tap(home: Household, hass_admin_user: MockUser) -> None:
    push = await _told(home, hass_admin_user)
    next(iter(home.sim.world.pool("tank").leaves())).checksum_errors += 30
    await home.settle(120)
    assert len(home.pushes) == 1
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    assert home.scrubs() == 1
    assert home.shown("Ann")["title"] == "Pool tank: 67 checksum errors"
    assert "seen to have worked" in home.shown("Ann")["message"]


@pytest.mark.parametrize("restarted", [False, True])
async def test_the_offer_expired(home: Household, hass_admin_user: MockUser, restarted: bool) -> None:
    push = await _told(home, hass_admin_user)
    await home.later(8)
    if restarted:
        await _restart(home)
    # so that it is still news after midnight
    next(iter(home.sim.world.pool("tank").leaves())).checksum_errors += 30
    await home.settle(120)
    home.pushes.clear()
    action = home.button(push, "approve")
    home.hass.bus.async_fire(PHONE_EVENT, {"action": action}, context=Context(user_id=hass_admin_user.id))
    await home.until(lambda: home.pushes, 5)
    (answer,) = home.pushes
    assert home.scrubs() == 0
    assert answer["data"]["tag"] == push["data"]["tag"]
    assert answer["message"].startswith("Too late: that offer had expired, and nothing was done.")
    await home.tap(home.button(answer, "approve"), hass_admin_user.id)
    assert home.scrubs() == 1


async def test_the_target_changed(home: Household, hass_admin_user: MockUser) -> None:
    push = await _told(home, hass_admin_user)
    await home.sim.scenario("scrub_running")
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    assert home.scrubs() == 0
    assert home.record().state is State.SUPERSEDED
    answer = home.shown("Ann")
    assert answer["data"]["tag"] == push["data"]["tag"]
    assert "running already" in answer["message"]
    # the dead button stays dead
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    assert home.scrubs() == 0
    assert home.shown("Ann")["data"]["tag"] == push["data"]["tag"]


class Garage(FakeSource):
    """A server with something that is mended in two steps, the first of which takes something away."""

    def __init__(self, server: str) -> None:
        self.of_server = server
        self.world = World()
        self.action = StepwiseAction(self.world, steps=2, inverse=True, takes_away=True)
        self.wrong = False
        super().__init__(self.action, id="garage")

    @property
    @override
    def server(self) -> str:
        return self.of_server

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        found = Finding(
            source=self.id,
            rule="pool_errors",
            object="thing",
            severity=Severity.HIGH,
            proposal=Proposal(action="mend", target="thing"),
        )
        return (found,) if self.wrong else ()

    def changes_since_last(self) -> tuple[()]:
        return ()


async def test_the_switch_is_turned_in_the_middle(home: Household, hass_admin_user: MockUser) -> None:
    """What was taken away comes back, and that is told in the same notification."""
    home.tell(home.phone("Ann", hass_admin_user))
    garage = Garage(home.guardian.id)
    garage.action.gate = asyncio.Event()
    home.guardian.house.attach(garage)
    for garage.wrong in (False, True):
        home.guardian.house.updated(garage)
        await home.settle(60)
    push = home.shown("Ann")
    action = home.button(push, "approve")
    home.hass.bus.async_fire(PHONE_EVENT, {"action": action}, context=Context(user_id=hass_admin_user.id))
    await home.until(lambda: home.record().state is State.RUNNING)
    await _call(home, "switch", "turn_on", None, entity_id="switch.home_stop_all_actions")
    garage.action.gate.set()
    await home.settle(30)
    assert garage.world.writes == ["thing:0"]
    assert garage.world.undone == ["thing:0"]
    assert home.record().state is State.ROLLED_BACK
    shown = home.shown("Ann")
    assert shown["data"]["tag"] == push["data"]["tag"]
    assert "undone" in shown["message"]
    assert "Stop all actions is on" in shown["message"]
    # a late tap says the same
    await home.tap(action, hass_admin_user.id)
    assert home.shown("Ann")["message"].startswith("This was answered already. ")
    assert "undone" in home.shown("Ann")["message"]
    assert garage.world.writes == ["thing:0"]


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_used_button_says_what_became_of_it(
    home: Household, hass_admin_user: MockUser, restarted: bool
) -> None:
    hass_admin_user.name = "Anna"
    push = await _told(home, hass_admin_user)
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    await home.later(8)
    if restarted:
        await _restart(home)
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    said = home.shown("Ann")["message"]
    assert said.startswith("This was answered already. Start scrub: done"), said
    assert "Anna" in said
    assert home.scrubs() == 1


@pytest.mark.parametrize(
    ("verb", "said"), [("acknowledge", "Anna takes care of it."), ("snooze", "Anna snoozed it until ")]
)
async def test_who_answers_after_somebody_else(
    home: Household, hass_admin_user: MockUser, verb: str, said: str
) -> None:
    hass_admin_user.name = "Anna"
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Bea", hass_admin_user))
    await home.errors()
    if verb == "acknowledge":
        await home.tap(home.button(home.shown("Bea"), "why"), hass_admin_user.id)
    action = home.button(home.shown("Bea"), verb)
    for _ in range(2):
        await home.tap(action, hass_admin_user.id)
    answer = next(push for push in reversed(home.pushes) if push["message"] != "clear_notification")
    assert answer["message"].startswith("This was answered already.")
    assert said in answer["message"]


# Language


async def test_a_changed_language_is_followed(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = translation.async_get_translations

    async def translated(hass: Any, language: str, *rest: Any) -> dict[str, str]:
        found = await real(hass, language, *rest)
        return {key: f"{language}·{text}" for key, text in found.items()}

    monkeypatch.setattr(texts, "async_get_translations", translated)
    push = await _told(home, hass_admin_user)
    assert push["title"].startswith("Pool tank")
    await home.hass.config.async_update(language="de")
    await home.settle(5)
    await home.tap(home.button(push, "why"), hass_admin_user.id)
    assert home.shown("Ann")["title"].startswith("de·Pool tank")
    (tracked,) = (each for each in home.guardian.open_findings() if each.finding.rule == "pool_errors")
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, f"finding_{tracked.id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["title"].startswith("de·")


# Who it was


@pytest.mark.parametrize("how", ["phone", "repairs", "action"])
async def test_events_and_states_say_who(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    push = await _told(home, hass_admin_user)
    events = async_capture_events(home.hass, EVENT)
    context = Context(user_id=hass_admin_user.id)
    match how:
        case "phone":
            home.hass.bus.async_fire(PHONE_EVENT, {"action": home.button(push, "approve")}, context=context)
        case "repairs":
            flow = await _fix(home, home.record().finding)
            _as(monkeypatch, hass_admin_user)
            await flow.async_step_approve()
        case _:
            await home.hass.services.async_call(
                DOMAIN, "approve", {"proposal": home.record().id}, blocking=True, context=context
            )
    await home.settle(30)
    (outcome,) = (event for event in events if event.data["kind"] == "outcome")
    assert outcome.context.user_id == hass_admin_user.id
    assert outcome.context.parent_id == (None if how == "repairs" else context.id)
    state = home.hass.states.get("sensor.home_proposals")
    assert state is not None
    assert state.context.user_id == hass_admin_user.id


async def test_who_acknowledged_it_is_in_the_context(home: Household, hass_admin_user: MockUser) -> None:
    push = await _told(home, hass_admin_user)
    events = async_capture_events(home.hass, EVENT)
    await home.tap(home.button(push, "snooze"), hass_admin_user.id)
    (event,) = (event for event in events if event.data["kind"] == "snoozed")
    assert event.context.user_id == hass_admin_user.id
    state = home.hass.states.get("event.home_alerts")
    assert state is not None
    assert state.attributes["event_type"] == "snoozed"
    assert state.context.user_id == hass_admin_user.id
    # what comes by itself is nobody's
    await home.later(25)
    assert all(event.context.user_id is None for event in events if event.data["kind"] == "digest")


# The journal


async def test_a_journal_that_could_not_be_read_is_read_by_a_reload(
    home: Household, hass_admin_user: MockUser, tmp_path: Path
) -> None:
    push = await _told(home, hass_admin_user)
    folder = tmp_path / "journal" / "home"
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.data[DOMAIN].desks.clear()
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("no folder")
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(1)
    assert not home.guardian.desk.ready
    folder.unlink()
    away.rename(folder)
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    assert home.guardian.desk.ready
    await home.settle(120)
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    assert home.scrubs() == 1
    journal = (await _ask(home, "list_journal", hass_admin_user.id))["journal"]
    assert journal[0]["text"].startswith("Done: Start scrub")

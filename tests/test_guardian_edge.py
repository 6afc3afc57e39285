"""The guardian in Home Assistant: who is told, what the buttons do, what Repairs decides, and what is never done."""

import asyncio
from collections.abc import Callable
import time
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.home_server_monitor.act import async_act
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.guardian import Guardian
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT, TELEGRAM_EVENT
from custom_components.home_server_monitor.edge.speaker import EVENT
from custom_components.home_server_monitor.guardian.contract import Actor, Refused, Severity
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.own_path import (
    RUNS_IN,
    OwnPath,
    container_node,
    endpoint_node,
    named_node,
)
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.repairs import async_create_fix_flow

from .warp import Warp


class Household:
    """A guardian, a NAS in trouble, and the phones of two people."""

    def __init__(self, hass: HomeAssistant, nas: MockConfigEntry, sim: Any, server: MockConfigEntry) -> None:
        self.hass, self.nas, self.sim, self.server = hass, nas, sim, server
        self.pushes: list[dict[str, Any]] = []
        self.broken: set[str] = set()
        self.warp: Warp
        self.wrong = 0.0
        self.error: Exception = HomeAssistantError("not connected")

    @property
    def guardian(self) -> Guardian:
        """The guardian as it is now."""
        found: Guardian = self.server.runtime_data
        return found

    def phone(self, name: str, user: MockUser) -> str:
        """Give somebody a phone; returns its entry id."""
        entry = MockConfigEntry(
            domain="mobile_app", title=name, data={"device_name": name, "user_id": user.id}
        )
        entry.add_to_hass(self.hass)

        async def push(call: ServiceCall) -> None:
            if name in self.broken:
                raise self.error
            self.pushes.append({"to": name, **call.data})

        self.hass.services.async_register("notify", f"mobile_app_{name.lower()}", push)
        return entry.entry_id

    def tell(self, *phones: str, **options: Any) -> None:
        """Set the options."""
        self.hass.config_entries.async_update_entry(
            self.server, options={"phones": list(phones), "quiet_hours": False, **options}
        )

    async def settle(self, seconds: float = 60.0) -> None:
        """Let time pass, and all that is to be said be said."""
        await asyncio.sleep(seconds)
        await self.guardian.speaker.idle()

    async def later(self, hours: float) -> None:
        """Let hours pass, as they do for a machine that sleeps."""
        self.warp.offset += hours * 3600
        await self.settle(120)

    def put_clock(self, days: float) -> None:
        """Put the wall clock forward, or back; time goes on as it does."""
        self.wrong += days * 86400
        self.warp.time = lambda: time.time() + self.warp.offset + self.wrong

    async def errors(self) -> Tracked:
        """Let the mirror repair errors; returns the finding."""
        await self.sim.scenario("checksum_errors")
        await self.settle()
        (found,) = (each for each in self.guardian.open_findings() if each.finding.rule == "pool_errors")
        return found

    async def until(self, reached: Callable[[], Any], limit: float = 120.0) -> None:
        """Let time pass until something is reached; fails at the limit."""
        loop = asyncio.get_running_loop()
        end = loop.time() + limit
        while not reached():
            assert loop.time() < end, f"not within {limit} s"
            await asyncio.sleep(0.5)

    def shown(self, name: str) -> dict[str, Any]:
        """Return what a phone shows last."""
        return [each for each in self.pushes if each["to"] == name][-1]

    def button(self, push: dict[str, Any], verb: str) -> str:
        """Return the action of a button."""
        (found,) = (
            each["action"] for each in push["data"]["actions"] if each["action"].startswith(f"hsm:{verb}:")
        )
        return str(found)

    async def tap(self, action: str, user: str | None) -> None:
        """Tap a button, as the app says it."""
        self.hass.bus.async_fire(PHONE_EVENT, {"action": action}, context=Context(user_id=user))
        await self.settle(15)

    def record(self) -> Record:
        """Return the newest record."""
        return max(self.guardian.desk.records.values(), key=lambda each: each.created)

    def scrubs(self) -> int:
        """Return how many scrubs were ordered."""
        return len([call for call in self.sim.calls if call.method == "pool.scrub.scrub"])


@pytest.fixture
async def home(
    hass: HomeAssistant,
    nas: MockConfigEntry,
    sim: Any,
    server_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    warp: Warp,
) -> Household:
    """The household, past its first look; it has no phones yet."""
    assert server_entry.state is ConfigEntryState.LOADED
    found = Household(hass, nas, sim, server_entry)
    found.warp = warp
    found.tell()
    await found.settle(120)
    return found


async def test_one_problem_is_one_push_with_three_buttons(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    events = async_capture_events(home.hass, EVENT)
    tracked = await home.errors()
    (push,) = home.pushes
    assert len(push["title"]) <= 40
    assert "checksum" in push["title"]
    assert push["data"]["tag"] == f"hsm-{tracked.id}"
    assert [each["title"] for each in push["data"]["actions"]] == ["Start scrub", "Snooze 24 h", "Why"]
    assert push["data"]["actions"][0]["authenticationRequired"] is True
    raised = [event.data for event in events if event.data["kind"] == "raised"]
    assert [each["finding"] for each in raised] == [tracked.id]
    # ids only: they land in the recorder and on everybody's screen
    assert "tank" not in str(raised)


async def test_approve_starts_a_scrub_once(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Bea", hass_admin_user))
    await home.errors()
    first, second = (home.button(home.shown(name), "approve") for name in ("Ann", "Bea"))
    assert first != second
    await home.tap(first, hass_admin_user.id)
    assert home.scrubs() == 1
    assert home.record().state is State.SUCCEEDED
    assert home.record().actor.id == hass_admin_user.id  # type: ignore[union-attr]
    assert "seen to have worked" in home.shown("Ann")["message"]
    assert "seen to have worked" in home.shown("Bea")["message"]
    for action in (first, second, first):
        await home.tap(action, hass_admin_user.id)
    assert home.scrubs() == 1


@pytest.mark.parametrize("who", ["nobody", "guest"])
async def test_others_may_not(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser, who: str
) -> None:
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Guest", hass_read_only_user))
    await home.errors()
    guests = [each["title"] for each in home.shown("Guest")["data"]["actions"]]
    assert "Start scrub" not in guests
    await home.tap(
        home.button(home.shown("Ann"), "approve"), None if who == "nobody" else hass_read_only_user.id
    )
    assert home.scrubs() == 0
    assert home.record().state is State.PROPOSED
    # the button still works for whom it is meant
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    assert home.scrubs() == 1


async def test_an_admin_who_is_no_approver(
    home: Household, hass_admin_user: MockUser, hass_owner_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user), approvers=[hass_owner_user.id])
    await home.errors()
    assert "Start scrub" not in [each["title"] for each in home.shown("Ann")["data"]["actions"]]


async def test_why_shows_the_plan(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    await home.tap(home.button(home.shown("Ann"), "why"), hass_admin_user.id)
    shown = home.shown("Ann")
    assert shown["data"]["tag"] == f"hsm-{tracked.id}"
    assert "Start a scrub of pool tank" in shown["message"]
    assert "Low risk" in shown["message"]
    assert [each["title"] for each in shown["data"]["actions"]] == ["Start scrub", "Deny", "Acknowledge"]
    await home.tap(home.button(home.shown("Ann"), "deny"), hass_admin_user.id)
    assert home.record().state is State.DENIED
    assert home.scrubs() == 0


async def test_snooze_is_quiet_and_ends(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    await home.tap(home.button(home.shown("Ann"), "snooze"), hass_admin_user.id)
    assert home.shown("Ann")["message"] == "clear_notification"
    home.pushes.clear()
    await home.settle(900)
    assert not home.pushes


async def test_a_late_tap_says_so_and_brings_a_new_offer(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    late = home.button(home.shown("Ann"), "approve")
    await home.later(4.5)
    # so that it is still news after midnight
    next(iter(home.sim.world.pool("tank").leaves())).checksum_errors += 30
    await home.settle(120)
    await home.tap(late, hass_admin_user.id)
    assert home.scrubs() == 0
    shown = home.shown("Ann")
    assert shown["message"].startswith("Too late")
    await home.tap(home.button(shown, "approve"), hass_admin_user.id)
    assert home.scrubs() == 1


async def test_more_errors_meanwhile_are_no_reason(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    next(iter(home.sim.world.pool("tank").leaves())).checksum_errors += 30
    await home.settle(120)
    await home.tap(approve, hass_admin_user.id)
    assert home.scrubs() == 1


async def test_a_target_that_changed_is_left_alone(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    await home.sim.scenario("scrub_running")
    before = home.scrubs()
    await home.tap(approve, hass_admin_user.id)
    assert home.scrubs() == before
    assert home.record().state is State.SUPERSEDED


async def test_stop_all_actions(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    await _call(home, "switch", "turn_on", None, entity_id="switch.home_stop_all_actions")
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    assert home.scrubs() == 0
    with pytest.raises(ServiceValidationError):
        await _call(home, "switch", "turn_off", None, entity_id="switch.home_stop_all_actions")
    await _call(home, "switch", "turn_off", hass_admin_user.id, entity_id="switch.home_stop_all_actions")
    assert home.hass.states.get("switch.home_stop_all_actions").state == "off"  # type: ignore[union-attr]


async def test_the_mode_is_loosened_by_admins_only(home: Household, hass_admin_user: MockUser) -> None:
    entity = "select.home_mode"
    await _call(home, "select", "select_option", None, entity_id=entity, option="watch")
    with pytest.raises(ServiceValidationError):
        await _call(home, "select", "select_option", None, entity_id=entity, option="act")
    await _call(home, "select", "select_option", hass_admin_user.id, entity_id=entity, option="ask")
    home.tell(most_permissive_mode="ask")
    await home.settle(1)
    with pytest.raises(ServiceValidationError):
        await _call(home, "select", "select_option", hass_admin_user.id, entity_id=entity, option="act")
    assert home.hass.states.get(entity).state == "ask"  # type: ignore[union-attr]


async def _call(home: Household, domain: str, service: str, user: str | None, **data: Any) -> Any:
    return await home.hass.services.async_call(
        domain, service, data, blocking=True, context=Context(user_id=user)
    )


async def _ask(home: Household, name: str, user: str | None, /, **data: Any) -> Any:
    return await home.hass.services.async_call(
        DOMAIN, name, data, blocking=True, return_response=True, context=Context(user_id=user)
    )


@pytest.mark.parametrize("error", [HomeAssistantError("not connected"), RuntimeError("unforeseen")])
async def test_a_critical_one_goes_on_until_somebody_has_it(
    home: Household, hass_admin_user: MockUser, error: Exception
) -> None:
    home.error = error
    told = home.phone("Ann", hass_admin_user)
    home.phone("Second", hass_admin_user)
    home.broken = {"Ann"}
    home.tell(told)
    await home.sim.scenario("pool_degraded")
    await home.settle(120)
    assert {push["to"] for push in home.pushes} == {"Second"}
    push = home.shown("Second")
    assert push["data"]["push"]["interruption-level"] == "critical"
    assert push["data"]["ttl"] == 0
    notes = persistent_notification._async_get_or_create_notifications(home.hass)
    assert any(key.startswith("hsm-") for key in notes)


async def test_a_server_that_is_silent_is_one_alert(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    home.pushes.clear()
    await home.sim.stop_listening()
    await home.settle(1200)
    await home.sim.start_listening()
    titles = [push["title"] for push in home.pushes]
    assert titles
    assert all("silent since" in title for title in titles), titles
    assert len(titles) <= 2
    await home.settle(300)
    assert "Over" in home.shown("Ann")["title"]


async def test_nobody_is_told_is_an_issue(home: Household, hass_admin_user: MockUser) -> None:
    issues = ir.async_get(home.hass)
    assert issues.async_get_issue(DOMAIN, "nobody_told_home")
    home.tell(home.phone("Ann", hass_admin_user))
    await home.settle()
    assert not issues.async_get_issue(DOMAIN, "nobody_told_home")


async def test_repairs_show_the_plan_and_approve_it(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = await home.errors()
    flow = await _fix(home, tracked.id)
    shown = await flow.async_step_init()
    assert shown["menu_options"] == ["approve", "deny", "acknowledge"]
    assert "tank" in shown["description_placeholders"]["what"]
    _as(monkeypatch, hass_admin_user)
    assert (await flow.async_step_approve())["reason"] == "approved"
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, f"finding_{tracked.id}") is None
    await home.settle(15)
    assert home.scrubs() == 1
    assert home.record().actor.via == "repairs"  # type: ignore[union-attr]


async def _fix(home: Household, about: str) -> Any:
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, f"finding_{about}")
    assert issue is not None
    assert issue.is_fixable
    flow = await async_create_fix_flow(home.hass, issue.issue_id, issue.data)
    flow.hass = home.hass
    flow.flow_id, flow.handler = "1", DOMAIN
    return flow


def _as(monkeypatch: pytest.MonkeyPatch, user: MockUser) -> None:
    request = {"hass_user": user}
    monkeypatch.setattr(
        "custom_components.home_server_monitor.edge.people.current_request",
        type("Now", (), {"get": staticmethod(lambda: request)}),
    )


async def test_high_risk_asks_for_the_name(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = home.nas.runtime_data.device_id
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "reboot", hass_admin_user.id, device_id=device, reason="kernel")
    assert refused.value.translation_key == "proposed_in_repairs"
    record = home.record()
    await home.settle()
    with pytest.raises(ServiceValidationError):
        await _ask(home, "approve", hass_admin_user.id, proposal=record.id)
    flow = await _fix(home, record.id)
    _as(monkeypatch, hass_admin_user)
    assert (await flow.async_step_approve())["type"] == "form"
    for wrong in ("nope", record.name.upper(), record.name[:-1]):
        assert (await flow.async_step_approve({"name": wrong}))["errors"] == {"name": "wrong_name"}
    boot = home.sim.world.boot_id
    assert (await flow.async_step_approve({"name": f" {record.name} "}))["reason"] == "approved"
    await home.settle(300)
    assert home.sim.world.boot_id != boot


async def test_telegram_may_approve_what_an_admin_tied_to_it(home: Household) -> None:
    home.tell(telegram=["42:7"])
    tracked = await home.errors()
    found = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="telegram:7")
    approve = found["buttons"][0]["action"]
    assert len(approve.encode()) <= 64
    for data in ({"user_id": 43, "chat_id": 7}, {"user_id": 42, "chat_id": 8}):
        home.hass.bus.async_fire(TELEGRAM_EVENT, {"data": approve, **data})
        await home.settle(15)
    # who can fire events is no Telegram account
    forged = Context(user_id="somebody")
    home.hass.bus.async_fire(TELEGRAM_EVENT, {"data": approve, "user_id": 42, "chat_id": 7}, context=forged)
    await home.settle(15)
    assert home.scrubs() == 0
    home.hass.bus.async_fire(TELEGRAM_EVENT, {"data": approve, "user_id": 42, "chat_id": 7})
    await home.settle(15)
    assert home.scrubs() == 1


async def test_buttons_for_whom_the_integration_tells_itself(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    home.phone("Bea", hass_admin_user)
    tracked = await home.errors()
    ann = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="notify.mobile_app_ann")
    bea = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="notify.mobile_app_bea")
    other = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="notify.discord")
    assert (ann["told"], bea["told"], other["told"]) == (True, False, False)
    assert len(bea["buttons"]) == 3
    assert other["buttons"] == []
    with pytest.raises(ServiceValidationError):
        await _ask(home, "get_buttons", None, finding="unknown", recipient="x")


async def test_a_full_disk_means_nothing_is_done(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")

    async def full(*args: Any) -> int:
        home.guardian.desk.journal.broken = True
        raise JournalFailed("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(home.guardian.desk.journal, "append", full)
        await home.tap(approve, hass_admin_user.id)
        assert home.scrubs() == 0
        assert "journal cannot be written" in home.shown("Ann")["message"]
        await home.settle(60)
        assert any(each.finding.rule == "journal_failed" for each in home.guardian.open_findings())


async def test_without_the_server_entry_nothing_is_done(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.bus.async_fire(PHONE_EVENT, {"action": approve}, context=Context(user_id=hass_admin_user.id))
    await asyncio.sleep(30)
    assert home.scrubs() == 0
    pool = home.sim.world.pool("tank").guid
    with pytest.raises(ServiceValidationError) as refused:
        await home.hass.services.async_call(
            "button",
            "press",
            {"entity_id": "button.tank_start_scrub"},
            blocking=True,
            context=Context(user_id=hass_admin_user.id),
        )
    assert refused.value.translation_key == "no_guardian"
    assert pool
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(120)
    # the same button of before still works
    await home.tap(approve, hass_admin_user.id)
    assert home.scrubs() == 1


async def test_lists_and_the_journal(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    tracked = await home.errors()
    found = await _ask(home, "list_findings", hass_read_only_user.id)
    assert tracked.id in [each["id"] for each in found["findings"]]
    (shown,) = (each for each in found["findings"] if each["id"] == tracked.id)
    assert shown["verb"] == "Start scrub"
    assert shown["object_name"] == "tank"
    assert found["sources"][0]["state"] == "ok"
    for action in ("list_proposals", "list_journal", "list_changes", "list_standing"):
        with pytest.raises(ServiceValidationError):
            await _ask(home, action, hass_read_only_user.id)
        assert await _ask(home, action, hass_admin_user.id)
    (proposal,) = (await _ask(home, "list_proposals", hass_admin_user.id))["proposals"]
    assert proposal["target_name"] == "tank"
    approved = await _ask(home, "approve", hass_admin_user.id, proposal=proposal["id"])
    assert approved["state"] == "succeeded"
    texts = [each["text"] for each in (await _ask(home, "list_journal", hass_admin_user.id))["journal"]]
    assert "Done: Start scrub: tank" in texts


async def test_try_without_doing_writes_nothing(home: Household, hass_admin_user: MockUser) -> None:
    await home.errors()
    writes = len([call for call in home.sim.calls if call.write])
    found = await _ask(home, "simulate", hass_admin_user.id, proposal=home.record().id)
    assert found["simulated"] is True
    device = next(iter(home.hass.states.async_entity_ids("button")))
    assert device
    assert len([call for call in home.sim.calls if call.write]) == writes
    assert home.record().state is State.PROPOSED


async def test_a_finding_is_acknowledged_snoozed_dismissed(
    home: Household, hass_admin_user: MockUser
) -> None:
    tracked = await home.errors()
    await _ask(home, "acknowledge", hass_admin_user.id, finding=tracked.id)
    assert home.guardian.register.silence(tracked) == "acknowledged"
    await _ask(home, "snooze", hass_admin_user.id, finding=tracked.id, hours=2)
    assert home.guardian.register.silence(tracked) == "snoozed"
    await _ask(home, "dismiss", hass_admin_user.id, finding=tracked.id, reason="known")
    assert home.guardian.register.silence(tracked) == "dismissed"
    assert tracked not in home.guardian.open_findings()


async def test_ignoring_an_issue_acknowledges_its_finding(home: Household) -> None:
    tracked = await home.errors()
    ir.async_ignore_issue(home.hass, DOMAIN, f"finding_{tracked.id}", True)
    await home.settle()
    assert home.guardian.register.silence(tracked) == "acknowledged"


async def test_hostile_names_break_no_channel(home: Household, hass_admin_user: MockUser) -> None:
    evil = "<b>@everyone</b> [x](https://evil) \u202e" + "x" * 500
    home.tell(home.phone("Ann", hass_admin_user))
    home.sim.world.raise_alert("Hostile", "CRITICAL", evil, {})
    await home.settle(200)
    (found,) = (each for each in home.guardian.open_findings() if each.finding.rule == "nas_alert")
    shown = (await _ask(home, "list_findings", hass_admin_user.id))["findings"]
    texts = [str(push) for push in home.pushes]
    texts += [str(each) for each in shown if each["id"] == found.id]
    texts += [str(home.guardian.wording.logged({"kind": "raised", "findings": [found.id]}))]
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, f"finding_{found.id}")
    texts += [str(issue.translation_placeholders)] if issue else []
    assert len(texts) >= 3
    for text in texts:
        assert "@everyone" not in text
        assert "<b>" not in text
        assert "](" not in text
        assert "\u202e" not in text


async def test_it_survives_a_reload(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    await _ask(home, "acknowledge", hass_admin_user.id, finding=tracked.id)
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    await home.settle(60)
    again = home.guardian.tracked(tracked.id)
    assert again is not None
    assert again is not tracked
    assert home.guardian.register.silence(again) == "acknowledged"
    assert again.since == tracked.since


async def test_the_logbook_says_sentences(home: Household, hass_admin_user: MockUser) -> None:
    from custom_components.home_server_monitor.logbook import async_describe_events

    told: list[Callable[..., dict[str, str]]] = []
    async_describe_events(home.hass, lambda domain, event, describe: told.append(describe))
    events = async_capture_events(home.hass, EVENT)
    await home.errors()
    await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
    await home.settle()
    said = [told[0](event)["message"] for event in events]
    assert any(text.startswith("found: Pool tank") for text in said), said
    assert any("done, and seen to have worked" in text for text in said), said


async def test_the_digest(home: Household, hass_admin_user: MockUser) -> None:
    await home.errors()
    found = await _ask(home, "digest", hass_admin_user.id)
    assert "open" in found["title"]
    assert "Pool tank" in found["message"]
    month = await _ask(home, "digest", hass_admin_user.id, month=True)
    assert "Found:" in month["message"]


async def test_preview(home: Household, hass_admin_user: MockUser) -> None:
    device = next(
        device.id
        for device in _devices(home.hass)
        if any(key.endswith(f"_pool_{home.sim.world.pool('tank').guid}") for _, key in device.identifiers)
    )
    found = await _ask(home, "preview", hass_admin_user.id, device_id=device, action="start_scrub")
    assert found["verb"] == "Start scrub"
    assert found["target_name"] == "tank"
    for data, key in (
        ({"action": "make_coffee"}, "no_such_action"),
        ({"action": "start_scrub", "params": {"hours": "many", "sugar": 2}}, "wrong_params"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await _ask(home, "preview", hass_admin_user.id, device_id=device, **data)
        assert refused.value.translation_key == key
    assert found["risk"] == "low"
    assert home.scrubs() == 0


def _devices(hass: HomeAssistant) -> Any:
    return list(dr.async_get(hass).devices)


async def test_low_risk_runs_by_itself_only_where_it_was_allowed(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(automatic_rules=["pool_errors"])
    await _call(
        home, "select", "select_option", hass_admin_user.id, entity_id="select.home_mode", option="act"
    )
    await home.errors()
    await home.settle(120)
    # the first week is for looking
    assert home.scrubs() == 0
    monkeypatch.setattr(home.guardian.desk.helm, "installed", time.time() - 8 * 86400)
    await home.settle(120)
    assert home.scrubs() == 1
    assert home.record().actor.kind == "rule"  # type: ignore[union-attr]


async def test_a_standing_approval_runs_in_its_window_and_can_be_revoked(
    home: Household, hass_admin_user: MockUser
) -> None:
    granted = await _ask(
        home, "grant_standing", hass_admin_user.id, action="start_scrub", target="*", window_only=False
    )
    assert home.guardian.settings.per_hour == home.guardian.desk.policy.settings.per_hour == 5
    (listed,) = (await _ask(home, "list_standing", hass_admin_user.id))["standing"]
    assert listed["id"] == granted["standing"]
    await home.errors()
    await home.settle(120)
    assert home.scrubs() == 1
    await _call(home, DOMAIN, "revoke_standing", hass_admin_user.id, standing=granted["standing"])
    assert (await _ask(home, "list_standing", hass_admin_user.id))["standing"] == []


async def test_it_sets_up_without_anything_else(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(DOMAIN, "list_findings", {}, blocking=True, return_response=True)
    assert refused.value.translation_key == "no_guardian"
    assert Severity.INFO < Severity.CRITICAL


async def test_the_exercise_may_be_repeated(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    writes = len([call for call in home.sim.calls if call.write])
    for number in (1, 2, 3):
        await _call(home, "button", "press", hass_admin_user.id, entity_id="button.home_practise")
        await home.settle(20)
        pushed = [push for push in home.pushes if push.get("title", "").startswith("Practice")]
        told = [push for push in pushed if push["data"].get("actions")]
        assert len(told) == number
        await home.tap(home.button(told[-1], "approve"), hass_admin_user.id)
        await home.settle(60)
        assert home.record().action == "practise"
        assert home.record().state is State.SUCCEEDED
    assert len([call for call in home.sim.calls if call.write]) == writes
    with pytest.raises(ServiceValidationError):
        await _call(home, "button", "press", None, entity_id="button.home_practise")


@pytest.mark.parametrize("by", ["container", "name"])
async def test_home_assistant_on_the_nas_that_it_watches(
    home: Household, hass_admin_user: MockUser, by: str
) -> None:
    app = home.nas.runtime_data.data.apps["home-assistant"]
    # a database on it is no reason: without it Home Assistant lives on, and tells
    port = next(port for each in home.nas.runtime_data.data.apps.values() for port in each.ports)
    database = (endpoint_node(str(home.nas.runtime_data.client.url.host), port), "its database is on it")
    assert home.guardian.topology.hosts(database[0])
    home.guardian.house.own_path = OwnPath(frozenset({database}))
    await home.settle()
    assert "watching_itself" not in {each.finding.rule for each in home.guardian.open_findings()}
    node = container_node(app.containers[0]) if by == "container" else named_node("home-assistant")
    home.guardian.house.own_path = OwnPath(frozenset({(node, RUNS_IN), database}))
    await home.settle()
    rules = {each.finding.rule: each.finding.placeholders for each in home.guardian.open_findings()}
    assert rules["watching_itself"]["name"] == "truenas"
    # a note, which offers the address that would be missed
    (told,) = (
        each
        for each in (await _ask(home, "list_findings", hass_admin_user.id))["findings"]
        if each["rule"] == "watching_itself"
    )
    assert told["severity"] == "info"
    assert "dead-man address" in told["advice"]
    home.tell(dead_man_url="http://127.0.0.1:9/ping")
    await home.settle(200)
    assert "watching_itself" not in {each.finding.rule for each in home.guardian.open_findings()}


async def test_a_nas_that_never_came_up_is_one_alert(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.sim.stop_listening()
    await home.hass.config_entries.async_reload(home.nas.entry_id)
    assert home.nas.state is ConfigEntryState.SETUP_RETRY
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    home.pushes.clear()
    await home.settle(1500)
    lost = [push for push in home.pushes if "silent since" in push["title"]]
    assert 1 <= len(lost) <= 2
    assert len(lost) == len(home.pushes)
    await home.sim.start_listening()
    await home.settle(900)
    assert home.nas.state is ConfigEntryState.LOADED
    assert "Over" in home.shown("Ann")["title"]


async def test_a_reboot_that_was_approved_is_no_alarm(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    device = home.nas.runtime_data.device_id
    with pytest.raises(ServiceValidationError):
        await _ask(home, "reboot", hass_admin_user.id, device_id=device, reason="kernel")
    record = home.record()
    home.sim.downtime = 700.0
    actor = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="repairs")
    home.pushes.clear()
    await home.guardian.desk.approve(record.id, actor, typed=record.name)
    await home.settle(690)
    assert not [push for push in home.pushes if "silent" in str(push.get("title"))]
    await home.settle(400)
    assert home.guardian.desk.records[record.id].state is State.SUCCEEDED


async def test_what_we_did_is_told_from_what_others_did(home: Household, hass_admin_user: MockUser) -> None:
    app = home.hass.states.get("sensor.plex_state")
    assert app is not None
    source = home.nas.runtime_data
    context = Context(user_id=hass_admin_user.id)
    await async_act(home.hass, context, source, "stop_app", "plex")
    home.sim.world.services["ssh"].running = False
    await source.async_look("services", "apps")
    await home.settle()
    changes = (await _ask(home, "list_changes", hass_admin_user.id))["changes"]
    by_us = {each["text"]: each["by_us"] for each in changes}
    assert by_us["Plex was stopped"] is True, changes
    (other,) = (text for text in by_us if text.startswith("Service "))
    assert by_us[other] is False, changes


async def test_the_dead_man_address_is_called_while_all_is_well(home: Household, aioclient_mock: Any) -> None:
    url = "http://ping.example/secret-id"
    aioclient_mock.get(url, text="ok")
    home.tell(dead_man_url=url)
    await home.settle(700)
    calls = aioclient_mock.call_count
    assert 1 <= calls <= 4
    await home.sim.scenario("pool_degraded")
    await home.settle(120)
    calls = aioclient_mock.call_count
    await home.settle(700)
    assert aioclient_mock.call_count == calls


async def test_the_month_is_told_once(home: Household, hass_admin_user: MockUser, warp: Warp) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.settle()
    home.guardian.month.told -= 1  # type: ignore[operator]
    # the digest's hour is the end of the quiet hours: midnight, so that it has passed
    home.tell(*home.guardian.settings.phones, quiet_hours=True, quiet_from="00:01:00", quiet_to="00:00:00")
    await home.settle(60)
    await home.settle(60)
    told = [push for push in home.pushes if push["data"]["tag"] == "hsm-month"]
    assert len(told) == 1
    assert "Asked:" in told[0]["message"]


async def test_a_phone_that_a_blueprint_told_is_answered(home: Household, hass_admin_user: MockUser) -> None:
    home.phone("Bea", hass_admin_user)
    tracked = await home.errors()
    assert not home.pushes
    found = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="notify.mobile_app_bea")
    (why,) = (each["action"] for each in found["buttons"] if each["title"] == "Why")
    await home.tap(why, hass_admin_user.id)
    assert "Start a scrub of pool tank" in home.shown("Bea")["message"]


@pytest.mark.parametrize("action", ["acknowledge", "snooze"])
async def test_other_users_silence_nothing(
    home: Household, hass_read_only_user: MockUser, action: str
) -> None:
    tracked = await home.errors()
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, action, hass_read_only_user.id, finding=tracked.id)
    assert refused.value.translation_key == "admin_only"
    assert home.guardian.register.silence(tracked) is None
    # an automation, which has no user, may
    await _ask(home, action, None, finding=tracked.id)
    assert home.guardian.register.silence(tracked)


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("make_coffee", "not_offered"),
        # it is no source's
        ("practise", "not_offered"),
        ("reboot", "standing_high_risk"),
        ("shutdown", "standing_high_risk"),
        ("install_update", "standing_high_risk"),
        ("delete_snapshot", "standing_high_risk"),
        ("prune_snapshots", "standing_high_risk"),
        ("restart_app", None),
        ("release_snapshot", None),
    ],
)
async def test_what_may_be_approved_in_advance(
    home: Household, hass_admin_user: MockUser, action: str, key: str | None
) -> None:
    refused = None
    try:
        await _ask(home, "grant_standing", hass_admin_user.id, action=action, target="*")
    except ServiceValidationError as err:
        refused = err.translation_key
    assert refused == key
    listed = (await _ask(home, "list_standing", hass_admin_user.id))["standing"]
    assert [each["action"] for each in listed] == ([] if key else [action])


async def test_a_server_that_is_away_offers_nothing(home: Household, hass_admin_user: MockUser) -> None:
    assert await home.hass.config_entries.async_unload(home.nas.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "grant_standing", hass_admin_user.id, action="start_scrub", target="*")
    assert refused.value.translation_key == "not_offered"


async def test_every_plan_costs_at_most_what_its_action_says(
    home: Household, hass_admin_user: MockUser
) -> None:
    source = home.nas.runtime_data
    actor = Actor(kind="user", id=hass_admin_user.id, admin=True, via="entity")
    for action, target, params in (
        ("start_scrub", str(home.sim.world.pool("tank").guid), {}),
        ("restart_app", "plex", {}),
        ("reboot", "", {"reason": "kernel"}),
        ("create_snapshot", "tank@one", {"recursive": False}),
    ):
        record = await home.guardian.desk.propose(source.id, action, target, params, actor=actor)
        assert record.risk is source.actions[action].risk


async def test_nothing_else_is_done_on_a_host_that_reboots(
    home: Household, hass_admin_user: MockUser
) -> None:
    source = home.nas.runtime_data
    context = Context(user_id=hass_admin_user.id)
    admin = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="repairs")
    desk = home.guardian.desk
    reboot = await desk.propose(source.id, "reboot", "", {"reason": "kernel"}, actor=admin, name="truenas")
    home.sim.downtime = 60.0
    # an app that is being restarted is not cut off
    home.sim.faults.delay("app.redeploy", 20)
    restart = asyncio.create_task(async_act(home.hass, context, source, "restart_app", "plex"))
    await home.settle(5)
    with pytest.raises(Refused) as refused:
        await desk.approve(reboot.id, admin, typed="truenas")
    assert (refused.value.refusal.key, refused.value.refusal.placeholders) == (
        "host_in_use",
        {"target": "Plex"},
    )
    await restart
    boot = home.sim.world.boot_id
    await desk.approve(reboot.id, admin, typed="truenas")
    with pytest.raises(ServiceValidationError) as told:
        await async_act(home.hass, context, source, "start_scrub", str(home.sim.world.pool("tank").guid))
    assert told.value.translation_key == "host_taken"
    assert told.value.translation_placeholders == {"target": "truenas"}
    assert home.scrubs() == 0
    await home.settle(400)
    assert home.sim.world.boot_id != boot
    assert desk.records[reboot.id].state is State.SUCCEEDED
    await async_act(home.hass, context, source, "start_scrub", str(home.sim.world.pool("tank").guid))
    assert home.scrubs() == 1

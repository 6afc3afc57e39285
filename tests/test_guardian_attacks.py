"""What was tried to break the guardian with, and held or was mended."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.guardian.contract import SYSTEM, Actor
from custom_components.home_server_monitor.guardian.looks import Looks
from custom_components.home_server_monitor.guardian.policy import Mode, Standing
from custom_components.home_server_monitor.guardian.remediation import State

from .test_guardian_edge import Household, _as, _ask, _fix, home

__all__ = ["home"]


async def test_a_journal_that_comes_back_after_the_start(
    home: Household, hass_admin_user: MockUser, tmp_path: Path
) -> None:
    await _ask(home, "list_journal", hass_admin_user.id)
    folder = tmp_path / "journal" / "home"
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.data["home_server_monitor"].desks.clear()
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("no folder")
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(120)
    assert not home.guardian.is_well
    assert any(each.finding.rule == "journal_failed" for each in home.guardian.open_findings())
    tracked = await home.errors()
    assert home.guardian.proposals.proposal_of(tracked) is None
    await home.guardian.desk.set_mode(Mode.WATCH, SYSTEM)
    folder.unlink()
    away.rename(folder)
    await home.settle(60)
    assert home.guardian.desk.ready
    # what was tightened meanwhile stays
    assert home.guardian.desk.helm.mode is Mode.WATCH
    assert not any(each.finding.rule == "journal_failed" for each in home.guardian.open_findings())


async def test_a_tap_is_answered_when_the_server_hangs(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()

    async def hangs(self: Any, record: Any) -> Any:
        raise TimeoutError

    monkeypatch.setattr(Looks, "check", hangs)
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    assert "no answer in time" in home.shown("Ann")["message"]
    flow = await _fix(home, tracked.id)
    _as(monkeypatch, hass_admin_user)
    shown = await flow.async_step_approve()
    assert (shown["type"], shown["reason"]) == ("abort", "refused")
    assert "no answer in time" in shown["description_placeholders"]["reason"]
    for action in ("approve", "simulate"):
        with pytest.raises(HomeAssistantError):
            await _ask(home, action, hass_admin_user.id, proposal=home.record().id)
    assert home.scrubs() == 0


@pytest.mark.parametrize("how", ["raises", "hangs"])
async def test_a_remedy_that_cannot_be_planned_silences_nothing(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))

    async def plan(self: Any, *args: Any) -> Any:
        if how == "raises":
            raise KeyError("odd answer")
        await asyncio.sleep(3600)

    monkeypatch.setattr(Looks, "plan", plan)
    before = asyncio.get_running_loop().time()
    await home.errors()
    assert asyncio.get_running_loop().time() - before < 120
    assert "checksum" in home.shown("Ann")["title"]


async def test_repairs_approve_only_the_plan_that_was_shown(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = await home.errors()
    flow = await _fix(home, tracked.id)
    assert (await flow.async_step_init())["type"] == "menu"
    _as(monkeypatch, hass_admin_user)
    await home.guardian.desk.clock_jumped(0)
    again = await flow.async_step_approve()
    assert again["type"] == "menu"
    assert home.scrubs() == 0
    assert (await flow.async_step_approve())["reason"] == "approved"
    await home.settle(15)
    assert home.scrubs() == 1


async def test_a_tap_while_the_entry_is_away_is_answered(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Guest", hass_read_only_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.pushes.clear()
    for user in (hass_read_only_user, hass_admin_user):
        home.hass.bus.async_fire(PHONE_EVENT, {"action": approve}, context=Context(user_id=user.id))
        await asyncio.sleep(30)
    (push,) = home.pushes
    assert push["to"] == "Ann"
    assert "not loaded" in push["message"]
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(120)
    await home.tap(approve, hass_admin_user.id)
    assert home.scrubs() == 1


async def test_a_clock_that_jumps_ends_neither_the_first_week_nor_the_offers(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(automatic_rules=["pool_errors"])
    await home.guardian.desk.set_mode(Mode.ACT, _admin(hass_admin_user))
    await home.errors()
    record = home.record()
    wall, loop = home.guardian.ticks._clocks
    monkeypatch.setattr(home.guardian.ticks, "_clocks", (wall - 8 * 86400, loop))
    home.guardian.desk.helm.installed -= 8 * 86400
    await home.settle(60)
    assert home.guardian.desk.records[record.id].state is State.EXPIRED
    assert home.scrubs() == 0


def _admin(user: MockUser) -> Actor:
    return Actor(kind="user", id=user.id, name="Ann", admin=True, via="entity")


@pytest.mark.parametrize("action", ["reboot", "shutdown", "delete_snapshot"])
async def test_no_way_around_the_typed_name(home: Household, hass_admin_user: MockUser, action: str) -> None:
    """Standing approval, mode, ticked rule, phone, Telegram: none of them begins what is of high risk."""
    guardian, admin = home.guardian, _admin(hass_admin_user)
    home.tell(home.phone("Ann", hass_admin_user), telegram=["42:7"], automatic_rules=["pool_errors"])
    await guardian.desk.set_mode(Mode.ACT, admin)
    guardian.desk.helm.installed -= 30 * 86400
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "grant_standing", hass_admin_user.id, action=action, target="*", window_only=False)
    assert refused.value.translation_key == "standing_high_risk"
    # nor would it count if it were there
    await guardian.desk.helm.grant(Standing(id="", action=action, selector="*", by=admin, at=clock.now()))
    tracked = await home.errors()
    source = home.nas.runtime_data.id
    target, params = "", {"reason": "kernel"}
    if action == "delete_snapshot":
        target, params = "tank@mine", {}
        await guardian.desk.propose(source, "create_snapshot", target, {"recursive": False}, actor=admin)
        await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
        await home.settle(60)
    record = await guardian.desk.propose(
        source, action, target, params, rule="pool_errors", finding=tracked.id, actor=admin
    )
    await home.settle(120)
    with pytest.raises(ServiceValidationError):
        await _ask(home, "approve", hass_admin_user.id, proposal=record.id)
    for recipient in ("notify.mobile_app_ann", "telegram:7"):
        found = await _ask(home, "get_buttons", None, proposal=record.id, recipient=recipient)
        assert not any(each["action"].startswith("hsm:approve") for each in found["buttons"])
    assert guardian.desk.records[record.id].state is State.PROPOSED


async def test_two_answers_at_once_are_one(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Bea", hass_admin_user))
    tracked = await home.errors()
    flow = await _fix(home, tracked.id)
    _as(monkeypatch, hass_admin_user)
    for name in ("Ann", "Bea"):
        home.hass.bus.async_fire(
            PHONE_EVENT,
            {"action": home.button(home.shown(name), "approve")},
            context=Context(user_id=hass_admin_user.id),
        )
    await flow.async_step_approve()
    with pytest.raises(ServiceValidationError):
        await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
    await home.settle(30)
    assert home.scrubs() == 1


async def test_the_entry_removed_and_added_again(home: Household, hass_admin_user: MockUser) -> None:
    tracked = await home.errors()
    await home.guardian.desk.hold(True, _admin(hass_admin_user))
    assert await home.hass.config_entries.async_remove(home.server.entry_id)
    await asyncio.sleep(30)
    again = MockConfigEntry(
        domain="home_server_monitor", title="Home", unique_id="home", data={"kind": "server"}
    )
    again.add_to_hass(home.hass)
    assert await home.hass.config_entries.async_setup(again.entry_id)
    home.server = again
    await home.settle(120)
    assert home.guardian.desk.helm.hold
    assert home.guardian.tracked(tracked.id) is not None


@pytest.mark.parametrize(("by", "shown"), [(2 * 3600.0, "forward by 120"), (-90 * 60.0, "back by 90")])
async def test_a_clock_that_jumps_is_told_in_one_line(
    home: Household, hass_admin_user: MockUser, by: float, shown: str
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    before = home.record()
    home.pushes.clear()
    wall, loop = home.guardian.ticks._clocks
    # what was written down is that much in the past, or in the future
    home.guardian.ticks._clocks = (wall - by, loop)
    await home.settle(60)
    # the offer expired, and there is a new one
    assert home.guardian.desk.records[before.id].state is State.EXPIRED
    again = home.guardian.proposals.proposal_of(tracked)
    assert again is not None
    assert again.id != before.id
    # it is one line of the digest, and nothing is pushed
    digest = await _ask(home, "digest", hass_admin_user.id)
    (line,) = (each for each in digest["message"].splitlines() if "clock" in each)
    assert line == f"• The clock jumped {shown} min"
    assert not home.pushes
    # also after a restart, for a day
    await home.guardian.async_save()
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    await home.settle(60)
    open_ = {each.finding.rule: each for each in home.guardian.open_findings()}
    said = open_["clock_jumped"].finding.placeholders
    assert f"{said['way']} by {said['minutes']}" == shown
    at, _ = home.guardian.ticks.jumped or (0.0, 0.0)
    home.guardian.ticks.jumped = (at - 86400, by)
    await home.settle(60)
    assert "clock_jumped" not in {each.finding.rule for each in home.guardian.open_findings()}


async def test_a_clock_that_goes_right_is_not_told(home: Household) -> None:
    await home.settle(600)
    assert home.guardian.ticks.jumped is None
    assert "clock_jumped" not in {each.finding.rule for each in home.guardian.open_findings()}

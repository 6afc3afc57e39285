"""What was decided before its push went out: the push begins with that, or does not come; it offers nothing dead."""

from typing import Any

from homeassistant.core import Context
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.notices import UNDER_WAY
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.notice import Notice
from custom_components.home_server_monitor.guardian.remediation import State

from .test_guardian_edge import Household, _as, _ask, _call, _fix, home

__all__ = ["home"]


async def _raised(home: Household) -> Tracked:
    """Let the mirror repair errors; returns the finding before anybody was told."""
    await home.sim.scenario("checksum_errors")
    await home.until(lambda: "pool_errors" in {each.finding.rule for each in home.guardian.open_findings()})
    await home.until(lambda: home.guardian.desk.records)
    assert not home.pushes
    (found,) = (each for each in home.guardian.open_findings() if each.finding.rule == "pool_errors")
    return found


def _titles(push: dict[str, Any]) -> list[str]:
    return [each["title"] for each in push["data"].get("actions", [])]


async def test_what_is_under_way_is_said_first_and_not_offered(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    hass_admin_user.name = "Anna"
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await _raised(home)
    flow = await _fix(home, tracked.id)
    _as(monkeypatch, hass_admin_user)
    # the order is answered late
    home.sim.faults.add("delay", "pool.scrub.scrub", seconds=60.0)
    approving = home.hass.async_create_task(flow.async_step_approve())
    await home.until(lambda: home.pushes)
    assert home.record().state in UNDER_WAY
    first = home.pushes[0]
    assert first["message"].startswith("Approved by Anna ")
    assert " ago: Start scrub is under way.\nNo data lost" in first["message"]
    assert _titles(first) == ["Acknowledge", "Snooze 24 h", "Why"]
    await approving
    await home.settle(400)
    assert home.record().over
    assert home.shown("Ann")["message"].startswith("Start scrub: ")
    assert home.shown("Ann")["data"]["tag"] == first["data"]["tag"]


async def test_what_is_done_is_not_told(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await _raised(home)
    flow = await _fix(home, tracked.id)
    _as(monkeypatch, hass_admin_user)
    await flow.async_step_approve()
    await home.settle(120)
    assert home.record().state is State.SUCCEEDED
    assert not home.pushes


async def test_a_press_of_the_same_button_counts_as_well(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await _raised(home)
    await _call(home, "button", "press", hass_admin_user.id, entity_id="button.tank_start_scrub")
    await home.settle(120)
    assert home.scrubs() == 1
    assert not home.pushes


async def test_what_was_denied_is_said_and_not_offered_again(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await _raised(home)
    await _ask(home, "deny", hass_admin_user.id, proposal=home.record().id)
    await home.settle()
    (push,) = home.pushes
    assert push["message"].startswith("Denied by ")
    assert "Start scrub" not in _titles(push)
    assert [record.state for record in home.guardian.desk.records.values()] == [State.DENIED]


@pytest.mark.parametrize("how", ["acknowledge", "deny"])
async def test_what_somebody_took_care_of_in_repairs_is_not_told(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await _raised(home)
    flow = await _fix(home, tracked.id)
    _as(monkeypatch, hass_admin_user)
    await getattr(flow, f"async_step_{how}")()
    await home.settle(120)
    assert not home.pushes


async def test_a_critical_one_is_told_although_something_was_done(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await _raised(home)
    await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
    notice = Notice(
        kind="raised", ids=(tracked.id,), severity=Severity.CRITICAL, critical=True, lead=tracked.id
    )
    home.guardian.speaker.say([notice])
    await home.settle(1)
    assert "Start scrub is done." in home.pushes[0]["message"]
    assert "Start scrub" not in _titles(home.pushes[0])


async def test_why_offers_nothing_that_was_decided(home: Household, hass_admin_user: MockUser) -> None:
    """The plan of what runs already has no button that could only be refused."""
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    why = home.button(home.shown("Ann"), "why")
    home.sim.faults.add("delay", "pool.scrub.scrub", seconds=60.0)
    approving = home.hass.async_create_task(
        home.hass.services.async_call(
            DOMAIN,
            "approve",
            {"proposal": home.record().id},
            blocking=True,
            context=Context(user_id=hass_admin_user.id),
        )
    )
    await home.until(lambda: home.record().state is State.RUNNING)
    home.pushes.clear()
    await home.tap(why, hass_admin_user.id)
    shown = next(push for push in home.pushes if push["data"].get("actions"))
    assert not {"Start scrub", "Deny"} & {*_titles(shown)}
    await approving
    await home.settle(400)


async def test_one_of_two_that_was_dealt_with_is_left_out(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    await home.guardian.answers.practise()
    (exercise,) = (each for each in home.guardian.open_findings() if each.finding.rule == "practice")
    await _ask(home, "acknowledge", hass_admin_user.id, finding=exercise.id)
    home.pushes.clear()
    both = Notice(kind="raised", ids=(exercise.id, tracked.id), severity=Severity.HIGH, lead=exercise.id)
    home.guardian.speaker.say([both])
    await home.settle(10)
    (push,) = home.pushes
    assert "checksum" in push["title"]
    assert push["data"]["tag"] == f"hsm-{exercise.id}"

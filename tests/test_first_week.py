"""The report of the first week: once, with a tick per rule; nothing becomes automatic by itself."""

from typing import Any

from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.policy import OBSERVE_FIRST
from custom_components.home_server_monitor.repairs import async_create_fix_flow

from .test_guardian_edge import Household, _as, _ask, home

__all__ = ["home"]

ISSUE = "first_week_home"


def issue_of(home: Household) -> ir.IssueEntry | None:
    return ir.async_get(home.hass).async_get_issue(DOMAIN, ISSUE)


def told(home: Household) -> list[dict[str, Any]]:
    return [push for push in home.pushes if push["data"].get("tag") == "hsm-week" and push.get("title")]


async def week_over(home: Household) -> None:
    """Let the first week be over, as if Home Assistant had been installed so long ago."""
    home.guardian.desk.helm.installed -= OBSERVE_FIRST
    await home.settle(60)


async def restart(home: Household) -> None:
    """Start anew with what is on the disk alone."""
    installed = home.guardian.desk.helm.installed
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.data[DOMAIN].desks.clear()
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    home.guardian.desk.helm.installed = installed
    await home.settle(60)


async def flow_of(home: Household) -> Any:
    issue = issue_of(home)
    assert issue is not None
    assert issue.is_fixable
    flow = await async_create_fix_flow(home.hass, issue.issue_id, issue.data)
    flow.hass, flow.flow_id, flow.handler = home.hass, "1", DOMAIN
    return flow


async def test_it_is_told_once_and_ticks_become_options(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    assert issue_of(home) is None
    await week_over(home)
    (push,) = told(home)
    assert "Start a scrub when disk errors rise: once, on tank (1 never decided)" in push["message"]
    flow = await flow_of(home)
    shown = await flow.async_step_init()
    assert shown["type"] == "form"
    assert shown["data_schema"]({}) == {"rules": []}
    assert [each["value"] for each in shown["data_schema"].schema["rules"].config["options"]] == [
        "pool_errors"
    ]
    assert shown["description_placeholders"]["mode"] == "Ask me"
    assert shown["description_placeholders"]["days"] == "7"
    _as(monkeypatch, hass_admin_user)
    assert (await flow.async_step_init({"rules": ["pool_errors"]}))["type"] == "create_entry"
    await home.settle(60)
    assert home.server.options["automatic_rules"] == ["pool_errors"]
    assert home.guardian.desk.policy.settings.automatic == {"pool_errors"}
    # the mode stays, and so nothing happens by itself yet
    assert home.guardian.desk.helm.mode.value == "ask"
    assert home.scrubs() == 0
    assert issue_of(home) is None
    lines = (await _ask(home, "list_journal", hass_admin_user.id))["journal"]
    assert any(
        line["text"].startswith(f"Allowed to be done by itself by {hass_admin_user.name}: Start a scrub")
        for line in lines
    ), lines
    await restart(home)
    assert issue_of(home) is None
    assert len(told(home)) == 1


async def test_no_tick_allows_nothing(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.errors()
    await week_over(home)
    _as(monkeypatch, hass_admin_user)
    flow = await flow_of(home)
    assert (await flow.async_step_init({"rules": []}))["type"] == "create_entry"
    assert home.guardian.settings.automatic == frozenset()
    assert issue_of(home) is None
    late = await flow.async_step_init({"rules": ["pool_errors"]})
    assert (late["type"], late["reason"]) == ("abort", "report_gone")
    assert home.guardian.settings.automatic == frozenset()


async def test_it_survives_a_restart_and_is_pushed_once(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    await week_over(home)
    before = (await (await flow_of(home)).async_step_init())["description_placeholders"]
    await restart(home)
    assert (await (await flow_of(home)).async_step_init())["description_placeholders"] == before
    assert len(told(home)) == 1


async def test_an_ignored_one_does_not_come_back(home: Household) -> None:
    await home.errors()
    await week_over(home)
    ir.async_ignore_issue(home.hass, DOMAIN, ISSUE, True)
    await home.settle(30)
    assert issue_of(home) is None
    await restart(home)
    assert issue_of(home) is None
    assert home.guardian.settings.automatic == frozenset()


async def test_a_week_in_which_nothing_was_proposed_has_no_report(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await week_over(home)
    assert issue_of(home) is None
    assert not told(home)
    # what is proposed later is not the first week's
    await home.errors()
    await home.settle(60)
    assert issue_of(home) is None
    found = await _ask(home, "automation_report", hass_admin_user.id)
    assert [(each["rule"], each["times"], each["about"]) for each in found["rules"]] == [
        ("pool_errors", 1, {"tank": 1})
    ]


async def test_it_waits_for_the_end_of_the_quiet_hours(home: Household, hass_admin_user: MockUser) -> None:
    quiet = {"quiet_hours": True, "quiet_from": "00:00:00", "quiet_to": "23:59:00"}
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    home.tell(*home.guardian.settings.phones, **quiet)
    await home.settle()
    await week_over(home)
    assert not told(home)
    home.tell(*home.guardian.settings.phones)
    await home.settle()
    assert len(told(home)) == 1


async def test_a_full_disk_means_later(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    journal = home.guardian.desk.journal

    async def full(*args: Any) -> int:
        raise JournalFailed("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "append", full)
        await week_over(home)
        assert not told(home)
        assert issue_of(home) is None
    await home.settle()
    assert len(told(home)) == 1
    _as(monkeypatch, hass_admin_user)
    flow = await flow_of(home)
    monkeypatch.setattr(journal, "append", full)
    failed = await flow.async_step_init({"rules": ["pool_errors"]})
    assert (failed["type"], failed["reason"]) == ("abort", "journal_failed")
    assert home.guardian.settings.automatic == frozenset()


async def test_others_may_not_allow_it(
    home: Household, hass_read_only_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.errors()
    await week_over(home)
    _as(monkeypatch, hass_read_only_user)
    refused = await (await flow_of(home)).async_step_init({"rules": ["pool_errors"]})
    assert (refused["type"], refused["reason"]) == ("abort", "not_an_admin")
    assert home.guardian.settings.automatic == frozenset()


async def test_what_is_allowed_already_is_not_asked_again(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(automatic_rules=["pool_errors", "task_failed"])
    await home.errors()
    await week_over(home)
    shown = await (await flow_of(home)).async_step_init()
    assert shown["data_schema"]({}) == {}
    found = await _ask(home, "automation_report", hass_admin_user.id, days=1)
    assert found["rules"][0]["automatic"] is True
    assert found["automatic_rules"] == ["pool_errors", "task_failed"]


async def test_the_month_is_counted_from_the_disk(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (await _ask(home, "digest", hass_admin_user.id, month=True))["message"]
    tracked = await home.errors()
    await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
    await _ask(home, "dismiss", hass_admin_user.id, finding=tracked.id, reason="a loose cable")
    await home.settle(60)
    said = (await _ask(home, "digest", hass_admin_user.id, month=True))["message"]
    numbers = dict(line.split(": ") for line in said.splitlines())
    known = dict(line.split(": ") for line in before.splitlines())
    problems = [each for each in home.guardian.register.tracked.values() if each.severity >= Severity.WARNING]
    assert int(numbers["Found"]) == sum(each.count for each in problems) > int(known["Found"])
    assert {key: int(numbers[key]) - int(known[key]) for key in ("Asked", "Done", "Undone")} == {
        "Asked": 1,
        "Done": 1,
        "Undone": 0,
    }
    assert int(numbers["Dismissed as no problem"]) == 1
    # the records end: a new file of the journal without what is over
    monkeypatch.setattr("custom_components.home_server_monitor.guardian.journal_files.KEPT_HISTORY", 0.0)
    await home.guardian.desk.journal._rotate()
    await home.guardian.async_save()
    await restart(home)
    assert home.guardian.desk.records == {}
    assert (await _ask(home, "digest", hass_admin_user.id, month=True))["message"] == said

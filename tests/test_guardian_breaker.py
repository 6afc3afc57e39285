"""What failed too often is not tried by itself any more: it is told, listed, and let go on by an administrator."""

from typing import Any

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.remediation import State

from .test_guardian_edge import Household, _as, _ask, _call, _fix, home

__all__ = ["home"]


async def failed_twice(home: Household, user: MockUser) -> Tracked:
    """Let a remedy fail twice; returns the finding that tells of it."""
    tracked = await home.errors()
    home.sim.faults.error("pool.scrub.scrub")
    for _ in range(2):
        record = await home.guardian.proposals.propose_for(tracked)
        assert record is not None
        await _ask(home, "approve", user.id, proposal=record.id)
        assert home.guardian.desk.records[record.id].state is State.FAILED
    home.sim.faults.clear()
    await home.settle(60)
    (found,) = (each for each in home.guardian.open_findings() if each.finding.rule == "breaker_open")
    return found


async def texts(home: Household, user: MockUser) -> list[tuple[str, str | None]]:
    rows = (await _ask(home, "list_journal", user.id))["journal"]
    return [(each["text"], each["by"]) for each in rows if each["kind"] == "breaker"]


async def test_it_is_told_and_listed_and_reset_by_an_admin(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    found = await failed_twice(home, hass_admin_user)
    assert found.severity is Severity.HIGH
    assert any("No more attempts" in push.get("title", "") for push in home.pushes)
    (listed,) = (await _ask(home, "list_standing", hass_admin_user.id))["breakers"]
    assert listed == {
        "rule": "pool_errors", "name": "Start a scrub when disk errors rise", "failures": 2
    }  # fmt: skip
    for user in (hass_read_only_user.id, None):
        with pytest.raises(ServiceValidationError) as refused:
            await _call(home, DOMAIN, "reset_breaker", user, rule="pool_errors")
        assert refused.value.translation_key == "admin_only"
    with pytest.raises(ServiceValidationError) as refused:
        await _call(home, DOMAIN, "reset_breaker", hass_admin_user.id, rule="scrub_overdue")
    assert refused.value.translation_key == "no_such_breaker"
    await _call(home, DOMAIN, "reset_breaker", hass_admin_user.id, rule="pool_errors")
    assert (await _ask(home, "list_standing", hass_admin_user.id))["breakers"] == []
    assert found not in home.guardian.open_findings()
    name = hass_admin_user.name
    assert await texts(home, hass_admin_user) == [
        (f"Start a scrub when disk errors rise: may be tried by itself again, says {name}", name),
        ("Start a scrub when disk errors rise: failed, 2 in a row now", None),
        ("Start a scrub when disk errors rise: failed, 1 in a row now", None),
    ]


async def test_repairs_reset_it(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await failed_twice(home, hass_admin_user)
    issue = ir.async_get(home.hass).async_get_issue(DOMAIN, f"finding_{found.id}")
    assert issue is not None
    assert issue.translation_key == "breaker_reset"
    assert issue.translation_placeholders == {"verb": "Start a scrub when disk errors rise"}
    flow: Any = await _fix(home, found.id)
    flow.issue_id = issue.issue_id
    assert (await flow.async_step_init())["type"] == "form"
    assert home.guardian.desk.helm.open_breakers == {"pool_errors"}
    _as(monkeypatch, hass_read_only_user)
    refused = await flow.async_step_confirm({})
    assert (refused["type"], refused["reason"]) == ("abort", "refused")
    assert home.guardian.desk.helm.open_breakers == {"pool_errors"}
    _as(monkeypatch, hass_admin_user)

    async def full(*args: Any) -> int:
        raise JournalFailed("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(home.guardian.desk.journal, "append", full)
        refused = await flow.async_step_confirm({})
    # what cannot be written down is not so
    assert "journal" in refused["description_placeholders"]["reason"]
    assert home.guardian.desk.helm.open_breakers == {"pool_errors"}
    assert (await flow.async_step_confirm({}))["type"] == "create_entry"
    assert not home.guardian.desk.helm.open_breakers
    await home.settle(1)
    assert not ir.async_get(home.hass).async_get_issue(DOMAIN, issue.issue_id)


async def test_an_approval_that_works_ends_it_too(home: Household, hass_admin_user: MockUser) -> None:
    found = await failed_twice(home, hass_admin_user)
    (errors,) = (each for each in home.guardian.open_findings() if each.finding.rule == "pool_errors")
    record = await home.guardian.proposals.propose_for(errors)
    assert record is not None
    await _ask(home, "approve", hass_admin_user.id, proposal=record.id)
    await home.settle(60)
    assert found not in home.guardian.open_findings()
    assert ("Start a scrub when disk errors rise: worked again", None) in await texts(home, hass_admin_user)

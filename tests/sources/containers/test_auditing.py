"""The permission audit of a watched engine, in a real Home Assistant core: seen, mended, accepted, and taken back."""

import asyncio
from dataclasses import replace
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Outcome, Refused

REASON = "It is behind the proxy"


async def call(hass: HomeAssistant, user: MockUser, entry: MockConfigEntry, name: str, **fields: Any) -> Any:
    """Call an action as this user."""
    return await hass.services.async_call(
        DOMAIN,
        name,
        {"device_id": entry.runtime_data.device_id, **fields},
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id),
    )


async def listed(hass: HomeAssistant, user: MockUser, entry: MockConfigEntry, **fields: Any) -> list[Any]:
    """Return what the audit lists."""
    rows: list[Any] = (await call(hass, user, entry, "list_audit", **fields))["audit"]
    return rows


async def test_every_container_and_the_engine_have_a_score(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    data = docker.runtime_data.data
    assert data.audits.keys() == data.containers.keys()
    assert data.score is not None
    assert 0 <= data.score < 100
    registry = er.async_get(hass)
    engine = registry.async_get_entity_id("sensor", DOMAIN, f"{docker.unique_id}_audit_score")
    assert engine is not None
    assert hass.states.get(engine).state == str(data.score)  # type: ignore[union-attr]
    own = registry.async_get_entity_id(
        "sensor", DOMAIN, f"{docker.unique_id}_container_plex_container_audit_score"
    )
    assert own is not None
    assert registry.async_get(own).disabled  # type: ignore[union-attr]
    assert data.shown["plex"].score == data.audits["plex"].score


async def test_each_image_is_asked_for_once(docker: MockConfigEntry, house: Any) -> None:
    source = docker.runtime_data
    before = source.access.transport.calls
    for each in source.data.containers.values():
        raw = await source.access.client.inspect(each.id)
        await source.auditing.note(raw)
    assert source.access.transport.calls - before == len(source.data.containers)


async def test_every_check_is_told_in_words(
    hass: HomeAssistant, docker: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    rows = await listed(hass, hass_admin_user, docker)
    assert len(rows) > 20
    ranks = ["info", "low", "medium", "high", "critical"]
    grades = [ranks.index(row["severity"]) for row in rows]
    assert grades == sorted(grades, reverse=True)
    for row in rows:
        for key in ("title", "meaning", "change"):
            assert row[key]
            assert "?" not in row[key], row
            assert "{" not in row[key], row
    assert {"the engine", "plex"} <= {row["container"] for row in rows}
    assert {row["container"] for row in await listed(hass, hass_admin_user, docker, container="plex")} == {
        "plex"
    }


async def test_only_an_admin_sees_it(
    hass: HomeAssistant, docker: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(ServiceValidationError) as err:
        await listed(hass, hass_read_only_user, docker)
    assert err.value.translation_key == "admin_only"


async def test_one_issue_tells_the_score(hass: HomeAssistant, docker: MockConfigEntry) -> None:
    """It is in Repairs although it is of no urgency, and nobody is told of it."""
    registry = ir.async_get(hass)
    issues: list[ir.IssueEntry] = []
    for _ in range(200):
        issues = [each for each in registry.issues.values() if each.translation_key == "engine_audit"]
        if issues:
            break
        await asyncio.sleep(0.1)
    assert len(issues) == 1
    assert (issues[0].translation_placeholders or {})["score"] == str(docker.runtime_data.data.score)


async def test_what_is_accepted_counts_no_more_until_it_is_revoked(
    hass: HomeAssistant, docker: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    worst = next(row for row in await listed(hass, hass_admin_user, docker) if row["container"] == "plex")
    about = {"container": "plex", "check": worst["check"]}
    before = docker.runtime_data.data.audits["plex"].score
    await call(hass, hass_admin_user, docker, "accept_audit", **about, reason=REASON, days=30)
    assert docker.runtime_data.data.audits["plex"].score > before

    # it is known after a restart
    assert await hass.config_entries.async_reload(docker.entry_id)
    await docker.runtime_data.first_look
    rows = await listed(hass, hass_admin_user, docker, container="plex")
    (row,) = [each for each in rows if each["check"] == worst["check"]]
    assert row["accepted"]["reason"] == REASON
    assert docker.runtime_data.data.audits["plex"].score > before

    await call(hass, hass_admin_user, docker, "revoke_audit", **about)
    assert docker.runtime_data.data.audits["plex"].score == before
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, hass_admin_user, docker, "revoke_audit", **about)
    assert err.value.translation_key == "audit_not_accepted"


async def test_what_can_be_mended_here_is_mended_and_looked_at(
    hass: HomeAssistant, docker: MockConfigEntry, hass_admin_user: MockUser, house: Any
) -> None:
    rows = await listed(hass, hass_admin_user, docker)
    (row,) = [each for each in rows if each["container"] == "sonarr" and each["check"] == "no_cpu_limit"]
    assert row["can_be_fixed_here"]
    answer = await call(hass, hass_admin_user, docker, "fix_audit", container="sonarr", check=row["check"])
    assert answer["outcome"] == "succeeded"
    raw = await docker.runtime_data.access.client.inspect("sonarr")
    assert raw["HostConfig"]["NanoCpus"] == answer["NanoCpus"] > 0
    left = {each["check"] for each in await listed(hass, hass_admin_user, docker, container="sonarr")}
    assert row["check"] not in left


async def test_what_needs_the_compose_file_is_refused(
    hass: HomeAssistant, docker: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    rows = await listed(hass, hass_admin_user, docker, container="plex")
    row = next(each for each in rows if not each["can_be_fixed_here"])
    with pytest.raises(ServiceValidationError) as err:
        await call(hass, hass_admin_user, docker, "fix_audit", container="plex", check=row["check"])
    assert err.value.translation_key == "audit_not_live"


async def test_a_mending_is_taken_back(docker: MockConfigEntry, house: Any) -> None:
    source = docker.runtime_data
    action = source.actions["fix_audit"]
    plan = await action.plan("sonarr", {"check": "no_cpu_limit"})
    receipt = await action.run(plan, 0)
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "target_changed"
    assert await action.undo(plan, 0, receipt) is not None
    verdict = await action.undone(plan)
    assert verdict.outcome == "succeeded"
    raw = await source.access.client.inspect("sonarr")
    assert raw["HostConfig"]["NanoCpus"] == plan.before["back"]["NanoCpus"]


async def test_a_decision_about_what_is_otherwise_by_now(docker: MockConfigEntry) -> None:
    """What was found is gone, or worse than when it was accepted: nobody has accepted that."""
    source = docker.runtime_data
    accept, fix, revoke = (source.actions[key] for key in ("accept_audit", "fix_audit", "revoke_audit"))
    found = source.data.audits["plex"].open[0]
    wanted = {"check": found.identity, "reason": REASON, "days": 30}
    plan = await accept.plan("plex", wanted)
    assert await accept.check(plan) is None
    for changed, key in (
        (replace(plan, before={"grade": "INFO" if found.grade.name != "INFO" else "LOW"}), "target_changed"),
        (replace(plan, target="nobody"), "no_such_target"),
        (replace(plan, params=wanted | {"check": "no such check"}), "audit_check_gone"),
    ):
        refusal = await accept.check(changed)
        assert (refusal.key if refusal else None) == key
    with pytest.raises(Refused, match="audit_check_gone"):
        await fix.plan("plex", {"check": "no such check"})
    with pytest.raises(Refused, match="audit_not_accepted"):
        await revoke.plan("plex", {"check": found.identity})
    # what is not written down is not accepted
    verdict = await accept.verify(plan, [])
    assert (verdict.outcome, verdict.facts) == (Outcome.FAILED, {"reason": "audit_not_written"})
    assert source.accepted.find("plex", found.identity) is None

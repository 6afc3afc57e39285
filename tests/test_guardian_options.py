"""The options of a server that is set up: what they offer, and what changes at once with them."""

from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.act import async_act
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Actor, Refused, Severity
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.guardian.remediation import State
from custom_components.home_server_monitor.options_flow import SECTIONS

from .test_guardian_edge import Household, _as, _ask, _fix, home

__all__ = ["home"]


async def offered(home: Household, option: str) -> dict[str, str]:
    """Return what the form offers for an option, value to label."""
    shown = await home.hass.config_entries.options.async_init(home.server.entry_id)
    home.hass.config_entries.options.async_abort(shown["flow_id"])
    (part,) = (name for name, members in SECTIONS.items() if option in members)
    fields = shown["data_schema"].schema[part].schema.schema
    return {each["value"]: each["label"] for each in fields[option].config["options"]}


async def submit(home: Household, **given: Any) -> Any:
    """Fill in the form, leaving all else as it is shown, and submit it."""
    shown = await home.hass.config_entries.options.async_init(home.server.entry_id)
    parts: dict[str, Any] = {}
    for marker, part in shown["data_schema"].schema.items():
        suggested = {
            str(field): field.description["suggested_value"]
            for field in part.schema.schema
            if field.description and field.description["suggested_value"] is not None
        }
        parts[str(marker)] = suggested | {key: given[key] for key in given if key in SECTIONS[str(marker)]}
    done = await home.hass.config_entries.options.async_configure(shown["flow_id"], parts)
    await home.settle(1)
    return done


def pool(home: Household, name: str = "tank") -> str:
    return f"pool:{home.sim.world.pool(name).guid}"


async def test_objects_are_offered_by_a_name_that_people_know(home: Household) -> None:
    found = await offered(home, "protected_objects")
    source = home.nas.runtime_data.id
    assert found[pool(home)] == "tank · pool · truenas"
    assert found[f"app:{source}:plex"] == "Plex · app · truenas"
    assert found[f"host:{source}"] == "truenas · server"
    assert not any(key.startswith(("alert:", "certificate:", "vdev:")) for key in found)
    assert len(set(found.values())) == len(found)


async def test_what_is_protected_is_left_alone_by_everybody(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    before = home.guardian
    tracked = await home.errors()
    approve, record = home.button(home.shown("Ann"), "approve"), home.record()
    flow = await _fix(home, tracked.id)
    assert (await submit(home, protected_objects=[pool(home)]))["type"] == "create_entry"
    assert home.guardian is before
    # what was offered is withdrawn at once, in Repairs and on the phone
    assert home.guardian.desk.records[record.id].state is State.SUPERSEDED
    assert "tank is protected" in home.shown("Ann")["message"]
    assert not ir.async_get(home.hass).async_get_issue(DOMAIN, f"finding_{tracked.id}").is_fixable  # type: ignore[union-attr]
    await home.tap(approve, hass_admin_user.id)
    _as(monkeypatch, hass_admin_user)
    assert (await flow.async_step_approve())["reason"] == "proposal_gone"
    with pytest.raises(ServiceValidationError):
        await _ask(home, "approve", hass_admin_user.id, proposal=record.id)
    await _ask(
        home, "grant_standing", hass_admin_user.id, action="start_scrub", target="*", window_only=False
    )
    await home.settle(60)
    context = Context(user_id=hass_admin_user.id)
    for entity in ("button.tank_start_scrub",):
        with pytest.raises(ServiceValidationError) as refused:
            await home.hass.services.async_call(
                "button", "press", {"entity_id": entity}, blocking=True, context=context
            )
        assert refused.value.translation_key == "protected"
        assert refused.value.translation_placeholders == {"target": "tank"}
    assert home.scrubs() == 0
    await submit(home, protected_objects=[])
    await async_act(home.hass, context, home.nas.runtime_data, "start_scrub", record.target)
    assert home.scrubs() == 1


async def test_what_carries_a_protected_object_is_not_taken_away(
    home: Household, hass_admin_user: MockUser
) -> None:
    source = home.nas.runtime_data
    await submit(home, protected_objects=[f"app:{source.id}:plex"])
    actor = Actor(kind="user", id=hass_admin_user.id, admin=True, via="entity")
    for action, target, params in (
        ("restart_app", "plex", {}),
        ("reboot", "", {"reason": "kernel"}),
        ("shutdown", "", {"reason": "kernel"}),
    ):
        with pytest.raises(Refused) as refused:
            await home.guardian.desk.propose(source.id, action, target, params, actor=actor)
        assert refused.value.refusal.key in ("protected", "protected_near"), action
        assert refused.value.refusal.placeholders == {"target": "Plex"}
    with pytest.raises(ServiceValidationError) as shown:
        await _ask(
            home, "preview", hass_admin_user.id, device_id=source.device_id, action="reboot",
            params={"reason": "kernel"},
        )  # fmt: skip
    assert shown.value.translation_key == "protected_near"
    await home.guardian.desk.propose(source.id, "stop_app", "home-assistant", {}, actor=actor)


async def test_what_is_gone_stays_chosen_until_somebody_says_otherwise(home: Household) -> None:
    source = home.nas.runtime_data
    plex = f"app:{source.id}:plex"
    await submit(home, protected_objects=[plex])
    del home.sim.world.apps["plex"]
    await source.async_look("apps")
    await home.settle()
    assert home.guardian.topology.label(plex) == ""
    assert (await offered(home, "protected_objects"))[plex] == "Plex · app · truenas (not there now)"
    await submit(home, quiet_hours=True)
    assert home.guardian.settings.protected == {plex}
    assert home.guardian.settings.quiet is not None
    await submit(home, protected_objects=[])
    assert plex not in await offered(home, "protected_objects")


async def test_protection_outlives_the_server_entry_being_away(home: Household) -> None:
    await submit(home, protected_objects=[pool(home)])
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    await home.settle(60)
    assert home.guardian.desk.policy.settings.protected == {pool(home)}
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    assert (await offered(home, "protected_objects"))[pool(home)].endswith("(not there now)")
    assert await home.hass.config_entries.async_setup(home.server.entry_id)


async def test_a_budget_for_one_object(home: Household, hass_admin_user: MockUser) -> None:
    await submit(home, actions_per_target=1, actions_per_hour=2, most_permissive_mode="ask")
    found = home.guardian.desk.policy.settings
    assert (found.per_target, found.per_hour, found.ceiling) == (1, 2, Mode.ASK)


def open_rules(home: Household) -> dict[str, Any]:
    return {each.finding.rule: each for each in home.guardian.open_findings()}


async def test_phones_and_people_that_are_gone_are_told_and_cleaned(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    ann, tablet = home.phone("Ann", hass_admin_user), home.phone("Tablet", hass_admin_user)
    guest = await home.hass.auth.async_create_user("Guest")
    await submit(home, phones=[ann, tablet], approvers=[hass_admin_user.id], low_approvers=[guest.id])
    await home.settle(60)
    assert not open_rules(home).keys() & {"options_gone", "nobody_approves"}
    assert await home.hass.config_entries.async_remove(tablet)
    await home.hass.auth.async_remove_user(guest)
    await home.settle(60)
    found = open_rules(home)
    assert found["options_gone"].severity is Severity.WARNING
    assert found["options_gone"].finding.placeholders == {"names": "Guest, Tablet"}
    assert (await offered(home, "phones"))[tablet] == "Tablet (not there now)"
    assert (await offered(home, "low_approvers"))[guest.id] == "Guest (not there now)"
    # saving something else keeps them, taking them off ends it
    await submit(home, quiet_hours=False)
    assert home.guardian.settings.low_approvers == {guest.id}
    await submit(home, phones=[ann], low_approvers=[])
    await home.settle(60)
    assert "options_gone" not in open_rules(home)
    assert tablet not in await offered(home, "phones")


async def test_approvers_that_are_all_gone_open_the_door_to_nobody(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    boss = await home.hass.auth.async_create_user("Boss", group_ids=["system-admin"])
    await submit(home, approvers=[boss.id])
    await home.hass.auth.async_update_user(boss, group_ids=["system-users"])
    home.pushes.clear()
    await home.settle(120)
    found = open_rules(home)["nobody_approves"]
    assert found.severity is Severity.HIGH
    assert "Boss" in home.shown("Ann")["message"]
    await home.errors()
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
    assert refused.value.translation_key == "not_an_approver"
    await submit(home, approvers=[])
    await home.settle(60)
    assert "nobody_approves" not in open_rules(home)


async def test_what_people_add_to_the_topology_counts_at_once(
    home: Household, hass_admin_user: MockUser
) -> None:
    source = home.nas.runtime_data
    plex, ssh = f"app:{source.id}:plex", f"service:{source.id}:ssh"
    assert (await submit(home, added_object=plex, added_runs_on=ssh))["type"] == "create_entry"
    assert await offered(home, "runs_on") == {
        f"{plex} > {ssh}": "Plex · app · truenas runs on SSH · service · truenas"
    }
    # blast radius
    shown = await _ask(
        home, "preview", hass_admin_user.id, device_id=source.device_id, action="control_service",
        params={"service": "ssh", "order": "restart"},
    )  # fmt: skip
    assert "Plex" in shown["depends"]
    # protection reaches over it
    await submit(home, protected_objects=[plex])
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(
            home, "control_service", hass_admin_user.id, device_id=source.device_id, service="ssh", order="restart"
        )  # fmt: skip
    assert refused.value.translation_key == "protected_near"
    # it outlives a restart, also while the source is silent
    await home.sim.stop_listening()
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    assert ssh in home.guardian.topology.above(plex)
    assert home.guardian.topology.label(plex) == "Plex"
    await home.sim.start_listening()
    await home.settle(60)
    # and is taken back
    await submit(home, runs_on=[], protected_objects=[])
    assert await offered(home, "runs_on") == {}
    assert ssh not in home.guardian.topology.above(plex)


@pytest.mark.parametrize(
    ("upper", "lower", "error"),
    [
        ("app:{0}:plex", None, "one_end_only"),
        (None, "app:{0}:plex", "one_end_only"),
        ("app:{0}:plex", "app:{0}:plex", "same_object"),
        ("host:{0}", "app:{0}:plex", "runs_in_a_ring"),
    ],
)
async def test_a_link_that_makes_no_sense_is_refused(
    home: Household, upper: str | None, lower: str | None, error: str
) -> None:
    source = home.nas.runtime_data.id
    ends = {"added_object": upper, "added_runs_on": lower}
    given = {key: end.format(source) for key, end in ends.items() if end}
    shown = await submit(home, **given)
    assert shown["errors"] == {"base": error}
    assert home.guardian.settings.links == ()
    home.hass.config_entries.options.async_abort(shown["flow_id"])


def found(home: Household, name: str, start: str) -> Tracked:
    (it,) = (
        each
        for each in home.guardian.open_findings()
        if each.finding.object == pool(home, name) and each.finding.rule.startswith(start)
    )
    return it


async def test_a_problem_is_explained_by_what_people_said_it_runs_on(home: Household) -> None:
    next(iter(home.sim.world.pool("media").leaves())).checksum_errors += 30
    await home.sim.scenario("pool_degraded")
    await home.settle(180)
    errors = found(home, "media", "pool_errors")
    cause = found(home, "tank", "pool_unprotected")
    assert errors.inhibited_by is None
    await submit(home, added_object=pool(home, "media"), added_runs_on=pool(home))
    assert errors.inhibited_by == cause.id
    # suppressed is the telling, never the watching
    assert errors in home.guardian.open_findings()
    await submit(home, runs_on=[])
    assert errors.inhibited_by is None

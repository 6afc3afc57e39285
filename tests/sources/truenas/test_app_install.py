"""Scrutiny out of the catalogue: exactly what was shown is created, it is seen to run, and it can be taken away again."""

import asyncio
from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN, HOME
from custom_components.home_server_monitor.guardian.contract import Outcome, Plan, Proposal, Receipt, Refused
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.guardian.remediation import State
from custom_components.home_server_monitor.repairs import async_create_fix_flow
from custom_components.home_server_monitor.sources.truenas.catalogue import answers
from custom_components.home_server_monitor.sources.truenas.sending import NO_CHANGE
from tests.orders import ADMIN, desk_of, ended
from tests.test_config_flow import TEXTS
from tests.test_services import House
from tests.warp import Warp

ISSUE = f"disks_unread_{HOME}"
DISKS = ["nvme0n1", "sda", "sdb", "sdc", "sdd"]


@pytest.fixture(autouse=True)
def _time(warp: Warp) -> None:
    """Jobs and looks take no real time."""


@pytest.fixture(autouse=True)
def _admin(monkeypatch: pytest.MonkeyPatch, hass_admin_user: MockUser) -> None:
    """Whoever opens a repair is an admin."""
    now = type("Now", (), {"get": staticmethod(lambda: {"hass_user": hass_admin_user})})
    monkeypatch.setattr("custom_components.home_server_monitor.edge.people.current_request", now)


@pytest.fixture
async def home(hass: HomeAssistant, sim: Any, nas: MockConfigEntry, hass_admin_user: MockUser) -> House:
    """A NAS of 25.10 on which nothing reads the disks."""
    found = House(hass, nas, sim, hass_admin_user)
    sim.world.apps.pop("scrutiny")
    await found.source.async_look("apps")
    await look(found)
    return found


async def look(home: House) -> None:
    await home.hass.async_block_till_done(wait_background_tasks=False)
    await home.hass.data[DOMAIN].source(f"disks:{HOME}").async_look()


def issue(home: House) -> ir.IssueEntry:
    found = ir.async_get(home.hass).async_get_issue(DOMAIN, ISSUE)
    assert found is not None
    return found


async def opened(home: House) -> Any:
    """Open the repair."""
    found = issue(home)
    flow = await async_create_fix_flow(home.hass, found.issue_id, found.data)
    flow.hass, flow.flow_id, flow.handler, flow._issue_id = home.hass, "1", DOMAIN, ISSUE
    return flow


def said(step: str, shown: Any) -> str:
    """Return the text of a step as a person reads it: every placeholder is filled."""
    text = TEXTS["issues"]["disks_unread"]["fix_flow"]["step"][step]["description"]
    return str(text.format(**shown["description_placeholders"]))


def created(home: House) -> list[Any]:
    return [call.params[0] for call in home.sim.calls if call.method == "app.create"]


async def test_it_is_installed_as_it_was_shown_and_taken_away_again(home: House) -> None:
    flow = await opened(home)
    menu = await flow.async_step_init()
    assert menu["menu_options"] == ["install", "by_hand", "compose"]
    shown = await flow.async_step_install()
    text = said("install", shown)
    assert "version 1.3.0" in text
    assert "port 31054" in text
    assert ", ".join(DISKS) in text
    assert created(home) == [], "nothing is done for showing"
    assert (await flow.async_step_install({}))["type"] == "create_entry"
    desk = desk_of(home.entry)
    (record,) = (each for each in desk.records.values() if each.action == "install_scrutiny")
    record = await desk.wait(record.id)
    assert (record.state, record.actor.name if record.actor else None) == (State.SUCCEEDED, home.user.name)
    (order,) = created(home)
    assert (order["catalog_app"], order["train"], order["version"]) == ("scrutiny", "community", "1.3.0")
    assert order["values"]["scrutiny"]["disks"] == [
        {"host_device": f"/dev/{name}", "container_device": f"/dev/{name}"} for name in DISKS
    ]
    # its database has a well-known password: it is open to nobody outside of the app
    assert order["values"]["network"] == {
        "web_port": {"bind_mode": "published", "port_number": 31054},
        "influxdb_port": {"bind_mode": "exposed"},
    }
    assert home.sim.world.apps["scrutiny"].state == "RUNNING"

    # it runs, and what is left is to add it
    await look(home)
    assert issue(home).translation_key == "disks_waiting"
    offers = home.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert any(str(offer["context"].get("unique_id")).startswith("seen:smart:") for offer in offers)

    await home.source.async_look("apps")
    await home.hass.async_block_till_done(wait_background_tasks=False)
    # another app is not ours to take away
    await home.refused("not_made_from_here", "remove_app", home.device("app_sonarr"))
    answer = await home.call("remove_app", home.device("app_scrutiny"))
    assert answer["outcome"] == "succeeded"
    assert "scrutiny" not in home.sim.world.apps
    (deleted,) = (call.params for call in home.sim.calls if call.method == "app.delete")
    assert deleted == ["scrutiny", {"remove_images": True, "remove_ix_volumes": False}]


async def test_home_assistants_own_dialog_leads_through_it(home: House) -> None:
    """The same steps as the browser takes them: the menu, the plan, the approval, and the issue is closed."""
    assert await async_setup_component(home.hass, "repairs", {})
    manager = home.hass.data["repairs"]["flow_manager"]
    shown = await manager.async_init(DOMAIN, context={"issue_id": ISSUE})
    assert (shown["type"], shown["menu_options"][0]) == ("menu", "install")
    shown = await manager.async_configure(shown["flow_id"], {"next_step_id": "install"})
    assert "port 31054" in said("install", shown)
    done = await manager.async_configure(shown["flow_id"], {})
    assert done["type"] == "create_entry"
    assert ir.async_get(home.hass).async_get_issue(DOMAIN, ISSUE) is None
    assert len(created(home)) == 1


async def test_the_other_two_ways_are_shown(home: House) -> None:
    flow = await opened(home)
    by_hand = said("by_hand", await flow.async_step_by_hand())
    assert "/dev/sda, /dev/sdb" in by_hand
    assert by_hand.count("\n") + 1 <= 4
    compose = said("compose", await flow.async_step_compose())
    assert "      - /dev/nvme0n1\n" in compose
    for step in (flow.async_step_by_hand, flow.async_step_compose):
        assert (await step({}))["reason"] == "until_read"
    assert issue(home).translation_key == "disks_unread", "showing steps is no reading"
    # where nothing is to be done, nothing is offered to be approved either
    await desk_of(home.entry).set_mode(Mode.WATCH, ADMIN)
    refused = await (await opened(home)).async_step_install()
    assert (refused["type"], refused["reason"]) == ("abort", "refused")
    assert created(home) == []


async def test_a_key_that_may_not_is_shown_the_other_ways_only(home: House) -> None:
    entries, entry = home.hass.config_entries, home.entry
    entries.async_update_entry(entry, data={**entry.data, "api_key": home.sim.readonly_key})
    assert await entries.async_reload(entry.entry_id)
    assert home.source.smart_reader is None
    await look(home)
    assert (await (await opened(home)).async_step_init())["menu_options"] == ["by_hand", "compose"]


async def test_what_does_not_run_is_told(home: House) -> None:
    """It stays as it is: taking it away is somebody's decision, and is offered."""
    home.sim.world.broken_installs.add("1.3.0")
    record = await ended(home.entry, "install_scrutiny", "scrutiny")
    assert (record.state, record.verdict.facts["reason"] if record.verdict else None) == (
        State.FAILED,
        "gate_ended",
    )
    assert home.sim.world.apps["scrutiny"].state == "CRASHED"
    (found,) = (each for each in home.source.findings if "scrutiny" in each.object)
    assert (found.rule, found.proposal) == (
        "installed_app_fails",
        Proposal(action="remove_app", target="scrutiny"),
    )
    record = await ended(home.entry, "remove_app", "scrutiny")
    assert record.state is State.SUCCEEDED
    assert "scrutiny" not in home.sim.world.apps


async def test_the_repair_approves_what_it_showed_or_nothing(
    home: House, hass_admin_user: MockUser, hass_owner_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, world, desk = await opened(home), home.sim.world, desk_of(home.entry)

    async def told(given: dict[str, Any] | None = None) -> str:
        shown = await flow.async_step_install(given)
        if shown["type"] == "form":
            return said("install", shown)
        assert shown["type"] == "abort"
        return str((shown["description_placeholders"] or {}).get("reason") or shown["reason"])

    assert "port 31054" in await told()
    # another port is free by now: that is shown, and not approved unseen
    world.apps["sonarr"].port = 31054
    assert "port 31055" in await told({})
    plan = desk.plan

    async def older(*args: Any) -> Plan:
        found = await plan(*args)
        world.apps["sonarr"].port = 31055
        return found

    with monkeypatch.context() as patched:
        patched.setattr(desk, "plan", older)
        assert "port 31054" in await told({})

    async def full(*args: Any) -> int:
        raise JournalFailed("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(desk.journal, "append", full)
        assert (await told({})).startswith("The journal")
    with monkeypatch.context() as patched:
        patched.setattr("custom_components.home_server_monitor.repairs_disks.request_actor", nobody)
        assert await told({}) == "not_an_approver"
    # it stays as a proposal for whom the options name
    entries, server = home.hass.config_entries, home.source.house.guardian(HOME).entry
    entries.async_update_entry(server, options={**server.options, "approvers": [hass_owner_user.id]})
    await asyncio.sleep(1)
    assert await told({}) == "not_an_approver"
    entries.async_update_entry(server, options={**server.options, "approvers": []})
    await asyncio.sleep(1)
    home.sim.faults.add("error", "app.used_ports", count=1)
    assert "Simulated failure" in await told()
    # what can be answered in a way that nobody foresaw is left alone
    for method, value, reason in (
        ("docker.status", {"status": "STOPPED"}, "apps"),
        ("catalog.get_app_details", {"latest_version": "9"}, "catalogue"),
    ):
        fault = home.sim.faults.add("replace", method, value=value)
        assert reason in (await told()).lower()
        home.sim.faults.active.remove(fault)
    world.apps["scrutiny"] = replace(world.apps["sonarr"], name="scrutiny")
    await home.source.async_look("apps")
    assert await told() == "not_possible_now"
    assert created(home) == []


async def test_each_look_at_an_installation(home: House) -> None:
    """Whatever is met between the approval and its end."""
    action, world, sim = home.source.actions["install_scrutiny"], home.sim.world, home.sim
    plan = await action.plan("scrutiny", {})
    # the server says no: that is no success, and the app is not ours to take away
    sim.faults.error("app.create", count=1)
    refused = await action.run(plan, 0)
    verdict = await action.verify(plan, [refused])
    assert (verdict.outcome, "Simulated failure" in verdict.facts["reason"]) == (Outcome.FAILED, True)
    # a job that failed says why; one that succeeded without an app is no success
    for state, reason in (("FAILED", "No room"), ("SUCCESS", NO_CHANGE.facts["reason"])):
        row = {"id": 77, "method": "app.create", "state": state, "error": "no room", "progress": {}}
        sim.faults.replace("core.get_jobs", [row])
        verdict = await action.verify(plan, [Receipt(0, {}, 77)])
        assert (verdict.outcome, verdict.facts["reason"]) == (Outcome.FAILED, reason)
        sim.faults.active.clear()
    # a look that fails is repeated; made by somebody else meanwhile, it is not created a second time
    world.apps["scrutiny"] = replace(world.apps["sonarr"], name="scrutiny")
    sim.faults.error("app.query", count=2)
    verdict = await action.verify(plan, [Receipt(0, {"lost": True})])
    assert (verdict.outcome, verdict.facts["state"]) == (Outcome.SUCCEEDED, "running")
    writes = len(created(home))
    with pytest.raises(Refused, match="app_exists"):
        await action.run(plan, 0)
    assert len(created(home)) == writes
    del world.apps["scrutiny"]
    world.disks.clear()
    with pytest.raises(Refused, match="no_disks"):
        await action.plan("scrutiny", {})
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert (await action.verify(plan, [Receipt(0, {"lost": True})])).outcome is Outcome.INCONCLUSIVE


async def nobody(*args: Any) -> None:
    """Return nobody."""


@pytest.mark.parametrize("case", ["exists", "port", "none", "other"])
async def test_what_is_refused_or_answered_otherwise(home: House, case: str) -> None:
    desk, world = desk_of(home.entry), home.sim.world
    if case == "port":
        world.apps["sonarr"].port = 31054
        record = await desk.propose(home.source.id, "install_scrutiny", "scrutiny", actor=ADMIN)
        network = record.plan.steps[0].params["values"]["network"]
        assert network["web_port"]["port_number"] == 31055
        # the plan is bound to what was seen
        world.apps["sonarr"].port = 31055
        with pytest.raises(Refused) as refused:
            await desk.approve(record.id, ADMIN)
        assert refused.value.refusal.key == "target_changed"
    elif case == "exists":
        record = await desk.propose(home.source.id, "install_scrutiny", "scrutiny", actor=ADMIN)
        world.apps["scrutiny"] = replace(world.apps["sonarr"], name="scrutiny")
        with pytest.raises(Refused) as refused:
            await desk.approve(record.id, ADMIN)
        assert refused.value.refusal.key == "app_exists"
    elif case == "none":
        world.catalogue_hides_disks = True
        record = await desk.propose(home.source.id, "install_scrutiny", "scrutiny", actor=ADMIN)
        assert record.plan.steps[0].params["values"]["scrutiny"] == {}
        assert record.plan.before["shown"]["disks"].startswith("all disks")
    else:
        with pytest.raises(Refused) as refused:
            await desk.propose(home.source.id, "install_scrutiny", "sonarr", actor=ADMIN)
        assert refused.value.refusal.key == "no_such_target"
    assert created(home) == []
    await asyncio.sleep(0)


OLDER = {
    "latest_version": "1.1.12",
    "versions": {
        "1.1.12": {
            "schema": {
                "questions": [
                    {"variable": "scrutiny", "schema": {"type": "dict", "attrs": []}},
                    {
                        "variable": "network",
                        "schema": {
                            "type": "dict",
                            "attrs": [
                                {"variable": "web_port", "schema": {"type": "int", "default": 31054}},
                                {"variable": "influxdb_port", "schema": {"type": "int", "default": 31055}},
                            ],
                        },
                    },
                ]
            }
        }
    },
}


def asks(*network: Any) -> Any:
    """A catalogue that asks this of the network, and a row that has no name."""
    rows = [
        {"variable": "scrutiny", "schema": {"type": "dict", "attrs": []}},
        {"schema": {"type": "dict"}},
        {"variable": "network", "schema": {"type": "dict", "attrs": [*network]}},
    ]
    return {"latest_version": "1", "versions": {"1": {"schema": {"questions": rows}}}}


def test_an_older_catalogue_is_answered_in_its_own_way() -> None:
    found = answers(OLDER, ["sda"], {31054})
    assert found is not None
    assert found.values == {"scrutiny": {}, "network": {"web_port": 31055, "influxdb_port": 31056}}
    assert found.all_disks


@pytest.mark.parametrize(
    "details",
    [
        None,
        {},
        {"latest_version": "2", "versions": {}},
        {"latest_version": None, "versions": {"1": {}}},
        {"latest_version": "1", "versions": {"1": {"schema": {"questions": "?"}}}},
        {"latest_version": "1", "versions": {"1": {"schema": {"questions": [{"variable": "network"}]}}}},
        asks(),
        asks({"variable": "web_port", "schema": {"type": "dict", "attrs": [{"variable": "number"}]}}),
    ],
)
def test_what_is_not_understood_is_not_answered(details: Any) -> None:
    assert answers(details, ["sda"], ()) is None


def test_no_port_is_taken_twice() -> None:
    """Where but one is free there is none for its database."""
    assert answers(OLDER, ["sda"], {*range(31054, 31998)}) is None
    found = answers(OLDER, ["sda"], {*range(31054, 31997)})
    assert found is not None
    assert found.values["network"] == {"web_port": 31997, "influxdb_port": 31998}

"""Approved for later, in Home Assistant: after what it would interrupt has ended, or in the maintenance hours."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.capabilities import Use, Viewer
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.guardian.waiting import WAITS
from custom_components.home_server_monitor.repairs import async_create_fix_flow
from custom_components.home_server_monitor.sources.truenas.system import Update
from simulator.motion import start_task

from .seen import device_of
from .test_guardian_edge import Household, _as, _ask, _fix, home

__all__ = ["home"]

QUARTER = 900.0


class Streams:
    """A media server that somebody watches something on."""

    kind, id, name, judged = "plex", "plex", "Plex", True
    findings: Sequence[Any] = ()
    nodes: Sequence[Any] = ()

    def __init__(self, server: str, node: str) -> None:
        self.server, self.node = server, node
        self.actions: dict[str, Any] = {}
        self.watched = True

    def changes_since_last(self) -> Sequence[Any]:
        return ()

    def in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        viewer = Viewer("Bertha", "A Secret Film", dt_util.utcnow() + timedelta(minutes=90))
        return (Use("stream", "Ann", (viewer,)),) if self.watched and self.node in nodes else ()

    async def look_in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        return self.in_use(nodes)


@pytest.fixture
async def crashed(home: Household) -> Household:
    """A household with a crashed app that somebody still watches something through."""
    await home.sim.scenario("app_crashed", app="sonarr")
    await home.settle(120)
    return home


async def _replicate(home: Household, seconds: float) -> None:
    """Let the NAS send snapshots for so long."""
    task = next(iter(home.sim.world.replications.values()))
    task.seconds = seconds / home.sim.world.jobs.pace
    start_task(home.sim.world, task, owner=None)
    await home.nas.runtime_data.async_look("tasks")
    await home.settle(1)


async def _reboot(home: Household, user: MockUser) -> Record:
    """Ask for a reboot, which becomes a proposal."""
    device = home.nas.runtime_data.device_id
    with pytest.raises(ServiceValidationError):
        await _ask(home, "reboot", user.id, device_id=device, reason="kernel")
    await home.settle(1)
    return home.record()


def _state(home: Household, record: Record) -> State:
    return home.guardian.desk.records[record.id].state


async def _approve_in_repairs(home: Household, step: str, record: Record) -> Any:
    flow = await _fix(home, record.id)
    await flow.async_step_init()
    form = await getattr(flow, f"async_step_{step}")()
    assert (form["type"], form["step_id"]) == ("form", step)
    return await getattr(flow, f"async_step_{step}")({"name": record.name})


def _closed() -> dict[str, str]:
    """Return maintenance hours that are not now."""
    begins = dt_util.now() + timedelta(hours=6)
    ends = begins + timedelta(hours=3)
    return {"window_from": begins.strftime("%H:%M:00"), "window_to": ends.strftime("%H:%M:00")}


async def test_a_reboot_waits_for_a_replication(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user), **_closed())
    await _replicate(home, QUARTER)
    record = await _reboot(home, hass_admin_user)
    shown = await (await _fix(home, record.id)).async_step_init()
    assert shown["menu_options"] == ["approve", "after_it_ends", "next_window", "deny"]
    name = next(iter(home.sim.world.replications.values())).description
    assert f"It would interrupt: replication {name}." in shown["description_placeholders"]["what"]
    _as(monkeypatch, hass_admin_user)
    boot = home.sim.world.boot_id
    assert (await _approve_in_repairs(home, "after_it_ends", record))["reason"] == "approved_later"
    await home.settle(60)
    assert _state(home, record) is State.APPROVED
    (listed,) = (await _ask(home, "list_proposals", hass_admin_user.id))["waiting"]
    assert (listed["id"], listed["waits"]) == (record.id, "in_use")
    assert f"It begins once this has ended: replication {name}." in listed["outcome"]
    # Home Assistant is killed meanwhile
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.data[DOMAIN].desks.clear()
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(300)
    assert (home.sim.world.boot_id, _state(home, record)) == (boot, State.APPROVED)
    home.pushes.clear()
    await home.settle(QUARTER)
    assert (home.sim.world.boot_id != boot, _state(home, record)) == (True, State.SUCCEEDED)
    # nobody stood there any more
    assert "seen to have worked" in home.shown("Ann")["message"]


async def test_what_waits_can_be_cancelled_in_repairs(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _replicate(home, QUARTER)
    record = await _reboot(home, hass_admin_user)
    _as(monkeypatch, hass_admin_user)
    await _approve_in_repairs(home, "after_it_ends", record)
    await home.settle(1)
    issues = ir.async_get(home.hass)
    assert issues.async_get_issue(DOMAIN, f"finding_{record.id}") is None
    issue = issues.async_get_issue(DOMAIN, f"waiting_{record.id}")
    assert issue is not None
    flow = await async_create_fix_flow(home.hass, issue.issue_id, issue.data)
    flow.hass, flow.flow_id, flow.handler = home.hass, "1", DOMAIN
    form = await flow.async_step_confirm()  # type: ignore[attr-defined]
    assert "It begins once this has ended" in form["description_placeholders"]["said"]
    done = await flow.async_step_confirm({})  # type: ignore[attr-defined]
    assert (done["type"], _state(home, record)) == ("create_entry", State.CANCELLED)
    boot = home.sim.world.boot_id
    await home.settle(1.3 * QUARTER)
    assert home.sim.world.boot_id == boot
    assert issues.async_get_issue(DOMAIN, f"waiting_{record.id}") is None


async def test_a_target_that_changed_while_it_waited(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await _replicate(home, QUARTER)
    record = await _reboot(home, hass_admin_user)
    _as(monkeypatch, hass_admin_user)
    await _approve_in_repairs(home, "after_it_ends", record)
    # somebody else reboots it
    await home.sim.scenario("reboot")
    next(iter(home.sim.world.replications.values())).last = None
    boot = home.sim.world.boot_id
    await home.settle(QUARTER)
    assert (_state(home, record), home.sim.world.boot_id) == (State.SUPERSEDED, boot)
    assert f"Reboot: not done. {record.name} changed" in home.shown("Ann")["message"]


async def test_two_buttons_while_it_is_in_use(
    crashed: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = crashed
    home.tell(home.phone("Ann", hass_admin_user), **_closed())
    streams = Streams(home.guardian.id, f"app:{home.nas.runtime_data.id}:sonarr")
    home.guardian.house.attach(streams)
    (tracked,) = (each for each in home.guardian.open_findings() if each.finding.rule == "app_crashed")
    found = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="notify.mobile_app_ann")
    titles = [each["title"] for each in found["buttons"]]
    assert titles == ["Restart app", "After it ends", "Why", "Snooze 24 h"]
    assert "It would interrupt: Ann." in found["message"]
    assert all(len(each["action"].encode()) <= 64 for each in found["buttons"])
    await home.tap(found["buttons"][2]["action"], hass_admin_user.id)
    why = home.shown("Ann")
    assert why["message"].splitlines()[1] == "It would interrupt: Ann."
    verbs = [each["title"] for each in why["data"]["actions"]]
    assert verbs[:2] == ["Restart app", "After it ends"]
    assert verbs[3:] == ["Deny", "Acknowledge"]
    # who watches what until when is for who may approve it alone
    shown = await (await _fix(home, tracked.id)).async_step_init()
    assert "Bertha" not in str(shown)
    _as(monkeypatch, hass_admin_user)
    shown = await (await _fix(home, tracked.id)).async_step_init()
    said = shown["description_placeholders"]["what"]
    assert "It would interrupt: Ann. Watching now: Bertha: A Secret Film until about " in said
    assert "Bertha" not in str(home.pushes)
    restarts = _restarts(home)
    await home.tap(home.button(why, "after"), hass_admin_user.id)
    record = home.record()
    assert (record.waits, record.is_waiting) == ("in_use", True)
    (cancel,) = home.shown("Ann")["data"]["actions"]
    assert cancel["title"] == "Cancel"
    await home.settle(120)
    assert _restarts(home) == restarts
    streams.watched = False
    await home.settle(120)
    assert _state(home, record) is State.SUCCEEDED
    assert _restarts(home) == restarts + 1
    # the button of before does nothing any more
    await home.tap(cancel["action"], hass_admin_user.id)
    assert _state(home, record) is State.SUCCEEDED


def _restarts(home: Household) -> int:
    return len([call for call in home.sim.calls if call.write and "sonarr" in str(call.params)])


async def test_what_waits_can_be_cancelled_on_the_phone(
    crashed: Household, hass_admin_user: MockUser
) -> None:
    home = crashed
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Bea", hass_admin_user))
    home.guardian.house.attach(Streams(home.guardian.id, f"app:{home.nas.runtime_data.id}:sonarr"))
    (tracked,) = (each for each in home.guardian.open_findings() if each.finding.rule == "app_crashed")
    found = await _ask(home, "get_buttons", None, finding=tracked.id, recipient="notify.mobile_app_ann")
    await home.tap(found["buttons"][1]["action"], hass_admin_user.id)
    record = home.record()
    (cancel,) = home.shown("Ann")["data"]["actions"]
    await home.tap(cancel["action"], hass_admin_user.id)
    assert _state(home, record) is State.CANCELLED
    # the problem is not taken for answered
    assert home.guardian.register.silence(tracked) is None


async def test_the_action_approve_for_later(crashed: Household, hass_admin_user: MockUser) -> None:
    home = crashed
    home.guardian.house.attach(Streams(home.guardian.id, f"app:{home.nas.runtime_data.id}:sonarr"))
    (proposal,) = (await _ask(home, "list_proposals", hass_admin_user.id))["proposals"]
    assert proposal["interrupts"] == ["Ann"]
    for when in ("sometime", ""):
        with pytest.raises(vol.Invalid):
            await _ask(home, "approve", hass_admin_user.id, proposal=proposal["id"], when=when)
    found = await _ask(home, "approve", hass_admin_user.id, proposal=proposal["id"], when="after_it_ends")
    assert (found["state"], found["waits"]) == ("approved", "in_use")
    # the same order is not held up until then
    device = device_of(home.hass, home.nas, "app_sonarr")
    assert device is not None
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "restart_app", hass_admin_user.id, device_id=device.id)
    assert refused.value.translation_key == "waits_already"
    await _ask(home, "deny", hass_admin_user.id, proposal=proposal["id"])
    assert home.guardian.desk.records[proposal["id"]].state is State.CANCELLED


async def test_it_is_given_up_and_told(
    crashed: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = crashed
    monkeypatch.setitem(WAITS, "in_use", 600.0)
    home.tell(home.phone("Ann", hass_admin_user))
    home.guardian.house.attach(Streams(home.guardian.id, f"app:{home.nas.runtime_data.id}:sonarr"))
    (proposal,) = (await _ask(home, "list_proposals", hass_admin_user.id))["proposals"]
    await _ask(home, "approve", hass_admin_user.id, proposal=proposal["id"], when="after_it_ends")
    await home.settle(700)
    assert home.guardian.desk.records[proposal["id"]].state is State.EXPIRED
    assert "could not begin in time" in home.shown("Ann")["message"]


async def test_it_begins_with_the_maintenance_hours(crashed: Household, hass_admin_user: MockUser) -> None:
    home = crashed
    begins = dt_util.as_local(dt_util.utcnow()) + timedelta(minutes=12)
    ends = begins + timedelta(hours=1)
    hours = {"window_from": begins.strftime("%H:%M:00"), "window_to": ends.strftime("%H:%M:00")}
    home.tell(home.phone("Ann", hass_admin_user), **hours)
    await home.settle(1)
    (proposal,) = (await _ask(home, "list_proposals", hass_admin_user.id))["proposals"]
    found = await _ask(home, "approve", hass_admin_user.id, proposal=proposal["id"], when="next_window")
    assert f"It begins at {begins.strftime('%H:%M')}." in found["outcome"]
    await home.settle(600)
    assert home.guardian.desk.records[proposal["id"]].state is State.APPROVED
    await home.settle(180)
    assert home.guardian.desk.records[proposal["id"]].state is State.SUCCEEDED
    home.tell(window_days=[])
    await asyncio.sleep(1)
    again = await home.guardian.desk.propose(
        home.nas.runtime_data.id, "restart_app", "plex", actor=home.record().proposed_by
    )
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "approve", hass_admin_user.id, proposal=again.id, when="next_window")
    assert refused.value.translation_key == "no_window"


@pytest.mark.parametrize("what", ["scrub", "resilver", "update", "nothing"])
async def test_what_a_nas_says(home: Household, hass_admin_user: MockUser, what: str) -> None:
    if what in ("scrub", "resilver"):
        await home.sim.scenario({"scrub": "scrub_running"}.get(what, what))
    nodes = {f"host:{home.nas.runtime_data.id}", f"pool:{home.sim.world.pool('tank').guid}"}
    await home.settle(90)
    source = home.nas.runtime_data
    if what == "update":
        source.data = replace(source.data, update=Update("25.10.2", None, 40.0))
    expected = {
        "scrub": [Use("scrub", "tank")],
        "resilver": [Use("resilver", "tank")],
        "update": [Use("update", "25.10.2")],
        "nothing": [],
    }[what]
    assert list(source.in_use(nodes)) == expected
    assert list(source.in_use({"host:other"})) == []
    if what != "update":
        assert list(await source.look_in_use(nodes)) == expected


async def test_who_is_no_admin_any_more_has_approved_nothing(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _replicate(home, QUARTER)
    record = await _reboot(home, hass_admin_user)
    _as(monkeypatch, hass_admin_user)
    await _approve_in_repairs(home, "after_it_ends", record)
    hass_admin_user.mock_policy({})
    hass_admin_user.groups = []
    hass_admin_user.is_owner = False
    boot = home.sim.world.boot_id
    await home.settle(60)
    assert _state(home, record) is State.CANCELLED
    await home.settle(QUARTER)
    assert home.sim.world.boot_id == boot
    said = home.guardian.wording.outcome(home.guardian.desk.records[record.id])
    assert "approved it and may not any more, so nothing was sent." in said


async def _full(*args: Any) -> int:
    raise JournalFailed("No space left on device")


async def _told(flow: Any, step: str, given: dict[str, str] | None = None) -> str:
    """Return why a step of a repair changed nothing, or what it shows instead."""
    shown = await getattr(flow, f"async_step_{step}")(given)
    if shown["type"] == "menu":
        return f"menu {' '.join(shown['menu_options'])}"
    why = (shown.get("description_placeholders") or {}).get("reason", "")
    return f"{shown['reason']} {why}".strip() if shown["type"] == "abort" else str(shown["type"])


async def test_repairs_change_nothing_without_somebody_who_may_and_a_journal(
    home: Household,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home.tell(**_closed())
    await _replicate(home, QUARTER)
    record = await _reboot(home, hass_admin_user)
    flow, named = await _fix(home, record.id), {"name": record.name}
    assert await _told(flow, "init") == "menu approve after_it_ends next_window deny"
    for user in (hass_read_only_user, None):
        _as(monkeypatch, user)  # type: ignore[arg-type]
        assert await _told(flow, "approve", named) == "not_an_approver"
        assert await _told(flow, "deny") == "not_an_approver"
    _as(monkeypatch, hass_admin_user)
    with monkeypatch.context() as patched:
        patched.setattr(home.guardian.desk.journal, "append", _full)
        for step in ("approve", "deny"):
            assert (await _told(flow, step, named)).startswith("refused The journal")
    assert _state(home, record) is State.PROPOSED
    assert await _told(flow, "next_window", named) == "approved_later"
    assert (_state(home, record), home.record().waits) == (State.APPROVED, "window")
    # what waits is cancelled the same way
    waiting = await async_create_fix_flow(
        home.hass, f"waiting_{record.id}", {"server": "home", "proposal": record.id}
    )
    waiting.hass, waiting.flow_id, waiting.handler = home.hass, "1", DOMAIN
    _as(monkeypatch, hass_read_only_user)
    assert await _told(waiting, "confirm", {}) == "not_an_approver"
    _as(monkeypatch, hass_admin_user)
    with monkeypatch.context() as patched:
        patched.setattr(home.guardian.desk.journal, "append", _full)
        # it waits on: nobody is told that it is gone
        assert (await _told(waiting, "confirm", {})).startswith("refused The journal")
    assert _state(home, record) is State.APPROVED
    deny = home.guardian.desk.deny

    async def faster(*args: Any) -> Record:
        await deny(*args)
        return await deny(*args)

    with monkeypatch.context() as patched:
        patched.setattr(home.guardian.desk, "deny", faster)
        assert await _told(waiting, "confirm", {}) == "proposal_gone"
    assert await _told(waiting, "confirm", {}) == "proposal_gone"
    for step in ("init", "approve", "deny"):
        assert await _told(flow, step) == "proposal_gone"


async def test_a_plan_that_took_the_place_of_another_is_shown_before_it_is_decided(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = await home.errors()
    old, flow = home.record(), await _fix(home, tracked.id)
    _as(monkeypatch, hass_admin_user)
    await flow.async_step_init()
    for step in ("deny", "approve"):
        await home.guardian.desk.book.expire(home.record())
        assert await _told(flow, step) == "menu approve deny acknowledge"
    new = home.record()
    assert (new.id != old.id, new.state, home.scrubs()) == (True, State.PROPOSED, 0)
    assert await _told(flow, "deny") == "create_entry"
    assert _state(home, new) is State.DENIED
    assert home.guardian.register.silence(tracked) == "acknowledged"

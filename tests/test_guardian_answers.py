"""Answers that change nothing, that come too late, and ends that nobody took: all of it is said, once, to whom it concerns."""

import asyncio
from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT, TELEGRAM_EVENT
from custom_components.home_server_monitor.guardian.contract import Actor, Severity
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.notice import Notice
from custom_components.home_server_monitor.guardian.remediation import State

from .test_guardian_edge import Household, _ask, _call, home

__all__ = ["home"]


async def refused(home: Household, action: str, user: str | None, /, **data: Any) -> str | None:
    """Return the key of what an action is refused with."""
    with pytest.raises(HomeAssistantError) as error:
        await _ask(home, action, user, **data)
    assert isinstance(error.value, ServiceValidationError) or error.value.translation_key == "journal_failed"
    return error.value.translation_key


async def full(*args: Any, **more: Any) -> Any:
    """Fail as a journal does whose disk is full."""
    raise JournalFailed("No space left on device")


async def test_an_end_that_no_phone_took_is_told_until_one_takes_it(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    home.pushes.clear()
    home.broken = {"Ann"}
    await home.tap(approve, hass_admin_user.id)
    record = home.record()
    await home.until(lambda: home.guardian.desk.records[record.id].over)
    await home.settle(30)
    assert (home.pushes, home.guardian.desk.untold) == ([], [home.record()])
    home.broken.clear()
    await home.settle(60)
    (push,) = home.pushes
    assert (push["data"]["tag"], home.guardian.desk.untold) == (f"hsm-{tracked.id}", [])
    await home.settle(60)
    assert len(home.pushes) == 1
    # one that Home Assistant's end cuts short is told after it; what is older than a day is not
    home.broken = {"Ann"}
    ann = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="phone")
    source = home.nas.runtime_data.id
    snapshot = await home.guardian.desk.propose(source, "create_snapshot", "tank/documents", {}, actor=ann)
    await home.guardian.desk.approve(snapshot.id, ann)
    await home.guardian.desk.wait(snapshot.id)
    await home.settle(5)
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.pushes.clear()
    home.broken.clear()
    await asyncio.sleep(60)
    assert home.pushes == []
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(60)
    assert [each["to"] for each in home.pushes if "napshot" in str(each)] == ["Ann"]
    home.broken = {"Ann"}
    late = await home.guardian.desk.propose(source, "create_snapshot", "tank/media", {}, actor=ann)
    await home.guardian.desk.approve(late.id, ann)
    await home.settle(10)
    home.pushes.clear()
    assert late.id in [each.id for each in home.guardian.desk.untold]
    home.warp.offset += 25 * 3600
    await home.settle(300)
    home.broken.clear()
    assert home.guardian.desk.untold == []
    await home.settle(30)
    assert [each for each in home.pushes if "napshot" in str(each)] == []


async def test_what_a_tap_cannot_do_is_said(
    home: Household, hass_admin_user: MockUser, hass_owner_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = home.phone("Ann", hass_admin_user)
    home.tell(ann)
    await home.errors()
    push = home.shown("Ann")
    await home.tap(home.button(push, "why"), hass_admin_user.id)
    deny = home.button(home.shown("Ann"), "deny")
    # a no that cannot be written down is none
    with monkeypatch.context() as patched:
        patched.setattr(home.guardian.desk.journal, "append", full)
        await home.tap(deny, hass_admin_user.id)
    assert "journal cannot be written" in home.shown("Ann")["message"]
    assert home.record().state is State.PROPOSED
    # who was an approver when it was told, and is none any more
    await home.tap(home.button(push, "why"), hass_admin_user.id)
    found = await _ask(home, "get_buttons", None, finding=home.record().finding, recipient=ann)
    approve = next(each["action"] for each in found["buttons"] if each["title"] == "Start scrub")
    home.hass.config_entries.async_update_entry(
        home.server, options={**home.server.options, "approvers": [hass_owner_user.id]}
    )
    await home.settle(1)
    await home.tap(approve, hass_admin_user.id)
    assert "not among those who may approve" in home.shown("Ann")["message"]
    assert (home.scrubs(), home.record().state) == (0, State.PROPOSED)
    lines = (await _ask(home, "list_journal", hass_admin_user.id, limit=5))["journal"]
    assert f"Approval by {hass_admin_user.name} refused: not an approver" in [each["text"] for each in lines]
    # what is no answer to anything is left alone
    home.pushes.clear()
    for event, data in (
        (TELEGRAM_EVENT, {"data": "hello", "user_id": 1, "chat_id": 1}),
        (TELEGRAM_EVENT, {"data": None}),
        (PHONE_EVENT, {"action": "hsm:approve"}),
    ):
        home.hass.bus.async_fire(event, data, context=Context(user_id=hass_admin_user.id))
    await home.settle(15)
    assert home.pushes == []


async def test_what_is_not_there_is_refused_and_what_cannot_be_read_is_said(
    home: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = hass_admin_user.id
    tracked = await home.errors()
    for action, data, key in (
        ("acknowledge", {"finding": "none"}, "no_such_finding"),
        ("snooze", {"finding": "none"}, "no_such_finding"),
        ("dismiss", {"finding": "none", "reason": "known"}, "no_such_finding"),
        ("approve", {"proposal": "none"}, "no_such_proposal"),
        ("deny", {"proposal": "none"}, "no_such_proposal"),
        ("explain_disk", {"disk": "none"}, "no_such_disk"),
        ("disk_ordered", {"disk": "none"}, "no_such_disk"),
        ("power_drill", {}, "power_no_ups"),
    ):
        assert await refused(home, action, admin, **data) == key, action
    with pytest.raises(ServiceValidationError) as unknown:
        await _call(home, DOMAIN, "revoke_standing", admin, standing="none")
    assert unknown.value.translation_key == "no_such_standing"
    guest = {"finding": tracked.id, "recipient": "notify.mobile_app_ann"}
    assert await refused(home, "get_buttons", hass_read_only_user.id, **guest) == "admin_only"
    nobody = await _ask(home, "get_buttons", admin, finding=tracked.id, recipient="notify.")
    assert (nobody["told"], nobody["buttons"]) == (False, [])
    # a plan without a finding, before and after its end
    ann = Actor(kind="user", id=admin, name="Ann", admin=True, via="action")
    source = home.nas.runtime_data.id
    plan = await home.guardian.desk.propose(source, "create_snapshot", "tank/documents", {}, actor=ann)
    shown = await _ask(home, "get_buttons", admin, proposal=plan.id, recipient="notify.")
    await home.guardian.desk.approve(plan.id, ann)
    await home.guardian.desk.wait(plan.id)
    ended = await _ask(home, "get_buttons", admin, proposal=plan.id, recipient="notify.")
    assert shown["message"] != ended["message"]
    with monkeypatch.context() as patched:
        for name in ("read", "newest"):
            patched.setattr(home.guardian.desk.journal, name, full)
        assert await refused(home, "list_journal", admin) == "journal_failed"
        assert await refused(home, "automation_report", admin) == "journal_failed"
        assert await refused(home, "digest", admin, month=True) == "journal_failed"
        assert (await _ask(home, "digest", admin))["title"]
    assert (await _ask(home, "digest", admin, month=True))["title"]


def _full(home: Household) -> list[Tracked]:
    return [each for each in home.guardian.open_findings() if each.finding.rule == "pool_full"]


async def test_notes_of_a_kind_are_accepted_and_what_is_worse_is_still_told(
    home: Household, hass_admin_user: MockUser
) -> None:
    admin = hass_admin_user.id
    home.tell(home.phone("Ann", hass_admin_user))
    world = home.sim.world
    tank, media = world.pool("tank"), world.pool("media")
    # one is nearly full already, which is a note; the other one fills up
    world.root(tank).own += int((0.96 * tank.size - world.allocated(tank)) * tank.usable_share)
    await home.until(lambda: len(_full(home)) == 2, 900)
    note, worse = sorted(_full(home), key=lambda each: each.severity)
    assert (note.severity, worse.severity) == (Severity.INFO, Severity.HIGH)
    # one of the two is meant by it, and to say it twice changes nothing
    for _ in range(2):
        assert await _ask(home, "accept_notes", admin, rule="pool_full") == {"accepted": 1}
    assert _full(home) == [worse]
    listed = (await _ask(home, "list_findings", admin))["findings"]
    states = {each["id"]: each["state"] for each in listed}
    assert (states[note.id], states[worse.id]) == ("dismissed", "firing")
    lines = (await _ask(home, "list_journal", admin, limit=1))["journal"]
    assert [each["text"] for each in lines] == [f"Notes of kind pool full accepted by {hass_admin_user.name}"]
    # a note that becomes serious is told
    home.pushes.clear()
    world.root(media).own += int((0.97 * media.size - world.allocated(media)) * media.usable_share)
    await home.until(lambda: note.severity is Severity.HIGH and home.pushes, 900)
    assert note in _full(home)
    world.root(media).own += int((0.5 * media.size - world.allocated(media)) * media.usable_share)
    await home.until(lambda: note.resolved_at, 900)
    for more, seen in ((False, set()), (True, {"resolved"})):
        listed = (await _ask(home, "list_findings", admin, include_resolved=more))["findings"]
        assert {each["state"] for each in listed if each["id"] == note.id} == seen


async def test_one_of_a_kind_is_told_by_its_newest_notice(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    home.broken = {"Ann"}
    tracked = await home.errors()
    speaker = home.guardian.speaker
    # what waits to be told again is overtaken by what is newer of the same
    (older,) = speaker.outbox
    newer = Notice(kind="repeated", ids=(tracked.id,), severity=Severity.HIGH, lead=older.notice.lead)
    speaker.say([newer])
    assert [letter.notice for letter in speaker.outbox] == [newer]
    await home.settle(30)
    home.broken.clear()
    await home.settle(400)
    assert len(home.pushes) == 1
    # what cannot be put into words takes nothing with it, and is not tried for ever
    home.pushes.clear()

    def fails(*args: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(speaker.notices, "message", fails)
        speaker.say([newer])
        await home.settle(10)
    assert (home.pushes, tuple(speaker.outbox)) == ([], ())
    # what comes and goes is told while nobody has taken it
    flaps = Notice(kind="flapping", ids=(tracked.id,), severity=Severity.HIGH, lead=tracked.id)
    assert speaker.notices.still_so(flaps, [tracked]) == [tracked]
    await _ask(home, "acknowledge", hass_admin_user.id, finding=tracked.id)
    await home.settle(5)
    home.pushes.clear()
    speaker.say([flaps])
    await home.settle(10)
    assert home.pushes == []


async def test_where_one_of_several_is_over_the_others_stay_shown(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    await _call(home, DOMAIN, "test_alert", hass_admin_user.id)
    await home.settle(5)
    (exercise,) = (each for each in home.guardian.open_findings() if each.finding.rule == "practice")
    exercise.told_as = tracked.told_as
    home.pushes.clear()
    for rest, title in (((tracked.id,), "checksum"), ((tracked.id, exercise.id), "2")):
        over = Notice(
            kind="resolved", ids=("gone", tracked.id), severity=Severity.HIGH, lead=tracked.id, rest=rest
        )
        home.guardian.speaker.say([over])
        await home.settle(10)
        assert title in home.pushes[-1]["title"]
        assert home.pushes[-1]["data"]["tag"] == f"hsm-{tracked.id}"
    # who takes care of one of them does not take the other off the phones
    home.pushes.clear()
    await _ask(home, "acknowledge", hass_admin_user.id, finding=tracked.id)
    await home.settle(5)
    assert home.pushes == []
    await _ask(home, "acknowledge", hass_admin_user.id, finding=exercise.id)
    await home.settle(5)
    assert [each["message"] for each in home.pushes] == ["clear_notification"]

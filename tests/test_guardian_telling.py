"""How people are told: nothing slow holds up anything else, and nothing on its way is lost or told twice."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import Context, ServiceCall
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.edge.lanes import Lanes
from custom_components.home_server_monitor.edge.outbox import KEPT_FOR, Outbox
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.guardian.looks import Looks
from custom_components.home_server_monitor.guardian.notice import Notice

from .test_guardian_edge import Household, _ask, home

__all__ = ["home"]


class Slow:
    """A phone whose service takes as long as the test wants."""

    def __init__(self, home: Household, name: str, user: MockUser) -> None:
        self.home, self.name = home, name
        self.entry_id = home.phone(name, user)
        self.goes = asyncio.Event()
        self.begun = 0
        home.hass.services.async_register("notify", f"mobile_app_{name.lower()}", self._push)

    async def _push(self, call: ServiceCall) -> None:
        self.begun += 1
        await self.goes.wait()
        self.home.pushes.append({"to": self.name, **call.data})


def told(home: Household, name: str, word: str = "checksum") -> list[dict[str, Any]]:
    """Return what a phone was told about the errors."""
    return [each for each in home.pushes if each["to"] == name and word in str(each.get("title"))]


async def test_a_plan_that_hangs_holds_up_no_other_message(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    home.guardian.desk.book.records.clear()
    home.pushes.clear()

    async def hangs(self: Any, *args: Any) -> Any:
        await asyncio.sleep(3600)

    monkeypatch.setattr(Looks, "plan", hangs)
    first = Notice(kind="repeated", ids=(tracked.id,), severity=Severity.HIGH, lead=tracked.id)
    await home.guardian.answers.practise()
    (exercise,) = (each for each in home.guardian.open_findings() if each.finding.rule == "practice")
    await asyncio.sleep(60)
    home.pushes.clear()
    second = Notice(kind="digest", ids=(), severity=Severity.INFO)
    home.guardian.speaker.say([first, second])
    await asyncio.sleep(1)
    assert [push["data"]["tag"] for push in home.pushes] == ["hsm-digest"]
    await home.settle(10)
    assert [push["data"]["tag"] for push in home.pushes] == ["hsm-digest", f"hsm-{tracked.id}"]
    assert exercise.told_severity is Severity.HIGH


async def test_a_hung_phone_delays_no_other(home: Household, hass_admin_user: MockUser) -> None:
    slow = Slow(home, "Ann", hass_admin_user)
    home.tell(slow.entry_id, home.phone("Bea", hass_admin_user))
    await home.sim.scenario("checksum_errors")
    loop = asyncio.get_running_loop()
    await home.until(lambda: told(home, "Bea"))
    began = loop.time()
    action = home.button(home.shown("Bea"), "approve")
    home.hass.bus.async_fire(PHONE_EVENT, {"action": action}, context=Context(user_id=hass_admin_user.id))
    await home.until(lambda: "seen to have worked" in home.shown("Bea")["message"])
    # what is before it, on the other phone, is still under way
    assert loop.time() - began < 29
    assert not told(home, "Ann")
    assert home.scrubs() == 1


async def test_a_hung_phone_that_is_the_only_one_is_left_after_its_deadline(
    home: Household, hass_admin_user: MockUser
) -> None:
    slow = Slow(home, "Ann", hass_admin_user)
    home.phone("Second", hass_admin_user)
    home.tell(slow.entry_id)
    await home.sim.scenario("pool_degraded")
    loop = asyncio.get_running_loop()
    await home.until(lambda: slow.begun)
    began = loop.time()
    await home.until(lambda: told(home, "Second", "Pool"))
    assert loop.time() - began < 32
    notes = persistent_notification._async_get_or_create_notifications(home.hass)
    assert any(key.startswith("hsm-") for key in notes)
    # somebody has it: it is not told again and again
    await home.settle(300)
    assert len(told(home, "Second", "Pool")) == 1


async def test_what_was_half_told_at_a_reload_is_told_to_the_others_after_it(
    home: Household, hass_admin_user: MockUser
) -> None:
    slow = Slow(home, "Ann", hass_admin_user)
    home.tell(slow.entry_id, home.phone("Bea", hass_admin_user))
    await home.sim.scenario("checksum_errors")
    await home.until(lambda: told(home, "Bea"))
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    slow.goes.set()
    await home.settle(60)
    assert len(told(home, "Ann")) == len(told(home, "Bea")) == 1
    # and its buttons work
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    assert home.scrubs() == 1


async def test_what_is_being_said_at_a_reload_is_said_once(
    home: Household, hass_admin_user: MockUser
) -> None:
    slow = Slow(home, "Ann", hass_admin_user)
    home.tell(slow.entry_id)
    await home.sim.scenario("checksum_errors")
    await home.until(lambda: slow.begun)
    reload = asyncio.ensure_future(home.hass.config_entries.async_reload(home.server.entry_id))
    await asyncio.sleep(1)
    slow.goes.set()
    assert await reload
    await home.settle(120)
    assert len(told(home, "Ann")) == 1


async def test_what_no_phone_took_before_a_restart_is_told_after_it(
    home: Household, hass_admin_user: MockUser, hass_storage: dict[str, Any]
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    home.broken = {"Ann"}
    tracked = await home.errors()
    assert tracked.told_severity is Severity.HIGH
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    (stored,) = (each["data"] for key, each in hass_storage.items() if "/guardian/" in key)
    assert [row["ids"] for row in stored["outbox"]] == [[tracked.id]]
    home.broken.clear()
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(60)
    assert len(told(home, "Ann")) == 1
    assert not tuple(home.guardian.speaker.outbox)


async def test_a_serious_one_that_no_phone_took_is_told_again(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    home.broken = {"Ann"}
    tracked = await home.errors()
    await home.settle(600)
    assert not home.pushes
    home.broken.clear()
    await home.settle(400)
    assert len(told(home, "Ann")) == 1
    assert home.shown("Ann")["data"]["tag"] == f"hsm-{tracked.id}"
    await home.settle(900)
    assert len(told(home, "Ann")) == 1


async def test_what_no_phone_took_by_day_wakes_nobody_at_night(
    home: Household, hass_admin_user: MockUser
) -> None:
    ann = home.phone("Ann", hass_admin_user)
    home.tell(ann)
    home.broken = {"Ann"}
    await home.errors()
    home.broken.clear()
    # whatever the time of the day is now, night does not end, and no digest is due, before it is looked at
    hours = [(dt_util.now() + timedelta(hours=away)).strftime("%H:%M:%S") for away in (-1, 12)]
    home.tell(ann, quiet_hours=True, quiet_from=hours[0], quiet_to=hours[1])
    await home.settle(700)
    assert not home.pushes
    home.tell(ann)
    await home.settle(400)
    assert len(told(home, "Ann")) == 1


async def test_what_is_critical_is_said_first(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    home.pushes.clear()
    notices = [
        Notice(kind="digest", ids=(), severity=Severity.INFO),
        Notice(
            kind="repeated", ids=(tracked.id,), severity=Severity.CRITICAL, critical=True, lead=tracked.id
        ),
    ]
    home.guardian.desk.book.records.clear()
    home.guardian.speaker.say(notices)
    assert [letter.notice.critical for letter in home.guardian.speaker.outbox] == [True, False]
    await home.settle(10)
    assert {push["data"]["tag"] for push in home.pushes} == {"hsm-digest", f"hsm-{tracked.id}"}


async def test_what_somebody_dealt_with_is_not_told_again(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    home.broken = {"Ann"}
    tracked = await home.errors()
    await _ask(home, "acknowledge", hass_admin_user.id, finding=tracked.id)
    home.broken.clear()
    await home.settle(600)
    assert not home.pushes


async def test_the_end_reaches_a_phone_that_is_still_being_told(
    home: Household, hass_admin_user: MockUser
) -> None:
    """Else it would show for ever what is over."""
    slow = Slow(home, "Ann", hass_admin_user)
    home.tell(slow.entry_id)
    await home.sim.scenario("checksum_errors")
    await home.until(lambda: slow.begun)
    (tracked,) = (each for each in home.guardian.open_findings() if each.finding.rule == "pool_errors")
    resolved = Notice(kind="resolved", ids=(tracked.id,), severity=Severity.HIGH, lead=tracked.id)
    home.guardian.speaker.say([resolved])
    await asyncio.sleep(2)
    slow.goes.set()
    await home.settle(10)
    assert [push["title"].startswith("Over") for push in home.pushes] == [False, True]
    assert not home.guardian.speaker.teller.told


async def test_a_lane_is_in_order_and_waits_for_no_other() -> None:
    done: list[str] = []
    goes = asyncio.Event()

    async def work(item: str) -> None:
        if item == "a1":
            await goes.wait()
        if item == "b2":
            raise RuntimeError("odd")
        done.append(item)

    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[Any]] = []

    def spawn(coro: Any) -> asyncio.Task[Any]:
        tasks.append(task := loop.create_task(coro))
        return task

    lanes = Lanes[str](spawn, work)
    for item in ("a1", "b1", "a2", "b2", "b3"):
        lanes.put(item[0], item)
    async with asyncio.timeout(10):
        while "b3" not in done:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
    assert done == ["b1", "b3"]
    goes.set()
    await asyncio.wait(tasks)
    assert done == ["b1", "b3", "a1", "a2"]
    lanes.close()
    lanes.put("c", "c1")
    await asyncio.sleep(0.01)
    assert "c1" not in done


def test_an_outbox_outlives_a_restart_but_not_a_day() -> None:
    now = clock.now()
    outbox = Outbox()
    notice = Notice(kind="raised", ids=("a", "b"), severity=Severity.CRITICAL, critical=True, lead="a")
    outbox.add(notice, now).taken.add("phone")
    outbox.add(notice, now - KEPT_FOR)
    again = Outbox()
    again.load([*outbox.dump(), {"kind": "raised"}, None], now)
    (letter,) = again
    assert letter.notice == notice
    assert letter.taken == {"phone"}
    assert letter.again

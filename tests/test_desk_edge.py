"""Desks in Home Assistant: stopped whatever became of their entry, nobody kept waiting, sources that are away."""

import asyncio

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Actor, Plan, Receipt, Refused
from custom_components.home_server_monitor.guardian.desk import Desk
from custom_components.home_server_monitor.guardian.remediation import State
from custom_components.home_server_monitor.sources.truenas.actions import OrderAction

from .seen import device_of
from .test_guardian_edge import Household, _ask, home

__all__ = ["home"]

ANN = Actor(kind="user", id="ann", name="Ann", admin=True, via="phone")


def _desk(home: Household) -> Desk:
    found: Desk = home.hass.data[DOMAIN].desks["home"][0]
    return found


class Gate:
    """Holds an order back that is on its way to the NAS."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened, self.sent = asyncio.Event(), asyncio.Event(), asyncio.Event()
        run = OrderAction.run

        async def held(action: OrderAction, plan: Plan, step: int) -> Receipt:
            self.reached.set()
            await self.opened.wait()
            receipt = await run(action, plan, step)
            self.sent.set()
            return receipt

        monkeypatch.setattr(OrderAction, "run", held)


@pytest.mark.parametrize("how", ["loaded", "unloaded"])
async def test_a_stop_finishes_the_step_and_begins_no_other(
    home: Household, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    await home.errors()
    desk, gate = _desk(home), Gate(monkeypatch)
    record = home.record()
    other = await desk.propose(home.nas.runtime_data.id, "create_snapshot", "tank/documents", actor=ANN)
    approving = home.hass.async_create_background_task(desk.approve(record.id, ANN), "tap")
    await gate.reached.wait()
    if how == "unloaded":
        assert await home.hass.config_entries.async_unload(home.server.entry_id)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await asyncio.sleep(1)
    with pytest.raises(Refused) as refused:
        await desk.approve(other.id, ANN)
    assert refused.value.refusal.key == "stopping"
    assert home.scrubs() == 0
    gate.opened.set()
    await asyncio.sleep(5)
    assert home.scrubs() == 1
    (receipt,) = desk.records[record.id].receipts
    assert receipt.job is not None
    # and the journal has it
    rows = await desk.journal.read(5, ["remediation"])
    newest = next(each for each in rows if each.id == record.id)
    assert newest.value["state"] in ("running", "verifying", "succeeded")
    assert len(newest.value["receipts"]) == 1
    approving.cancel()


async def test_what_is_lent_goes_back_without_the_entry(home: Household, hass_admin_user: MockUser) -> None:
    await home.sim.scenario("scrub_running")
    scan = home.sim.world.pool("tank").scan
    scan.rate = 1.0
    await home.settle(90)
    device = device_of(home.hass, home.nas, f"pool_{home.sim.world.pool('tank').guid}")
    assert device is not None
    await _ask(home, "pause_scrub", hass_admin_user.id, device_id=device.id, hours=0.25)
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    await asyncio.sleep(600)
    assert scan.paused_at is not None
    await asyncio.sleep(400)
    assert scan.paused_at is None


async def test_what_is_lent_goes_back_when_the_entry_is_removed(
    home: Household, hass_admin_user: MockUser
) -> None:
    await home.sim.scenario("scrub_running")
    scan = home.sim.world.pool("tank").scan
    scan.rate = 1.0
    await home.settle(90)
    device = device_of(home.hass, home.nas, f"pool_{home.sim.world.pool('tank').guid}")
    assert device is not None
    await _ask(home, "pause_scrub", hass_admin_user.id, device_id=device.id)
    assert await home.hass.config_entries.async_remove(home.server.entry_id)
    await asyncio.sleep(30)
    assert scan.paused_at is None


async def test_who_presses_a_button_is_not_held_for_a_day(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.settle(1)
    gate = Gate(monkeypatch)
    context = Context(user_id=hass_admin_user.id)
    pressed = {"entity_id": "button.tank_start_scrub"}
    loop = asyncio.get_running_loop()
    began = loop.time()
    call = home.hass.async_create_background_task(
        home.hass.services.async_call("button", "press", pressed, blocking=True, context=context), "press"
    )
    await gate.reached.wait()
    # it goes away once the order has been sent
    gate.opened.set()
    await gate.sent.wait()
    await home.sim.stop_listening()
    home.sim.world.pool("tank").scan = None
    with pytest.raises(HomeAssistantError) as told:
        await call
    assert told.value.translation_key == "still_running"
    assert told.value.translation_placeholders == {"verb": "Start scrub"}
    record = home.record()
    assert loop.time() - began < record.plan.deadline + 120
    assert not record.over
    await home.settle(600)
    home.pushes.clear()
    await home.sim.scenario("scrub_running")
    await home.sim.start_listening()
    await home.settle(300)
    assert home.guardian.desk.records[record.id].state is State.SUCCEEDED
    # as was promised, also where it went well
    assert [push["message"] for push in home.pushes if "seen to have worked" in push["message"]]


async def test_a_tap_while_the_nas_is_away_waits_for_it(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    await home.sim.stop_listening()
    await home.settle(120)
    await home.tap(approve, hass_admin_user.id)
    record = home.record()
    assert (record.state, record.waits, home.scrubs()) == (State.APPROVED, "source", 0)
    said = [push for push in home.pushes if "is silent; it begins once it is back" in push["message"]]
    assert [each["title"] for each in said[-1]["data"]["actions"]] == ["Cancel"]
    await home.sim.start_listening()
    await home.settle(120)
    assert (home.guardian.desk.records[record.id].state, home.scrubs()) == (State.SUCCEEDED, 1)
    assert "seen to have worked" in home.shown("Ann")["message"]


async def test_a_target_that_changed_while_its_nas_was_away(
    home: Household, hass_admin_user: MockUser
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    approve = home.button(home.shown("Ann"), "approve")
    await home.sim.stop_listening()
    await home.settle(120)
    await home.tap(approve, hass_admin_user.id)
    record = home.record()
    await home.sim.scenario("scrub_running")
    await home.sim.start_listening()
    await home.settle(120)
    assert (home.guardian.desk.records[record.id].state, home.scrubs()) == (State.SUPERSEDED, 0)
    assert any("not done" in push["message"] for push in home.pushes)


async def test_a_nas_that_goes_after_the_order_is_waited_for(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    gate = Gate(monkeypatch)
    gate.opened.set()
    home.hass.bus.async_fire(
        "mobile_app_notification_action",
        {"action": home.button(home.shown("Ann"), "approve")},
        context=Context(user_id=hass_admin_user.id),
    )
    await gate.sent.wait()
    await home.sim.stop_listening()
    await home.settle(1800)
    record = home.record()
    assert record.state in (State.RUNNING, State.VERIFYING)
    await home.sim.start_listening()
    await home.settle(120)
    assert (home.guardian.desk.records[record.id].state, home.scrubs()) == (State.SUCCEEDED, 1)


async def test_an_offer_does_not_long_outlive_its_problem(home: Household) -> None:
    tracked = await home.errors()
    record = home.record()
    assert (record.finding, record.state) == (tracked.id, State.PROPOSED)
    await home.sim.scenario_off("checksum_errors")
    await home.until(lambda: tracked.resolved_at, 400)
    await home.settle(240)
    assert home.record().state is State.PROPOSED
    await home.settle(90)
    assert home.record().state is State.EXPIRED
    await home.errors()
    assert (home.record().id != record.id, home.record().state) == (True, State.PROPOSED)


async def test_the_journal_shows_as_many_lines_as_are_asked_for(
    home: Household, hass_admin_user: MockUser
) -> None:
    await home.errors()
    await _ask(home, "approve", hass_admin_user.id, proposal=home.record().id)
    await home.settle()
    for limit in (1, 4):
        lines = (await _ask(home, "list_journal", hass_admin_user.id, limit=limit))["journal"]
        assert len({each["text"] for each in lines}) == len(lines) == limit


async def test_the_journal_tells_of_switches_in_words(home: Household, hass_admin_user: MockUser) -> None:
    who = Context(user_id=hass_admin_user.id)
    for domain, action, entity, more in (
        ("switch", "turn_on", "switch.home_stop_all_actions", {}),
        ("switch", "turn_off", "switch.home_stop_all_actions", {}),
        ("select", "select_option", "select.home_mode", {"option": "watch"}),
    ):
        data = {"entity_id": entity, **more}
        await home.hass.services.async_call(domain, action, data, blocking=True, context=who)
    lines = (await _ask(home, "list_journal", hass_admin_user.id, limit=3))["journal"]
    name = hass_admin_user.name
    assert [each["text"] for each in lines] == [
        f"Mode set to Watch only by {name}",
        f"Stop all actions switched off by {name}",
        f"Stop all actions switched on by {name}",
    ]

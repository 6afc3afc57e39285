"""A UPS in Home Assistant: what is shown, how often it is asked, what is told, and what is ordered."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_dumps
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.guardian.capabilities_power import HoldsPrimary, WatchesPower
from custom_components.home_server_monitor.guardian.contract import Outcome, Refused, Severity
from custom_components.home_server_monitor.guardian.own_path import OwnPath, endpoint_node
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.sources.errors import ClientError
from custom_components.home_server_monitor.sources.ups.model import Contact, Mains
from tests.orders import act

from .conftest import entry_of, started


def shown(hass: HomeAssistant, platform: str, key: str) -> Any:
    """Return the state of an entity by the end of its unique id; None where there is none."""
    for each in er.async_get(hass).entities.values():
        if (each.platform, each.domain) == (DOMAIN, platform) and each.unique_id.endswith(f"_{key}"):
            found = hass.states.get(each.entity_id)
            return found.state if found else None
    return None


async def looked(hass: HomeAssistant, ups: Any) -> None:
    """Let it poll once, as it does by itself."""
    await ups.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=False)


def written(hass: HomeAssistant) -> dict[str, Any]:
    """Return when each entity of the UPS was written last."""
    return {
        state.entity_id: state.last_reported
        for state in hass.states.async_all()
        if "keeper" in state.entity_id
    }


def rules(ups: Any) -> dict[str, Severity]:
    """Return what is wrong, as rules."""
    return {each.rule: each.severity for each in ups.findings}


async def test_what_a_ups_shows_and_how_quietly(
    hass: HomeAssistant, ups: Any, sim: Any, entry: MockConfigEntry
) -> None:
    seen = {
        key: shown(hass, "sensor", f"ups_{key}")
        for key in ("condition", "charge", "runtime", "load", "power", "energy", "self_test", "input_voltage")
    }
    assert seen == {
        "condition": "online",
        "charge": "100.0",
        # 34 Wh at 85 %, with 97 W
        "runtime": "17.8166666666667",
        "load": "18.0",
        "power": "97.0",
        "energy": "0.0",
        "self_test": "none",
        "input_voltage": "230.0",
    }
    assert shown(hass, "sensor", "ups_temperature") is None
    assert shown(hass, "binary_sensor", "ups_on_battery") == "off"
    assert shown(hass, "binary_sensor", "ups_low") == "off"
    assert int(shown(hass, "sensor", "ups_battery_age")) > 1000
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert (device.manufacturer, device.model, device.serial_number) == (
        "Steady Current",
        "Keeper 900",
        "SC2304K00917",
    )
    # tested once, read without an account
    assert [line for line in sim.nut.face.lines if line.startswith(("USERNAME", "LOGIN"))] == [
        'USERNAME "ha"',
        "LOGIN ups",
    ]
    assert ups.update_interval == timedelta(seconds=5)
    assert rules(ups) == {}
    before = written(hass)
    asked = ups.client.calls
    for _ in range(12):
        await looked(hass, ups)
    assert ups.client.calls - asked == 12
    assert written(hass) == before
    assert sim.nut.face.refusals == ["STARTTLS: ERR FEATURE-NOT-CONFIGURED", "PRIMARY ups: ERR ACCESS-DENIED"]


async def test_a_power_cut_from_the_first_second_to_the_last(
    hass: HomeAssistant, ups: Any, sim: Any, freezer: FrozenDateTimeFactory
) -> None:
    assert isinstance(ups, WatchesPower)
    sim.world.ups.fail()
    await looked(hass, ups)
    assert ups.update_interval == timedelta(seconds=1)
    assert shown(hass, "sensor", "ups_condition") == "on_battery"
    assert shown(hass, "binary_sensor", "ups_on_battery") == "on"
    assert rules(ups) == {"ups_on_battery": Severity.HIGH}
    assert ups.power_unit.mains is Mains.ABSENT
    (told,) = ups.findings
    assert told.placeholders == {"name": "Keeper 900", "charge": "100 %", "minutes": "18", "timer": "?"}
    assert told.evidence["advice"] == "ups_wait"

    sim.world.ups.charge = 9.0
    await looked(hass, ups)
    assert shown(hass, "sensor", "ups_condition") == "low_battery"
    assert shown(hass, "binary_sensor", "ups_low") == "on"
    assert rules(ups) == {"ups_on_battery": Severity.HIGH, "ups_low": Severity.CRITICAL}

    # the primary announces the end, and is not stopped by power that comes back
    sim.world.ups.announced = sim.world.clock.now()
    sim.world.ups.mains = True
    await looked(hass, ups)
    assert rules(ups) == {"ups_shutdown": Severity.CRITICAL, "ups_brief_cuts": Severity.WARNING}
    assert ups.power_unit.fsd_rose
    assert shown(hass, "sensor", "ups_condition") == "forced_shutdown"

    sim.world.ups.announced = None
    await looked(hass, ups)
    assert ups.update_interval == timedelta(seconds=5)
    assert rules(ups) == {"ups_brief_cuts": Severity.WARNING}
    assert shown(hass, "sensor", "ups_brief_cuts") == "1"
    for _ in range(2):
        sim.world.ups.fail()
        await looked(hass, ups)
        sim.world.ups.come_back()
        await looked(hass, ups)
    assert rules(ups) == {"ups_brief_cuts": Severity.WARNING, "ups_unsteady_mains": Severity.WARNING}
    freezer.tick(timedelta(days=2))
    await looked(hass, ups)
    assert rules(ups) == {"ups_unsteady_mains": Severity.WARNING}


async def test_what_is_not_heard_is_never_shown_as_well(hass: HomeAssistant, ups: Any, sim: Any) -> None:
    for heard, contact in (("stale", Contact.STALE), ("gone", Contact.DRIVER_GONE)):
        sim.world.ups.heard = heard
        await looked(hass, ups)
        assert ups.power_unit.contact is contact
        assert shown(hass, "sensor", "ups_condition") == "unknown"
        assert shown(hass, "sensor", "ups_charge") == "unavailable"
        assert shown(hass, "binary_sensor", "ups_on_battery") == "unavailable"
        assert shown(hass, "sensor", "ups_energy") == "0.0"
        assert rules(ups) == {"ups_lost": Severity.WARNING}
    sim.world.ups.heard = "live"
    sim.world.ups.fail()
    await looked(hass, ups)
    sim.world.ups.heard = "gone"
    await looked(hass, ups)
    assert rules(ups) == {"ups_on_battery": Severity.HIGH, "ups_lost_on_battery": Severity.CRITICAL}
    # it is still asked every second
    assert ups.update_interval == timedelta(seconds=1)

    sim.world.ups.heard = "live"
    await sim.nut.wire.stop()
    await looked(hass, ups)
    assert (ups.judged, ups.power_unit.contact) == (False, Contact.SILENT)
    assert ups.power_unit.last_mains is Mains.ABSENT
    assert ups.last_exception.retry_after <= 1
    await sim.nut.wire.start()
    await looked(hass, ups)
    assert ups.judged
    # accepted, and never answered: given up, and well again as soon as it answers
    ups.client._call = 0.2
    sim.nut.wire.set_black_hole(True)
    sim.nut.wire.drop()
    await looked(hass, ups)
    assert (ups.judged, shown(hass, "sensor", "ups_charge")) == (False, "unavailable")
    sim.nut.wire.set_black_hole(False)
    await looked(hass, ups)
    assert ups.judged
    ups.client._call = 30.0
    sim.world.ups.come_back()
    sim.world.ups.said = {"ups.status": "WAIT"}
    await looked(hass, ups)
    assert shown(hass, "sensor", "ups_condition") == "waiting"
    assert ups.power_unit.mains is Mains.UNKNOWN
    sim.world.ups.settings.identifier = "other"
    await looked(hass, ups)
    assert ups.power_unit.contact is Contact.UNKNOWN_UPS


async def test_orders_are_sent_once_and_looked_after(
    hass: HomeAssistant, ups: Any, sim: Any, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.home_server_monitor.sources.ups.actions.LOOK_EVERY", 0.02)
    assert shown(hass, "button", "ups_test") == "unknown"
    assert (await act(entry, "ups_beeper", "", beeper="mute")).outcome is Outcome.SUCCEEDED
    assert (await act(entry, "ups_test", "", test="quick")).outcome is Outcome.SUCCEEDED
    assert shown(hass, "sensor", "ups_condition") == "testing"
    with pytest.raises(Refused, match="ups_test_runs"):
        await ups.actions["ups_test"].plan("", {"test": "quick"})
    assert (await act(entry, "ups_test", "", test="stop")).outcome is Outcome.SUCCEEDED
    for charge, mains, reason in ((60.0, True, "ups_not_charged"), (100.0, False, "ups_on_battery_now")):
        sim.world.ups.charge, sim.world.ups.mains = charge, mains
        with pytest.raises(Refused, match=reason):
            await ups.actions["ups_test"].plan("", {"test": "quick"})
    sim.world.ups.mains = True
    with pytest.raises(Refused, match="ups_has_no_command"):
        await ups.actions["ups_test"].plan("", {"test": "deep"})
    # too soon for any server to be down
    sim.world.ups.said = {"ups.delay.shutdown": "20"}
    with pytest.raises(Refused, match="ups_delay_short"):
        await ups.actions["ups_cut_power"].plan("", {"command": "shutdown.return"})
    sim.world.ups.said = {}
    plan = await ups.actions["ups_cut_power"].plan("", {"command": "load.off"})
    assert (plan.risk.name, plan.touches, plan.takes_away) == ("HIGH", {ups.unit_node}, True)
    assert (await act(entry, "ups_cut_power", "", command="load.off")).outcome is Outcome.SUCCEEDED
    assert sim.world.ups.orders == [
        "beeper.mute",
        "test.battery.start.quick",
        "test.battery.stop",
        "load.off",
    ]
    assert rules(ups)["ups_unprotected"] is Severity.WARNING
    sim.world.ups.heard = "gone"
    with pytest.raises(Refused, match="ups_not_heard"):
        await ups.actions["ups_beeper"].plan("", {"beeper": "mute"})


async def test_the_primary_waits_for_who_has_logged_in(hass: HomeAssistant, ups: Any, sim: Any) -> None:
    assert isinstance(ups, HoldsPrimary)
    assert (ups.may_hold, await ups.holds_primary()) == (True, False)
    await ups.hold_primary()
    await ups.hold_primary()
    assert (await ups.holds_primary(), len(sim.world.ups.logins)) == (True, 1)
    # a connection that was lost is made anew
    sim.nut.wire.drop()
    assert not await ups.holds_primary()
    await ups.hold_primary()
    assert await ups.holds_primary()
    await ups.release_primary()
    assert (await ups.holds_primary(), len(sim.world.ups.logins)) == (False, 0)
    sim.world.ups.settings.extra["ha"] = "another one"
    with pytest.raises(ClientError):
        await ups.hold_primary()


async def test_a_wrong_password_is_asked_for_and_watching_goes_on(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Any, server_entry: MockConfigEntry
) -> None:
    entry = entry_of(sim, username="ha", password="wrong")
    ups = await started(hass, entry)
    assert shown(hass, "sensor", "ups_condition") == "online"
    assert not ups.may_hold
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    await hass.config_entries.async_unload(entry.entry_id)


async def test_without_an_account_it_is_watched_only(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Any, server_entry: MockConfigEntry
) -> None:
    """What stood there when it was first seen is no announcement; what is kept outlives a restart."""
    sim.world.ups.announced = 1.0
    entry = entry_of(sim)
    ups = await started(hass, entry)
    assert shown(hass, "button", "ups_test") is None
    assert [each.key for each in ups.missing] == ["ups_account"]
    assert rules(ups) == {"ups_shutdown_stuck": Severity.WARNING}
    assert not ups.power_unit.fsd_rose
    ups._keeping.ledger.energy = 1.239
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert shown(hass, "sensor", "ups_energy") == "1.23"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_age_of_the_battery_is_what_a_person_says(
    hass: HomeAssistant, ups: Any, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-30 12:00:00")
    shown_form = await hass.config_entries.options.async_init(entry.entry_id)
    wrong = await hass.config_entries.options.async_configure(
        shown_form["flow_id"], {"battery_since": "2027-01-01"}
    )
    assert wrong["errors"] == {"battery_since": "in_the_future"}
    await hass.config_entries.options.async_configure(wrong["flow_id"], {"battery_since": "2021-11-20"})
    await hass.async_block_till_done(wait_background_tasks=False)
    assert shown(hass, "sensor", "ups_battery_age") == str(5 * 365 + 11)
    assert rules(entry.runtime_data) == {"ups_battery_old": Severity.INFO}


async def test_diagnostics_name_neither_device_nor_account(
    hass: HomeAssistant, ups: Any, sim: Any, entry: MockConfigEntry
) -> None:
    sim.world.ups.said = {"ups.id": "Ann's desk", "device.location": "Ann's desk"}
    await looked(hass, ups)
    told = json_dumps(await async_get_config_entry_diagnostics(hass, entry))
    for secret in ("SC2304K00917", "pause first", "Ann", "127.0.0.1"):
        assert secret not in told
    for useful in ("ups.status", "OL", "battery.runtime", "live", "secondary", "load.off"):
        assert useful in told


async def test_the_nas_stands_on_the_ups_that_it_serves(
    hass: HomeAssistant, ups: Any, sim: Any, server_entry: MockConfigEntry
) -> None:
    """And TrueNAS's factory password is tried where it would be the primary's."""
    from tests.conftest import nas_entry

    nas = nas_entry(sim)
    await started(hass, nas)
    topology = Topology([*ups.nodes, *nas.runtime_data.nodes])
    host = f"host:{nas.runtime_data.id}"
    assert ups.unit_node in topology.above(host)
    assert host in topology.dependants(ups.unit_node)
    service = nas.runtime_data.ups_service
    assert (service.primary, service.identifier, service.at_once_on_battery) == (True, "ups", True)
    assert (service.timer, service.hostsync, service.remote, service.running) == (30, 15, True, True)
    for source in (ups, nas.runtime_data):
        await ups.house.guardian("home").intake.at_once(source)
    # a Home Assistant that is reached over that NAS would go dark with it
    ups.house.own_path = OwnPath(frozenset({(endpoint_node("127.0.0.1", sim.wire.port), "it runs there")}))
    with pytest.raises(Refused, match="own_path"):
        await ups.actions["ups_cut_power"].plan("", {"command": "load.off"})
    ups.house.own_path = OwnPath()
    assert "ups_factory_password" not in rules(ups)
    # nobody has tried it yet, so that the NAS can only guess; where it was tried and does not work, that ends
    assert ups.factory_password is None
    assert "default_ups_password" in rules(nas.runtime_data)
    ups._tested_account = ups._asked_slow = -1e9
    await looked(hass, ups)
    assert ups.factory_password is False
    assert "default_ups_password" not in rules(nas.runtime_data)
    sim.world.ups.fail()
    for shutdown, advice, timer in (("BATT", "ups_after_timer", "30"), ("LOWBATT", "ups_once_low", "?")):
        sim.world.ups.settings.shutdown = shutdown
        await nas.runtime_data.async_look("ups")
        await looked(hass, ups)
        (told,) = ups.findings
        assert (told.evidence["advice"], told.placeholders["timer"]) == (advice, timer)
    sim.world.ups.come_back()
    await looked(hass, ups)
    sim.world.ups.settings.password = "fixmepass"
    ups._tested_account = ups._asked_slow = -1e9
    await looked(hass, ups)
    assert rules(ups) == {"ups_factory_password": Severity.WARNING, "ups_brief_cuts": Severity.WARNING}
    # and where it works that is said once
    assert "default_ups_password" not in rules(nas.runtime_data)
    await hass.config_entries.async_unload(nas.entry_id)

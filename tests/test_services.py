"""Every action: it runs, answers with what was seen, changed the server, and is for admins where it changes anything."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.guardian.own_path import OwnPath, container_node
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.service_tables import ACTS, LISTINGS
from custom_components.home_server_monitor.sources.truenas.coordinator import TrueNasCoordinator
import simulator

from .conftest import LAST_PING, nas_entry
from .orders import ADMIN, desk_of
from .seen import device_of
from .test_config_flow import TEXTS
from .warp import Warp

type Call = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
def _time(warp: Warp) -> None:
    """Jobs and looks take no real time."""


class House:
    """A set-up NAS and somebody who calls actions."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, sim: Any, user: MockUser) -> None:
        self.hass, self.entry, self.sim, self.user = hass, entry, sim, user

    @property
    def source(self) -> TrueNasCoordinator:
        """The coordinator."""
        found = self.entry.runtime_data
        assert isinstance(found, TrueNasCoordinator)
        return found

    def device(self, name: str = "") -> str:
        """Return the device id of an object (`pool_…`), or of the NAS."""
        found = device_of(self.hass, self.entry, name)
        assert found, name
        return found.id

    def pool(self, name: str) -> str:
        """Return the device id of a pool."""
        return self.device(f"pool_{self.sim.world.pool(name).guid}")

    async def call(self, action: str, device: str, *, user: str | None = "admin", **data: Any) -> Any:
        """Call an action and return its response."""
        context = Context(user_id=self.user.id if user == "admin" else user)
        return await self.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": device, **data},
            blocking=True,
            return_response=True,
            context=context,
        )

    async def refused(self, key: str, action: str, device: str, **data: Any) -> HomeAssistantError:
        """Expect a translated refusal before anything was written."""
        writes = len([call for call in self.sim.calls if call.write])
        with pytest.raises(ServiceValidationError) as error:
            await self.call(action, device, **data)
        assert error.value.translation_key == key
        _said(error.value)
        assert len([call for call in self.sim.calls if call.write]) == writes
        return error.value

    async def approved(self, action: str, device: str, **data: Any) -> Record:
        """Call what is of high risk, which makes a proposal, and approve that as Repairs does."""
        await self.refused("proposed_in_repairs", action, device, **data)
        desk = desk_of(self.entry)
        (record,) = (
            each
            for each in desk.records.values()
            if each.state is State.PROPOSED and each.action == action and not each.finding
        )
        await desk.approve(record.id, ADMIN, typed=record.name)
        return await desk.wait(record.id)

    async def failed(self, key: str, action: str, device: str, **data: Any) -> HomeAssistantError:
        """Expect a translated failure."""
        with pytest.raises(HomeAssistantError) as error:
            await self.call(action, device, **data)
        assert not isinstance(error.value, ServiceValidationError)
        assert error.value.translation_key == key
        _said(error.value)
        return error.value


def _said(error: HomeAssistantError) -> None:
    """The text of an exception exists and can be filled in."""
    assert error.translation_key
    text = TEXTS["exceptions"][error.translation_key]["message"]
    assert text.format(**error.translation_placeholders or {})


@pytest.fixture
def house(hass: HomeAssistant, nas: MockConfigEntry, sim: Any, hass_admin_user: MockUser) -> House:
    return House(hass, nas, sim, hass_admin_user)


@asynccontextmanager
async def housed(
    hass: HomeAssistant, server: MockConfigEntry, user: MockUser, version: str
) -> AsyncGenerator[House]:
    """A NAS of another release."""
    async with simulator.run(version) as sim:
        entry = nas_entry(sim)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        yield House(hass, entry, sim, user)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.sleep(LAST_PING)


# Scrubs


async def test_scrub(house: House) -> None:
    tank = house.pool("tank")
    answer = await house.call("start_scrub", tank)
    assert answer["outcome"] == "succeeded"
    assert (answer["pool"], answer["scan"], answer["state"]) == ("tank", "scrub", "scanning")
    assert house.sim.world.pool("tank").scan.state == "SCANNING"
    await house.refused("scan_running", "start_scrub", tank)
    await house.call("pause_scrub", tank)
    assert house.sim.world.pool("tank").scan.paused_at is not None
    await house.call("stop_scrub", tank)
    assert house.sim.world.pool("tank").scan.state == "CANCELED"
    await house.refused("no_scrub", "stop_scrub", tank)
    await house.refused("no_scrub", "pause_scrub", tank)


async def test_scrub_of_what_is_not_imported(house: House) -> None:
    media = house.pool("media")
    await house.sim.scenario("pool_exported", pool="media")
    await house.refused("pool_not_imported", "start_scrub", media)


@pytest.mark.parametrize("version", ["24.04", "26"])
async def test_scrub_elsewhere(
    hass: HomeAssistant,
    hass_storage: Any,
    socket_enabled: None,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    version: str,
) -> None:
    async with housed(hass, server_entry, hass_admin_user, version) as house:
        await house.call("start_scrub", house.pool("tank"))
        assert house.sim.world.pool("tank").scan.state == "SCANNING"
        await house.call("stop_scrub", house.pool("tank"))
        assert house.sim.world.pool("tank").scan.state == "CANCELED"
        assert house.sim.refusals == []


# Snapshots


async def test_snapshots(house: House) -> None:
    nas, snapshots = house.device(), house.sim.world.snapshots
    name = "tank/documents@before"
    answer = await house.call("create_snapshot", nas, dataset="tank/documents", name="before")
    assert (answer["outcome"], answer["snapshot"], answer["held"]) == ("succeeded", name, False)
    assert name in snapshots
    await house.refused("snapshot_exists", "create_snapshot", nas, dataset="tank/documents", name="before")
    assert (await house.call("hold_snapshot", nas, snapshot=name))["held"] is True
    await house.refused("snapshot_held", "delete_snapshot", nas, snapshot=name)
    assert (await house.call("release_snapshot", nas, snapshot=name))["held"] is False
    record = await house.approved("delete_snapshot", nas, snapshot=name)
    assert record.state is State.SUCCEEDED
    assert name not in snapshots
    for verb in ("delete", "hold", "release"):
        await house.refused("no_such_target", f"{verb}_snapshot", nas, snapshot=name)


async def test_a_snapshot_without_a_name_gets_one(house: House) -> None:
    before = set(house.sim.world.snapshots)
    answer = await house.call("create_snapshot", house.device(), dataset="tank/photos", recursive=True)
    (made,) = set(house.sim.world.snapshots) - before
    assert answer["snapshot"] == made
    assert made.startswith(f"tank/photos@hsm-{house.source.instance}-20")


@pytest.mark.parametrize(
    "data",
    [
        {"dataset": "tank", "name": "a b"},
        {"dataset": "tank", "name": "a@b"},
        {"dataset": "", "name": "a"},
        {"dataset": "x" * 300},
        {},
    ],
)
async def test_names_that_are_none(house: House, data: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await house.call("create_snapshot", house.device(), **data)


async def test_a_dataset_that_is_not_there(house: House) -> None:
    await house.failed("action_failed", "create_snapshot", house.device(), dataset="tank/none", name="a")


# Tasks, apps, services, machines


@pytest.mark.parametrize("task", ["snapshot_1", "replication_1", "cloud_sync_1", "rsync_1", "cloud_backup_1"])
async def test_run_task(house: House, task: str) -> None:
    answer = await house.call("run_task", house.device(f"task_{task}"))
    assert answer["outcome"] == "succeeded"
    assert any(call.write for call in house.sim.calls)


async def test_a_task_that_runs_is_not_run_again(house: House) -> None:
    house.sim.world.jobs.pace = 1e6
    device = house.device("task_replication_1")
    assert (await house.call("run_task", device))["running"] is True
    await house.refused("task_running", "run_task", device)


async def test_apps(house: House) -> None:
    plex = house.device("app_plex")
    app = house.sim.world.apps["plex"]
    answer = await house.call("stop_app", plex)
    assert (answer["app"], answer["state"]) == ("plex", "stopped")
    assert app.state == "STOPPED"
    assert (await house.call("start_app", plex))["state"] == "running"
    assert app.state == "RUNNING"
    restarting = asyncio.create_task(house.call("restart_app", plex))
    await asyncio.sleep(2)
    # a new deployment has new containers
    app.containers[0].ident = "f" * 64
    assert (await restarting)["state"] == "running"
    assert any(call.method == "app.redeploy" for call in house.sim.calls)
    await house.refused("nothing_to_upgrade", "upgrade_app", plex)


async def test_an_app_is_upgraded_and_rolled_back(house: House) -> None:
    sonarr = house.device("app_sonarr")
    old = house.sim.world.apps["sonarr"].version
    await house.sim.scenario("app_update", app="sonarr", version="9.9.9")
    answer = await house.call("upgrade_app", sonarr)
    assert answer["version"] == "9.9.9"
    listed = await house.call("list_rollback_versions", house.device(), app="sonarr")
    (version,) = [row["version"] for row in listed["rollback_versions"]]
    answer = await house.call("rollback_app", sonarr, version=version)
    assert house.sim.world.apps["sonarr"].version == old
    assert answer["outcome"] == "succeeded"


async def test_apps_of_24_04(
    hass: HomeAssistant,
    hass_storage: Any,
    socket_enabled: None,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> None:
    async with housed(hass, server_entry, hass_admin_user, "24.04") as house:
        plex = house.device("app_plex")
        await house.call("stop_app", plex)
        assert house.sim.world.apps["plex"].state == "STOPPED"
        await house.call("start_app", plex)
        assert house.sim.world.apps["plex"].state == "RUNNING"
        await house.refused("no_such_action", "restart_app", plex)


async def test_services(house: House) -> None:
    nas, service = house.device(), house.sim.world.services["ssh"]
    for order, running in (("stop", False), ("start", True), ("restart", True)):
        answer = await house.call("control_service", nas, service="ssh", order=order)
        assert (answer["service"], answer["running"], service.running) == ("ssh", running, running)
    await house.refused("no_such_target", "control_service", nas, service="telnet", order="start")


@pytest.mark.parametrize(("version", "container"), [("25.10", "container_tools"), ("26", "container_1")])
async def test_machines(
    hass: HomeAssistant,
    hass_storage: Any,
    socket_enabled: None,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    version: str,
    container: str,
) -> None:
    async with housed(hass, server_entry, hass_admin_user, version) as house:
        for machine in ("vm_1", container):
            device = house.device(f"machine_{machine}")
            before = house.source.data.machines[machine].state
            for action, state in (("stop_machine", "stopped"), ("start_machine", "running")):
                if state != before:
                    assert (await house.call(action, device))["state"] == state
                before = state


async def test_smart_test(
    hass: HomeAssistant,
    hass_storage: Any,
    socket_enabled: None,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> None:
    async with housed(hass, server_entry, hass_admin_user, "25.04") as house:
        answer = await house.call("smart_test", house.device("disk_WD-WCC7K4AA17XU"), type="long")
        assert answer["test"] == "running"
        await house.sim.scenario("disk_asleep", disk="sdd")
        await house.source.async_look("temperatures")
        await house.refused("disk_asleep", "smart_test", house.device("disk_ZR15K0XV"))
        listed = await house.call("list_smart_attributes", house.device())
        serials = {row["serial"] for row in listed["smart_attributes"]}
        assert "WD-WCC7K4AA17XU" in serials
        assert "ZR15K0XV" not in serials
        assert house.sim.world.wakeups == 0
        house.sim.faults.error("disk.smart_attributes")
        assert (await house.call("list_smart_attributes", house.device()))["smart_attributes"] == []
        # what was said within the hour is said again, and nobody is asked for it
        calls = len(house.sim.calls)
        assert serials <= set(await house.source.read_smart())
        assert len(house.sim.calls) == calls


async def test_smart_is_gone_in_25_10(house: House) -> None:
    await house.refused("no_such_action", "smart_test", house.device("disk_ZR15K0XV"))
    await house.failed("listing_failed", "list_smart_attributes", house.device())


async def test_alerts(house: House) -> None:
    uuid, alert = next(iter(house.sim.world.alerts.items()))
    await house.call("dismiss_alert", house.device(), alert=uuid)
    assert alert.dismissed
    await house.call("restore_alert", house.device(), alert=uuid)
    assert not alert.dismissed
    await house.refused("no_such_target", "dismiss_alert", house.device(), alert="none")


@pytest.mark.parametrize("action", ["reboot", "shutdown"])
async def test_power(house: House, action: str) -> None:
    with pytest.raises(vol.Invalid):
        await house.call(action, house.device())
    boot = house.sim.world.boot_id
    record = await house.approved(action, house.device(), reason="new kernel")
    assert record.state is State.SUCCEEDED
    assert (house.sim.world.boot_id != boot) is (action == "reboot")
    await house.sim.start_listening()


# What is never done


@pytest.mark.parametrize("row", ACTS, ids=lambda row: row.name)
async def test_nobody_but_an_admin_may_change_anything(
    house: House, hass_read_only_user: MockUser, row: Any
) -> None:
    devices = {
        "": house.device(),
        "pool": house.pool("tank"),
        "task": house.device("task_replication_1"),
        "app": house.device("app_plex"),
        "machine": house.device("machine_vm_1"),
        "disk": house.device("disk_ZR15K0XV"),
    }
    data: dict[str, Any] = {}
    for field in row.fields:
        if isinstance(field, vol.Required):
            data[str(field)] = {
                "snapshot": "tank@a",
                "order": "stop",
                "reason": "because",
                "keep": 3,
                "measure": "cpu",
                "limit": 50,
                "command": "load.off",
            }.get(str(field), "x")
    for user in (None, hass_read_only_user.id, "nobody"):
        await house.refused("admin_only", row.name, devices.get(row.kind, devices[""]), user=user, **data)
    wrong = devices["pool" if row.kind != "pool" else ""]
    await house.refused("wrong_device", row.name, wrong, **data)


async def test_own_path_is_not_taken_away(house: House) -> None:
    """An app whose container is ours, or that is named in the options, is not stopped, restarted or upgraded."""
    plex = house.source.data.apps["plex"]
    await house.sim.scenario("app_update", app="plex")
    house.source.house.own_path = OwnPath(
        frozenset({(container_node(plex.containers[0]), "Home Assistant runs in it")})
    )
    device = house.device("app_plex")
    for action in ("stop_app", "restart_app", "upgrade_app"):
        error = await house.refused("own_path", action, device)
        assert error.translation_placeholders == {"target": "plex", "reason": "Home Assistant runs in it"}
    assert house.sim.world.apps["plex"].state == "RUNNING"
    await house.call("stop_app", house.device("app_sonarr"))


async def test_an_app_that_a_person_named_is_not_taken_away(
    house: House, hass: HomeAssistant, server_entry: MockConfigEntry
) -> None:
    if server_entry.state.name != "LOADED":
        assert await hass.config_entries.async_setup(server_entry.entry_id)
    hass.config_entries.async_update_entry(server_entry, options={"own_path": ["Sonarr"]})
    await hass.async_block_till_done()
    await house.refused("own_path", "stop_app", house.device("app_sonarr"))
    hass.config_entries.async_update_entry(server_entry, options={})
    await hass.async_block_till_done()
    await house.call("stop_app", house.device("app_sonarr"))


async def test_a_target_that_changes_meanwhile(house: House) -> None:
    """Between the plan and the write somebody else stopped it: nothing is sent."""
    action = house.source.actions["stop_app"]
    plan = await action.plan("plex", {})
    house.sim.world.apps["plex"].set_state("CRASHED")
    refusal = await action.check(plan)
    assert refusal
    assert refusal.key == "target_changed"
    del house.sim.world.apps["plex"]
    refusal = await action.check(plan)
    assert refusal
    assert refusal.key == "no_such_target"
    assert await action.undo(plan, 0, None) is None  # type: ignore[arg-type]


async def test_a_snapshot_that_changes_meanwhile(house: House) -> None:
    action = house.source.actions["delete_snapshot"]
    name, snapshot = next(
        (name, found) for name, found in house.sim.world.snapshots.items() if not found.holds
    )
    plan = await action.plan(name, {})
    assert await action.check(plan) is None
    snapshot.created -= 10
    refusal = await action.check(plan)
    assert refusal
    assert refusal.key == "target_changed"
    del house.sim.world.snapshots[name]
    refusal = await action.check(plan)
    assert refusal
    assert refusal.key == "no_such_target"
    assert await action.undo(plan, 0, None) is None  # type: ignore[arg-type]


async def test_a_scrub_becomes_impossible_meanwhile(house: House) -> None:
    action = house.source.actions["start_scrub"]
    plan = await action.plan(str(house.sim.world.pool("tank").guid), {})
    await house.sim.scenario("scrub_running")
    refusal = await action.check(plan)
    assert refusal
    assert refusal.key == "scan_running"


# What fails


async def test_a_right_that_is_missing(house: House) -> None:
    house.sim.faults.deny("app.stop")
    error = await house.failed("not_permitted", "stop_app", house.device("app_plex"))
    assert error.translation_placeholders == {"method": "app.stop"}


async def test_a_server_that_is_away(house: House) -> None:
    await house.sim.stop_listening()
    await asyncio.sleep(10)
    await house.refused("not_reachable", "start_scrub", house.pool("tank"))
    await house.failed("listing_failed", "list_pools", house.device())


async def test_a_key_that_is_refused(house: House) -> None:
    await house.sim.scenario("revoked_key")
    await asyncio.sleep(120)
    await house.refused("auth_failed", "start_scrub", house.pool("tank"))


async def test_an_order_that_fails(house: House) -> None:
    house.sim.faults.error("app.stop", 14, "[EFAULT] compose failed")
    error = await house.failed("action_failed", "stop_app", house.device("app_plex"))
    assert error.translation_placeholders
    assert "Compose failed" in error.translation_placeholders["error"]


async def test_an_order_that_does_nothing(house: House) -> None:
    """It is answered, and the server shows no change: that is no success."""
    house.sim.faults.replace("alert.dismiss", None)
    uuid = next(iter(house.sim.world.alerts))
    await house.failed("action_failed", "dismiss_alert", house.device(), alert=uuid)


async def test_a_job_that_fails(house: House) -> None:
    await house.sim.scenario("app_update", app="sonarr")
    house.sim.faults.replace("app.upgrade", 4711)
    house.sim.faults.replace("core.get_jobs", [{"id": 4711, "state": "FAILED", "error": "no space"}])
    error = await house.failed("action_rolled_back", "upgrade_app", house.device("app_sonarr"))
    assert error.translation_placeholders == {"error": "No space"}


async def test_a_job_that_ends_without_effect(house: House) -> None:
    house.sim.faults.replace("app.stop", 4711)
    house.sim.faults.replace("core.get_jobs", [{"id": 4711, "state": "SUCCESS"}])
    await house.failed("action_failed", "stop_app", house.device("app_plex"))


async def test_nothing_can_be_said(house: House) -> None:
    """The server goes away right after the order: neither a success nor a failure."""
    house.sim.faults.hang("core.get_jobs")
    house.sim.faults.replace("app.stop", 4711)
    await house.failed("action_inconclusive", "stop_app", house.device("app_plex"))


async def test_a_snapshot_that_cannot_be_looked_at(house: House) -> None:
    house.sim.faults.error("pool.snapshot.query", nth=5, count=3)
    answer = await house.call("create_snapshot", house.device(), dataset="tank/documents", name="x")
    assert answer["outcome"] == "succeeded"


async def test_an_entry_that_is_not_loaded(house: House, hass: HomeAssistant) -> None:
    device = house.pool("tank")
    assert await hass.config_entries.async_unload(house.entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await house.call("start_scrub", device)


async def test_the_device_of_the_server_itself(
    house: House, hass: HomeAssistant, server_entry: MockConfigEntry
) -> None:
    if server_entry.state.name != "LOADED":
        assert await hass.config_entries.async_setup(server_entry.entry_id)
    found = device_of(hass, server_entry)
    assert found
    await house.refused("wrong_device", "start_scrub", found.id)


async def test_an_action_that_the_source_does_not_have(house: House) -> None:
    house.source._actions = {}
    await house.refused("no_such_action", "start_scrub", house.pool("tank"))


# Lists


@pytest.mark.parametrize(
    "row",
    [row for row in LISTINGS if row.of == "truenas" and not row.fields and not row.admin],
    ids=lambda row: row.key,
)
async def test_lists(house: House, hass_read_only_user: MockUser, row: Any) -> None:
    answer = await house.call(f"list_{row.key}", house.device(), user=hass_read_only_user.id)
    assert len(answer[row.key]) > 0
    assert all(isinstance(item, dict) for item in answer[row.key])


async def test_lists_with_fields(house: House) -> None:
    answer = await house.call("list_snapshots", house.device(), dataset="tank/documents", limit=5)
    assert len(answer["snapshots"]) == 5
    assert {"snapshot", "created", "used", "held"} == set(answer["snapshots"][0])
    everything = await house.call("list_snapshots", house.device(), dataset="tank/documents", limit=1000)
    times = [each["created"] for each in everything["snapshots"]]
    assert times == sorted(times, reverse=True)
    assert answer["snapshots"] == everything["snapshots"][:5]
    house.sim.faults.replace("pool.snapshot.query", [None, {"id": None}, 7])
    assert (await house.call("list_snapshots", house.device(), dataset="tank"))["snapshots"] == []
    house.sim.faults.replace("pool.snapshot.query", {"no": "list"})
    assert (await house.call("list_snapshots", house.device(), dataset="tank"))["snapshots"] == []


@pytest.mark.parametrize("answer", [7, {"a": 1}, "text", [None]])
async def test_a_list_of_another_shape(house: House, answer: Any) -> None:
    house.sim.faults.replace("app.rollback_versions", answer)
    found = await house.call("list_rollback_versions", house.device(), app="sonarr")
    assert found["rollback_versions"] == []


async def test_what_may_leak_is_for_admins(house: House, hass_read_only_user: MockUser) -> None:
    for user in (None, hass_read_only_user.id):
        await house.refused("admin_only", "list_smart_attributes", house.device(), user=user)


async def test_capabilities(house: House) -> None:
    assert await house.source.snapshot_dataset("tank/photos", "by-play") == "tank/photos@by-play"
    assert "tank/photos@by-play" in house.sim.world.snapshots


async def test_no_snapshot_is_taken_for_others_where_another_home_assistant_works(house: House) -> None:
    house.sim.world.add_snapshot("tank/photos", "hsm-ffffffff-1", house.sim.world.clock.now())
    with pytest.raises(Refused) as error:
        await house.source.snapshot_dataset("tank/photos", "by-play")
    assert error.value.refusal.key == "foreign_guardian"
    assert "tank/photos@by-play" not in house.sim.world.snapshots

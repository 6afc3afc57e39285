"""Every action against a NAS: what a journal keeps of it is enough to judge it, and to take it back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.contract import (
    Action,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refused,
    Risk,
    Severity,
    Verdict,
)
from custom_components.home_server_monitor.guardian.packing import unpack_step
from custom_components.home_server_monitor.sources.truenas import pausing, stopping
from custom_components.home_server_monitor.sources.truenas.actions import OrderAction
from custom_components.home_server_monitor.sources.truenas.coordinator import TrueNasCoordinator
from custom_components.home_server_monitor.sources.truenas.methods import Operation
import simulator
from tests.conftest import LAST_PING, nas_entry
from tests.warp import Warp

OWN = "hsm-1a2b3c4d-"


@pytest.fixture(autouse=True)
def _time(warp: Warp) -> None:
    """Jobs and looks take no real time."""


class Nas:
    """A NAS under watch, and what is on it."""

    def __init__(self, entry: MockConfigEntry, sim: Any) -> None:
        self.sim, self.world = sim, sim.world
        source = entry.runtime_data
        assert isinstance(source, TrueNasCoordinator)
        source.house.instance = "1a2b3c4d"
        self.source = source

    def guid(self, pool: str = "tank") -> str:
        """Return how a pool is known."""
        return str(self.world.pool(pool).guid)

    def writes(self) -> int:
        """Return how many writes reached the server."""
        return sum(call.write for call in self.sim.calls)

    async def done(self, key: str, target: str, **params: Any) -> tuple[Action, Plan, list[Receipt]]:
        """Plan, check and run an action, each step through what a journal keeps."""
        action = self.source.actions[key]
        plan = kept(await action.plan(target, params))
        assert await action.check(plan) is None
        receipts = [kept(await action.run(plan, step)) for step in range(len(plan.steps))]
        return action, plan, receipts


def kept[T: (Plan, Receipt)](value: T) -> T:
    """Return a plan or receipt as it comes back from a journal."""
    row = asdict(value)
    for key in ("touches",):
        if key in row:
            row[key] = sorted(row[key])
    row = json.loads(json.dumps(row))
    if isinstance(value, Receipt):
        return Receipt(**row)
    row |= {
        "steps": tuple(unpack_step(step) for step in row["steps"]),
        "touches": frozenset(row["touches"]),
        "risk": Risk(row["risk"]),
    }
    again = Plan(**row)
    assert replace(again, steps=tuple(again.steps)) == replace(value, steps=tuple(value.steps))
    return again


@asynccontextmanager
async def watched(hass: HomeAssistant, version: str) -> AsyncIterator[Nas]:
    """A NAS of one release."""
    async with simulator.run(version) as sim:
        entry = nas_entry(sim)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        yield Nas(entry, sim)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.sleep(LAST_PING)


@pytest.fixture
def nas_(nas: MockConfigEntry, sim: Any) -> Nas:
    """The NAS of the other fixtures."""
    return Nas(nas, sim)


def _nothing(nas: Nas) -> None:
    """Nothing has to be so before."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """An action as it is tried. blind: whether nothing can be said without a receipt; undone: what is seen then."""

    key: str
    target: Callable[[Nas], str] | str
    params: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Nas], Any] = _nothing
    blind: bool = False
    undone: Callable[[Nas], bool] | None = None
    version: str = "25.10"

    def __str__(self) -> str:
        return self.key


def _scrub(state: str) -> Callable[[Nas], Any]:
    async def on(nas: Nas) -> None:
        await nas.sim.scenario("scrub_running")
        if state == "paused":
            nas.world.pool("tank").scan.paused_at = nas.world.clock.now()

    return on


def _own_snapshots(nas: Nas) -> None:
    now = nas.world.clock.now()
    for age in range(5):
        nas.world.add_snapshot("tank/documents", f"{OWN}{9 - age}", now - 86400 * (age + 1))


def _dismissed(nas: Nas) -> None:
    next(iter(nas.world.alerts.values())).dismissed = True


def _app(state: str) -> Callable[[Nas], None]:
    return lambda nas: nas.world.apps["plex"].set_state(state)


def _first_alert(nas: Nas) -> str:
    return next(iter(nas.world.alerts))


def _scanning(nas: Nas) -> bool:
    scan = nas.world.pool("tank").scan
    return scan.state == "SCANNING" and scan.paused_at is None


def _held(nas: Nas) -> str:
    nas.world.add_snapshot("tank/documents", "kept", nas.world.clock.now() - 60).holds.add("truenas")
    return "tank/documents@kept"


def _loose(nas: Nas) -> str:
    nas.world.add_snapshot("tank/documents", "loose", nas.world.clock.now() - 60)
    return "tank/documents@loose"


ROWS: tuple[Row, ...] = (
    Row(key="start_scrub", target=Nas.guid, undone=lambda nas: not _scanning(nas)),
    Row(key="start_scrub", target=Nas.guid, undone=lambda nas: not _scanning(nas), version="26"),
    Row(key="start_scrub", target=Nas.guid, before=_scrub("paused"), undone=lambda nas: not _scanning(nas)),
    Row(key="pause_scrub", target=Nas.guid, before=_scrub("running"), undone=_scanning),
    Row(key="stop_scrub", target=Nas.guid, before=_scrub("running")),
    Row(key="smart_test", target="WD-WCC7K4AA17XU", version="25.04"),
    Row(key="run_task", target="replication_1"),
    Row(key="run_task", target="snapshot_1", version="24.04"),
    Row(
        key="start_app",
        target="plex",
        before=_app("STOPPED"),
        undone=lambda nas: nas.world.apps["plex"].state == "STOPPED",
    ),
    Row(key="stop_app", target="plex", undone=lambda nas: nas.world.apps["plex"].state == "RUNNING"),
    Row(key="stop_app", target="plex", version="24.04"),
    Row(key="restart_app", target="plex"),
    Row(
        key="start_service",
        target="ftp",
        undone=lambda nas: not nas.world.services["ftp"].running,
    ),
    Row(key="stop_service", target="ssh", undone=lambda nas: nas.world.services["ssh"].running),
    Row(key="restart_service", target="ssh", blind=True),
    Row(key="restart_service", target="ssh", blind=True, version="25.04"),
    Row(key="stop_machine", target="vm_1"),
    Row(key="stop_machine", target="container_1", version="26"),
    Row(
        key="dismiss_alert",
        target=_first_alert,
        undone=lambda nas: not next(iter(nas.world.alerts.values())).dismissed,
    ),
    Row(
        key="restore_alert",
        target=_first_alert,
        before=_dismissed,
        undone=lambda nas: next(iter(nas.world.alerts.values())).dismissed,
    ),
    Row(key="create_snapshot", target="tank/documents@by-us"),
    Row(key="create_snapshot", target="tank/documents"),
    Row(key="delete_snapshot", target=_loose),
    Row(key="hold_snapshot", target=_loose),
    Row(key="release_snapshot", target=_held),
    Row(key="prune_snapshots", target="tank/documents", params={"keep": 2}, before=_own_snapshots),
    Row(key="reboot", target="", params={"reason": "test"}),
)


async def _judged(action: Action, plan: Plan, receipts: list[Receipt]) -> Verdict:
    """Judge as the runner does: with a deadline."""
    try:
        async with asyncio.timeout(plan.deadline):
            return await action.verify(plan, receipts)
    except TimeoutError:
        return Verdict(Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_what_a_journal_keeps_is_enough(
    hass: HomeAssistant, hass_storage: Any, socket_enabled: None, server_entry: MockConfigEntry, row: Row
) -> None:
    """It is judged with its receipts, and where Home Assistant ended before it had any; then it is taken back."""
    async with watched(hass, row.version) as nas:
        if (waits := row.before(nas)) is not None:
            await waits
        target = row.target if isinstance(row.target, str) else row.target(nas)
        action, plan, receipts = await nas.done(row.key, target, **row.params)
        assert plan.source == nas.source.id
        assert plan.params == row.params
        writes = nas.writes()
        if row.key == "restart_app":
            # a new deployment has new containers
            nas.world.apps["plex"].containers[0].ident = "f" * 64
        assert (await _judged(action, plan, receipts)).outcome is Outcome.SUCCEEDED
        blind = Outcome.INCONCLUSIVE if row.blind else Outcome.SUCCEEDED
        assert (await _judged(action, plan, [])).outcome is blind
        assert nas.writes() == writes, "looking changes nothing"

        assert plan.inverse is (row.undone is not None or row.key in ("stop_app", "stop_machine"))
        taken_back = await action.undo(plan, 0, receipts[0])
        assert (taken_back is not None) is plan.inverse
        assert nas.writes() == writes + plan.inverse
        if row.undone:
            assert isinstance(action, OrderAction)
            async with asyncio.timeout(plan.deadline):
                assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
            assert row.undone(nas)


# What is as we left it


async def test_only_our_own_scrub_is_stopped(nas_: Nas) -> None:
    action, plan, receipts = await nas_.done("start_scrub", nas_.guid())
    tank = nas_.world.pool("tank")
    tank.scan.state, tank.scan.end = "FINISHED", nas_.world.clock.now()
    nas_.sim.advance(3600)
    await nas_.sim.scenario("scrub_running", percent=0)
    writes = nas_.writes()
    assert await action.undo(plan, 0, receipts[0]) is None
    assert await action.undo(plan, 0, Receipt(0, {"refused": False, "lost": True})) is None
    assert nas_.writes() == writes
    assert _scanning(nas_)


async def test_a_scrub_whose_start_nobody_saw_is_left_alone(nas_: Nas) -> None:
    """The look right after the order failed: then nothing says that the scrub is ours."""
    action = nas_.source.actions["start_scrub"]
    plan = await action.plan(nas_.guid(), {})
    nas_.sim.faults.error("pool.query", nth=2, count=1)
    receipt = await action.run(plan, 0)
    assert "left" not in receipt.result
    assert (await _judged(action, plan, [receipt])).outcome is Outcome.SUCCEEDED
    assert await action.undo(plan, 0, receipt) is None


async def test_an_app_that_was_upgraded_meanwhile_is_left_alone(nas_: Nas) -> None:
    action, plan, receipts = await nas_.done("stop_app", "plex")
    assert (await _judged(action, plan, receipts)).outcome is Outcome.SUCCEEDED
    nas_.world.apps["plex"].version = ("9.9.9", "9.9.9")
    assert await action.undo(plan, 0, receipts[0]) is None


async def test_an_inverse_that_is_not_seen_is_no_success(nas_: Nas) -> None:
    action, plan, receipts = await nas_.done("stop_service", "ssh")
    assert isinstance(action, OrderAction)
    assert (await _judged(action, plan, receipts)).outcome is Outcome.SUCCEEDED
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(plan.deadline):
            await action.undone(plan)


async def test_what_was_started_again_is_left_alone(nas_: Nas) -> None:
    action, plan, receipts = await nas_.done("stop_service", "ssh")
    nas_.world.services["ssh"].running = True
    assert await action.undo(plan, 0, receipts[0]) is None


async def test_what_was_so_before_has_no_inverse(nas_: Nas) -> None:
    """Stopping what was stopped changes nothing, so nothing is started afterwards."""
    nas_.world.services["ssh"].running = False
    action, plan, receipts = await nas_.done("stop_service", "ssh")
    assert not plan.inverse
    assert await action.undo(plan, 0, receipts[0]) is None


# Lost answers


async def test_a_lost_answer_to_a_restart_says_nothing(nas_: Nas) -> None:
    action = nas_.source.actions["restart_service"]
    plan = await action.plan("ssh", {})
    receipt = Receipt(0, {"refused": False, "lost": True})
    assert (await _judged(action, plan, [receipt])).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("key", ["stop_app", "hold_snapshot"])
async def test_an_order_that_never_arrived_is_no_success(nas_: Nas, key: str) -> None:
    action = nas_.source.actions[key]
    plan = await action.plan("plex" if key == "stop_app" else _loose(nas_), {})
    assert (await _judged(action, plan, [])).outcome is Outcome.INCONCLUSIVE


async def test_a_snapshot_that_was_held_before(nas_: Nas) -> None:
    action = nas_.source.actions["hold_snapshot"]
    plan = await action.plan(_held(nas_), {})
    assert (await _judged(action, plan, [])).outcome is Outcome.INCONCLUSIVE


async def test_an_answer_of_no_is_a_failure(nas_: Nas) -> None:
    nas_.sim.faults.replace("service.control", False)
    action, plan, receipts = await nas_.done("stop_service", "ssh")
    assert receipts[0].result["refused"]
    assert (await _judged(action, plan, receipts)).outcome is Outcome.FAILED
    assert await action.undo(plan, 0, receipts[0]) is None


async def test_a_start_that_is_only_computed_anew_is_no_reboot(nas_: Nas) -> None:
    action = nas_.source.actions["reboot"]
    plan = await action.plan("", {"reason": "test"})
    assert plan.risk is Risk.HIGH
    plan = replace(plan, before={"booted": plan.before["booted"] - 20})
    assert (await _judged(action, plan, [])).outcome is Outcome.INCONCLUSIVE


# Scrubs and self-tests


async def test_no_scrub_is_started_during_another_scan(nas_: Nas) -> None:
    action = nas_.source.actions["start_scrub"]
    for scenario in ("scrub_running", "resilver"):
        await nas_.sim.scenario(scenario)
        with pytest.raises(Refused) as refused:
            await action.plan(nas_.guid(), {})
        assert refused.value.refusal.key == "scan_running"
        await nas_.sim.scenario_off(scenario)


async def test_a_self_test_is_not_started_twice(
    hass: HomeAssistant, hass_storage: Any, server_entry: Any, socket_enabled: None
) -> None:
    async with watched(hass, "25.04") as nas:
        await nas.done("smart_test", "WD-WCC7K4AA17XU")
        with pytest.raises(Refused) as refused:
            await nas.source.actions["smart_test"].plan("WD-WCC7K4AA17XU", {})
        assert refused.value.refusal.key == "test_running"


# Pruning


async def test_only_our_own_old_snapshots_are_pruned(nas_: Nas) -> None:
    _own_snapshots(nas_)
    world = nas_.world
    world.snapshots[f"tank/documents@{OWN}7"].holds.add("truenas")
    now = world.clock.now()
    # another dataset's, also of another Home Assistant, and what merely looks like ours
    foreign = [
        world.add_snapshot(dataset, name, now - 90 * 86400).ident
        for dataset, name in (
            ("tank/photos", "hsm-ffffffff-1"),
            ("tank/photos", f"{OWN}1"),
            ("tank/documents", f"x{OWN}1"),
            ("tank/documents", "auto-1"),
        )
    ]
    before = set(world.snapshots)
    action = nas_.source.actions["prune_snapshots"]
    plan = await action.plan("tank/documents", {"keep": 2})
    listed = [step.params["snapshot"] for step in plan.steps]
    # oldest first, without the held one
    assert listed == [f"tank/documents@{OWN}5", f"tank/documents@{OWN}6"]
    assert (plan.risk, plan.inverse) == (Risk.HIGH, False)
    action, plan, receipts = await nas_.done("prune_snapshots", "tank/documents", keep=2)
    verdict = await _judged(action, plan, receipts)
    assert (verdict.outcome, verdict.facts["deleted"]) == (Outcome.SUCCEEDED, 2)
    assert before - set(world.snapshots) == set(listed)
    assert set(foreign) <= set(world.snapshots)


@pytest.mark.parametrize(
    ("keep", "key"),
    [
        (5, "nothing_to_prune"),
        (0, "keep_too_few"),
        (-1, "keep_too_few"),
        (True, "keep_too_few"),
        ("2", "keep_too_few"),
        (None, "keep_too_few"),
    ],
)
async def test_nothing_is_pruned(nas_: Nas, keep: Any, key: str) -> None:
    _own_snapshots(nas_)
    with pytest.raises(Refused) as refused:
        await nas_.source.actions["prune_snapshots"].plan("tank/documents", {"keep": keep})
    assert refused.value.refusal.key == key


async def test_nothing_is_pruned_by_a_wrong_clock(nas_: Nas) -> None:
    _own_snapshots(nas_)
    nas_.world.add_snapshot("tank/documents", f"{OWN}future", nas_.world.clock.now() + 86400)
    with pytest.raises(Refused) as refused:
        await nas_.source.actions["prune_snapshots"].plan("tank/documents", {"keep": 2})
    assert refused.value.refusal.key == "snapshot_from_the_future"


async def test_a_pruning_deletes_at_most_fifty(nas_: Nas) -> None:
    now = nas_.world.clock.now()
    for age in range(60):
        nas_.world.add_snapshot("tank/documents", f"{OWN}{age}", now - 3600 * (age + 1))
    plan = await nas_.source.actions["prune_snapshots"].plan("tank/documents", {"keep": 1})
    assert len(plan.steps) == 50
    assert plan.steps[0].params["snapshot"].endswith("-59")


async def test_a_pruning_that_was_shown_is_the_one_that_is_done(nas_: Nas) -> None:
    _own_snapshots(nas_)
    action = nas_.source.actions["prune_snapshots"]
    plan = await action.plan("tank/documents", {"keep": 2})
    nas_.world.add_snapshot("tank/documents", f"{OWN}new", nas_.world.clock.now())
    refusal = await action.check(plan)
    assert refusal
    assert refusal.key == "target_changed"
    # and a step looks once more at the snapshot that it deletes
    name = plan.steps[0].params["snapshot"]
    nas_.world.snapshots[name].holds.add("truenas")
    with pytest.raises(Refused):
        await action.run(plan, 0)
    assert name in nas_.world.snapshots


async def test_a_pruning_that_was_broken_off(nas_: Nas) -> None:
    """It says how many are gone, and deletes no more by itself."""
    _own_snapshots(nas_)
    action = nas_.source.actions["prune_snapshots"]
    plan = await action.plan("tank/documents", {"keep": 2})
    receipt = await action.run(plan, 0)
    verdict = await _judged(action, plan, [receipt])
    assert verdict.outcome is Outcome.FAILED
    assert (verdict.facts["deleted"], len(verdict.facts["left"])) == (1, 2)


async def test_a_snapshot_without_a_name_is_ours(nas_: Nas) -> None:
    _, plan, _ = await nas_.done("create_snapshot", "tank/documents")
    assert plan.target.startswith(f"tank/documents@{OWN}20")
    assert plan.target in nas_.world.snapshots


# Two guardians on one NAS


OTHER = "5e6f7a8b"


def _found(nas: Nas) -> list[Any]:
    return [each for each in nas.source.findings if each.rule == "foreign_guardian"]


@pytest.mark.parametrize(
    ("key", "target", "params"),
    [
        ("create_snapshot", "tank/documents", {}),
        ("create_snapshot", "tank/documents@by-us", {}),
        ("prune_snapshots", "tank/documents", {"keep": 1}),
        ("delete_snapshot", f"tank/documents@hsm-{OTHER}-1", {}),
        ("hold_snapshot", f"tank/documents@hsm-{OTHER}-1", {}),
    ],
)
async def test_where_another_home_assistant_works_nothing_is_done(
    nas_: Nas, key: str, target: str, params: dict[str, Any]
) -> None:
    _own_snapshots(nas_)
    nas_.world.add_snapshot("tank/documents", f"hsm-{OTHER}-1", nas_.world.clock.now() - 3600)
    assert not _found(nas_)
    with pytest.raises(Refused) as refused:
        await nas_.source.actions[key].plan(target, params)
    assert refused.value.refusal.key == "foreign_guardian"
    assert nas_.writes() == 0
    # what stood in the way is a finding at once, and still is when the snapshots were listed
    (finding,) = _found(nas_)
    assert (finding.severity, finding.placeholders["instance"]) == (Severity.HIGH, OTHER)
    assert finding.placeholders["name"] == nas_.source.data.system.hostname
    await nas_.source.async_look("snapshots")
    nas_.source.memory.met.clear()
    assert _found(nas_)


async def test_another_home_assistant_that_comes_between(nas_: Nas) -> None:
    _own_snapshots(nas_)
    for key, target, params in (
        ("create_snapshot", "tank/documents@by-us", {}),
        ("prune_snapshots", "tank/documents", {"keep": 1}),
    ):
        plan = await nas_.source.actions[key].plan(target, params)
        other = nas_.world.add_snapshot("tank/documents", f"hsm-{OTHER}-1", nas_.world.clock.now())
        refusal = await nas_.source.actions[key].check(plan)
        assert refusal
        assert refusal.key == "foreign_guardian"
        del nas_.world.snapshots[other.ident]


async def test_elsewhere_on_that_nas_is_not_refused_but_told(nas_: Nas) -> None:
    nas_.world.add_snapshot("tank/photos", f"hsm-{OTHER}-1", nas_.world.clock.now() - 3600)
    nas_.world.add_snapshot("tank/photos", f"hsm-{nas_.source.instance}-1", nas_.world.clock.now())
    await nas_.source.async_look("snapshots")
    (finding,) = _found(nas_)
    assert finding.placeholders["instance"] == OTHER
    _, plan, _ = await nas_.done("create_snapshot", "tank/documents")
    assert plan.target in nas_.world.snapshots
    # two of the same NAS, each of which sees the other's
    nas_.source.house.instance = OTHER
    (finding,) = _found(nas_)
    assert finding.placeholders["instance"] == "1a2b3c4d"


async def test_what_was_left_long_ago_wakes_nobody(nas_: Nas) -> None:
    nas_.world.add_snapshot("tank/photos", f"hsm-{OTHER}-1", nas_.world.clock.now() - 30 * 86400)
    await nas_.source.async_look("snapshots")
    (finding,) = _found(nas_)
    assert finding.severity is Severity.WARNING
    del nas_.world.snapshots[f"tank/photos@hsm-{OTHER}-1"]
    await nas_.source.async_look("snapshots")
    assert not _found(nas_)


@pytest.mark.parametrize("task", ["cloud_sync_1", "cloud_backup_1"])
async def test_a_copy_is_stopped_for_a_while_and_runs_again(nas_: Nas, task: str) -> None:
    nas_.sim.world.jobs.pace = 1e6
    with pytest.raises(Refused) as refused:
        await nas_.source.actions["stop_task"].plan(task, {"minutes": 60})
    assert refused.value.refusal.key == "task_not_stoppable"
    assert nas_.source.jobs() == ()
    await nas_.done("run_task", task)
    await nas_.source.async_look("tasks")
    (work,) = nas_.source.jobs()
    assert (work.action, work.target) == ("stop_task", task)
    action, plan, receipts = await nas_.done(work.action, work.target, minutes=60)
    assert (await action.verify(plan, receipts)).outcome is Outcome.SUCCEEDED
    lease = plan.steps[0].lease
    assert lease is not None
    setting = nas_.source.settings[lease.setting]
    assert await setting.read(lease.target) is lease.value is True
    # as the guardian gives it back
    await setting.set_leased(lease.target, False)
    assert await setting.read(lease.target) is False
    assert [each.target for each in nas_.source.jobs()] == [task]
    writes = nas_.writes()
    await setting.set_leased(lease.target, False)
    assert nas_.writes() == writes


async def test_what_stands_still_for_a_while_runs_again(nas_: Nas) -> None:
    """The values that the guardian holds: set once, read as they are, and never over what is no more."""
    settings, world = nas_.source.settings, nas_.world
    for key, target in ((stopping.APP_STOPPED, "plex"), (stopping.MACHINE_STOPPED, "vm_1")):
        held = settings[key]
        assert (await held.read(target), held.shown(target)) == (False, False)
        for stop in (True, False):
            writes = nas_.writes()
            await held.set_leased(target, stop)
            assert (await held.read(target), nas_.writes() - writes) == (stop, 1)
            # it is so already
            await held.set_leased(target, stop)
            assert nas_.writes() - writes == 1
        gone = "vm_99" if target == "vm_1" else "gone"
        writes = nas_.writes()
        await held.set_leased(gone, True)
        assert (await held.read(gone), held.shown(gone), nas_.writes()) == (None, None, writes)
    # a no of the server is no success, whose return would be taken for done
    nas_.sim.faults.error("vm.stop", count=1)
    with pytest.raises(NotDone, match="Simulated failure"):
        await settings[stopping.MACHINE_STOPPED].set_leased("vm_1", True)
    assert await settings[stopping.MACHINE_STOPPED].read("vm_1") is False
    # one that takes its time is waited for, and not for ever
    machine = settings[stopping.MACHINE_STOPPED]
    of, looks = machine.of, 0

    def slow(data: Any, target: str) -> bool | None:
        nonlocal looks
        looks += 1
        return False if looks < 5 else of(data, target)

    machine.of = slow
    await machine.set_leased("vm_1", True)
    assert (looks, await machine.read("vm_1")) == (5, True)
    del machine.of
    # a container of the NAS is ordered in its own way
    found = replace(next(iter(nas_.source.data.machines.values())), kind="container", id="web")
    data = replace(nas_.source.data, machines={"container_web": found})
    for stop, operation in ((True, Operation.STOP_INSTANCE), (False, Operation.START_INSTANCE)):
        assert machine.order(data, "container_web", stop=stop) == (operation, ["web"])
    assert world.apps["plex"].state == "RUNNING"


async def test_a_paused_scrub_goes_on_only_where_it_is_still_paused(nas_: Nas) -> None:
    await nas_.sim.scenario("scrub_running")
    await nas_.source.async_look("pools")
    held = nas_.source.settings[pausing.SCRUB_PAUSED]
    plan = await nas_.source.actions["pause_scrub"].plan(nas_.guid(), {"hours": 1})
    lease = plan.steps[0].lease
    assert lease is not None
    scan, writes = nas_.world.pool("tank").scan, nas_.writes()
    await held.set_leased(lease.target, False)
    await held.set_leased("another scrub", True)
    assert nas_.writes() == writes
    nas_.sim.faults.error("pool.scrub.scrub", count=1)
    with pytest.raises(NotDone, match="Simulated failure"):
        await held.set_leased(lease.target, True)
    await held.set_leased(lease.target, True)
    assert scan.paused_at is not None
    assert held.same(await held.read(lease.target), held.shown(lease.target))
    await held.set_leased(lease.target, False)
    assert scan.paused_at is None


async def test_a_pruning_is_looked_at_until_it_can_be_seen(nas_: Nas) -> None:
    _own_snapshots(nas_)
    action, plan, receipts = await nas_.done("prune_snapshots", "tank/documents", keep=2)
    nas_.sim.faults.error("zfs.resource.snapshot.query", count=3)
    assert (await _judged(action, plan, receipts)).outcome is Outcome.SUCCEEDED

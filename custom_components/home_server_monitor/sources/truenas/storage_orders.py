"""Orders to storage: scrubs, self-tests of disks, and the tasks that protect data."""

from collections.abc import Mapping
from typing import Any

from ...guardian.contract import Risk
from .actions import Facts, Inverse, Order
from .disk import Disk
from .methods import Operation
from .pausing import pause_of
from .reading import FEED_OF_TASK
from .sending import stamp
from .stopping import TASK_STOPPED, stop_of
from .storage import Pool
from .tasks import ABORT, RUN, kind_of
from .work import Task


def _pool(data: Any, target: str) -> Pool | None:
    found: Pool | None = data.pools.get(target)
    return found


def _note_pool(pool: Pool) -> Facts:
    scan = pool.scan
    return {
        "guid": pool.guid,
        "status": pool.status,
        "scan": scan.kind if scan else None,
        "state": scan.state if scan else None,
        "paused": scan.paused if scan else None,
        "started": stamp(scan.started) if scan else None,
    }


# a scrub that has run since is one of the reasons not to start another
_POOL_STATE = ("guid", "status", "scan", "state", "paused", "started")


def _pool_facts(pool: Pool) -> Mapping[str, Any]:
    scan = pool.scan
    return {"pool": pool.name, "scan": scan.kind if scan else None, "state": scan.state if scan else None}


def _may_start_scrub(pool: Pool, params: Mapping[str, Any]) -> str | None:
    if pool.size is None:
        return "pool_not_imported"
    # a paused scrub goes on by the same order; a resilver is never touched
    if pool.scan and (pool.scan.running or (pool.scan.kind == "resilver" and pool.scan.state == "scanning")):
        return "scan_running"
    return None


def _may_halt_scrub(pool: Pool, params: Mapping[str, Any]) -> str | None:
    scrubbing = pool.scan and pool.scan.kind == "scrub" and pool.scan.state == "scanning"
    return None if scrubbing else "no_scrub"


def _scans(noted: Facts) -> bool:
    return noted["state"] == "scanning" and not noted["paused"]


def _scrub_started(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
    """A small pool may be through before we look: then its newest scrub began after the one before."""
    if now is None or now["scan"] != "scrub":
        return False
    return _scans(now) or (now["started"] is not None and now["started"] != before["started"])


def _our_scrub(before: Facts, now: Facts, result: Facts) -> bool:
    """Return whether the scrub that runs is the one that was seen right after our order."""
    left = result.get("left")
    return bool(left and now["started"] == left["started"] and _scans(now))


def _scrub_paused(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
    return now is not None and (bool(now["paused"]) or now["state"] != "scanning")


def _same_scrub(before: Facts, now: Facts, result: Facts) -> bool:
    return bool(now["paused"]) and now["started"] == before["started"]


def _scrub_stopped(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
    return now is not None and not (now["scan"] == "scrub" and now["state"] == "scanning")


def _start_is_taken_back(pool: Pool, before: Facts) -> Operation:
    return Operation.PAUSE_SCRUB if before["paused"] else Operation.STOP_SCRUB


def _scrub(key: str, operation: Operation, **more: Any) -> Order:
    return Order(
        key=key,
        feed="pools",
        find=_pool,
        operation=operation,
        arguments=lambda pool, params: [pool.name],
        note=_note_pool,
        state=_POOL_STATE,
        facts=_pool_facts,
        **more,
    )


def _may_test(disk: Disk, params: Mapping[str, Any]) -> str | None:
    if disk.asleep:
        return "disk_asleep"
    # a second one would end the first
    return "test_running" if disk.last_test == "running" else None


def _may_run(task: Task, params: Mapping[str, Any]) -> str | None:
    if task.running:
        return "task_running"
    return "task_locked" if task.locked else None


def _may_stop(task: Task, params: Mapping[str, Any]) -> str | None:
    return None if task.running and task.kind in ABORT else "task_not_stoppable"


def _note_task(task: Task) -> Facts:
    return {
        "task": task.key,
        "enabled": task.enabled,
        "running": task.running,
        "locked": task.locked,
        "ended": stamp(task.ended),
    }


def _ran(before: Facts, now: Facts | None, params: Mapping[str, Any]) -> bool:
    """The order worked once it runs or has ended anew; whether the run succeeds is the task's own sensor."""
    return now is not None and (
        bool(now["running"]) or (now["ended"] is not None and now["ended"] != before["ended"])
    )


STORAGE_ORDERS: tuple[Order, ...] = (
    _scrub(
        "start_scrub",
        Operation.START_SCRUB,
        allowed=_may_start_scrub,
        done=_scrub_started,
        inverse=Inverse(
            operation=_start_is_taken_back,
            ours=_our_scrub,
            marks=True,
            undone=lambda before, now: not _scans(now),
        ),
    ),
    _scrub(
        "pause_scrub",
        Operation.PAUSE_SCRUB,
        # one that is paused already may be kept so for longer; the leases know by whom
        allowed=_may_halt_scrub,
        lease=pause_of,
        done=_scrub_paused,
        inverse=Inverse(operation=lambda pool, before: Operation.START_SCRUB, ours=_same_scrub),
    ),
    _scrub("stop_scrub", Operation.STOP_SCRUB, allowed=_may_halt_scrub, done=_scrub_stopped),
    Order(
        key="smart_test",
        feed="smart_tests",
        find=lambda data, target: data.disks.get(target),
        operation=Operation.SMART_TEST,
        arguments=lambda disk, params: [disk.identifier, params.get("type", "SHORT")],
        allowed=_may_test,
        note=lambda disk: {"disk": disk.identity, "test": disk.last_test},
        state=("disk",),
        done=lambda before, now, params: now is not None and now["test"] == "running",
        facts=lambda disk: {"disk": disk.device, "test": disk.last_test},
    ),
    Order(
        key="run_task",
        feed=lambda target: FEED_OF_TASK[kind_of(target)],
        find=lambda data, target: data.tasks.get(target),
        operation=lambda task: RUN[task.kind],
        arguments=lambda task, params: [task.id],
        allowed=_may_run,
        note=_note_task,
        state=("task", "enabled", "running"),
        done=_ran,
        facts=lambda task: {"task": task.name, "running": task.running, "result": task.result},
    ),
    Order(
        key="stop_task",
        feed=lambda target: FEED_OF_TASK[kind_of(target)],
        find=lambda data, target: data.tasks.get(target),
        operation=lambda task: ABORT[task.kind],
        arguments=lambda task, params: [task.id],
        allowed=_may_stop,
        note=_note_task,
        state=("task", "running"),
        # it runs again from where it was, as its copies are compared first
        lease=lambda task, params: stop_of(TASK_STOPPED, task.key, params),
        done=lambda before, now, params: now is not None and not now["running"],
        facts=lambda task: {"task": task.name, "running": task.running, "result": task.result},
        risk=Risk.MEDIUM,
    ),
)

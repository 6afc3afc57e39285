"""From what the feeds hold to one snapshot: joins disks with pools, fills in what is remembered."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Any

from ..feeds import Feeds
from .app import App, AppStats
from .disk import Disk
from .forecast import Forecast
from .memory import Memory, Upgraded
from .model import TrueNas
from .parse import Rows
from .reading import MACHINE_FEEDS, TASK_FEEDS, SnapshotListing
from .realtime import Realtime
from .releases import V25_10, Release
from .schedules import next_run
from .storage import Pool
from .system import System
from .work import Task

_EMPTY: Rows[Any] = Rows()
LISTS = (
    "pools",
    "services",
    "alerts",
    "apps",
    "datasets",
    *TASK_FEEDS,
    *MACHINE_FEEDS,
    "disks",
    "interfaces",
    "certificates",
)


def assemble(
    feeds: Feeds,
    memory: Memory,
    *,
    release: Release,
    zone: tzinfo,
    now: datetime,
    realtime: Realtime | None,
    stats: Mapping[str, AppStats] | None,
    forecasts: Mapping[str, Forecast | None],
    errors_before: Mapping[str, int],
) -> TrueNas:
    """Return the snapshot of this moment; equal input gives an equal snapshot."""

    def items(key: str) -> Mapping[str, Any]:
        return (feeds.value(key) or _EMPTY).items

    def whole(key: str) -> bool:
        found = feeds.value(key)
        return found is not None and not found.skipped and not feeds.stale(key)

    system: System | None = feeds.value("system")
    pools = items("pools")
    boot: Pool | None = feeds.value("boot_pool")
    snapshots: SnapshotListing | None = feeds.value("snapshots")
    stale = set(feeds.stale_keys)
    stale |= {"realtime"} if realtime is None else set()
    stale |= {"app_stats"} if stats is None else set()
    return TrueNas(
        release=release,
        system=replace(system, booted=memory.boot(system.booted)) if system else None,
        boot_pool=boot,
        realtime=realtime,
        reboot_reasons=feeds.value("reboot"),
        update=feeds.value("update"),
        pools=_pools(pools, items("datasets"), memory, forecasts, errors_before),
        disks=_disks(feeds, items("disks"), [*pools.values(), *([boot] if boot else [])], release),
        datasets=items("datasets"),
        snapshots=snapshots.by_dataset if snapshots else MappingProxyType({}),
        snapshot_count=snapshots.count if snapshots else None,
        left=snapshots.left if snapshots else MappingProxyType({}),
        tasks=MappingProxyType(
            {key: _task(task, memory, zone, now) for feed in TASK_FEEDS for key, task in items(feed).items()}
        ),
        services=items("services"),
        apps=_apps(items("apps"), stats, memory, now),
        machines=MappingProxyType({key: item for feed in MACHINE_FEEDS for key, item in items(feed).items()}),
        interfaces=items("interfaces"),
        certificates=items("certificates"),
        alerts=items("alerts"),
        shares=feeds.value("shares") or MappingProxyType({}),
        ups=feeds.value("ups") or MappingProxyType({}),
        roles=feeds.value("roles") or frozenset(),
        stale=frozenset(stale),
        complete=frozenset(key for key in LISTS if whole(key)),
        skipped=MappingProxyType(
            {key: found.skipped for key in LISTS if (found := feeds.value(key)) is not None and found.skipped}
        ),
    )


def _pools(
    pools: Mapping[str, Pool],
    datasets: Mapping[str, Any],
    memory: Memory,
    forecasts: Mapping[str, Forecast | None],
    errors_before: Mapping[str, int],
) -> Mapping[str, Pool]:
    found = {}
    for guid, pool in pools.items():
        scan, root, forecast = pool.scan, datasets.get(pool.name), forecasts.get(guid)
        good = scan and scan.kind == "scrub" and scan.state == "finished" and not scan.errors
        # what the pool itself reports counts parity; its root dataset counts what a user can use
        root = root if pool.size is not None else None
        found[guid] = replace(
            pool,
            used=root.used if root else None,
            available=root.available if root else None,
            last_scrub=memory.newest(memory.scrubs, guid, scan.ended if scan and good else None),
            errors_before=errors_before.get(guid),
            days_to=MappingProxyType(forecast.days_to if forecast else {}),
            forecast_interval=forecast.interval if forecast else None,
        )
    return MappingProxyType(found)


def _disks(
    feeds: Feeds, disks: Mapping[str, Disk], pools: list[Pool], release: Release
) -> Mapping[str, Disk]:
    heat = feeds.value("temperatures")
    tests = (feeds.value("smart_tests") or _EMPTY).items
    leaves = {leaf.disk: leaf for pool in pools for leaf in pool.leaves() if leaf.disk}
    found = {}
    for identity, disk in disks.items():
        degrees = heat.get(disk.device) if heat else None
        asleep = None
        # until 25.04 the question is put so that a sleeping disk answers nothing; later it says nothing about sleep
        if heat is not None and disk.device in heat and release < V25_10 and disk.kind == "HDD":
            asleep = degrees is None
        leaf = leaves.get(disk.device)
        found[identity] = replace(
            disk,
            temperature=degrees,
            measured=heat is not None and disk.device in heat,
            asleep=asleep,
            errors=leaf.errors if leaf else None,
            last_test=tests.get(disk.serial or "") or tests.get(disk.device),
        )
    return MappingProxyType(found)


# seconds for which going back to the version before is offered
KEPT = 7 * 86400.0


def _apps(
    apps: Mapping[str, App], stats: Mapping[str, AppStats] | None, memory: Memory, now: datetime
) -> Mapping[str, App]:
    if not stats and not memory.upgraded and not memory.installed:
        return apps
    return MappingProxyType(
        {
            key: replace(
                app,
                stats=(stats or {}).get(key),
                ours=key in memory.installed,
                **_upgraded(app, memory.upgraded.get(key), now),
            )
            for key, app in apps.items()
        }
    )


def _upgraded(app: App, known: Upgraded | None, now: datetime) -> Mapping[str, Any]:
    """Return what an app can go back to: its old version, or only its data where somebody has gone back already."""
    if known is None or now.timestamp() - known.at >= KEPT:
        return {}
    if app.version == known.before:
        return {"snapshot": known.snapshot or None, "kept": known.datasets}
    return {"before": known.before, "upgraded": datetime.fromtimestamp(known.at, UTC)}


def _task(task: Task, memory: Memory, zone: tzinfo, now: datetime) -> Task:
    success = memory.newest(memory.successes, task.key, task.ended if task.result == "success" else None)
    schedule = task.schedule if task.enabled else None
    return replace(
        task,
        last_success=success,
        next_run=next_run(schedule, zone, now) if schedule else None,
        due=next_run(schedule, zone, success) if schedule and success else None,
    )

"""Snapshots of a NAS built by hand, and an example of what each rule finds."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.home_server_monitor.guardian.contract import Finding
from custom_components.home_server_monitor.sources.truenas.app import App
from custom_components.home_server_monitor.sources.truenas.disk import Disk
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.rules import judge
from custom_components.home_server_monitor.sources.truenas.schedules import next_run
from custom_components.home_server_monitor.sources.truenas.storage import Pool, Scan, Vdev
from custom_components.home_server_monitor.sources.truenas.system import Alert, Certificate, Service
from custom_components.home_server_monitor.sources.truenas.work import Schedule, Task, TaskKind

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCE = "nas"
DAILY = Schedule(minute="0", hour="3", dom="*", month="*", dow="*")
GIB = 2**30


def leaf(disk: str | None = "sda", status: str = "online", **more: Any) -> Vdev:
    """Return one device of a vdev."""
    errors = {f"{kind}_errors": more.pop(f"{kind}_errors", 0) for kind in ("read", "write", "checksum")}
    return Vdev(
        guid=f"g-{disk}",
        kind=more.pop("kind", "disk"),
        role=more.pop("role", "data"),
        status=status,
        disk=disk,
        **errors,
        **more,
    )


def vdev(kind: str, *children: Vdev, role: str = "data", status: str = "online") -> Vdev:
    """Return a vdev of several devices."""
    return Vdev(f"g-{kind}", kind, role, status, None, 0, 0, 0, None, children)


MIRROR = vdev("mirror", leaf("sda"), leaf("sdb"))


def pool(**more: Any) -> Pool:
    """Return a healthy mirror that is half full."""
    values: dict[str, Any] = {
        "guid": "1",
        "name": "tank",
        "status": "online",
        "healthy": True,
        "size": 100 * GIB,
        "allocated": 50 * GIB,
        "free": 50 * GIB,
        "fragmentation": 3.0,
        "scan": None,
        "vdevs": (MIRROR,),
        "used": 50 * GIB,
        "available": 50 * GIB,
        "last_scrub": NOW - timedelta(days=7),
    }
    return Pool(**values | more)


def scan(**more: Any) -> Scan:
    """Return a scrub that ended well."""
    values: dict[str, Any] = {
        "kind": "scrub",
        "state": "finished",
        "progress": 100.0,
        "errors": 0,
        "started": NOW - timedelta(days=7, hours=5),
        "ended": NOW - timedelta(days=7),
        "paused": False,
        "left": None,
    }
    return Scan(**values | more)


def disk(device: str = "sda", serial: str | None = "WD-WCC7K0LTY135", **more: Any) -> Disk:
    """Return a cool disk."""
    values: dict[str, Any] = {
        "model": "WDC WD40EFRX-68N32N0",
        "size": 4 * 10**12,
        "kind": "HDD",
        "pool": "tank",
        "sleeps": False,
        "temperature": 36.0,
    }
    return Disk(identity=serial or device, device=device, serial=serial, **values | more)


def task(**more: Any) -> Task:
    """Return a nightly snapshot task that succeeded this morning."""
    values: dict[str, Any] = {
        "key": "snapshot_1",
        "kind": TaskKind.SNAPSHOT,
        "id": 1,
        "name": "tank/media",
        "enabled": True,
        "schedule": DAILY,
        "result": "success",
        "running": False,
        "ended": NOW - timedelta(hours=9),
        "error": None,
        "last_success": NOW - timedelta(hours=9),
        "next_run": NOW + timedelta(hours=15),
    }
    values |= more
    if "due" not in values and values["schedule"] and values["last_success"]:
        values["due"] = next_run(values["schedule"], UTC, values["last_success"])
    return Task(**values)


def app(**more: Any) -> App:
    """Return a running app."""
    values: dict[str, Any] = {
        "name": "plex",
        "title": "Plex",
        "state": "running",
        "version": "1.41.0",
        "latest": "1.41.0",
        "upgrade": False,
        "custom": False,
        "containers": (),
        "ports": (),
    }
    return App(**values | more)


def alert(**more: Any) -> Alert:
    """Return an alert of a class that no rule covers."""
    values: dict[str, Any] = {
        "uuid": "a-1",
        "klass": "NTPHealthCheck",
        "level": "warning",
        "text": "NTP health check failed: no peers.",
        "raised": NOW,
        "dismissed": False,
    }
    return Alert(**values | more)


def expiring(days: float) -> TrueNas:
    """Return a NAS whose certificate ends in so many days."""
    ends = NOW + timedelta(days=days)
    return TrueNas(certificates={"truenas_default": Certificate("truenas_default", ends)})


def pools(*found: Pool, **more: Any) -> TrueNas:
    """Return a NAS with pools."""
    return TrueNas(pools={each.guid: each for each in found}, **more)


def disks(*found: Disk, **more: Any) -> TrueNas:
    """Return a NAS with disks."""
    return TrueNas(disks={each.identity: each for each in found}, **more)


def tasks(*found: Task, **more: Any) -> TrueNas:
    """Return a NAS with tasks."""
    return TrueNas(tasks={each.key: each for each in found}, **more)


def alerts(*found: Alert, **more: Any) -> TrueNas:
    """Return a NAS with alerts."""
    return TrueNas(alerts={each.uuid: each for each in found}, **more)


def remembering(**shown: str) -> Memory:
    """Return a memory of disks: identity to a name for people."""
    memory = Memory()
    memory.meet(shown)
    return memory


def findings(data: TrueNas, memory: Memory | None = None) -> list[Finding]:
    """Return what is wrong with a NAS."""
    return [each for each in judge(SOURCE, data, memory or Memory(), NOW) if not each.holds]


def holding(data: TrueNas, memory: Memory | None = None) -> list[str]:
    """Return the names of the rules that keep what they found and find nothing new."""
    return [each.rule for each in judge(SOURCE, data, memory or Memory(), NOW) if each.holds]


def rules(data: TrueNas, memory: Memory | None = None) -> list[str]:
    """Return the names of the rules that find something."""
    return [finding.rule for finding in findings(data, memory)]


BROKEN = (vdev("mirror", leaf("sda"), leaf(None, "unavail", missing="WCC7K0LTY136")),)

THIN = (
    vdev(
        "raidz2", *(leaf(f"sd{index}") for index in range(5)), leaf(None, "unavail", missing="WCC7K0LTY136")
    ),
)
ERRORS = (vdev("mirror", leaf(checksum_errors=14), leaf("sdb")),)

# By rule, a NAS about which it has something to say, with values as they are in a normal home.
EXAMPLES: Mapping[str, Callable[[], list[Finding]]] = {
    "pool_unavailable": lambda: findings(pools(pool(status="unavail", vdevs=BROKEN))),
    "pool_degraded": lambda: findings(pools(pool(status="degraded", vdevs=THIN))),
    "pool_unprotected": lambda: findings(pools(pool(status="degraded", vdevs=BROKEN))),
    "pool_errors": lambda: findings(pools(pool(vdevs=ERRORS))),
    "pool_errors_lost": lambda: findings(pools(pool(name="media", vdevs=(leaf(checksum_errors=14),)))),
    "pool_errors_unprotected": lambda: findings(pools(pool(name="media", vdevs=(leaf(read_errors=3),)))),
    "pool_errors_standing": lambda: findings(pools(pool(vdevs=ERRORS, errors_before=14))),
    "scrub_at_risk": lambda: findings(
        pools(pool(vdevs=BROKEN, status="degraded", scan=scan(state="scanning", ended=None)))
    ),
    "scan_errors": lambda: findings(pools(pool(scan=scan(errors=3)))),
    "scrub_overdue": lambda: findings(pools(pool(last_scrub=NOW - timedelta(days=52)))),
    "pool_full": lambda: findings(pools(pool(used=92 * GIB, available=8 * GIB))),
    "pool_filling": lambda: findings(pools(pool(days_to={90: 12.4}))),
    "single_disk_pool": lambda: findings(pools(pool(name="media", vdevs=(leaf("sdc"),)))),
    "same_batch": lambda: findings(
        disks(disk("sda", "WD-WCC7K0LTY135"), disk("sdb", "WD-WCC7K0LTY139"), pools={"1": pool()})
    ),
    "disk_missing": lambda: findings(
        TrueNas(complete=frozenset({"disks"})), remembering(gone="WDC WD40EFRX-68N32N0 WD-WCC7K0LTY135")
    ),
    "disk_hot": lambda: findings(disks(disk(temperature=54.0))),
    "self_test_failed": lambda: findings(disks(disk(last_test="failed"))),
    "task_failed": lambda: findings(tasks(task(result="failed", error="No space left on device"))),
    "task_overdue": lambda: findings(tasks(task(last_success=NOW - timedelta(days=6)))),
    "certificate_expiring": lambda: findings(expiring(5)),
    "app_crashed": lambda: findings(TrueNas(apps={"plex": app(state="crashed")})),
    "installed_app_fails": lambda: findings(
        TrueNas(apps={"plex": app(state="crashed", ours=True)}),
        Memory(installed={"plex": NOW.timestamp() - 600}),
    ),
    "app_fails_since_upgrade": lambda: findings(
        TrueNas(apps={"plex": app(state="crashed", before="1.40.0", upgraded=NOW - timedelta(minutes=40))})
    ),
    "data_newer_than_app": lambda: findings(
        TrueNas(apps={"plex": app(snapshot="hsm-0123abcd-update-1", kept=("tank/plex",))})
    ),
    "service_stopped": lambda: findings(TrueNas(services={"cifs": Service("cifs", False, True)})),
    "default_ups_password": lambda: findings(TrueNas(ups={"rmonitor": True, "monuser": "upsmon"})),
    "pool_unhealthy": lambda: findings(pools(pool(healthy=False))),
    "key_too_powerful": lambda: findings(TrueNas(release=(25, 10), roles=frozenset({"FULL_ADMIN"}))),
    "foreign_guardian": lambda: findings(TrueNas(left={"5e6f7a8b": NOW - timedelta(hours=3)})),
    "nas_alert": lambda: findings(alerts(alert())),
}

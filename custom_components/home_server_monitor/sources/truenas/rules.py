"""What is wrong with a NAS: pure functions from a snapshot to findings. Each is total: what is unknown is not wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ...guardian.contract import Finding, Proposal, Severity
from .memory import Memory
from .model import TrueNas
from .nodes import app_node, disk_node, host_node, pool_node, task_node
from .reading import FEED_OF_TASK
from .releases import V25_10
from .storage import Disk, Pool

SCRUB_DUE_DAYS = 40
HOT = {"HDD": (50.0, 57.0), "SSD": (65.0, 72.0)}
NVME_HOT = (72.0, 80.0)
FULL = ((95.0, Severity.HIGH), (90.0, Severity.WARNING), (80.0, Severity.INFO))
SOON_FULL_DAYS = 30
CERTIFICATE_DAYS = ((0, Severity.HIGH), (7, Severity.WARNING), (21, Severity.INFO))
OVERDUE_DAYS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """What every rule gets to see."""

    source: str
    data: TrueNas
    memory: Memory
    now: datetime
    make: Callable[..., Finding]


type Rule = Callable[[Case], Iterator[Finding]]


def judge(source: str, data: TrueNas | None, memory: Memory, now: datetime) -> Sequence[Finding]:
    """Return all findings of one snapshot, most severe first. A rule never judges what is stale."""
    if data is None:
        return ()
    case = Case(source, data, memory, now, partial(Finding, source=source))
    found = [finding for feeds, rule in RULES if data.stale.isdisjoint(feeds) for finding in rule(case)]
    if "alerts" not in data.stale:
        found += alerts(case, frozenset(finding.rule for finding in found))
    return sorted(found, key=lambda finding: (-finding.severity, finding.rule, finding.object))


# losing one of these loses the pool; caches, spares and logs do not
HOLDS_DATA = frozenset({"data", "special", "dedup"})
SPARE = {"raidz1": 1, "raidz2": 2, "raidz3": 3, "draid": 1, "draid1": 1, "draid2": 2, "draid3": 3}
WELL = frozenset({"online", "unknown"})


def _redundancy_left(pool: Pool) -> bool:
    """Return whether each damaged vdev can still lose one more device."""
    for vdev in pool.vdevs:
        lost = sum(leaf.status not in WELL for leaf in vdev.leaves())
        allowed = len(vdev.children) - 1 if vdev.kind == "mirror" else SPARE.get(vdev.kind, 0)
        if vdev.role in HOLDS_DATA and lost and lost >= allowed:
            return False
    return True


def pool_degraded(case: Case) -> Iterator[Finding]:
    """A pool that is not online: critical once the next fault would lose data."""
    for pool in case.data.pools.values():
        if pool.status == "online" and pool.healthy is False and not pool.all_errors:
            yield case.make(
                rule="pool_unhealthy",
                object=pool_node(pool.guid),
                severity=Severity.HIGH,
                placeholders={"pool": pool.name, "detail": pool.detail or "The NAS gives no reason."},
            )
        if pool.status in ("online", "unknown"):
            continue
        lost = pool.status in ("faulted", "unavail", "suspended", "offline", "removed")
        severity = Severity.CRITICAL if lost or not _redundancy_left(pool) else Severity.HIGH
        gone = [leaf.disk or leaf.missing or leaf.guid for leaf in pool.leaves() if leaf.status not in WELL]
        yield case.make(
            rule="pool_unavailable" if lost else "pool_degraded",
            object=pool_node(pool.guid),
            severity=severity,
            placeholders={"pool": pool.name, "status": pool.status, "devices": ", ".join(gone) or "?"},
            evidence={"status": pool.status, "devices": gone},
        )


def pool_errors(case: Case) -> Iterator[Finding]:
    """Read, write or checksum errors: more than at the start of the day, or standing from before (only noted)."""
    for pool in case.data.pools.values():
        if not (total := pool.all_errors):
            continue
        worst = max(pool.leaves(), key=lambda leaf: leaf.errors)
        scanning = bool(pool.scan and pool.scan.state == "scanning")
        yield case.make(
            rule="pool_errors",
            object=pool_node(pool.guid),
            severity=_error_severity(pool, total),
            placeholders={"pool": pool.name, "count": str(total), "device": worst.disk or worst.guid},
            evidence={
                "read": pool.errors("read"),
                "write": pool.errors("write"),
                "checksum": pool.errors("checksum"),
            },
            proposal=None if scanning else Proposal(action="start_scrub", target=pool.guid),
        )


def scan_errors(case: Case) -> Iterator[Finding]:
    """The newest scrub ended with errors that it could not repair."""
    for pool in case.data.pools.values():
        if (scan := pool.scan) and scan.state == "finished" and scan.errors:
            yield case.make(
                rule="scan_errors",
                object=pool_node(pool.guid),
                severity=Severity.CRITICAL,
                placeholders={"pool": pool.name, "count": str(scan.errors)},
            )


def _error_severity(pool: Pool, total: int) -> Severity:
    if pool.errors_before is not None and total <= pool.errors_before:
        return Severity.INFO
    return Severity.WARNING if _mirrored(pool) else Severity.HIGH


def _mirrored(pool: Pool) -> bool:
    return all(vdev.children for vdev in pool.vdevs if vdev.role == "data")


def scrub_overdue(case: Case) -> Iterator[Finding]:
    """No good scrub for 40 days; not judged for a pool of which none is known."""
    for pool in case.data.pools.values():
        if pool.last_scrub is None or (pool.scan and pool.scan.state == "scanning"):
            continue
        days = (case.now - pool.last_scrub).days
        if days >= SCRUB_DUE_DAYS:
            yield case.make(
                rule="scrub_overdue",
                object=pool_node(pool.guid),
                severity=Severity.WARNING,
                placeholders={"pool": pool.name, "days": str(days)},
                proposal=Proposal(action="start_scrub", target=pool.guid),
            )


def capacity(case: Case) -> Iterator[Finding]:
    """A pool that is full, or will be within a month."""
    for pool in case.data.pools.values():
        if (percent := pool.used_percent) is None:
            continue
        if (severity := next((level for mark, level in FULL if percent >= mark), None)) is not None:
            yield case.make(
                rule="pool_full",
                object=pool_node(pool.guid),
                severity=severity,
                placeholders={"pool": pool.name, "percent": f"{percent:.0f}"},
            )
        elif (days := pool.days_to.get(90)) is not None and days <= SOON_FULL_DAYS:
            yield case.make(
                rule="pool_filling",
                object=pool_node(pool.guid),
                severity=Severity.INFO,
                placeholders={"pool": pool.name, "days": f"{days:.0f}"},
            )


def single_disk_pool(case: Case) -> Iterator[Finding]:
    """A pool in which one failing disk loses everything."""
    for pool in case.data.pools.values():
        data = [vdev for vdev in pool.vdevs if vdev.role == "data"]
        if data and not _mirrored(pool):
            yield case.make(
                rule="single_disk_pool",
                object=pool_node(pool.guid),
                severity=Severity.INFO,
                placeholders={"pool": pool.name},
            )


def same_batch(case: Case) -> Iterator[Finding]:
    """Two disks of one model with neighbouring serials in one mirror wear and fail together."""
    by_device = {disk.device: disk for disk in case.data.disks.values()}
    for pool in case.data.pools.values():
        for vdev in pool.vdevs:
            members = [by_device[leaf.disk] for leaf in vdev.leaves() if leaf.disk and leaf.disk in by_device]
            pairs = ((one, two) for index, one in enumerate(members) for two in members[index + 1 :])
            if vdev.kind == "mirror" and (pair := next((pair for pair in pairs if _batch(*pair)), None)):
                yield case.make(
                    rule="same_batch",
                    object=pool_node(pool.guid),
                    severity=Severity.INFO,
                    placeholders={"pool": pool.name, "first": pair[0].device, "second": pair[1].device},
                )


def _batch(one: Disk, two: Disk) -> bool:
    if not one.serial or not two.serial or one.model != two.model or len(one.serial) != len(two.serial):
        return False
    # vendors count up at the end of a serial: the same but for the last three characters is one production run
    return len(one.serial) >= 8 and one.serial[:-3] == two.serial[:-3]


def disk_missing(case: Case) -> Iterator[Finding]:
    """A disk that was there and is not listed any more."""
    if "disks" not in case.data.complete:
        return
    for identity, shown in case.memory.disks.items():
        if identity not in case.data.disks:
            yield case.make(
                rule="disk_missing",
                object=disk_node(identity),
                severity=Severity.HIGH,
                placeholders={"disk": shown},
            )


def disk_hot(case: Case) -> Iterator[Finding]:
    """A disk above what its maker would sign."""
    for identity, disk in case.data.disks.items():
        warm, hot = NVME_HOT if disk.device.startswith("nvme") else HOT.get(disk.kind or "", HOT["HDD"])
        if disk.temperature is not None and disk.temperature >= warm:
            yield case.make(
                rule="disk_hot",
                object=disk_node(identity),
                severity=Severity.HIGH if disk.temperature >= hot else Severity.WARNING,
                placeholders={"disk": disk.device, "temperature": f"{disk.temperature:.0f}"},
            )


def self_test_failed(case: Case) -> Iterator[Finding]:
    """A self-test of the disk itself failed."""
    for identity, disk in case.data.disks.items():
        if disk.last_test == "failed":
            yield case.make(
                rule="self_test_failed",
                object=disk_node(identity),
                severity=Severity.HIGH,
                placeholders={"disk": disk.device},
            )


def tasks(case: Case) -> Iterator[Finding]:
    """A task whose newest run failed, or that has not succeeded for long after it should have."""
    for key, task in case.data.tasks.items():
        if not task.enabled or FEED_OF_TASK[task.kind] in case.data.stale:
            continue
        shown = {"task": task.name, "kind": task.kind.replace("_", " ")}
        node = task_node(case.source, key)
        if task.result == "failed":
            yield case.make(
                rule="task_failed",
                object=node,
                severity=Severity.WARNING,
                placeholders={**shown, "error": task.error or "?"},
                proposal=None if task.running else Proposal(action="run_task", target=key),
            )
            continue
        late = (case.now - task.due).days if task.due and task.last_success and not task.running else 0
        if task.last_success and late >= OVERDUE_DAYS:
            yield case.make(
                rule="task_overdue",
                object=node,
                severity=Severity.WARNING,
                placeholders={**shown, "days": str((case.now - task.last_success).days)},
                proposal=Proposal(action="run_task", target=key),
            )


def certificates(case: Case) -> Iterator[Finding]:
    """A certificate that ends soon or has ended."""
    for key, certificate in case.data.certificates.items():
        if certificate.expires is None:
            continue
        days = (certificate.expires - case.now).days
        if (severity := next((level for mark, level in CERTIFICATE_DAYS if days < mark), None)) is not None:
            yield case.make(
                rule="certificate_expiring",
                object=f"certificate:{case.source}:{key}",
                severity=severity,
                placeholders={"certificate": key, "days": str(max(days, 0))},
            )


def apps(case: Case) -> Iterator[Finding]:
    """An app that crashed."""
    for key, app in case.data.apps.items():
        if app.state == "crashed":
            yield case.make(
                rule="app_crashed",
                object=app_node(case.source, key),
                severity=Severity.WARNING,
                placeholders={"app": app.title},
                proposal=Proposal(action="restart_app", target=key),
            )


def services(case: Case) -> Iterator[Finding]:
    """A service that starts by itself and does not run."""
    for key, service in case.data.services.items():
        if service.enabled and service.running is False:
            yield case.make(
                rule="service_stopped",
                object=f"service:{case.source}:{key}",
                severity=Severity.WARNING,
                placeholders={"service": key},
                proposal=Proposal(action="start_service", target=key),
            )


def default_ups_password(case: Case) -> Iterator[Finding]:
    """The UPS monitor user has its factory name and is open to the network."""
    ups = case.data.ups
    if ups.get("rmonitor") is True and ups.get("monuser") == "upsmon":
        yield case.make(rule="default_ups_password", object=host_node(case.source), severity=Severity.INFO)


def key_too_powerful(case: Case) -> Iterator[Finding]:
    """The key may do everything; only reboot and shutdown need that (on 25.04 SMART does, too)."""
    if "FULL_ADMIN" in case.data.roles and case.data.release >= V25_10:
        yield case.make(rule="key_too_powerful", object=host_node(case.source), severity=Severity.INFO)


# Alert classes that a rule above tells in its own words: an alert is left out only while that rule has a finding.
# No rule: told by the update entities, or it is our own session.
COVERED: Mapping[str, frozenset[str]] = {
    "VolumeStatus": frozenset({"pool_degraded", "pool_unavailable", "pool_unhealthy"}),
    "ScrubNotStarted": frozenset({"scrub_overdue"}),
    "ZpoolCapacityNotice": frozenset({"pool_full"}),
    "ZpoolCapacityWarning": frozenset({"pool_full"}),
    "ZpoolCapacityCritical": frozenset({"pool_full"}),
    "ReplicationFailed": frozenset({"task_failed"}),
    "CloudSyncTaskFailed": frozenset({"task_failed"}),
    "CloudBackupTaskFailed": frozenset({"task_failed"}),
    "RsyncFailed": frozenset({"task_failed"}),
    "SnapshotFailed": frozenset({"task_failed"}),
    "CertificateIsExpiring": frozenset({"certificate_expiring"}),
    "CertificateIsExpiringSoon": frozenset({"certificate_expiring"}),
    "CertificateExpired": frozenset({"certificate_expiring"}),
    "DiskTemperatureTooHot": frozenset({"disk_hot"}),
}
UNTOLD = frozenset({"HasUpdate", "AppUpdate", "ChartReleaseUpdate", "AdminSession"})
_LEVELS = {
    "warning": Severity.WARNING,
    "error": Severity.HIGH,
    "critical": Severity.HIGH,
    "alert": Severity.HIGH,
    "emergency": Severity.CRITICAL,
}


def alerts(case: Case, told: frozenset[str]) -> Iterator[Finding]:
    """An alert of the NAS, from level warning up, that none of the rules has `told`."""
    for alert in case.data.alerts.values():
        if alert.dismissed or alert.klass in UNTOLD or COVERED.get(alert.klass, frozenset()) & told:
            continue
        if (severity := _LEVELS.get(alert.level)) is None:
            continue
        yield case.make(
            rule="nas_alert",
            object=f"alert:{case.source}:{alert.uuid}",
            severity=severity,
            placeholders={"title": alert.title, "text": alert.text},
        )


RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("pools",), pool_degraded),
    (("pools",), pool_errors),
    (("pools",), scan_errors),
    (("pools",), scrub_overdue),
    (("pools", "datasets"), capacity),
    (("pools",), single_disk_pool),
    (("pools",), same_batch),
    (("disks",), disk_missing),
    (("temperatures",), disk_hot),
    (("smart_tests",), self_test_failed),
    ((), tasks),
    (("certificates",), certificates),
    (("apps",), apps),
    (("services",), services),
    (("ups",), default_ups_password),
    (("roles",), key_too_powerful),
)

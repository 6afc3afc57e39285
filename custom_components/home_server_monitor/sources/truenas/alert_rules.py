"""The alerts of the NAS itself, where no rule of ours tells the same in its own words."""

from collections.abc import Iterator, Mapping, Sequence

from ...guardian.contract import Finding, Severity
from .alert_objects import disks_of, pools_of
from .case import Case
from .nodes import alert_node, disk_node, pool_node

_TASK = frozenset({"task_failed"})
_FULL = frozenset({"pool_full"})
_CERTIFICATE = frozenset({"certificate_expiring"})
_DISK = frozenset({"disk_failing", "disk_reports_failure"})
# Alert classes that a rule tells: an alert is left out only while that rule has a finding.
COVERED: Mapping[str, frozenset[str]] = {
    "VolumeStatus": frozenset(
        {
            "pool_degraded",
            "pool_unprotected",
            "pool_unavailable",
            "pool_unhealthy",
            "pool_errors",
            "pool_errors_lost",
            "pool_errors_unprotected",
            "pool_errors_standing",
        }
    ),
    "ScrubNotStarted": frozenset({"scrub_overdue"}),
    "ZpoolCapacityNotice": _FULL,
    "ZpoolCapacityWarning": _FULL,
    "ZpoolCapacityCritical": _FULL,
    "ReplicationFailed": _TASK,
    "CloudSyncTaskFailed": _TASK,
    "CloudBackupTaskFailed": _TASK,
    "RsyncFailed": _TASK,
    "SnapshotFailed": _TASK,
    "CertificateIsExpiring": _CERTIFICATE,
    "CertificateIsExpiringSoon": _CERTIFICATE,
    "CertificateExpired": _CERTIFICATE,
    "DiskTemperatureTooHot": frozenset({"disk_hot"}),
    "SMART": _DISK,
    "SMARTUncorrectedErrors": _DISK,
    "SMARTFailedSelfTest": frozenset({"self_test_failed", *_DISK}),
}
# told by the update entities, or it is our own session
UNTOLD = frozenset({"HasUpdate", "AppUpdate", "ChartReleaseUpdate", "AdminSession"})
_LEVELS = {
    "warning": Severity.WARNING,
    "error": Severity.HIGH,
    "critical": Severity.HIGH,
    "alert": Severity.HIGH,
    "emergency": Severity.CRITICAL,
}


def alerts(case: Case, found: Sequence[Finding]) -> Iterator[Finding]:
    """An alert of the NAS, from level warning up, that no other finding tells of the same pool or disk."""
    for alert in case.data.alerts.values():
        if alert.dismissed or alert.klass in UNTOLD or (severity := _LEVELS.get(alert.level)) is None:
            continue
        covering = COVERED.get(alert.klass, frozenset())
        disks = disks_of(case.data, case.memory.disks, alert)
        about = {pool_node(guid) for guid in pools_of(case.data, alert)} | {disk_node(key) for key in disks}
        if any(each.rule in covering and (not about or each.object in about) for each in found):
            continue
        yield case.make(
            rule="nas_alert",
            object=alert_node(case.source, alert.uuid),
            severity=severity,
            placeholders={"title": alert.title, "text": ": ".join((*_named(case, disks), alert.text))},
            # a finding that comes a moment later takes its place
            evidence={"told_by": sorted(covering)} if covering else {},
        )


def _named(case: Case, disks: Sequence[str]) -> Sequence[str]:
    """Return the name of the one disk that an alert is about, which calls it as the kernel does."""
    if len(disks) != 1:
        return ()
    known = case.data.disks.get(disks[0])
    return (known.title if known else case.memory.disks[disks[0]],)

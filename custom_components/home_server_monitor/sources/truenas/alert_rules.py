"""The alerts of the NAS itself, where no rule of ours tells the same in its own words."""

from collections.abc import Iterator, Mapping

from ...guardian.contract import Finding, Severity
from .case import Case
from .nodes import alert_node

_TASK = frozenset({"task_failed"})
_FULL = frozenset({"pool_full"})
_CERTIFICATE = frozenset({"certificate_expiring"})
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


def alerts(case: Case, told: frozenset[str]) -> Iterator[Finding]:
    """An alert of the NAS, from level warning up, that none of the rules has `told`."""
    for alert in case.data.alerts.values():
        if alert.dismissed or alert.klass in UNTOLD or COVERED.get(alert.klass, frozenset()) & told:
            continue
        if (severity := _LEVELS.get(alert.level)) is None:
            continue
        yield case.make(
            rule="nas_alert",
            object=alert_node(case.source, alert.uuid),
            severity=severity,
            placeholders={"title": alert.title, "text": alert.text},
        )

"""Alerts: the list, dismissing, the catalogue of classes."""

import html
from typing import Any

from simulator.alerts import Alert
from simulator.truenas.context import Context
from simulator.truenas.errors import NotFoundError
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import Param, Text
from simulator.truenas.releases import Method, role

type Row = dict[str, Any]

_CATALOGUE = (
    ("STORAGE", "Storage", (
        ("VolumeStatus", "Pool Status Is Not Healthy", "CRITICAL"),
        ("BootPoolStatus", "Boot Pool Is Not Healthy", "CRITICAL"),
        ("ZpoolCapacityNotice", "Pool Space Usage Is Above 85%", "NOTICE"),
        ("ZpoolCapacityWarning", "Pool Space Usage Is Above 90%", "WARNING"),
        ("ZpoolCapacityCritical", "Pool Space Usage Is Above 95%", "CRITICAL"),
        ("ScrubStarted", "Scrub Started", "INFO"),
    )),
    ("HARDWARE", "Hardware", (
        ("SMART", "S.M.A.R.T. Error", "CRITICAL"),
        ("MemoryErrors", "Uncorrected Memory Errors Detected", "WARNING"),
    )),
    ("TASKS", "Tasks", (
        ("ReplicationFailed", "Replication Failed", "CRITICAL"),
        ("ReplicationSuccess", "Replication Succeeded", "INFO"),
        ("CloudSyncTaskFailed", "Cloud Sync Task Failed", "ERROR"),
        ("CloudBackupTaskFailed", "Cloud Backup Task Failed", "ERROR"),
        ("RsyncFailed", "Rsync Task Failed", "CRITICAL"),
        ("SnapshotFailed", "Snapshot Task Failed", "CRITICAL"),
    )),
    ("CERTIFICATES", "Certificates", (
        ("CertificateIsExpiring", "Certificate Is Expiring", "NOTICE"),
        ("CertificateIsExpiringSoon", "Certificate Is Expiring Soon", "WARNING"),
        ("CertificateExpired", "Certificate Has Expired", "CRITICAL"),
    )),
    ("SYSTEM", "System", (
        ("HasUpdate", "Update Available", "INFO"),
        ("ApiKeyRevoked", "API Key Revoked", "WARNING"),
        ("NTPHealthCheck", "NTP Health Check Failed", "WARNING"),
    )),
)  # fmt: skip


def alert_row(ctx: Context, alert: Alert) -> Row:
    """One alert; `formatted` is HTML."""
    return {
        "uuid": alert.uuid,
        "id": alert.uuid,
        "source": "" if alert.one_shot else alert.klass,
        "klass": alert.klass,
        "args": alert.args,
        "node": "Controller A",
        "key": alert.key,
        "datetime": stamp(alert.at),
        "last_occurrence": stamp(alert.last_at or alert.at),
        "dismissed": alert.dismissed,
        "mail": None,
        "text": alert.text,
        "level": alert.level,
        "formatted": html.escape(alert.text).replace("\n", "<br>"),
        "one_shot": alert.one_shot,
    }


def alerts(ctx: Context) -> list[Row]:
    """`alert.list`."""
    return [alert_row(ctx, alert) for alert in ctx.world.alerts.values()]


def _set(ctx: Context, uuid: str, dismissed: bool) -> None:
    alert = ctx.world.alerts.get(uuid)
    if alert is None:
        raise NotFoundError(f"Alert {uuid}")
    if alert.one_shot and dismissed:
        del ctx.world.alerts[uuid]
        ctx.world.changed("alert", "removed", uuid)
        return
    alert.dismissed = dismissed
    ctx.world.changed("alert", "changed", uuid)


def dismiss(ctx: Context, uuid: str) -> None:
    """`alert.dismiss`; a one-shot alert goes for good."""
    _set(ctx, uuid, True)


def restore(ctx: Context, uuid: str) -> None:
    """`alert.restore`."""
    _set(ctx, uuid, False)


def categories(_ctx: Context) -> list[Row]:
    """`alert.list_categories`."""
    return [
        {
            "id": ident,
            "title": title,
            "classes": [
                {"id": klass, "title": words, "level": level, "proactive_support": False}
                for klass, words, level in rows
            ],
        }
        for ident, title, rows in _CATALOGUE
    ]


_WRITE = role("ALERT_LIST_WRITE")
_UUID = (Param("uuid", Text()),)

TABLE = (
    Method("alert.list", alerts, role("ALERT_LIST_READ")),
    Method("alert.list_categories", categories, role("ALERT_LIST_READ")),
    Method("alert.dismiss", dismiss, _WRITE, _UUID, write=True),
    Method("alert.restore", restore, _WRITE, _UUID, write=True),
)

"""What an event that a NAS pushes makes due: it is news that something changed, and what it became is asked."""

from collections.abc import Mapping

from .parse import text
from .protocol import Event

# what a pushed change of a collection makes due
PUSHED: Mapping[str, tuple[str, ...]] = {
    "alert.list": ("alerts", "pools"),
    "pool.query": ("pools", "boot_pool"),
    "zfs.pool.scan": ("pools",),
    "pool.scan": ("pools",),
    "disk.query": ("disks", "pools"),
    "service.query": ("services",),
    "app.query": ("apps",),
    "vm.query": ("vms",),
    "virt.instance.query": ("instances",),
    "container.query": ("instances",),
    "update.status": ("update",),
}


# a scrub is pushed every two seconds for hours, a job with each percent, an app that crashes again and again
GAPS: Mapping[str, float] = {
    "zfs.pool.scan": 30.0,
    "pool.scan": 30.0,
    "core.get_jobs": 15.0,
    "app.query": 10.0,
}


# the methods of jobs whose end changes a feed
JOBS: Mapping[str, tuple[str, ...]] = {
    "replication.run": ("replications",),
    "cloudsync.sync": ("cloud_syncs",),
    "rsynctask.run": ("rsyncs",),
    "cloud_backup.sync": ("cloud_backups",),
    "pool.snapshottask.run": ("snapshot_tasks",),
    "pool.scrub.scrub": ("pools",),
    "zpool.scrub.run": ("pools",),
    "app.": ("apps",),
    "chart.release.": ("apps",),
    "update.": ("update",),
}


def made_due(event: Event) -> tuple[tuple[str, ...], float]:
    """Return the feeds that an event makes due, and the seconds that are to lie between two readings of them."""
    keys = PUSHED.get(event.collection, ())
    job = event.fields if event.collection == "core.get_jobs" and isinstance(event.fields, dict) else {}
    if job.get("state") in ("SUCCESS", "FAILED", "ABORTED", "RUNNING"):
        keys = feeds_of_job(text(job.get("method")) or "")
    return keys, GAPS.get(event.collection, 3.0)


def feeds_of_job(method: str) -> tuple[str, ...]:
    """Return which feeds the end of a job makes due."""
    return next((keys for prefix, keys in JOBS.items() if method.startswith(prefix)), ())

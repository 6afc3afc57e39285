"""Cloud sync, cloud backup, rsync and cron: rows with their last job, and runs."""

import datetime as dt
from typing import Any

from simulator.jobs import Job
from simulator.motion import start_task
from simulator.tasks import CloudBackup, CloudSync, Cron, Task
from simulator.truenas.context import Context
from simulator.truenas.errors import NotFoundError
from simulator.truenas.extended_json import stamp
from simulator.truenas.methods.tasks import found_task, last_job, schedule_row, start, work
from simulator.truenas.params import Flag, Integer, Key, Param, Record, Text, options
from simulator.truenas.releases import FULL, Method, Release, listing, role

type Row = dict[str, Any]


def _credentials(ctx: Context, number: int, name: str, kind: str) -> Row:
    """`provider` is a word up to 24.10, an object from 25.04 on; secrets are redacted."""
    secret = {"B2": {"account": "********", "key": "********"}}.get(
        kind, {"access_key_id": "********", "secret_access_key": "********"}
    )
    if ctx.release >= Release.V25_04:
        return {"id": number, "name": name, "provider": {"type": kind, **secret}}
    return {"id": number, "name": name, "provider": kind, "attributes": secret}


def credentials(ctx: Context, _extra: Row) -> list[Row]:
    """`cloudsync.credentials.query`."""
    return [_credentials(ctx, 1, "Backblaze", "B2"), _credentials(ctx, 2, "Storj", "STORJ_IX")]


def _cloud(ctx: Context, task: CloudSync | CloudBackup) -> Row:
    backup = isinstance(task, CloudBackup)
    dataset = task.path.removeprefix("/mnt/")
    locked = dataset in ctx.world.datasets and ctx.world.datasets[dataset].locked
    row: Row = {
        "id": task.number,
        "description": task.description,
        "path": task.path,
        "credentials": _credentials(ctx, 2, "Storj", "STORJ_IX")
        if backup
        else _credentials(ctx, 1, "Backblaze", "B2"),
        "attributes": {"bucket": task.bucket, "folder": "/", "fast_list": False},
        "schedule": schedule_row(task.schedule),
        "pre_script": "",
        "post_script": "",
        "snapshot": False,
        "include": [],
        "exclude": [],
        "args": "",
        "enabled": task.enabled,
        "job": last_job(ctx, task),
        "locked": locked,
    }
    if ctx.release >= Release.V26:
        row |= {"dataset": dataset, "relative_path": ""}
    return row


def cloud_syncs(ctx: Context, _extra: Row) -> list[Row]:
    """`cloudsync.query`."""
    return [
        _cloud(ctx, task)
        | {
            "bwlimit": [],
            "transfers": None,
            "direction": "PUSH",
            "transfer_mode": "SYNC",
            "encryption": False,
            "filename_encryption": False,
            "encryption_password": "",
            "encryption_salt": "",
            "create_empty_src_dirs": False,
            "follow_symlinks": False,
        }
        for task in ctx.world.cloud_syncs.values()
    ]


def sync(ctx: Context, ident: int, _options: Row) -> Job:
    """`cloudsync.sync`."""
    return start(ctx, found_task(ctx.world.cloud_syncs, ident))


def _abort(ctx: Context, task: Task) -> bool:
    """True where something was running."""
    if task.last is None or task.last.state != "RUNNING" or task.last.job is None:
        return False
    ctx.world.jobs.abort(ctx.world.jobs.all[task.last.job])
    return True


def abort_sync(ctx: Context, ident: int) -> bool:
    """`cloudsync.abort`."""
    return _abort(ctx, found_task(ctx.world.cloud_syncs, ident))


def list_directory(ctx: Context, _wanted: Row) -> list[Row]:
    """`cloudsync.list_directory`."""
    moment = dt.datetime.fromtimestamp(ctx.world.clock.now() - 7200, dt.UTC).isoformat()
    return [
        {"Path": name, "Name": name, "Size": size, "MimeType": kind, "ModTime": moment, "IsDir": size < 0}
        for name, size, kind in (("taxes", -1, "inode/directory"), ("letter.pdf", 88_214, "application/pdf"))
    ]


def rsyncs(ctx: Context, _extra: Row) -> list[Row]:
    """`rsynctask.query`."""
    return [
        {
            "id": task.number,
            "path": task.path,
            "user": "root",
            "mode": "SSH",
            "remotehost": task.remote,
            "remoteport": 22,
            "remotemodule": None,
            "remotepath": task.remote_path,
            "ssh_credentials": None,
            "direction": "PUSH",
            "desc": task.description,
            "schedule": schedule_row(task.schedule),
            "recursive": True,
            "times": True,
            "compress": True,
            "archive": True,
            "delete": False,
            "quiet": False,
            "preserveperm": False,
            "preserveattr": False,
            "delayupdates": True,
            "extra": [],
            "enabled": task.enabled,
            "locked": False,
            "job": last_job(ctx, task),
        }
        for task in ctx.world.rsyncs.values()
    ]


def run_rsync(ctx: Context, ident: int) -> Job:
    """`rsynctask.run`."""
    return start(ctx, found_task(ctx.world.rsyncs, ident))


def cloud_backups(ctx: Context, _extra: Row) -> list[Row]:
    """`cloud_backup.query`."""
    found: list[Row] = []
    for task in ctx.world.cloud_backups.values():
        row = _cloud(ctx, task) | {"password": "********", "keep_last": 30, "transfer_setting": "DEFAULT"}
        if ctx.release >= Release.V25_04:
            row["absolute_paths"] = False
        if ctx.release >= Release.V25_10:
            row |= {"cache_path": None, "rate_limit": None}
        found.append(row)
    return found


def back_up(ctx: Context, ident: int, _options: Row) -> Job:
    """`cloud_backup.sync`."""
    return start(ctx, found_task(ctx.world.cloud_backups, ident))


def abort_backup(ctx: Context, ident: int) -> bool:
    """`cloud_backup.abort`."""
    return _abort(ctx, found_task(ctx.world.cloud_backups, ident))


def backup_snapshots(ctx: Context, ident: int) -> list[Row]:
    """`cloud_backup.list_snapshots`."""
    task = found_task(ctx.world.cloud_backups, ident)
    return [
        {
            "id": name,
            "short_id": name[:8],
            "hostname": ctx.world.hostname,
            "time": stamp(at),
            "paths": [task.path],
            "tree": name[::-1],
            "username": "root",
        }
        for name, at in task.snapshots
    ]


def backup_directory(ctx: Context, ident: int, snapshot: str, path: str) -> list[Row]:
    """`cloud_backup.list_snapshot_directory`."""
    task = found_task(ctx.world.cloud_backups, ident)
    at = next((at for name, at in task.snapshots if snapshot in (name, name[:8])), None)
    if at is None:
        raise NotFoundError(f"Snapshot {snapshot}")
    rows = (("2026", "dir", None), ("sentinel.txt", "file", 42))
    return [
        {
            "name": name,
            "path": f"{path.rstrip('/')}/{name}",
            "type": kind,
            "size": size,
            "mtime": stamp(at - 3600),
        }
        for name, kind, size in rows
    ]


def crons(ctx: Context, _extra: Row) -> list[Row]:
    """`cronjob.query`."""
    return [
        {
            "id": task.number,
            "enabled": task.enabled,
            "stdout": task.hide_stdout,
            "stderr": False,
            "schedule": schedule_row(task.schedule),
            "command": task.command,
            "description": task.description,
            "user": task.user,
        }
        for task in ctx.world.crons.values()
    ]


def run_cron(ctx: Context, ident: int, skip_disabled: bool) -> Job:
    """`cronjob.run`: a disabled one runs too, unless told otherwise."""
    task: Cron = found_task(ctx.world.crons, ident)
    if skip_disabled and not task.enabled:
        return ctx.job(0.0)
    job = start_task(ctx.world, task, ctx.owner, ctx.session.ident)
    job.arguments = ctx.params
    if task.hide_stdout:
        job.logs = ""
    return job


_ID = Param("id", Integer())


_DRY = Param("options", options(dry_run=(Flag(), False)), {})


_DRY_RATE = Param("options", options(dry_run=(Flag(), False), rate_limit=(Integer(nullable=True), None)), {})


_V25_04, _V25_10 = Release.V25_04, Release.V25_10


_LS = Record(
    {
        "credentials": Key(Integer()),
        "encryption": Key(Flag(), False),
        "filename_encryption": Key(Flag(), False),
        "encryption_password": Key(Text(), ""),
        "encryption_salt": Key(Text(), ""),
        "attributes": Key(Record(free=True)),
        "args": Key(Text(), ""),
    }
)


_SYNC, _BACKUP = role("CLOUD_SYNC_WRITE"), role("CLOUD_BACKUP_WRITE")


_BACKUP_READ = role("CLOUD_BACKUP_READ")


_BACKUP_PATH = (_ID, Param("snapshot_id", Text()), Param("path", Text()))


TABLE: tuple[Method, ...] = (
    *listing("cloudsync.query", cloud_syncs, role("CLOUD_SYNC_READ")),
    *listing("cloudsync.credentials.query", credentials, role("CLOUD_SYNC_READ")),
    work("cloudsync.sync", sync, _SYNC, _ID, _DRY),
    Method("cloudsync.abort", abort_sync, _SYNC, (_ID,), write=True),
    Method("cloudsync.list_directory", list_directory, _SYNC, (Param("cloud_sync_ls", _LS),)),
    *listing("rsynctask.query", rsyncs, role("SNAPSHOT_TASK_READ")),
    work("rsynctask.run", run_rsync, FULL, _ID, until=_V25_04),
    work("rsynctask.run", run_rsync, role("SNAPSHOT_TASK_WRITE"), _ID, since=_V25_10),
    *listing("cloud_backup.query", cloud_backups, _BACKUP_READ),
    work("cloud_backup.sync", back_up, _BACKUP, _ID, _DRY, until=_V25_04),
    work("cloud_backup.sync", back_up, _BACKUP, _ID, _DRY_RATE, since=_V25_10),
    Method("cloud_backup.abort", abort_backup, _BACKUP, (_ID,), write=True),
    Method("cloud_backup.list_snapshots", backup_snapshots, _BACKUP_READ, (_ID,), since=Release.V24_10),
    Method("cloud_backup.list_snapshot_directory", backup_directory, _BACKUP_READ, _BACKUP_PATH, since=Release.V24_10),
    *listing("cronjob.query", crons, role("SYSTEM_CRON_READ")),
    work("cronjob.run", run_cron, role("SYSTEM_CRON_WRITE"), _ID, Param("skip_disabled", Flag(), False)),
)  # fmt: skip

"""What runs on the NAS beside its apps: scheduled tasks, virtual machines and containers, as immutable values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..sentence import sentence
from .parse import Malformed, Row, at, flag, integer, name, text, when, word

TASK_RESULTS = frozenset({"success", "failed", "aborted", "hold", "waiting"})
MACHINE_STATES = frozenset({"running", "stopped", "suspended", "error", "frozen", "starting", "stopping"})
# the server's words for the outcome of a task's newest run, and ours
_RESULTS = {
    "FINISHED": "success",
    "SUCCESS": "success",
    "ERROR": "failed",
    "FAILED": "failed",
    "ABORTED": "aborted",
    "HOLD": "hold",
    "WAITING": "waiting",
}


class TaskKind(StrEnum):
    """The five kinds of scheduled task."""

    SNAPSHOT = "snapshot"
    REPLICATION = "replication"
    CLOUD_SYNC = "cloud_sync"
    RSYNC = "rsync"
    CLOUD_BACKUP = "cloud_backup"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron-like schedule as the server writes it: dow 1 is Monday, 7 is Sunday."""

    minute: str
    hour: str
    dom: str
    month: str
    dow: str


@dataclass(frozen=True, slots=True)
class Task:
    """A scheduled task; instants are UTC.

    `last_success` is remembered over the NAS's reboots; `due` is when it should have run after that; `datasets` is
    what it works on here.
    """

    key: str
    kind: TaskKind
    id: int
    name: str
    enabled: bool
    schedule: Schedule | None
    result: str | None
    running: bool
    ended: datetime | None
    error: str | None
    locked: bool | None = None
    last_success: datetime | None = None
    next_run: datetime | None = None
    due: datetime | None = None
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine or a system container, whichever interface this release has for it."""

    key: str
    kind: str
    id: str
    name: str
    state: str | None
    memory: int | None
    autostart: bool | None
    uuid: str | None = None


def _schedule(row: Any) -> Schedule | None:
    if not isinstance(row, dict):
        return None
    return Schedule(*(text(row.get(part)) or "*" for part in ("minute", "hour", "dom", "month", "dow")))


def task(kind: TaskKind, title: Callable[[Row], Any]) -> Callable[[Row], tuple[str, Task]]:
    """Return the parser of one kind of task; the five queries differ only in their title and their `state`."""

    def parse(row: Row) -> tuple[str, Task]:
        number_ = integer(row.get("id"))
        if number_ is None:
            raise Malformed("a task without an id")
        key = f"{kind}_{number_}"
        job, state = row.get("job"), row.get("state")
        raw = at(state, "state") or at(job, "state")
        return key, Task(
            key=key,
            kind=kind,
            id=number_,
            name=text(title(row)) or f"{kind.replace('_', ' ')} {number_}",
            enabled=row.get("enabled") is not False,
            schedule=_schedule(row.get("schedule")),
            result=_RESULTS.get(str(raw)),
            running="RUNNING" in (raw, at(job, "state")),
            ended=when(at(state, "datetime")) or when(at(job, "time_finished")),
            error=_why_failed(at(state, "error"), at(state, "reason"), at(job, "error")),
            locked=flag(row.get("locked")),
            datasets=_datasets(row),
        )

    return parse


def _why_failed(*said: Any) -> str | None:
    return next((text(found) for each in said if (found := sentence(each))), None)


def _datasets(row: Row) -> tuple[str, ...]:
    """Return the datasets of this NAS that a task works on; a path is that of a dataset or of a folder in one."""
    sources, path = row.get("source_datasets"), text(row.get("path"), 500)
    if isinstance(sources, list):
        here = [row.get("target_dataset")] if row.get("direction") == "PULL" else sources
    else:
        here = [row.get("dataset"), path.removeprefix("/mnt/") if path and path.startswith("/mnt/") else None]
    return tuple(found for item in here if (found := text(item, 500)))


def machine(kind: str) -> Callable[[Row], tuple[str, Machine]]:
    """Return the parser of `vm.query`, `virt.instance.query` or `container.query`."""

    def parse(row: Row) -> tuple[str, Machine]:
        identity = name(row.get("id"))
        state = at(row, "status", "state") if isinstance(row.get("status"), dict) else row.get("status")
        memory = integer(row.get("memory"))
        return f"{kind}_{identity}", Machine(
            key=f"{kind}_{identity}",
            kind=kind,
            id=identity,
            name=text(row.get("name")) or identity,
            state=word(state, MACHINE_STATES),
            # vm.query counts in MiB, the others in bytes
            memory=memory * 1024 * 1024 if memory is not None and kind == "vm" else memory,
            autostart=flag(row.get("autostart")),
            uuid=text(row.get("uuid")),
        )

    return parse

"""What the server does on a schedule, and how the last run went."""

from dataclasses import dataclass, field
from typing import Literal

from .schedule import Schedule

type RunState = Literal["RUNNING", "SUCCESS", "FAILED", "ABORTED"]


@dataclass(slots=True)
class Run:
    """The last run of a task."""

    state: RunState
    at: float
    job: int | None = None
    error: str | None = None
    snapshot: str | None = None


@dataclass(slots=True, kw_only=True)
class Task:
    """What all kinds have in common. `failing` makes the next runs fail with that text."""

    number: int
    description: str
    schedule: Schedule
    enabled: bool = True
    seconds: float = 40.0
    failing: str | None = None
    last: Run | None = None
    next_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class SnapshotTask(Task):
    """Takes snapshots of a dataset."""

    dataset: str
    keep: int
    keep_unit: Literal["HOUR", "DAY", "WEEK", "MONTH", "YEAR"]
    recursive: bool = True
    naming: str = "auto-%Y-%m-%d_%H-%M"


@dataclass(slots=True, kw_only=True)
class Replication(Task):
    """Sends snapshots to another pool or machine."""

    sources: list[str]
    target: str
    transport: Literal["LOCAL", "SSH"]
    snapshot_task: int
    hold: str | None = None


@dataclass(slots=True, kw_only=True)
class CloudSync(Task):
    """Copies files to a cloud."""

    path: str
    bucket: str
    provider: str = "B2"


@dataclass(slots=True, kw_only=True)
class Rsync(Task):
    """Copies files to another machine."""

    path: str
    remote: str
    remote_path: str


@dataclass(slots=True, kw_only=True)
class CloudBackup(Task):
    """Encrypted, deduplicated backup to Storj."""

    path: str
    bucket: str
    snapshots: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Cron(Task):
    """A command of the user's."""

    command: str
    user: str = "root"
    hide_stdout: bool = True
    output: str = ""

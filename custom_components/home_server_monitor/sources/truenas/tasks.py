"""How each kind of task is run, and which of them can be stopped: a replication and an rsync cannot."""

from collections.abc import Mapping

from .methods import Operation
from .work import TaskKind

RUN: Mapping[TaskKind, Operation] = {
    TaskKind.SNAPSHOT: Operation.RUN_SNAPSHOT_TASK,
    TaskKind.REPLICATION: Operation.RUN_REPLICATION,
    TaskKind.CLOUD_SYNC: Operation.RUN_CLOUD_SYNC,
    TaskKind.RSYNC: Operation.RUN_RSYNC,
    TaskKind.CLOUD_BACKUP: Operation.RUN_CLOUD_BACKUP,
}
ABORT: Mapping[TaskKind, Operation] = {
    TaskKind.CLOUD_SYNC: Operation.ABORT_CLOUD_SYNC,
    TaskKind.CLOUD_BACKUP: Operation.ABORT_CLOUD_BACKUP,
}


def kind_of(key: str) -> TaskKind:
    """Return the kind of a task by its key. Raises ValueError."""
    return TaskKind(key.rpartition("_")[0])

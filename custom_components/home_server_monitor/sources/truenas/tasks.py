"""How each kind of task is run."""

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

"""Stopping apps, machines and copies of a NAS for a while: the values that the guardian holds, and their way back."""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping
from typing import Any, Final, override

from ...guardian.capabilities import OnOff
from ...guardian.contract import ForAWhile, NotDone
from .methods import Operation, method_of
from .model import TrueNas
from .reading import FEED_OF_TASK
from .sending import Nas, send
from .tasks import ABORT, RUN, kind_of
from .work import Machine, Task

APP_STOPPED, MACHINE_STOPPED, TASK_STOPPED = "app_stopped", "machine_stopped", "task_stopped"
LEAST_MINUTES, MOST_MINUTES = 1.0, 7 * 24 * 60.0
# seconds for which it is looked whether a start shows
LOOKS: Final = 20
LOOK_EVERY: Final = 1.0


def stop_of(setting: str, target: str, params: Mapping[str, Any]) -> ForAWhile | None:
    """Return the stop for so many `minutes`; None for one that lasts."""
    minutes = params.get("minutes")
    if not isinstance(minutes, int | float) or isinstance(minutes, bool):
        return None
    lasts = min(max(float(minutes), LEAST_MINUTES), MOST_MINUTES) * 60
    return ForAWhile(setting=setting, target=target, value=True, lasts=lasts)


class _Stopped(OnOff):
    """Whether something stands still; between stopped and running it does not."""

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    @abstractmethod
    async def data(self, target: str) -> TrueNas:
        """Read what tells it. Raises ClientError."""
        ...

    @abstractmethod
    def of(self, data: TrueNas, target: str) -> bool | None:
        """Return whether it stands still, None where it is no more."""
        ...

    @abstractmethod
    def order(self, data: TrueNas, target: str, *, stop: bool) -> tuple[Operation, list[Any]]:
        """Return the write and its arguments."""
        ...

    @override
    async def read(self, target: str) -> bool | None:
        return self.of(await self.data(target), target)

    @override
    def shown(self, target: str) -> bool | None:
        return self.of(self._nas.data, target)

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        data = await self.data(target)
        if self.of(data, target) in (None, bool(value)):
            return
        operation, arguments = self.order(data, target, stop=bool(value))
        method = method_of(operation, self._nas.client.release)
        receipt = await send(self._nas, method, arguments, 0)
        if receipt.result.get("refused"):
            raise NotDone(receipt.result.get("error") or "the server refused")
        for _ in range(LOOKS):
            # its job has only begun
            if await self.read(target) is not (not value):
                return
            await asyncio.sleep(LOOK_EVERY)


class AppStopped(_Stopped):
    """Whether an app is stopped."""

    @override
    async def data(self, target: str) -> TrueNas:
        return await self._nas.async_look("apps")

    @override
    def of(self, data: TrueNas, target: str) -> bool | None:
        found = data.apps.get(target)
        return None if found is None else found.state == "stopped"

    @override
    def order(self, data: TrueNas, target: str, *, stop: bool) -> tuple[Operation, list[Any]]:
        return (Operation.STOP_APP if stop else Operation.START_APP), [target]


class MachineStopped(_Stopped):
    """Whether a virtual machine or a container of the NAS is stopped."""

    @override
    async def data(self, target: str) -> TrueNas:
        return await self._nas.async_look("vms" if target.startswith("vm_") else "instances")

    @override
    def of(self, data: TrueNas, target: str) -> bool | None:
        found = data.machines.get(target)
        return None if found is None else found.state == "stopped"

    @override
    def order(self, data: TrueNas, target: str, *, stop: bool) -> tuple[Operation, list[Any]]:
        found: Machine = data.machines[target]
        if found.kind == "vm":
            return (Operation.STOP_VM if stop else Operation.START_VM), [found.id]
        return (Operation.STOP_INSTANCE if stop else Operation.START_INSTANCE), [found.id]


class TaskStopped(_Stopped):
    """Whether a copy into a cloud does not run."""

    @override
    async def data(self, target: str) -> TrueNas:
        return await self._nas.async_look(FEED_OF_TASK[kind_of(target)])

    @override
    def of(self, data: TrueNas, target: str) -> bool | None:
        found = data.tasks.get(target)
        return None if found is None else not found.running

    @override
    def order(self, data: TrueNas, target: str, *, stop: bool) -> tuple[Operation, list[Any]]:
        found: Task = data.tasks[target]
        return (ABORT if stop else RUN)[found.kind], [found.id]

"""Disks that age, as everything that reads their SMART has seen it."""

from collections.abc import Mapping
from typing import Any, override

from simulator import ageing
from simulator.storage import Disk

from .base import Scenario


class DiskAgeing(Scenario):
    """Disks have aged in one of several ways, and their readings say so; `disks`: the way of each, by name.

    `read_days_ago`: when Scrutiny has read them last; with more than 0 it does not read them again by itself.
    """

    name = "disk_ageing"
    about = "A disk has slowly been dying for three weeks"
    aged: list[Disk]
    alerts: list[str]

    @override
    async def on(
        self,
        disk: str = "sdc",
        kind: str = "slow_death",
        disks: Mapping[str, str] | None = None,
        read_days_ago: float = 0.0,
        **_: Any,
    ) -> None:
        self.aged, self.alerts = [], []
        for name, way in (disks or {disk: kind}).items():
            one = self.disk(name)
            ageing.begin(self.world, one, way)
            self.aged.append(one)
            self._complain(one)
        if (scrutiny := self.sim.scrutiny) is not None:
            for one in self.aged:
                scrutiny.forget(one)
            scrutiny.read_last(read_days_ago)

    def _complain(self, disk: Disk) -> None:
        """Let the NAS tell what it looks at itself: up to 25.04 bad sectors, since then attribute 187."""
        old = self.sim.truenas.release <= 2504
        klass = "SMART" if old else "SMARTUncorrectedErrors"
        if old and disk.pending:
            text = f"Device: /dev/{disk.name} [SAT], {disk.pending} Currently unreadable (pending) sectors."
        elif not old and disk.uncorrectable and disk.model.startswith("ST"):
            text = f"Disk {disk.name} ({disk.serial}) has reported {disk.uncorrectable} uncorrected errors."
        else:
            return
        self.world.raise_alert(klass, "CRITICAL", text, {"device": disk.name, "serial": disk.serial})
        self.alerts.append(klass)

    @override
    async def off(self) -> None:
        for disk in self.aged:
            ageing.end(self.world, disk)
            if self.sim.scrutiny is not None:
                self.sim.scrutiny.forget(disk)
        for klass in self.alerts:
            self.world.clear_alerts(klass)
        if self.sim.scrutiny is not None:
            self.sim.scrutiny.read_last(0.0)


AGED: tuple[type[Scenario], ...] = (DiskAgeing,)

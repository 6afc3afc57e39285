"""Disks that age, as Scrutiny has seen it."""

from collections.abc import Mapping
from typing import Any, override

from simulator.scrutiny.ageing import AGEING
from simulator.storage import Disk

from .base import Scenario

_COUNTERS = ("reallocated", "pending", "uncorrectable", "crc_errors", "wear_percent", "hours")


class DiskAgeing(Scenario):
    """Disks have aged in one of several ways, and their readings say so; `disks`: the way of each, by name."""

    name = "disk_ageing"
    about = "A disk has slowly been dying for three weeks"
    before: list[tuple[Disk, dict[str, int]]]

    @override
    async def on(
        self, disk: str = "sdc", kind: str = "slow_death", disks: Mapping[str, str] | None = None, **_: Any
    ) -> None:
        self.before = []
        for name, way in (disks or {disk: kind}).items():
            one, ageing = self.disk(name), AGEING[way]
            self.before.append((one, {counter: getattr(one, counter) for counter in _COUNTERS}))
            if self.sim.scrutiny is not None:
                self.sim.scrutiny.age(one, ageing)
            today = ageing(0, one)
            for counter in _COUNTERS:
                setattr(one, counter, getattr(today, counter))
        if self.sim.scrutiny is not None:
            self.sim.scrutiny.run_collector()

    @override
    async def off(self) -> None:
        for disk, counters in self.before:
            for counter, value in counters.items():
                setattr(disk, counter, value)
            if self.sim.scrutiny is not None:
                self.sim.scrutiny.age(disk, AGEING["healthy"])


AGED: tuple[type[Scenario], ...] = (DiskAgeing,)

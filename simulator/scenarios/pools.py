"""Pools that fill up, are scanned, renamed, exported."""

from typing import Any, Literal, override

from simulator.motion import start_scan
from simulator.storage import Pool, Scan, Vdev

from .base import Scenario


class CapacityFilling(Scenario):
    """A pool fills up, by the world's clock."""

    name = "capacity_filling"
    about = "A pool fills up by a per cent a minute"
    target: Pool
    own: int

    @override
    async def on(self, pool: str = "media", bytes_per_second: float | None = None, **_: Any) -> None:
        self.target = self.pool(pool)
        self.own = self.world.root(self.target).own
        self.target.fill = bytes_per_second or self.target.size / 6000

    @override
    async def off(self) -> None:
        self.target.fill = 0.0
        self.world.root(self.target).own = self.own


class _Scan(Scenario):
    function: Literal["SCRUB", "RESILVER"]
    target: Pool
    before: Scan | None

    @override
    async def on(self, pool: str = "tank", percent: float = 12.0, **_: Any) -> None:
        self.target = self.pool(pool)
        self.before = self.target.scan
        scan = start_scan(self.world, self.target, self.function)
        scan.done = int(scan.total * percent / 100)
        scan.start -= scan.done / scan.rate

    @override
    async def off(self) -> None:
        self.target.scan = self.before
        self.world.changed("scan", "changed", self.target.name)


class ScrubRunning(_Scan):
    """A scrub that somebody else started."""

    name = "scrub_running"
    about = "A scrub is under way"
    function = "SCRUB"


class Resilver(_Scan):
    """A mirror member comes back and is rebuilt."""

    name = "resilver"
    about = "A replaced disk is being rebuilt"
    function = "RESILVER"
    leaf: Vdev

    @override
    async def on(self, pool: str = "tank", percent: float = 12.0, **params: Any) -> None:
        self.leaf = next(self.pool(pool).leaves())
        self.leaf.state = "DEGRADED"
        await super().on(pool, percent, **params)

    @override
    async def off(self) -> None:
        self.leaf.state = "ONLINE"
        await super().off()


class PoolRenamed(Scenario):
    """The same guid under another name."""

    name = "pool_renamed"
    about = "A pool was exported and imported under another name"
    target: Pool
    names: tuple[str, str]

    @override
    async def on(self, pool: str = "media", to: str = "films", **_: Any) -> None:
        self.target = self.pool(pool)
        self.names = (pool, to)
        self._rename(pool, to)

    def _rename(self, before: str, after: str) -> None:
        world = self.world
        self.target.name = after
        for dataset in list(world.datasets.values()):
            if dataset.pool == before:
                del world.datasets[dataset.name]
                dataset.name = after + dataset.name.removeprefix(before)
                world.datasets[dataset.name] = dataset
        for snapshot in list(world.snapshots.values()):
            if snapshot.dataset.split("/", 1)[0] == before:
                del world.snapshots[snapshot.ident]
                snapshot.dataset = after + snapshot.dataset.removeprefix(before)
                world.snapshots[snapshot.ident] = snapshot
        world.changed("pool", "changed", self.target.number)

    @override
    async def off(self) -> None:
        self._rename(self.names[1], self.names[0])


class PoolExported(Scenario):
    """The pool's row stays, its numbers and topology are null."""

    name = "pool_exported"
    about = "A pool is offline: no numbers, no topology"
    target: Pool

    @override
    async def on(self, pool: str = "media", **_: Any) -> None:
        self.target = self.pool(pool)
        self.target.exported = True
        self.world.changed("pool", "changed", self.target.number)

    @override
    async def off(self) -> None:
        self.target.exported = False
        self.world.changed("pool", "changed", self.target.number)


POOLS: tuple[type[Scenario], ...] = (CapacityFilling, ScrubRunning, Resilver, PoolRenamed, PoolExported)

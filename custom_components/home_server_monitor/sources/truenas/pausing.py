"""Pausing a scrub for a while: the value that the guardian holds, and its way back."""

from collections.abc import Mapping, Sequence
from typing import Any, override

from ...guardian.capabilities import Setting
from ...guardian.contract import ForAWhile, NotDone
from .methods import Operation, method_of
from .model import TrueNas
from .sending import Nas, send, stamp
from .storage import Pool

SCRUB_PAUSED = "scrub_paused"
HOURS = 12.0
LEAST_HOURS, MOST_HOURS = 0.25, 24.0 * 7


def _scrub_of(pool: Pool) -> str | None:
    """Return what names a scrub that is under way, paused or not: its pool and its start."""
    scan = pool.scan
    if scan is None or scan.kind != "scrub" or scan.state != "scanning":
        return None
    return f"{pool.guid} {stamp(scan.started)}"


def pause_of(pool: Pool, params: Mapping[str, Any]) -> ForAWhile | None:
    """Return the pause of the scrub that is under way, for `hours`."""
    if (scrub := _scrub_of(pool)) is None:
        return None
    hours = params.get("hours")
    lasts = float(hours) if isinstance(hours, int | float) else HOURS
    lasts = min(max(lasts, LEAST_HOURS), MOST_HOURS) * 3600
    return ForAWhile(setting=SCRUB_PAUSED, target=scrub, value=True, lasts=lasts)


class ScrubPaused(Setting):
    """Whether one certain scrub is paused: False, True, or since when, in seconds since 1970.

    A scrub that has ended, or has given way to another scan, is no more.
    """

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    @override
    async def read(self, target: str) -> bool | float | None:
        return _paused(await self._nas.async_look("pools"), target)

    @override
    def shown(self, target: str) -> bool | float | None:
        return _paused(self._nas.data, target)

    @override
    def same(self, left: Any, seen: Any) -> bool:
        if left is None or seen is None or isinstance(left, bool) or isinstance(seen, bool):
            return bool(left) == bool(seen) and (left is None) == (seen is None)
        # a pause lasts over a reboot, and then counts from it
        return bool(left == seen) or (self._booted() or 0.0) > left

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return next((each for each in values if each), False)

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        data = await self._nas.async_look("pools")
        pool = next((each for each in data.pools.values() if _scrub_of(each) == target), None)
        if pool is None or bool(_paused(data, target)) is bool(value):
            return
        operation = Operation.PAUSE_SCRUB if value else Operation.START_SCRUB
        method = method_of(operation, self._nas.client.release)
        receipt = await send(self._nas, method, [pool.name], 0)
        if receipt.result.get("refused"):
            raise NotDone(receipt.result.get("error") or "the server refused")

    def _booted(self) -> float | None:
        system = self._nas.data.system
        return stamp(system.booted) if system else None


def _paused(data: TrueNas, target: str) -> bool | float | None:
    for pool in data.pools.values():
        if _scrub_of(pool) == target and (scan := pool.scan):
            return (stamp(scan.paused_at) or True) if scan.paused else False
    return None

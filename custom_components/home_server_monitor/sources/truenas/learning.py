"""What each new listing of a NAS teaches: its time zone, the days of its pools, and what is remembered of its disks and apps."""

from collections.abc import Awaitable, Callable
from datetime import tzinfo

from .memory import Memory
from .model import TrueNas
from .pool_days import History, PoolDays
from .stands import seats
from .zone import Zone


class Learning:
    """Takes in what is new. history: of a pool by its guid; find: a time zone by its name; clock: seconds since 1970."""

    def __init__(
        self,
        memory: Memory,
        history: Callable[[str], History],
        find: Callable[[str], Awaitable[tzinfo | None]],
        clock: Callable[[], float],
    ) -> None:
        self.zone = Zone(find)
        self.pools = PoolDays(memory, history, clock)
        self._memory = memory
        self._clock = clock

    async def take(self, data: TrueNas) -> bool:
        """Take in a snapshot; returns whether it is to be made anew with what was learned."""
        again = await self.zone.learn(data.system)
        again |= await self.pools.learn(data)
        if "disks" in data.complete:
            self._memory.meet({key: disk.title for key, disk in data.disks.items()})
        if "apps" in data.complete:
            self._memory.keep_installed(data.apps, self._clock())
            self._memory.seat(seats(data))
        return again

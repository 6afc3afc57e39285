"""What may be changed of a download client for a while: each of its limits, and that it downloads nothing.

Each limit is a value of its own, so that one that a person sets meanwhile is left to them and the others still return.
The limits of both profiles are lent, the usual and the alternative one: which of them holds is left to whoever, or
whatever schedule, switches between them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, override

from ...guardian.capabilities import Setting
from ...guardian.contract import NotDone
from ..records import number
from .client import DownloadClient, strictest
from .model import Downloader

LIMIT, PAUSED = "download_limit", "downloads_paused"
# the only target of a pause
ALL = "all"
LEAST_MINUTES, MOST_MINUTES = 1.0, 7 * 24 * 60.0

type See = Callable[[], Downloader | None]


class Held(Protocol):
    """What is lent of a value now: what it was before, or None where nothing is."""

    def __call__(self, setting: str, target: str) -> Any:
        """Return the value to which it returns."""
        ...


def lasting(params: Mapping[str, Any], minutes: float) -> float:
    """Return for how many seconds something is changed; minutes: where nothing is said."""
    # what is no number of minutes would never end
    wanted = number(params.get("minutes"))
    return min(max(minutes if wanted is None else wanted, LEAST_MINUTES), MOST_MINUTES) * 60


class Limit(Setting):
    """One of the limits, in bytes a second; 0 is none."""

    def __init__(self, client: DownloadClient, see: See, changed: Callable[[], None]) -> None:
        self._client = client
        self._see = see
        self._changed = changed

    @override
    async def read(self, target: str) -> int | None:
        return (await self._client.read_limits()).get(target)

    @override
    def shown(self, target: str) -> int | None:
        seen = self._see()
        return None if seen is None else seen.limits.get(target)

    @override
    def same(self, left: Any, seen: Any) -> bool:
        if left is None or seen is None:
            return left is seen
        # what was left is in the client's own steps, as it reads them back
        return self._client.kept(left) == self._client.kept(seen)

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return strictest([int(each) for each in values])

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        if self.same(value, await self.read(target)):
            return
        await self._client.set_limit(target, int(value))
        self._changed()


class Paused(Setting):
    """Whether nothing is downloaded, as the client itself keeps that."""

    def __init__(self, client: DownloadClient, see: See, changed: Callable[[], None]) -> None:
        self._client = client
        self._see = see
        self._changed = changed

    @override
    async def read(self, target: str) -> Any:
        return await self._client.read_pause()

    @override
    def shown(self, target: str) -> Any:
        seen = self._see()
        return None if seen is None else seen.pause

    @override
    def same(self, left: Any, seen: Any) -> bool:
        return self._client.same_pause(left, seen)

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return next((each for each in values if self._client.is_paused(each)), values[0])

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        if value is None:
            raise NotDone("nothing to set")
        seen = await self.read(target)
        if not self.same(value, seen):
            await self._client.set_pause(self._client.returned(value, seen))
            self._changed()


def settings(
    client: DownloadClient, see: See, changed: Callable[[], None] = lambda: None
) -> dict[str, Setting]:
    """Return all that may be changed for a while, by name. changed: called once something was."""
    return {LIMIT: Limit(client, see, changed), PAUSED: Paused(client, see, changed)}

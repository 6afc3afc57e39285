"""Whether somebody watches from the disks that an Arr imports to."""

from collections.abc import Iterable
from typing import Any

from ..below import Below


async def pools_of(below: Below, arr: Any) -> frozenset[str] | None:
    """Return the pools that an Arr imports to; None where one of them is not known."""
    found = [await below.pool(arr, each) for each in arr.libraries]
    return None if not found or None in found else frozenset(filter(None, found))


async def is_watched(below: Below, arr: Any, streams: Iterable[tuple[Any, Any]]) -> bool:
    """Return whether a stream that plays reads from a pool that an Arr imports to; where nobody knows, it does.

    streams: each with the source that plays it.
    """
    playing = [(source, each.file) for source, each in streams if each.plays]
    if not playing:
        return False
    if (pools := await pools_of(below, arr)) is None:
        return True
    read = {await below.pool(source, file) for source, file in playing}
    return None in read or not pools.isdisjoint(read)

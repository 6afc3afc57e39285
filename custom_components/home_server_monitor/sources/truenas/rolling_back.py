"""Datasets put back to a snapshot: what that would cost, the order, and whether it is so."""

from typing import Any

from ...guardian.capabilities import SnapshotSeen
from ...guardian.contract import NotDone, Refusal, Refused
from ..errors import BadResponse, CallFailed
from .methods import Operation
from .parse import at, integer, text
from .sending import Nas
from .storage import snapshot

# a dataset with more is not seen whole, so what is newer is not known
MOST = 3000
# bytes that a dataset may differ from its snapshot in, right after it was put back
SAME = 1024**2


class NotPutBack(CallFailed, NotDone):
    """The server says that it did not put a dataset back: that happens as a whole or not at all."""


async def seen(nas: Nas, dataset: str, name: str) -> SnapshotSeen | None:
    """Return a snapshot of a dataset with the names of those that are newer, or None where there is none.

    Raises ClientError, and Refused where there are too many to be sure.
    """
    rows = await _rows(nas, Operation.SNAPSHOTS_OF, dataset, MOST)
    if len(rows) >= MOST:
        raise Refused(Refusal("too_many_snapshots", {"target": dataset}))
    wanted = next((row for row in rows if row.get("id") == f"{dataset}@{name}"), None)
    if wanted is None:
        return None
    # only this number tells the order of two of the same second
    then = integer(wanted.get("createtxg"))
    if then is None:
        raise BadResponse("A snapshot without its place in the order")
    newer = [row for row in rows if row is not wanted and (integer(row.get("createtxg")) or then) >= then]
    names = tuple((text(row.get("id"), 500) or "?").partition("@")[2] for row in newer)
    return SnapshotSeen(name, snapshot(wanted)[1], names, integer(at(wanted, "properties", "referenced")))


async def put_back(nas: Nas, dataset: str, name: str) -> None:
    """Put a dataset back. Never takes a newer snapshot with it: where there is one, the server refuses.

    Raises ClientError; NotDone among them where it is certain that nothing was done.
    """
    try:
        await nas.client.ask(Operation.ROLL_BACK_DATASET, f"{dataset}@{name}")
    except CallFailed as err:
        raise NotPutBack(err.method, err.reason, err.code) from err


async def is_as_in(nas: Nas, dataset: str, name: str) -> bool:
    """Return whether a dataset holds what its snapshot holds, by their sizes, and nothing newer. Raises ClientError."""
    there = await seen(nas, dataset, name)
    rows = await _rows(nas, Operation.DATASET_SIZE, dataset)
    own = integer(at(rows[0], "usedbydataset")) if rows else None
    if there is None or there.newer or there.size is None or own is None:
        return False
    return abs(own - there.size) <= SAME


async def _rows(nas: Nas, operation: Operation, *args: Any) -> list[dict[str, Any]]:
    raw = await nas.client.ask(operation, *args)
    if not isinstance(raw, list):
        raise BadResponse("Expected a list")
    return [row for row in raw if isinstance(row, dict)]

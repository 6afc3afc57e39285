"""SABnzbd's records, 4 and 5: most numbers are texts, sizes are MiB or GiB, and what failed is in the history."""

from types import MappingProxyType
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item, Line
from ..records import Row, amount, instant, integer, name, number, text
from ..sentence import without_keys
from .model import DOWN, NewsServer
from .troubles import of_usenet

_MIB, _GIB = 1 << 20, 1 << 30
_QUEUED = {
    "downloading": DownloadState.DOWNLOADING,
    "queued": DownloadState.QUEUED,
    "propagating": DownloadState.QUEUED,
    "paused": DownloadState.PAUSED,
    "fetching": DownloadState.METADATA,
    "grabbing": DownloadState.METADATA,
    "checking": DownloadState.CHECKING,
    "quickcheck": DownloadState.CHECKING,
    "idle": DownloadState.QUEUED,
}
_DONE = {"completed": DownloadState.COMPLETED, "failed": DownloadState.FAILED}
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50}


def queued(row: Row, *, paused: bool) -> tuple[str, Item]:
    """Return one job of the queue. Raises Malformed where it has no id or name."""
    key, size = name(row.get("nzo_id")), amount(row.get("mb"), _MIB)
    state = _QUEUED.get(str(row.get("status", "")).lower(), DownloadState.UNKNOWN)
    if paused and state is DownloadState.DOWNLOADING and row.get("priority") != "Force":
        # the queue rests, and says so itself
        state = DownloadState.QUEUED
    return key, Item(
        id=key,
        name=name(row.get("filename")),
        protocol="usenet",
        state=state,
        category=_category(row.get("cat")),
        size=size,
        done=max(size - amount(row.get("mbleft"), _MIB), 0),
        added=instant(row.get("time_added")),
    )


def finished(row: Row) -> tuple[str, Item]:
    """Return one job of the history. Raises Malformed where it has no id or name."""
    key = name(row.get("nzo_id"))
    state = _DONE.get(str(row.get("status", "")).lower(), DownloadState.UNPACKING)
    reason = without_keys(text(row.get("fail_message")) or "")
    size = amount(row.get("bytes"))
    failed = state is DownloadState.FAILED
    return key, Item(
        id=key,
        name=name(row.get("name")),
        protocol="usenet",
        state=state,
        category=_category(row.get("category")),
        size=size,
        done=min(amount(row.get("downloaded")), size) if failed else size,
        trouble=of_usenet(reason) if failed else None,
        reason=reason if failed else "",
        path=text(row.get("storage"), 1000) or text(row.get("path"), 1000) or "",
        finished=instant(row.get("completed")),
    )


def line(queue: Row) -> Line:
    """Return how the client stands."""
    return Line(
        down=amount(queue.get("kbpersec"), 1 << 10),
        down_limit=limit(queue),
        paused=pause(queue) is not False,
        free=None if number(queue.get("diskspace1")) is None else amount(queue.get("diskspace1"), _GIB),
    )


def limit(queue: Row) -> int:
    """Return the limit that holds, in bytes a second; 0 is none."""
    return amount(queue.get("speedlimit_abs"))


def limits(queue: Row) -> MappingProxyType[str, int]:
    """Return the limits by their names."""
    return MappingProxyType({DOWN: limit(queue)})


def pause(queue: Row) -> bool | str:
    """Return whether the queue rests: False, True, or `timed` where it goes on by itself."""
    if queue.get("paused") is not True and queue.get("paused_all") is not True:
        return False
    return True if str(queue.get("pause_int") or "0") == "0" else "timed"


def quota(queue: Row) -> tuple[bool, int | None]:
    """Return whether the quota is used up, and how many bytes are left of it; None where there is none."""
    if queue.get("have_quota") is not True:
        return False, None
    left = units(queue.get("left_quota"))
    return left <= 0, max(left, 0)


def units(value: Any) -> int:
    """Return the bytes of a text like `1.5 G`."""
    said = str(value or "").strip().upper().removesuffix("B").strip()
    number_part = said.rstrip("KMGTP").strip()
    return amount(number_part, _UNITS.get(said[len(number_part) :].strip(), 1))


def servers(status: Row) -> tuple[NewsServer, ...]:
    """Return the news servers that are switched on."""
    found = status.get("servers")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return tuple(
        NewsServer(text(row.get("servername")) or "?", without_keys(text(row.get("servererror")) or ""))
        for row in rows[:50]
        if row.get("serveractive") is True or row.get("servererror")
    )


def warnings(queue: Row) -> int | None:
    """Return how many warnings it shows."""
    return integer(queue.get("have_warnings"))


def _category(value: Any) -> str:
    found = text(value) or ""
    return "" if found == "*" else found

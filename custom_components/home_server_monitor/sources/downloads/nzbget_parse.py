"""NZBGet's records, 21 and the newer fork: 64-bit numbers in two halves, states in capitals."""

from types import MappingProxyType
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item, Line, Trouble
from ..records import Malformed, Row, amount, count, instant, integer, name, text
from .model import DOWN, NewsServer

_STATES = {
    "QUEUED": DownloadState.QUEUED,
    "PAUSED": DownloadState.PAUSED,
    "DOWNLOADING": DownloadState.DOWNLOADING,
    "FETCHING": DownloadState.METADATA,
}
# what comes after the download is unpacked, repaired, moved
_AFTER = (
    "PP_",
    "LOADING",
    "VERIFYING",
    "REPAIRING",
    "RENAMING",
    "UNPACKING",
    "MOVING",
    "EXECUTING",
    "PUTTING",
)
_TROUBLES = {
    "HEALTH": Trouble.INCOMPLETE,
    "PAR": Trouble.UNPACK,
    "UNPACK": Trouble.UNPACK,
    "PASSWORD": Trouble.PASSWORD,
    "SPACE": Trouble.NO_SPACE,
    "MOVE": Trouble.PERMISSION,
    "DUPE": Trouble.DUPLICATE,
    "SCAN": Trouble.OTHER,
}


def whole(row: Row, key: str) -> int:
    """Return a number of bytes that is written in two halves."""
    return amount((count(row.get(f"{key}Hi")) << 32) + count(row.get(f"{key}Lo")))


def queued(row: Row, *, paused: bool) -> tuple[str, Item]:
    """Return one job of the queue. Raises Malformed where it has no id or name."""
    key, said = _key(row), str(row.get("Status", "")).upper()
    size = whole(row, "FileSize")
    state = _STATES.get(said, DownloadState.UNKNOWN)
    if state is DownloadState.UNKNOWN and said.startswith(_AFTER):
        state = DownloadState.UNPACKING
    if paused and state is DownloadState.DOWNLOADING:
        state = DownloadState.QUEUED
    return key, Item(
        id=key,
        name=name(row.get("NZBName")),
        protocol="usenet",
        state=state,
        category=text(row.get("Category")) or "",
        size=size,
        done=max(size - whole(row, "RemainingSize"), 0),
        path=text(row.get("DestDir"), 1000) or "",
    )


def finished(row: Row) -> tuple[str, Item]:
    """Return one job of the history. Raises Malformed where it has no id or name."""
    key = _key(row)
    kind, _, detail = str(row.get("Status", "")).upper().partition("/")
    # a warning is done, with something to see to
    done = kind in ("SUCCESS", "WARNING")
    size = whole(row, "FileSize")
    return key, Item(
        id=key,
        name=name(row.get("Name") or row.get("NZBName")),
        protocol="usenet",
        state=DownloadState.COMPLETED if done else DownloadState.FAILED,
        category=text(row.get("Category")) or "",
        size=size,
        done=size if done else min(whole(row, "DownloadedSize"), size),
        trouble=None if done else _TROUBLES.get(detail, Trouble.OTHER),
        reason="" if done else f"{kind}/{detail}"[:100],
        path=text(row.get("FinalDir"), 1000) or text(row.get("DestDir"), 1000) or "",
        finished=instant(row.get("HistoryTime")),
    )


def _key(row: Row) -> str:
    found = integer(row.get("NZBID"))
    if found is None or found <= 0:
        raise Malformed("no id")
    return str(found)


def limits(status: Row) -> MappingProxyType[str, int]:
    """Return the limits by their names, in bytes a second."""
    return MappingProxyType({DOWN: amount(status.get("DownloadLimit"))})


def pause(status: Row) -> bool | str:
    """Return whether the queue rests: False, True, or `timed` where it goes on by itself."""
    if status.get("DownloadPaused") is not True:
        return False
    return "timed" if count(status.get("ResumeTime")) else True


def line(status: Row) -> Line:
    """Return how the client stands."""
    return Line(
        down=amount(status.get("DownloadRate")),
        down_limit=amount(status.get("DownloadLimit")),
        paused=pause(status) is not False,
        free=whole(status, "FreeDiskSpace") if "FreeDiskSpaceLo" in status else None,
    )


def servers(status: Row) -> tuple[NewsServer, ...]:
    """Return the news servers that are switched on; NZBGet does not say what is wrong with one."""
    found: Any = status.get("NewsServers")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return tuple(NewsServer(f"{row.get('ID', '?')}") for row in rows[:50] if row.get("Active") is True)

"""Transmission's records, 3 and 4, in the old spelling that both speak: speeds in kB of 1000 bytes."""

from types import MappingProxyType
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item, Line, Trouble
from ..records import Row, amount, at, flag, instant, integer, name, number, positive, text
from ..sentence import without_keys
from .model import ALT_DOWN, ALT_UP, DOWN, UP
from .troubles import host_of, of_disk, of_tracker

KB = 1000
FIELDS = (
    "hashString", "name", "status", "error", "errorString", "metadataPercentComplete", "leftUntilDone",
    "sizeWhenDone", "rateDownload", "rateUpload", "labels", "isPrivate", "trackerStats", "desiredAvailable", "uploadRatio",
    "downloadDir", "addedDate", "doneDate", "activityDate", "downloadLimited",
)  # fmt: skip
SESSION = (
    "version", "download-dir-free-space", "alt-speed-enabled", "alt-speed-down", "alt-speed-up",
    "alt-speed-time-enabled", "speed-limit-down", "speed-limit-down-enabled", "speed-limit-up",
    "speed-limit-up-enabled",
)  # fmt: skip
# a limit of nothing at all is how everything is paused here: one byte a second stands for it
NOTHING = 1


def item(row: Row) -> tuple[str, Item]:
    """Return one torrent. Raises Malformed where it has no hash or name."""
    key, size = name(row.get("hashString")).lower(), amount(row.get("sizeWhenDone"))
    trouble, reason = _trouble(row)
    trackers = row.get("trackerStats")
    known = [integer(at(each, "seederCount")) for each in trackers] if isinstance(trackers, list) else []
    labels = [found for each in row.get("labels") or () if (found := text(each))]
    left = amount(row.get("leftUntilDone"))
    return key, Item(
        id=key,
        name=name(row.get("name")),
        protocol="torrent",
        state=_state(row, left),
        category=labels[0] if labels else "",
        tags=frozenset(labels),
        size=size,
        done=max(size - left, 0),
        speed=amount(row.get("rateDownload")),
        trouble=trouble,
        reason=reason,
        private=flag(row.get("isPrivate")),
        tracker=host_of(at(trackers, 0, "announce")),
        seeds=max((each for each in known if each is not None and each >= 0), default=None),
        ratio=positive(row.get("uploadRatio")),
        folder=text(row.get("downloadDir"), 1000) or "",
        path=f"{text(row.get('downloadDir'), 1000) or ''}/{text(row.get('name'), 500) or ''}",
        added=instant(row.get("addedDate")),
        finished=instant(row.get("doneDate")),
        active=instant(row.get("activityDate")),
        limited=row.get("downloadLimited") is True,
    )


def _state(row: Row, left: int) -> DownloadState:
    if integer(row.get("error")) == 3:
        return DownloadState.FAILED
    match integer(row.get("status")):
        case 0:
            return DownloadState.PAUSED if left or _metadata(row) < 1 else DownloadState.COMPLETED
        case 1 | 2:
            return DownloadState.CHECKING
        case 3:
            return DownloadState.QUEUED
        case 4:
            if _metadata(row) < 1:
                return DownloadState.METADATA
            return DownloadState.DOWNLOADING if amount(row.get("rateDownload")) else DownloadState.STALLED
        case 5:
            return DownloadState.COMPLETED
        case 6:
            return DownloadState.SEEDING
    return DownloadState.UNKNOWN


def _metadata(row: Row) -> float:
    found = number(row.get("metadataPercentComplete"))
    return 1.0 if found is None else found


def _trouble(row: Row) -> tuple[Trouble | None, str]:
    said = without_keys(text(row.get("errorString")) or "")
    match integer(row.get("error")):
        case 3:
            return of_disk(said), said
        case 1 | 2:
            return of_tracker(said or "error"), said
    return None, ""


def limits(session: Row) -> MappingProxyType[str, int]:
    """Return all four limits, in bytes a second."""
    return MappingProxyType(
        {
            DOWN: _limit(session, "speed-limit-down"),
            UP: _limit(session, "speed-limit-up"),
            # there is no way to switch one of these off
            ALT_DOWN: max(amount(session.get("alt-speed-down"), KB), NOTHING),
            ALT_UP: max(amount(session.get("alt-speed-up"), KB), NOTHING),
        }
    )


def _limit(session: Row, key: str) -> int:
    return max(amount(session.get(key), KB), NOTHING) if session.get(f"{key}-enabled") is True else 0


def line(session: Row, items: Any, *, paused: bool, up: int) -> Line:
    """Return how the client stands. up: bytes a second."""
    alternative, found = session.get("alt-speed-enabled") is True, limits(session)
    return Line(
        down=sum(each.speed for each in items),
        up=up,
        down_limit=found[ALT_DOWN if alternative else DOWN],
        up_limit=found[ALT_UP if alternative else UP],
        alternative=alternative,
        scheduled=session.get("alt-speed-time-enabled") is True,
        paused=paused,
        free=integer(session.get("download-dir-free-space")),
    )

"""qBittorrent's records, from 4.5 to 5.3: one torrent at a time, whatever is missing or new in it."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item, Line, Trouble
from ..records import Malformed, Row, amount, at, flag, instant, integer, positive, text
from ..sentence import without_keys
from .model import ALT_DOWN, ALT_UP, DOWN, UP
from .troubles import host_of, of_tracker

_STATES = {
    "allocating": DownloadState.DOWNLOADING,
    "downloading": DownloadState.DOWNLOADING,
    "forceddl": DownloadState.DOWNLOADING,
    "metadl": DownloadState.METADATA,
    "forcedmetadl": DownloadState.METADATA,
    "stalleddl": DownloadState.STALLED,
    "queueddl": DownloadState.QUEUED,
    "pauseddl": DownloadState.PAUSED,
    "stoppeddl": DownloadState.PAUSED,
    "checkingdl": DownloadState.CHECKING,
    "checkingup": DownloadState.CHECKING,
    "checkingresumedata": DownloadState.CHECKING,
    "moving": DownloadState.MOVING,
    "uploading": DownloadState.SEEDING,
    "stalledup": DownloadState.SEEDING,
    "forcedup": DownloadState.SEEDING,
    "queuedup": DownloadState.COMPLETED,
    "pausedup": DownloadState.COMPLETED,
    "stoppedup": DownloadState.COMPLETED,
    "error": DownloadState.FAILED,
    "missingfiles": DownloadState.FAILED,
}
# states in which a torrent has been announced, so that no tracker means that none works
ANNOUNCED = frozenset(
    {"stalleddl", "stalledup", "metadl", "downloading", "uploading", "forceddl", "forcedup"}
)
# what is kept of `server_state`
LINE = (
    "connection_status", "use_alt_speed_limits", "dl_info_speed", "up_info_speed", "dl_rate_limit", "up_rate_limit",
    "free_space_on_disk",
)  # fmt: skip
MISSING = "Its files are not where they should be"
ERROR = "qBittorrent reports an error; its log says which"


@dataclass(frozen=True, slots=True)
class Asked:
    """What only a question about one torrent tells: whether it is private, and what its trackers say."""

    private: bool | None = None
    said: str = ""


def item(key: str, row: Row, asked: Asked) -> Item:
    """Return one torrent. Raises Malformed where it has no hash or name."""
    name = text(row.get("name"))
    if not key or name is None:
        raise Malformed("no name")
    size, raw = amount(row.get("size")), str(row.get("state", "")).lower()
    trouble, reason = _trouble(raw, asked.said)
    known = [
        each for each in (integer(row.get("num_complete")), integer(row.get("num_seeds"))) if each is not None
    ]
    private = flag(row.get("private"))
    return Item(
        id=key.lower(),
        name=name,
        protocol="torrent",
        state=_STATES.get(raw, DownloadState.UNKNOWN),
        category=text(row.get("category")) or "",
        tags=frozenset(filter(None, (part.strip() for part in str(row.get("tags") or "")[:2000].split(",")))),
        size=size,
        done=max(size - amount(row.get("amount_left")), 0),
        speed=amount(row.get("dlspeed")),
        trouble=trouble,
        reason=reason,
        private=asked.private if private is None else private,
        tracker=host_of(row.get("tracker")),
        seeds=max(known, default=None),
        availability=positive(row.get("availability")),
        ratio=positive(row.get("ratio")),
        path=text(row.get("content_path"), 1000) or text(row.get("save_path"), 1000) or "",
        folder=text(row.get("save_path"), 1000) or "",
        added=instant(row.get("added_on")),
        finished=instant(row.get("completion_on")),
        active=instant(row.get("last_activity")),
        limited=amount(row.get("dl_limit")) > 0,
    )


def _trouble(state: str, said: str) -> tuple[Trouble | None, str]:
    if state == "missingfiles":
        return Trouble.MISSING_FILES, MISSING
    if state == "error":
        return Trouble.OTHER, ERROR
    return of_tracker(said), said


def is_suspect(row: Row) -> bool:
    """Return whether what its trackers say is worth a question."""
    if "has_tracker_error" in row:
        return any(row.get(key) is True for key in ("has_tracker_error", "has_other_announce_error"))
    return str(row.get("state", "")).lower() in ANNOUNCED and not row.get("tracker")


def said_by(trackers: Any) -> str:
    """Return what the trackers of a torrent complain of; "" while one of them works, or none has answered yet."""
    rows = [row for row in trackers if isinstance(row, dict)] if isinstance(trackers, list) else []
    own = [row for row in rows if (integer(row.get("tier")) or 0) >= 0 and "://" in str(row.get("url", ""))]
    # 2 works; 0, 1 and 3 are not asked, or not answered yet
    if not own or any(integer(row.get("status")) in (0, 1, 2, 3) for row in own):
        return ""
    messages = (without_keys(text(row.get("msg")) or "") for row in own)
    return next(filter(None, messages), "No tracker answers")


def limits(preferences: Row) -> MappingProxyType[str, int]:
    """Return all four limits, in bytes a second."""
    names = {DOWN: "dl_limit", UP: "up_limit", ALT_DOWN: "alt_dl_limit", ALT_UP: "alt_up_limit"}
    return MappingProxyType({name: amount(preferences.get(key)) for name, key in names.items()})


def queue(preferences: Row) -> dict[str, Any]:
    """Return how many torrents may run at once: what pauses all downloads, and nothing else."""
    return {
        "queueing": preferences.get("queueing_enabled") is True,
        "downloads": _whole(preferences.get("max_active_downloads")),
        "uploads": _whole(preferences.get("max_active_uploads")),
        "torrents": _whole(preferences.get("max_active_torrents")),
        # slow ones run on beside those that may run, however few these are
        "slow_apart": preferences.get("dont_count_slow_torrents") is True,
    }


def _whole(value: Any) -> int:
    found = integer(value)
    return -1 if found is None else found


def line(state: Row, preferences: Row, *, paused: bool) -> Line:
    """Return how the client stands, from `server_state`."""
    connection = state.get("connection_status")
    alternative = state.get("use_alt_speed_limits") is True
    return Line(
        down=amount(state.get("dl_info_speed")),
        up=amount(state.get("up_info_speed")),
        down_limit=amount(state.get("dl_rate_limit")),
        up_limit=amount(state.get("up_rate_limit")),
        alternative=alternative,
        scheduled=at(preferences, "scheduler_enabled") is True,
        paused=paused,
        connected=None if connection is None else connection != "disconnected",
        free=integer(state.get("free_space_on_disk")),
    )

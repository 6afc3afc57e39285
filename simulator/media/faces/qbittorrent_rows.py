"""qBittorrent's rows by release: what a torrent, the server and the preferences look like in 4.5, 5.1 and 5.3."""

from typing import Any

from simulator.media.download import Client, Download, State
from simulator.media.flow import GONE
from simulator.media.world import MediaWorld

type Row = dict[str, Any]

FOREVER = 8640000
_STATES = {
    State.QUEUED: "queuedDL",
    State.METADATA: "metaDL",
    State.STALLED: "stalledDL",
    State.MOVING: "moving",
}


def state_of(download: Download, *, old: bool) -> str:
    """The word for what a torrent does; old: before 5.0."""
    whole, rests = download.left < 1, "paused" if old else "stopped"
    match download.state:
        case State.DOWNLOADING:
            if download.forced:
                return "forcedDL"
            return "downloading" if download.down else "stalledDL"
        case State.PAUSED:
            return f"{rests}UP" if whole else f"{rests}DL"
        case State.CHECKING:
            return "checkingUP" if whole else "checkingDL"
        case State.SEEDING:
            return "uploading" if download.up else "stalledUP"
        case State.COMPLETED:
            return f"{rests}UP"
        case State.ERRORED:
            return "missingFiles" if download.error == GONE else "error"
    return _STATES.get(download.state, "unknown")


def torrent(download: Download, release: tuple[int, int]) -> Row:
    """One torrent as `sync/maindata` and `torrents/info` show it."""
    metadata = download.state is State.METADATA
    size, left = (0, 0) if metadata else (download.size, int(download.left))
    works = not download.tracker_error and download.state not in (State.QUEUED, State.PAUSED, State.ERRORED)
    tracker = download.tracker if works or release >= (5, 2) else ""
    never = -1 if release >= (5, 0) else 0
    row: Row = {
        "added_on": int(download.added),
        "amount_left": left,
        "auto_tmm": False,
        "availability": -1 if download.left < 1 else 1.2 if download.seeds else 0,
        "category": download.category,
        "completed": size - left,
        "completion_on": int(download.finished or never),
        "content_path": download.path,
        "dl_limit": 0,
        "dlspeed": int(download.down),
        "download_path": "",
        "downloaded": int(download.done),
        "eta": int(left / download.down) if download.down else FOREVER,
        "force_start": download.forced,
        "infohash_v1": download.id,
        "infohash_v2": "",
        "last_activity": int(download.last_byte or download.added),
        "magnet_uri": f"magnet:?xt=urn:btih:{download.id}",
        "name": download.name,
        "num_complete": download.seeds,
        "num_incomplete": 3,
        "num_leechs": 0,
        "num_seeds": download.seeds if download.down else 0,
        "priority": 1,
        "progress": 0 if metadata else (size - left) / size if size else 0,
        "ratio": download.uploaded / download.size if download.size else 0,
        "ratio_limit": -2,
        "save_path": download.save_path,
        "size": size,
        "state": state_of(download, old=release < (5, 0)),
        "tags": ", ".join(download.tags),
        "total_size": -1 if metadata else size,
        "tracker": tracker,
        "trackers_count": 1 if download.tracker else 0,
        "up_limit": 0,
        "uploaded": int(download.uploaded),
        "upspeed": int(download.up),
    }
    if release >= (5, 0):
        row |= {"private": None if metadata else download.private, "has_metadata": not metadata}
    if release >= (5, 2):
        unknown = "not registered" in download.tracker_error
        row |= {
            "has_tracker_error": unknown,
            "has_tracker_warning": False,
            "has_other_announce_error": bool(download.tracker_error) and not unknown,
        }
    return row


def tracker_rows(download: Download, release: tuple[int, int]) -> list[Row]:
    """What `torrents/trackers` says: three that are no trackers, then its own."""
    empty = {"num_downloaded": 0, "num_leeches": 0, "num_peers": 0, "num_seeds": 0, "status": 2, "tier": -1}
    private = "This torrent is private" if download.private else ""
    found = [{**empty, "msg": private, "url": f"** [{name}] **"} for name in ("DHT", "PeX", "LSD")]
    if download.tracker:
        status = 2
        if download.tracker_error:
            status = 5 if release >= (5, 2) and "not registered" in download.tracker_error else 4
        found.append(
            {**empty, "tier": 0, "status": status, "msg": download.tracker_error, "url": download.tracker}
        )
    return found


def server_state(world: MediaWorld, client: Client) -> Row:
    """What `sync/maindata` says of the client itself."""
    down, up = world.speed(client.name)
    return {
        "connection_status": client.connection,
        "dht_nodes": 212,
        "dl_info_speed": int(down),
        "up_info_speed": int(up),
        "dl_rate_limit": client.limit,
        "up_rate_limit": client.upload_limit,
        "free_space_on_disk": int(world.free(client.save_path)),
        "queueing": client.max_active >= 0,
        "refresh_interval": 1500,
        "total_peer_connections": 31,
        "use_alt_speed_limits": client.alt_on,
    }


def preferences(client: Client, *, scheduled: bool, slow_apart: bool) -> Row:
    """The preferences that concern anybody here."""
    return {
        "dl_limit": client.down_limit,
        "up_limit": client.up_limit,
        "alt_dl_limit": client.alt_down,
        "alt_up_limit": client.alt_up,
        "queueing_enabled": client.max_active >= 0,
        "max_active_downloads": max(client.max_active, 0) if client.max_active >= 0 else 3,
        "max_active_uploads": client.max_seeding,
        "max_active_torrents": client.max_running,
        "dont_count_slow_torrents": slow_apart,
        "save_path": client.save_path,
        "scheduler_enabled": scheduled,
        "web_ui_max_auth_fail_count": 5,
    }

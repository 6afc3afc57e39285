"""How the media world moves: who may download, how fast, and what that leads to."""

import math
from typing import TYPE_CHECKING

from .download import TORRENT, Client, Disk, Download, Fate, State

if TYPE_CHECKING:
    from .world import MediaWorld

# bytes that a disk moves in a second
MOVE_RATE = 180 << 20
SLOW_RATE = 12 * 1024.0
RUNS = {State.DOWNLOADING, State.STALLED, State.METADATA}
_STALLING = {Fate.STALLS, Fate.UNREGISTERED, Fate.TRACKER_DOWN}
_TRACKER_SAYS = {
    Fate.UNREGISTERED: "Torrent not registered with this tracker.",
    Fate.TRACKER_DOWN: "Connection refused",
}
# what clients say, word for word
INCOMPLETE = "Aborted, cannot be completed - https://sabnzbd.org/not-complete"
LOCKED = "Unpacking failed, archive requires a password"
NO_SPACE = "No space left on device"
GONE = 'No data found! Ensure your drives are connected or use "Set Location".'
PAUSED_FULL = "Too little diskspace forcing PAUSE"


def arrange(world: MediaWorld) -> None:
    """Let each client begin what it may, and give each download its speed."""
    mine: dict[str, list[Download]] = {name: [] for name in world.clients}
    for download in world.downloads.values():
        mine[download.client].append(download)
    for name, client in world.clients.items():
        _queue(client, mine[name])
        for download in mine[name]:
            _turn(world, download, client)
    _share(world, mine)


def until_something(world: MediaWorld) -> float:
    """Seconds until a download is where something happens to it, or until a disk or a quota is full."""
    soonest = 3600.0
    falling: dict[str, tuple[Disk, float]] = {}
    used: dict[str, float] = {}
    for download in world.downloads.values():
        if download.id in world.moves:
            soonest = min(soonest, world.moves[download.id][1] / MOVE_RATE)
        if download.down <= 0:
            continue
        soonest = min(soonest, max(_goal(download) - download.done, 0.0) / download.down)
        used[download.client] = used.get(download.client, 0.0) + download.down
        if (disk := world.disk(download.save_path)) is not None:
            falling[disk.path] = (disk, falling.get(disk.path, (disk, 0.0))[1] + download.down)
    for disk, rate in falling.values():
        soonest = min(soonest, world.free(disk.path) / rate)
    for name, rate in used.items():
        client = world.clients[name]
        if client.quota:
            soonest = min(soonest, max(client.quota - client.quota_used, 0.0) / rate)
    # a little more than that, so that rounding never makes it last for ever
    return max(soonest, 0.001)


def flow(world: MediaWorld, seconds: float) -> None:
    """Let bytes flow for a time in which nothing else happens."""
    now = world.clock.now()
    full: set[str] = set()
    for download in list(world.downloads.values()):
        download.uploaded += download.up * seconds
        if download.down > 0:
            moved = min(download.down * seconds, download.left)
            download.done += moved
            world.clients[download.client].quota_used += moved
            download.last_byte = now
            if download.left < 1:
                _finish(world, download)
            elif (disk := world.disk(download.save_path)) is not None:
                full.add(disk.path)
        elif download.state is State.CHECKING:
            download.state = State.SEEDING if download.left < 1 else State.QUEUED
        elif download.id in world.moves:
            _carry(world, download, seconds)
    for path in full:
        if world.free(path) <= 1:
            _disk_full(world, path)


def _queue(client: Client, mine: list[Download]) -> None:
    """Begin what waits and may run; put back what runs beyond what may."""
    places = 1.0 if client.protocol != TORRENT else math.inf if client.max_active < 0 else client.max_active
    for download in mine:
        if download.forced and download.state is State.QUEUED:
            download.state = State.DOWNLOADING
        if download.state in RUNS and not download.forced:
            if places < 1:
                download.state = State.QUEUED
            places -= 1
    for download in mine:
        if download.state is State.QUEUED and places >= 1:
            download.state = State.DOWNLOADING
            places -= 1


def _turn(world: MediaWorld, download: Download, client: Client) -> None:
    """Let a download that runs meet its fate, once it is there."""
    if download.state not in RUNS:
        return
    turned = download.done >= download.size * download.turns_at
    fate = download.fate
    if fate is Fate.METADATA:
        download.state, download.seeds = State.METADATA, 0
    elif turned and fate in _STALLING:
        download.state, download.seeds = State.STALLED, 0
        download.tracker_error = _TRACKER_SAYS.get(fate, "")
    elif turned and fate is Fate.FAILS:
        _end(world, download, State.FAILED, INCOMPLETE)
    elif turned and fate is Fate.LOSES_FILES:
        _end(world, download, State.ERRORED, GONE)
    elif download.protocol == TORRENT:
        cut_off = client.connection == "disconnected"
        download.state = State.STALLED if cut_off else State.DOWNLOADING
        download.tracker_error = ""


def _share(world: MediaWorld, mine: dict[str, list[Download]]) -> None:
    """Share lines, limits and what sources give."""
    for download in world.downloads.values():
        download.down = download.up = 0.0
    pulls = {name: _pullers(client, mine[name]) for name, client in world.clients.items()}
    busy = sum(1 for each in pulls.values() if each) or 1
    up_line = max(world.line_up - sum(world.streams.values()), 0.0)
    for name, client in world.clients.items():
        pool = min(client.limit or math.inf, world.line_down / busy)
        for download, rate in _filled(pool, [(each, _cap(each)) for each in pulls[name]]):
            download.down = rate
        if client.protocol != TORRENT or client.connection == "disconnected":
            continue
        seeding = [each for each in mine[name] if each.state in (State.SEEDING, State.DOWNLOADING)]
        pool = min(client.upload_limit or math.inf, up_line)
        for download, rate in _filled(pool, [(each, each.wanted) for each in seeding]):
            download.up = rate


def _pullers(client: Client, mine: list[Download]) -> list[Download]:
    """What pulls bytes now."""
    over = client.quota and client.quota_used >= client.quota
    if client.connection == "disconnected" or client.paused or over:
        return []
    if client.servers and all(client.servers.values()):
        return []
    return [each for each in mine if each.state is State.DOWNLOADING]


def _carry(world: MediaWorld, download: Download, seconds: float) -> None:
    path, left, before = world.moves[download.id]
    left -= MOVE_RATE * seconds
    if left > 0:
        world.moves[download.id] = (path, left, before)
        return
    del world.moves[download.id]
    download.save_path, download.state = path, before


def _finish(world: MediaWorld, download: Download) -> None:
    download.done = float(download.size)
    if download.fate is Fate.PASSWORD:
        _end(world, download, State.FAILED, LOCKED)
        return
    download.finished = world.clock.now()
    download.down = 0.0
    download.state = State.SEEDING if download.protocol == TORRENT else State.COMPLETED
    world.tell("finished", download)


def _disk_full(world: MediaWorld, path: str) -> None:
    """A torrent that finds no space ends; a news client pauses all and says so."""
    disk = world.disk(path)
    for download in list(world.downloads.values()):
        if download.down <= 0 or world.disk(download.save_path) is not disk:
            continue
        client = world.clients[download.client]
        if client.protocol == TORRENT:
            _end(world, download, State.ERRORED, NO_SPACE)
        elif not client.paused:
            client.paused, download.down = True, 0.0
            client.warnings.append(PAUSED_FULL)


def _end(world: MediaWorld, download: Download, state: State, error: str) -> None:
    download.state, download.error, download.down = state, error, 0.0
    download.finished = world.clock.now()
    world.tell(state.value, download)


def _goal(download: Download) -> float:
    """How far a download gets before something happens to it."""
    turn = download.size * download.turns_at
    turning = download.fate not in (Fate.FINE, Fate.SLOW, Fate.PASSWORD)
    return turn if turning and download.done < turn else float(download.size)


def _cap(download: Download) -> float:
    return SLOW_RATE if download.fate is Fate.SLOW else download.cap


def _filled(pool: float, wants: list[tuple[Download, float]]) -> list[tuple[Download, float]]:
    """Share a pool: each gets what it wants, or an even part of what the modest ones leave."""
    given: list[tuple[Download, float]] = []
    for place, (download, want) in enumerate(sorted(wants, key=lambda each: each[1])):
        share = min(want, pool / (len(wants) - place))
        given.append((download, share))
        pool -= share
    return given

"""The media of the simulated house: what is downloaded by whom, where it lands, and what the line gives.

The contract, for faces and for those who build simulated Arrs and Plex on it:
- `grab` puts a release into a client, as an Arr does; its `id` is what the client and the Arr both know it by.
- `tick` moves it all to the world's present, `step(seconds)` by so many seconds: bytes flow under each client's limit
  in force, its pause, its queue, the house's line (`line_down`, `line_up`, less what `streams` take up) and what each
  download's sources give; then each meets its `Fate`. One long step ends where many short ones do.
- `listeners` are told of what an `Event` names, in the step in which it happens. An Arr imports what is finished with
  `imported(id, to, copy=…)`: a copy on the same disk is a hardlink and costs nothing, elsewhere it costs its size; a
  move frees the place of the download. Then it may `remove` it from the client. Nothing is imported by itself.
- `about` and `imported` of a download are the Arr's; `streams` (bytes a second up, by any name) are Plex's.
- `clients` and `downloads` are public: a face and a test may change any field; the next step goes on from there.
Everything is deterministic; nothing here knows HTTP, a protocol or a version.
"""

from collections.abc import Callable
from typing import Any

from simulator.clock import Clock
from simulator.noise import digest

from .download import TORRENT, Client, Disk, Download, Event, Fate, State
from .flow import GONE, RUNS, arrange, flow, until_something


class MediaWorld:
    """See the module. line_down, line_up: bytes a second of the house's line."""

    def __init__(self, clock: Clock, seed: int = 1, *, line_down: float = 60e6, line_up: float = 5e6) -> None:
        self.clock = clock
        self.seed = seed
        self.line_down, self.line_up = line_down, line_up
        self.clients: dict[str, Client] = {}
        self.downloads: dict[str, Download] = {}
        self.disks: list[Disk] = []
        self.streams: dict[str, float] = {}
        self.listeners: list[Callable[[Event], None]] = []
        self._at = clock.motion()
        self._grabbed = 0
        # where a download moves to, the bytes that are still to move, and what it did before
        self.moves: dict[str, tuple[str, float, State]] = {}

    # What Arrs and people do

    def grab(
        self, client: str, name: str, *, size: int, category: str = "", id: str | None = None, **more: Any
    ) -> Download:
        """Put a release into a client; `more` are fields of a Download. KeyError for an unknown client.

        A second one of the same id changes nothing and returns the first, as real clients do.
        """
        it = self.clients[client]
        self._grabbed += 1
        key = id or self._new_id(it, name)
        if key in self.downloads:
            return self.downloads[key]
        path = it.categories.get(category) or it.save_path
        fields: dict[str, Any] = {"save_path": path, "added": self.clock.now(), **more}
        download = Download(
            id=key, client=client, name=name, protocol=it.protocol, category=category, size=size, **fields
        )
        if download.fate is Fate.METADATA:
            download.turns_at = 0.0
        self.downloads[key] = download
        self.tell("grabbed", download)
        arrange(self)
        return download

    def _new_id(self, client: Client, name: str) -> str:
        text = digest(self.seed, "download", client.name, name, self._grabbed)
        if client.protocol == TORRENT:
            return text[:40]
        if client.kind == "nzbget":
            return str(self._grabbed)
        if client.version.startswith("4"):
            return f"SABnzbd_nzo_{text[:8]}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"

    def remove(self, id: str, delete_data: bool) -> bool:
        """Take a download out of its client; False where it has none of that id. What is not deleted stays on disk."""
        download = self.downloads.pop(id, None)
        if download is None:
            return False
        self.moves.pop(id, None)
        if not delete_data and not download.moved and (disk := self.disk(download.save_path)):
            disk.other += download.done
        self.tell("removed", download)
        arrange(self)
        return True

    def pause(self, id: str) -> bool:
        """Let one rest; False where there is none of that id."""
        if (download := self.downloads.get(id)) is None:
            return False
        if download.state is State.SEEDING:
            download.state = State.COMPLETED
        elif download.state in RUNS | {State.QUEUED, State.ERRORED, State.CHECKING}:
            download.state = State.PAUSED
        download.down = download.up = 0.0
        arrange(self)
        return True

    def resume(self, id: str) -> bool:
        """Let one go on; False where there is none of that id. One whose files are gone begins again."""
        if (download := self.downloads.get(id)) is None:
            return False
        if download.state is State.COMPLETED and download.protocol == TORRENT:
            download.state = State.SEEDING
        elif download.state is State.PAUSED:
            download.state = State.QUEUED
        elif download.state is State.ERRORED:
            if download.error == GONE:
                download.fate, download.done = Fate.FINE, 0.0
            download.state, download.error = State.QUEUED, ""
        arrange(self)
        return True

    def recheck(self, id: str) -> bool:
        """Check its files anew, which takes until the next step; False where there is none of that id."""
        download = self.downloads.get(id)
        if download is None or download.protocol != TORRENT:
            return False
        download.state, download.error = State.CHECKING, ""
        return True

    def move(self, id: str, path: str) -> bool:
        """Move its files, at the pace of a disk; on the same disk at once. False where there is none of that id."""
        if (download := self.downloads.get(id)) is None:
            return False
        far = self.disk(path) is not self.disk(download.save_path)
        self.moves[id] = (path, download.done if far else 0.0, download.state)
        download.state = State.MOVING
        return True

    def imported(self, id: str, to: str, *, copy: bool) -> None:
        """An Arr has put a finished download into its library at `to`. KeyError where there is none of that id."""
        download = self.downloads[id]
        here, there = self.disk(download.save_path), self.disk(to)
        if there is not None and (there is not here or not copy):
            there.other += download.size
        download.imported = to
        # its files are elsewhere then: what is left in the client is a row
        download.moved = not copy
        self.tell("imported", download)

    # What is seen

    def of(self, client: str) -> list[Download]:
        """The downloads of a client, the oldest first."""
        return [download for download in self.downloads.values() if download.client == client]

    def disk(self, path: str) -> Disk | None:
        """The file system that a path is on."""
        on = [disk for disk in self.disks if f"{path}/".startswith(f"{disk.path.rstrip('/')}/")]
        return max(on, key=lambda disk: len(disk.path), default=None)

    def free(self, path: str) -> float:
        """Free bytes at a path; a lot where it is on no disk that is known."""
        if (disk := self.disk(path)) is None:
            return float(1 << 40)
        held = sum(each.done for each in self.on(disk))
        return max(disk.size - disk.other - held, 0.0)

    def on(self, disk: Disk) -> list[Download]:
        """The downloads whose bytes are on a disk."""
        here = [each for each in self.downloads.values() if not each.moved]
        return [each for each in here if self.disk(each.save_path) is disk]

    def speed(self, client: str) -> tuple[float, float]:
        """Bytes a second down and up of a client."""
        mine = self.of(client)
        return sum(each.down for each in mine), sum(each.up for each in mine)

    # Time

    def tick(self) -> None:
        """Move it all to the present; a frozen world does not move."""
        now = self.clock.motion()
        before, self._at = self._at, now
        if now > before:
            self.step(now - before)

    def step(self, seconds: float) -> None:
        """Move it all by so many seconds."""
        while seconds > 1e-9:
            arrange(self)
            part = min(seconds, until_something(self))
            flow(self, part)
            seconds -= part
        arrange(self)

    def tell(self, kind: str, download: Download) -> None:
        """Tell the listeners."""
        event = Event(kind, download, self.clock.now())
        for listener in list(self.listeners):
            listener(event)

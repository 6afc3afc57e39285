"""What a simulated Arr knows: what it wants, what indexers have, what it grabbed, and what became of it.

It follows the media world: what a client has finished is imported, or is not, for the reason that its release has.
"""

from dataclasses import dataclass, field
from typing import Any

from simulator.media import Download, Event as Happened, MediaWorld, State

from .things import Entry, Release, Thing, Tracked

# why an import does not go through: in the words of the Arrs
REFUSALS = {
    "not_upgrade": "Not an upgrade for existing movie file. Existing quality: Bluray-1080p. New Quality WEBDL-720p.",
    "sample": "Sample",
    "missing": "One or more episodes expected in this release were not imported or missing from the release",
    "no_files": "No files found are eligible for import in {path}",
    "permission": "Access to the path '{path}' is denied.",
    "space": "Not enough free space",
    "wrong_title": "Movie title mismatch, automatic import is not possible. Manual Import required.",
    "by_hand": (
        "Found matching movie via grab history, but release was matched to movie by ID. Manual Import required."
    ),
    "unexpected": "Episode 7 was unexpected considering the {title} folder name",
    "path": (
        "You are using docker; download client places downloads in {path} but this directory does not appear to exist inside"
        " the container. Review your remote path mappings and container volume settings."
    ),
    "dangerous": "Caution: Found potentially dangerous file with extension: '.exe'",
    "unreadable": "Unable to parse file",
    "archive": "Found archive file, might need to be extracted",
    "unpacking": "File is still being unpacked",
    "waits": "Episode has a TBA title and recently aired",
    "already": "Episode file already imported at 11/29/2026 20:15:01",
}
# reasons of which only a person can make something: the Arr says so in its state
_BLOCKED = frozenset(REFUSALS) - {"space", "permission", "unpacking", "waits", "path"}


@dataclass(slots=True)
class Library:
    """See the module. app: Sonarr, Radarr, Lidarr or Readarr; root: where it imports to; handles: what is completed."""

    app: str
    media: MediaWorld
    root: str
    category: str
    things: dict[int, Thing] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    tracked: dict[int, Tracked] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)
    blocklist: list[Release] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)
    redownload: bool = True
    handles: bool = True
    _next: int = 1000

    def __post_init__(self) -> None:
        self.media.listeners.append(self.happened)

    def leave(self) -> None:
        """Follow the media world no more."""
        self.media.listeners.remove(self.happened)

    def number(self) -> int:
        """A number that was not given before."""
        self._next += 17
        return self._next

    # What it does

    def grab(self, release: Release, *, done: float = 0.0, **more: Any) -> Tracked:
        """Take a release: it appears in the client."""
        download = self.media.grab(
            release.client,
            release.title,
            size=release.size,
            category=self.category,
            fate=release.fate,
            private=release.private,
            tracker="https://tracker.example/announce",
            indexer=release.indexer,
            done=done,
            about=(self.app, release.things),
            **more,
        )
        return self.follow(release, download.id)

    def follow(self, release: Release, download: str) -> Tracked:
        """Follow a download as one that it has grabbed."""
        tracked = self._track(release, download)
        for thing in release.things:
            self.note("grabbed", release, download, thing)
        return tracked

    def grab_done(self, release: Release) -> Tracked:
        """Take a release that is there at once, and import it or say why not, unless it handles nothing."""
        now = self.media.clock.now()
        tracked = self.grab(release, done=float(release.size), state=State.COMPLETED, finished=now)
        if self.handles:
            self.take_in(tracked)
        return tracked

    def handle(self, on: bool) -> None:
        """Handle what is completed, or leave it alone; what was left alone is imported one after another."""
        self.handles = on
        for tracked in list(self.tracked.values()) if on else ():
            if tracked.state == "downloading" and self._is_complete(tracked):
                self.take_in(tracked)

    def _is_complete(self, tracked: Tracked) -> bool:
        download = self.media.downloads.get(tracked.download or "")
        return download is not None and download.state in (State.SEEDING, State.COMPLETED)

    def shows(self, tracked: Tracked) -> bool:
        """Whether it is in the queue: what is completed is not while nothing is done about it."""
        return self.handles or not self._is_complete(tracked)

    def delay(self, release: Release) -> Tracked:
        """Let a release wait for its delay: there is no download yet."""
        return self._track(release, None)

    def _track(self, release: Release, download: str | None) -> Tracked:
        tracked = Tracked(
            row=self.number(),
            release=release,
            download=download,
            added=self.media.clock.now(),
            things=release.things if release.known else (),
        )
        self.tracked[tracked.row] = tracked
        return tracked

    def note(self, kind: str, release: Release, download: str | None, thing: int, message: str = "") -> None:
        """Write a line of the history."""
        self.history.append(
            Entry(
                id=len(self.history) + 1,
                kind=kind,
                at=self.media.clock.now(),
                release=release,
                download=download,
                thing=thing,
                message=message,
            )
        )

    def search(self, things: tuple[int, ...]) -> list[Tracked]:
        """Look for releases of these: the first that is neither blocklisted nor in the queue is taken."""
        found = []
        wanted = set(things)
        for release in self.releases:
            busy = {each.release.title for each in self.tracked.values()}
            if not wanted & set(release.things) or release.title in busy:
                continue
            if any(each.title == release.title for each in self.blocklist):
                continue
            found.append(self.grab(release))
            wanted -= set(release.things)
        return found

    def remove(self, row: int, *, from_client: bool, blocklist: bool, search: bool) -> str | None:
        """Take a download out; returns what is wrong, once it is out. KeyError for an unknown row."""
        tracked = self.tracked[row]
        same = [each for each in self.tracked.values() if each is tracked or _is_same(each, tracked)]
        for each in same:
            del self.tracked[each.row]
        if from_client and tracked.download is not None:
            self.media.remove(tracked.download, True)
        if not blocklist:
            return None
        grabbed = any(e.kind == "grabbed" and e.download == tracked.download for e in self.history)
        if tracked.download is not None and not grabbed:
            return "Sequence contains no elements"
        self._blocklist(tracked, "Manually marked as failed")
        if search and self.redownload:
            self.search(tracked.things)
        return None

    def _blocklist(self, tracked: Tracked, why: str) -> None:
        self.blocklist.append(tracked.release)
        for thing in tracked.things:
            self.note("downloadFailed", tracked.release, tracked.download, thing, why)

    # What happens to it

    def happened(self, event: Happened) -> None:
        """Something happened in a client."""
        tracked = self.of(event.download)
        if tracked is None:
            return
        if event.kind == "finished" and self.handles:
            self.take_in(tracked)
        elif event.kind == "failed":
            tracked.state = "failed"
            self._blocklist(tracked, event.download.error)
            del self.tracked[tracked.row]
            if self.redownload:
                self.search(tracked.things)
        elif event.kind == "removed":
            # what its client does not have any more goes from the queue
            self.tracked.pop(tracked.row, None)

    def of(self, download: Download) -> Tracked | None:
        """What it follows a download as."""
        return next((each for each in self.tracked.values() if each.download == download.id), None)

    def take_in(self, tracked: Tracked) -> None:
        """Import what is finished, or say why not."""
        assert tracked.download is not None
        refused = tracked.release.refused
        if refused or not tracked.things:
            tracked.state = "importBlocked" if refused in _BLOCKED or not tracked.things else "importPending"
            path = self.media.downloads[tracked.download].path
            text = REFUSALS.get(refused, "Unknown Series")
            tracked.message = text.format(path=path, title=tracked.release.title)
            return
        seeds = self.media.downloads[tracked.download].state is State.SEEDING
        # what others still get of it stays where it is
        self.media.imported(tracked.download, f"{self.root}/{tracked.release.title}", copy=seeds)
        for thing in tracked.things:
            self.things[thing].has_file = True
            self.note("downloadFolderImported", tracked.release, tracked.download, thing)
        del self.tracked[tracked.row]

    def retry(self) -> None:
        """Look again at what was not imported."""
        for tracked in list(self.tracked.values()):
            if (
                tracked.state in ("importBlocked", "importPending")
                and tracked.download in self.media.downloads
            ):
                self.take_in(tracked)

    # What is shown

    def state_of(self, tracked: Tracked) -> tuple[str, str, str]:
        """Status, health and error of a download, as the Arr makes them of what its client says."""
        if tracked.download is None:
            return "delay", "ok", ""
        download = self.media.downloads.get(tracked.download)
        if download is None:
            return "downloadClientUnavailable", "ok", ""
        if tracked.state in ("importBlocked", "importPending"):
            return "completed", "warning", ""
        return _STATUS.get(download.state, ("downloading", "ok", ""))


_STATUS = {
    State.QUEUED: ("queued", "ok", ""),
    State.METADATA: ("queued", "ok", "qBittorrent is downloading metadata"),
    State.PAUSED: ("paused", "ok", ""),
    State.CHECKING: ("queued", "ok", ""),
    State.STALLED: ("warning", "warning", "The download is stalled with no connections"),
    State.SEEDING: ("completed", "ok", ""),
    State.COMPLETED: ("completed", "ok", ""),
    State.ERRORED: ("warning", "warning", "qBittorrent is reporting an error"),
    State.FAILED: ("failed", "error", ""),
}


def _is_same(left: Tracked, right: Tracked) -> bool:
    return left.download is not None and left.download == right.download

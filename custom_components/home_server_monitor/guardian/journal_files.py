"""The journal's files: one line is one fact, on the disk before anything follows from it. All of it blocks."""

from collections.abc import Collection, Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import shutil
from typing import Any

NAME = "journal.jsonl"
ROTATED = "journal-*.jsonl"
KEPT_FILES = 10
# seconds of history that a new file begins with, so that budgets and replays need no old file
KEPT_HISTORY = 24 * 3600.0
CHECKPOINT = "checkpoint"
VOID = "void"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. n: its number; at: seconds since 1970.

    In the value `over` says that nothing follows from it any more, `until` when that will be so.
    """

    n: int
    at: float
    kind: str
    id: str
    value: Mapping[str, Any]

    def counts(self, now: float) -> bool:
        """Return whether something may still follow from it."""
        until = self.value.get("until")
        return not self.value.get("over") and not (isinstance(until, int | float) and until < now)

    def line(self) -> bytes:
        """Return it as it is written. Raises ValueError or TypeError on what JSON cannot hold."""
        raw = {"n": self.n, "at": self.at, "k": self.kind, "id": self.id, "v": self.value}
        return json.dumps(raw, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def entry(line: bytes) -> Entry:
    """Return the entry of a line. Raises ValueError, KeyError or TypeError on anything else."""
    raw = json.loads(line)
    found = Entry(raw["n"], float(raw["at"]), raw["k"], raw["id"], raw["v"])
    if not (isinstance(found.n, int) and isinstance(found.kind, str) and isinstance(found.id, str)):
        raise TypeError("not a line of the journal")
    if not isinstance(found.value, dict):
        raise TypeError("not a line of the journal")
    return found


@dataclass(frozen=True, slots=True)
class Replay:
    """What a journal says. entries: the last line of each (kind, id).

    damaged: lines in the middle that could not be read; torn: whether the last one was cut off; fresh: whether there
    was no journal, or none with a line in it; last: the instant of its newest line.
    """

    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    damaged: int = 0
    torn: bool = False
    fresh: bool = False
    last: float | None = None

    def of(self, kind: str) -> Iterator[Entry]:
        """Yield the last line of each id of a kind, oldest first."""
        yield from sorted((each for each in self.entries.values() if each.kind == kind), key=lambda e: e.n)


@dataclass(slots=True)
class _Read:
    entries: list[Entry]
    damaged: int = 0
    torn: bool = False


def _parse(data: bytes) -> _Read:
    """Read lines; what was reported as not written is left out."""
    found = _Read([])
    lines = data.split(b"\n")
    found.torn = bool(lines.pop())
    for line in lines:
        try:
            if line:
                found.entries.append(entry(line))
        except ValueError, KeyError, TypeError, OverflowError, RecursionError:
            found.damaged += 1
    void = {n for each in found.entries if each.kind == VOID for n in each.value.get("lines", ())}
    found.entries = [each for each in found.entries if each.n not in void and each.kind != VOID]
    return found


class Files:
    """The current file and the older ones beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        self.checkpoint = 0

    def load(self) -> tuple[Replay, int]:
        """Read the current file, making it where there is none; returns it and the highest number. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._new.unlink(missing_ok=True)
        fresh = not self.path.exists()
        if fresh:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._sync_folder()
        data = self.path.read_bytes()
        read = _parse(data)
        if read.torn:
            self._cut(data.rfind(b"\n") + 1)
        last = max((each.at for each in read.entries), default=None)
        entries = {(each.kind, each.id): each for each in read.entries if each.kind != CHECKPOINT}
        highest = max((each.n for each in read.entries), default=0)
        # a file that a crash emptied says no more than one that is gone
        return Replay(entries, read.damaged, read.torn, fresh or not read.entries, last), highest

    @property
    def _new(self) -> Path:
        return self.folder / f"{NAME}.new"

    def _cut(self, size: int) -> None:
        with self.path.open("r+b", buffering=0) as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def write(self, data: bytes) -> int:
        """Append lines and wait until the disk has them; returns the size. Raises OSError, leaving nothing behind."""
        with self.path.open("r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":
                    data = b"\n" + data
            try:
                put(file.fileno(), data)
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(size)
                    os.fsync(file.fileno())
                raise
        return size + len(data)

    def rotate(self, now: float, n: int) -> None:
        """Begin a new file with what still counts; the old one stays beside it. Raises OSError, changing nothing."""
        read = _parse(self.path.read_bytes())
        newest = {(each.kind, each.id): each.n for each in read.entries}
        kept = [
            each
            for each in read.entries
            if each.kind != CHECKPOINT
            and (each.at > now - KEPT_HISTORY or (newest[each.kind, each.id] == each.n and each.counts(now)))
        ]
        head = Entry(n, now, CHECKPOINT, "", {"lines": len(kept), "damaged": read.damaged})
        data = b"".join(each.line() for each in (head, *kept))
        try:
            handle = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                put(handle, data)
                os.fsync(handle)
            finally:
                os.close(handle)
            self._keep_old(self.folder / ROTATED.replace("*", f"{n:012}"))
            self._new.replace(self.path)
        except OSError:
            self._new.unlink(missing_ok=True)
            raise
        self._sync_folder()
        self.checkpoint = len(data)
        for old in self._old()[KEPT_FILES:]:
            old.unlink(missing_ok=True)

    def _keep_old(self, path: Path) -> None:
        """A second name for the current file: so there is one under its own name at every instant."""
        try:
            path.hardlink_to(self.path)
        except FileExistsError:
            return
        except OSError:
            # a file system without hard links
            shutil.copyfile(self.path, path)

    def _old(self) -> list[Path]:
        return sorted(self.folder.glob(ROTATED), reverse=True)

    def read(self, limit: int, kinds: Collection[str] | None) -> list[Entry]:
        """Return lines, newest first, back into the older files. Raises OSError."""
        found: dict[int, Entry] = {}
        for path in (self.path, *self._old()):
            with contextlib.suppress(FileNotFoundError):
                for each in _parse(path.read_bytes()).entries:
                    if each.kind != CHECKPOINT and (kinds is None or each.kind in kinds):
                        found.setdefault(each.n, each)
            if len(found) >= limit:
                break
        return [found[n] for n in sorted(found, reverse=True)[:limit]]

    def newest(self, since: float, kinds: Collection[str]) -> list[Entry]:
        """Return the last line of each (kind, id) written since then, oldest first, out of all files. Raises OSError."""
        found: dict[tuple[str, str], Entry] = {}
        for path in (self.path, *self._old()):
            with contextlib.suppress(FileNotFoundError):
                entries = _parse(path.read_bytes()).entries
                for each in entries:
                    known = found.get((each.kind, each.id))
                    if each.kind in kinds and each.at >= since and (known is None or known.n < each.n):
                        found[each.kind, each.id] = each
                # a file begins when the one before it ended
                if any(each.kind == CHECKPOINT and each.at < since for each in entries):
                    break
        return sorted(found.values(), key=lambda each: each.n)


def put(handle: int, data: bytes) -> None:
    """Write all of it. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]

"""The write-ahead log: a fact that is not in it did not happen, and what follows from a fact waits for it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
import contextlib
import logging
from pathlib import Path
import time
from typing import Any

from .journal_files import VOID, Entry, Files, Replay

_LOGGER = logging.getLogger(__name__)

DEADLINE = 5.0
ROTATE_AT = 1024 * 1024
# one line; more would make a replay hold the loop
LONGEST = 256 * 1024
_SECRET = frozenset(
    {
        "api_key", "apikey", "authorization", "client_secret", "cookie", "credentials", "env", "environment",
        "passphrase", "passwd", "password", "private_key", "secret", "token",
    }
)  # fmt: skip

type Run = Callable[[Callable[[], Any]], Awaitable[Any]]
type Hook = Callable[[Mapping[str, Any], bool], None]


class JournalFailed(Exception):
    """A line is not on the disk: nothing may follow from it."""


def secret_in(value: Any) -> str | None:
    """Return the first name in a value that stands for a secret."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if str(name).lower() in _SECRET or str(name).lower().endswith(("_password", "_token", "_secret")):
                return str(name)
            if found := secret_in(inner):
                return found
    elif isinstance(value, list | tuple):
        for inner in value:
            if found := secret_in(inner):
                return found
    return None


class _Write:
    """One write in the executor; does nothing once nobody waits for it."""

    def __init__(self, files: Files, data: bytes, line: Mapping[str, Any], hook: Hook | None) -> None:
        self.abandoned = False
        self._files, self._data, self._line, self._hook = files, data, line, hook

    def __call__(self) -> int:
        if self._hook:
            self._hook(self._line, False)
        if self.abandoned:
            raise OSError("too late")
        size = self._files.write(self._data)
        if self._hook:
            self._hook(self._line, True)
        return size


class Journal:
    """JSON lines in a folder.

    run: runs a blocking function in the executor; on_append: called in it before and after each write, for tests.
    """

    def __init__(
        self,
        folder: Path,
        run: Run,
        instance: str,
        *,
        clock: Callable[[], float] = time.time,
        deadline: float = DEADLINE,
        rotate_at: int = ROTATE_AT,
    ) -> None:
        self.instance = instance
        self.broken = False
        self.on_append: Hook | None = None
        self._files = Files(folder)
        self._run = run
        self._clock = clock
        self._deadline = deadline
        self._rotate_at = rotate_at
        self._lock = asyncio.Lock()
        self._opened = False
        self._damaged = 0
        self._n = 0
        self._void: list[int] = []
        self._stuck: asyncio.Future[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> Replay:
        """Read what is there; a journal that is not there is made. Raises JournalFailed."""
        async with self._lock:
            try:
                replay, self._n = await self._timely(self._files.load)
            except JournalFailed:
                self.broken = True
                raise
            self._damaged = replay.damaged
            self._opened = True
            self.broken = False
        if replay.fresh:
            await self.append("instance", self.instance, {})
        found: Replay = replay
        return found

    async def settle(self) -> None:
        """Begin a new file once what could not be read was dealt with, so that the next start does not doubt again."""
        if self._damaged and self._opened:
            self._damaged = 0
            await self._rotate()

    async def close(self) -> None:
        """Wait for the writes that are under way; nothing is written afterwards."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._opened = False

    async def exists(self) -> bool:
        """Return whether there is one. Raises JournalFailed."""
        return bool(await self._timely(self._files.path.exists))

    async def read(self, limit: int, kinds: Collection[str] | None = None) -> list[Entry]:
        """Return the newest lines, newest first. Raises JournalFailed."""
        found: list[Entry] = await self._timely(lambda: self._files.read(limit, kinds))
        return found

    async def newest(self, since: float, kinds: Collection[str]) -> list[Entry]:
        """Return the last line of each (kind, id) written since then, oldest first. Raises JournalFailed."""
        found: list[Entry] = await self._timely(lambda: self._files.newest(since, kinds))
        return found

    async def append(self, kind: str, id: str, value: Mapping[str, Any]) -> int:
        """Write one line and return its number once the disk has it.

        Raises JournalFailed where it has not, ValueError where the value holds a secret or is no JSON. Goes on by
        itself when the caller is cancelled.
        """
        if name := secret_in(value):
            raise ValueError(f"{name} does not belong into the journal")
        try:
            size = len(Entry(0, 0, kind, id, value).line())
        except TypeError as err:
            raise ValueError("only JSON belongs into the journal") from err
        if size > LONGEST:
            raise ValueError("too long for the journal")
        return await asyncio.shield(self._task(self._append(kind, id, value)))

    async def probe(self) -> None:
        """Try whether it can be written again, where it could not be: for long nothing else may be to be written."""
        if self.broken and self._opened:
            with contextlib.suppress(JournalFailed):
                await self.append("again", self.instance, {"over": True})

    def _task[T](self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _append(self, kind: str, id: str, value: Mapping[str, Any]) -> int:
        async with self._lock:
            if not self._opened:
                raise JournalFailed("not open")
            if self._stuck is not None and not self._stuck.done():
                raise JournalFailed("an earlier write is still under way")
            self._n += 1
            number = self._n
            at = self._clock()
            data = Entry(number, at, kind, id, value).line()
            if self._void:
                # whether these reached the disk is unknown, and all were told that they did not
                data = Entry(number, at, VOID, "", {"lines": self._void}).line() + data
            line = {"n": number, "at": at, "k": kind, "id": id, "v": value}
            try:
                size = await self._timely(_Write(self._files, data, line, self.on_append))
            except JournalFailed:
                self.broken = True
                self._void.append(number)
                raise
            self.broken = False
            self._void = []
        if size > max(self._rotate_at, 2 * self._files.checkpoint):
            self._task(self._rotate())
        return number

    async def _rotate(self) -> None:
        async with self._lock:
            self._n += 1
            now, number = self._clock(), self._n
            try:
                await self._timely(lambda: self._files.rotate(now, number))
            except JournalFailed as err:
                # the old file goes on
                _LOGGER.warning("The journal could not begin a new file: %s", err)

    async def _timely(self, work: Callable[[], Any]) -> Any:
        """Run something in the executor with a deadline. Raises JournalFailed."""
        future = asyncio.ensure_future(self._run(work))
        done, _ = await asyncio.wait({future}, timeout=self._deadline)
        if not done:
            if isinstance(work, _Write):
                work.abandoned = True
            self._stuck = future
            future.add_done_callback(lambda it: it.cancelled() or it.exception())
            raise JournalFailed("no answer from the disk in time")
        if isinstance(error := future.exception(), OSError):
            raise JournalFailed(error.strerror or str(error)) from error
        return future.result()

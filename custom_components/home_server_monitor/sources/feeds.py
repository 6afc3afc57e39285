"""Feeds: what is fetched how often, what happened to it last time, and whether it may still be shown."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
import itertools
import logging
import time
from typing import Any

from .errors import AuthFailed, BadResponse, CannotConnect, ClientError, NotSupported, PermissionDenied

_LOGGER = logging.getLogger(__name__)

FIRST_RETRY = 25.0
# a call that hangs keeps a place on the server, so it is asked ever more rarely
LAST_RETRY = 120.0
# an answer comes a moment after its question: without this, each minute would become each third tick of 30 s
EARLY = 5.0
ASK_DENIED_AGAIN = 24 * 3600.0
FAILURES_UNTIL_STALE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One thing to fetch: `fetch` returns its parsed value; `every` is in seconds; one that is not `polled` is only read.

    base: what people look at first stands on it, so it is asked again as soon where it hangs as where it fails.
    """

    key: str
    fetch: Callable[[], Awaitable[Any]]
    every: float
    polled: bool = True
    base: bool = False


@dataclass(slots=True)
class _State:
    value: Any = None
    fetched: float | None = None
    due: float = 0.0
    # the place in the order of all events of what is held: when it was asked for, and when news of it came last
    asked: int = 0
    news: int = 0
    gap: float = 0.0
    failures: int = 0
    denied: str | None = None
    unsupported: bool = False
    error: str | None = None

    @property
    def pressing(self) -> bool:
        """Whether there is news of what is held; what fails keeps its own rhythm."""
        return self.news > self.asked and not self.failures


class Feeds:
    """The book of all feeds of one system.

    A feed that fails is asked again after 25 s; one that hangs ever more rarely, up to 2 min; one that is denied or
    not supported is dark and asked again after a day or after `reset`.
    denied_again: seconds, where a key lacks no right that it could be given, so that something in front has said no.
    """

    def __init__(
        self,
        feeds: Iterable[Feed],
        clock: Callable[[], float] = time.monotonic,
        *,
        denied_again: float = ASK_DENIED_AGAIN,
    ) -> None:
        self._denied_again = denied_again
        self._feeds = {feed.key: feed for feed in feeds}
        self._states = {key: _State() for key in self._feeds}
        self._clock = clock
        self._running: dict[str, asyncio.Task[ClientError | None]] = {}
        self._order = itertools.count(1)
        # called with the seconds until a feed is due of which news came while it was being read
        self.on_news: Callable[[float], None] = lambda wait: None

    def value(self, key: str) -> Any:
        """Return the newest value, or None before there is one."""
        return self._states[key].value

    def fetched(self, key: str) -> float | None:
        """Return when the newest value came, in seconds of this book's clock."""
        return self._states[key].fetched

    def stale(self, key: str) -> bool:
        """Return whether the value is too old to be shown, or is not there."""
        state, feed = self._states[key], self._feeds[key]
        if state.fetched is None:
            return True
        return state.failures >= FAILURES_UNTIL_STALE or self._clock() - state.fetched > 2 * feed.every + 60

    @property
    def stale_keys(self) -> frozenset[str]:
        """Return the keys of all stale feeds."""
        return frozenset(key for key in self._feeds if self.stale(key))

    @property
    def denied(self) -> dict[str, str]:
        """Return the methods that the credentials may not call, by feed."""
        return {key: state.denied for key, state in self._states.items() if state.denied is not None}

    @property
    def unsupported(self) -> frozenset[str]:
        """Return the feeds that this version of the system does not have."""
        return frozenset(key for key, state in self._states.items() if state.unsupported)

    def report(self) -> dict[str, dict[str, Any]]:
        """Return how each feed stands, for diagnostics."""
        now = self._clock()
        return {
            key: {
                "age": None if state.fetched is None else round(now - state.fetched),
                "failures": state.failures,
                "error": state.error,
                "denied": state.denied,
                "unsupported": state.unsupported,
            }
            for key, state in self._states.items()
        }

    def reset(self) -> None:
        """Make everything due, also what was dark: another version, or other credentials."""
        for state in self._states.values():
            state.due, state.failures, state.denied, state.unsupported = 0.0, 0, None, False

    def retry(self) -> None:
        """Make due what failed or was denied: there is a new connection, and rights may have changed."""
        for state in self._states.values():
            if state.failures or state.denied is not None:
                state.due = 0.0

    def hurry(self, key: str, gap: float = 3.0) -> float | None:
        """Make one feed due because something was pushed; returns in how many seconds, or None where it is dark.

        Not before `gap` seconds after it was fetched last: some servers push the same news every second.
        """
        state = self._states.get(key)
        if state is None or state.denied is not None or state.unsupported:
            return None
        now = self._clock()
        state.news, state.gap = next(self._order), gap
        state.due = min(state.due, now if state.fetched is None else max(now, state.fetched + gap))
        return max(0.0, state.due - now)

    def pressing(self) -> float | None:
        """Return in how many seconds the first feed is due of which there is news, or None where there is none."""
        now = self._clock()
        return min(
            (
                max(0.0, state.due - now)
                for key, state in self._states.items()
                if state.pressing and key not in self._running
            ),
            default=None,
        )

    def due(self) -> list[Feed]:
        """Return the feeds to fetch now: a moment early what has its rhythm, not what is pushed again and again."""
        now = self._clock()
        return [
            feed
            for key, feed in self._feeds.items()
            if feed.polled and (state := self._states[key]).due <= now + (0.0 if state.pressing else EARLY)
        ]

    async def refresh(self, feeds: Iterable[Feed], deadline: float) -> int:
        """Fetch these at once and wait at most `deadline` seconds; returns how many were answered.

        A slow one goes on by itself, within its calls' own deadlines, and is not asked again meanwhile. Being denied
        or unsupported counts as an answer. Raises AuthFailed, and CannotConnect where none was answered; whatever
        else goes wrong is noted in its own feed and costs no other.
        """
        started = {self._start(feed): feed for feed in feeds if feed.key not in self._running}
        if not started:
            return 0
        try:
            await asyncio.wait(started, timeout=deadline)
        except asyncio.CancelledError:
            self.stop()
            raise
        failures = [task.result() for task in started if task.done() and not task.cancelled()]
        for error in failures:
            if isinstance(error, AuthFailed):
                raise error
        answered = sum(not isinstance(error, CannotConnect) for error in failures)
        # what this version of the system does not have was not even asked for
        unasked = sum(type(error) is NotSupported for error in failures)
        if unasked < len(started) and answered == unasked:
            raise next(
                (error for error in failures if isinstance(error, CannotConnect)),
                CannotConnect("No answer in time"),
            )
        return answered

    def goes_on(self, key: str) -> bool:
        """Return whether a feed is being fetched."""
        return key in self._running

    def stop(self) -> None:
        """Give up what is being fetched."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()

    def _start(self, feed: Feed) -> asyncio.Task[ClientError | None]:
        task = asyncio.create_task(self._fetch(feed), name=f"feed {feed.key}")
        self._running[feed.key] = task
        task.add_done_callback(
            lambda done: self._running.pop(feed.key, None) if self._running.get(feed.key) is done else None
        )
        return task

    async def _fetch(self, feed: Feed) -> ClientError | None:
        """Fetch one feed and note what came of it; a fault of ours is logged and costs this feed only."""
        asked = next(self._order)
        try:
            value, error = await feed.fetch(), None
        except ClientError as err:
            value, error = None, err
        except Exception as err:
            _LOGGER.exception("Reading %s failed", feed.key)
            value, error = None, BadResponse(type(err).__name__)
        self._note(feed, value, error, asked)
        return error

    async def read(self, key: str, deadline: float) -> Any:
        """Fetch one feed now and return its value. Raises ClientError."""
        feed, asked = self._feeds[key], next(self._order)
        try:
            async with asyncio.timeout(deadline):
                value = await feed.fetch()
        except TimeoutError as err:
            raise CannotConnect("No answer in time") from err
        self._note(feed, value, None, asked)
        return value

    def _note(self, feed: Feed, value: Any, error: BaseException | None, asked: int) -> None:
        """Note what came of a question; nothing where a later question was answered already."""
        state, now = self._states[feed.key], self._clock()
        if asked < state.asked:
            return
        state.error = str(error) if error else None
        if error is None:
            state.value, state.fetched, state.failures = value, now, 0
            state.denied, state.unsupported, state.due = None, False, now + feed.every
            state.asked = asked
            if state.news > asked:
                # the answer may be older than the news
                state.due = now + state.gap
                self.on_news(state.gap)
            return
        if isinstance(error, (PermissionDenied, NotSupported)):
            state.denied = error.method if isinstance(error, PermissionDenied) else None
            # only what the release is known to lack; a server that denies having it may be only half up
            state.unsupported = type(error) is NotSupported
            again = ASK_DENIED_AGAIN if state.denied is None else self._denied_again
            state.value, state.fetched, state.due = None, None, now + again
            state.asked = asked
            return
        state.failures += 1
        hung = isinstance(error, CannotConnect) and not feed.base
        state.due = now + (
            min(FIRST_RETRY * 2 ** min(state.failures - 1, 4), LAST_RETRY) if hung else FIRST_RETRY
        )

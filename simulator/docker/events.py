"""The stream of events: what was, as far as the engine remembers, and then what comes."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import orjson

from simulator.engine import Engine
from simulator.engine.model import Doc, Event
from simulator.serving.face import DroppedError

from .filters import Filters, fits_event

# who reads slower than this is dropped by the engine
BUFFER = 1024


def event_row(event: Event, *, legacy: bool = True) -> Doc:
    """One event; the first three keys were to go long ago, and did in 1.52."""
    row: Doc = {}
    if legacy and event.kind in ("container", "image"):
        row = {"status": event.action, "id": event.ident}
        if event.origin:
            row["from"] = event.origin
    return row | {
        "Type": event.kind,
        "Action": event.action,
        "Actor": {"ID": event.ident, "Attributes": event.attributes},
        "scope": "local",
        "time": event.at // 1_000_000_000,
        "timeNano": event.at,
    }


class Feeds:
    """Every open stream, so that they can be cut."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._queues: set[asyncio.Queue[Event | None]] = set()

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._queues)

    def cut(self) -> None:
        """Break all of them."""
        for queue in self._queues:
            _end(queue)

    async def stream(
        self, filters: Filters, since: float | None, until: float | None, *, legacy: bool
    ) -> AsyncGenerator[bytes]:
        """The lines of one stream; it ends at `until`, if ever."""
        engine = self._engine()
        queue: asyncio.Queue[Event | None] = asyncio.Queue(BUFFER)

        def hear(event: Event) -> None:
            if not fits_event(event, filters):
                return
            if queue.full():
                _end(queue)
            queue.put_nowait(event)

        past = list(engine.events) if since is not None else []
        engine.listeners.append(hear)
        self._queues.add(queue)
        try:
            for event in past:
                in_time = event.at >= (since or 0.0) * 1e9 and (until is None or event.at <= until * 1e9)
                if in_time and fits_event(event, filters):
                    yield _line(event, legacy=legacy)
            while until is None or engine.now() < until:
                limit = None if until is None else max(0.0, until - engine.now())
                try:
                    event_or_end = await asyncio.wait_for(queue.get(), limit)
                except TimeoutError:
                    return
                if event_or_end is None:
                    raise DroppedError
                yield _line(event_or_end, legacy=legacy)
        finally:
            self._queues.discard(queue)
            if hear in engine.listeners:
                engine.listeners.remove(hear)


def _end(queue: asyncio.Queue[Event | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)


def _line(event: Event, *, legacy: bool) -> bytes:
    return orjson.dumps(event_row(event, legacy=legacy), option=orjson.OPT_APPEND_NEWLINE)

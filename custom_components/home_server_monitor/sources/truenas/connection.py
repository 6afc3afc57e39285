"""One WebSocket to a NAS: answers matched by id, events handed on, nothing else."""

import asyncio
from collections.abc import Callable
import contextlib
import itertools
import logging
import re
import time
from typing import Any

import aiohttp

from ..errors import BadResponse, CannotConnect, NotSent
from .protocol import Answer, Dialect, Event, Reply, SessionLost, Unsubscribed

_LOGGER = logging.getLogger(__name__)

# The server refuses the eleventh call at once and we never put more than eight on one host.
MAX_CALLS = 8
# A hung call keeps its place on the server: past this many the connection is worth more new than old.
MAX_ABANDONED = 4
# seconds of reading in one go: buffered frames come without a pause, and a flood of them must not hold the loop
TURN = 0.005
# characters; parsing 32 MiB holds the interpreter for half a second
MAX_FRAME = 4 * 1024 * 1024
_ID = re.compile(r'"id": ?"(hsm-\d+)"')


class Connection:
    """An open WebSocket that speaks one dialect."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        dialect: Dialect,
        on_event: Callable[[Event], None],
        on_close: Callable[[], None],
    ) -> None:
        self._socket = socket
        self._dialect = dialect
        self._on_event = on_event
        self._on_close = on_close
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._places = asyncio.Semaphore(MAX_CALLS)
        self._abandoned: set[str] = set()
        self.patience = MAX_ABANDONED
        # subscriptions that the server ended by itself
        self.unsubscribed: set[str] = set()
        self._reader = asyncio.create_task(self._read(), name="truenas reader")

    @property
    def closed(self) -> bool:
        """Return whether nothing more can be asked here."""
        return self._reader.done() or self._socket.closed

    async def greet(self, timeout: float) -> None:
        """Open the dialect's conversation, where it has an opening. Raises BadResponse, CannotConnect."""
        if self._dialect.greeting is not None:
            answer = await self._ask("connect", self._dialect.greeting, timeout)
            if answer.failure:
                raise BadResponse(answer.failure.reason)

    async def call(self, method: str, params: list[Any], timeout: float) -> Any:
        """Return the result of one call. Raises the client's errors; never retries."""
        call_id = f"hsm-{next(self._ids)}"
        async with self._places:
            answer = await self._ask(call_id, self._dialect.call(call_id, method, params), timeout)
        if answer.failure:
            error = answer.failure.as_error(method)
            if isinstance(error, SessionLost):
                await self.close()
            raise error
        return answer.result

    async def subscribe(self, name: str, timeout: float) -> None:
        """Ask for the events of a collection. Raises the client's errors."""
        call_id = f"hsm-{next(self._ids)}"
        async with self._places:
            answer = await self._ask(call_id, self._dialect.subscribe(call_id, name), timeout)
        if answer.failure:
            raise answer.failure.as_error(name)

    async def close(self) -> None:
        """Close the socket and end the reader; safe to call twice."""
        self._reader.cancel()
        await asyncio.wait([self._reader])
        self._fail_waiting()

    async def _ask(self, call_id: str, frame: str, timeout: float) -> Answer:
        if self.closed:
            raise NotSent("The connection is closed")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = future
        sent = False
        try:
            async with asyncio.timeout(timeout):
                await self._socket.send_str(frame)
                sent = True
                return await future
        except TimeoutError as err:
            self._abandon(call_id)
            raise CannotConnect("No answer in time") from err
        except (aiohttp.ClientError, ConnectionError) as err:
            raise CannotConnect("The connection was lost") from err
        except asyncio.CancelledError:
            if sent and not future.cancelled():
                self._abandon(call_id)
            raise
        finally:
            self._waiting.pop(call_id, None)

    def _abandon(self, call_id: str) -> None:
        self._abandoned.add(call_id)
        if len(self._abandoned) >= self.patience:
            self._reader.cancel()

    async def _read(self) -> None:
        try:
            busy = 0.0
            async for message in self._socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                began = time.perf_counter()
                self._take(message.data)
                busy += time.perf_counter() - began
                if busy > TURN:
                    await asyncio.sleep(0)
                    busy = 0.0
        finally:
            self._fail_waiting()
            self._on_close()
            # a peer that is gone does not answer the closing handshake: do not wait for it
            with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
                async with asyncio.timeout(1):
                    await self._socket.close()

    def _take(self, text: str) -> None:
        if len(text) > MAX_FRAME:
            self._too_large(text)
            return
        try:
            frame = self._dialect.read(text)
        except BadResponse:
            _LOGGER.debug("Skipped a frame of %s characters that is not of the protocol", len(text))
            return
        match frame:
            case Answer(id=call_id):
                if (future := self._waiting.pop(call_id, None)) and not future.done():
                    future.set_result(frame)
                else:
                    # the late answer of a call that was given up: its place on the server is free again
                    self._abandoned.discard(call_id)
            case Event():
                try:
                    self._on_event(frame)
                except Exception:
                    # whatever an event holds, the answers that come behind it must be read
                    _LOGGER.exception("Taking an event of %s failed", frame.collection[:60])
            case Unsubscribed(collection=collection):
                self.unsubscribed.add(collection)
            case Reply(text=reply):
                task = asyncio.ensure_future(self._socket.send_str(reply))
                task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _too_large(self, text: str) -> None:
        """End the call that a huge answer belongs to; the id is among its first or last members."""
        _LOGGER.debug("Skipped a frame of %s characters", len(text))
        found = _ID.search(text[:300]) or _ID.search(text[-300:])
        future = self._waiting.pop(found[1], None) if found else None
        if future is not None and not future.done():
            future.set_exception(BadResponse("The answer is too large"))

    def _fail_waiting(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(CannotConnect("The connection was lost"))
        self._waiting.clear()

"""One WebSocket: who is logged in, what it subscribed to, how many calls it has under way."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from simulator.accounts import ApiKey

from .errors import TooManyCallsError
from .releases import Release
from .roles import expand

if TYPE_CHECKING:
    from aiohttp import web

AT_ONCE = 10
AT_MOST = 20


@dataclass(slots=True)
class Subscription:
    """What a client asked to be told; `interval` only for event sources that repeat."""

    ident: str
    text: str
    name: str
    interval: float | None = None
    task: asyncio.Task[None] | None = None


class Frames(Protocol):
    """How a session's frames look."""

    def result(self, ident: Any, value: Any) -> str:
        """An answer."""

    def event(self, verb: str, collection: str, ident: Any, fields: Any, extra: Any) -> str:
        """A change."""

    def ended(self, subscription: Subscription, reason: str) -> str | None:
        """A subscription that ended by the server's will; None where the protocol has no word."""


@dataclass(eq=False)
class Session:
    """See the module."""

    ident: str
    ws: web.WebSocketResponse
    frames: Frames
    endpoint: Release
    peer: str
    secure: bool
    created: float
    key: ApiKey | None = None
    login_at: float = 0.0
    legacy_jobs: bool = True
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    under_way: int = 0
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def username(self) -> str | None:
        """Who is logged in."""
        return self.key.username if self.key else None

    @property
    def roles(self) -> frozenset[str]:
        """The roles of whoever is logged in, with all that they imply."""
        return expand(self.key.roles) if self.key else frozenset()

    async def __aenter__(self) -> None:
        """Wait for one of the ten places; raises TooManyCallsError beyond twenty."""
        if self.under_way >= AT_MOST:
            raise TooManyCallsError
        self.under_way += 1
        try:
            await self.gate.acquire()
        except BaseException:
            self.under_way -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        self.gate.release()
        self.under_way -= 1

    def send(self, text: str) -> None:
        """Queue a frame; a socket that has gone is no error."""
        if self.ws.closed:
            return
        task = asyncio.ensure_future(self._send(text))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, text: str) -> None:
        try:
            await self.ws.send_str(text)
        except ConnectionError, RuntimeError:
            return

    def logout(self) -> None:
        """Forget who it was."""
        self.key = None

    async def close(self) -> None:
        """Stop everything that runs for this socket."""
        for subscription in self.subscriptions.values():
            if subscription.task:
                subscription.task.cancel()
        self.subscriptions.clear()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

"""The client of one TrueNAS: one persistent session, connected on demand, that knows which release it talks to."""

import asyncio
from collections.abc import Callable, Iterable
import logging
from typing import Any

import aiohttp
from yarl import URL

from ..certificates import certificate_of
from ..errors import (
    BadResponse,
    CallFailed,
    CannotConnect,
    CertificateRejected,
    ClientError,
    NotSent,
    NotSupported,
    PermissionDenied,
)
from .connection import MAX_ABANDONED, Connection
from .greeting import greet
from .logins import LoginPace
from .methods import Method, Operation, events_of, method_of
from .opening import Opening, Timing
from .protocol import Event
from .releases import V24_04, V25_04, Release, release_of

_LOGGER = logging.getLogger(__name__)

# questions that a session on trial may leave unanswered; ten have a place on the server
PATIENCE = 6


class TrueNasClient:
    """Talks to one TrueNAS of 24.04 or newer.

    `on_event` gets every pushed event, where `events` are wanted; `on_lost` is called when an open session ends by itself.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        api_key: str,
        *,
        username: str | None = None,
        fingerprint: str | None = None,
        timing: Timing | None = None,
        events: bool = True,
    ) -> None:
        self.url = url
        self.release: Release = V24_04
        self.version = ""
        self.logins = 0
        self.calls = 0
        self.subscribed: frozenset[str] = frozenset()
        self.on_event: Callable[[Event], None] = lambda event: None
        self.on_lost: Callable[[], None] = lambda: None
        self._session = session
        self._fingerprint = fingerprint
        self._timing = timing or Timing()
        self._opening = Opening(session, url, api_key, username, fingerprint, self._timing)
        self._wants_events = events
        self._connection: Connection | None = None
        # logged in, and it has answered nothing yet; with the path that says which interface it is
        self._trial: tuple[Connection, str] | None = None
        self._pace = LoginPace()
        self._ended = False
        self._connecting = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Return whether a logged-in session is open."""
        return self._connection is not None and not self._connection.closed

    async def connect(self) -> None:
        """Open a session where none is open: one attempt, at most one login.

        Raises CannotConnect, CertificateRejected, InsecureTransport, AuthFailed, NotSupported, BadResponse.
        """
        async with self._connecting:
            if self.connected:
                return
            if self._ended:
                raise NotSent("The client was ended")
            try:
                async with asyncio.timeout(self._timing.connect):
                    await self._connect()
            except TimeoutError as err:
                raise CannotConnect("No answer in time") from err
            except CertificateRejected as err:
                if err.found:
                    raise
                # not trusted by the system: learn which one it is, to tell the person
                seen = await self._certificate_fingerprint()
                raise CertificateRejected(seen, err.expected) from err
            self.subscribed = frozenset()
            if self._connection:
                await self._subscribe(self._connection, self._wanted())

    @property
    def ended(self) -> bool:
        """Return whether nothing will connect again."""
        return self._ended

    async def end(self) -> None:
        """End the session for good: nothing connects again."""
        self._ended = True
        await self.close()

    async def resubscribe(self) -> None:
        """Subscribe again to what the server ended by itself. Raises ClientError."""
        if (connection := self._connection) is None or not connection.unsubscribed:
            return
        ended = {name.partition(":")[0] for name in connection.unsubscribed}
        connection.unsubscribed.clear()
        # only those: a second subscription would bring every event twice
        await self._subscribe(
            connection, [name for name in self._wanted() if name.partition(":")[0] in ended]
        )

    async def close(self) -> None:
        """End the session; safe at any time."""
        await self._end_trial()
        if connection := self._connection:
            self._connection = None
            await connection.close()

    async def ask(self, operation: Operation, *args: Any) -> Any:
        """Return the answer of a read. Raises the client's errors; NotSupported where this release lacks it."""
        return await self.call(method_of(operation, self.release), *args)

    async def call(self, method: Method, *args: Any) -> Any:
        """Return the result of one call on the open session, or the job id where the method is a job."""
        if not (connection := self._connection) or connection.closed:
            raise NotSent("Not connected")
        self.calls += 1
        try:
            answer = await connection.call(
                method.name, method.params(*args), method.deadline or self._timing.call
            )
        except CannotConnect:
            raise
        except ClientError:
            self._pace.answered()
            raise
        self._pace.answered()
        return answer

    async def answers(self, timeout: float) -> bool:
        """Return whether the server answers a call that costs it nothing, within `timeout` seconds."""
        if (connection := self._connection) is None:
            return False
        try:
            await connection.call("system.version", [], timeout)
        except CannotConnect:
            return False
        except ClientError:
            return True
        return True

    async def _connect(self) -> None:
        if self._trial and not self._trial[0].closed and not self._pace.may_log_in(session=True):
            await self._prove(*self._trial, self._timing.trial)
            return
        await self._end_trial()
        try:
            greeting = await greet(self._session, self.url, self._fingerprint)
        except ClientError, asyncio.CancelledError:
            self._pace.away()
            raise
        if not self._pace.may_log_in(session=False):
            raise CannotConnect("It takes logins and answers nothing; the next one waits")
        connection, path = await self._opening.open(greeting, self._event, self._lost)
        self.logins += 1
        self._pace.spent()
        self._trial = connection, path
        try:
            await self._prove(connection, path, self._timing.call)
        except BaseException as err:
            # a session that is only mute may be asked again
            if self._pace.trusted or not isinstance(err, (CannotConnect, asyncio.CancelledError)):
                await self._end_trial()
            raise

    async def _end_trial(self) -> None:
        if trial := self._trial:
            self._trial = None
            await trial[0].close()

    async def _prove(self, connection: Connection, path: str, timeout: float) -> None:
        """Take a session that was logged in for good, once it has answered. Raises ClientError."""
        connection.patience = PATIENCE
        await self._learn_release(connection, path, timeout)
        if not self._pace.trusted:
            # the version comes from memory even where all else hangs; eight reads at once would use up the session
            try:
                await connection.call("system.info", [], timeout)
            except CannotConnect:
                raise
            except ClientError as err:
                _LOGGER.debug("%s", err)
            # it is not mute: whatever ended the session before concerns one read, and the others go on
            self._pace.answered()
        if self._ended:
            raise NotSent("The client was ended")
        connection.patience = MAX_ABANDONED
        self._connection, self._trial = connection, None

    async def _learn_release(self, connection: Connection, path: str, timeout: float) -> None:
        version = await connection.call("system.version", [], timeout)
        if not isinstance(version, str):
            raise BadResponse("No version")
        release = release_of(version)
        if path == "websocket" and release >= V25_04:
            raise BadResponse("The server hides its current interface")
        if path.startswith("api/v"):
            # an older endpoint of a newer server speaks as that older release did
            release = min(release, release_of(path.removeprefix("api/")))
        self.version, self.release = version[:60], release

    def _wanted(self) -> tuple[str, ...]:
        return events_of(self.release) if self._wants_events else ()

    async def _subscribe(self, connection: Connection, wanted: Iterable[str]) -> None:
        async def one(name: str) -> None:
            try:
                await connection.subscribe(name, self._timing.subscribe)
            except (PermissionDenied, NotSupported, CallFailed) as err:
                _LOGGER.debug("No events of %s: %s", name, err)
            except (CannotConnect, asyncio.CancelledError) as err:
                # slow, or gone: it is tried again with the next cycle
                connection.unsubscribed.add(name)
                if isinstance(err, asyncio.CancelledError):
                    raise
            else:
                self.subscribed |= {name}

        try:
            async with asyncio.timeout(self._timing.subscribe):
                await asyncio.gather(*(one(name) for name in wanted))
        except TimeoutError:
            _LOGGER.debug("Not all events are subscribed to yet")

    async def _certificate_fingerprint(self) -> str:
        try:
            async with asyncio.timeout(self._timing.connect):
                return (await certificate_of(self._session, self.url)).fingerprint
        except (TimeoutError, ClientError) as err:
            raise CannotConnect("The certificate is not trusted and could not be read") from err

    def _event(self, event: Event) -> None:
        self.on_event(event)

    def _lost(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self.on_lost()

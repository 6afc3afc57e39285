"""Speaks to one upsd. Reads need no account and never log in; orders and logins have a connection of their own.

Published clients do not serve here: a cancelled read leaves its reply to the next one, and a command is sent twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..errors import AuthFailed, BadResponse, CannotConnect, NotSent
from .connection import CALL, CONNECT, Connection
from .sessions import Came, Standing, followed, granted
from .values import plain
from .wire import PORT, AccessDenied, Refused, named, not_done, quoted


@dataclass(frozen=True, slots=True)
class Account:
    """Name and password of upsd.users."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Account(…)"


class Login:
    """A held login: the primary waits with its shutdown until it ends, or until HOSTSYNC is over.

    upsd ends it by itself as soon as the connection is lost.
    """

    def __init__(self, connection: Connection, ups: str) -> None:
        self._connection = connection
        self._ups = ups

    async def alive(self) -> bool:
        """Ask whether it still counts; nothing is sent once it is lost."""
        try:
            await self._connection.ask(f"GET NUMLOGINS {self._ups}")
        except Refused:
            # upsd is there, and the login is part of the connection
            return True
        except BadResponse, CannotConnect:
            return False
        return True

    @property
    def held(self) -> bool:
        """Return whether the connection was still there when it was last used."""
        return self._connection.open

    async def end(self) -> None:
        """Log out: the primary need not wait any longer. Never raises."""
        await self._connection.leave()


class NutClient:
    """One upsd. Every method raises CannotConnect, BadResponse and, as a kind of it, `wire.Refused`.

    DataStale, DriverGone and UnknownUps say what is wrong with one UPS while upsd is well. Names are checked before
    anything is sent: ValueError.
    """

    def __init__(
        self,
        host: str,
        port: int = PORT,
        account: Account | None = None,
        *,
        connect: float = CONNECT,
        call: float = CALL,
    ) -> None:
        self.host = host
        self.port = port
        self.account = account
        # questions asked, for the benchmark
        self.calls = 0
        # whether upsd agreed on TLS, where an account was sent
        self.secured: bool | None = None
        self._connect, self._call = connect, call
        self._reading: Connection | None = None
        self._alone = asyncio.Lock()

    def as_(self, account: Account) -> NutClient:
        """Return a client of the same server that has another account."""
        return NutClient(self.host, self.port, account, connect=self._connect, call=self._call)

    async def list_ups(self) -> dict[str, str]:
        """Return the description of every UPS by name; empty where it has none."""
        rows = await self._read(lambda connection: connection.listing("UPS"))
        blank = "Description unavailable"
        return {
            row[0]: (plain(row[1]) or "") if len(row) > 1 and row[1] != blank else ""
            for row in rows
            if row and _is_name(row[0])
        }

    async def variables(self, ups: str) -> dict[str, str]:
        """Return all variables of a UPS."""
        return await self._pairs(f"VAR {named(ups)}")

    async def writable(self, ups: str) -> dict[str, str]:
        """Return the variables that may be set, with their values."""
        return await self._pairs(f"RW {named(ups)}")

    async def commands(self, ups: str) -> frozenset[str]:
        """Return the instant commands that the driver offers for a UPS."""
        query = f"CMD {named(ups)}"
        rows = await self._read(lambda connection: connection.listing(query))
        return frozenset(row[0] for row in rows if row and _is_name(row[0]))

    async def clients(self, ups: str) -> tuple[str, ...]:
        """Return the addresses that are logged in on a UPS."""
        query = f"CLIENT {named(ups)}"
        rows = await self._read(lambda connection: connection.listing(query))
        return tuple(row[0] for row in rows if row)

    async def variable(self, ups: str, name: str) -> str | None:
        """Return one variable; None where the UPS has none of that name."""
        line = f"GET VAR {named(ups)} {named(name)}"
        try:
            words = await self._read(lambda connection: connection.ask(line))
        except Refused as err:
            if err.code == "VAR-NOT-SUPPORTED":
                return None
            raise
        return words[3] if len(words) > 3 else None

    async def logins(self, ups: str) -> int:
        """Return how many have logged in on a UPS: each draws power from it and is waited for."""
        words = await self._read(lambda connection: connection.ask(f"GET NUMLOGINS {named(ups)}"))
        try:
            return int(words[2])
        except (IndexError, ValueError) as err:
            raise BadResponse("upsd counts no logins") from err

    async def version(self) -> str | None:
        """Return the release of upsd; None where it does not say, as some do that are not upsd itself."""
        try:
            words = await self._read(lambda connection: connection.ask("VER"))
        except Refused:
            return None
        return next((word for word in words if word[:1].isdigit()), None)

    async def check(self, ups: str) -> Standing:
        """Really test the account. Raises AuthFailed where it is wrong, or may not even be a secondary.

        `USERNAME` and `PASSWORD` are answered OK whatever they are; PRIMARY has no side effect; a LOGIN is ended at
        once.
        """
        async with self._session() as session:
            if await granted(session, named(ups)):
                return Standing.PRIMARY
            await self._log_in(session, ups)
            return Standing.SECONDARY

    async def login(self, ups: str) -> Login:
        """Log in as one that draws power from this UPS, and stay so. Raises AuthFailed."""
        session = await self._open_session()
        try:
            await self._log_in(session, named(ups))
        except BaseException:
            session.close()
            raise
        return Login(session, ups)

    async def command(self, ups: str, command: str, value: str | None = None) -> Came:
        """Send an instant command, exactly once. Raises PermissionDenied, NotSupported, CallFailed.

        NotSent where it certainly was not sent; any other CannotConnect where it may have been.
        """
        extra = "" if value is None else f" {quoted(value)}"
        return await self._order(f"INSTCMD {named(ups)} {named(command)}{extra}", command)

    async def set_variable(self, ups: str, name: str, value: str) -> Came:
        """Set a variable, once. Raises as `command` does."""
        return await self._order(f"SET VAR {named(ups)} {named(name)} {quoted(value)}", name)

    async def close(self) -> None:
        """End the connection that reads."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    # The connection that reads

    async def _pairs(self, query: str) -> dict[str, str]:
        rows = await self._read(lambda connection: connection.listing(query))
        return {row[0]: row[1] for row in rows if len(row) > 1}

    async def _read[T](self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """Ask over the kept connection; a connection that was lost meanwhile is made anew, once."""
        async with self._alone:
            self.calls += 1
            kept = self._reading
            if kept is not None and kept.open:
                try:
                    return await ask(kept)
                except NotSent:
                    raise
                except CannotConnect as err:
                    if isinstance(err.__cause__, TimeoutError):
                        raise
            self._reading = await self._fresh()
            return await ask(self._reading)

    async def _fresh(self) -> Connection:
        return await Connection.to(self.host, self.port, connect=self._connect, call=self._call)

    # Connections with an account

    async def _open_session(self) -> Connection:
        if self.account is None:
            raise AuthFailed("No account of this UPS server is known")
        connection = await self._fresh()
        try:
            self.secured = await connection.secure()
            await connection.authenticate(self.account.username, self.account.password)
        except ValueError as err:
            connection.close()
            raise AuthFailed("Name or password hold characters that upsd cannot read") from err
        except CannotConnect as err:
            connection.close()
            # nothing but the account was sent
            raise NotSent(str(err)) from err
        except Refused as err:
            connection.close()
            raise AuthFailed(f"upsd takes no account: {err.code}") from err
        except BaseException:
            connection.close()
            raise
        return connection

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Connection]:
        session = await self._open_session()
        try:
            yield session
            await session.leave()
        finally:
            session.close()

    async def _log_in(self, session: Connection, ups: str) -> None:
        try:
            await session.ask(f"LOGIN {ups}")
        except AccessDenied as err:
            raise AuthFailed("upsd refuses this account") from err

    async def _order(self, line: str, what: str) -> Came:
        """Send one order over a connection of its own, and hear what the driver made of it."""
        async with self._session() as session:
            try:
                tracked = (await session.ask("SET TRACKING ON"))[0] == "OK"
            except Refused:
                # older than 2.8
                tracked = False
            except CannotConnect as err:
                raise NotSent(str(err)) from err
            try:
                words = await session.ask(line)
            except Refused as err:
                raise not_done(err, what) from err
            if not tracked or words[1:2] != ["TRACKING"] or not _is_name("".join(words[2:])):
                return Came.QUEUED
            return await followed(session, words[2], what)


def _is_name(value: str) -> bool:
    try:
        named(value)
    except ValueError:
        return False
    return True

"""One TCP connection to upsd: a line out, a line or a list back, each within a deadline; closed on anything else.

A reply that was not read belongs to nobody: whoever is cancelled, or waits too long, takes the connection down with
it, so that no later question gets an earlier question's answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import ssl
from typing import Final, Self

from ..errors import BadResponse, CannotConnect, NotSent
from .wire import Refused, answer, pieces, quoted

CONNECT: Final = 5.0
CALL: Final = 10.0
MAX_LINE: Final = 16 * 1024
MAX_ROWS: Final = 5000
# characters of a list: a big one has 20,000
MAX_LIST: Final = 1024 * 1024


class Connection:
    """An open connection. `secured`: TLS was agreed on, unverified: certificates of upsd are self-made."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: float = CALL
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._call = call
        self._busy = asyncio.Lock()
        self.secured = False
        self.open = True

    @classmethod
    async def to(cls, host: str, port: int, *, connect: float = CONNECT, call: float = CALL) -> Self:
        """Connect. Raises NotSent."""
        try:
            async with asyncio.timeout(connect):
                reader, writer = await asyncio.open_connection(host, port, limit=MAX_LINE)
        except TimeoutError as err:
            raise NotSent("No answer in time") from err
        except (OSError, ValueError) as err:
            raise NotSent(_said(err)) from err
        return cls(reader, writer, call)

    async def ask(self, line: str) -> list[str]:
        """Send one line and return the words of its reply. Raises Refused, CannotConnect and BadResponse."""
        async with self._turn():
            await self._send(line)
            return answer(await self._line())

    async def listing(self, query: str) -> list[list[str]]:
        """Ask `LIST <query>` and return the words of each row after the query's own. Raises as `ask` does."""
        wanted = pieces(query)
        async with self._turn():
            await self._send(f"LIST {query}")
            if answer(await self._line()) != ["BEGIN", "LIST", *wanted]:
                raise BadResponse("upsd answers another question")
            found: list[list[str]] = []
            size = 0
            while (words := await self._row()) != ["END", "LIST", *wanted]:
                size += sum(map(len, words))
                if len(found) == MAX_ROWS or size > MAX_LIST:
                    raise BadResponse("upsd lists without an end")
                if words[: len(wanted)] != wanted:
                    raise BadResponse("upsd answers another question")
                found.append(words[len(wanted) :])
            return found

    async def _row(self) -> list[str]:
        """Return the words of a row; a refusal in the middle of a list is no whole reply, so the rest is not read."""
        try:
            return answer(await self._line())
        except Refused as err:
            raise BadResponse("upsd breaks its list off") from err

    async def secure(self) -> bool:
        """Ask for TLS; returns False where upsd has none. Raises CannotConnect where it fails half way."""
        try:
            await self.ask("STARTTLS")
        except Refused:
            return False
        async with self._turn():
            await self._writer.start_tls(_any_certificate(), server_hostname=None)
        self.secured = True
        return True

    async def authenticate(self, username: str, password: str) -> None:
        """Give name and password; upsd takes any, and refuses later. Raises ValueError, CannotConnect, BadResponse."""
        name, secret = quoted(username), quoted(password)
        await self.ask(f"USERNAME {name}")
        await self.ask(f"PASSWORD {secret}")

    async def leave(self) -> None:
        """Say good-bye and close; never raises but for cancellation."""
        with suppress(Refused, CannotConnect, BadResponse):
            if self.open:
                await self.ask("LOGOUT")
        self.close()

    def close(self) -> None:
        """Close at once."""
        self.open = False
        self._writer.transport.abort()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Have the connection alone; whatever ends this other than with a whole reply closes it."""
        async with self._busy:
            if not self.open:
                raise NotSent("The connection was closed")
            try:
                async with asyncio.timeout(self._call):
                    yield
            except Refused:
                # a whole reply, though not the wanted one
                raise
            except TimeoutError as err:
                self.close()
                raise CannotConnect("No answer in time") from err
            except (OSError, EOFError) as err:
                self.close()
                raise CannotConnect(_said(err)) from err
            except BaseException:
                self.close()
                raise

    async def _send(self, line: str) -> None:
        if "\n" in line or "\r" in line:
            raise BadResponse("A line holds a line break")
        self._writer.write(f"{line}\n".encode())
        await self._writer.drain()

    async def _line(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as err:
            raise EOFError("The connection was lost") from err
        except asyncio.LimitOverrunError as err:
            raise BadResponse("upsd answers a line without an end") from err
        return line.decode(errors="replace")


def _said(err: BaseException) -> str:
    """Return what a failure of the system is called, without addresses."""
    match err:
        case ConnectionRefusedError():
            return "The connection was refused"
        case EOFError() | ConnectionError():
            return "The connection was lost"
        case ssl.SSLError():
            return "TLS could not be agreed on"
    return getattr(err, "strerror", None) or type(err).__name__


def _any_certificate() -> ssl.SSLContext:
    """Return a context that keeps listeners out; who answers is not proven, as in NUT's own clients by default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

"""The lower half of a request: deadlines, errors, bodies with a limit and answers line by line."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
import contextlib
import time

import aiohttp

from ..errors import AuthFailed, BadResponse, CannotConnect, CertificateRejected, ClientError, NotSent
from .replies import TURN

MIB = 1024 * 1024
MAX_LINE = MIB


class TooLong(BadResponse):
    """An answer that is longer than it may be."""


@contextlib.asynccontextmanager
async def within(deadline: float) -> AsyncIterator[None]:
    """Give up after this many seconds. Raises CannotConnect then."""
    try:
        async with asyncio.timeout(deadline):
            yield
    except TimeoutError as err:
        raise CannotConnect("No answer in time") from err


@contextlib.contextmanager
def translated(fingerprint: str | None) -> Iterator[None]:
    """Turn aiohttp's errors into the client's own."""
    try:
        yield
    except ClientError:
        raise
    except aiohttp.ServerFingerprintMismatch as err:
        raise CertificateRejected(err.got.hex(), fingerprint) from err
    except aiohttp.ClientConnectorCertificateError as err:
        raise CertificateRejected("", fingerprint) from err
    except aiohttp.ClientConnectorError as err:
        raise NotSent(f"{type(err).__name__} while connecting") from err
    except aiohttp.ConnectionTimeoutError as err:
        raise NotSent("No connection in time") from err
    except (TimeoutError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as err:
        if "CERTIFICATE_REQUIRED" in str(err) or "BAD_CERTIFICATE" in str(err):
            raise AuthFailed("A client certificate is wanted, or another one") from err
        raise CannotConnect(f"{type(err).__name__}: the connection broke") from err
    except (aiohttp.ClientError, ValueError) as err:
        # its repr shows the headers that were sent, and with them the key
        raise BadResponse(f"{type(err).__name__}: this is no answer") from None


async def read_body(response: aiohttp.ClientResponse, limit: int, *, cut: bool = False) -> bytes:
    """Return a body. Raises BadResponse where it is longer than `limit`, unless what is too much is to be `cut`."""
    if "Content-Encoding" in response.headers and not cut:
        raise BadResponse("Compressed although it was not to be")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            if cut:
                break
            raise TooLong(f"The answer is longer than {limit // MIB} MiB")
    return bytes(body[:limit])


async def read_lines(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    """Yield the lines of an answer that are not empty; a flood of them does not hold the loop."""
    rest = b""
    until = time.monotonic() + TURN
    async for chunk in response.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + TURN
        if len(rest) > MAX_LINE:
            raise BadResponse("A line without an end")
    if rest.strip():
        yield rest

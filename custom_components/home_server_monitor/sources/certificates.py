"""Certificates that servers show: trusting exactly one, and describing an unknown one to a person."""

import asyncio
from collections.abc import AsyncIterator, Iterator
import contextlib
from dataclasses import dataclass
from datetime import datetime
import functools
import hashlib
import ssl
from typing import Final

import aiohttp
from cryptography import x509
from yarl import URL

from .errors import CannotConnect, CertificateRejected

# seconds for two handshakes with a server whose certificate is to be shown
ANSWERED_WITHIN: Final = 15.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person needs to recognise a certificate."""

    fingerprint: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime


@functools.lru_cache
def pin(fingerprint: str | None) -> aiohttp.Fingerprint | bool:
    """Return the `ssl` argument that trusts exactly this certificate, or the system's trust for None.

    The same one for the same certificate: a connection is only used again for what names the very same.
    """
    return aiohttp.Fingerprint(bytes.fromhex(fingerprint)) if fingerprint else True


@contextlib.contextmanager
def translated(fingerprint: str | None) -> Iterator[None]:
    """Turn aiohttp's errors of connecting into the client's own."""
    try:
        yield
    except aiohttp.ServerFingerprintMismatch as err:
        raise CertificateRejected(err.got.hex(), fingerprint) from err
    except aiohttp.ClientConnectorCertificateError as err:
        raise CertificateRejected("", fingerprint) from err
    except TimeoutError as err:
        raise CannotConnect("No answer in time") from err
    except (aiohttp.ClientResponseError, ValueError) as err:
        # these tell the whole request, and with it its key
        raise CannotConnect(f"{type(err).__name__} while connecting") from None
    except (aiohttp.ClientError, OSError) as err:
        raise CannotConnect(f"{type(err).__name__} while connecting") from err
    except RuntimeError as err:
        # its entry was unloaded while somebody else, such as a play, had it in hand
        if "closed" not in str(err):
            raise
        raise CannotConnect("It is being unloaded") from err


@contextlib.asynccontextmanager
async def learning(session: aiohttp.ClientSession, url: URL) -> AsyncIterator[None]:
    """Where no authority vouches for the certificate any more, learn which one it is, to tell the person."""
    try:
        yield
    except CertificateRejected as err:
        if err.found:
            raise
        seen = await certificate_of(session, url)
        raise CertificateRejected(seen.fingerprint, err.expected) from err


async def certificate_of(session: aiohttp.ClientSession, url: URL) -> Certificate:
    """Return the certificate that the server shows, trusted or not; nothing is sent after the handshake.

    Raises CannotConnect, also where the handshake takes longer than ANSWERED_WITHIN.
    """
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            return await _shown(session, url)
    except TimeoutError as err:
        raise CannotConnect("No answer in time") from err


async def _shown(session: aiohttp.ClientSession, url: URL) -> Certificate:
    try:
        # the session resolves names as Home Assistant does; a fingerprint that cannot match ends it at the handshake
        async with session.get(url, ssl=aiohttp.Fingerprint(bytes(32)), allow_redirects=False):
            raise CannotConnect("The server shows no certificate")
    except aiohttp.ServerFingerprintMismatch as err:
        seen = err
    except (aiohttp.ClientError, OSError) as err:
        raise CannotConnect(f"{type(err).__name__} while connecting") from err
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(seen.host, seen.port, ssl=context, server_hostname=url.host)
    except (OSError, ssl.SSLError) as err:
        raise CannotConnect(f"{type(err).__name__} while connecting") from err
    try:
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if hashlib.sha256(der).digest() != seen.got:
        raise CannotConnect("The server shows a different certificate each time")
    return _described(der)


def _described(der: bytes) -> Certificate:
    try:
        found = x509.load_der_x509_certificate(der)
        try:
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            alternatives = tuple(str(name.value) for name in names)
        except x509.ExtensionNotFound:
            alternatives = ()
        return Certificate(
            fingerprint=hashlib.sha256(der).hexdigest(),
            subject=found.subject.rfc4514_string(),
            issuer=found.issuer.rfc4514_string(),
            names=alternatives,
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
        )
    except ValueError as err:
        raise CannotConnect("The server shows a certificate that cannot be read") from err

"""What a server tells before anybody logs in: which endpoints it has, its certificate, signs of a proxy."""

import asyncio
from collections.abc import Iterator
import contextlib
from dataclasses import dataclass
from datetime import datetime
import hashlib
import ssl

import aiohttp
from cryptography import x509
from yarl import URL

from ..errors import BadResponse, CannotConnect, CertificateRejected, InsecureTransport
from .wire import decode

PROXY_HEADERS = ("Via", "CF-Ray", "X-Served-By", "X-Proxy-Cache", "X-Varnish", "X-Amz-Cf-Id")
MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Greeting:
    """`endpoints` of the JSON-RPC interface (None where there is none: 24.x, or no TrueNAS); signs of a proxy."""

    endpoints: tuple[str, ...] | None
    proxy: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person needs to recognise a certificate."""

    fingerprint: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime


def normalise(url: str) -> URL:
    """Return scheme, host and port of what a person typed; https where no scheme is given.

    Raises ValueError where there is no usable host.
    """
    text = url.strip()
    if "://" not in text:
        text = f"https://{text}"
    parsed = URL(text)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("Not an http or https address")
    return URL.build(scheme=parsed.scheme, host=parsed.host, port=parsed.explicit_port)


def pin(fingerprint: str | None) -> aiohttp.Fingerprint | bool:
    """Return the `ssl` argument that trusts exactly this certificate, or the system's trust for None."""
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
    except (aiohttp.ClientError, OSError, ValueError) as err:
        raise CannotConnect(f"{type(err).__name__} while connecting") from err


async def greet(session: aiohttp.ClientSession, url: URL, fingerprint: str | None) -> Greeting:
    """Ask which endpoints there are; sends nothing secret, follows no redirect.

    Raises CannotConnect, CertificateRejected, and InsecureTransport where http is redirected to https.
    """
    wanted = {"Accept": "application/json", "Accept-Encoding": "identity"}
    with translated(fingerprint):
        async with session.get(
            url / "api/versions", ssl=pin(fingerprint), allow_redirects=False, headers=wanted
        ) as response:
            headers, status = response.headers, response.status
            if "Content-Encoding" in headers:
                raise BadResponse("Compressed although it was not to be")
            body = b""
            async for chunk in response.content.iter_chunked(8192):
                body += chunk
                if len(body) > MAX_BODY:
                    raise BadResponse("Too long for a list of versions")
    if status >= 500 or status == 429:
        # a newer server that is only starting must not be taken for an older one that takes keys over http
        raise CannotConnect(f"The server is not ready (HTTP {status})")
    if 300 <= status < 400 and url.scheme == "http":
        raise InsecureTransport("The server wants another address, which is https")
    if status not in (200, 404):
        raise BadResponse(f"No TrueNAS at this address (HTTP {status})")
    signs = [f"{name}: {headers[name][:60]}" for name in PROXY_HEADERS if name in headers]
    if (server := headers.get("Server", "nginx")) and not server.lower().startswith("nginx"):
        signs.append(f"Server: {server[:60]}")
    endpoints: tuple[str, ...] | None = None
    if status == 200:
        with contextlib.suppress(Exception):
            found = decode(body.decode("utf-8-sig"))
            if isinstance(found, list) and all(isinstance(item, str) for item in found):
                endpoints = tuple(found)
        if endpoints is None and not body.lstrip().startswith(b"<"):
            # 24.x shows its web page here; anything else must not be taken for it
            raise BadResponse("Not a TrueNAS, or something stands in front of it")
    return Greeting(endpoints, tuple(signs))


async def certificate_of(session: aiohttp.ClientSession, url: URL) -> Certificate:
    """Return the certificate that the server shows, trusted or not; nothing is sent after the handshake.

    Raises CannotConnect.
    """
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

"""What a server tells before anybody logs in: which endpoints it has, signs of a proxy."""

import contextlib
from dataclasses import dataclass

import aiohttp
from yarl import URL

from ..certificates import pin, translated
from ..errors import BadResponse, CannotConnect, InsecureTransport
from .wire import decode

PROXY_HEADERS = ("Via", "CF-Ray", "X-Served-By", "X-Proxy-Cache", "X-Varnish", "X-Amz-Cf-Id")
MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Greeting:
    """`endpoints` of the JSON-RPC interface (None where there is none: 24.x, or no TrueNAS); signs of a proxy."""

    endpoints: tuple[str, ...] | None
    proxy: tuple[str, ...]


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

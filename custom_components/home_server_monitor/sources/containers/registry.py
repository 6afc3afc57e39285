"""Which image a registry has under a tag: asked by HEAD, which no registry counts as a pull, and without credentials."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
import hashlib
import re
import time
from typing import Any

import aiohttp
from yarl import URL

from ..errors import BadResponse, CannotConnect
from ..records import at, number, text
from .model import Unknown
from .reference import HUB_API, Reference, may_be_plain
from .replies import decode
from .wire import MIB, read_body, translated, within

ACCEPT = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
# some registries are only a name for another one, whose own name may be one more
MOST_HOPS = 4
# bytes of a manifest or of an image's configuration
MOST_READ = 2 * MIB
AT_ONCE = 2
FIRST_PAUSE, LAST_PAUSE = 15 * 60.0, 6 * 3600.0
# what a registry may ask us to wait; more is an error of its clock or ours
LONGEST_WISH = 24 * 3600.0
# a token is used only while it is good for another request
SPARE = 10.0


class NotKnown(Exception):
    """It cannot be known what the registry has; `reason` says why."""

    def __init__(self, reason: Unknown) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds to connect, and for a whole answer."""

    connect: float = 5.0
    call: float = 15.0


@dataclass(slots=True)
class _Host:
    """What is known of one registry: how it is reached, and how long it wants to be left alone."""

    places: asyncio.Semaphore
    scheme: str | None = None
    until: float = 0.0
    pause: float = 0.0


class RegistryClient:
    """Asks registries, each of them seldom and with few questions at once.

    `insecure` are the registries that the engine reaches over plain http; loopback is one of them.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        insecure: tuple[str, ...] = (),
        *,
        deadlines: Deadlines | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.insecure = insecure
        self._session = session
        self._deadlines = deadlines or Deadlines()
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._tokens: dict[tuple[str, str], tuple[str, float]] = {}

    async def digest(self, reference: Reference) -> str:
        """Return the digest under a tag. Raises NotKnown."""
        host = self._hosts.setdefault(reference.api, _Host(asyncio.Semaphore(AT_ONCE)))
        async with host.places:
            if self._clock() < host.until:
                raise NotKnown(Unknown.LIMITED)
            try:
                found = await self._digest(reference, host)
            except (CannotConnect, BadResponse, ValueError) as err:
                # ValueError: a port that is none is good enough for a tag of one's own
                raise NotKnown(Unknown.UNREACHABLE) from err
            host.pause = 0.0
            return found

    async def read(self, reference: Reference, place: str) -> Any:
        """Return a document of a repository, `manifests/<digest>` or `blobs/<digest>`. Raises NotKnown.

        Only once its digest was asked for: by then it is known how the registry is reached. A manifest that is read
        counts as a pull at some registries.
        """
        host = self._hosts.setdefault(reference.api, _Host(asyncio.Semaphore(AT_ONCE)))
        url = URL.build(
            scheme=host.scheme or "https",
            authority=reference.api,
            path=f"/v2/{reference.repository}/{place}",
        )
        async with host.places:
            if self._clock() < host.until:
                raise NotKnown(Unknown.LIMITED)
            try:
                return await decode((await self._ask(url, reference, host, MOST_READ))[1])
            except (CannotConnect, BadResponse, ValueError) as err:
                raise NotKnown(Unknown.UNREACHABLE) from err

    async def _digest(self, reference: Reference, host: _Host) -> str:
        """Ask by https, and by http where that is allowed and nothing else answers."""
        schemes = ["https"]
        if may_be_plain(reference.host, self.insecure):
            schemes = [host.scheme] if host.scheme else ["https", "http"]
        for scheme in schemes:
            url = URL.build(
                scheme=scheme,
                authority=reference.api,
                path=f"/v2/{reference.repository}/manifests/{reference.tag}",
            )
            try:
                found, _ = await self._ask(url, reference, host)
            except CannotConnect:
                if scheme == schemes[-1]:
                    raise
                continue
            host.scheme = scheme
            return found
        raise AssertionError

    async def _ask(self, url: URL, reference: Reference, host: _Host, limit: int = 0) -> tuple[str, bytes]:
        """Follow a registry to where it sends us, taking a token where one is wanted; the token goes only there.

        Returns the digest, or with a `limit` in bytes the document.
        """
        token: str | None = None
        for _ in range(MOST_HOPS):
            body = b""
            if limit:
                status, headers, body = await self._get(url, limit, token)
            else:
                status, headers = await self._head(url, token)
            if status == 200 and limit:
                return "", body
            if status == 200:
                return headers.get("Docker-Content-Digest") or await self._computed(url, token), b""
            if status in (301, 302, 303, 307, 308):
                url, token = self._elsewhere(url, headers), None
            elif status == 401 and token is None:
                token = await self._token(url, headers.get("WWW-Authenticate", ""), reference, host)
            else:
                # a token that was kept may have been taken back
                self._tokens = {key: kept for key, kept in self._tokens.items() if kept[0] != token}
                raise self._refusal(status, headers, host)
        raise BadResponse("Sent on and on")

    def _elsewhere(self, url: URL, headers: Any) -> URL:
        """Return where a registry sends us; from https never to plain http."""
        found = url.join(_url(headers.get("Location", "")))
        if found.scheme != "https" and not (found.scheme == "http" and url.scheme == "http"):
            raise BadResponse("Sent to a place that is not safe")
        return found

    def _refusal(self, status: int, headers: Any, host: _Host) -> NotKnown | CannotConnect:
        if status == 429:
            host.pause = min(max(FIRST_PAUSE, 2 * host.pause), LAST_PAUSE)
            wish = number(headers.get("Retry-After")) or 0.0
            host.until = self._clock() + max(host.pause, min(wish, LONGEST_WISH))
            return NotKnown(Unknown.LIMITED)
        if status in (401, 403):
            return NotKnown(Unknown.DENIED)
        if status == 404:
            return NotKnown(Unknown.MISSING)
        return CannotConnect(f"HTTP {status}")

    async def _computed(self, url: URL, token: str | None) -> str:
        """Return the digest of a manifest, where a registry does not tell it."""
        if url.host == HUB_API:
            raise BadResponse("No digest")
        _, _, body = await self._get(url, 4 * MIB, token)
        return f"sha256:{hashlib.sha256(body).hexdigest()}"

    async def _token(self, url: URL, challenge: str, reference: Reference, host: _Host) -> str:
        """Return an anonymous token, kept for as long as it is good. Raises NotKnown where there is none."""
        kind, _, rest = challenge.partition(" ")
        wanted = dict(_CHALLENGE.findall(rest))
        realm = _url(wanted.get("realm", ""))
        if kind.lower() != "bearer" or not realm.host or realm.scheme not in ("https", url.scheme):
            # it wants a name and a password
            raise NotKnown(Unknown.DENIED)
        scope = wanted.get("scope") or f"repository:{reference.repository}:pull"
        key = str(realm), f"{wanted.get('service', '')} {scope}"
        token, until = self._tokens.get(key, ("", 0.0))
        if self._clock() < until:
            return token
        asked = realm.update_query(
            {"scope": scope} | ({"service": wanted["service"]} if "service" in wanted else {})
        )
        status, headers, body = await self._get(asked, 256 * 1024)
        if status != 200:
            raise self._refusal(status, headers, host)
        found = await decode(body)
        token = text(at(found, "token"), 20_000) or text(at(found, "access_token"), 20_000) or ""
        if not token:
            raise NotKnown(Unknown.DENIED)
        lasting = number(at(found, "expires_in")) or 60.0
        self._tokens = {old: kept for old, kept in self._tokens.items() if kept[1] > self._clock()}
        self._tokens[key] = token, self._clock() + lasting - SPARE
        return token

    async def _head(self, url: URL, token: str | None) -> tuple[int, Any]:
        async with within(self._deadlines.call), self._request("HEAD", url, token) as response:
            if response.status == 200 and "Docker-Content-Digest" in response.headers:
                self._check(response.headers["Docker-Content-Digest"])
            return response.status, response.headers

    @staticmethod
    def _check(digest: str) -> None:
        if not _DIGEST.fullmatch(digest):
            raise BadResponse("A digest that is none")

    async def _get(self, url: URL, limit: int, token: str | None = None) -> tuple[int, Any, bytes]:
        async with within(self._deadlines.call), self._request("GET", url, token) as response:
            return response.status, response.headers, await read_body(response, limit)

    @contextlib.asynccontextmanager
    async def _request(self, verb: str, url: URL, token: str | None) -> Any:
        headers = {"Accept": ACCEPT, "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with translated(None):
            async with self._session.request(
                verb,
                url,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._deadlines.connect),
            ) as response:
                yield response


def _url(words: str) -> URL:
    """Return an address that a server wrote. Raises BadResponse where it is none."""
    try:
        return URL(words)
    except ValueError as err:
        raise BadResponse("An address that is none") from err

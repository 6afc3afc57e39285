"""Digests from a real registry, and from registries that want tokens, send elsewhere or have had enough."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
import hashlib
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.model import Image, Unknown, Update
from custom_components.home_server_monitor.sources.containers.parse_engine import image
from custom_components.home_server_monitor.sources.containers.reference import (
    Reference,
    is_loopback,
    may_be_plain,
    parsed,
)
from custom_components.home_server_monitor.sources.containers.registry import (
    ACCEPT,
    FIRST_PAUSE,
    LAST_PAUSE,
    Deadlines,
    NotKnown,
    RegistryClient,
)
from custom_components.home_server_monitor.sources.containers.updates import update_of
from tests.engine import Engine

from .front import serving

DIGEST = f"sha256:{'d' * 64}"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("nginx", Reference("docker.io", "library/nginx", "latest")),
        ("linuxserver/sonarr:4.0", Reference("docker.io", "linuxserver/sonarr", "4.0")),
        ("docker.io/nginx:1", Reference("docker.io", "library/nginx", "1")),
        (
            "ghcr.io/home-assistant/home-assistant:stable",
            Reference("ghcr.io", "home-assistant/home-assistant", "stable"),
        ),
        ("nas:5000/a/b/c", Reference("nas:5000", "a/b/c", "latest")),
        ("localhost/app:x", Reference("localhost", "app", "x")),
        ("[fd00::2]:5000/app", Reference("[fd00::2]:5000", "app", "latest")),
        (f"nginx:1@{DIGEST}", Reference("docker.io", "library/nginx", "1", DIGEST)),
        (DIGEST, None),
        ("", None),
        ("UPPER", None),
        ("app:", Reference("docker.io", "library/app", "latest")),
        ("app@sha256:short", None),
        ("../x", None),
        ("evil.org/../../x", None),
        ("nas:5000/a b", None),
    ],
)
def test_references(typed: str, wanted: Reference | None) -> None:
    assert parsed(typed) == wanted


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("127.0.0.1:5000", True),
        ("localhost:5000", True),
        ("[::1]:5000", True),
        ("nas:5000", True),
        ("10.1.2.3:5000", True),
        ("ghcr.io", False),
        ("10.2.2.3", False),
        ("127.0.0.1.example.org", False),
        ("nas.example.org", False),
    ],
)
def test_plain_http_only_where_the_engine_allows_it(host: str, plain: bool) -> None:
    assert may_be_plain(host, ("10.1.0.0/16", "nas:5000", "::1/128")) is plain


def test_loopback() -> None:
    assert is_loopback("127.0.0.1:5000")
    assert not is_loopback("ghcr.io")


@dataclass
class Registry:
    """A registry that answers as it is told, and notes what it was asked."""

    host: str = ""
    token: str | None = None
    realm: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Docker-Content-Digest": DIGEST})
    asked: list[tuple[str, str]] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    tokens: int = 0
    lasting: float = 300

    async def manifest(self, request: web.Request) -> web.Response:
        """Answer for a tag."""
        self.asked.append((request.method, request.path))
        self.seen.append(dict(request.headers))
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            realm = self.realm or f"http://{self.host}/token"
            challenge = f'Bearer realm="{realm}",service="here",scope="repository:app:pull"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        return web.Response(status=self.status, headers=self.headers, body=b"{}")

    async def give(self, request: web.Request) -> web.Response:
        """Give a token to anybody."""
        self.tokens += 1
        assert dict(request.query) == {"service": "here", "scope": "repository:app:pull"}
        assert "Authorization" not in request.headers
        return web.json_response({"token": self.token, "expires_in": self.lasting})


@pytest.fixture
async def registry(socket_enabled: None) -> AsyncIterator[Registry]:
    """A registry on loopback."""
    found = Registry()
    application = web.Application()
    application.router.add_route("*", "/v2/{name:.*}/manifests/{tag}", found.manifest)
    application.router.add_get("/token", found.give)
    async with serving(application) as url:
        found.host = url.removeprefix("http://")
        yield found


@dataclass
class Clock:
    """A clock that goes when it is told."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as found:
        yield found


async def reason(client: RegistryClient, reference: Reference) -> Unknown:
    """Return why a digest is not known."""
    with pytest.raises(NotKnown) as found:
        await client.digest(reference)
    return found.value.reason


async def test_a_real_registry(engine: Engine, session: aiohttp.ClientSession) -> None:
    reference = engine.image()
    digest = engine.push(reference)
    known = parsed(reference)
    assert known
    client = RegistryClient(session)
    assert await client.digest(known) == digest
    missing = parsed(f"{reference}-none")
    assert missing
    assert await reason(client, missing) is Unknown.MISSING


async def test_it_asks_by_head_for_all_four_kinds(registry: Registry, session: aiohttp.ClientSession) -> None:
    client = RegistryClient(session)
    assert await client.digest(Reference(registry.host, "app", "1")) == DIGEST
    assert registry.asked == [("HEAD", "/v2/app/manifests/1")]
    assert registry.seen[0]["Accept"] == ACCEPT
    assert len(ACCEPT.split(",")) == 4


async def test_an_anonymous_token(registry: Registry, session: aiohttp.ClientSession) -> None:
    registry.token = "t0ken"
    clock = Clock()
    client = RegistryClient(session, clock=clock)
    reference = Reference(registry.host, "app", "1")
    assert await client.digest(reference) == DIGEST
    assert await client.digest(reference) == DIGEST
    assert registry.tokens == 1
    clock.now += 1000
    assert await client.digest(reference) == DIGEST
    assert registry.tokens == 2
    assert {verb for verb, _ in registry.asked} == {"HEAD"}


async def test_a_token_that_was_taken_back(registry: Registry, session: aiohttp.ClientSession) -> None:
    registry.token = "first"
    client = RegistryClient(session)
    reference = Reference(registry.host, "app", "1")
    await client.digest(reference)
    registry.token = "second"
    assert await reason(client, reference) is Unknown.DENIED
    assert await client.digest(reference) == DIGEST


async def test_one_that_wants_a_password(registry: Registry, session: aiohttp.ClientSession) -> None:
    registry.status = 401
    registry.headers = {"WWW-Authenticate": 'Basic realm="home"'}
    assert await reason(RegistryClient(session), Reference(registry.host, "app", "1")) is Unknown.DENIED


@pytest.mark.parametrize("realm", ["ftp://x/token", "nonsense", "http://[", "//x"])
async def test_a_place_for_tokens_that_is_none(
    registry: Registry, session: aiohttp.ClientSession, realm: str
) -> None:
    registry.token, registry.realm = "t0ken", realm
    found = await reason(RegistryClient(session), Reference(registry.host, "app", "1"))
    assert found in (Unknown.DENIED, Unknown.UNREACHABLE)
    assert registry.tokens == 0


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (403, Unknown.DENIED),
        (404, Unknown.MISSING),
        (429, Unknown.LIMITED),
        (500, Unknown.UNREACHABLE),
        (503, Unknown.UNREACHABLE),
    ],
)
async def test_refusals(
    registry: Registry, session: aiohttp.ClientSession, status: int, wanted: Unknown
) -> None:
    registry.status = status
    assert await reason(RegistryClient(session), Reference(registry.host, "app", "1")) is wanted


async def test_one_that_has_had_enough_is_left_alone(
    registry: Registry, session: aiohttp.ClientSession
) -> None:
    clock = Clock()
    client = RegistryClient(session, clock=clock)
    reference, other = Reference(registry.host, "app", "1"), Reference(registry.host, "other", "1")
    registry.status = 429
    assert await reason(client, reference) is Unknown.LIMITED
    assert await reason(client, other) is Unknown.LIMITED
    assert len(registry.asked) == 1
    pauses = []
    for _ in range(8):
        before = clock.now
        while len(registry.asked) == len(pauses) + 1:
            clock.now += 60
            await reason(client, reference)
        pauses.append(clock.now - before)
    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LAST_PAUSE
    registry.status, registry.headers = 429, {"Retry-After": "86400"}
    clock.now += LAST_PAUSE
    await reason(client, reference)
    asked = len(registry.asked)
    clock.now += 86_000
    await reason(client, reference)
    assert len(registry.asked) == asked
    registry.status, registry.headers = 200, {"Docker-Content-Digest": DIGEST}
    clock.now += 401
    assert await client.digest(reference) == DIGEST


async def test_a_name_for_another_registry(registry: Registry, session: aiohttp.ClientSession) -> None:
    elsewhere = Registry(token="theirs")
    application = web.Application()
    application.router.add_route("*", "/v2/{name:.*}/manifests/{tag}", elsewhere.manifest)
    application.router.add_get("/token", elsewhere.give)
    async with serving(application) as url:
        elsewhere.host = url.removeprefix("http://")
        registry.token = "ours"
        registry.status = 307
        registry.headers = {"Location": f"{url}/v2/app/manifests/1"}
        assert await RegistryClient(session).digest(Reference(registry.host, "app", "1")) == DIGEST
    assert all(seen.get("Authorization") != "Bearer ours" for seen in elsewhere.seen)


@pytest.mark.parametrize("location", ["/v2/app/manifests/1", "ftp://x/", "http://[", ""])
async def test_one_that_sends_nowhere(
    registry: Registry, session: aiohttp.ClientSession, location: str
) -> None:
    registry.status, registry.headers = 302, {"Location": location}
    assert await reason(RegistryClient(session), Reference(registry.host, "app", "1")) is Unknown.UNREACHABLE
    assert len(registry.asked) <= 4


async def test_a_digest_that_is_computed(registry: Registry, session: aiohttp.ClientSession) -> None:
    registry.headers = {}
    found = await RegistryClient(session).digest(Reference(registry.host, "app", "1"))
    assert found == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
    registry.headers = {"Docker-Content-Digest": "nonsense"}
    assert await reason(RegistryClient(session), Reference(registry.host, "app", "1")) is Unknown.UNREACHABLE


async def test_plain_http_is_never_tried_elsewhere(
    registry: Registry, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = session._request

    async def noting(method: str, url: Any, **more: Any) -> Any:
        asked.append(str(url))
        return await plain(method, url, **more)

    monkeypatch.setattr(session, "_request", noting)
    host = registry.host.replace("127.0.0.1", "registry.invalid")
    client = RegistryClient(session, deadlines=Deadlines(connect=1.0, call=2.0))
    assert await reason(client, Reference(host, "app", "1")) is Unknown.UNREACHABLE
    assert [url.partition(":")[0] for url in asked] == ["https"]
    await client.digest(Reference(registry.host, "app", "1"))
    assert [url.partition(":")[0] for url in asked[1:]] == ["https", "http"]
    await client.digest(Reference(registry.host, "app", "1"))
    assert asked[-1].startswith("http:")
    assert len(asked) == 4


async def test_whether_there_is_a_newer_image(
    engine: Engine, client: EngineClient, session: aiohttp.ClientSession
) -> None:
    reference = engine.image("app", "1", "LABEL one=1")
    digest = engine.push(reference)
    mine = image(await client.image(reference))[1]
    registry = RegistryClient(session)

    async def asked(typed: str, running: Image | None = mine) -> Update:
        return await update_of(typed, running, registry, client, NOW)

    found = await asked(reference)
    assert (found.available, found.installed_digest, found.checked) == (False, digest, NOW)

    engine.image("app", "1", "LABEL two=2")
    newer = engine.push(reference)
    assert newer != digest
    # the tag moved on, the container still runs the old image
    found = await asked(reference)
    assert (found.available, found.installed_digest, found.latest_digest) == (True, digest, newer)

    assert (await asked(mine.id)).reason is Unknown.PINNED
    assert (await asked(f"{reference}@{digest}")).reason is Unknown.PINNED
    local = image(await client.image(engine.image("local")))[1]
    # the containerd store gives also what never left this machine a digest
    wanted = Unknown.MISSING if local.digests else Unknown.LOCAL
    assert (await asked(engine.reference("local"), local)).reason is wanted
    assert (await asked(reference, None)).reason is Unknown.LOCAL
    gone = await asked(engine.reference("app", "gone"))
    assert (gone.reason, gone.available) == (Unknown.MISSING, None)


async def test_a_port_that_is_none_is_a_registry_that_does_not_answer(
    session: aiohttp.ClientSession,
) -> None:
    wanted = parsed("nas:99999/app")
    assert wanted is not None
    with pytest.raises(NotKnown) as error:
        await RegistryClient(session).digest(wanted)
    assert error.value.reason is Unknown.UNREACHABLE


async def test_a_registry_elsewhere_is_asked_directly(
    registry: Registry, session: aiohttp.ClientSession
) -> None:
    class Elsewhere(RegistryClient):
        async def digest(self, reference: Reference) -> str:
            return await super().digest(Reference(registry.host, reference.repository, reference.tag))

    running = Image(id="sha256:1", digests=(f"ghcr.io/app@sha256:{'1' * 64}", f"app@{DIGEST}"))
    engine: Any = None
    found = await update_of("ghcr.io/app:1", running, Elsewhere(session), engine, NOW)
    # any digest under which it came will do
    assert found.available is False
    assert found.installed_digest == DIGEST

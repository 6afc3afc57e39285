"""The ways to a real engine: socket, tcp, TLS with client certificates; and an engine that dies meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from pathlib import Path
import ssl

import pytest

from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.sessions import client_context, open_session
from custom_components.home_server_monitor.sources.containers.transport import Transport
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    CannotConnect,
    CertificateRejected,
    ClientError,
    InsecureTransport,
    NotSent,
)
from tests.engine import Dockerd, Engine

from .certificates import CLIENT, Pair, authority, for_an_engine, signed
from .fake_portainer import portainer
from .front import relayed
from .test_portainer import talking


@contextlib.asynccontextmanager
async def reached(
    url: str, trust: ssl.SSLContext | None = None, fingerprint: str | None = None
) -> AsyncIterator[EngineClient]:
    """A client at an address."""
    address = normalise(url, tls=trust is not None)
    async with open_session(address) as session:
        client = EngineClient(Transport(session, address, trust=trust, fingerprint=fingerprint))
        await client.negotiate()
        yield client


async def refusal(
    url: str, trust: ssl.SSLContext | None = None, fingerprint: str | None = None
) -> ClientError:
    """Return why an address cannot be used."""
    with pytest.raises(ClientError) as found:
        async with reached(url, trust, fingerprint):
            pass
    return found.value


async def is_denied(url: str, trust: ssl.SSLContext | None = None, fingerprint: str | None = None) -> bool:
    """Whether an engine does not take us; its last words may be lost when it hangs up, so they are asked for again."""
    for _ in range(20):
        error = await refusal(url, trust, fingerprint)
        if isinstance(error, AuthFailed):
            return True
        assert type(error) is CannotConnect
    return False


async def test_over_tcp(engine: Engine) -> None:
    async with contextlib.AsyncExitStack() as stack:
        url = engine.tcp or await stack.enter_async_context(relayed(engine))
        async with reached(url) as client:
            assert (await client.info())["ID"] == engine.api.must("GET", "/info")["ID"]


@pytest.fixture
def home() -> Pair:
    """The household's authority."""
    return authority()


@pytest.fixture
def guarded(engines: Callable[..., Dockerd], home: Pair, tmp_path: Path) -> tuple[str, Pair]:
    """The address and the certificate of a real engine that wants client certificates."""
    server = for_an_engine(tmp_path, home)
    return f"tcp://127.0.0.1:{engines(tls=tmp_path).port}", server


async def test_client_certificates(guarded: tuple[str, Pair], home: Pair) -> None:
    url, server = guarded
    mine = signed(home, "home assistant", CLIENT)
    async with reached(url, client_context(home.pem, mine.pem, mine.key)) as client:
        assert (await client.containers()).items == {}

    stranger = signed(authority("elsewhere"), "stranger", CLIENT)
    assert await is_denied(url, client_context(home.pem, stranger.pem, stranger.key))

    wrong = await refusal(url, client_context(authority("elsewhere").pem, mine.pem, mine.key))
    assert isinstance(wrong, CertificateRejected)

    https = url.replace("tcp:", "https:")
    assert isinstance(await refusal(https), CertificateRejected)
    assert await is_denied(https, fingerprint=server.fingerprint)
    assert isinstance(await refusal(url), InsecureTransport)


def test_what_are_no_certificates(home: Pair) -> None:
    mine, other = signed(home, "mine", CLIENT), signed(home, "other", CLIENT)
    for ca, certificate, key in (
        ("", "nonsense", mine.key),
        (home.pem, mine.pem, other.key),
        (home.pem, mine.pem, ""),
        ("nonsense", mine.pem, mine.key),
    ):
        with pytest.raises(ValueError, match="certificate"):
            client_context(ca, certificate, key)


async def test_one_certificate_is_trusted(engine: Engine, home: Pair, tmp_path: Path) -> None:
    server = for_an_engine(tmp_path, home)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server-key.pem")
    async with (
        portainer(engine, context) as fake,
        talking(fake.url, fingerprint=server.fingerprint) as client,
    ):
        assert (await client.status()).version
        assert (await client.engine(1).negotiate()).id
        for wrong in ("0" * 64, None):
            async with talking(fake.url, fingerprint=wrong) as stranger:
                with pytest.raises(CertificateRejected) as rejected:
                    await stranger.environments()
                assert rejected.value.found == ("" if wrong is None else server.fingerprint)
        # the key went to the one that is trusted only
        assert fake.keys == 1


async def test_an_engine_that_dies_and_comes_back(engines: Callable[..., Dockerd]) -> None:
    own = engines()
    api = Engine("", None, own.api, "localhost", "")
    patient = ["/bin/sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
    made = api.run("web", api.image(), Cmd=patient)
    async with reached(f"unix://{own.socket}") as client:

        async def listen() -> None:
            async with client.events(lasting=60) as events:
                async for _ in events:
                    pass

        listening = asyncio.create_task(listen())
        working = asyncio.create_task(client.execute(made, ["/bin/sleep", "777"], deadline=60))
        async with asyncio.timeout(20):
            while "777" not in str(await client.top(made)):
                assert not working.done()
        await asyncio.to_thread(own.kill)
        async with asyncio.timeout(10):
            gone = await asyncio.gather(listening, working, return_exceptions=True)
        # the stream may end as if it was over
        assert gone[0] is None or isinstance(gone[0], CannotConnect)
        assert isinstance(gone[1], CannotConnect)
        assert not isinstance(gone[1], NotSent)
        with pytest.raises(NotSent):
            await client.containers()
        await asyncio.to_thread(own.start)
        assert list((await client.containers()).items) == ["web"]

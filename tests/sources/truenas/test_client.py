"""The client over real sockets, against the simulated NAS of every release."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web
from homeassistant.util import dt as dt_util
import pytest
from yarl import URL

from custom_components.home_server_monitor.sources.certificates import certificate_of
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CannotConnect,
    CertificateRejected,
    InsecureTransport,
    NotSupported,
    PermissionDenied,
    Standby,
)
from custom_components.home_server_monitor.sources.feeds import Feeds
from custom_components.home_server_monitor.sources.truenas import reading
from custom_components.home_server_monitor.sources.truenas.assemble import assemble
from custom_components.home_server_monitor.sources.truenas.client import TrueNasClient
from custom_components.home_server_monitor.sources.truenas.connection import MAX_CALLS, Connection
from custom_components.home_server_monitor.sources.truenas.greeting import greet, normalise
from custom_components.home_server_monitor.sources.truenas.listings import read_smart
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.methods import Operation, events_of, supports
from custom_components.home_server_monitor.sources.truenas.opening import Timing
from custom_components.home_server_monitor.sources.truenas.protocol import Ddp, Event, JsonRpc
from custom_components.home_server_monitor.sources.truenas.releases import V25_10, V26, V27
import simulator
from tests.warp import Warp

from .answers import RELEASES

READS: dict[Operation, tuple[Any, ...]] = {
    operation: ()
    for operation in Operation
    if operation
    in (
        Operation.SYSTEM, Operation.HOST_ID, Operation.ME, Operation.REBOOT_INFO, Operation.BOOT_POOL,
        Operation.POOLS, Operation.DISKS, Operation.DISK_TEMPERATURES,
        Operation.SMART_TESTS, Operation.DATASETS, Operation.SNAPSHOT_COUNT, Operation.SNAPSHOT_TASKS,
        Operation.REPLICATIONS, Operation.CLOUD_SYNCS, Operation.RSYNC_TASKS, Operation.CLOUD_BACKUPS,
        Operation.SERVICES, Operation.APPS, Operation.VMS, Operation.INSTANCES, Operation.INTERFACES,
        Operation.CERTIFICATES, Operation.ALERTS, Operation.UPDATE, Operation.UPS_CONFIG,
        Operation.SMB_SHARES, Operation.NFS_SHARES,
    )
}  # fmt: skip
READS |= {
    Operation.SMART_ATTRIBUTES: ("sdb",),
    Operation.SNAPSHOTS: (0, 10),
    Operation.FIND_SNAPSHOTS: ("dataset", "tank/documents", 5),
    Operation.JOBS: (1,),
    Operation.ROLLBACK_VERSIONS: ("sonarr",),
}


@pytest.fixture(autouse=True)
async def _sockets(socket_enabled: None, warp: Warp) -> AsyncIterator[None]:
    """The simulator is on loopback; its last connections hear that they are closed."""
    yield
    await asyncio.sleep(1)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield opened


@asynccontextmanager
async def connected(session: aiohttp.ClientSession, sim: Any, **more: Any) -> AsyncGenerator[TrueNasClient]:
    client = make(session, sim, **more)
    await client.connect()
    try:
        yield client
    finally:
        await client.close()


def make(session: aiohttp.ClientSession, sim: Any, key: str | None = None, **more: Any) -> TrueNasClient:
    more = {"fingerprint": sim.fingerprint, "timing": Timing(connect=3.0, call=2.0, heartbeat=5.0), **more}
    return TrueNasClient(session, URL(sim.url), key or sim.api_key, **more)


@pytest.mark.parametrize("version", RELEASES)
async def test_every_release_is_spoken_to_in_its_own_words(
    session: aiohttp.ClientSession, version: str
) -> None:
    """Connects, subscribes to all, reads all that the release has, and is refused nothing; no disk wakes."""
    release = RELEASES[version]
    async with simulator.run(version) as sim:
        await sim.scenario("disk_asleep", disk="sdd")
        username = sim.username if release >= V27 else None
        async with connected(session, sim, username=username) as client:
            assert client.release == release
            # an event source of 24.04 that takes the name of one app
            assert client.subscribed == set(events_of(release)) - {"chart.release.events"}
            assert client.logins == sim.logins == 1
            for operation, args in READS.items():
                if supports(operation, release):
                    answer = await client.ask(operation, *args)
                    assert answer is not None
                else:
                    with pytest.raises(NotSupported):
                        await client.ask(operation, *args)
            feeds = Feeds(reading.feeds(client, temperatures=True))
            await feeds.refresh(feeds.due(), 20)
            assert feeds.denied == {}
            assert {key: row["error"] for key, row in feeds.report().items() if row["failures"]} == {}
            data = assemble(
                feeds,
                Memory(),
                release=release,
                zone=UTC,
                now=dt_util.utcnow(),
                realtime=None,
                stats=None,
                forecasts={},
                errors_before={},
            )
            if release < V25_10:
                nas: Any = SimpleNamespace(client=client)
                found = await read_smart(nas, data)
                assert "ZR15K0XV" not in found
                assert "WD-WCC7K4AA17XU" in found
        assert [(call.method, call.refused) for call in sim.refusals] == []
        assert sim.world.wakeups == 0
        assert sim.world.disk("sdd").asleep


async def test_27_without_a_username_speaks_as_26(session: aiohttp.ClientSession) -> None:
    """The endpoint of 27 takes a key only with its user's name; an older endpoint of the same server does not ask."""
    async with simulator.run("27") as sim:
        async with connected(session, sim) as client:
            assert client.release == V26
            assert client.version.startswith("TrueNAS-27")
            assert await client.ask(Operation.POOLS)
        assert [call for call in sim.refusals if call.refused != "not authorized"] == []


@pytest.mark.parametrize("version", ["25.04", "25.10", "26", "27"])
async def test_plain_http_is_refused_before_the_key_leaves(
    session: aiohttp.ClientSession, version: str
) -> None:
    async with simulator.run(version, tls=False) as sim:
        client = make(session, sim)
        with pytest.raises(InsecureTransport):
            await client.connect()
        assert not client.connected
        assert sim.calls == []
        assert not any(key.revoked for key in sim.world.keys.values())


@pytest.mark.parametrize("version", ["24.04", "24.10"])
async def test_plain_http_works_on_24(session: aiohttp.ClientSession, version: str) -> None:
    async with simulator.run(version, tls=False) as sim, connected(session, sim) as client:
        assert len(await client.ask(Operation.POOLS)) == 3


@pytest.mark.parametrize("version", ["24.10", "25.10"])
async def test_a_wrong_key(session: aiohttp.ClientSession, version: str) -> None:
    async with simulator.run(version) as sim:
        client = make(session, sim, f"1-{'x' * 64}")
        with pytest.raises(AuthFailed) as error:
            await client.connect()
        assert "x" * 64 not in str(error.value)
        assert not client.connected
        assert await until(lambda: sim.sessions == 0)


@pytest.mark.parametrize("username", [None, "homeassistant"])
async def test_a_revoked_key(session: aiohttp.ClientSession, username: str | None) -> None:
    async with simulator.run("25.10") as sim:
        await sim.scenario("revoked_key")
        with pytest.raises(AuthFailed) as error:
            await make(session, sim, username=username).connect()
        assert error.value.revoked is (username is not None)


async def test_a_limited_key_is_denied_call_by_call(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim, connected(session, sim, key=sim.limited_key) as client:
        assert "pool.query" not in client.subscribed
        assert await client.ask(Operation.ALERTS)
        with pytest.raises(PermissionDenied) as error:
            await client.ask(Operation.POOLS)
        assert error.value.method == "pool.query"
        assert client.connected


async def test_login_that_says_something_else(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        sim.faults.error("auth.login_with_api_key", 16, "Rate Limit Exceeded")
        with pytest.raises(CannotConnect):
            await make(session, sim).connect()
        sim.faults.clear()
        for answer, error in (
            ({"response_type": "REDIRECT", "urls": []}, Standby),
            ({"response_type": "DENIED"}, AuthFailed),
            ([], AuthFailed),
        ):
            sim.faults.replace("auth.login_ex", answer, count=1)
            with pytest.raises(error):
                await make(session, sim, username=sim.username).connect()
        sim.faults.replace("system.version", {"x": 1}, count=1)
        with pytest.raises(BadResponse):
            await make(session, sim).connect()
        sim.faults.replace("system.version", "TrueNAS-13.0-U5", count=1)
        with pytest.raises(NotSupported):
            await make(session, sim).connect()
        assert await until(lambda: sim.sessions == 0)


async def until(reached: Any) -> bool:
    async with asyncio.timeout(3):
        while not reached():  # noqa: ASYNC110 - the other side is not ours to wait for
            await asyncio.sleep(0.01)
    return True


async def test_a_certificate_that_nobody_vouches_for(session: aiohttp.ClientSession) -> None:
    """It is not trusted, but its fingerprint is learnt, so that a person can compare it; nothing is asked."""
    async with simulator.run("25.10") as sim:
        with pytest.raises(CertificateRejected) as error:
            await make(session, sim, fingerprint=None).connect()
        assert (error.value.found, error.value.expected) == (sim.fingerprint, None)
        assert sim.calls == []
        seen = await certificate_of(session, URL(sim.url))
        assert seen.fingerprint == sim.fingerprint
        assert seen.not_before < dt_util.utcnow() < seen.not_after
        assert seen.subject
        assert seen.names


async def test_a_certificate_that_changed(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        pinned = sim.fingerprint
        async with connected(session, sim) as client:
            await sim.new_certificate()
            assert await until(lambda: not client.connected)
            calls = len(sim.calls)
            with pytest.raises(CertificateRejected) as error:
                await client.connect()
            assert (error.value.found, error.value.expected) == (sim.fingerprint, pinned)
            assert len(sim.calls) == calls


async def test_a_certificate_that_cannot_be_read(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "custom_components.home_server_monitor.sources.truenas"
    async with simulator.run("25.10") as sim:

        async def unreadable(*_: Any) -> Any:
            raise CannotConnect("no")

        monkeypatch.setattr(f"{place}.client.certificate_of", unreadable)
        with pytest.raises(CannotConnect) as error:
            await make(session, sim, fingerprint=None).connect()
        assert not isinstance(error.value, CertificateRejected)
        monkeypatch.undo()
        monkeypatch.setattr(
            f"{place.rpartition('.')[0]}.certificates.x509.load_der_x509_certificate", _no_certificate
        )
        with pytest.raises(CannotConnect):
            await certificate_of(session, URL(sim.url))
    with pytest.raises(CannotConnect):
        await certificate_of(session, URL(sim.url))


def _no_certificate(der: bytes) -> Any:
    raise ValueError("not a certificate")


async def test_two_servers_behind_one_address(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulator.run("25.10") as sim, simulator.run("25.10") as other:
        genuine = asyncio.open_connection

        async def elsewhere(host: str, port: int, **more: Any) -> Any:
            return await genuine("127.0.0.1", URL(other.url).port, **more)

        monkeypatch.setattr(asyncio, "open_connection", elsewhere)
        with pytest.raises(CannotConnect, match="different"):
            await certificate_of(session, URL(sim.url))


async def test_a_server_without_a_certificate(session: aiohttp.ClientSession) -> None:
    async with simulator.run("24.10", tls=False) as sim:
        with pytest.raises(CannotConnect):
            await certificate_of(session, URL(sim.url))


async def test_never_more_than_eight_calls_at_once(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10", latency=0.02) as sim, connected(session, sim) as client:
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, *(found.under_way for found in sim.truenas.sessions.values()))
                await asyncio.sleep(0)

        watching = asyncio.create_task(watch())
        await asyncio.gather(*(client.ask(Operation.POOLS) for _ in range(40)))
        watching.cancel()
        assert 2 < most <= MAX_CALLS
        assert sim.refusals == []


async def test_one_login_however_many_want_to_connect(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        client = make(session, sim)
        await asyncio.gather(*(client.connect() for _ in range(10)))
        assert sim.logins == 1
        sim.drop()
        assert await until(lambda: not client.connected)
        await asyncio.gather(*(client.connect() for _ in range(10)))
        assert sim.logins == client.logins == 2
        await client.close()
        await client.close()
        assert await until(lambda: sim.sessions == 0)


async def test_loss_is_told_once_and_closing_is_no_loss(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        client = make(session, sim)
        lost: list[int] = []
        client.on_lost = lambda: lost.append(1)
        await client.connect()
        sim.drop()
        assert await until(lambda: lost)
        await client.connect()
        await client.close()
        await asyncio.sleep(0.02)
        assert lost == [1]
        with pytest.raises(CannotConnect):
            await client.ask(Operation.POOLS)


async def test_calls_under_way_end_with_the_connection(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim, connected(session, sim) as client:
        sim.faults.hang("pool.query")
        asking = asyncio.create_task(client.ask(Operation.POOLS))
        await asyncio.sleep(0.02)
        sim.drop()
        with pytest.raises(CannotConnect):
            await asking


async def test_a_hung_call_ends_at_its_deadline_and_four_of_them_end_the_connection(
    session: aiohttp.ClientSession,
) -> None:
    async with simulator.run("25.10") as sim, connected(session, sim) as client:
        assert await client.answers(1)
        sim.faults.hang("pool.query")
        for number in range(4):
            assert client.connected, number
            with pytest.raises(CannotConnect):
                await client.ask(Operation.POOLS)
        assert await until(lambda: not client.connected)
        assert not await client.answers(1)


async def test_late_answers_free_their_places(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim, connected(session, sim) as client:
        sim.faults.delay("pool.query", 3.0)
        for _ in range(6):
            with pytest.raises(CannotConnect):
                await client.ask(Operation.POOLS)
            await asyncio.sleep(2)
        assert client.connected
        sim.faults.clear()
        assert len(await client.ask(Operation.POOLS)) == 3


async def test_whether_it_answers_at_all(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim, connected(session, sim) as client:
        sim.faults.error("system.version")
        assert await client.answers(1)
        sim.faults.clear()
        sim.faults.hang("system.version")
        assert not await client.answers(1)


async def test_a_caller_that_gives_up(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim, connected(session, sim) as client:
        sim.faults.hang("pool.query")
        asking = asyncio.create_task(client.ask(Operation.POOLS))
        await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await client.ask(Operation.DISKS)


async def test_a_black_hole_is_given_up(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        sim.faults.black_hole()
        with pytest.raises(CannotConnect):
            await make(session, sim).connect()
        sim.faults.clear()


async def test_nobody_there(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        await sim.stop_listening()
        with pytest.raises(CannotConnect):
            await make(session, sim).connect()


async def test_events_arrive(session: aiohttp.ClientSession) -> None:
    for version in ("24.10", "25.10"):
        async with simulator.run(version) as sim:
            client = make(session, sim)
            events: list[Event] = []
            client.on_event = events.append
            await client.connect()
            await sim.scenario("pool_degraded")
            assert await until(
                lambda events=events: any(event.collection == "alert.list" for event in events)
            )
            assert await until(
                lambda events=events: any(event.collection == "reporting.realtime" for event in events)
            )
            await client.close()


async def test_the_older_protocols_pings_are_answered(session: aiohttp.ClientSession) -> None:
    async with simulator.run("24.10") as sim, connected(session, sim) as client:
        await sim.send_raw('{"msg": "ping", "id": "p"}')
        await sim.send_raw("not json")
        assert len(await client.ask(Operation.POOLS)) == 3


async def test_a_page_instead_of_a_nas(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        sim.faults.http_html()
        with pytest.raises(BadResponse):
            await make(session, sim).connect()


async def test_greetings(session: aiohttp.ClientSession) -> None:
    async with simulator.run("25.10") as sim:
        found = await greet(session, URL(sim.url), sim.fingerprint)
        assert found.endpoints
        assert "v25.10.5" in found.endpoints
        assert found.proxy == ()
        sim.faults.via_proxy()
        found = await greet(session, URL(sim.url), sim.fingerprint)
        assert {sign.split(":")[0] for sign in found.proxy} == {"Via", "CF-Ray", "Server"}
    async with simulator.run("24.04") as sim:
        assert (await greet(session, URL(sim.url), sim.fingerprint)).endpoints is None


async def _served(answer: Any, use: Any) -> None:
    """Serve one HTTP answer on loopback and use its address."""
    app = web.Application()
    app.router.add_get("/api/versions", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        await use(URL(f"http://127.0.0.1:{runner.addresses[0][1]}"))
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_is_starting_is_not_taken_for_an_old_one(
    session: aiohttp.ClientSession, status: int
) -> None:
    """An old one takes keys over plain http; a new one would revoke them."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text="starting")

    async def use(url: URL) -> None:
        with pytest.raises(CannotConnect):
            await greet(session, url, None)
        with pytest.raises(CannotConnect):
            await TrueNasClient(session, url, "1-secret").connect()

    await _served(answer, use)


async def test_a_redirect_to_https_is_not_followed(session: aiohttp.ClientSession) -> None:
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("https://127.0.0.1:1/api/versions")

    async def use(url: URL) -> None:
        with pytest.raises(InsecureTransport):
            await greet(session, url, None)

    await _served(answer, use)


@pytest.mark.parametrize("body", ["{", '{"a": 1}', "[1]", "null", "[" * 50_000, "\xff"])
async def test_versions_of_another_shape(session: aiohttp.ClientSession, body: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=body.encode("latin-1"), content_type="application/json")

    async def use(url: URL) -> None:
        with pytest.raises(BadResponse):
            await greet(session, url, None)

    await _served(answer, use)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (" nas.local ", "https://nas.local"),
        ("http://nas:8080/ui/", "http://nas:8080"),
        ("https://user:secret@nas/x?y=z", "https://nas"),
        ("192.168.1.10:444", "https://192.168.1.10:444"),
        ("[fd00::1]", "https://[fd00::1]"),
    ],
)
def test_addresses_as_typed(typed: str, url: str) -> None:
    assert str(normalise(typed)) == url


@pytest.mark.parametrize("typed", ["", "ftp://nas", "https://", "http://nas:99999"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        normalise(typed)


class Socket:
    """A WebSocket whose frames and failures a test sets."""

    closed = False

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.sent: list[str] = []

    async def send_str(self, text: str) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(text)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(3600)

    async def close(self) -> None:
        raise OSError


async def test_a_socket_that_breaks_while_sending() -> None:
    lost: list[int] = []
    socket: Any = Socket(ConnectionResetError())
    connection = Connection(socket, JsonRpc(), lambda event: None, lambda: lost.append(1))
    await asyncio.sleep(0)
    with pytest.raises(CannotConnect):
        await connection.call("pool.query", [], 1)
    await connection.close()
    assert lost == [1]
    with pytest.raises(CannotConnect):
        await connection.call("pool.query", [], 1)
    quiet: Any = Socket()
    older = Connection(quiet, Ddp(), lambda event: None, lambda: None)
    await asyncio.sleep(0)
    greeting = asyncio.create_task(older.greet(1))
    await asyncio.sleep(0)
    older._take('{"msg": "failed", "version": "1"}')
    with pytest.raises(BadResponse):
        await greeting
    await older.close()

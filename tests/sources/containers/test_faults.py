"""What a network, a proxy or a broken engine can do to the client, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
from datetime import UTC, datetime
import gc
import json
from pathlib import Path
import time
from typing import Any

import aiohttp
import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone
from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.model import Image, Unknown
from custom_components.home_server_monitor.sources.containers.registry import RegistryClient
from custom_components.home_server_monitor.sources.containers.replies import TurnedDown
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from custom_components.home_server_monitor.sources.containers.transport import (
    LENT,
    ORDERS,
    PULLS,
    READS,
    STOPS,
    Timing,
    Transport,
)
from custom_components.home_server_monitor.sources.containers.updates import update_of
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    ClientError,
    InsecureTransport,
    NotSent,
    NotSupported,
    PermissionDenied,
)
from tests.engine import open_sockets
from tests.holds import BESIDE_OTHERS

from .faulty import Answer, Faulty, Line, faulty

pytestmark = pytest.mark.usefixtures("socket_enabled")
QUICK = Timing(connect=1.0, call=1.0, quiet=0.5)
SECRET = "ptr_s3cret"


@contextlib.asynccontextmanager
async def talking(server: Faulty, timing: Timing = QUICK) -> AsyncIterator[EngineClient]:
    """A client with a key that has found out whom it talks to."""
    address = normalise(server.url)
    async with open_session(address) as session:
        client = EngineClient(Transport(session, address, headers={"X-API-Key": SECRET}, timing=timing))
        await client.negotiate()
        yield client


async def failure(client: EngineClient, call: Callable[[EngineClient], Awaitable[Any]]) -> ClientError:
    """Return how a call fails; that it fails in time, without the key in its words and as one of the family, holds."""
    async with asyncio.timeout(5):
        with pytest.raises(ClientError) as found:
            await call(client)
    told = f"{found.value} {found.value!r} {found.value.__cause__!r}"
    assert SECRET not in told
    return found.value


def replies(status: int, body: bytes, kind: str = "application/json") -> Answer:
    """Answer with this."""

    async def answer(line: Line) -> None:
        await line.reply(status, body, kind)

    return answer


async def hang(line: Line) -> None:
    """Say nothing."""
    await asyncio.sleep(3600)


async def cut(line: Line) -> None:
    """Close in the middle of a body."""
    await line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[{")
    line.writer.close()


async def reset(line: Line) -> None:
    """Crash in the middle of a body."""
    await line.begin()
    await line.chunk(b"[{")
    line.reset()


async def drip(line: Line) -> None:
    """Send a byte now and then, for ever."""
    await line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await line.send(b" ")
        await asyncio.sleep(0.05)


async def huge(line: Line) -> None:
    """Send without an end."""
    await line.begin()
    while True:
        await line.chunk(b" " * 65536)


async def garbage(line: Line) -> None:
    """Send what is no HTTP."""
    await line.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    line.writer.close()


async def packed(line: Line) -> None:
    """Send something that could unpack to anything."""
    await line.reply(200, b"\x1f\x8b", "application/json", "Content-Encoding: gzip")


READINGS = [
    (hang, CannotConnect),
    (cut, CannotConnect),
    (reset, CannotConnect),
    (drip, CannotConnect),
    (huge, BadResponse),
    (garbage, BadResponse),
    (packed, BadResponse),
    (replies(200, b"<html>log in</html>", "text/html"), BadResponse),
    (replies(200, b""), BadResponse),
    (replies(200, b"null"), BadResponse),
    (replies(200, b'{"message": "not a list"}'), BadResponse),
    (replies(200, b"[" * 100_000), BadResponse),
    (replies(200, b"[]x"), BadResponse),
    (replies(303, b"", "text/html"), BadResponse),
    (replies(401, b'{"message": "Invalid JWT token", "details": "Unauthorized"}'), AuthFailed),
    (replies(403, b"<html><body><h1>403 Forbidden</h1>", "text/html"), PermissionDenied),
    (replies(403, b"Forbidden", "text/plain"), PermissionDenied),
    (replies(403, b'{"message": "Access denied to resource", "details": "Forbidden"}'), PermissionDenied),
    (replies(404, b'{"message": "page not found"}'), NotSupported),
    (replies(500, b'{"message": "Unable to proxy the request via the Docker socket"}'), CannotConnect),
    (replies(500, b'{"message": "Unable to get the active tunnel", "details": "x"}'), CannotConnect),
    (replies(500, b"oops"), CallFailed),
    (replies(502, b""), CannotConnect),
    (replies(503, b"<html>", "text/html"), CannotConnect),
    (replies(504, b"<html>", "text/html"), CannotConnect),
    (replies(429, b""), CallFailed),
]


@pytest.mark.parametrize(("answer", "kind"), READINGS)
async def test_a_listing_that_fails(answer: Answer, kind: type[ClientError]) -> None:
    async with faulty(containers=answer) as server, talking(server) as client:
        error = await failure(client, lambda found: found.containers())
        assert isinstance(error, kind), repr(error)
        # and the next one is answered
        server.answers = {"/containers": replies(200, b"[]")}
        assert (await client.containers()).items == {}


@pytest.mark.parametrize(("answer", "kind"), READINGS)
async def test_who_answers_is_found_out_or_not(answer: Answer, kind: type[ClientError]) -> None:
    async with faulty(version=answer, _ping=answer) as server:
        with pytest.raises(ClientError):
            async with talking(server):
                pass


async def test_nobody_is_there() -> None:
    async with faulty() as server:
        pass
    with pytest.raises(NotSent):
        async with talking(server):
            pass


async def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    open_sockets()
    with pytest.raises(NotSent):
        async with talking(Faulty(url=f"unix://{tmp_path}/none.sock")):
            pass


async def test_a_port_that_wants_https() -> None:
    words = b"Client sent an HTTP request to an HTTPS server.\n"
    async with faulty(version=replies(400, words, "text/plain")) as server:
        with pytest.raises(InsecureTransport):
            async with talking(server):
                pass


@pytest.mark.parametrize(
    ("newest", "oldest", "spoken"),
    [
        ("1.41", "1.12", "1.41"),
        ("1.51", "1.24", "1.51"),
        ("1.55", "1.44", "1.51"),
        ("1.40", "1.12", None),
        ("1.60", "1.52", None),
    ],
)
async def test_the_newest_version_that_both_know(newest: str, oldest: str, spoken: str | None) -> None:
    version = json.dumps({"ApiVersion": newest, "MinAPIVersion": oldest}).encode()
    async with faulty(version=replies(200, version)) as server:
        if spoken is None:
            with pytest.raises(NotSupported):
                async with talking(server):
                    pass
            return
        async with talking(server) as client:
            assert client.transport.version == spoken
            assert server.asked[-1].startswith(f"GET /v{spoken}/info ")


async def test_a_proxy_that_denies_the_version_still_tells_it_in_a_ping() -> None:
    async def ping(line: Line) -> None:
        await line.send(
            b"HTTP/1.1 200 OK\r\nApi-Version: 1.43\r\nLibpod-Api-Version: 5.0.0\r\nContent-Length: 2\r\n\r\n"
        )

    async with faulty(version=replies(403, b"", "text/html"), _ping=ping) as server:
        address = normalise(server.url)
        async with open_session(address) as session:
            found = await EngineClient(Transport(session, address, timing=QUICK)).negotiate()
    assert (found.api_version, found.kind) == ("1.43", "podman")


async def test_an_engine_that_was_replaced() -> None:
    refused = replies(
        400, b"client version 1.41 is too old. Minimum supported API version is 1.44", "text/plain"
    )
    async with faulty(**{"v1.41": refused, "containers": replies(200, b"[]")}) as server:
        with pytest.raises(NotSupported):
            async with talking(server):
                pass
        server.answers.pop("/v1.41")
        async with talking(server) as client:
            newer = json.dumps({"ApiVersion": "1.51", "MinAPIVersion": "1.44"}).encode()
            server.answers = {"/v1.41": refused, "/version": replies(200, newer)} | server.answers
            server.asked.clear()
            assert [
                len(found.items) for found in await asyncio.gather(*(client.containers() for _ in range(3)))
            ] == [0] * 3
            assert sum("/version" in line for line in server.asked) == 1
            assert client.transport.version == "1.51"


async def test_a_redirect_is_not_followed_and_the_key_stays_here() -> None:
    async with faulty() as other:

        async def elsewhere(line: Line) -> None:
            await line.reply(307, b"", "text/html", f"Location: {other.url}/v1.41/containers/json")

        async with faulty(containers=elsewhere) as server, talking(server) as client:
            error = await failure(client, lambda found: found.containers())
            assert isinstance(error, BadResponse)
            assert other.asked == []
            assert server.headers[-1]["x-api-key"] == SECRET


async def test_nothing_but_the_key_tells_who_we_are() -> None:
    async def cookie(line: Line) -> None:
        await line.reply(200, b"[]", "application/json", "Set-Cookie: session=1; Path=/")

    async with faulty(containers=cookie) as server, talking(server) as client:
        await client.containers()
        await client.containers()
        assert not {"cookie", "origin", "referer", "authorization"} & set(server.headers[-1])


@pytest.mark.parametrize("answer", [hang, cut, reset, drip, replies(502, b""), replies(504, b"")])
async def test_after_an_order_that_broke_nobody_knows_and_it_was_sent_once(answer: Answer) -> None:
    async with faulty(start=answer) as server, talking(server) as client:
        # an order waits longer than a reading: it is cut short here
        order = lambda found: found.transport.order("POST", "/containers/{id}/start", "web", deadline=0.5)  # noqa: E731
        error = await failure(client, order)
        assert not isinstance(error, NotDone)
        assert sum("/start" in line for line in server.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "done"),
    [
        (404, b'{"message": "No such container: web"}', TurnedDown, False),
        (409, b'{"message": "container is paused"}', TurnedDown, False),
        (403, b'{"message": "Address already in use"}', TurnedDown, False),
        (403, b"<html>403 Forbidden", PermissionDenied, False),
        (403, b'{"message": "authorization denied by plugin opa"}', PermissionDenied, False),
        (403, b'{"message": "Access denied", "details": "x"}', PermissionDenied, False),
        (400, b'{"message": "client version 1.41 is too old."}', NotSupported, False),
        (500, b'{"message": "port is already allocated"}', CallFailed, True),
        (501, b"", NotSupported, False),
    ],
)
async def test_orders_that_were_refused(
    status: int, body: bytes, kind: type[ClientError], done: bool
) -> None:
    async with faulty(start=replies(status, body)) as server, talking(server) as client:
        error = await failure(client, lambda found: found.start("web"))
        assert isinstance(error, kind), repr(error)
        assert isinstance(error, NotDone) is not done


async def test_what_a_registry_refuses_is_not_about_our_key() -> None:
    body = b'{"message": "unauthorized: authentication required"}'
    for status in (401, 403):
        async with (
            faulty(distribution=replies(status, body), images=replies(status, body)) as server,
            talking(server) as client,
        ):
            for call in (lambda found: found.distribution("app:1"), lambda found: found.pull("app", "1")):
                error = await failure(client, call)
                assert isinstance(error, CallFailed)
                assert error.code == status


async def test_words_of_an_engine_are_told_without_their_secrets() -> None:
    words = b'{"message": "bad env DB_PASSWORD=hunter2 at https://me:hunter2@nas <b>now</b>"}'
    async with faulty(start=replies(400, words)) as server, talking(server) as client:
        error = await failure(client, lambda found: found.start("web"))
        assert "hunter2" not in str(error)
        assert "now" in str(error)


def line_of(**row: Any) -> bytes:
    """Return a line of progress."""
    return json.dumps(row).encode() + b"\n"


def streams(*chunks: bytes, end: str = "whole") -> Answer:
    """Answer in these chunks and end as told."""

    async def answer(line: Line) -> None:
        await line.begin()
        for data in chunks:
            await line.chunk(data)
        if end == "whole":
            await line.chunk(b"")
        elif end == "cut":
            line.writer.close()
        elif end == "reset":
            line.reset()
        else:
            await asyncio.sleep(3600)

    return answer


DOWNLOAD = line_of(status="Downloading", id="a1", progressDetail={"current": 5, "total": 10})
FAILED = line_of(errorDetail={"message": "unexpected EOF"}, error="unexpected EOF")
DONE = line_of(status="Status: Downloaded newer image for app:1")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (streams(DOWNLOAD, end="cut"), CannotConnect),
        (streams(DOWNLOAD, end="reset"), CannotConnect),
        (streams(DOWNLOAD, end="hang"), CannotConnect),
        (streams(DOWNLOAD), BadResponse),
        (streams(DOWNLOAD, FAILED), CallFailed),
        (streams(DOWNLOAD, FAILED, DONE), CallFailed),
        (streams(b"<html>\n"), BadResponse),
        (streams(b"x" * 3_000_000), BadResponse),
    ],
)
async def test_a_pull_that_breaks_is_never_taken_for_done(answer: Answer, kind: type[ClientError]) -> None:
    async with faulty(images=answer) as server, talking(server) as client:
        error = await failure(client, lambda found: found.pull("app", "1"))
        assert isinstance(error, kind), repr(error)
        assert sum("/images/create" in line for line in server.asked) == 1


async def test_progress_in_pieces_that_cut_lines_anywhere() -> None:
    whole = (
        line_of(status="Pulling fs layer", id="a1")
        + line_of(status="Pulling fs layer", id="b2")
        + DOWNLOAD
        + DONE
    )
    pieces = [whole[start : start + 7] for start in range(0, len(whole), 7)]
    seen: list[float | None] = []
    async with faulty(images=streams(*pieces)) as server, talking(server) as client:
        pulled = await client.pull("app", "1", on_progress=seen.append)
    assert pulled.newer
    assert seen == [0.0, 0.0, 25.0, 25.0]


def happened(number: int) -> bytes:
    """Return an event."""
    return line_of(
        Type="container", Action="start", Actor={"ID": f"c{number}", "Attributes": {}}, timeNano=number
    )


async def events_of(client: EngineClient, lasting: float = 5.0) -> list[str]:
    """Return the ids of the events that came before the stream ended."""
    seen: list[str] = []
    with contextlib.suppress(CannotConnect):
        async with client.events(lasting=lasting) as events:
            async for event in events:
                seen.append(event.id)  # noqa: PERF401 - what came before an error counts
    return seen


@pytest.mark.parametrize("end", ["whole", "cut", "reset"])
async def test_events_that_are_cut_in_a_line(end: str) -> None:
    answer = streams(happened(1) + happened(2)[:20], happened(2)[20:], happened(3)[:30], end=end)
    async with faulty(events=answer) as server, talking(server) as client:
        assert await events_of(client) == ["c1", "c2"]


async def test_events_that_come_in_one_late_batch() -> None:
    batch = b"".join(map(happened, range(1, 200)))
    async with faulty(events=streams(batch)) as server, talking(server) as client:
        assert len(await events_of(client)) == 199


async def test_events_that_are_no_events() -> None:
    answer = streams(b"null\n", b"[1]\n", b"{}\n", b"\n", b"not json\n", b"[" * 5000 + b"\n", happened(1))
    async with faulty(events=answer) as server, talking(server) as client:
        assert await events_of(client) == ["c1"]
        assert client.skipped == 5


async def test_a_silent_stream_of_events_ends() -> None:
    async with faulty(events=streams(happened(1), end="hang")) as server, talking(server) as client:
        assert await events_of(client, lasting=0.3) == ["c1"]


async def test_a_flood_of_events_does_not_hold_the_loop() -> None:
    batch = b"".join(map(happened, range(50_000)))
    async with faulty(events=streams(batch)) as server, talking(server) as client:
        reading = asyncio.create_task(events_of(client, 60.0))
        worst, before = 0.0, time.monotonic()
        while not reading.done():
            await asyncio.sleep(0)
            worst, before = max(worst, time.monotonic() - before), time.monotonic()
        assert len(await reading) == 50_000
        # the limit has room for other work of a busy machine; all at once would take far longer
        assert worst < 0.5 * BESIDE_OTHERS


async def test_a_long_listing_is_read_whole_and_in_pieces() -> None:
    rows = [
        {"Id": f"{number:064}", "Names": [f"/c{number}"], "Labels": {"x": "y" * 2000}}
        for number in range(2000)
    ]
    async with (
        faulty(containers=replies(200, json.dumps(rows).encode())) as server,
        talking(server, Timing()) as client,
    ):
        found = await client.containers()
    assert len(found.items) == 2000
    assert found.skipped == 0


async def test_never_more_than_eight_at_once() -> None:
    now = most = 0

    async def slow(line: Line) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        await line.reply(200, b"{}")

    async with (
        faulty(containers=slow, images=streams(DONE), events=streams(end="hang")) as server,
        talking(server, Timing()) as client,
    ):
        listening = asyncio.create_task(events_of(client))
        # another entry for the same host shares its places
        async with talking(server, Timing()) as second:
            calls: list[Awaitable[Any]] = [
                found.inspect(f"c{number}") for number in range(30) for found in (client, second)
            ]
            calls += [found.start(f"c{number}") for number in range(10) for found in (client, second)]
            calls += [client.pull("app", "1"), second.pull("app", "1")]
            await asyncio.gather(*calls)
        assert most == READS + ORDERS
        assert most + PULLS + 1 == 8
        listening.cancel()


async def test_as_many_end_at_a_time_as_there_are_places() -> None:
    """A power failure: 40 containers that do not listen; what reads still has its places, and a host has at most eight."""
    now = most = 0
    ended = asyncio.Event()

    async def slow(line: Line) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await ended.wait()
        now -= 1
        await line.reply(204, b"")

    async with (
        faulty(stop=slow, json=replies(200, b"{}")) as server,
        talking(server, Timing()) as client,
    ):
        stops = [asyncio.create_task(client.stop(f"c{number}", 60)) for number in range(40)]
        await server.until_asked(2 + STOPS)
        reads = [client.inspect(f"c{number}") for number in range(20)]
        async with asyncio.timeout(30):
            await asyncio.gather(*reads)
        assert now == STOPS
        ended.set()
        assert all(await asyncio.gather(*stops))
        assert most == STOPS
        assert STOPS + READS - LENT + 1 == 8


async def test_an_order_does_not_wait_for_readings_that_hang() -> None:
    async with (
        faulty(json=hang, start=replies(204, b"")) as server,
        talking(server, Timing(call=3.0)) as client,
    ):
        readings = [asyncio.create_task(client.inspect(f"c{number}")) for number in range(20)]
        await server.until_asked(2 + READS)
        async with asyncio.timeout(1):
            assert await client.start("web")
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)


@pytest.mark.parametrize("answer", [hang, drip, streams(DOWNLOAD, end="hang")])
async def test_what_is_cancelled_leaves_no_connection_behind(answer: Answer) -> None:
    async with (
        faulty(containers=answer, images=answer, events=answer) as server,
        talking(server, Timing()) as client,
    ):
        gc.disable()
        try:
            running = [
                asyncio.create_task(call)
                for call in (
                    client.containers(),
                    client.stats("web"),
                    client.pull("app", "1"),
                    events_of(client),
                )
            ]
            await server.until_asked(6)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            connector = client.transport._session.connector
            assert isinstance(connector, aiohttp.TCPConnector)
            assert not connector._acquired
        finally:
            gc.enable()
        server.answers = {"/containers": replies(200, b"[]")}
        assert (await client.containers()).items == {}


async def test_the_key_is_in_no_repr() -> None:
    async with faulty() as server, talking(server) as client:
        assert SECRET not in repr(client.transport)
        assert SECRET not in repr(client)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"words"', b"{}", b"7"])
@pytest.mark.parametrize(
    "call",
    [
        lambda found: found.inspect("web"),
        lambda found: found.image("app:1"),
        lambda found: found.top("web"),
        lambda found: found.create("web", {}),
        lambda found: found.execute("web", ["true"]),
    ],
)
async def test_an_answer_of_another_shape(
    call: Callable[[EngineClient], Awaitable[Any]], body: bytes
) -> None:
    async with (
        faulty(containers=replies(200, body), images=replies(200, body)) as server,
        talking(server) as client,
    ):
        try:
            found = await call(client)
        except BadResponse:
            return
        # an object without anything in it may be one that nothing is known of
        assert found == {} == json.loads(body)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (replies(403, b"", "text/html"), Unknown.DENIED),
        (replies(401, b'{"message": "unauthorized"}'), Unknown.DENIED),
        (replies(404, b'{"message": "manifest unknown"}'), Unknown.MISSING),
        (replies(429, b'{"message": "toomanyrequests"}'), Unknown.LIMITED),
        (replies(500, b'{"message": "no route to host"}'), Unknown.UNREACHABLE),
        (replies(200, b"{}"), Unknown.UNREACHABLE),
        (hang, Unknown.UNREACHABLE),
    ],
)
async def test_why_the_engine_does_not_know_what_its_own_registry_has(
    answer: Answer, reason: Unknown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.home_server_monitor.sources.containers.client.ASKING_A_REGISTRY", 0.5
    )
    digest = f"sha256:{'1' * 64}"
    running = Image(id="sha256:1", digests=(f"127.0.0.1:5000/app@{digest}",))
    async with faulty(distribution=answer) as server, talking(server) as client:
        registry = RegistryClient(client.transport._session)
        found = await update_of(
            "127.0.0.1:5000/app:1", running, registry, client, datetime(2026, 1, 1, tzinfo=UTC)
        )
    assert (found.reason, found.installed_digest, found.available) == (reason, digest, None)

"""Each fault does what it says, and ends when it is cleared."""

import asyncio
import time

import aiohttp
import pytest

import simulator

from .client import CallFailedError, connect, trust

SOON = 0.15


async def test_hang_hits_the_call_that_was_meant() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.hang("system.info", nth=2, count=1)
        assert await client.call("system.info")
        with pytest.raises(TimeoutError):
            await client.call("system.info", deadline=SOON)
        assert await client.call("system.info")


async def test_delay_error_deny_replace() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.delay("system.version", seconds=SOON)
        start = time.monotonic()
        await client.call("system.version")
        assert time.monotonic() - start >= SOON
        sim.faults.error("pool.query", errno=5, reason="disk on fire")
        with pytest.raises(CallFailedError, match="disk on fire") as failed:
            await client.call("pool.query")
        assert failed.value.errno == 5
        sim.faults.deny("disk.query")
        with pytest.raises(CallFailedError) as failed:
            await client.call("disk.query")
        assert failed.value.errno == 13
        sim.faults.replace("alert.list", [None, {"level": 3}])
        assert await client.call("alert.list") == [None, {"level": 3}]
        sim.faults.clear()
        assert (await client.call("alert.list"))[0]["klass"]
        assert await client.call("pool.query")


async def test_huge_and_wrong_id() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.huge("disk.query", size=5_000_000)
        assert 4_800_000 < sum(map(len, await client.call("disk.query"))) < 5_200_000
        sim.faults.wrong_id("system.version", count=1)
        with pytest.raises(TimeoutError):
            await client.call("system.version", deadline=SOON)
        assert client.events[-1]["result"] == "TrueNAS-25.10.6"
        assert await client.call("system.version")


@pytest.mark.parametrize("tls", [True, False])
async def test_reset_in_the_middle_of_a_frame(tls: bool) -> None:
    async with simulator.run("25.10", tls=tls, loopback_is_remote=False) as sim, connect(sim) as client:
        sim.faults.reset_mid_frame("pool.query", count=1)
        with pytest.raises((ConnectionError, aiohttp.ClientError)):
            await client.call("pool.query")
        async with connect(sim) as again:
            assert await again.call("pool.query")


async def test_drop_and_drop_after_a_call() -> None:
    async with simulator.run() as sim:
        async with connect(sim) as client:
            sim.drop()
            with pytest.raises((ConnectionError, aiohttp.ClientError)):
                await client.call("core.ping")
        async with connect(sim) as client:
            sim.faults.drop("app.stop")
            with pytest.raises(ConnectionError):
                await client.call("app.stop", "plex")
            assert sim.world.apps["plex"].state == "STOPPING", (
                "the order was carried out, the answer was lost"
            )


async def test_black_hole_swallows_old_and_new_connections_and_gives_them_back() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.black_hole()
        ident = await client.send("core.ping")
        with pytest.raises(TimeoutError):
            await client.frame(deadline=SOON)
        async with aiohttp.ClientSession() as http:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SOON):
                    await http.get(sim.url + "/api/versions", ssl=trust(sim))
        sim.faults.clear()
        assert await client.answer(ident) == "pong"
        async with connect(sim) as other:
            assert await other.call("core.ping") == "pong"


async def test_half_open_makes_only_old_connections_deaf() -> None:
    async with simulator.run() as sim, connect(sim) as old:
        sim.faults.half_open()
        await old.ws.ping()
        with pytest.raises(TimeoutError):
            await old.call("core.ping", deadline=SOON)
        async with connect(sim) as new:
            assert await new.call("core.ping") == "pong"
        assert not old.ws.closed


async def test_slow_bytes() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.slow_bytes()
        with pytest.raises(TimeoutError):
            await client.call("core.ping", deadline=SOON)


async def test_session_lost_until_the_next_login() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.not_authenticated()
        for _ in range(2):
            with pytest.raises(CallFailedError) as failed:
                await client.call("system.info")
            assert failed.value.errno == 207
        await client.login(sim)
        assert await client.call("system.info")


async def test_refused_while_down_and_back_on_the_same_port() -> None:
    async with simulator.run() as sim:
        url = sim.url
        await sim.stop_listening()
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.get(url + "/api/versions", ssl=trust(sim))
        await sim.start_listening()
        assert sim.url == url
        async with connect(sim) as client:
            assert await client.call("core.ping") == "pong"


async def test_html_for_everything_and_the_marks_of_a_proxy() -> None:
    async with simulator.run() as sim, aiohttp.ClientSession() as http:
        sim.faults.http_html()
        async with http.get(sim.url + "/api/versions", ssl=trust(sim)) as reply:
            assert (reply.status, reply.content_type) == (200, "text/html")
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(sim.url + "/api/current", ssl=trust(sim))
        sim.faults.clear()
        sim.faults.via_proxy()
        async with http.get(sim.url + "/api/versions", ssl=trust(sim)) as reply:
            assert reply.headers["Server"] == "cloudflare"
            assert {"Via", "CF-Ray"} <= set(reply.headers)
        sim.faults.clear()
        async with http.get(sim.url + "/api/versions", ssl=trust(sim)) as reply:
            assert reply.headers["Server"] == "nginx"


def test_what_is_no_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        simulator.Faults().add("earthquake")  # type: ignore[arg-type]

"""The stream of events."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from typing import Any

import aiohttp
import pytest

from .http_client import Http, yard


class Listener:
    """An open stream."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self.reply = reply

    async def next(self, deadline: float = 5.0) -> Any:
        """The next event."""
        async with asyncio.timeout(deadline):
            line = await self.reply.content.readline()
        return json.loads(line)

    async def until(self, action: str, name: str) -> Any:
        """The next one of that kind."""
        while True:
            event = await self.next()
            if event["Action"] == action and event["Actor"]["Attributes"].get("name") == name:
                return event


@asynccontextmanager
async def listening(http: Http, path: str = "/events", **query: Any) -> AsyncGenerator[Listener]:
    async with http.session.get(http.url + path, params=query, headers=http.headers, ssl=False) as reply:
        assert reply.status == 200
        yield Listener(reply)


async def test_what_happens_is_told_at_once() -> None:
    async with yard() as ground, listening(ground.docker) as ears:
        await ground.docker.do("/containers/caddy/stop")
        actions = [await ears.next() for _ in range(4)]
        told = [(event["Type"], event["Action"]) for event in actions]
        assert told == [
            ("container", "kill"),
            ("container", "stop"),
            ("container", "die"),
            ("network", "disconnect"),
        ]
        assert actions[2]["Actor"]["Attributes"]["exitCode"] == "0"
        assert actions[2]["Actor"]["Attributes"]["com.docker.compose.project"] == "edge"
        await ground.docker.do("/containers/caddy/rename", name="caddy-old")
        event = await ears.until("rename", "caddy-old")
        assert event["Actor"]["Attributes"]["oldName"] == "/caddy"
        assert event["timeNano"] // 10**9 == event["time"]


async def test_the_past_is_kept_for_those_who_ask_and_filters_fit_as_the_engine_reads_them() -> None:
    async with yard() as ground:
        engine = ground.harbour.engine
        start = engine.now()
        await ground.docker.do("/containers/caddy/restart")
        await ground.scenario("container_unhealthy", container="vaultwarden")
        health = engine.names["vaultwarden"].health
        while health is None or health.status != "unhealthy":
            ground.sim.advance(30)
        end = engine.now() + 1
        engine.clock.advance(2)

        async def actions(filters: dict[str, list[str]]) -> set[str]:
            text = json.dumps(filters)
            answer = await ground.docker.ask("GET", "/events", since=start, until=end, filters=text)
            return {json.loads(line)["Action"] for line in answer.body.splitlines()}

        assert await actions({"container": ["vaultwarden"], "event": ["health_status"]}) == {
            "health_status: unhealthy"
        }
        assert "exec_die" in await actions({"container": ["vaultwarden"]})
        assert await actions({"type": ["volume"]}) == set()
        assert await actions({"nonsense": ["x"]}) == await actions({})
        assert len(engine.events) == 256
        answer = await ground.docker.ask("GET", "/events", since="x")
        assert answer.status == 500


async def test_streams_can_be_cut_and_opened_again_without_a_gap() -> None:
    async with yard() as ground:
        async with listening(ground.docker) as ears:
            await ground.docker.do("/containers/caddy/pause")
            last = await ears.next()
            await ground.scenario("events_cut")
            with pytest.raises(aiohttp.ClientError):
                await ears.reply.content.readline()
        await ground.docker.do("/containers/caddy/unpause")
        async with listening(ground.docker, since=last["time"]) as ears:
            assert [(await ears.next())["Action"] for _ in range(2)] == ["pause", "unpause"]


async def test_a_flood_reaches_those_who_filter_as_silence() -> None:
    wanted = json.dumps({"type": ["container"], "event": ["die", "start"]})
    async with yard() as ground, listening(ground.docker, filters=wanted) as ears:
        async with listening(ground.docker) as everything:
            await ground.scenario("events_flood", a_second=4000)
            for _ in range(500):
                await everything.next()
        await ground.docker.do("/containers/dozzle/stop")
        assert (await ears.next())["Action"] == "die"
        await ground.off("events_flood")


async def test_portainer_holds_events_back_where_it_does() -> None:
    path = "/api/endpoints/2/docker/events"
    async with yard() as ground:
        async with listening(ground.portainer, path) as ears:
            await ground.docker.do("/containers/caddy/pause")
            assert (await ears.next())["Action"] == "pause"
        await ground.scenario("events_buffered")
        async with listening(ground.portainer, path) as ears:
            await ground.docker.do("/containers/caddy/unpause")
            with pytest.raises(TimeoutError):
                await ears.next(0.3)
            for _ in range(6):
                await ground.docker.do("/containers/caddy/pause")
                await ground.docker.do("/containers/caddy/unpause")
        async with listening(ground.portainer, path) as ears:
            for _ in range(6):
                await ground.docker.do("/containers/caddy/pause")
                await ground.docker.do("/containers/caddy/unpause")
            assert (await ears.next())["Action"] == "pause"


async def test_nobody_is_kept_who_went_away() -> None:
    async with yard() as ground:
        async with listening(ground.docker):
            await asyncio.sleep(0.05)
            assert ground.harbour.docker.feeds.open == 1
        await ground.docker.do("/containers/caddy/pause")
        for _ in range(40):
            if not ground.harbour.docker.feeds.open:
                break
            await asyncio.sleep(0.05)
        assert (ground.harbour.docker.feeds.open, ground.harbour.engine.listeners) == (0, [])

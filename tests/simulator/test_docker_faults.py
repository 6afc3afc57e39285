"""Faults of one call, of one container, of all; and the calls, counted."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator import tls
from simulator.engine import RELEASES

from .http_client import Yard, yard

STATS = "/containers/{id}/stats"


async def fault(ground: Yard, **what: Any) -> None:
    answer = await ground.board.post("/on_call", {"face": "docker", **what})
    assert answer.status == 200, answer


async def test_faults_of_one_container() -> None:
    async with yard() as ground:
        docker = ground.docker
        await fault(ground, route=STATS, target="plex", fault="status", status=500, message="boom")
        assert (
            await docker.ask("GET", "/containers/plex/stats", stream="false", **{"one-shot": 1})
        ).status == 500
        assert (await docker.ask("GET", "/containers/caddy/stats?stream=false&one-shot=1")).status == 200
        ident = ground.harbour.engine.names["plex"].ident
        # by its id it is the same one
        assert (
            await docker.ask("GET", f"/containers/{ident}/stats?stream=false&one-shot=1")
        ).message == "boom"
        await fault(ground, route="/containers/{id}/json", target="plex", fault="malformed")
        broken = await docker.ask("GET", "/containers/plex/json")
        assert broken.status == 200
        assert isinstance(broken.value, str)
        await fault(ground, route="*", fault=None)
        assert (await docker.ask("GET", "/containers/plex/json")).value["Name"] == "/plex"


@pytest.mark.parametrize("kind", ["null", "malformed", "missing"])
async def test_faults_of_one_row_of_the_listing(kind: str) -> None:
    async with yard() as ground:
        await fault(ground, route="/containers/json", target="plex", fault=kind)
        rows = await ground.docker.get("/containers/json", all=1)
        good = {row["Names"][0] for row in rows if isinstance(row, dict) and isinstance(row["Names"], list)}
        assert "/plex" not in good
        assert len(good) == 29
        assert len(rows) == (29 if kind == "missing" else 30)
        # and through Portainer it is the same
        behind = await ground.portainer.get("/api/endpoints/2/docker/containers/json", all=1)
        assert len(behind) == len(rows)


async def test_faults_of_a_whole_answer() -> None:
    async with yard() as ground:
        docker = ground.docker
        for kind, seen in (("null", None), ("empty", ""), ("html", "<!DOCTYPE html>")):
            await fault(ground, route="/containers/json", fault=kind, count=1)
            answer = await docker.ask("GET", "/containers/json")
            assert answer.status == 200
            assert answer.value == seen or str(answer.value).startswith(str(seen))
        await fault(ground, route="/version", fault="huge", size=3_000_000, count=1)
        assert len((await docker.ask("GET", "/version")).body) > 3_000_000
        await fault(ground, route="/version", fault="replace", value={"ApiVersion": "9"}, count=1)
        assert await docker.get("/version") == {"ApiVersion": "9"}
        for kind in ("drop", "cut"):
            # a client may try an old connection and a new one
            await fault(ground, route="/info", fault=kind)
            with pytest.raises(aiohttp.ClientError):
                await docker.ask("GET", "/info")
            await fault(ground, route="/info", fault=None)
        await fault(ground, route="POST /containers/{id}/stop", fault="status", n=2, count=1, status=500)
        assert (await docker.post("/containers/caddy/stop")).status == 204
        assert (await docker.post("/containers/dozzle/stop")).status == 500
        assert ground.harbour.engine.names["dozzle"].alive
        assert (await ground.board.post("/on_call", {"face": "docker", "fault": "earthquake"})).status == 400
        assert (await ground.board.post("/on_call", {"face": "moon", "fault": "hang"})).status == 400


async def test_an_engine_that_hangs_and_one_that_swallows_everything() -> None:
    async with yard() as ground:
        for scenario in ("engine_hung", "engine_black_hole"):
            await ground.scenario(scenario)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.4):
                    await ground.docker.ask("GET", "/_ping")
            await ground.off(scenario)
            assert (await ground.docker.ask("GET", "/_ping")).body == b"OK"
        await ground.scenario("engine_down")
        with pytest.raises(aiohttp.ClientError):
            await ground.docker.ask("GET", "/_ping")
        answer = await ground.portainer.ask("GET", "/api/endpoints/2/docker/info")
        assert (answer.status, answer.message) == (500, "Unable to proxy the request via the Docker socket")
        await ground.off("engine_down")
        assert (await ground.docker.ask("GET", "/_ping")).body == b"OK"
        assert (await ground.board.post("/cable", {"face": "docker", "plugged": False})).status == 200
        with pytest.raises(aiohttp.ClientError):
            await ground.docker.ask("GET", "/_ping")
        assert (await ground.board.post("/cable", {"face": "docker", "plugged": True})).status == 200
        assert (await ground.docker.ask("GET", "/_ping")).status == 200


async def test_a_proxy_of_the_socket_lets_little_through() -> None:
    async with yard() as ground:
        await ground.scenario("socket_proxy", blocked=["/images", "/info"])
        for verb, path in (
            ("GET", "/images/json"),
            ("GET", "/v1.44/info"),
            ("POST", "/containers/caddy/stop"),
        ):
            answer = await ground.docker.ask(verb, path)
            assert answer.status == 403
            assert answer.headers["Content-Type"] == "text/html"
        assert len(await ground.docker.get("/containers/json")) == 28


async def test_calls_are_counted_by_route_with_the_most_at_once() -> None:
    async with yard(latency=0.05) as ground:
        names = ["plex", "caddy", "sonarr", "radarr", "dozzle"]
        await asyncio.gather(
            *(ground.docker.ask("GET", f"/containers/{name}/stats?stream=false&one-shot=1") for name in names)
        )
        await ground.docker.get("/v1.44/containers/json")
        await ground.docker.post("/containers/caddy/rename", name="other")
        count = await ground.board.get("/calls/count", face="docker")
        assert count["routes"][f"GET {STATS}"] == {"calls": 5, "most_at_once": 5}
        assert count["routes"]["GET /containers/json"] == {"calls": 1, "most_at_once": 1}
        assert count["statuses"] == {"200": 6, "204": 1}
        writes = await ground.board.get("/calls", face="docker", writes=1)
        assert [(call["route"], call["target"]) for call in writes] == [
            ("POST /containers/{id}/rename", "caddy")
        ]
        await ground.portainer.get("/api/endpoints/2/docker/containers/json")
        assert (await ground.board.get("/calls/count", face="docker"))["calls"] == 8
        assert (await ground.board.get("/calls/count", face="portainer"))["calls"] == 1
        assert (await ground.board.post("/calls/clear?face=portainer")).status == 200
        assert (await ground.board.get("/calls/count", face="portainer"))["calls"] == 0
        assert (await ground.board.get("/calls/count", face="docker"))["calls"] == 8
        assert (await ground.board.post("/reset")).status == 200
        assert (await ground.board.get("/calls/count", face="docker"))["calls"] == 0
        assert (await ground.docker.get("/containers/caddy/json"))["Name"] == "/caddy"


async def test_what_is_asked_for_must_exist() -> None:
    async with yard() as ground:
        assert (await ground.board.post("/scenario/crash_loop", {"container": "nobody"})).status == 400
        assert (await ground.board.ask("GET", "/calls", face="moon")).status == 400
        state = await ground.board.get("/state")
        assert state["containers"]["states"] == {"running": 28, "exited": 2}
        assert state["containers"]["version"] == RELEASES["1.51"].version


async def test_an_engine_behind_tls_that_wants_to_know_its_client(tmp_path: Path) -> None:
    async with yard(tls="mutual") as ground:
        harbour = ground.harbour
        assert harbour.docker_url.startswith("https://")
        assert harbour.certificate is not None
        assert harbour.client is not None
        with pytest.raises(aiohttp.ClientError):
            await ground.docker.ask("GET", "/_ping")
        for name, content in (("crt", harbour.client.certificate), ("key", harbour.client.key)):
            (tmp_path / name).write_bytes(content)
        context = tls.client_context(harbour.certificate)
        context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
        async with ground.docker.session.get(f"{harbour.docker_url}/_ping", ssl=context) as reply:
            assert await reply.read() == b"OK"

"""Portainer: who may come in, what it shows, and what it does to stacks."""

import socket
from typing import Any

import aiohttp
import pytest
import pytest_socket

import simulator

from .http_client import Http, yard

DOCKER = "/api/endpoints/2/docker"


async def test_who_may_come_in() -> None:
    async with yard() as ground:
        portainer, harbour = ground.portainer, ground.harbour
        nobody = Http(portainer.session, portainer.url)
        status = await nobody.get("/api/system/status")
        assert status["Version"] == "2.33.2"
        assert status["InstanceID"] == harbour.portainer.instance
        answer = await nobody.ask("GET", "/api/endpoints")
        assert (answer.status, answer.message) == (401, "A valid authorization token is missing")
        wrong = Http(portainer.session, portainer.url, **{"X-API-Key": "ptr_wrong"})
        answer = await wrong.ask("GET", "/api/endpoints")
        assert (answer.status, answer.message) == (401, "Invalid JWT token")
        key = harbour.portainer.key
        both = Http(portainer.session, portainer.url, **{"X-API-Key": key, "Authorization": "Bearer x"})
        answer = await both.ask("GET", "/api/endpoints")
        assert answer.status == 403
        assert "not allowed at the same time" in answer.value
        browser = Http(
            portainer.session, portainer.url, **{"X-API-Key": key, "Cookie": "portainer_api_key=x"}
        )
        answer = await browser.ask("GET", "/api/endpoints")
        assert (answer.status, answer.value) == (403, "Forbidden - origin invalid\n")
        user = Http(portainer.session, portainer.url, **{"X-API-Key": harbour.portainer.user_key})
        assert await user.get("/api/endpoints") == []
        assert (await user.ask("GET", f"{DOCKER}/containers/json")).status == 403
        assert (await user.ask("GET", "/api/stacks")).status == 204
        assert (await portainer.ask("GET", "/api/nope")).status == 404


async def test_environments_of_all_kinds() -> None:
    async with yard() as ground:
        portainer = ground.portainer
        answer = await portainer.ask("GET", "/api/endpoints", excludeSnapshots="true")
        assert answer.headers["X-Total-Count"] == "6"
        kinds = {row["Id"]: (row["Type"], row["Status"]) for row in answer.value}
        assert kinds == {2: (1, 1), 3: (2, 2), 4: (3, 1), 5: (5, 1), 6: (6, 1), 7: (7, 1)}
        assert all(row["Snapshots"] == [] for row in answer.value)
        snapshot = (await portainer.get("/api/endpoints/2"))["Snapshots"][0]
        assert (snapshot["ContainerCount"], snapshot["RunningContainerCount"]) == (30, 28)
        down = await portainer.ask("GET", "/api/endpoints/3/docker/info")
        assert (down.status, down.body) == (502, b"")
        assert (await portainer.ask("GET", "/api/endpoints/4/docker/info")).status == 500
        assert (await portainer.ask("GET", "/api/endpoints/99/docker/info")).status == 404
        assert (await portainer.post("/api/endpoints/2/snapshot")).status == 204


async def test_one_that_manages_nothing_but_its_engine() -> None:
    async with yard(alone=True) as ground:
        assert [row["Id"] for row in await ground.portainer.get("/api/endpoints")] == [2]
        assert (await ground.portainer.ask("GET", "/api/endpoints/4/docker/info")).status == 404
        assert (await ground.board.post("/reset")).status == 200
        assert [row["Id"] for row in await ground.portainer.get("/api/endpoints")] == [2]


async def test_the_way_through_to_the_engine() -> None:
    async with yard() as ground:
        portainer = ground.portainer
        rows = await portainer.get(f"{DOCKER}/v1.44/containers/json", all=1)
        assert len(rows) == 30
        assert all(row["Portainer"]["ResourceControl"] for row in rows)
        one = await portainer.get(f"{DOCKER}/containers/plex/json")
        assert one["Portainer"]
        assert (await portainer.get(f"{DOCKER}/version"))["ApiVersion"] == "1.51"
        missing = await portainer.ask("GET", f"{DOCKER}/containers/nope/json")
        assert (missing.status, missing.message) == (404, "No such container: nope")
        assert (await portainer.post(f"{DOCKER}/containers/caddy/stop")).status == 204
        assert not ground.harbour.engine.names["caddy"].alive
        ground.harbour.portainer.hidden_labels = {"com.docker.compose.project": "edge"}
        rows = await portainer.get(f"{DOCKER}/containers/json", all=1)
        assert len(rows) == 25
        stream = await portainer.post(f"{DOCKER}/images/create", fromImage="alpine", tag="3")
        assert stream.status == 500


async def test_faults_of_portainer_itself() -> None:
    async with yard() as ground:
        portainer = ground.portainer
        for status in (401, 403, 502):
            await ground.scenario("portainer_refuses", status=status, message="no")
            assert (await portainer.ask("GET", "/api/endpoints")).status == status
        await ground.off("portainer_refuses")
        await ground.scenario("portainer_page")
        page = await portainer.ask("GET", f"{DOCKER}/info")
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        await ground.off("portainer_page")
        assert (await portainer.ask("GET", f"{DOCKER}/info")).status == 200


async def test_what_goes_through_is_counted_call_by_call_and_can_fail_on_the_way() -> None:
    async with yard() as ground:
        portainer = ground.portainer
        ident = ground.harbour.engine.names["plex"].ident
        stats = f"{DOCKER}/v1.44/containers/{ident}/stats?stream=false&one-shot=1"
        body = {
            "face": "portainer",
            "route": "docker/containers/{id}/stats",
            "target": "plex",
            "fault": "status",
            "status": 502,
        }
        assert (await ground.board.post("/on_call", body)).status == 200
        assert (await portainer.ask("GET", stats)).status == 502
        assert (await portainer.ask("GET", stats.replace(ident, "caddy"))).status == 200
        body = {"face": "portainer", "route": "docker/containers/json", "target": "plex", "fault": "null"}
        await ground.board.post("/on_call", body)
        rows = await portainer.get(f"{DOCKER}/containers/json", all=1)
        assert rows.count(None) == 1
        count = await ground.board.get("/calls/count", face="portainer")
        assert {route: row["calls"] for route, row in count["routes"].items()} == {
            "GET docker/containers/{id}/stats": 2,
            "GET docker/containers/json": 1,
        }


async def _containers(ground: Any, project: str) -> dict[str, str]:
    label = f'{{"label":["com.docker.compose.project={project}"]}}'
    rows = await ground.docker.get("/containers/json", all=1, filters=label)
    return {row["Names"][0].removeprefix("/"): row["Id"] for row in rows}


async def test_stacks_are_listed_stopped_and_started() -> None:
    async with yard() as ground:
        portainer, docker = ground.portainer, ground.docker
        stacks = await portainer.get("/api/stacks", filters='{"EndpointID":2}')
        assert {row["Name"]: (row["Id"], row["Status"], row["GitConfig"] is not None) for row in stacks} == {
            "media": (3, 1, False),
            "immich": (5, 1, False),
            "home": (8, 1, True),
        }
        assert (await portainer.ask("GET", "/api/stacks", filters='{"EndpointID":3}')).status == 204
        text = (await portainer.get("/api/stacks/3/file"))["StackFileContent"]
        assert 'network_mode: "service:gluetun"' in text
        assert "${WIREGUARD_PRIVATE_KEY}" in text
        assert (await portainer.post("/api/stacks/8/stop")).status == 400
        before = await _containers(ground, "home")
        nameless = {
            mount["Name"] for mount in (await docker.get("/containers/mosquitto/json"))["Mounts"] if mount["Mode"] == "" and mount["Type"] == "volume"
        }  # fmt: skip
        stopped = await portainer.post("/api/stacks/8/stop", endpointId=2)
        assert (stopped.status, stopped.value["Status"]) == (200, 2)
        # that was `down`: they are gone, and so is their network
        assert await _containers(ground, "home") == {}
        assert "home_default" not in {row["Name"] for row in await docker.get("/networks")}
        assert (
            await portainer.post("/api/stacks/8/stop", endpointId=2)
        ).message == "Stack is already inactive"
        started = await portainer.post("/api/stacks/8/start", endpointId=2)
        assert started.value["Status"] == 1
        after = await _containers(ground, "home")
        assert after.keys() == before.keys()
        assert not set(after.values()) & set(before.values())
        mounts = (await docker.get("/containers/mosquitto/json"))["Mounts"]
        assert not nameless & {mount.get("Name") for mount in mounts}
        assert nameless <= {volume["Name"] for volume in (await docker.get("/volumes"))["Volumes"]}


async def test_a_redeploy_takes_the_variables_that_it_is_given_and_no_others() -> None:
    async with yard() as ground:
        portainer, docker = ground.portainer, ground.docker
        stack = await portainer.get("/api/stacks/8")
        before = await _containers(ground, "home")
        good = {
            "Env": stack["Env"],
            "RepositoryReferenceName": stack["GitConfig"]["ReferenceName"],
            "PullImage": True,
        }
        path = "/api/stacks/8/git/redeploy"
        answer = await portainer.ask("PUT", path, good, endpointId=2)
        assert answer.value["Env"] == stack["Env"]
        assert await _containers(ground, "home") == before
        bad = await portainer.ask("PUT", path, {"PullImage": True}, endpointId=2)
        assert (bad.value["Env"], bad.value["GitConfig"]["ReferenceName"]) == ([], "")
        env = (await docker.get("/containers/mariadb/json"))["Config"]["Env"]
        assert "MARIADB_PASSWORD=" in env
        assert (await _containers(ground, "home"))["mariadb"] != before["mariadb"]
        assert (await portainer.ask("PUT", "/api/stacks/3/git/redeploy", good, endpointId=2)).status == 400


async def test_an_update_of_a_file_stack_pulls_and_remakes_what_changed() -> None:
    async with yard() as ground:
        portainer = ground.portainer
        stack = await portainer.get("/api/stacks/3")
        text = (await portainer.get("/api/stacks/3/file"))["StackFileContent"]
        before = await _containers(ground, "media")
        await ground.scenario("image_update", container="sonarr")
        body = {"StackFileContent": text, "Env": stack["Env"], "PullImage": True}
        assert (await portainer.ask("PUT", "/api/stacks/3", body, endpointId=2)).status == 200
        after = await _containers(ground, "media")
        assert {name for name in after if after[name] != before[name]} == {"sonarr"}
        # without its key the tunnel cannot live, and whoever shares its network is remade with it
        body = {"StackFileContent": text, "Env": []}
        assert (await portainer.ask("PUT", "/api/stacks/3", body, endpointId=2)).status == 200
        last = await _containers(ground, "media")
        assert {name for name in last if last[name] != after[name]} == {"gluetun", "qbittorrent"}
        ground.sim.advance(10)
        found = await ground.docker.get("/containers/gluetun/json")
        assert found["RestartCount"] >= 3
        logs = await ground.docker.ask("GET", "/containers/gluetun/logs", stderr=1, tail=1)
        assert b"WIREGUARD_PRIVATE_KEY is not set" in logs.body


@pytest.mark.parametrize("way", ["tcp", "socket"])
async def test_another_engine_behind_it(way: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # elsewhere only sockets of loopback may be connected; this one is a file
    monkeypatch.setattr(socket.socket, "connect", pytest_socket._true_connect)
    path = tmp_path / "docker.sock"
    async with yard(count=3, socket=path) as other:
        url = f"unix://{path}" if way == "socket" else other.docker.url.replace("http", "tcp")
        containers = simulator.Containers(count=0, engine_url=url)
        async with (
            simulator.run(tls=True, containers=containers) as sim,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        ):
            harbour = sim.harbour
            assert harbour.portainer_url.startswith("https://")
            portainer = Http(session, harbour.portainer_url, **{"X-API-Key": harbour.portainer.key})
            rows = await portainer.get(f"{DOCKER}/containers/json", all=1)
            assert [bool(row["Portainer"]) for row in rows] == [True] * 3
            assert (await portainer.post(f"{DOCKER}/containers/gluetun/pause")).status == 204
            assert other.harbour.engine.names["gluetun"].state == "paused"
            async with session.get(
                f"{harbour.portainer_url}{DOCKER}/events", headers=portainer.headers, ssl=False
            ) as reply:
                await other.docker.do("/containers/gluetun/unpause")
                assert b'"unpause"' in await reply.content.readline()
            await other.sim.harbour.wire("docker").stop()
            answer = await portainer.ask("GET", f"{DOCKER}/info")
            assert answer.status == (500 if way == "tcp" else 200)

"""What a container becomes, and what is refused before it does."""

from typing import Any

import pytest

from .http_client import yard
from .test_docker_life import BOTH, MODERN, body


@BOTH
async def test_what_is_refused(api: str) -> None:
    async with yard(api=api) as ground:
        shared = {"NetworkMode": "container:caddy"}
        many: list[tuple[dict[str, Any], int, str]] = [
            ({"Image": "nosuch"}, 404, "No such image: nosuch:latest"),
            (body(ground, Hostname="x", HostConfig=shared), 400, "conflicting options: hostname and the network mode"),
            (body(ground, ExposedPorts={"80/tcp": {}}, HostConfig=shared), 400, "conflicting options: port exposing and the container type network mode"),
            (body(ground, HostConfig={**shared, "Dns": ["1.1.1.1"]}), 400, "conflicting options: dns and the network mode"),
            (body(ground, HostConfig={**shared, "PortBindings": {"80/tcp": [{"HostPort": "1"}]}}), 400, "conflicting options: port publishing and the container type network mode"),
            (body(ground, HostConfig={"Binds": ["/a:/x", "/b:/x"]}), 400, "Duplicate mount point: /x"),
            (body(ground, HostConfig={"Memory": 1000}), 400, "Minimum memory limit allowed is 6MB"),
            (body(ground, HostConfig={"AutoRemove": True, "RestartPolicy": {"Name": "always"}}), 400, "can't create 'AutoRemove' container with restart policy"),
        ]  # fmt: skip
        before = len(ground.harbour.engine.containers)
        for asked, status, words in many:
            answer = await ground.docker.post("/containers/create", asked, name="new")
            assert (answer.status, answer.message) == (status, words)
        empty = await ground.docker.post("/containers/create", {}, name="new")
        assert empty.status == 400
        assert len(ground.harbour.engine.containers) == before


@BOTH
async def test_ports_and_addresses_are_taken_only_while_it_runs(api: str) -> None:
    wording = "failed to set up container networking: " if MODERN[api] else ""
    async with yard(api=api) as ground:
        docker = ground.docker
        await docker.do("/networks/create", {"Name": "lan", "IPAM": {"Config": [{"Subnet": "10.7.0.0/24"}]}})
        asked = body(
            ground,
            ExposedPorts={"80/tcp": {}},
            HostConfig={"NetworkMode": "lan", "PortBindings": {"80/tcp": [{"HostPort": "18333"}]}},
            NetworkingConfig={"EndpointsConfig": {"lan": {"IPAMConfig": {"IPv4Address": "10.7.0.9"}}}},
        )
        # the same address and port are no reason not to make it
        for name in ("old", "new"):
            await docker.do("/containers/create", asked, name=name)
        await docker.do("/containers/old/start")
        answer = await docker.post("/containers/new/start")
        assert (answer.status, answer.message) == (403, f"{wording}Address already in use")
        state = (await docker.get("/containers/new/json"))["State"]
        assert (state["Status"], state["ExitCode"], state["Error"]) == ("created", 128, answer.message)
        await docker.do("/containers/old/stop")
        await docker.do("/containers/new/start")
        found = (await docker.get("/containers/new/json"))["NetworkSettings"]
        assert found["Networks"]["lan"]["IPAddress"] == "10.7.0.9"
        assert found["Ports"]["80/tcp"][0] == {"HostIp": "0.0.0.0", "HostPort": "18333"}
        stopped = (await docker.get("/containers/old/json"))["NetworkSettings"]["Networks"]["lan"]
        assert (stopped["IPAddress"], stopped["MacAddress"]) == ("", "")
        assert stopped["IPAMConfig"] == {"IPv4Address": "10.7.0.9"}
        other = {
            **asked,
            "NetworkingConfig": None,
            "HostConfig": {**asked["HostConfig"], "NetworkMode": "bridge"},
        }
        await docker.do("/containers/create", other, name="third")
        answer = await docker.post("/containers/third/start")
        assert answer.status == 500
        assert answer.message.startswith(
            f"{wording}driver failed programming external connectivity on endpoint third"
        )
        assert answer.message.endswith("Bind for 0.0.0.0:18333 failed: port is already allocated")


async def test_only_exposed_ports_are_published() -> None:
    async with yard() as ground:
        docker = ground.docker
        image = ground.harbour.household.reference(ground.harbour.household.services["mosquitto"])
        bindings = {"9001/tcp": [{"HostPort": "19001"}]}
        await docker.do(
            "/containers/create", {"Image": image, "HostConfig": {"PortBindings": bindings}}, name="half"
        )
        await docker.do("/containers/half/start")
        row = (await docker.get("/containers/json", filters='{"name":["^/half$"]}'))[0]
        assert [port for port in row["Ports"] if port.get("PublicPort")] == []


@BOTH
async def test_several_networks_at_once(api: str) -> None:
    async with yard(api=api) as ground:
        docker = ground.docker
        for name in ("one", "two"):
            await docker.do("/networks/create", {"Name": name})
        asked = body(
            ground,
            HostConfig={"NetworkMode": "one"},
            NetworkingConfig={"EndpointsConfig": {"one": {"Aliases": ["a"]}, "two": {"Aliases": ["b"]}}},
        )
        old = await docker.post("/v1.41/containers/create", asked, name="both")
        words = "Container cannot be connected to network endpoints: one, two"
        assert (old.status, old.message) == (400, words)
        new = await docker.post("/containers/create", asked, name="both")
        assert new.status == (201 if MODERN[api] else 400)
        if not MODERN[api]:
            del asked["NetworkingConfig"]["EndpointsConfig"]["two"]
            await docker.do("/containers/create", asked, name="both")
            more = {"Container": "both", "EndpointConfig": {"Aliases": ["b"]}}
            await docker.do("/networks/two/connect", more)
        await docker.do("/containers/both/start")
        networks = (await docker.get("/containers/both/json"))["NetworkSettings"]["Networks"]
        assert {name: row["Aliases"][0] for name, row in networks.items()} == {"one": "a", "two": "b"}
        again = await docker.post("/networks/two/connect", {"Container": "both"})
        assert (again.status, again.message) == (403, "endpoint with name both already exists in network two")
        await docker.do("/networks/two/disconnect", {"Container": "both"})
        missing = await docker.post("/networks/two/disconnect", {"Container": "both"})
        assert missing.status == 500
        assert (await docker.delete("/networks/one")).status == 403
        assert (await docker.delete("/networks/two")).status == 204
        assert (await docker.delete("/networks/bridge")).status == 403


async def test_nameless_volumes_are_new_each_time_unless_they_are_named() -> None:
    async with yard() as ground:
        docker = ground.docker
        old = await docker.get("/containers/mosquitto/json")
        kept = {mount["Destination"]: mount["Name"] for mount in old["Mounts"] if mount["Type"] == "volume"}
        assert set(kept) == {"/mosquitto/data", "/mosquitto/log"}
        image = {"Image": old["Config"]["Image"]}
        await docker.do("/containers/create", image, name="naive")
        naive = await docker.get("/containers/naive/json")
        assert not set(kept.values()) & {mount["Name"] for mount in naive["Mounts"]}
        mounts = [{"Type": "volume", "Source": name, "Target": target} for target, name in kept.items()]
        await docker.do("/containers/create", {**image, "HostConfig": {"Mounts": mounts}}, name="careful")
        careful = await docker.get("/containers/careful/json")
        assert {mount["Destination"]: mount["Name"] for mount in careful["Mounts"]} == kept
        # what is still somebody's stays, whatever was asked
        assert (await docker.delete("/containers/mosquitto", force=1, v=1)).status == 204
        names = {volume["Name"] for volume in (await docker.get("/volumes"))["Volumes"]}
        assert set(kept.values()) <= names
        assert (await docker.delete(f"/volumes/{kept['/mosquitto/data']}")).status == 409
        gone = {mount["Name"] for mount in naive["Mounts"]}
        await docker.delete("/containers/naive", v=1)
        names = {volume["Name"] for volume in (await docker.get("/volumes"))["Volumes"]}
        assert not gone & names


async def test_a_user_wins_over_the_image_and_the_rest_is_merged() -> None:
    async with yard() as ground:
        docker = ground.docker
        asked = body(ground, Env=["LANG=de_DE.UTF-8", "MINE=1"], Labels={"mine": "1"}, Cmd=["caddy", "run"])
        await docker.do("/containers/create", asked, name="merged")
        config = (await docker.get("/containers/merged/json"))["Config"]
        assert config["Env"][:2] == ["LANG=de_DE.UTF-8", "MINE=1"]
        assert any(entry.startswith("PATH=") for entry in config["Env"])
        assert config["Labels"]["mine"] == "1"
        assert config["Labels"]["org.opencontainers.image.version"] == "v2.10.2"
        assert config["Cmd"] == ["caddy", "run"]
        assert "443/tcp" in config["ExposedPorts"]


@pytest.mark.parametrize("api", ["1.51"])
async def test_the_house_is_what_it_says(api: str) -> None:
    async with yard(api=api) as ground:
        rows = await ground.docker.get("/containers/json", all=1)
        assert len(rows) == 30
        states = {row["Names"][0]: row["State"] for row in rows}
        assert [name for name, state in states.items() if state != "running"] == ["/backup", "/old-jellyfin"]
        healthy = [row for row in rows if "(healthy)" in row["Status"]]
        assert len(healthy) >= 14
        guest = await ground.docker.get("/containers/qbittorrent/json")
        owner = await ground.docker.get("/containers/gluetun/json")
        assert guest["HostConfig"]["NetworkMode"] == f"container:{owner['Id']}"
        env = (await ground.docker.get("/containers/cloudflared/json"))["Config"]["Env"]
        assert any(entry.startswith("TUNNEL_TOKEN=") and len(entry) > 40 for entry in env)
        pinned = await ground.docker.get("/containers/immich_redis/json")
        assert "@sha256:" in pinned["Config"]["Image"]
        projects = {row["Labels"].get("com.docker.compose.project") for row in rows}
        assert projects == {"media", "immich", "home", "edge", None}
        info = await ground.docker.get("/info")
        assert (info["Containers"], info["ContainersRunning"]) == (30, 28)
        images = await ground.docker.get("/images/json", filters='{"dangling":["true"]}')
        # those that were named by digest have no tag either
        assert sorted(image["Containers"] for image in images) == [0, 1, 1]

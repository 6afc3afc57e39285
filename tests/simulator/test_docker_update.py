"""An update that can be undone, step by step as it was proven on real engines: it goes the same way here."""

from typing import Any

import pytest

from .http_client import Http, Yard, yard
from .test_docker_images import pull

OLD, NEW = "gluetun-hsm-1a2b3c4d-old-17", "gluetun-hsm-1a2b3c4d-new"


async def _begin(ground: Yard, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Pull, make the new one beside the old one that runs, and change places; returns both as they were."""
    docker = ground.docker
    old: dict[str, Any] = await docker.get("/containers/gluetun/json")
    await ground.scenario("image_update", container="gluetun", kind=kind, version="v3.41")
    image, _, tag = old["Config"]["Image"].rpartition(":")
    assert "errorDetail" not in (await pull(docker, image, tag))[-1]
    await docker.do(f"/images/{old['Image']}/tag", repo="hsm-rollback/gluetun", tag="17")
    endpoint = old["NetworkSettings"]["Networks"]["media_default"]
    body = {
        **{key: old["Config"][key] for key in ("Image", "Env", "Labels", "ExposedPorts")},
        "HostConfig": old["HostConfig"],
        "NetworkingConfig": {"EndpointsConfig": {"media_default": {"Aliases": endpoint["Aliases"]}}},
    }
    made = await docker.do("/containers/create", body, name=NEW)
    await docker.do(f"/containers/{old['Id']}/update", {"RestartPolicy": {"Name": "no"}})
    await docker.do(f"/containers/{old['Id']}/stop")
    await docker.do(f"/containers/{old['Id']}/rename", name=OLD)
    await docker.do(f"/containers/{made['Id']}/rename", name="gluetun")
    await docker.do(f"/containers/{made['Id']}/start")
    return old, await docker.get("/containers/gluetun/json")


async def _dependant(docker: Http) -> dict[str, Any]:
    found: dict[str, Any] = await docker.get("/containers/qbittorrent/json")
    return found


async def test_forward() -> None:
    async with yard() as ground:
        docker = ground.docker
        old, new = await _begin(ground, "good")
        assert new["Image"] != old["Image"]
        assert new["NetworkSettings"]["Ports"]["8080/tcp"] == old["NetworkSettings"]["Ports"]["8080/tcp"]
        ground.sim.advance(11)
        assert (await docker.get("/containers/gluetun/json"))["State"]["Health"]["Status"] == "healthy"
        # who shared the old one's network is stranded until it is made anew
        assert (await _dependant(docker))["HostConfig"]["NetworkMode"] == f"container:{old['Id']}"
        assert (await docker.post("/containers/qbittorrent/restart")).status == 500
        # a stopped one with the policy `no` stays where it is, whatever the engine does
        await ground.scenario("engine_restarted", downtime=0)
        assert not (await docker.get(f"/containers/{OLD}/json"))["State"]["Running"]
        assert (await docker.get("/containers/gluetun/json"))["State"]["Running"]
        assert (await docker.delete(f"/containers/{OLD}", v=0)).status == 204


@pytest.mark.parametrize("kind", ["unhealthy", "exits", "start_fails"])
async def test_and_back(kind: str) -> None:
    async with yard() as ground:
        docker = ground.docker
        if kind == "start_fails":
            with pytest.raises(AssertionError, match="permission denied"):
                await _begin(ground, kind)
            old = await docker.get(f"/containers/{OLD}/json")
        else:
            old, _ = await _begin(ground, kind)
            for _ in range(6):
                ground.sim.advance(5)
            state = (await docker.get("/containers/gluetun/json"))["State"]
            restarts = (await docker.get("/containers/gluetun/json"))["RestartCount"]
            assert state["Health"]["Status"] == "unhealthy" or restarts
        await docker.do("/containers/gluetun/update", {"RestartPolicy": {"Name": "no"}})
        await docker.post("/containers/gluetun/stop")
        await docker.do("/containers/gluetun/rename", name="gluetun-hsm-1a2b3c4d-failed")
        await docker.do(f"/containers/{OLD}/rename", name="gluetun")
        await docker.do("/containers/gluetun/update", {"RestartPolicy": {"Name": "unless-stopped"}})
        await docker.do("/containers/gluetun/start")
        await docker.do(
            f"/images/{old['Image']}/tag", repo=old["Config"]["Image"].rpartition(":")[0], tag="v3.40"
        )
        back = await docker.get("/containers/gluetun/json")
        assert (back["Id"], back["Image"], back["State"]["Running"]) == (old["Id"], old["Image"], True)
        row = (await docker.get("/containers/json", filters='{"name":["^/gluetun$"]}'))[0]
        assert row["Image"] == old["Config"]["Image"]
        # the id is the old one, so whoever depends on it fits again
        assert (await docker.post("/containers/qbittorrent/restart")).status == 204
        assert (await docker.delete("/containers/gluetun-hsm-1a2b3c4d-failed", force=1)).status == 204

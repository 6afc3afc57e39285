"""Docker 29: what its API no longer says, and what it says instead."""

import json

from .http_client import yard


async def test_what_is_gone_and_what_came() -> None:
    async with yard(api="1.52") as ground:
        docker = ground.docker
        version = await docker.get("/version")
        assert (version["ApiVersion"], version["MinAPIVersion"]) == ("1.52", "1.44")
        assert (await docker.ask("GET", "/v1.43/containers/json")).status == 400
        rows = {row["Names"][0]: row for row in await docker.get("/containers/json", all=1)}
        assert rows["/sonarr"]["Health"] == {"Status": "healthy", "FailingStreak": 0}
        assert rows["/sabnzbd"]["Health"]["Status"] == "none"
        found = await docker.get("/containers/portainer/json")
        assert set(found["NetworkSettings"]) == {"SandboxID", "SandboxKey", "Ports", "Networks"}
        assert found["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        assert "OnBuild" not in found["Config"]
        older = await docker.get("/v1.44/containers/portainer/json")
        assert older["NetworkSettings"]["IPAddress"]
        image = await docker.get(f"/images/{found['Image']}/json")
        assert not {"Parent", "Author", "DockerVersion"} & set(image)
        assert not {"OnBuild", "User"} & set(image["Config"])
        sample = await docker.get("/containers/sonarr/stats?stream=false&one-shot=true")
        assert sample["os_type"] == "linux"


async def test_events_without_the_old_keys() -> None:
    async with yard(api="1.52") as ground:
        await ground.docker.do("/containers/caddy/pause")
        until = ground.harbour.engine.now()
        for path, there in (("/events", False), ("/v1.51/events", True)):
            answer = await ground.docker.ask("GET", path, since=0, until=until)
            event = json.loads(answer.body.splitlines()[-1])
            assert event["Action"] == "pause"
            assert ({"status", "id", "from"} <= set(event)) is there


async def test_disk_use_in_sums() -> None:
    async with yard(api="1.52") as ground:
        docker, engine = ground.docker, ground.harbour.engine
        both = await docker.get("/system/df")
        assert both["Images"]
        images = both["ImageUsage"]
        assert images["TotalCount"] == len(both["Images"]) == len(engine.images)
        assert 0 < images["Reclaimable"] < images["TotalSize"]
        detailed = await docker.get("/system/df", verbose=1, type="volume")
        assert set(detailed) == {"VolumeUsage"}
        assert (
            len(detailed["VolumeUsage"]["Items"])
            == detailed["VolumeUsage"]["TotalCount"]
            == len(engine.volumes)
        )
        assert detailed["VolumeUsage"]["Reclaimable"] == 2_300_000_000

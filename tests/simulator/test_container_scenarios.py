"""What can happen to containers, seen by those who ask the engine; and each has its way back."""

import pytest

import simulator
from simulator.engine.model import SECOND
from simulator.scenarios import SCENARIOS
from simulator.scenarios.containers import CONTAINERS
from simulator.scenarios.engine import ENGINE

from .client import connect
from .http_client import yard
from .test_docker_images import pull


async def test_every_one_goes_on_and_off_again() -> None:
    async with yard() as ground:
        for kind in (*CONTAINERS, *ENGINE):
            assert SCENARIOS[kind.name] is kind
            await ground.scenario(kind.name, **({"downtime": 0} if kind.name == "engine_restarted" else {}))
            ground.sim.advance(2)
            await ground.off(kind.name)
        for _ in range(10):
            ground.sim.advance(60)
        rows = await ground.docker.get("/containers/json", all=1)
        states = {row["Names"][0]: row["State"] for row in rows}
        assert [name for name, state in states.items() if state != "running"] == ["/backup", "/old-jellyfin"]
        assert not [row["Status"] for row in rows if "unhealthy" in row["Status"]]
        assert (await ground.portainer.ask("GET", "/api/endpoints")).status == 200


@pytest.mark.parametrize(
    ("scenario", "code", "out_of_memory"), [("crash_loop", 1, False), ("oom_loop", 137, True)]
)
async def test_loops(scenario: str, code: int, out_of_memory: bool) -> None:
    async with yard() as ground:
        await ground.scenario(scenario, container="sonarr")
        for _ in range(20):
            ground.sim.advance(0.5)
        found = await ground.docker.get("/containers/sonarr/json")
        assert found["RestartCount"] >= 3
        while ground.harbour.engine.names["sonarr"].state != "restarting":
            ground.sim.advance(0.2)
        state = (await ground.docker.get("/containers/sonarr/json"))["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (code, out_of_memory)
        await ground.off(scenario)
        state = (await ground.docker.get("/containers/sonarr/json"))["State"]
        assert (state["Status"], state["OOMKilled"]) == ("running", False)


async def test_an_unhealthy_one_says_why() -> None:
    async with yard() as ground:
        await ground.scenario("container_unhealthy", container="sonarr", output="curl: (22) 503\n")
        for _ in range(5):
            ground.sim.advance(30)
        health = (await ground.docker.get("/containers/sonarr/json"))["State"]["Health"]
        assert health["Status"] == "unhealthy"
        assert health["FailingStreak"] >= 3
        assert health["Log"][-1]["Output"] == "curl: (22) 503\n"
        await ground.off("container_unhealthy")
        ground.sim.advance(31)
        assert (await ground.docker.get("/containers/sonarr/json"))["State"]["Health"]["Status"] == "healthy"


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("good", ("running", "healthy")),
        ("slow", ("running", "starting")),
        ("unhealthy", ("running", "unhealthy")),
        ("exits", ("restarting", "unhealthy")),
        ("needs_more", ("restarting", "unhealthy")),
        ("start_fails", ("created", None)),
    ],
)
async def test_a_new_image_is_what_it_is_only_when_it_runs(kind: str, seen: tuple[str, str | None]) -> None:
    async with yard() as ground:
        docker = ground.docker
        image = f"{ground.harbour.household.store.host}/linuxserver/sonarr"
        await ground.scenario("image_update", container="sonarr", kind=kind)
        await pull(docker, image)
        old = await docker.get("/containers/sonarr/json")
        grace = 120 if kind == "slow" else 0
        check = {**old["Config"]["Healthcheck"], "StartPeriod": grace * SECOND, "Interval": 10 * SECOND}
        body = {
            "Image": f"{image}:latest",
            "Healthcheck": check,
            "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}},
        }
        await docker.do("/containers/create", body, name="trial")
        started = await docker.post("/containers/trial/start")
        assert started.status == (400 if kind == "start_fails" else 204)
        for _ in range(4):
            ground.sim.advance(10.1)
        container = ground.harbour.engine.names["trial"]
        if seen[0] == "restarting":
            while container.state != "restarting":
                ground.sim.advance(1)
        state = (await docker.get("/containers/trial/json"))["State"]
        assert (state["Status"], (state.get("Health") or {}).get("Status")) == seen
        if kind == "slow":
            ground.sim.advance(60)
            assert container.health is not None
            assert container.health.status == "healthy"


async def test_containers_come_and_go() -> None:
    async with yard() as ground:
        await ground.scenario("container_added", container="speedtest")
        await ground.scenario("container_removed", container="tautulli")
        await ground.scenario("container_stopped", container="seerr")
        rows = {row["Names"][0]: row["State"] for row in await ground.docker.get("/containers/json", all=1)}
        assert rows["/speedtest"] == "running"
        assert "/tautulli" not in rows
        assert rows["/seerr"] == "exited"
        for name in ("container_added", "container_removed", "container_stopped"):
            await ground.off(name)
        rows = {row["Names"][0]: row["State"] for row in await ground.docker.get("/containers/json", all=1)}
        assert "/speedtest" not in rows
        assert rows["/tautulli"] == rows["/seerr"] == "running"


@pytest.mark.parametrize(
    ("api", "words"), [("1.41", "bind: address already in use"), ("1.51", "address already in use")]
)
async def test_a_port_that_the_host_holds(api: str, words: str) -> None:
    async with yard(api=api) as ground:
        await ground.scenario("port_taken", port="8989/tcp")
        answer = await ground.docker.post("/containers/sonarr/restart")
        assert answer.status == 500
        assert answer.message.endswith(words)
        await ground.off("port_taken")
        assert (await ground.docker.post("/containers/sonarr/start")).status == 204


async def test_a_server_without_containers_says_so() -> None:
    async with simulator.run(tls=False) as sim:
        with pytest.raises(KeyError):
            await sim.scenario("crash_loop")


async def test_the_server_reboots_with_all_its_containers() -> None:
    async with yard() as ground:
        engine = ground.harbour.engine
        await ground.scenario("reboot", downtime=0)
        rows = {row["Names"][0]: row for row in await ground.docker.get("/containers/json", all=1)}
        assert rows["/plex"]["State"] == rows["/qbittorrent"]["State"] == "running"
        assert rows["/plex"]["Status"].startswith("Up ")
        assert engine.now() - engine.booted < 60


async def test_the_containers_of_the_apps_of_the_nas() -> None:
    async with yard(apps=True, secure=True) as ground, connect(ground.sim) as nas:
        apps = await nas.call("app.query")
        details = [part for app in apps for part in app["active_workloads"]["container_details"]]
        rows = {row["Id"]: row for row in await ground.docker.get("/containers/json")}
        for part in details:
            labels = rows[part["id"]]["Labels"]
            assert labels["com.docker.compose.project"].startswith("ix-")
            assert labels["com.docker.compose.service"] == part["service_name"]
        (sonarr,) = (part["id"] for part in details if part["service_name"] == "sonarr")
        await nas.call("app.stop", "sonarr")
        for _ in range(40):
            ground.sim.advance(1)
        assert (await ground.docker.ask("GET", f"/containers/{sonarr}/json")).status == 404
        await nas.call("app.start", "sonarr")
        for _ in range(40):
            ground.sim.advance(1)
        assert (await ground.docker.get(f"/containers/{sonarr}/json"))["State"]["Running"]
        await ground.scenario("app_crashed", app="sonarr")
        assert not (await ground.docker.get(f"/containers/{sonarr}/json"))["State"]["Running"]

"""The life of a container, with the refusals that real engines gave to the same orders."""

import itertools
from typing import Any

import pytest

from simulator.engine import Engine, process
from simulator.engine.model import Event

from .http_client import Http, Yard, yard

MODERN = {"1.41": False, "1.51": True}
BOTH = pytest.mark.parametrize("api", MODERN)


def body(ground: Yard, **more: Any) -> dict[str, Any]:
    """A request for a container of an image that is there."""
    image = ground.harbour.household.reference(ground.harbour.household.services["caddy"])
    return {"Image": image, **more}


async def state_of(docker: Http, name: str) -> dict[str, Any]:
    state: dict[str, Any] = (await docker.get(f"/containers/{name}/json"))["State"]
    return state


@BOTH
async def test_orders_that_do_not_fit_the_state_are_refused(api: str) -> None:
    word = "container" if MODERN[api] else "Container"
    can = "cannot" if MODERN[api] else "Cannot"
    async with yard(api=api) as ground:
        docker = ground.docker
        ident = (await docker.do("/containers/create", body(ground), name="ww"))["Id"]
        gone = f"{word} {ident} is not running"
        expected: list[tuple[str, str, int, str]] = [
            ("GET", "/containers/ww/top", 409, gone),
            ("GET", "/containers/ww/logs", 400, "Bad parameters: you must choose at least one stream"),
            ("POST", "/containers/ww/pause", 409, gone),
            ("POST", "/containers/ww/kill", 409, f"{can} kill container: ww: {gone}"),
            ("POST", "/containers/nope/kill", 404, f"{can} kill container: nope: No such container: nope"),
            ("POST", "/containers/ww/unpause", 500, f"Container {ident} is not paused"),
            ("POST", "/containers/ww/rename?name=ww", 400, "Renaming a container with the same name as its current name"),
            ("POST", "/containers/ww/rename?name=", 400, "Neither old nor new names may be empty"),
            ("POST", "/containers/json", 404, "page not found"),
            ("DELETE", "/containers/json", 404, "No such container: json"),
            ("GET", "/containers/json?limit=x", 500, 'strconv.Atoi: parsing "x": invalid syntax'),
        ]  # fmt: skip
        for verb, path, status, words in expected:
            answer = await docker.ask(verb, path)
            assert (answer.status, answer.message) == (status, words), path
        assert (await docker.post("/containers/ww/stop")).status == 304
        assert (await docker.post("/containers/ww/start")).status == 204
        assert (await docker.post("/containers/ww/start")).status == 304
        assert (await docker.post("/containers/ww/pause")).status == 204
        paused = [
            ("POST", "/containers/ww/pause", 409, f"Container {ident} is already paused"),
            ("POST", "/containers/ww/start", 409, "cannot start a paused container, try unpause instead"),
        ]
        for verb, path, status, words in paused:
            answer = await docker.ask(verb, path)
            assert (answer.status, answer.message) == (status, words)
        refused = await docker.post("/containers/ww/exec", {"Cmd": ["ls"]})
        assert refused.message == "Container ww is paused, unpause the container before exec"
        rows = await docker.get("/containers/json", filters='{"name":["^/ww$"]}')
        assert rows[0]["Status"].endswith("(Paused)")
        assert (await docker.delete("/containers/ww")).status == 409
        await docker.do("/containers/ww/unpause")
        still = await docker.delete("/containers/ww")
        assert still.message == (
            'cannot remove container "ww": container is running: stop the container before removing or force remove'
            if MODERN[api]
            else f"You cannot remove a running container {ident}. Stop the container before attempting removal or force remove"
        )
        assert (await docker.delete("/containers/ww", force=1)).status == 204
        assert (await docker.ask("GET", "/containers/ww/json")).status == 404


@BOTH
async def test_names_and_versions(api: str) -> None:
    async with yard(api=api) as ground:
        docker = ground.docker
        first = await docker.do("/containers/create", body(ground), name="aa")
        await docker.do("/containers/create", body(ground), name="bb")
        taken = (
            'Conflict. The container name "/aa" is already in use by container '
            f'"{first["Id"]}". You have to remove (or rename) that container to be able to reuse that name.'
        )
        answer = await docker.post("/containers/create", body(ground), name="aa")
        assert (answer.status, answer.message) == (409, taken)
        answer = await docker.post("/containers/bb/rename", name="aa")
        assert (answer.status, answer.message) == (409, f"Error when allocating new name: {taken}")
        answer = await docker.post("/containers/create", body(ground), name="w/x")
        assert answer.status == 400
        assert answer.message.startswith("Invalid container name (w/x)")
        for spelling in (first["Id"], first["Id"][:12], "aa", "/aa"):
            assert (await docker.get(f"/containers/{spelling.lstrip('/')}/json"))["Name"] == "/aa"
        too_new = await docker.ask("GET", "/v9.99/version")
        assert too_new.message == f"client version 9.99 is too new. Maximum supported API version is {api}"
        too_old = await docker.ask("GET", "/v1.10/version")
        assert too_old.status == 400
        assert too_old.headers["Content-Type"].startswith("text/plain")
        ping = await docker.ask("HEAD", "/_ping")
        assert (ping.status, ping.headers["Api-Version"], ping.body) == (200, api, b"")


@BOTH
async def test_stopping_and_killing_leave_the_exit_codes_of_real_ones(api: str) -> None:
    async with yard(api=api) as ground:
        docker, engine = ground.docker, ground.harbour.engine
        for name in ("good", "deaf", "killed"):
            await docker.do("/containers/create", body(ground), name=name)
        process.behave(engine, engine.names["deaf"], stops_in=None)
        for name in ("good", "deaf", "killed"):
            await docker.do(f"/containers/{name}/start")
        await docker.do("/containers/good/stop")
        await docker.do("/containers/deaf/stop", t=1)
        await docker.do("/containers/killed/kill")
        codes = {name: (await state_of(docker, name))["ExitCode"] for name in ("good", "deaf", "killed")}
        assert codes == {"good": 0, "deaf": 137, "killed": 137}
        engine.clock.advance(30)
        row = (await docker.get("/containers/json", all=1, filters='{"name":["deaf"]}'))[0]
        assert row["Status"] == "Exited (137) 30 seconds ago"
        assert (await docker.do("/containers/deaf/wait"))["StatusCode"] == 137
        await docker.do("/containers/good/restart")
        assert (await state_of(docker, "good"))["Running"]


def _loop(engine: Engine, name: str) -> None:
    process.behave(engine, engine.names[name], exits_after=0.05, exit_code=3, last_words="boom")


async def test_a_crash_loop_backs_off_as_the_engine_does() -> None:
    async with yard() as ground:
        docker, engine = ground.docker, ground.harbour.engine
        policy = {"RestartPolicy": {"Name": "always"}}
        await docker.do("/containers/create", body(ground, HostConfig=policy), name="loop")
        _loop(engine, "loop")
        times: dict[str, list[float]] = {"start": [], "die": []}

        def hear(event: Event) -> None:
            if event.attributes.get("name") == "loop" and event.action in times:
                times[event.action].append(event.at / 1e9)

        engine.listeners.append(hear)
        await docker.do("/containers/loop/start")
        ground.sim.advance(300)
        pauses = [round(start - end, 1) for end, start in zip(times["die"], times["start"][1:], strict=False)]
        assert pauses[:12] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0, 60.0]
        found = await docker.get("/containers/loop/json")
        assert found["RestartCount"] >= 11
        while engine.names["loop"].state != "restarting":
            ground.sim.advance(0.05)
        # between two lives it counts as running
        state = await state_of(docker, "loop")
        assert (state["Status"], state["Running"], state["Pid"]) == ("restarting", True, 0)
        logs = await docker.ask("GET", "/containers/loop/logs", stderr=1, tail=2)
        assert logs.body.count(b"boom\n") == 2
        assert logs.body[:8] == b"\x02\x00\x00\x00\x00\x00\x00\x05"
        await docker.do("/containers/loop/stop")
        before = (await docker.get("/containers/loop/json"))["RestartCount"]
        ground.sim.advance(300)
        found = await docker.get("/containers/loop/json")
        assert (found["State"]["Status"], found["RestartCount"]) == ("exited", before)


async def test_on_failure_gives_up_after_its_number() -> None:
    async with yard() as ground:
        docker, engine = ground.docker, ground.harbour.engine
        policy = {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}
        await docker.do("/containers/create", body(ground, HostConfig=policy), name="few")
        _loop(engine, "few")
        await docker.do("/containers/few/start")
        for _ in range(40):
            ground.sim.advance(0.1)
        found = await docker.get("/containers/few/json")
        assert (found["State"]["Status"], found["State"]["ExitCode"], found["RestartCount"]) == (
            "exited",
            3,
            2,
        )


@BOTH
async def test_a_shared_network_needs_its_owner(api: str) -> None:
    async with yard(api=api) as ground:
        docker = ground.docker
        owner = (await docker.do("/containers/create", body(ground), name="owner"))["Id"]
        await docker.do("/containers/owner/start")
        shared = {"NetworkMode": "container:owner"}
        await docker.do("/containers/create", body(ground, HostConfig=shared), name="guest")
        found = await docker.get("/containers/guest/json")
        assert found["HostConfig"]["NetworkMode"] == f"container:{owner}"
        assert found["NetworkSettings"]["Networks"] == {}
        await docker.do("/containers/guest/start")
        answer = await docker.post("/networks/bridge/connect", {"Container": "guest"})
        assert answer.status == 400
        await docker.do("/containers/owner/stop")
        # it goes on in a network that is dead
        assert (await state_of(docker, "guest"))["Running"]
        answer = await docker.post("/containers/guest/restart")
        assert answer.status == 500
        assert answer.message == (
            "Cannot restart container guest: cannot join network namespace of a non running container: container owner is exited"
            if MODERN[api]
            else f"Cannot restart container guest: cannot join network of a non running container: {owner}"
        )
        assert (await docker.post("/containers/guest/start")).status == 409
        await docker.delete("/containers/owner")
        gone = await docker.post("/containers/guest/start")
        assert gone.status == (500 if MODERN[api] else 404)
        assert f"No such container: {owner}" in gone.message


async def test_the_engine_restarts_what_its_policies_say() -> None:
    async with yard() as ground:
        docker = ground.docker
        for name, policy in (("ever", "always"), ("unless", "unless-stopped"), ("never", "no"), ("by-hand", "unless-stopped"), ("ever-by-hand", "always")):  # fmt: skip
            await docker.do(
                "/containers/create", body(ground, HostConfig={"RestartPolicy": {"Name": policy}}), name=name
            )
            await docker.do(f"/containers/{name}/start")
        await docker.do(
            "/containers/create", body(ground, HostConfig={"RestartPolicy": {"Name": "always"}}), name="fresh"
        )
        for name in ("by-hand", "ever-by-hand"):
            await docker.do(f"/containers/{name}/stop")
        await ground.scenario("engine_restarted", downtime=0)
        states = {name: (await state_of(docker, name))["Status"] for name in ("ever", "unless", "never", "by-hand", "ever-by-hand", "fresh")}  # fmt: skip
        assert states == {
            "ever": "running",
            "unless": "running",
            "never": "exited",
            "by-hand": "exited",
            "ever-by-hand": "running",
            "fresh": "created",
        }
        # and the guest found its owner again
        assert (await state_of(docker, "qbittorrent"))["Running"]


async def test_what_was_due_while_the_clock_leapt_happened_at_its_time() -> None:
    async with yard() as ground:
        docker, engine = ground.docker, ground.harbour.engine
        policy = {"RestartPolicy": {"Name": "always"}}
        await docker.do("/containers/create", body(ground, HostConfig=policy), name="loop")
        _loop(engine, "loop")
        await docker.do("/containers/loop/start")
        await ground.scenario("container_unhealthy", container="vaultwarden")
        begin = engine.now()
        ground.sim.advance(3600)
        found = await docker.get("/containers/loop/json")
        # ten in the first two minutes, then one a minute
        assert 60 <= found["RestartCount"] <= 72
        health = (await docker.get("/containers/vaultwarden/json"))["State"]["Health"]
        assert health["Status"] == "unhealthy"
        deaths = [event.at / 1e9 - begin for event in engine.events if event.action == "die"]
        assert deaths == sorted(deaths)
        assert all(abs(second - first - 60) < 1 for first, second in itertools.pairwise(deaths[-10:]))

"""The switchboard, and the command line that starts it all."""

import html
import json
import re
import signal
import subprocess
import sys
from typing import Any

import aiohttp
import pytest

import simulator
from simulator.scenarios import SCENARIOS

from .client import CallFailedError, connect


class _Board:
    def __init__(self, sim: simulator.Simulation, http: aiohttp.ClientSession) -> None:
        self.url, self.http = sim.control_url, http

    async def post(self, path: str, body: dict[str, Any] | None = None) -> int:
        async with self.http.post(self.url + path, json=body or {}) as reply:
            return reply.status

    async def get(self, path: str) -> Any:
        async with self.http.get(self.url + path) as reply:
            return await reply.json()


async def test_scenarios_clock_profile_and_state() -> None:
    async with simulator.run() as sim, aiohttp.ClientSession() as http:
        board = _Board(sim, http)
        assert set(await board.get("/scenarios")) == set(SCENARIOS)
        assert await board.post("/scenario/pool_degraded", {"disk": "sdb"}) == 200
        assert (await board.get("/state"))["pools"]["tank"] == "DEGRADED"
        assert await board.post("/scenario/pool_degraded/off") == 200
        assert (await board.get("/state"))["pools"]["tank"] == "ONLINE"
        assert await board.post("/scenario/no_such_thing") == 404
        assert await board.post("/scenario/pool_degraded", {"disk": "sdz"}) == 400
        before = (await board.get("/state"))["now"]
        assert await board.post("/clock", {"advance": 3600}) == 200
        assert await board.post("/clock", {"advance": "soon"}) == 400
        assert (await board.get("/state"))["now"] - before >= 3600
        assert await board.post("/profile/idle-noise") == 200
        assert (await board.get("/state"))["profile"] == "idle-noise"
        assert await board.post("/profile/earthquake") == 404


async def test_the_page_has_a_button_for_every_kind_of_trouble() -> None:
    """And what a button posts is taken: also a newer image that is no good."""
    containers = simulator.Containers()
    async with simulator.run(containers=containers) as sim, aiohttp.ClientSession() as http:
        async with http.get(sim.control_url) as reply:
            page = await reply.text()
        pressed = [
            (name, json.loads(html.unescape(params)))
            for name, params in re.findall(r"post\('/scenario/(\w+)',([^)]*)\)", page)
        ]
        assert {name for name, _ in pressed} == set(SCENARIOS)
        board = _Board(sim, http)
        kinds = [params.get("kind", "good") for name, params in pressed if name == "image_update"]
        assert kinds == ["good", "unhealthy", "exits", "start_fails"]
        household = sim.harbour.household
        repository = household.store.repositories[household.remote(household.services["sonarr"])]
        for name, params in pressed:
            if name == "image_update":
                assert await board.post(f"/scenario/{name}", params) == 200
                newest = repository.find("latest")
                assert newest is not None
                version = newest.config["Labels"]["org.opencontainers.image.version"]
                assert version.endswith(str(params.get("kind", "good")))


async def test_faults_and_calls_over_http() -> None:
    async with simulator.run() as sim, aiohttp.ClientSession() as http, connect(sim) as client:
        board = _Board(sim, http)
        await board.post(
            "/on_call", {"method": "pool.query", "n": 2, "fault": "error", "errno": 5, "count": 1}
        )
        assert await client.call("pool.query")
        with pytest.raises(CallFailedError):
            await client.call("pool.query")
        assert await board.post("/on_call", {"fault": "earthquake"}) == 400
        await client.call("alert.dismiss", next(iter(sim.world.alerts)))
        writes = await board.get("/calls?writes=1")
        assert [call["method"] for call in writes] == ["alert.dismiss"]
        assert len(await board.get("/calls")) > 3
        assert await board.post("/reset") == 200
        assert await board.get("/calls") == []
        assert sim.faults.active == []
    assert not [alert for alert in sim.world.alerts.values() if alert.dismissed]


async def test_the_cable_and_frames_that_nobody_asked_for() -> None:
    async with simulator.run() as sim, aiohttp.ClientSession() as http:
        board = _Board(sim, http)
        async with connect(sim) as client:
            assert await board.post("/frame", {"text": '{"jsonrpc": "2.0", "id": 7}', "times": 3}) == 200
            assert await board.post("/frame", {"times": 3}) == 400
            assert await client.call("pool.query")
        assert await board.post("/cable", {"plugged": "no"}) == 400
        assert await board.post("/cable", {"plugged": False}) == 200
        with pytest.raises(aiohttp.ClientError):
            await http.get(sim.url, ssl=False)
        assert await board.post("/cable", {"plugged": True}) == 200
        async with connect(sim) as client:
            assert await client.call("pool.query")


@pytest.mark.parametrize(("when", "carried_out"), [("before", False), ("done", True)])
async def test_a_process_dies_before_or_after_the_order_is_carried_out(
    when: str, carried_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulator.run() as sim, aiohttp.ClientSession() as http, connect(sim) as client:
        deaths: list[tuple[int, int, bool]] = []

        def kill(pid: int, number: int) -> None:
            deaths.append((pid, number, not sim.world.services["cifs"].enable))

        monkeypatch.setattr("simulator.truenas.dispatch.os.kill", kill)
        body = {"method": "service.update", "n": 2, "kill_pid": 4711, "when": when}
        assert await _Board(sim, http).post("/on_call", body) == 200
        await client.call("service.update", "ssh", {"enable": True})
        assert deaths == []
        await client.call("service.update", "cifs", {"enable": False})
        assert deaths == [(4711, signal.SIGKILL, carried_out)]


async def test_the_page_has_a_button_for_each_scenario() -> None:
    async with simulator.run() as sim, aiohttp.ClientSession() as http, http.get(sim.control_url) as reply:
        text = await reply.text()
        assert all(f"/scenario/{name}'" in text for name in SCENARIOS)


def test_the_command_line_says_where_it_answers_and_ends_when_told() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "simulator", "--truenas", "26", "--disks", "8", "--profile", "frozen"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {
            "truenas",
            "control",
            "api_key",
            "readonly_key",
            "limited_key",
            "username",
            "fingerprint",
            "docker",
            "portainer",
            "portainer_key",
            "registry",
        }
        assert ready["truenas"].startswith("https://127.0.0.1:")
        assert len(ready["fingerprint"]) == 64
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        assert process.stdout.read() == ""

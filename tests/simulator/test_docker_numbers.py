"""What containers use: counters that clients can make right numbers of."""

from typing import Any

import pytest

from .http_client import Yard, yard
from .test_docker_life import BOTH

MIB = 1 << 20


async def sample(ground: Yard, name: str) -> Any:
    return await ground.docker.get(f"/containers/{name}/stats?stream=false&one-shot=true")


@BOTH
async def test_a_frozen_world_is_under_a_steady_load(api: str) -> None:
    async with yard(api=api) as ground:
        before = await sample(ground, "plex")
        ground.sim.advance(60)
        after = await sample(ground, "plex")
        used = (
            after["cpu_stats"]["cpu_usage"]["total_usage"] - before["cpu_stats"]["cpu_usage"]["total_usage"]
        )
        there = after["cpu_stats"]["system_cpu_usage"] - before["cpu_stats"]["system_cpu_usage"]
        assert used / there * 12 * 100 == pytest.approx(5.1, abs=0.01)
        assert before["memory_stats"] == after["memory_stats"]
        assert before["blkio_stats"] == after["blkio_stats"]
        key = "inactive_file" if api == "1.51" else "total_inactive_file"
        memory = after["memory_stats"]
        assert memory["usage"] > 3000 * MIB
        assert memory["usage"] - memory["stats"][key] < 2200 * MIB
        assert memory["limit"] == ground.harbour.engine.memory
        # it shares the host's network: there is nothing to count
        assert "networks" not in after
        assert "networks" in await sample(ground, "caddy")


async def test_idle_noise_wanders_by_a_few_points_and_counters_never_run_backwards() -> None:
    async with yard(profile="idle-noise") as ground:
        last = await sample(ground, "gluetun")
        loads, rates = [], []
        for _ in range(30):
            ground.sim.advance(20)
            new = await sample(ground, "gluetun")
            used, there = (
                new["cpu_stats"][key] - last["cpu_stats"][key]
                if key == "system_cpu_usage"
                else new["cpu_stats"]["cpu_usage"]["total_usage"]
                - last["cpu_stats"]["cpu_usage"]["total_usage"]
                for key in ("cpu_usage", "system_cpu_usage")
            )
            loads.append(used / there * 12 * 100)
            rates.append(
                (new["networks"]["eth0"]["rx_bytes"] - last["networks"]["eth0"]["rx_bytes"]) / 20 / 1024
            )
            last = new
        assert min(loads) >= 0
        assert max(loads) - min(loads) > 0.05
        assert max(loads) < 0.8 + 3
        assert min(rates) > 1000
        assert max(rates) < 3000
        assert max(rates) - min(rates) > 100


async def test_a_guest_shows_the_counters_of_its_owner() -> None:
    async with yard(profile="idle-noise") as ground:
        owner, guest = await sample(ground, "gluetun"), await sample(ground, "qbittorrent")
        assert guest["networks"].keys() == owner["networks"].keys()
        assert guest["networks"]["eth0"]["rx_bytes"] == pytest.approx(
            owner["networks"]["eth0"]["rx_bytes"], rel=1e-3
        )


async def test_counters_begin_again_with_the_process() -> None:
    async with yard(profile="idle-noise") as ground:
        before = await sample(ground, "caddy")
        await ground.docker.do("/containers/caddy/restart")
        after = await sample(ground, "caddy")
        assert after["networks"]["eth0"]["rx_bytes"] < before["networks"]["eth0"]["rx_bytes"] / 100
        assert (
            after["cpu_stats"]["cpu_usage"]["total_usage"] < before["cpu_stats"]["cpu_usage"]["total_usage"]
        )


async def test_a_leak_fills_the_limit_and_the_kernel_ends_it() -> None:
    async with yard() as ground:
        container = ground.harbour.engine.names["sonarr"]
        await ground.scenario("memory_leak", container="sonarr", megabytes_an_hour=100)
        first = (await sample(ground, "sonarr"))["memory_stats"]["usage"]
        ground.sim.advance(3600)
        second = (await sample(ground, "sonarr"))["memory_stats"]["usage"]
        assert second - first == pytest.approx(100 * MIB, rel=0.02)
        assert container.restarts == 0
        heard: list[str] = []
        ground.harbour.engine.listeners.append(
            lambda event: heard.append(event.action) if event.attributes.get("name") == "sonarr" else None
        )
        ground.sim.advance(8 * 3600)
        found = await ground.docker.get("/containers/sonarr/json")
        assert found["RestartCount"] == 1
        assert [action for action in heard if action in ("oom", "die", "start")] == ["oom", "die", "start"]


async def test_two_samples_take_their_time_and_one_does_not() -> None:
    async with yard() as ground:
        ground.harbour.docker.sample_pace = 0.01
        both = await ground.docker.get("/containers/caddy/stats", stream="false")
        assert both["preread"] != "0001-01-01T00:00:00Z"
        assert both["precpu_stats"]["system_cpu_usage"] < both["cpu_stats"]["system_cpu_usage"]
        one = await sample(ground, "caddy")
        assert one["preread"] == "0001-01-01T00:00:00Z"
        assert "name" not in one
        stopped = await sample(ground, "backup")
        assert stopped["read"] == "0001-01-01T00:00:00Z"
        assert stopped["memory_stats"] == {}


async def test_logs_grow_as_fast_as_they_are_told_to() -> None:
    async with yard() as ground:
        docker, engine = ground.docker, ground.harbour.engine
        await ground.scenario("log_growth", container="seerr", lines_a_minute=6000)
        since = engine.now()
        ground.sim.advance(10)
        answer = await docker.ask("GET", "/containers/seerr/logs", stdout=1, since=since)
        assert answer.body.count(b"[debug] retrying in 0 ms\n") == pytest.approx(1100, abs=110)
        tail = await docker.ask("GET", "/containers/seerr/logs", stdout=1, tail=3, timestamps=1)
        assert tail.body.count(b"Z [debug]") == 3
        assert (await docker.ask("GET", "/containers/seerr/logs", stderr=1)).body == b""

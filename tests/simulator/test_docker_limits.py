"""Limits that are changed while a container runs: accepted, refused and left as real engines did it."""

from typing import Any

import pytest

from .http_client import yard
from .test_docker_life import BOTH, body

M = 1 << 20
TOGETHER = (
    "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
)
STEPS: dict[str, list[tuple[dict[str, Any], int, dict[str, Any]]]] = {
    "memory of an unlimited one": [
        ({"Memory": 64 * M}, 409, {"Memory": 0, "MemorySwap": 0}),
        ({"Memory": 64 * M, "MemorySwap": 64 * M}, 200, {"Memory": 64 * M, "MemorySwap": 64 * M}),
        ({"Memory": 128 * M}, 409, {"Memory": 64 * M}),
        ({"Memory": 128 * M, "MemorySwap": 128 * M}, 200, {"Memory": 128 * M}),
        ({"Memory": 100 * M}, 200, {"Memory": 100 * M, "MemorySwap": 128 * M}),
        ({"Memory": 256 * M, "MemorySwap": -1}, 500, {"Memory": 100 * M, "MemorySwap": 128 * M}),
        ({"Memory": 20 << 30, "MemorySwap": 20 << 30}, 200, {"Memory": 20 << 30}),
        ({"Memory": 64 * M, "MemorySwap": -1}, 200, {"Memory": 64 * M, "MemorySwap": -1}),
        ({"Memory": 48 * M}, 409, {"Memory": 64 * M, "MemorySwap": -1}),
        ({"Memory": 5 * M, "MemorySwap": 5 * M}, 400, {"Memory": 64 * M}),
        ({"MemorySwap": 10 * M}, 500, {"MemorySwap": -1}),
        ({"Memory": 64 * M, "MemorySwap": 32 * M}, 400, {"MemorySwap": -1}),
        ({"Memory": 0, "MemorySwap": 0}, 200, {"Memory": 64 * M, "MemorySwap": -1}),
    ],
    "cores": [
        ({"NanoCpus": 500_000_000}, 200, {"NanoCpus": 500_000_000}),
        ({"NanoCpus": 0}, 200, {"NanoCpus": 500_000_000}),
        ({"NanoCpus": 12_000_000_000}, 200, {"NanoCpus": 12_000_000_000}),
        ({"NanoCpus": 13_000_000_000}, 400, {"NanoCpus": 12_000_000_000}),
        ({"CpuQuota": 50_000}, 409, {"CpuQuota": 0}),
        ({"CpuQuota": -1}, 200, {"CpuQuota": -1, "NanoCpus": 12_000_000_000}),
        ({"CpuPeriod": 100_000}, 409, {"CpuPeriod": 0}),
    ],
    "quota": [
        ({"CpuQuota": 50_000}, 200, {"CpuQuota": 50_000}),
        ({"NanoCpus": 500_000_000}, 409, {"NanoCpus": 0}),
        ({"CpuQuota": -1}, 200, {"CpuQuota": -1}),
        ({"NanoCpus": 500_000_000}, 200, {"NanoCpus": 500_000_000}),
        ({"CpuQuota": 500}, 400, {"CpuQuota": -1}),
        ({"CpuPeriod": 500}, 400, {"CpuPeriod": 0}),
        ({"CpuPeriod": 50_000, "NanoCpus": 10_000_000}, 400, {"CpuPeriod": 0}),
    ],
    "processes and policy": [
        ({"PidsLimit": 50}, 200, {"PidsLimit": 50}),
        ({"PidsLimit": -1}, 200, {"PidsLimit": 0}),
        ({"PidsLimit": 77}, 200, {"PidsLimit": 77}),
        ({"PidsLimit": 0}, 200, {"PidsLimit": 0}),
        ({"CpusetCpus": "0-40"}, 400, {"CpusetCpus": ""}),
        ({"RestartPolicy": {"Name": "always"}}, 200, {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}}),
        ({"RestartPolicy": {"Name": "bogus"}}, 400, {}),
        ({"RestartPolicy": {"Name": "always", "MaximumRetryCount": 3}}, 400, {}),
        ({"RestartPolicy": {"Name": "no"}}, 200, {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}),
        ({}, 200, {}),
    ],
}  # fmt: skip


@BOTH
async def test_every_step(api: str) -> None:
    async with yard(api=api) as ground:
        for number, (what, steps) in enumerate(STEPS.items()):
            name = f"limited-{number}"
            await ground.docker.do("/containers/create", body(ground), name=name)
            await ground.docker.do(f"/containers/{name}/start")
            for asked, status, left in steps:
                answer = await ground.docker.post(f"/containers/{name}/update", asked)
                assert answer.status == status, (what, asked, answer.value)
                if status == 409 and "Memory" in asked:
                    assert answer.message.endswith(TOGETHER)
                host = (await ground.docker.get(f"/containers/{name}/json"))["HostConfig"]
                assert {key: host[key] for key in left} == left, (what, asked)


async def test_what_cannot_be_changed_and_what_is_ignored() -> None:
    async with yard() as ground:
        docker = ground.docker
        await docker.do("/containers/create", body(ground, HostConfig={"AutoRemove": True}), name="passing")
        answer = await docker.post("/containers/passing/update", {"RestartPolicy": {"Name": "always"}})
        assert answer.status == 409
        assert "AutoRemove is enabled" in answer.message
        answer = await docker.post("/containers/vaultwarden/update", {"BlkioWeight": 300})
        assert answer.status == 200
        assert "Block I/O weight" in answer.value["Warnings"][0]
        answer = await docker.post("/containers/vaultwarden/update", {"NanoCpus": "x"})
        assert answer.status == 400
        assert (await docker.post("/containers/nope/update", {"PidsLimit": 5})).status == 404


@pytest.mark.parametrize("by", ["NanoCpus", "CpuQuota"])
async def test_a_limit_bites(by: str) -> None:
    async with yard() as ground:
        docker, engine = ground.docker, ground.harbour.engine
        await ground.scenario("cpu_hog", container="caddy", percent=300)
        limit = {"NanoCpus": 500_000_000} if by == "NanoCpus" else {"CpuQuota": 50_000}
        first = await _used(docker, engine)
        assert first == pytest.approx(300, abs=1)
        await docker.do("/containers/caddy/update", limit)
        assert await _used(docker, engine) == pytest.approx(50, abs=1)
        sample = await docker.get("/containers/caddy/stats", stream="false", one_shot="true")
        assert sample["cpu_stats"]["throttling_data"]["throttled_periods"] > 0


async def _used(docker: Any, engine: Any) -> float:
    async def sample() -> Any:
        found = await docker.ask("GET", "/containers/caddy/stats?stream=false&one-shot=true")
        return found.value["cpu_stats"]

    before = await sample()
    engine.clock.advance(30)
    after = await sample()
    used = after["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    there = after["system_cpu_usage"] - before["system_cpu_usage"]
    return float(used / there * after["online_cpus"] * 100)

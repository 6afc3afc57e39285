"""Engines of any size answer at once; measured is the work, not the time, for other things run here, too."""

import time
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.docker import Docker
from simulator.engine import release_named
from simulator.household import build_household
from simulator.serving.asked import Asked


def _docker(count: int) -> Docker:
    household = build_household(
        Clock(), 1, release_named("1.51"), count=count, registry_host="127.0.0.1:5000"
    )
    return Docker(household.engine)


async def _work(docker: Docker, path: str, times: int, **query: str) -> tuple[float, bytes]:
    """Milliseconds of one answer, the least of several rounds, and what it is."""
    best, content = 1e9, b""
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            reply: Any = await docker.answer(Asked("GET", path, query))
            content = reply.body()
        best = min(best, (time.process_time() - start) / times * 1000)
    return best, content


async def test_a_thousand_containers() -> None:
    docker = _docker(1000)
    listing, content = await _work(docker, "/containers/json", 1, all="1")
    assert content.count(b'"Names"') == 1000
    assert listing < 30
    stats, _ = await _work(docker, "/containers/plex/stats", 50, stream="false", **{"one-shot": "true"})
    assert stats < 2
    inspect, _ = await _work(docker, "/containers/plex/json", 50)
    assert inspect < 2


@pytest.mark.parametrize("count", [0, 1, 2, 31, 100])
async def test_any_number(count: int) -> None:
    docker = _docker(count)
    engine = docker.engine
    assert len(engine.containers) == len(engine.names) == count
    failed = [name for name, each in engine.names.items() if each.state not in ("running", "exited")]
    assert failed == []
    guests = [each for each in engine.containers.values() if each.network_mode.startswith("container:")]
    assert all(engine.parent_of(guest) is not None for guest in guests)
    ports = [port for each in engine.containers.values() for port in each.ports]
    assert len(ports) >= min(1, count)
    engine.clock.advance(60)
    engine.tick()
    assert [name for name, each in engine.names.items() if each.state not in ("running", "exited")] == []

"""Limits are set and taken back by bodies that a real engine accepts, and that do what they say."""

from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.audit import audit
from custom_components.home_server_monitor.sources.containers.audit_case import Subject
from custom_components.home_server_monitor.sources.containers.limiting import (
    LEAST_MEMORY,
    cpu_body,
    memory_body,
    restart_body,
    restoring,
)

from ...engine import Engine
from .test_audit import NOW

MIB = 2**20
KEYS = ("Memory", "MemorySwap", "NanoCpus", "CpuPeriod", "CpuQuota", "PidsLimit", "RestartPolicy")
INFO = {"MemTotal": 8 * 2**30, "NCPU": 4}


def test_both_limits_of_memory_are_sent() -> None:
    assert memory_body(64 * MIB) == {"Memory": 64 * MIB, "MemorySwap": 64 * MIB}
    assert memory_body(64 * MIB, 96 * MIB) == {"Memory": 64 * MIB, "MemorySwap": 96 * MIB}
    # less for both than for one of them is nonsense
    assert memory_body(64 * MIB, 32 * MIB) == {"Memory": 64 * MIB, "MemorySwap": 64 * MIB}
    with pytest.raises(ValueError, match="less than"):
        memory_body(LEAST_MEMORY - 1)


def test_cores_are_limited_in_the_way_that_is_in_use() -> None:
    assert cpu_body({}, 1.5) == {"NanoCpus": 1_500_000_000}
    assert cpu_body({"CpuQuota": 50_000}, 1.5) == {"CpuPeriod": 100_000, "CpuQuota": 150_000}
    assert cpu_body({"CpuQuota": -1, "CpuPeriod": 50_000}, 0.5) == {"CpuPeriod": 50_000, "CpuQuota": 25_000}


@pytest.mark.parametrize(
    ("host", "body", "back"),
    [
        ({}, memory_body(64 * MIB), {"Memory": 8 * 2**30, "MemorySwap": 8 * 2**30}),
        (
            {"Memory": 32 * MIB, "MemorySwap": 64 * MIB},
            memory_body(64 * MIB),
            {"Memory": 32 * MIB, "MemorySwap": 64 * MIB},
        ),
        (
            {"Memory": 32 * MIB, "MemorySwap": -1},
            memory_body(64 * MIB),
            {"Memory": 32 * MIB, "MemorySwap": 8 * 2**30},
        ),
        ({}, {"NanoCpus": 1}, {"NanoCpus": 4 * 10**9}),
        ({"NanoCpus": 7}, {"NanoCpus": 1}, {"NanoCpus": 7}),
        ({"CpuQuota": -1}, {"CpuQuota": 1, "CpuPeriod": 2}, {"CpuQuota": -1, "CpuPeriod": 100_000}),
        ({"PidsLimit": None}, {"PidsLimit": 9}, {"PidsLimit": -1}),
        ({"PidsLimit": 5}, {"PidsLimit": 9}, {"PidsLimit": 5}),
        (
            {"RestartPolicy": {"Name": "", "MaximumRetryCount": 0}},
            restart_body("no"),
            restart_body("no"),
        ),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 4}},
            restart_body("no"),
            restart_body("on-failure", 4),
        ),
    ],
)
def test_what_puts_it_back(host: dict[str, Any], body: dict[str, Any], back: dict[str, Any]) -> None:
    assert restoring(host, body, INFO) == back


def update(engine: Engine, name: str, body: Any) -> dict[str, Any]:
    """Update a container; returns what it has then."""
    engine.api.must("POST", f"/containers/{name}/update", body)
    return host_of(engine, name)


def host_of(engine: Engine, name: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.api.must("GET", f"/containers/{name}/json")["HostConfig"]
    return found


LIMITED: list[dict[str, Any]] = [
    {},
    {"Memory": 64 * MIB, "MemorySwap": 128 * MIB, "NanoCpus": 500_000_000, "PidsLimit": 50},
    {"Memory": 64 * MIB, "MemorySwap": -1},
    {"CpuPeriod": 50_000, "CpuQuota": 25_000},
    {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 4}},
]


def test_a_real_engine_takes_and_gives_back_every_limit(engine: Engine) -> None:
    image = engine.image()
    info = engine.api.must("GET", "/info")
    for number, limits in enumerate(LIMITED):
        name = engine.name(f"app{number}")
        engine.run(f"app{number}", image, HostConfig=limits)
        before = host_of(engine, name)
        bodies = [
            memory_body(96 * MIB),
            memory_body(48 * MIB),
            cpu_body(before, 0.25),
            cpu_body(before, 1.0),
            {"PidsLimit": 77},
            restart_body("no"),
        ]
        for body in bodies:
            after = update(engine, name, body)
            for key, value in body.items():
                if key != "RestartPolicy":
                    assert after[key] == value, (limits, body)
            back = update(engine, name, restoring(before, body, info))
            for key in body.keys() & {"NanoCpus", "Memory", "PidsLimit"}:
                assert back[key] == before[key] or not before[key], (limits, body)
            for key in ("NanoCpus", "CpuQuota", "Memory"):
                # another limit is never touched
                assert key in body or back[key] in (before[key], info["NCPU"] * 10**9, info["MemTotal"], -1)
        named = host_of(engine, name)["RestartPolicy"]["Name"] or "no"
        assert named == (before["RestartPolicy"]["Name"] or "no")


def test_what_was_not_limited_is_not_limited_again(engine: Engine) -> None:
    image, name = engine.image(), engine.name("app")
    engine.run("app", image, Cmd=["/bin/sh", "-c", "sleep 1000"])
    info = engine.api.must("GET", "/info")
    before = host_of(engine, name)
    for body in (memory_body(16 * MIB), cpu_body(before, 0.05), {"PidsLimit": 3}):
        update(engine, name, body)
        after = update(engine, name, restoring(before, body, info))
        if "Memory" in body:
            assert after["Memory"] >= info["MemTotal"]
        if "NanoCpus" in body:
            assert after["NanoCpus"] == info["NCPU"] * 10**9
        if "PidsLimit" in body:
            assert (after["PidsLimit"] or 0) <= 0


def test_what_the_audit_mends_at_once_a_real_engine_accepts(engine: Engine) -> None:
    image = engine.image()
    name = engine.name("app")
    engine.run("app", image)
    inspect = engine.api.must("GET", f"/containers/{name}/json")
    info = engine.api.must("GET", "/info")

    def mendable(about: dict[str, Any]) -> dict[str, Any]:
        subject = Subject(inspect=about, image={}, info=info, now=NOW, memory=50 * MIB, pids=4, looping=False)
        return {check.key: check.fix.live for check in audit(subject) if check.fix and check.fix.live}

    found = mendable(inspect)
    assert found.keys() >= {"no_memory_limit", "no_pids_limit", "never_restarts"}
    for live in found.values():
        engine.api.must("POST", f"/containers/{name}/update", live)
    assert not mendable(engine.api.must("GET", f"/containers/{name}/json"))

"""A container that uses more than it may, for long, and what may be done about it."""

from datetime import datetime
from itertools import pairwise
import time
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.sources.containers.ladder import Remedy, Rung, bites, ladder
from custom_components.home_server_monitor.sources.containers.model import Usage
from custom_components.home_server_monitor.sources.containers.quota import (
    Breach,
    Measure,
    Quota,
    Sample,
    breaches,
)

from ...engine import Engine
from .inspections import INFO, inspection

MIB = 2**20


def sample(at: float, *, restarts: int | None = None, log_rate: float | None = None, **usage: Any) -> Sample:
    return Sample(at=at, usage=Usage(**usage), restarts=restarts, log_rate=log_rate)


def minutes(*values: float | None, each: float = 60.0, **more: Any) -> list[Sample]:
    """Return one sample of the processor a minute."""
    return [sample(at * each, cpu_percent=value, **more) for at, value in enumerate(values)]


CPU = Quota(cpu=100.0)


def test_what_lasts_is_a_breach() -> None:
    assert breaches(minutes(*[150.0] * 11), CPU) == (Breach(Measure.CPU, 150.0, 100.0, 0.0),)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [150.0] * 10,
        [150.0] * 5 + [80.0] + [150.0] * 9,
        [150.0] * 5 + [None] + [150.0] * 9,
        [150.0] * 20 + [80.0],
        [None] * 20,
        [50.0] * 20,
    ],
)
def test_what_does_not_last_is_none(values: list[float | None]) -> None:
    assert not breaches(minutes(*values), CPU)


def test_a_gap_ends_what_is_known() -> None:
    assert not breaches(minutes(*[150.0] * 11, each=400.0), CPU)
    assert breaches(minutes(*[150.0] * 11, each=300.0), CPU)


def test_two_samples_prove_nothing() -> None:
    assert not breaches(minutes(150.0, 150.0, each=300.0), Quota(cpu=100.0, lasting=60.0))


def test_a_short_dip_is_no_end() -> None:
    found = breaches(minutes(*[150.0] * 5, 95.0, *[150.0] * 6), CPU)
    assert [each.holds for each in found] == [False]


def test_below_the_limit_but_not_well_below_only_holds() -> None:
    found = breaches(minutes(*[150.0] * 11, *[95.0] * 11), CPU)
    assert [(each.measure, each.holds, each.value, each.since) for each in found] == [
        (Measure.CPU, True, 95.0, 0.0)
    ]


@pytest.mark.parametrize(
    ("quota", "usage", "measure", "value"),
    [
        (Quota(memory=100), {"memory": 120}, Measure.MEMORY, 120.0),
        (Quota(pids=10), {"pids": 12}, Measure.PIDS, 12.0),
        (Quota(network=100.0), {"rx_rate": 60.0, "tx_rate": 60.0}, Measure.NETWORK, 120.0),
        (Quota(), {"memory_percent": 97.0}, Measure.NEAR_MEMORY, 97.0),
        (Quota(), {"pids": 95, "pids_limit": 100}, Measure.NEAR_PIDS, 95.0),
        (None, {"throttled_percent": 80.0}, Measure.THROTTLED, 80.0),
        (Quota(log=10.0), {"log_rate": 20.0}, Measure.LOG, 20.0),
    ],
)
def test_everything_that_is_measured(
    quota: Quota | None, usage: dict[str, Any], measure: Measure, value: float
) -> None:
    found = breaches([sample(at * 60.0, **usage) for at in range(11)], quota)
    assert [(each.measure, each.value) for each in found] == [(measure, value)]


@pytest.mark.parametrize("network", ["shared:gluetun", "host"])
def test_the_network_of_another_one_is_not_its_own(network: str) -> None:
    samples = [sample(at * 60.0, rx_rate=60.0, tx_rate=60.0, network=network) for at in range(11)]
    assert not breaches(samples, Quota(network=100.0))


def test_restarts_in_an_hour() -> None:
    samples = [sample(at * 600.0, restarts=at) for at in range(7)]
    assert breaches(samples, Quota(restarts=3)) == (Breach(Measure.RESTARTS, 6, 3, 600.0),)
    assert not breaches(samples, Quota(restarts=6))
    # set back by a start by hand
    assert not breaches([sample(0.0, restarts=9), sample(60.0, restarts=0)], Quota(restarts=0))
    assert not breaches([sample(at * 3600.0, restarts=at) for at in range(7)], Quota(restarts=3))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 400), st.none() | st.floats(0, 200)), max_size=30))
def test_a_breach_was_above_its_limit_all_the_while(steps: list[tuple[float, float | None]]) -> None:
    at, samples = 0.0, []
    for step, value in steps:
        at += step
        samples.append(sample(at, cpu_percent=value))
    for breach in breaches(samples, CPU):
        within = [each for each in samples if each.at >= breach.since]
        values = [each.usage.cpu_percent for each in within]
        assert all(value is not None and value >= 90.0 for value in values)
        assert within[-1].at - within[0].at >= 600.0
        assert all(later.at - earlier.at <= 330.0 for earlier, later in pairwise(within))
        assert breach.holds is (breach.value < 100.0)


def steps(
    measure: Measure,
    limit: float,
    host: dict[str, Any] | None = None,
    usage: Usage | None = None,
    **more: Any,
) -> tuple[Remedy, ...]:
    breach = Breach(measure, limit * 2, limit, 0.0)
    return ladder(breach, inspection(host=host), INFO, usage or Usage(memory=100 * MIB), **more)


def rungs(*args: Any, **more: Any) -> list[str]:
    return [each.rung.value for each in steps(*args, **more)]


def test_the_gentlest_comes_first() -> None:
    assert rungs(Measure.CPU, 100.0) == ["notify", "limit", "restart", "stop"]
    assert rungs(Measure.MEMORY, 64.0 * MIB) == ["notify", "limit", "restart", "stop"]
    assert rungs(Measure.NETWORK, 1e6) == ["notify", "pause", "restart", "stop"]
    assert rungs(Measure.LOG, 1e6) == ["notify", "restart", "stop"]
    assert rungs(Measure.RESTARTS, 3) == ["notify", "stop"]
    assert rungs(Measure.RESTARTS, 3, after_update=True) == ["notify", "roll_back", "stop"]


def limit(*args: Any, **more: Any) -> Remedy:
    return next(each for each in steps(*args, **more) if each.rung is Rung.LIMIT)


def test_a_limit_of_the_processor() -> None:
    found = limit(Measure.CPU, 150.0)
    assert found.live == {"NanoCpus": 1_500_000_000}
    assert found.back == {"NanoCpus": 4 * 10**9}
    assert found.lines == ("cpus: 1.5",)
    # more than there is cannot be set
    assert "limit" not in rungs(Measure.CPU, 400.0)


def test_a_limit_of_memory_leaves_what_it_uses() -> None:
    found = limit(Measure.MEMORY, 64.0 * MIB)
    assert found.live == {"Memory": int(110 * MIB), "MemorySwap": int(110 * MIB)}
    assert found.lines == ("mem_limit: 110m", "memswap_limit: 110m")
    assert found.back == {"Memory": 16 * 2**30, "MemorySwap": 16 * 2**30}
    # one that is lower already, or a use that is not known
    assert "limit" not in rungs(Measure.MEMORY, 64.0 * MIB, {"Memory": 90 * MIB})
    assert "limit" not in rungs(Measure.MEMORY, 64.0 * MIB, usage=Usage())


def test_a_limit_of_processes() -> None:
    found = limit(Measure.PIDS, 100.0)
    assert (found.live, found.back, found.lines) == (
        {"PidsLimit": 100},
        {"PidsLimit": -1},
        ("pids_limit: 100",),
    )
    assert "limit" not in rungs(Measure.PIDS, 100.0, {"PidsLimit": 50})


def test_what_is_stopped_is_not_started_again() -> None:
    stop = steps(Measure.CPU, 100.0)[-1]
    assert stop.live == {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}
    assert stop.back == {"RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}}
    assert stop.takes_away
    # the engine refuses it for one that removes itself
    assert not steps(Measure.CPU, 100.0, {"AutoRemove": True})[-1].live
    assert not steps(Measure.CPU, 100.0, {"RestartPolicy": {"Name": ""}})[-1].live


@pytest.mark.parametrize(
    ("live", "host", "usage", "verdict"),
    [
        ({"NanoCpus": 10**9}, {"NanoCpus": 10**9}, Usage(cpu_percent=104.0), True),
        ({"NanoCpus": 10**9}, {"NanoCpus": 10**9}, Usage(cpu_percent=180.0), False),
        ({"NanoCpus": 10**9}, {"NanoCpus": 10**9}, Usage(), None),
        ({"NanoCpus": 10**9}, {"NanoCpus": 0}, Usage(cpu_percent=50.0), False),
        (
            {"CpuPeriod": 100_000, "CpuQuota": 50_000},
            {"CpuPeriod": 100_000, "CpuQuota": 50_000},
            Usage(cpu_percent=51.0),
            True,
        ),
        (
            {"Memory": 100, "MemorySwap": 100},
            {"Memory": 100, "MemorySwap": 100},
            Usage(memory=90, memory_limit=100),
            True,
        ),
        (
            {"Memory": 100, "MemorySwap": 100},
            {"Memory": 100, "MemorySwap": 100},
            Usage(memory=190, memory_limit=1000),
            False,
        ),
        ({"PidsLimit": 9}, {"PidsLimit": 9}, Usage(pids_limit=9), True),
        ({"PidsLimit": 9}, {"PidsLimit": 9}, Usage(), None),
    ],
)
def test_whether_it_bites(
    live: dict[str, Any], host: dict[str, Any], usage: Usage, verdict: bool | None
) -> None:
    assert bites(live, inspection(host=host), usage) is verdict


def cpu_percent(engine: Engine, name: str, seconds: float) -> tuple[float, int]:
    """Return percent of one core over some seconds by the engine's own clock, and how often it had to wait."""

    def stats() -> tuple[datetime, dict[str, Any]]:
        found: dict[str, Any] = engine.api.must(
            "GET", f"/containers/{name}/stats", query={"stream": "false", "one-shot": "true"}
        )
        return datetime.fromisoformat(found["read"]), found["cpu_stats"]

    start, first = stats()
    time.sleep(seconds)
    end, last = stats()
    used = last["cpu_usage"]["total_usage"] - first["cpu_usage"]["total_usage"]
    waited = last["throttling_data"]["throttled_periods"] - first["throttling_data"]["throttled_periods"]
    return used / (end - start).total_seconds() / 1e7, waited


def test_a_real_engine_holds_a_limit_and_gives_it_back(engine: Engine) -> None:
    image, name = engine.image(), engine.name("busy")
    engine.run("busy", image, Cmd=["/bin/sh", "-c", "while :; do :; done"])
    inspect = engine.api.must("GET", f"/containers/{name}/json")
    info = engine.api.must("GET", "/info")
    breach = Breach(Measure.CPU, 100.0, 5.0, 0.0)
    found = next(each for each in ladder(breach, inspect, info, Usage()) if each.rung is Rung.LIMIT)
    engine.api.must("POST", f"/containers/{name}/update", found.live)
    used, waited = cpu_percent(engine, name, 2.0)
    after = engine.api.must("GET", f"/containers/{name}/json")
    assert waited
    assert bites(found.live, after, Usage(cpu_percent=used)) is True

    engine.api.must("POST", f"/containers/{name}/update", found.back)
    _, waited = cpu_percent(engine, name, 2.0)
    assert not waited

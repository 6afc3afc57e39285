"""Numbers of usage: from counters as engines send them, and on a real engine against what is known to happen there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
import os
from pathlib import Path
import time
from typing import Any

from hypothesis import given
import pytest

from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.merge import resolved
from custom_components.home_server_monitor.sources.containers.model import Container, Limits, State, Usage
from custom_components.home_server_monitor.sources.containers.parse import inspected
from custom_components.home_server_monitor.sources.containers.usage import Meters, Sample, sample, usage
from tests.engine import Engine

from .test_parse import JSON
from .test_shared_data import DOCKER, ENGINES, recorded

SECOND = 1_000_000_000
WEB = Container(id="a", name="web", image="x", image_id="i", state=State.RUNNING, network_mode="bridge")


def stats(second: int = 0, **changes: Any) -> dict[str, Any]:
    """Return the counters at a second: two cores, half a core used, ten periods a second of which five are throttled."""
    return {
        "read": f"2026-11-23T00:00:{second:02}.5Z",
        "cpu_stats": {
            "cpu_usage": {"total_usage": SECOND + second * SECOND // 2},
            "system_cpu_usage": 100 * SECOND + second * 2 * SECOND,
            "online_cpus": 2,
            "throttling_data": {"periods": 10 * second, "throttled_periods": 5 * second},
        },
        "memory_stats": {"usage": 1000, "limit": 4000, "stats": {"inactive_file": 400}},
        "networks": {
            "eth0": {"rx_bytes": 100 * second, "tx_bytes": 10 * second},
            "eth1": {"rx_bytes": 7, "tx_bytes": 7},
        },
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"op": "Read", "value": 1000 * second},
                {"op": "read", "value": 1000 * second},
                {"op": "write", "value": 0},
                {"op": "Total", "value": 99_999},
            ]
        },
        "pids_stats": {"current": 3, "limit": 18446744073709551615},
    } | changes


def test_resting_is_zero_and_not_unknown() -> None:
    same = stats(0)["cpu_stats"] | {"system_cpu_usage": 120 * SECOND}
    assert between(stats(0), stats(10, cpu_stats=same)).cpu_percent == 0.0


def between(first: dict[str, Any], second: dict[str, Any], container: Container = WEB) -> Usage:
    """Return the usage between two samples."""
    before, now = sample(first), sample(second)
    assert before
    assert now
    return usage(before, now, container)


def test_everything() -> None:
    assert between(stats(0), stats(10)) == Usage(
        cpu_percent=50.0,
        memory=600,
        memory_limit=4000,
        memory_percent=15.0,
        rx_rate=100.0,
        tx_rate=10.0,
        rx_total=1007,
        tx_total=107,
        read_rate=2000.0,
        write_rate=0.0,
        pids=3,
        pids_limit=None,
        throttled_percent=50.0,
        network="own",
    )


def test_the_first_sample_has_no_rates() -> None:
    now = sample(stats(5))
    assert now
    found = usage(None, now, WEB)
    assert (found.memory, found.rx_total) == (600, 507)
    rates = (found.cpu_percent, found.rx_rate, found.read_rate, found.throttled_percent)
    assert rates == (None, None, None, None)


def test_a_restart_begins_anew() -> None:
    found = between(stats(10), stats(20, cpu_stats=stats(0)["cpu_stats"]))
    assert (found.cpu_percent, found.rx_rate, found.throttled_percent) == (None, None, None)


def test_a_new_link_begins_its_own_counters_anew_and_nothing_else() -> None:
    found = between(stats(10), stats(20, networks={"eth1": {"rx_bytes": 5, "tx_bytes": 5}}))
    assert (found.rx_rate, found.rx_total, found.cpu_percent) == (None, 5, 50.0)


@pytest.mark.parametrize(
    ("memory", "used"),
    [
        ({"usage": 1000, "stats": {"total_inactive_file": 300, "inactive_file": 100}}, 700),
        ({"usage": 1000, "stats": {"inactive_file": 100}}, 900),
        ({"usage": 1000, "stats": {"inactive_file": 1000}}, 1000),
        ({"usage": 1000}, 1000),
        ({}, None),
    ],
)
def test_memory_without_the_page_cache(memory: dict[str, Any], used: int | None) -> None:
    assert between(stats(0), stats(10, memory_stats=memory)).memory == used


def test_no_limit_is_the_host() -> None:
    now = sample(stats(memory_stats={"usage": 100, "limit": 9223372036854771712}))
    assert now
    assert usage(None, now, WEB).memory_limit is None
    found = usage(None, now, WEB, 1000)
    assert (found.memory_limit, found.memory_percent) == (1000, 10.0)


@pytest.mark.parametrize(
    ("mode", "told"), [("host", "host"), ("none", "none"), ("container:vpn", "shared:vpn")]
)
def test_a_network_that_is_not_its_own_is_not_counted(mode: str, told: str) -> None:
    found = between(stats(0), stats(10), replace(WEB, network_mode=mode))
    numbers = (found.rx_rate, found.tx_rate, found.rx_total, found.tx_total)
    assert (numbers, found.network) == ((None,) * 4, told)
    assert found.cpu_percent == 50.0


def test_whose_network_it_is_may_not_be_known_yet() -> None:
    assert between(stats(0), stats(10), replace(WEB, network_mode=None)).rx_total is None


def test_nothing_measured_is_not_zero() -> None:
    found = between(
        stats(0, blkio_stats={}, networks=None), stats(10, blkio_stats={"x": None}, networks=None)
    )
    assert (found.read_rate, found.rx_rate, found.rx_total) == (None, None, None)


def test_without_the_hosts_time_the_clock_counts() -> None:
    def podman(second: int) -> dict[str, Any]:
        return stats(second, cpu_stats={"cpu_usage": {"total_usage": second * SECOND // 4}})

    assert between(podman(0), podman(10)).cpu_percent == 25.0


def test_the_limit_of_processes_is_the_containers_own() -> None:
    limited = replace(WEB, inspected=True, limits=Limits(pids=50))
    assert between(stats(0), stats(10), limited).pids_limit == 50
    assert between(stats(0), stats(10, pids_stats={"current": 1, "limit": 70})).pids_limit == 70


def test_what_does_not_run_uses_nothing() -> None:
    meters = Meters()
    assert meters.take(WEB, stats(0))
    assert meters.take(WEB, {"read": "0001-01-01T00:00:00Z"}) is None
    again = meters.take(WEB, stats(10))
    assert again
    assert again.cpu_percent is None


def test_the_same_moment_told_twice_changes_nothing() -> None:
    meters = Meters()
    meters.take(WEB, stats(0))
    first = meters.take(WEB, stats(10))
    assert first
    assert first.cpu_percent == 50.0
    assert meters.take(WEB, stats(10)) == first
    later = meters.take(WEB, stats(20))
    assert later
    assert later.cpu_percent == 50.0


def test_a_name_may_pass_to_another_container() -> None:
    meters = Meters()
    meters.take(WEB, stats(0))
    other = meters.take(replace(WEB, id="b"), stats(10))
    assert other
    assert other.cpu_percent is None
    meters.keep(["b"])
    forgotten = meters.take(WEB, stats(20))
    assert forgotten
    assert forgotten.cpu_percent is None


@given(JSON)
def test_anything_may_come(value: Any) -> None:
    for key in stats():
        found = sample(stats(5, **{key: value}))
        if found:
            usage(sample(stats(0)), found, WEB)
    meters = Meters()
    meters.take(WEB, value)


@pytest.mark.parametrize("name", ENGINES)
def test_two_samples_of_a_real_engine(name: str) -> None:
    first, second = (recorded(name, f"stats_web_{kind}") for kind in ("oneshot", "nostream"))
    if name not in DOCKER:
        # podman waits for no second sample: its two are of the same second
        first, second = {**first, "read": "2026-11-23T00:00:00Z"}, {**second, "read": "2026-11-23T00:00:01Z"}
    found = between(first, second, inspected(recorded(name, "inspect_web")))
    assert found.cpu_percent is not None
    # it has half a core
    assert 0 <= found.cpu_percent <= 55
    assert found.memory
    assert found.memory_limit == 67108864
    assert found.rx_total is not None
    assert found.rx_total >= 126
    assert found.rx_rate is not None
    assert (found.pids, found.pids_limit) == (second["pids_stats"]["current"], 50)


@pytest.mark.parametrize("name", DOCKER)
def test_the_same_as_docker_counts(name: str) -> None:
    raw = recorded(name, "stats_web_nostream")
    now, before = raw["cpu_stats"], raw["precpu_stats"]
    system = now["system_cpu_usage"] - before["system_cpu_usage"]
    wanted = (
        (now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"])
        / system
        * now["online_cpus"]
        * 100
    )
    older = {**raw, "read": raw["preread"], "cpu_stats": before}
    # its two samples may be a hair less than a second apart
    found = between({**older, "read": "2026-11-23T00:00:00Z"}, {**raw, "read": "2026-11-23T00:00:01Z"})
    assert found.cpu_percent == pytest.approx(wanted)
    stats_ = raw["memory_stats"]["stats"]
    cache = stats_.get("total_inactive_file", stats_["inactive_file"])
    assert found.memory == raw["memory_stats"]["usage"] - cache


@pytest.mark.parametrize("name", ENGINES)
def test_what_a_real_engine_says_of_one_that_does_not_run(name: str) -> None:
    assert sample(recorded(name, "stats_notrunning")) is None


async def measured(
    client: EngineClient, containers: dict[str, Container], until: Callable[[dict[str, Usage]], bool]
) -> dict[str, Usage]:
    """Measure containers again and again until it is as wanted."""
    meters = Meters()
    async with asyncio.timeout(60):
        while True:
            raws = await asyncio.gather(*(client.stats(item.id) for item in containers.values()))
            taken = {
                name: found
                for (name, item), raw in zip(containers.items(), raws, strict=True)
                if (found := meters.take(item, raw))
            }
            if len(taken) == len(containers) and until(taken):
                return taken


async def known(client: EngineClient, engine: Engine, *suffixes: str) -> dict[str, Container]:
    """Return containers by their suffixes, with the names of those whose network they use."""
    names = [engine.name(suffix) for suffix in suffixes]
    listing = (await client.containers(names=names)).items
    whole = {name: inspected(await client.inspect(listing[name].id)) for name in names}
    return {suffix: resolved(whole)[engine.name(suffix)] for suffix in suffixes}


BUSY = ["/bin/sh", "-c", "while :; do :; done"]
TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pid: int) -> float:
    """Return the processor time of a process, as the kernel of this machine tells it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def test_a_busy_loop(engine: Engine, client: EngineClient) -> None:
    made = engine.run("busy", engine.image(), Cmd=BUSY)
    pid = (await client.inspect(made))["State"]["Pid"]
    # its first moments are the runtime's
    before, tries = None, 10
    while "while :; do" not in _command(pid) and (tries := tries - 1):
        before = sample(await client.stats(made))
    if not tries:
        pytest.skip("NO ENGINE OF ITS OWN: the one in DOCKER_HOST is on another machine")
    containers = await known(client, engine, "busy")
    before, now = sample(await client.stats(made)), None
    started, used = time.monotonic(), seconds_of(pid)
    while now is None or before is None or (now.at - before.at).total_seconds() < 5:
        now = sample(await client.stats(made))
    truth = 100 * (seconds_of(pid) - used) / (time.monotonic() - started)
    found = usage(before, now, containers["busy"]).cpu_percent
    # a busy machine may give it less than a whole core, and may come late to one of the two readings
    assert truth > 1
    assert found == pytest.approx(truth, rel=0.25, abs=3)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


async def test_a_quota_that_bites_and_one_that_rests(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    engine.run("bitten", reference, Cmd=BUSY, HostConfig={"NanoCpus": 20_000_000})
    engine.run("idle", reference)
    containers = await known(client, engine, "bitten", "idle")

    def both(taken: dict[str, Usage]) -> bool:
        return (taken["bitten"].throttled_percent or 0) > 30 and taken["idle"].cpu_percent is not None

    found = await measured(client, containers, both)
    assert found["bitten"].cpu_percent is not None
    assert found["bitten"].cpu_percent < 10
    assert found["idle"].cpu_percent == pytest.approx(0, abs=2)
    assert found["idle"].throttled_percent is None


async def test_memory_of_one_that_fills_the_page_cache(engine: Engine, client: EngineClient) -> None:
    # written once: what is read again and again counts as in use
    script = "dd if=/dev/zero of=/big bs=1M count=64; sync; sleep 100000"
    engine.run("cache", engine.image(), Cmd=["/bin/sh", "-c", script], HostConfig={"Memory": 512 << 20})
    containers = await known(client, engine, "cache")

    async def raw_usage() -> int:
        return int((await client.stats(containers["cache"].id))["memory_stats"]["usage"])

    await reached(raw_usage, lambda used: used > 60 << 20)
    found = (await measured(client, containers, lambda taken: (taken["cache"].memory or 1 << 40) < 40 << 20))[
        "cache"
    ]
    assert await raw_usage() > 60 << 20
    assert found.memory_limit == 512 << 20
    assert found.memory_percent is not None
    assert found.memory_percent < 8


async def reached(ask: Callable[[], Awaitable[int]], enough: Callable[[int], bool]) -> None:
    """Ask until it is enough."""
    async with asyncio.timeout(60):
        while not enough(await ask()):
            pass


async def test_a_shared_network_is_counted_once(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    engine.run(
        "web",
        reference,
        Cmd=["/bin/sh", "-c", "dd if=/dev/zero of=/etc/big bs=1M count=20; httpd -f -p 80 -h /etc"],
    )
    engine.run("lodger", reference, HostConfig={"NetworkMode": f"container:{engine.name('web')}"})
    engine.run("host", reference, HostConfig={"NetworkMode": "host"})
    engine.run("alone", reference, HostConfig={"NetworkMode": "none"})
    containers = await known(client, engine, "web", "lodger", "host", "alone")
    address = next(ip for ips in containers["web"].networks.values() for ip in ips)
    fetch = f"until wget -q -O /dev/null http://{address}/big; do sleep 0.2; done"
    engine.run("reader", reference, Cmd=["/bin/sh", "-c", fetch])
    found = await measured(client, containers, lambda taken: (taken["web"].tx_total or 0) > 20 << 20)
    # the engine itself tells the lodger's numbers twice
    raw = await client.stats(containers["lodger"].id)
    assert sum(link["tx_bytes"] for link in raw["networks"].values()) > 20 << 20
    assert (found["lodger"].tx_total, found["lodger"].tx_rate) == (None, None)
    assert found["lodger"].network == f"shared:{engine.name('web')}"
    assert sum(item.tx_total or 0 for item in found.values()) == found["web"].tx_total
    assert (found["host"].network, found["host"].rx_total, found["host"].rx_rate) == ("host", None, None)
    assert (found["alone"].network, found["alone"].rx_total) == ("none", None)


def test_a_sample_tells_what_it_is() -> None:
    assert isinstance(sample(stats()), Sample)

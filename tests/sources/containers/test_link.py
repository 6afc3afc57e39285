"""Whether the link of a machine is full, and who fills it; how fast a log grows, on a real engine."""

from collections.abc import Mapping
import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.capabilities import Link
from custom_components.home_server_monitor.sources.containers.client import LOG_MOST, EngineClient
from custom_components.home_server_monitor.sources.containers.link import full
from custom_components.home_server_monitor.sources.containers.model import Containers, Usage
from custom_components.home_server_monitor.sources.containers.parse import inspected
from custom_components.home_server_monitor.sources.containers.quota import Measure
from custom_components.home_server_monitor.sources.truenas.links import speed_of
from tests.engine import Engine

GIGABIT = 125e6


def data(rates: Mapping[str, tuple[float, float]], **more: Any) -> Containers:
    """Return an engine whose containers receive and send so many bytes a second."""
    usage = {name: Usage(rx_rate=received, tx_rate=sent) for name, (received, sent) in rates.items()}
    return Containers(usage=usage, **more)


BUSY = data({"plex": (1e6, 100e6), "torrent": (8e6, 2e6), "idle": (0.0, 0.0)})
FULL = Link("enp3s0", GIGABIT, 9e6, 112e6)


def test_who_fills_a_link() -> None:
    found = full(BUSY, [Link("enp4s0", 10 * GIGABIT, 1.0, 1.0), FULL], 0)
    assert found is not None
    assert (found.link, found.rate, found.main, found.holds) == ("enp3s0", 112e6, "plex", False)
    assert [each.name for each in found.talkers] == ["plex", "torrent"]


def test_a_full_link_that_no_container_fills() -> None:
    """The NAS itself copies something: nobody here is to be paused for that."""
    found = full(data({"plex": (1e6, 2e6)}), [FULL], 0)
    assert found is not None
    assert found.main is None


@pytest.mark.parametrize(
    ("links", "mbit", "there"),
    [
        ([Link("a", GIGABIT, 1e6, 60e6)], 0, False),
        # what nobody measures is not guessed
        ([Link("a", None, 1e9, 1e9)], 0, False),
        ([Link("a", GIGABIT, None, None)], 0, False),
        ([], 0, False),
        # what a person told counts where no source measures it
        ([], 900, True),
        ([], 2500, False),
        # and not where one does
        ([Link("a", GIGABIT, 1.0, 1.0)], 100, False),
    ],
)
def test_when_a_link_is_full(links: list[Link], mbit: float, there: bool) -> None:
    assert (full(BUSY, links, mbit) is not None) is there
    assert full(data({"plex": (1e6, 100e6)}, stale=frozenset({"usage"})), [FULL], 0) is None


def test_it_is_over_only_well_below() -> None:
    found = full(BUSY, [Link("a", GIGABIT, 0.0, 0.8 * GIGABIT)], 0)
    assert found is not None
    assert found.holds


@pytest.mark.parametrize(
    ("said", "speed"),
    [
        ("1000baseT", GIGABIT),
        ("10Gbase-SR", 10 * GIGABIT),
        ("2.5GbaseT", 2.5 * GIGABIT),
        ("autoselect", None),
        (None, None),
    ],
)
def test_the_speed_of_a_nas(said: str | None, speed: float | None) -> None:
    assert speed_of(said) == speed


async def test_the_growth_of_a_log_is_measured(client: EngineClient, engine: Engine) -> None:
    image = engine.image()
    loud = ["/bin/sh", "-c", "yes $(seq 100) | head -c 400000; sleep 1000"]
    kept_small = {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}}
    grows = engine.run("grows", image, Cmd=loud, StopTimeout=1)
    small = engine.run("small", image, Cmd=["/bin/sleep", "1000"], StopTimeout=1, HostConfig=kept_small)
    huge = engine.run(
        "huge", image, Cmd=["/bin/sh", "-c", "yes | head -c 3000000; sleep 1000"], StopTimeout=1
    )
    assert [inspected(await client.inspect(each)).log_grows for each in (grows, small)] == [True, False]
    since = int(time.time()) - 60
    written = 0
    for _ in range(50):
        if (written := await client.log_bytes(grows, since)) >= 400_000:
            break
    assert 400_000 <= written < 500_000
    assert await client.log_bytes(small, since) == 0
    assert await client.log_bytes(grows, int(time.time()) + 60) == 0
    found = 0
    for _ in range(50):
        found = await client.log_bytes(huge, since)
        if found == LOG_MOST:
            break
    assert found == LOG_MOST


async def test_a_log_that_grows_is_told_by_the_quota(
    hass: HomeAssistant, docker: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured one container a round, never two of one within five minutes; told with the lines that mend it."""
    source = docker.runtime_data
    now = [time.monotonic()]
    closely = source.closely
    for each in (closely, closely.quotas):
        monkeypatch.setattr(each, "_clock", lambda: now[0])
    asked: list[str] = []

    async def log_bytes(container: str, since: int) -> int:
        asked.append(container)
        return 6_000_000

    monkeypatch.setattr(source.access.client, "log_bytes", log_bytes)
    container = source.data.containers["sonarr"]
    assert container.log_grows
    by_id = {container.id: container}
    choice = source.schedule.everything(now[0], {container.id: True})
    closely.watch_logs = True
    for _ in range(40):
        now[0] += 60
        await closely.take(by_id, choice)
    assert len(asked) == 8
    (found,) = [each for each in source.findings if each.rule == "container_over_quota"]
    assert found.evidence["cause"] == f"over_{Measure.LOG}"
    assert (found.placeholders["value"], found.proposal) == ("8640 MB", None)
    assert "max-size" in found.placeholders["lines"]
    closely.watch_logs = False
    now[0] += 600
    await closely.take(by_id, choice)
    assert len(asked) == 8

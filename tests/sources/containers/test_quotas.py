"""Quotas of a watched engine: what lasts is told with the step that helps, the limit is set, measured, and taken back."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.contract import Finding, Outcome, Refused
from custom_components.home_server_monitor.sources.containers import limit_action
from custom_components.home_server_monitor.sources.containers.model import Usage
from custom_components.home_server_monitor.sources.containers.quotas import Allowed, Quotas

from .judged import GIB, container

INFO = {"NCPU": 4, "MemTotal": 16 * GIB}
DAY = 86400.0


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def watched(*used: Usage, restarts: tuple[int, ...] = (), each: float = 60.0) -> tuple[Quotas, Clock]:
    """Return quotas that took a sample a minute of one container."""
    clock = Clock()
    found = Quotas(clock)
    for at, usage in enumerate(used):
        clock.now += each
        found.note(container(restart_count=restarts[at] if restarts else 0), usage)
    return found, clock


def test_memory_is_measured_by_its_limit() -> None:
    used = Usage(memory=980 * 1024**2, memory_limit=GIB, memory_percent=95.7)
    quotas, clock = watched(*[used] * 12)
    over = quotas.over(container(), Allowed(), INFO)
    assert over is not None
    assert (over.breach.measure, over.breach.limit) == ("memory", int(GIB * 0.95))
    assert quotas.over(container(), Allowed(memory=0), INFO) is None
    # what was seen a while ago says nothing of now
    clock.now += 400
    assert quotas.over(container(), Allowed(), INFO) is None


def test_without_a_quota_nothing_is_said() -> None:
    used = Usage(cpu_percent=390.0, pids=5000, memory=1, memory_limit=GIB, throttled_percent=90.0)
    quotas, _ = watched(*[used] * 12)
    assert quotas.over(container(), Allowed(), INFO) is None
    assert quotas.over(container(), Allowed(cpu=100), INFO) is not None
    assert quotas.over(container(), Allowed(pids=100), INFO) is not None


def test_it_has_to_last() -> None:
    quotas, _ = watched(*[Usage(cpu_percent=390.0)] * 12)
    assert quotas.over(container(), Allowed(cpu=100, minutes=10), INFO) is not None
    assert quotas.over(container(), Allowed(cpu=100, minutes=15), INFO) is None


def test_restarts_are_counted() -> None:
    quotas, _ = watched(*[Usage()] * 8, restarts=tuple(range(8)))
    over = quotas.over(container(), Allowed(), INFO)
    assert over is not None
    assert (over.breach.measure, over.breach.value) == ("restarts", 7)


def test_a_leak_needs_days() -> None:
    clock = Clock()
    quotas = Quotas(clock)
    started = clock.now
    told: list[float] = []
    for hour in range(24 * 7):
        clock.now = started + hour * 3600
        quotas.note(container(), Usage(memory=400 * 1024**2 + hour * 4 * 1024**2))
        if quotas.leak(container(), clock.now - started) is not None:
            told.append(hour / 24)
    assert told
    # three whole days, and 18 hours of a fourth
    assert 3.75 <= told[0] <= 4
    # one that was started anew begins anew
    assert quotas.leak(container(), 3600) is None
    quotas.forget(())
    assert quotas.leak(container(), clock.now - started) is None


def test_memory_that_is_level_is_no_leak() -> None:
    clock = Clock()
    quotas = Quotas(clock)
    for _ in range(24 * 7):
        clock.now += 3600
        quotas.note(container(), Usage(memory=400 * 1024**2))
    assert quotas.leak(container(), 8 * DAY) is None


@pytest.fixture
def busy(docker: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The watched engine, on which one container has used two cores for a while and 100 % are allowed."""
    monkeypatch.setattr(limit_action, "BETWEEN", 0.2)
    source = docker.runtime_data
    clock = Clock()
    source.closely.quotas = Quotas(clock)
    for _ in range(12):
        clock.now += 60
        source.closely.quotas.note(source.data.containers["sonarr"], Usage(cpu_percent=200.0))
    return source


def over(source: Any) -> list[Finding]:
    """Return what uses more than it may."""
    return [each for each in source.findings if each.rule == "container_over_quota"]


async def test_what_lasts_is_found_by_the_options(
    hass: HomeAssistant, docker: MockConfigEntry, busy: Any
) -> None:
    assert not over(busy)
    source, quotas = docker.runtime_data, busy.closely.quotas
    hass.config_entries.async_update_entry(docker, options={"quota_cpu": 100, "quota_minutes": 10})
    source.closely.quotas = quotas
    (finding,) = over(source)
    assert finding.object.endswith("sonarr")
    assert finding.placeholders["lines"] == "cpus: 1"
    assert finding.proposal is not None
    assert finding.proposal.action in source.actions


async def test_a_limit_is_set_measured_and_taken_back(busy: Any) -> None:
    action = busy.actions["limit_container"]
    plan = await action.plan("sonarr", {"measure": "cpu", "limit": 100.0})
    assert await action.check(plan) is None
    receipt = await action.run(plan, 0)
    verdict = await action.verify(plan, [receipt])
    assert verdict.outcome is Outcome.SUCCEEDED, verdict.facts
    raw = await busy.access.client.inspect("sonarr")
    assert raw["HostConfig"]["NanoCpus"] == 10**9
    assert await action.undo(plan, 0, receipt) is not None
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
    raw = await busy.access.client.inspect("sonarr")
    assert raw["HostConfig"]["NanoCpus"] == plan.before["back"]["NanoCpus"] > 10**9


async def test_a_limit_that_does_not_bite_is_no_success(busy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine took it, and what is measured is above it."""
    action = busy.actions["limit_container"]
    plan = await action.plan("sonarr", {"measure": "cpu", "limit": 100.0})
    receipt = await action.run(plan, 0)

    async def measured(*_: Any) -> Usage:
        return Usage(cpu_percent=200.0)

    monkeypatch.setattr(action, "_measured", measured)
    verdict = await action.verify(plan, [receipt])
    assert (verdict.outcome, verdict.facts) == (Outcome.FAILED, {"reason": "limit_does_not_bite"})


async def test_what_has_no_such_limit_is_refused(busy: Any) -> None:
    action = busy.actions["limit_container"]
    for measure in ("network", "restarts"):
        with pytest.raises(Refused) as err:
            await action.plan("sonarr", {"measure": measure, "limit": 1.0})
        assert err.value.refusal.key == "limit_not_possible"

"""What a NAS pushes in floods is coalesced: counts of reads, snapshots and writes, whatever the speed of the machine."""

import asyncio
from collections import Counter
from collections.abc import Iterator
import json
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.sources.truenas import coordinator
from tests.seen import Seen
from tests.warp import Warp

EVENTS = 2000
CHANGES = ("alert.list", "pool.query", "app.query", "disk.query", "service.query", "core.get_jobs")
# what is pushed makes due, and in which seconds no more than one read of it
READS = {"alert.list": 3, "pool.query": 3, "app.query": 10, "disk.query": 3, "service.query": 3}


def changed(collection: str, **fields: Any) -> str:
    """Return the frame of one event."""
    params = {"msg": "changed", "collection": collection, "id": 1, "fields": fields}
    return json.dumps({"jsonrpc": "2.0", "method": "collection_update", "params": params})


def numbers(percent: float) -> str:
    """Return the frame of an event whose numbers differ from those before."""
    return changed(
        "reporting.realtime", cpu={"cpu": {"usage": percent}}, memory={"arc_size": int(percent * 1e9)}
    )


@pytest.fixture
def assembled() -> Iterator[list[float | None]]:
    """The load of the processor in each snapshot that was made."""
    found: list[float | None] = []
    make = coordinator.assemble

    def counted(*args: Any, **more: Any) -> Any:
        found.append(more["realtime"].cpu if more["realtime"] else None)
        return make(*args, **more)

    with patch.object(coordinator, "assemble", counted):
        yield found


def asked(sim: Any) -> Counter[str]:
    """Return how often each method was called."""
    return Counter(call.method for call in sim.calls)


async def send(sim: Any, frames: list[str], seconds: float) -> None:
    """Send all of them, evenly over so many seconds."""
    for index, frame in enumerate(frames):
        await sim.send_raw(frame)
        if index % 100 == 99:
            await asyncio.sleep(seconds * 100 / len(frames))


async def test_a_burst_of_changes_is_read_once_and_once_more(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen, assembled: list[float | None]
) -> None:
    await warp.until(lambda: not seen.dark(), 30)
    await asyncio.sleep(12)
    seen.forget()
    assembled.clear()
    before = asked(sim)
    job = {"method": "app.upgrade", "state": "RUNNING"}
    frames = [
        changed(name, **(job if name == "core.get_jobs" else {}))
        for _ in range(EVENTS // len(CHANGES))
        for name in CHANGES
    ]
    await send(sim, frames, 1.0)
    await asyncio.sleep(12)
    after = asked(sim)
    for method in READS:
        assert 1 <= after[method] - before[method] <= 3, method
    assert sum((after - before).values()) <= 20
    assert len(assembled) <= 10
    assert seen.darkened == set()
    assert len(seen.writes) <= 60


async def test_a_flood_of_numbers_is_shown_twice_a_second(
    hass: HomeAssistant, nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen, assembled: list[float | None]
) -> None:
    await warp.until(lambda: not seen.dark(), 30)
    assembled.clear()
    seen.forget()
    await send(sim, [numbers(20 + index % 70) for index in range(EVENTS)], 1.0)
    await asyncio.sleep(2)
    assert 1 <= len(assembled) <= 6
    # the newest was shown, until the NAS itself pushed the next
    assert 20 + (EVENTS - 1) % 70 in assembled


async def test_a_flood_that_goes_on_is_read_at_most_once_in_each_gap(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen
) -> None:
    await warp.until(lambda: not seen.dark(), 30)
    before = asked(sim)
    await send(sim, [changed(name) for _ in range(1000) for name in READS], 60.0)
    await asyncio.sleep(12)
    after = asked(sim)
    for method, gap in READS.items():
        assert 4 <= after[method] - before[method] <= 72 / gap + 2, method


async def test_what_is_pushed_while_a_poll_waits_is_read_after_it(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen
) -> None:
    """Not with the next tick: what hangs holds a poll up for 11 s, and no longer than that."""
    await warp.until(lambda: not seen.dark(), 30)
    sim.faults.hang("update.status", count=1)
    nas.runtime_data.feeds.reset()
    refresh = asyncio.create_task(nas.runtime_data.async_refresh())
    await asyncio.sleep(3)
    assert not refresh.done()
    await sim.scenario("pool_degraded")
    guid = sim.world.pool("tank").guid
    await warp.until(lambda: seen.state(f"pool_{guid}_status") == "degraded", 15)

"""A NAS that takes logins and answers nothing afterwards: few logins, and it is noticed soon when it answers again."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.seen import Seen
from tests.warp import Warp

HEALED = 30.0
HOUR = 3600.0
SMOKE = 40.0


def mute(sim: Any, *kept: str) -> None:
    """Let every call hang but the logins and what is `kept`."""
    for name in sim.truenas.table.names(sim.truenas.release):
        if not name.startswith(("auth.", *kept)):
            sim.faults.hang(name)


async def well(warp: Warp, seen: Seen) -> float:
    """Wait until all is shown and return how many seconds that took."""
    return await warp.until(lambda: not seen.dark(), HEALED, lambda: f": {sorted(seen.dark())}")


@pytest.mark.parametrize(
    ("kept", "after"),
    [((), HOUR), (("system.version",), HOUR + 13), (("system.version", "core."), HOUR)],
)
async def test_a_mute_server_sees_few_logins_and_heals_soon(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen, kept: tuple[str, ...], after: float
) -> None:
    await well(warp, seen)
    before = sim.logins
    mute(sim, *kept)
    await asyncio.sleep(after)
    assert not seen.available()
    assert 3 <= sim.logins - before <= 40
    spent = sim.logins
    sim.faults.clear()
    await well(warp, seen)
    assert sim.logins - spent <= 1
    # what happened is over: the next session that ends is replaced at once
    seen.forget()
    sim.drop()
    await asyncio.sleep(SMOKE)
    assert sim.logins - spent <= 2
    assert seen.darkened == set()


async def test_a_mute_server_that_is_restarted_heals_soon(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen
) -> None:
    await well(warp, seen)
    mute(sim)
    await asyncio.sleep(HOUR)
    reboot = asyncio.create_task(sim.reboot(downtime=60))
    await asyncio.sleep(30)
    sim.faults.clear()
    await reboot
    await well(warp, seen)


async def test_a_deaf_session_is_replaced_at_once(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen
) -> None:
    """Only the old session is mute: the first new one heals it."""
    await well(warp, seen)
    before = sim.logins
    mute(sim)
    nas.runtime_data.feeds.reset()
    nas.runtime_data.async_hurry()
    await asyncio.sleep(5)
    sim.faults.clear()
    await warp.until(lambda: sim.logins > before, HEALED)
    await asyncio.sleep(SMOKE)
    assert sim.logins - before == 1
    assert not seen.dark()


async def test_a_server_that_ends_each_session_sees_a_login_a_minute(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen
) -> None:
    await well(warp, seen)
    before = sim.logins
    sim.faults.drop("system.version")
    sim.drop()
    await asyncio.sleep(HOUR)
    assert sim.logins - before <= 70
    sim.faults.clear()
    await warp.until(lambda: not seen.dark(), 2 * HEALED + 10)


async def test_one_read_that_ends_every_session_delays_no_login(
    nas: MockConfigEntry, sim: Any, warp: Warp, seen: Seen
) -> None:
    """It is answered all the same: the wait is for what is mute, and would darken all the others here."""
    await well(warp, seen)
    sim.faults.drop("alert.list")
    nas.runtime_data.feeds.hurry("alerts", 0)
    failing = longest = 0
    for _ in range(600):
        await asyncio.sleep(1)
        failing = 0 if nas.runtime_data.last_update_success else failing + 1
        longest = max(longest, failing)
    # two attempts that fail and the next tick
    assert longest <= 75
    sim.faults.clear()
    await well(warp, seen)

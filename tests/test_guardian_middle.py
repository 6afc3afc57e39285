"""An entry is reloaded, disabled or removed in the middle of a remediation: no order is lost, doubled, or sent by nobody."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.guardian.desk import Desk
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.truenas.snapshots import own_prefix

from .test_guardian_edge import Household, home

__all__ = ["home"]

SCRUB = "pool.scrub.scrub"
DELETE = "pool.snapshot.delete"
# where a remediation is when it happens: the call on the NAS that takes its time then, and which one of these; the
# pool is read before an order is approved, and right before it is sent, and to look whether it worked
MOMENTS = {
    "before the order": ("pool.query", 1),
    "with the order": (SCRUB, 1),
    "after the order": ("pool.query", 3),
}


class Middle:
    """A household in which something happens to an entry while an order is under way."""

    def __init__(self, home: Household, user: MockUser) -> None:
        self.home, self.user = home, user
        self.desk: Desk = home.guardian.desk

    @property
    def entries(self) -> Any:
        """Home Assistant's config entries."""
        return self.home.hass.config_entries

    async def away(self, entry: MockConfigEntry, how: str) -> None:
        """Take an entry away."""
        if how == "removed":
            await self.entries.async_remove(entry.entry_id)
        elif how == "disabled":
            await self.entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
        else:
            await self.entries.async_reload(entry.entry_id)

    async def back(self, entry: MockConfigEntry, how: str) -> MockConfigEntry:
        """Bring it back; returns it as it is then."""
        if how == "removed":
            again = MockConfigEntry(
                domain=DOMAIN,
                title=entry.title,
                unique_id=entry.unique_id,
                data=dict(entry.data),
                options=dict(entry.options),
            )
            again.add_to_hass(self.home.hass)
            assert await self.entries.async_setup(again.entry_id)
            return again
        if how == "disabled":
            await self.entries.async_set_disabled_by(entry.entry_id, None)
        return entry

    async def tapped(self, action: str) -> None:
        """Tap, as the app says it, and wait for nothing."""
        self.home.hass.bus.async_fire(PHONE_EVENT, {"action": action}, context=Context(user_id=self.user.id))
        await asyncio.sleep(1)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Let time pass until then."""
        async with asyncio.timeout(120):
            while not reached():  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    def slow(self, moment: str) -> None:
        """Let the NAS take its time at a moment."""
        method, nth = MOMENTS[moment]
        self.home.sim.faults.delay(method, seconds=8.0, nth=nth)

    def orders(self, method: str) -> int:
        """Return how many orders of a kind reached the NAS."""
        return len([call for call in self.home.sim.calls if call.method == method])


@pytest.fixture
async def middle(home: Household, hass_admin_user: MockUser) -> Middle:
    """The household with a phone and a pool in trouble."""
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    return Middle(home, hass_admin_user)


def _ended(middle: Middle, record: Record) -> Record:
    return middle.desk.records[record.id]


async def _refused_meanwhile(middle: Middle) -> None:
    """While the entry is away every write is refused with a sentence, and a tap is answered."""
    home = middle.home
    with pytest.raises(ServiceValidationError) as refused:
        await home.hass.services.async_call(
            "button",
            "press",
            {"entity_id": "button.media_start_scrub"},
            blocking=True,
            context=Context(user_id=middle.user.id),
        )
    assert refused.value.translation_key == "no_guardian"


@pytest.mark.parametrize("how", ["reloaded", "disabled", "removed"])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_servers_entry(middle: Middle, how: str, moment: str) -> None:
    home = middle.home
    record = home.record()
    approve = home.button(home.shown("Ann"), "approve")
    middle.slow(moment)
    await middle.tapped(approve)
    await asyncio.sleep(1)
    before = middle.orders(SCRUB)
    assert before == (moment != "before the order")
    home.pushes.clear()
    await middle.away(home.server, how)
    if how != "reloaded":
        assert home.hass.data[HOUSE].guardian("home") is None
        await _refused_meanwhile(middle)
        await middle.tapped(approve)
        await asyncio.sleep(120)
        assert any("not loaded" in push["message"] for push in home.pushes)
    home.sim.faults.clear()
    home.server = await middle.back(home.server, how)
    await home.settle(120)
    # the desk of before went on with it, or a new one took it up
    middle.desk = home.guardian.desk
    ended = _ended(middle, record)
    if moment == "before the order" and how != "reloaded":
        # who took the guardian away has nothing more done, and it may be approved anew
        assert ended.state is State.PROPOSED
        assert middle.orders(SCRUB) == 0
        return
    assert ended.state is State.SUCCEEDED
    assert middle.orders(SCRUB) == 1
    assert any("seen to have worked" in push["message"] for push in home.pushes)


async def _prune(middle: Middle) -> Record:
    """Approve to delete three of four snapshots, each of which takes a while."""
    home, desk = middle.home, middle.desk
    source = home.nas.runtime_data.id
    admin = Actor(kind="user", id=middle.user.id, name="Ann", admin=True, via="repairs")
    start = f"tank@{own_prefix(home.nas.runtime_data)}"
    for number in range(4):
        name, params = f"{start}{number}", {"recursive": False}
        taken = await desk.propose(source, "create_snapshot", name, params, actor=admin)
        await desk.approve(taken.id, admin)
        await desk.wait(taken.id)
        await asyncio.sleep(2)
    record = await desk.propose(source, "prune_snapshots", "tank", {"keep": 1}, actor=admin, name="tank")
    home.sim.faults.delay(DELETE, seconds=8.0)
    approving = asyncio.ensure_future(desk.approve(record.id, admin, typed="tank"))
    await middle.until(lambda: middle.orders(DELETE) == 1)
    await asyncio.sleep(1)
    assert not approving.done()
    return record


@pytest.mark.parametrize("how", ["reloaded", "disabled", "removed", "stopped"])
async def test_a_plan_of_several_steps(middle: Middle, how: str) -> None:
    home = middle.home
    record = await _prune(middle)
    if how == "stopped":
        await middle.desk.hold(True, Actor(kind="user", id="guest"))
    else:
        await middle.away(home.server, how)
    await asyncio.sleep(120)
    # a reload kills no step; who disables or removes it, or says stop, has no further one sent
    assert middle.orders(DELETE) == (3 if how == "reloaded" else 1)
    if how != "stopped":
        home.server = await middle.back(home.server, how)
    await home.settle(120)
    middle.desk = home.guardian.desk
    ended = _ended(middle, record)
    assert ended.state is (State.SUCCEEDED if how == "reloaded" else State.CANCELLED), ended
    assert middle.orders(DELETE) == (3 if how == "reloaded" else 1)


@pytest.mark.parametrize("how", ["reloaded", "disabled", "removed"])
@pytest.mark.parametrize("moment", ["with the order", "after the order"])
async def test_the_entry_of_the_nas(middle: Middle, how: str, moment: str) -> None:
    home = middle.home
    record = home.record()
    middle.slow(moment)
    await middle.tapped(home.button(home.shown("Ann"), "approve"))
    await asyncio.sleep(1)
    assert middle.orders(SCRUB) == 1
    home.pushes.clear()
    await middle.away(home.nas, how)
    home.sim.faults.clear()
    if how != "reloaded":
        await asyncio.sleep(900)
        assert not _ended(middle, record).over
        await _stands(middle, how)
        home.nas = await middle.back(home.nas, how)
    await home.settle(120)
    # an order that was cut off with the connection may or may not have arrived: the pool itself says so
    scan = home.sim.world.pool("tank").scan
    arrived = scan is not None and scan.state == "SCANNING"
    assert arrived or moment == "with the order"
    wanted = State.SUCCEEDED if arrived else State.INCONCLUSIVE
    assert _ended(middle, record).state is wanted
    assert middle.orders(SCRUB) == 1
    said = "seen to have worked" if arrived else "nobody can say"
    assert any(said in push["message"] for push in home.pushes)
    if how == "removed":
        await middle.entries.async_remove(home.nas.entry_id)


async def _stands(middle: Middle, how: str) -> None:
    """What is known of a NAS that is not watched is frozen and silent, or over."""
    guardian = middle.home.guardian
    rules = {each.finding.rule: each for each in guardian.open_findings()}
    if how == "removed":
        assert "pool_errors" not in rules
    else:
        assert rules["pool_errors"].frozen
        assert "source_disabled" in rules
    assert "source_lost" not in rules
    assert not [push for push in middle.home.pushes if "silent since" in str(push.get("title"))]

"""Orders to a client that is away meanwhile, turns under them, or cannot do that: what is refused, and what is claimed."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities_media import Item
from custom_components.home_server_monitor.guardian.contract import Outcome, Refused
from custom_components.home_server_monitor.sources.downloads import acting, item_actions
from custom_components.home_server_monitor.sources.downloads.actions import actions
from simulator.media import State

from .conftest import GIB, Pair, opened
from .test_clients import busy


class Host:
    """A source that has lent nothing, or some of its values."""

    id = "one"

    def __init__(self, pair: Pair, **lent: Any) -> None:
        self.client = pair.client
        self.lent = lent
        self.orders = 0
        self.seen: Mapping[str, Item] = {}

    def downloads(self) -> Mapping[str, Item]:
        """What was seen last."""
        return self.seen

    def moves_wait(self) -> str:
        """Nothing has to wait."""
        return ""

    def original(self, setting: str, target: str) -> Any:
        """What a value returns to."""
        return self.lent.get(target)

    def twin(self) -> str | None:
        """It is there once."""
        return None

    def lent_elsewhere(self, setting: str, target: str, value: Any) -> str | None:
        """It is there once."""
        return None

    def ordered(self) -> None:
        """Count what was changed."""
        self.orders += 1

    def act(self, key: str) -> Any:
        """One of its actions."""
        return actions(self)[key]

    async def refused(self, key: str, target: str = "", **params: Any) -> str:
        """Why something is not even planned."""
        with pytest.raises(Refused) as found:
            await self.act(key).plan(target, params)
        return found.value.refusal.key


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing passes between two looks, of which there are few."""
    monkeypatch.setattr(acting, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(acting, "LOOKS", 3)
    monkeypatch.setattr(item_actions, "MOVE_LOOK", 0.0)


async def test_a_limit(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.3.0") as pair:
        host, there, faults = Host(pair), pair.face.client, pair.face.faults
        limit = host.act("limit_bandwidth")
        plan = await limit.plan("", {"down": 1 << 20, "minutes": 5})
        assert [step.params["limit"] for step in plan.steps] == ["down", "alt_down"]
        # the first holds, whether or not its answer was lost; a person who sets it meanwhile ends it
        assert (await limit.verify(plan, [])).outcome is Outcome.FAILED
        told = await limit.run(plan, 0)
        assert (await limit.ready(plan, 1), host.orders, there.down_limit) == (None, 1, 1 << 20)
        there.down_limit = 2 << 20
        assert (await limit.ready(plan, 1)).key == "target_changed"
        # it is bound to what was there
        assert (await limit.check(plan)).key == "target_changed"
        there.down_limit = there.alt_down = 1024
        # seen only once it is back; where it does not come back, nothing is claimed
        faults.add("status", "/api/v2/app/preferences", status=500, count=2)
        assert (await limit.verify(plan, [told])).outcome is Outcome.SUCCEEDED
        faults.add("status", "/api/v2/app/preferences", status=500)
        assert (await limit.verify(plan, [told])).outcome is Outcome.INCONCLUSIVE
        faults.clear()
        assert await limit.undo(plan, 0, told) is None
        # what is no speed limits nothing
        for wrong in ({}, {"down": 0}, {"down": True}, {"down": "fast"}):
            assert await host.refused("limit_bandwidth", **wrong) == "limit_not_possible"


async def test_limits_for_good(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.3.0") as pair:
        host = Host(pair)
        for wrong in ({"limit": "sideways", "value": 1}, {"limit": "up", "value": -1}, {"limit": "up"}):
            assert await host.refused("set_limit", **wrong) == "limit_not_possible"
        for key, on in (("use_alternative_limits", True), ("use_usual_limits", False)):
            act = host.act(key)
            plan = await act.plan("", {})
            assert not await act.is_done(plan)
            assert (await act.verify(plan, [await act.run(plan, 0)])).outcome is Outcome.SUCCEEDED
            assert pair.face.client.alt_on is on
    async with opened("nzbget", "21.0") as pair:
        host = Host(pair)
        assert "use_alternative_limits" not in actions(host)
        assert await host.refused("limit_bandwidth", up=1024) == "limit_not_possible"


async def test_what_was_not_paused_from_here(socket_enabled: None) -> None:
    async with opened("transmission", "4.1.3") as pair:
        there = pair.face.client
        assert await Host(pair).refused("resume_downloads") == "so_already"
        pause = Host(pair).act("pause_downloads")
        plan = await pause.plan("", {})
        before = (there.down_limit, there.alt_down)
        for step in range(len(plan.steps)):
            assert await pause.ready(plan, step) is None
            await pause.run(plan, step)
        assert (await pause.verify(plan, [])).outcome is Outcome.SUCCEEDED
        assert await Host(pair).refused("resume_downloads") == "paused_there"
        # what was lent is what it goes back to
        resume = Host(pair, down=before[0], alt_down=before[1]).act("resume_downloads")
        plan = await resume.plan("", {})
        for step in range(len(plan.steps)):
            await resume.run(plan, step)
        assert (await resume.verify(plan, [])).outcome is Outcome.SUCCEEDED
        assert (there.down_limit, there.alt_down) == before


async def test_one_download(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.3.0") as pair:
        host, ids = Host(pair), busy(pair)
        for key in ("pause_download", "remove_download"):
            assert await host.refused(key, "f" * 40) == "no_such_target"
        pause = host.act("pause_download")
        plan = await pause.plan(ids["running"], {})
        assert (await pause.verify(plan, [await pause.run(plan, 0)])).outcome is Outcome.SUCCEEDED
        assert await host.refused("pause_download", ids["running"]) == "so_already"
        assert (await pause.check(plan)).key == "so_already"
        check = host.act("recheck_download")
        plan = await check.plan(ids["seeding"], {})
        await check.run(plan, 0)
        pair.world.downloads[ids["seeding"]].state = State.SEEDING
        # a small one is through before it is looked at: nothing is claimed
        assert (await check.verify(plan, [])).outcome is Outcome.INCONCLUSIVE


async def test_files_that_move(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.3.0") as pair:
        host, world = Host(pair), pair.world
        done = world.grab("qbittorrent", "Old.2019", size=GIB, done=GIB, state=State.SEEDING)
        move = host.act("move_download")
        plan = await move.plan(done.id, {"folder": "/library/slow"})
        await move.run(plan, 0)
        # while it cannot be asked it goes on; what is taken out meanwhile has not arrived
        pair.face.faults.add("status", "/api/v2/torrents/info", status=500, count=2)
        world.remove(done.id, delete_data=False)
        verdict = await move.verify(plan, [])
        assert (verdict.outcome, verdict.facts["reason"]) == (
            Outcome.FAILED,
            "it is not in the client any more",
        )
    async with opened("transmission", "4.1.3") as pair:
        host = Host(pair)
        done = pair.world.grab("transmission", "Old.2019", size=GIB, done=GIB, state=State.SEEDING)
        move = host.act("move_download")
        plan = await move.plan(done.id, {"folder": "/library/slow"})
        await move.run(plan, 0)
        verdict = await move.verify(plan, [])
        assert verdict.outcome is Outcome.INCONCLUSIVE, "it says at once that it is there"
        assert "Transmission does not show" in verdict.facts["reason"]

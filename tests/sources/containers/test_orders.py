"""Orders to one container: they are about that one, by its id, are seen to have worked, and are taken back by looking."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.contract import Action, Outcome, Plan, Receipt, Refused
from custom_components.home_server_monitor.sources.containers import (
    actions as orders,
    by_id,
    cutting,
    lending,
    limit_action,
)
from custom_components.home_server_monitor.sources.errors import CallFailed

NAME = "seerr"
GONE = (Outcome.FAILED, {"reason": "container_gone"})


class Yard:
    """The simulated engine, and what the integration may order of one of its containers."""

    def __init__(self, entry: MockConfigEntry, house: Any) -> None:
        self.source, self.engine = entry.runtime_data, house.harbour.household.engine

    @property
    def it(self) -> Any:
        """The container, as the engine has it."""
        return self.engine.names[NAME]

    def action(self, key: str) -> Any:
        """Return an action; those that live on its class are its own."""
        return self.source.actions[key]

    async def done(self, key: str, **params: Any) -> tuple[Any, Plan, list[Receipt]]:
        """Plan, check and run."""
        action = self.action(key)
        plan = await action.plan(NAME, params)
        assert await action.check(plan) is None
        return action, plan, [await action.run(plan, step) for step in range(len(plan.steps))]

    async def seen(
        self, action: Action, plan: Plan, receipts: list[Receipt]
    ) -> tuple[Outcome, dict[str, Any]]:
        """Return what is seen of it, as soon as that is seen."""
        async with asyncio.timeout(30):
            verdict = await action.verify(plan, receipts)
        return verdict.outcome, dict(verdict.facts)

    async def back(self, action: Any, plan: Plan) -> list[Receipt | None]:
        """Take all steps back, the last one first."""
        return [await action.undo(plan, step, Receipt(step, {})) for step in reversed(range(len(plan.steps)))]


@pytest.fixture
def yard(docker: MockConfigEntry, house: Any, monkeypatch: pytest.MonkeyPatch) -> Yard:
    """One in which looks follow one another at once."""
    for module in (by_id, orders, cutting):
        monkeypatch.setattr(module, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(orders, "STEADY", 0.05)
    monkeypatch.setattr(limit_action, "BETWEEN", 0.05)
    return Yard(docker, house)


async def _each_order_is_seen_and_taken_back(yard: Yard) -> None:
    for key, wanted, state in (
        ("stop_container", "exited", "running"),
        ("pause_container", "paused", "running"),
        ("restart_container", "running", "running"),
    ):
        action, plan, receipts = await yard.done(key)
        assert (await yard.seen(action, plan, receipts))[0] is Outcome.SUCCEEDED, key
        assert yard.it.state == wanted
        taken = await yard.back(action, plan)
        assert yard.it.state == state
        if key == "restart_container":
            assert taken == [None]
            continue
        assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
        # what is back already is left alone
        assert await yard.back(action, plan) == [None]
    # what stands still is started, and the other way round
    await yard.done("stop_container")
    with pytest.raises(Refused, match="container_state"):
        await yard.action("stop_container").plan(NAME, {})
    with pytest.raises(Refused, match="container_state"):
        await yard.action("disconnect_container").plan(NAME, {})
    action, plan, receipts = await yard.done("start_container")
    assert await yard.seen(action, plan, receipts) == (Outcome.SUCCEEDED, {"state": "running"})
    # started by somebody else meanwhile, it is another state than the one that was approved
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "target_changed"


async def _what_ends_again_did_not_start(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    await yard.done("stop_container")
    action = yard.action("start_container")
    plan = await action.plan(NAME, {})
    # it ended before anybody looked
    assert await yard.seen(action, plan, [Receipt(0, {})]) == (
        Outcome.FAILED,
        {"reason": "container_ended_again"},
    )
    # and it ended right after the first look
    await action.run(plan, 0)
    stop, looked = yard.action("stop_container"), action._now
    stopping = await stop.plan(NAME, {})

    async def ends(wanted: Plan) -> Any:
        seen = await looked(wanted)
        if seen.state == "running":
            await stop.run(stopping, 0)
        return seen

    with monkeypatch.context() as patched:
        patched.setattr(action, "_now", ends)
        found = await yard.seen(action, plan, [Receipt(0, {})])
    assert found == (Outcome.FAILED, {"reason": "container_ended_again"})
    await action.run(plan, 0)


async def _all_its_networks_are_cut_and_are_back(yard: Yard) -> None:
    action, plan, receipts = await yard.done("disconnect_container", minutes=5)
    assert (await yard.seen(action, plan, receipts))[0] is Outcome.SUCCEEDED
    assert [step.lease.lasts for step in plan.steps if step.lease] == [300.0] * len(plan.steps)
    with pytest.raises(Refused, match="network_not_its_own"):
        await action.plan(NAME, {})
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "target_changed"
    assert None not in await yard.back(action, plan)
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
    assert await yard.back(action, plan) == [None] * len(plan.steps)


async def _another_one_of_that_name_is_not_meant(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: dict[str, dict[str, Any]] = {
        "stop_container": {},
        "disconnect_container": {"minutes": 5},
        "limit_container": {"measure": "cpu", "limit": 50},
    }
    plans = {key: await yard.action(key).plan(NAME, params) for key, params in keys.items()}
    # made anew by somebody else: the name is taken, the id is gone
    old = yard.it
    del yard.engine.containers[old.id if hasattr(old, "id") else old.ident], yard.engine.names[NAME]
    for key, plan in plans.items():
        action = yard.action(key)
        refusal = await action.check(plan)
        assert refusal is not None, key
        assert refusal.key == "no_such_target"
        with pytest.raises(Refused, match="no_such_target"):
            await action.plan(NAME, keys[key])
        assert await yard.seen(action, plan, [Receipt(0, {})]) == GONE, key
        assert await yard.back(action, plan) == [None] * len(plan.steps), key
        assert ((await action.undone(plan)).outcome, key) == (Outcome.FAILED, key)

    async def fails(key: str) -> Any:
        raise CallFailed("GET", "it cannot be read", 500)

    # what cannot be read is not gone
    monkeypatch.setattr(yard.action("stop_container")._client, "inspect", fails)
    with pytest.raises(CallFailed):
        await yard.action("stop_container").now(plans["stop_container"])
    paused = yard.source.settings[lending.PAUSED]
    with pytest.raises(CallFailed):
        await paused.read("any")


async def _a_limit_that_does_not_hold_is_no_success(yard: Yard) -> None:
    action, plan, receipts = await yard.done("limit_container", measure="cpu", limit=50)
    assert (await yard.seen(action, plan, receipts))[0] is Outcome.SUCCEEDED
    # somebody sets another one meanwhile: that is not ours to take back
    await action._client.update(plan.before["id"], {"NanoCpus": 10**9})
    assert await yard.seen(action, plan, receipts) == (Outcome.FAILED, {"reason": "limit_not_kept"})
    with pytest.raises(Refused, match="target_changed"):
        await yard.back(action, plan)
    await action._client.update(plan.before["id"], plan.before["body"])
    assert None not in await yard.back(action, plan)
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED


async def _what_is_lent_is_set_once_and_read_as_it_is(yard: Yard) -> None:
    source, container = yard.source, yard.it
    settings, ident = source.settings, container.ident

    async def writes(work: Any) -> int:
        """Return how many orders something sent: what the engine counts, without the lists that follow."""
        before = len(sent)
        await work
        return len(sent) - before

    sent: list[str] = []
    client = settings[lending.PAUSED]._client
    ordered = ("pause", "unpause", "stop", "start", "connect", "disconnect", "update")

    class Counting:
        """The client, which notes what is ordered."""

        def __getattr__(self, name: str) -> Any:
            if name in ordered:
                sent.append(name)
            return getattr(client, name)

    for setting in settings.values():
        setting._client = Counting()
    for key, value in ((lending.PAUSED, "paused"), (lending.STOPPED, "exited")):
        setting = settings[key]
        for wanted in (True, False):
            assert await writes(setting.set_leased(ident, wanted)) == 1
            assert (await setting.read(ident), setting.shown(ident)) == (wanted, wanted)
            assert (container.state == value) is wanted
            # it is so already
            assert await writes(setting.set_leased(ident, wanted)) == 0
        assert (await setting.read("gone"), setting.shown("gone")) == (None, None)
    off = settings[lending.OFF_NETWORK]
    network = next(iter(source.data.containers[NAME].networks))
    target = f"{ident} {network}"
    was = await off.read(target)
    assert off.same(was, off.shown(target))
    assert await writes(off.set_leased(target, was)) == 0
    assert await writes(off.set_leased(target, False)) == 1
    assert (await off.read(target), off.shown(target)) == (False, False)
    assert not off.same(was, False)
    # of two who hold it back the stricter one counts
    assert (off.strictest([was, False]), off.strictest([was, was])) == (False, was)
    assert await writes(off.set_leased(target, was)) == 1
    assert await off.read(target) == was
    assert (await off.read(f"gone {network}"), off.shown(f"gone {network}")) == (None, None)
    limit = settings[lending.LIMITED]
    target = f"{ident} NanoCpus"
    was = await limit.read(target)
    assert await writes(limit.set_leased(target, was)) == 0
    half = {"NanoCpus": 500_000_000}
    assert await writes(limit.set_leased(target, half)) == 1
    assert await limit.read(target) == half
    # a list does not tell of limits: nobody is suspected by it, but what is gone is gone
    assert limit.same(half, limit.shown(target))
    assert limit.shown("gone NanoCpus") is None
    assert not limit.same(half, None)
    assert limit.strictest([{"NanoCpus": 0}, half, {"NanoCpus": 10**9}]) == half
    assert await writes(limit.set_leased(target, was)) == 1
    assert await limit.read(target) == was
    for setting in settings.values():
        setting._client = client


async def test_orders_to_one_container(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    await _each_order_is_seen_and_taken_back(yard)
    await _what_ends_again_did_not_start(yard, monkeypatch)
    await _all_its_networks_are_cut_and_are_back(yard)
    await _a_limit_that_does_not_hold_is_no_success(yard)
    await _what_is_lent_is_set_once_and_read_as_it_is(yard)
    await _another_one_of_that_name_is_not_meant(yard, monkeypatch)

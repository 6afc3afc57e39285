"""An update and a going back, looked at before every step: with anything otherwise than the step before left it, they stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.contract import (
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Step,
)
from custom_components.home_server_monitor.sources.containers import updating
from custom_components.home_server_monitor.sources.containers.gate import Judgement, Result
from custom_components.home_server_monitor.sources.containers.remaking import Remaking
from custom_components.home_server_monitor.sources.errors import CannotConnect
from simulator.engine import lifecycle, process

from .household import hurry

NAME = "seerr"
type Change = Callable[[str, Any], Any]


class Bench:
    """The simulated engine, and an action on one of its containers that is run step by step."""

    def __init__(self, entry: MockConfigEntry, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source, self.engine = entry.runtime_data, house.harbour.household.engine
        self.workshop, self._patch = self.source.yard.workshop, monkeypatch
        self.receipts: list[Receipt] = []

    @contextmanager
    def seen_as(self, change: Change, method: str = "look") -> Iterator[None]:
        """Let what is read of the engine be something else. change: what was asked for, and what was found."""
        look = getattr(self.workshop, method)

        async def looked(wanted: str) -> Any:
            return change(wanted, deepcopy(await look(wanted)))

        with self._patch.context() as patched:
            patched.setattr(self.workshop, method, looked)
            yield

    async def refusal(self, action: Any, plan: Plan, step: int, change: Change | None = None) -> str | None:
        """Return why a step may not be sent, where things are seen so."""
        with self.seen_as(change or (lambda wanted, found: found)):
            found = await action.ready(plan, step)
        return found.key if found else None

    async def run(self, action: Any, plan: Plan, *orders: str) -> int:
        """Send the steps up to and with the first of these orders, as the look before each allows; returns the next one."""
        while len(self.receipts) < len(plan.steps):
            step = len(self.receipts)
            if step:
                assert await self.refusal(action, plan, step) is None, plan.steps[step].order
            self.receipts.append(await action.run(plan, step))
            if plan.steps[step].order in orders:
                break
        return len(self.receipts)

    async def back(self, action: Any, plan: Plan) -> None:
        """Take back all that was sent, the last first."""
        while self.receipts:
            receipt = self.receipts.pop()
            await action.undo(plan, receipt.step, receipt)


@pytest.fixture
def bench(docker: MockConfigEntry, house: Any, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """One whose gates look often and not for long."""
    hurry(monkeypatch, every=0.01, again=0.02, stable=0.05)
    return Bench(docker, house, monkeypatch)


def gone(whose: str) -> Change:
    """It is there no more, by id or name."""
    return lambda wanted, found: None if wanted == whose or (found and found["Id"] == whose) else found


def with_(whose: str, **fields: Any) -> Change:
    """The container of this id is otherwise."""
    return lambda wanted, found: found | fields if found and found["Id"] == whose else found


async def _an_update_is_stopped(bench: Bench, action: Any) -> None:
    plan = await action.plan(NAME, {})
    (member,) = updating.members_of(plan)
    old = member.old
    step = await bench.run(action, plan, "pull_image")
    # another image came than the one that was approved
    asked = replace(plan, params={"digest": "sha256:0"})
    assert await bench.refusal(action, asked, step) == "image_moved"
    step = await bench.run(action, plan, "create_container")
    new = bench.receipts[-1].result["new"]
    # nothing is stopped for a new one that is gone, or of another image
    assert await bench.refusal(action, plan, step, gone(new)) == "new_container_gone"
    assert await bench.refusal(action, plan, step, with_(new, Image="sha256:0")) == "image_moved"
    assert await bench.refusal(action, plan, step, gone(old)) == "container_gone"
    step = await bench.run(action, plan, "rename_old")
    assert await bench.refusal(action, plan, step, with_(old, Name="/else")) == "target_changed"
    assert await bench.refusal(action, plan, step, gone(new)) == "new_container_gone"
    up = with_(old, State={"Running": True, "Status": "running"})
    assert await bench.refusal(action, plan, step, up) == "old_container_runs"
    # cut off here, all is as it was
    assert (await action.undone(plan)).outcome is Outcome.FAILED
    await bench.back(action, plan)
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
    assert (bench.engine.names[NAME].ident, bench.engine.names[NAME].alive) == (old, True)
    assert [name for name in bench.engine.names if "-hsm-" in name] == []


async def _what_cannot_be_seen_is_no_reason(
    bench: Bench, action: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot whose answer was lost is looked for while the NAS is away, and why an image was bad is only for show."""
    plan = await action.plan(NAME, {})
    snap = Step(
        order=updating.SNAPSHOT, params={"member": 0, "source": "nas", "dataset": "tank/a", "name": "x"}
    )
    with_snapshot = replace(plan, steps=(snap, *plan.steps))
    looks: list[str] = []

    async def away(source: str, dataset: str, name: str) -> bool:
        looks.append(name)
        if len(looks) < found_at:
            raise CannotConnect("No answer in time")
        return found_at < 99

    async def at_once(seconds: float) -> None:
        """Let no time pass."""

    with monkeypatch.context() as patched:
        patched.setattr(bench.source.yard.around, "has_snapshot", away)
        patched.setattr(action, "_sleep", at_once)
        found_at = 3
        assert await bench.refusal(action, with_snapshot, 1) is None
        assert len(looks) == 3
        found_at = 99
        with pytest.raises(CannotConnect):
            await bench.refusal(action, with_snapshot, 1)
        assert len(looks) == 3 + updating.SNAPSHOT_LOOKS
    members = updating.members_of(plan)
    remaking, judgement = Remaking(bench.workshop, members), Judgement(Result.FAILED, "ended")

    def fails(wanted: str, found: Any) -> Any:
        raise CannotConnect("No answer in time")

    with bench.seen_as(fails):
        await action._note_bad(plan, remaking, members[0], judgement)
    assert action._bad == {}
    with bench.seen_as(fails, "look_at_image"):
        assert await action._digests("sha256:0") == []


async def _what_is_refused(bench: Bench, action: Any) -> None:
    with pytest.raises(Refused, match="no_such_target"):
        await action.plan("nobody", {})
    with bench.seen_as(gone(NAME)), pytest.raises(Refused, match="no_such_target"):
        await action.plan(NAME, {})
    # one that stands still was not well before, and is not asked whether it answers
    await lifecycle.stop(bench.engine, bench.engine.names[NAME])
    await bench.source.async_look()
    (member,) = updating.members_of(await action.plan(NAME, {}))
    assert (member.ran, member.answered) == (False, False)
    process.start(bench.engine, bench.engine.names[NAME])
    await bench.source.async_look()


async def _a_going_back_is_stopped(bench: Bench, action: Any, let_go: Any) -> None:
    plan = await action.plan(NAME, {})
    (pair,) = plan.before["pairs"]
    new, old, parked = pair["new"], pair["old"], pair["parked"]
    for change, key in ((gone(parked), "nothing_kept"), (with_(old, Id="another"), "kept_not_noted")):
        with bench.seen_as(change), pytest.raises(Refused, match=key):
            await action.plan(NAME, {})
    with bench.seen_as(gone(parked)), pytest.raises(Refused, match="nothing_kept"):
        await let_go.plan(NAME, {})
    # a kept one that somebody started is not taken away
    up = with_(old, State={"Running": True})
    with bench.seen_as(up), pytest.raises(Refused, match="container_state"):
        await let_go.plan(NAME, {})
    step = await bench.run(action, plan, "set_restart_policy")
    assert await bench.refusal(action, plan, step, gone(old)) == "container_gone"
    kept_on = with_(new, HostConfig={"RestartPolicy": {"Name": "always"}})
    assert await bench.refusal(action, plan, step, kept_on) == "policy_kept"
    step = await bench.run(action, plan, "stop_container")
    assert await bench.refusal(action, plan, step, with_(new, State={"Running": True})) == "new_container_up"
    step = await bench.run(action, plan, "rename_new")
    assert await bench.refusal(action, plan, step, with_(new, Name="/else")) == "target_changed"
    step = await bench.run(action, plan, "start_container")
    # nothing is removed before the old one is seen to run
    down = with_(old, State={"Running": False, "Status": "exited", "ExitCode": 1})
    assert await bench.refusal(action, plan, step, down) is not None
    with bench.seen_as(down):
        assert (await action.verify(plan, bench.receipts)).outcome is Outcome.FAILED
    assert (await action.undone(plan)).outcome is Outcome.FAILED
    await bench.back(action, plan)
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
    assert (bench.engine.names[NAME].ident, bench.engine.names[parked].alive) == (new, False)


async def test_anything_otherwise_stops_it(bench: Bench, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    actions = bench.source.actions
    update, go_back = actions["update_container"], actions["roll_back_container"]
    await house.scenario("image_update", container=NAME, version="2.0")
    await _what_is_refused(bench, update)
    await _an_update_is_stopped(bench, update)
    await _what_cannot_be_seen_is_no_reason(bench, update, monkeypatch)
    plan = await update.plan(NAME, {})
    await bench.run(update, plan)
    assert (await update.verify(plan, bench.receipts)).outcome is Outcome.SUCCEEDED
    bench.receipts.clear()
    await _a_going_back_is_stopped(bench, go_back, actions["remove_kept_container"])

    async def own(inspect: Any) -> Refusal:
        return Refusal("own_path", {"target": NAME})

    # Home Assistant has come to stand on it since
    with monkeypatch.context() as patched:
        patched.setattr(bench.source.yard, "refusal", own)
        with pytest.raises(Refused, match="own_path"):
            await go_back.plan(NAME, {})
    plan = await go_back.plan(NAME, {})
    await bench.run(go_back, plan)
    assert (await go_back.verify(plan, bench.receipts)).outcome is Outcome.SUCCEEDED
    assert [name for name in bench.engine.names if "-hsm-" in name] == []

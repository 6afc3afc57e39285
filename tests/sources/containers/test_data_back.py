"""The data of a container put back, in a Home Assistant that watches the simulated NAS and the engine on it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.guardian.contract import (
    Actor,
    NotDone,
    Outcome,
    Receipt,
    Refused,
    Risk,
)
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.containers import data_back
from custom_components.home_server_monitor.sources.errors import CannotConnect
import simulator
from simulator.harbour import Containers
from simulator.storage import Dataset
from tests.conftest import nas_entry

from .household import hurry

GIB = 1024**3
DATASET = "apps/config/seerr"


class Home:
    """A NAS with an engine on it, and an admin who approves by typing the name."""

    def __init__(self, sim: Any, engine: Any, nas: Any, guardian: Any, actor: Actor) -> None:
        self.sim, self.engine, self.nas, self.guardian, self.actor = sim, engine, nas, guardian, actor
        self.hass: HomeAssistant = engine.hass

    @property
    def dataset(self) -> Any:
        """The dataset as the NAS has it."""
        return self.sim.world.datasets[DATASET]

    def snapshots(self) -> list[str]:
        """Return the names of its snapshots."""
        return [each.name for each in self.sim.world.snapshots.values() if each.dataset == DATASET]

    def runs(self, name: str = "seerr") -> bool:
        """Return whether a container runs."""
        return bool(self.sim.harbour.household.engine.names[name].alive)

    def _button(self) -> str | None:
        unique_id = f"{self.engine.id}_container_seerr_roll_back_data"
        return er.async_get(self.hass).async_get_entity_id("button", "home_server_monitor", unique_id)

    def button(self) -> str | None:
        """Return the state of its button that puts its data back, or None where there is none."""
        state = self.hass.states.get(self._button() or "")
        return state.state if state else None

    async def press(self) -> None:
        """Press that button, as the admin."""
        await self.hass.services.async_call(
            "button",
            "press",
            {"entity_id": self._button()},
            blocking=True,
            context=Context(user_id=self.actor.id),
        )

    async def act(self, action: str) -> Record:
        """Approve an action on the container, and wait for its end."""
        desk = self.guardian.desk
        record = await desk.propose(self.engine.id, action, "seerr", actor=self.actor)
        await desk.approve(record.id, self.actor, typed=record.name)
        return await desk.wait(record.id)

    async def updated_and_back(self) -> None:
        """Update it, let the newer version write a gibibyte, and go back to the old container."""
        await self.sim.scenario("image_update", container="seerr", version="2.0")
        ended = await self.act("update_container")
        assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict)
        self.dataset.own += GIB
        ended = await self.act("roll_back_container")
        assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict)

    def offers(self) -> list[str]:
        """Return what is proposed for what is found about the container."""
        return [
            each.proposal.action
            for each in self.engine.findings
            if each.object.endswith(":seerr") and each.proposal
        ]


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[Any]:
    """A simulated home server whose engine is the one beneath the NAS."""
    async with simulator.run(profile="frozen", containers=Containers(apps=True)) as running:
        yield running


@pytest.fixture
async def home(
    hass: HomeAssistant,
    house: Any,
    server_entry: MockConfigEntry,
    docker: MockConfigEntry,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Home]:
    """One whose application has a dataset of its own."""
    hurry(monkeypatch, every=0.05, again=0.1, stable=0.2)
    house.world.datasets[DATASET] = Dataset(DATASET, GIB, created=house.world.clock.now())
    nas = nas_entry(house)
    nas.add_to_hass(hass)
    await hass.config_entries.async_setup(nas.entry_id)
    assert nas.state is ConfigEntryState.LOADED, nas.reason
    await hass.async_block_till_done(wait_background_tasks=False)
    actor = Actor(kind="user", id=hass_admin_user.id, name="Ada", admin=True, via="repairs")
    found = Home(house, docker.runtime_data, nas.runtime_data, server_entry.runtime_data, actor)
    yield found
    await hass.config_entries.async_unload(nas.entry_id)


async def test_data_goes_back_to_the_snapshot_of_before_the_update(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands still meanwhile, and nothing of it is offered before there is something to go back from."""
    with pytest.raises(Refused) as refused:
        await home.act("roll_back_data")
    assert refused.value.refusal.key == "no_snapshot_of_before"
    before = home.sim.world.own_bytes(home.dataset)
    await home.updated_and_back()
    assert home.sim.world.own_bytes(home.dataset) == before + GIB
    assert home.offers() == ["roll_back_data"]
    await home.hass.async_block_till_done(wait_background_tasks=False)
    assert home.button() not in (None, "unavailable")
    with pytest.raises(ServiceValidationError) as error:
        await home.press()
    assert error.value.translation_key == "proposed_in_repairs"
    plan = await home.engine.actions["roll_back_data"].plan("seerr", {})
    assert plan.risk is Risk.HIGH
    (name,) = home.snapshots()
    assert (plan.before["shown"]["datasets"], plan.before["shown"]["snapshot"]) == (DATASET, name)
    assert plan.before["shown"]["since"].endswith("UTC")
    stood_still: list[bool] = []
    send = home.engine.yard.around.roll_back

    async def look_and_send(*args: str) -> None:
        stood_still.append(not home.runs())
        await send(*args)

    monkeypatch.setattr(home.engine.yard.around, "roll_back", look_and_send)
    ended = await home.act("roll_back_data")
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict)
    assert home.sim.world.own_bytes(home.dataset) == before
    assert home.runs()
    assert home.snapshots() == [name]
    assert home.offers() == []
    await home.hass.async_block_till_done(wait_background_tasks=False)
    assert home.button() == "unavailable"
    assert stood_still == [True]
    assert sum("rollback" in each.method for each in home.sim.calls) == 1


async def test_a_newer_snapshot_is_never_destroyed(home: Home) -> None:
    """Neither where it is seen, nor where it is taken between the look and the order: then the server refuses."""
    await home.updated_and_back()
    source, (name,) = home.engine, home.snapshots()
    plan = await source.actions["roll_back_data"].plan("seerr", {})
    home.sim.world.add_snapshot(DATASET, "auto-1", home.sim.world.clock.now())
    with pytest.raises(Refused) as refused:
        await source.actions["roll_back_data"].plan("seerr", {})
    assert refused.value.refusal.key == "newer_snapshots"
    assert refused.value.refusal.placeholders["names"] == "auto-1"
    refusal = await source.actions["roll_back_data"].check(plan)
    assert refusal is not None
    assert refusal.key == "newer_snapshots"
    held = home.sim.world.own_bytes(home.dataset)
    (step,) = (index for index, each in enumerate(plan.steps) if each.order == data_back.ROLL_BACK)
    with pytest.raises(Exception, match="more recent snapshots") as error:
        await source.actions["roll_back_data"].run(plan, step)
    assert type(error.value).__name__ == "NotPutBack"
    assert home.sim.world.own_bytes(home.dataset) == held
    assert home.snapshots() == [name, "auto-1"]


async def test_what_others_keep_in_a_dataset_is_left_alone(home: Home) -> None:
    """A container beside it writes to the same dataset: nothing goes back."""
    await home.updated_and_back()
    del home.sim.world.datasets[DATASET]
    (snapshot,) = (each for each in home.sim.world.snapshots.values() if each.dataset == DATASET)
    home.sim.world.add_snapshot("apps/config", snapshot.name, home.sim.world.clock.now())
    await home.nas.async_look("datasets")
    with pytest.raises(Refused) as refused:
        await home.engine.actions["roll_back_data"].plan("seerr", {})
    assert refused.value.refusal.key == "data_shared"
    assert refused.value.refusal.placeholders["dataset"] == "apps/config"


async def test_it_runs_again_whatever_goes_wrong(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The NAS says no in the middle: the container is started, and that it did not happen is told."""
    await home.updated_and_back()
    held = home.sim.world.own_bytes(home.dataset)
    around = home.engine.yard.around

    async def busy(*args: Any) -> None:
        raise Refused(data_back.Refusal("protected", {"target": DATASET}))

    monkeypatch.setattr(around, "roll_back", busy)
    ended = await home.act("roll_back_data")
    assert ended.state is State.ROLLED_BACK, (ended.state, ended.reason)
    assert ended.reason == "protected"
    assert home.runs()
    assert home.sim.world.own_bytes(home.dataset) == held
    assert home.offers() == ["roll_back_data"]


async def test_each_look_says_what_is_otherwise(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the order and its end anything may have happened to the container and to its data."""
    monkeypatch.setattr(data_back, "LOOKS", 2)
    await home.updated_and_back()
    action = home.engine.actions["roll_back_data"]
    plan = await action.plan("seerr", {})
    orders = [each.order for each in plan.steps]
    back = orders.index(data_back.ROLL_BACK)

    async def refusal(step: int) -> str | None:
        found = await action.ready(plan, step)
        return found.key if found else None

    # nothing goes back while it runs, and nothing starts on what is not back, or cannot be read
    assert await refusal(back) == "still_running"
    assert await refusal(back + 1) == "data_not_back"
    around = home.engine.yard.around

    async def away(*args: Any) -> Any:
        raise CannotConnect("No answer in time")

    with monkeypatch.context() as patched:
        patched.setattr(around, "is_as_in", away)
        with pytest.raises(CannotConnect):
            await refusal(back + 1)
    # an order that nobody knows is not guessed
    odd = replace(plan, steps=(*plan.steps[:-1], replace(plan.steps[-1], order="dance")))
    with pytest.raises(NotDone, match="dance"):
        await action.run(odd, len(plan.steps) - 1)
    # an answer that was lost says nothing
    lost = [Receipt(step, {"lost": step == back}) for step in range(len(plan.steps))]
    assert (await action.verify(plan, lost)).outcome is Outcome.INCONCLUSIVE
    # what was put back is never put forward again
    assert await action.undo(plan, back, Receipt(back, {})) is None
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
    with pytest.raises(Refused, match="no_such_target"):
        await action.plan("nobody", {})
    with monkeypatch.context() as patched:

        async def none(*args: Any) -> None:
            return None

        patched.setattr(around, "snapshot_seen", none)
        with pytest.raises(Refused, match="no_snapshot_of_before"):
            await action.plan("seerr", {})
        patched.setattr(home.engine.yard.workshop, "look", none)
        with pytest.raises(Refused, match="no_such_target"):
            await action.plan("seerr", {})
        assert await refusal(back) == "container_gone"
        stop = orders.index(data_back.Order.STOP)
        with pytest.raises(Refused, match="container_gone"):
            await action.undo(plan, stop, Receipt(stop, {}))
        verdict = await action.undone(plan)
        assert (verdict.outcome, (await action.verify(plan, [])).outcome) == (Outcome.FAILED, Outcome.FAILED)

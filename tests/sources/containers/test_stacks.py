"""Stacks behind Portainer: taken down, started and deployed again, judged by what the engine lists."""

from collections.abc import AsyncIterator
import json
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.contract import Outcome, Refused, Risk
from custom_components.home_server_monitor.sources.containers import stacks
from simulator.household.stacks import members
from tests.orders import act

from .conftest import engine_entry


@pytest.fixture
async def portainer(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, house: Any, monkeypatch: Any
) -> AsyncIterator[MockConfigEntry]:
    """The simulated engine, watched through Portainer."""
    monkeypatch.setattr(stacks, "STEADY", 0.2)
    monkeypatch.setattr(stacks, "LOOK_EVERY", 0.05)
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    harbour = house.harbour
    hass.loop.set_debug(False)
    known = {"api_key": harbour.portainer.key, "environment": "2", "fingerprint": house.fingerprint}
    entry = engine_entry(harbour.portainer_url, **known)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await entry.runtime_data.first_look
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


def pick(house: Any, *, git: bool) -> Any:
    """A stack of the house, from git or from a file."""
    return next(each for each in house.harbour.household.stacks.values() if bool(each.git) is git)


def present(house: Any, stack: Any) -> dict[str, str]:
    """The containers of a stack by name."""
    return {each.name: each.ident for each in members(house.harbour.household, stack)}


@pytest.mark.parametrize("git", [True, False])
async def test_a_stack_is_deployed_again_with_all_that_is_its_own(
    portainer: MockConfigEntry, house: Any, git: bool
) -> None:
    """Variables, branch and file are sent back as they were; what is new is seen at the engine."""
    stack = pick(house, git=git)
    before = (json.dumps(stack.env), stack.file, stack.git)
    assert stack.env
    source = portainer.runtime_data
    plan = await source.actions["redeploy_stack"].plan(stack.name, {})
    listed = plan.steps[0].params["changes"]
    assert all(f"{name} (" in listed for name in present(house, stack))
    assert (plan.risk, plan.takes_away) == (Risk.HIGH, True)
    # no variable of a stack is in what the journal keeps
    kept = repr(plan)
    assert not [each for each in stack.env if len(str(each["value"])) > 5 and str(each["value"]) in kept]

    verdict = await act(portainer, "redeploy_stack", stack.name)
    assert verdict.outcome is Outcome.SUCCEEDED
    assert stack.redeployed == 1
    assert (json.dumps(stack.env), stack.file, stack.git) == before


async def test_taking_a_stack_down_and_starting_it(portainer: MockConfigEntry, house: Any) -> None:
    stack = pick(house, git=False)
    before = present(house, stack)
    assert before
    with pytest.raises(Refused) as refused:
        await act(portainer, "start_stack", stack.name)
    assert refused.value.refusal.key == "stack_state"
    verdict = await act(portainer, "stop_stack", stack.name)
    assert (verdict.outcome, verdict.facts["state"]) == (Outcome.SUCCEEDED, "inactive")
    assert not present(house, stack)
    verdict = await act(portainer, "start_stack", stack.name)
    assert verdict.outcome is Outcome.SUCCEEDED
    after = present(house, stack)
    assert after.keys() == before.keys()
    assert set(verdict.facts["renewed"]) == set(after)


async def test_an_order_that_failed_is_not_taken_for_done(portainer: MockConfigEntry, house: Any) -> None:
    stack = pick(house, git=False)
    before = present(house, stack)
    house.harbour.portainer.faults.add("status", "POST /api/stacks/{number}/stop", status=500)
    with pytest.raises(Exception, match="Simulated failure"):
        await act(portainer, "stop_stack", stack.name)
    assert present(house, stack) == before


async def test_what_has_changed_since_the_plan_is_not_deployed(
    portainer: MockConfigEntry, house: Any
) -> None:
    stack = pick(house, git=False)
    action = portainer.runtime_data.actions["redeploy_stack"]
    plan = await action.plan(stack.name, {})
    assert await action.check(plan) is None
    stack.file += "# changed\n"
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "target_changed"


async def test_the_way_to_the_engine_is_not_taken_down(
    portainer: MockConfigEntry, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = pick(house, git=False)
    monkeypatch.setattr(stacks, "leads_to_the_engine", lambda image: True)
    actions = portainer.runtime_data.actions
    for key in ("stop_stack", "redeploy_stack"):
        with pytest.raises(Refused) as refused:
            await actions[key].plan(stack.name, {})
        assert refused.value.refusal.key == "stack_holds_way"
    assert present(house, stack)

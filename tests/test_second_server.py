"""A second server: its options, its repairs, its orders, and what happens when it is deleted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.act import async_act
from custom_components.home_server_monitor.const import CONF_SERVER, DOMAIN

from .conftest import LAST_PING, nas_entry
from .test_guardian_edge import Household, _as, _ask, _fix
from .test_guardian_options import pool, submit
from .warp import Warp

ULID = "01JH5Q2V8W3X4Y5Z6A7B8C9D0E"
MISSING = f"server_missing_{ULID}"


@pytest.fixture
async def home(
    hass: HomeAssistant, hass_storage: Any, server_entry: MockConfigEntry, warp: Warp, sim: Any
) -> AsyncIterator[Household]:
    """A household with a second server, which the NAS hangs on."""
    assert await async_setup_component(hass, "repairs", {})
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    second = MockConfigEntry(domain=DOMAIN, title="Cabin", unique_id=ULID, data={"kind": "server"})
    second.add_to_hass(hass)
    nas = nas_entry(sim)
    nas.add_to_hass(hass)
    hass.config_entries.async_update_entry(nas, data={**nas.data, CONF_SERVER: ULID})
    for entry in (second, nas):
        if entry.state is ConfigEntryState.NOT_LOADED:
            assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    found = Household(hass, nas, sim, second)
    found.tell()
    await found.settle(120)
    yield found
    assert await hass.config_entries.async_unload(nas.entry_id)
    await asyncio.sleep(LAST_PING)


async def fix(home: Household, issue_id: str) -> Any:
    """Open the repair and confirm; returns what was shown."""
    manager = home.hass.data["repairs"]["flow_manager"]
    shown = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert (await manager.async_configure(shown["flow_id"], {}))["type"] == "create_entry"
    await home.hass.async_block_till_done()
    return shown


async def test_it_has_options_and_repairs_of_its_own(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = await home.errors()
    first = home.hass.data[DOMAIN].guardian("home")
    assert tracked.id not in first.register.tracked
    flow = await _fix(home, tracked.id)
    await submit(home, protected_objects=[pool(home)])
    assert first.desk.policy.settings.protected == frozenset()
    _as(monkeypatch, hass_admin_user)
    assert (await flow.async_step_approve())["reason"] == "proposal_gone"
    await submit(home, protected_objects=[])
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "list_proposals", hass_admin_user.id)
    assert refused.value.translation_key == "name_a_server"
    record = await home.guardian.proposals.propose_for(tracked)
    await home.settle(5)
    flow = await _fix(home, tracked.id)
    assert (await flow.async_step_approve())["reason"] == "approved"
    await home.settle(15)
    assert home.scrubs() == 1
    (done,) = (
        each
        for each in (await _ask(home, "list_proposals", hass_admin_user.id, server=ULID))["history"]
        if each["id"] == record.id  # type: ignore[union-attr]
    )
    assert done["state"] == "succeeded"


async def test_one_that_was_deleted_is_made_again(home: Household, hass_admin_user: MockUser) -> None:
    tracked = await home.errors()
    issues = ir.async_get(home.hass)
    assert await home.hass.config_entries.async_remove(home.server.entry_id)
    issue = issues.async_get_issue(DOMAIN, MISSING)
    assert issue is not None
    assert (issue.is_fixable, issue.translation_placeholders) == (True, {"name": "Cabin"})
    assert not issues.async_get_issue(DOMAIN, "server_missing")
    # nothing is done meanwhile, and the name is still known when the service is set up again
    context = Context(user_id=hass_admin_user.id)
    with pytest.raises(ServiceValidationError) as refused:
        await async_act(home.hass, context, home.nas.runtime_data, "restart_app", "plex")
    assert refused.value.translation_key == "no_guardian"
    assert await home.hass.config_entries.async_reload(home.nas.entry_id)
    shown = await fix(home, MISSING)
    assert shown["description_placeholders"] == {"name": "Cabin"}
    again = home.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, ULID)
    assert again is not None
    assert (again.title, again.state) == ("Cabin", ConfigEntryState.LOADED)
    assert not issues.async_get_issue(DOMAIN, MISSING)
    home.server = again  # type: ignore[assignment]
    await home.settle(120)
    assert home.guardian.tracked(tracked.id) is not None
    await async_act(home.hass, context, home.nas.runtime_data, "restart_app", "plex")


async def test_the_issue_goes_with_the_last_service(home: Household) -> None:
    issues = ir.async_get(home.hass)
    other = nas_entry(home.sim)
    data = {**other.data, CONF_SERVER: ULID, "url": "https://192.0.2.1"}
    other = MockConfigEntry(domain=DOMAIN, title="other", unique_id="other", data=data)
    other.add_to_hass(home.hass)
    # the first server has no services: its deletion is nobody's loss
    first = home.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, "home")
    assert first is not None
    assert await home.hass.config_entries.async_remove(first.entry_id)
    assert not issues.async_get_issue(DOMAIN, "server_missing")
    assert await home.hass.config_entries.async_remove(home.server.entry_id)
    assert issues.async_get_issue(DOMAIN, MISSING)
    assert await home.hass.config_entries.async_remove(other.entry_id)
    assert issues.async_get_issue(DOMAIN, MISSING)
    assert await home.hass.config_entries.async_unload(home.nas.entry_id)
    home.hass.config_entries.async_update_entry(home.nas, data={**home.nas.data, CONF_SERVER: "home"})
    assert await home.hass.config_entries.async_setup(home.nas.entry_id)
    assert issues.async_get_issue(DOMAIN, "server_missing")

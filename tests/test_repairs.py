"""What a person must do is told in repairs, and what can be done there is done."""

from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.components.repairs import ConfirmRepairFlow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor import issues, repairs
from custom_components.home_server_monitor.const import DOMAIN, HOME

from .test_config_flow import TEXTS

OLD, NEW = "ab" * 32, "cd" * 32


@pytest.fixture(autouse=True)
async def setups(hass: HomeAssistant) -> AsyncGenerator[AsyncMock]:
    """Entries are added, but nothing is set up for them; the repairs are there."""
    place = f"custom_components.{DOMAIN}"
    with (
        patch(f"{place}.async_setup_entry", return_value=True) as setup,
        patch(f"{place}.async_unload_entry", return_value=True, create=True),
    ):
        assert await async_setup_component(hass, "repairs", {})
        assert await async_setup_component(hass, DOMAIN, {})
        yield setup
        await hass.async_block_till_done()
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def nas(hass: HomeAssistant) -> MockConfigEntry:
    """A NAS whose certificate is pinned."""
    data = {"kind": "truenas", "server": HOME, "url": "https://nas", "api_key": "1-x", "fingerprint": OLD}
    entry = MockConfigEntry(domain=DOMAIN, title="attic", unique_id="host", data=data)
    entry.add_to_hass(hass)
    return entry


def issue(hass: HomeAssistant, issue_id: str) -> ir.IssueEntry | None:
    """Return an issue; its texts must be there and be filled in."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if found:
        texts = TEXTS["issues"][found.translation_key]
        step = texts["fix_flow"]["step"]["confirm"] if found.is_fixable else texts
        for text in (texts["title"], step["title"], step["description"]):
            assert text.format(**found.translation_placeholders or {})
    return found


async def fix(hass: HomeAssistant, issue_id: str) -> Any:
    """Open an issue and confirm; returns what was shown."""
    manager = hass.data["repairs"]["flow_manager"]
    shown = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert (shown["type"], shown["step_id"]) == (FlowResultType.FORM, "confirm")
    done = await manager.async_configure(shown["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    return shown


async def test_a_changed_certificate_is_shown_and_pinned(
    hass: HomeAssistant, nas: MockConfigEntry, setups: AsyncMock
) -> None:
    issues.raise_certificate_changed(hass, nas, OLD, NEW)
    name = f"certificate_changed_{nas.entry_id}"
    assert issue(hass, name)
    shown = await fix(hass, name)
    assert shown["description_placeholders"] == {
        "name": "attic",
        "old": ":".join(["AB"] * 32),
        "new": ":".join(["CD"] * 32),
    }
    assert nas.data["fingerprint"] == NEW
    assert setups.call_count == 1
    assert issue(hass, name) is None


async def test_a_certificate_that_was_never_pinned(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    issues.raise_certificate_changed(hass, nas, None, NEW)
    found = issue(hass, f"certificate_changed_{nas.entry_id}")
    assert found
    assert found.severity is ir.IssueSeverity.ERROR
    assert found.translation_placeholders
    assert "authority" in found.translation_placeholders["old"]
    issues.clear_certificate_changed(hass, nas)
    assert issue(hass, f"certificate_changed_{nas.entry_id}") is None


async def test_an_issue_of_an_entry_that_is_gone_can_be_closed(
    hass: HomeAssistant, nas: MockConfigEntry
) -> None:
    issues.raise_certificate_changed(hass, nas, OLD, NEW)
    await hass.config_entries.async_remove(nas.entry_id)
    if issue(hass, f"certificate_changed_{nas.entry_id}"):
        await fix(hass, f"certificate_changed_{nas.entry_id}")
    assert issue(hass, f"certificate_changed_{nas.entry_id}") is None


async def test_missing_rights_name_the_role_and_what_stays_dark(
    hass: HomeAssistant, nas: MockConfigEntry
) -> None:
    issues.raise_missing_rights(hass, nas, ["APPS_READ", "VM_READ"], ["apps", "virtual machines"])
    found = issue(hass, f"missing_rights_{nas.entry_id}")
    assert found
    assert not found.is_fixable
    assert found.translation_placeholders == {
        "name": "attic",
        "roles": "APPS_READ, VM_READ",
        "dark": "- apps\n- virtual machines",
    }
    issues.clear_missing_rights(hass, nas)
    assert issue(hass, f"missing_rights_{nas.entry_id}") is None


async def test_a_deleted_home_is_made_again(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    issues.raise_server_missing(hass)
    assert issue(hass, "server_missing")
    await fix(hass, "server_missing")
    made = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, HOME)
    assert made
    assert made.data == {"kind": "server"}
    assert issue(hass, "server_missing") is None


async def test_a_home_that_is_back_needs_no_repair(hass: HomeAssistant) -> None:
    issues.raise_server_missing(hass)
    issues.clear_server_missing(hass)
    assert issue(hass, "server_missing") is None


async def test_an_issue_without_a_flow_of_its_own_is_only_confirmed(hass: HomeAssistant) -> None:
    assert type(await repairs.async_create_fix_flow(hass, "other", None)) is ConfirmRepairFlow

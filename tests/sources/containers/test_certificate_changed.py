"""An engine or a Portainer that shows another certificate: Repairs shows both, and trusts the new one when told to."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.fingerprint import in_groups
import simulator
from simulator.harbour import Containers
from tests.test_repairs import fix

from .conftest import engine_entry

OLD = "ab" * 32


@pytest.mark.parametrize("old", [OLD, None], ids=["pinned", "vouched for by an authority until now"])
@pytest.mark.parametrize("through", ["engine", "portainer"])
async def test_another_certificate_is_shown_and_pinned_when_a_person_says_so(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    server_entry: MockConfigEntry,
    socket_enabled: None,
    through: str,
    old: str | None,
) -> None:
    hass.loop.set_debug(False)
    assert await async_setup_component(hass, "repairs", {})
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    async with simulator.run(tls=True, profile="frozen", containers=Containers(tls="server")) as sim:
        harbour = sim.harbour
        if through == "engine":
            url, new = harbour.docker_url, harbour.certificate.fingerprint
            entry = engine_entry(url, fingerprint=old)
        else:
            url, new = harbour.portainer_url, sim.fingerprint
            entry = engine_entry(url, fingerprint=old, api_key=harbour.portainer.key, environment="2")
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        name = f"certificate_changed_{entry.entry_id}"
        issue = ir.async_get(hass).async_get_issue(DOMAIN, name)
        assert issue is not None
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["new"] == in_groups(new)
        assert (issue.translation_placeholders["old"] == in_groups(OLD)) is (old == OLD)
        if through == "portainer":
            # the key was not sent to whoever shows it
            assert not harbour.portainer.calls.calls

        await fix(hass, name)
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        assert entry.data["fingerprint"] == new
        assert ir.async_get(hass).async_get_issue(DOMAIN, name) is None
        assert await hass.config_entries.async_unload(entry.entry_id)

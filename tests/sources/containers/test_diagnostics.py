"""Diagnostics of an engine: what helps to find a fault, and nothing that names what runs on it."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics


async def test_diagnostics_name_no_container(hass: HomeAssistant, docker: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(
        docker,
        options={
            "app_probes": ["paperless http://attic.lan:8000/api/?token=5ec2e7 200"],
            "update_never": ["paperless"],
            "update_automatic": ["sonarr"],
        },
    )
    await hass.async_block_till_done()
    text = str(await async_get_config_entry_diagnostics(hass, docker))
    there = docker.runtime_data.data.containers
    assert "sonarr" in there
    secrets = {"paperless", "attic.lan", "5ec2e7", *(f"'{name}'" for name in there)}
    assert {secret for secret in secrets if secret in text} == set()
    assert "most_at_once" in text
    assert "update_automatic" in text

"""A Home Assistant around a test of containers: somebody with a phone, a server, an engine, and gates in a hurry."""

from collections.abc import AsyncIterator
import contextlib
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.sources.containers import gate, gating, meanwhile, own_yard


def hurry(
    monkeypatch: pytest.MonkeyPatch, *, every: float = 0.2, again: float = 1.0, stable: float = 2.0
) -> None:
    """Let gates look often and not for long, and no registry be asked but when a test does.

    again: seconds that what was put back must run; stable: that what is new and has no health check must run.
    """
    monkeypatch.setattr(gating, "LOOK_EVERY", every)
    monkeypatch.setattr(gating, "STEADY_AGAIN", again)
    # the checks of our images take less than a second each, and are failed after the second one
    monkeypatch.setattr(gate, "GRACE", 2.0)
    monkeypatch.setattr(own_yard.OwnYard, "gate_stable", stable)
    monkeypatch.setattr(meanwhile, "BETWEEN_QUESTIONS", 3600.0)
    monkeypatch.setattr(meanwhile, "AT_ONCE", 3600.0)


@contextlib.asynccontextmanager
async def at_home(
    hass: HomeAssistant,
    server_entry: MockConfigEntry,
    entry: MockConfigEntry,
    user: MockUser,
    **options: Any,
) -> AsyncIterator[list[dict[str, Any]]]:
    """Set up a server and an engine, all of whose containers were looked at; yields what a phone is told.

    options: those of the engine.
    """
    pushes: list[dict[str, Any]] = []
    phone = MockConfigEntry(domain="mobile_app", title="Ada", data={"device_name": "Ada", "user_id": user.id})
    phone.add_to_hass(hass)

    async def push(call: ServiceCall) -> None:
        pushes.append(dict(call.data))

    hass.services.async_register("notify", "mobile_app_ada", push)
    hass.config_entries.async_update_entry(
        server_entry, options={"phones": [phone.entry_id], "quiet_hours": False}
    )
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    entry.add_to_hass(hass)
    if options:
        hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await entry.runtime_data.first_look
    await hass.async_block_till_done()
    yield pushes
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_unload(server_entry.entry_id)
    await hass.async_block_till_done()

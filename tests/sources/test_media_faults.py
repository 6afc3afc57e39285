"""The fault table of media services: six of them suffer together, nothing false is shown, and all heal by themselves.

`HSM_FAULT_TABLE=1` writes the rows for `python -m bench.faults media`.
"""

import asyncio
from collections.abc import AsyncIterator
import json
import os
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
import simulator
from simulator.media.mooring import Media
from tests.warp import Warp

from .media_cases import FAULTS, MAIN, Watched, suffer

TABLE = Path(__file__).parents[2] / ".bench" / "media_faults.json"


def entries_of(house: Any) -> dict[str, MockConfigEntry]:
    """Return the entries that the flow would make."""
    quay = house.quay
    qbittorrent, sabnzbd, plex = (quay.face(each) for each in ("qbittorrent", "sabnzbd", "plex"))
    data: dict[str, dict[str, Any]] = {
        name: {CONF_KIND: "arr", "url": house.arrs.url(name), "api_key": house.arrs.key(name)}
        for name in ("sonarr", "radarr", "prowlarr")
    }
    login = {"username": qbittorrent.username, "password": qbittorrent.password}
    data |= {
        "qbittorrent": {CONF_KIND: "downloads", "product": "qbittorrent", **login},
        "sabnzbd": {CONF_KIND: "downloads", "product": "sabnzbd", "api_key": sabnzbd.api_key},
        "plex": {CONF_KIND: "plex", "token": plex.token, "client_id": "0" * 32},
    }
    return {
        name: MockConfigEntry(
            domain=DOMAIN,
            title=name,
            unique_id=f"{name}-1",
            data={"url": quay.url(name), **more, CONF_SERVER: HOME},
            # nothing becomes stuck while time flies, which would be true and new
            options={"queue_strikes": 20, "queue_minutes": 240} if more[CONF_KIND] == "arr" else {},
        )
        for name, more in data.items()
    }


@pytest.fixture
async def house(hass: HomeAssistant, warp: Warp, socket_enabled: None) -> AsyncIterator[Any]:
    """A house in which six services answer and nothing moves."""
    clients = {"qbittorrent": "5.1.0", "sabnzbd": "4.5.0"}
    media = Media(clients=clients, plex=True, busy=True)
    async with simulator.run(profile="frozen", tls=False, arrs=True, media=media) as running:
        running.quay.face("plex").theatre.play("A Secret Film", way="hardware")
        yield running
        for name in MAIN:
            running.quay.face(name).faults.clear()


@pytest.fixture
async def watched(
    hass: HomeAssistant, hass_storage: dict[str, Any], server_entry: MockConfigEntry, house: Any, warp: Warp
) -> AsyncIterator[list[Watched]]:
    """What is seen of them."""
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    entries = entries_of(house)
    for entry in entries.values():
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.LOADED, entry.reason
    await asyncio.sleep(180)
    yield [Watched(hass, warp, name, entry, house.quay.face(name)) for name, entry in entries.items()]
    for entry in (*entries.values(), server_entry):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


async def test_every_fault_is_shown_and_heals(
    hass: HomeAssistant, server_entry: MockConfigEntry, watched: list[Watched], warp: Warp
) -> None:
    table: dict[str, dict[str, dict[str, Any]]] = {}
    wrong: list[str] = []
    guardian = server_entry.runtime_data
    for name, fault in FAULTS.items():
        rows = table[name] = await suffer(watched, warp, fault)
        for who, row in rows.items():
            lost = {"nothing": 0, "all": row["of"]}.get(fault.dark)
            checks = {
                "lost": lost is None or row["affected"] == lost,
                "shown": (row["shown_s" if fault.dark == "all" else "first_s"] or 0.0) <= fault.shows,
                "healed": row["healed_s"] is not None and row["healed_s"] <= fault.heals,
                "false": not row["false"],
                "writes": not row["writes"],
                "asked": row["requests_a_minute"] <= 40,
            }
            wrong += [f"{name}: {who}: {key}: {row}" for key, holds in checks.items() if not holds]
        # what was found while it was away is over, and nobody is asked for a password
        await asyncio.sleep(120)
        rules = {each.finding.rule for each in guardian.open_findings()}
        wrong += [f"{name}: still told: {rules & {'source_lost'}}"] if "source_lost" in rules else []
        flows = [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]
        wrong += [f"{name}: asks for {flows}"] if flows else []
    if "HSM_FAULT_TABLE" in os.environ:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(json.dumps(table, indent=1))
    assert wrong == [], "\n".join(wrong)

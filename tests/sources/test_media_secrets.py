"""Keys of all media services, and who watches what: in no log, no state, no event, no issue and no diagnostics."""

import json
import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
import simulator
from simulator.media.mooring import Media

CLIENTS = ("qbittorrent", "sabnzbd", "transmission", "nzbget")
WHO = ("Secret Film 77", "Watcher Wanda")


def services(sim: Any) -> tuple[list[dict[str, Any]], set[str]]:
    """The data of the entry of each service, and what lets in."""
    plex = sim.quay.face("plex")
    found = [{CONF_KIND: "plex", "url": sim.quay.url("plex"), "token": plex.token, "client_id": "0" * 32}]
    found += [
        {CONF_KIND: "arr", "url": sim.arrs.url(name), "api_key": sim.arrs.key(name)}
        for name in ("sonarr", "radarr", "prowlarr")
    ]
    for name in CLIENTS:
        face = sim.quay.face(name)
        login = {"username": face.username, "password": face.password}
        shown = {"api_key": face.api_key} if name == "sabnzbd" else login
        found.append({CONF_KIND: "downloads", "url": sim.quay.url(name), "product": name, **shown})
    return found, {each[key] for each in found for key in ("token", "api_key", "password") if key in each}


async def test_nothing_of_it_gets_out(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    server_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[str] = []
    hass.bus.async_listen("home_server_monitor_alert", lambda event: events.append(str(event.data)))
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    media = Media(clients=dict.fromkeys(CLIENTS), plex=True)
    async with simulator.run(profile="frozen", tls=False, arrs=True, media=media) as sim:
        given, secrets = services(sim)
        stage = sim.quay.face("plex")
        stage.theatre.play(WHO[0], user=WHO[1], remote=True, kbps=50_000, way="fallback")
        entries = [
            MockConfigEntry(domain=DOMAIN, title=each[CONF_KIND], data={CONF_SERVER: HOME, **each})
            for each in given
        ]
        for entry in entries:
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id), entry.title
        faces = [stage, *sim.arrs.faces.values(), *(sim.quay.face(name) for name in CLIENTS)]
        for fault in ("html", "cut", "malformed"):
            for face in faces:
                face.faults.add(fault)
            for entry in entries:
                await entry.runtime_data.async_refresh()
            for face in faces:
                face.faults.clear()
        shown = {
            "diagnostics": [
                await async_get_config_entry_diagnostics(hass, each) for each in (*entries, server_entry)
            ],
            "states": [each.as_dict() for each in hass.states.async_all()],
            "issues": [str(each) for each in ir.async_get(hass).issues.values()],
            "files": {key: each for key, each in hass_storage.items() if "config_entries" not in key},
            "events": events,
            # what the servers themselves write is theirs
            "logs": [
                each.getMessage() + (each.exc_text or "")
                for each in caplog.records
                if not each.name.startswith(("aiohttp", "simulator"))
            ],
        }
        told = {where: json.dumps(each, default=str) for where, each in shown.items()}
        assert len(told["logs"]) > 10_000
        found = {(where, each) for where, text in told.items() for each in (*secrets, *WHO) if each in text}
        assert found == set()
        for entry in entries:
            await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_unload(server_entry.entry_id)

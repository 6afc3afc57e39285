"""A Plex in a container of an engine on a NAS, all three watched: what one cannot know the others tell."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.guardian.capabilities_streams import (
    ConvertsVideo,
    Exposure,
    KnowsContainers,
    KnowsMedia,
    Medium,
)
from custom_components.home_server_monitor.guardian.own_path import endpoint_node
from custom_components.home_server_monitor.plays.below import Below
from custom_components.home_server_monitor.sources.plex.coordinator import PlexCoordinator
from custom_components.home_server_monitor.sources.truenas.capable import CapableTrueNas
import simulator
from simulator.harbour import Containers
from simulator.media.mooring import Media
from tests.conftest import nas_entry
from tests.orders import ended

LATER = 15.0


async def until(reached: Callable[[], bool]) -> None:
    """Wait until something is reached."""
    for _ in range(int(LATER / 0.05)):
        if reached():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {LATER} s")


def causes(plex: Any) -> dict[str, Any]:
    """What is found, by its cause."""
    return {each.evidence["cause"].removeprefix("plex_"): each for each in plex.findings}


async def test_what_is_below_it_is_joined(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    server_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hass.loop.set_debug(False)
    # the container shares the network of its machine, where its port is a free one here
    monkeypatch.setattr(PlexCoordinator, "places", frozenset({endpoint_node("127.0.0.1", 32400)}))
    # and the loopback, that every machine has, names this one
    monkeypatch.setattr(CapableTrueNas, "names", frozenset({"127.0.0.1"}))
    async with simulator.run(profile="frozen", containers=Containers(), media=Media(plex=True)) as house:
        stage = house.quay.face("plex")
        theatre = stage.theatre
        entries = [
            nas_entry(house),
            MockConfigEntry(
                domain=DOMAIN,
                title="engine",
                unique_id="engine-1",
                data={CONF_KIND: "containers", CONF_SERVER: HOME, "url": house.harbour.docker_url},
            ),
            MockConfigEntry(
                domain=DOMAIN,
                title="Lighthouse",
                unique_id="plex-1",
                data={
                    CONF_KIND: "plex",
                    CONF_SERVER: HOME,
                    "url": house.quay.url("plex"),
                    "token": stage.token,
                    "client_id": "0" * 32,
                },
            ),
        ]
        assert await hass.config_entries.async_setup(server_entry.entry_id)
        for entry in entries:
            entry.add_to_hass(hass)
            await hass.config_entries.async_setup(entry.entry_id)
            assert entry.state is ConfigEntryState.LOADED, entry.reason
        nas, engine, plex = (entry.runtime_data for entry in entries)
        assert isinstance(nas, KnowsMedia)
        assert isinstance(engine, KnowsContainers)
        assert isinstance(plex, ConvertsVideo)
        await engine.first_look
        await until(lambda: plex.around.chip is True)
        assert plex.around.exposure == Exposure(whole_host=True)
        assert plex.around.processor == "12th Gen Intel(R) Core(TM) i5-12400"
        # /dev/shm of the machine is mounted for what is converted
        assert (plex.around.temp, plex.around.temp_on) == ("/transcode", Medium.MEMORY)
        assert {each.split("_")[0] for each in causes(plex)} == {"plain"}
        # what is watched is read from the disks of the films
        theatre.play("The Long Tide")
        (stream,) = (await plex.async_look("streams")).streams.values()
        assert stream.file == "/data/films/The Long Tide.mkv"
        below = Below(lambda wanted: [each for each in (nas, engine, plex) if isinstance(each, wanted)])
        assert await below.pool(plex, stream.file) == "media"
        listed = {each["check"]: each for each in await plex.async_list("security", {})}
        assert listed["whole_host"]["setting"] == "network_mode: host"
        assert listed["whole_host"]["told"] is False
        # who reaches the port needs no login any more
        theatre.preferences["allowedNetworks"] = "192.168.0.0/16"
        # and what is converted goes to a film's disks
        theatre.preferences["TranscoderTempDirectory"] = "/data/temp"
        await plex.async_look("preferences")
        await until(lambda: plex.around.temp_on is Medium.DISKS)
        found = causes(plex)
        assert found["whole_host"].severity.name == "WARNING"
        moved = found["chip_temp_disks"]
        assert (moved.placeholders["temp"], moved.placeholders["where"]) == ("/data/temp", "media")
        assert moved.proposal.params == {"value": "/transcode"}
        # what is offered is done once it is approved, and seen
        record = await ended(entries[2], "plex_set", moved.proposal.target, **moved.proposal.params)
        assert record.state.value == "succeeded"
        assert theatre.preferences["TranscoderTempDirectory"] == "/transcode"
        await until(lambda: "chip_temp_disks" not in causes(plex))
        for entry in (*entries, server_entry):
            await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()

"""Radarr and its qBittorrent together: only the client knows what stands still, what is private, and that its VPN is away."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
import simulator
from simulator.arr import Release
from simulator.media import Fate
from simulator.media.mooring import Media

from .conftest import arr_entry, set_up


@pytest.fixture
async def sim(socket_enabled: None, hass: HomeAssistant) -> AsyncIterator[Any]:
    hass.loop.set_debug(False)
    media = Media(clients={"qbittorrent": None, "sabnzbd": None})
    async with simulator.run(profile="frozen", tls=False, arrs=True, media=media) as running:
        yield running


@pytest.fixture
async def both(hass: HomeAssistant, hass_storage: dict[str, Any], sim: Any) -> AsyncIterator[tuple[Any, Any]]:
    """Radarr and qBittorrent as they are watched."""
    face = sim.quay.face("qbittorrent")
    data = {
        CONF_KIND: "downloads",
        CONF_SERVER: HOME,
        "url": sim.quay.url("qbittorrent"),
        "product": "qbittorrent",
        "username": face.username,
        "password": face.password,
    }
    client = await set_up(hass, MockConfigEntry(domain=DOMAIN, title="qBittorrent", data=data))
    radarr = await set_up(hass, arr_entry(sim, "radarr", queue_grace=5))
    radarr.judging.strikes.every = 0.0
    yield radarr, client
    for source in (radarr, client):
        await hass.config_entries.async_unload(source.config_entry.entry_id)


async def look(both: tuple[Any, Any], times: int = 3) -> None:
    for _ in range(times):
        await both[1].async_refresh()
        await both[0].async_look("queue")


async def test_the_client_says_what_is_wrong_and_what_may_go(both: tuple[Any, Any], sim: Any) -> None:
    radarr, _client = both
    library = sim.arrs.radarr
    made = {}
    for name, fate, private in (
        ("Public.Stalls", Fate.STALLS, False),
        ("Private.Stalls", Fate.STALLS, True),
        ("Gone.From.Tracker", Fate.UNREGISTERED, False),
        ("Runs", Fate.FINE, False),
    ):
        release = Release(
            title=name, things=(5,), client="qbittorrent", fate=fate, private=private, size=20 << 30
        )
        # each is for a film of its own
        library.things[10 + len(made)] = library.things[5]
        release.things = (10 + len(made),)
        made[name] = library.grab(release)
        made[name].added -= 7200
    sim.world.media.step(900)
    await look(both)
    found = {each.placeholders["title"]: each for each in radarr.findings if each.rule == "download_stuck"}
    assert {name: each.evidence["cause"] for name, each in found.items()} == {
        "Public.Stalls": "stuck_stalled",
        "Private.Stalls": "stuck_stalled",
        "Gone.From.Tracker": "stuck_unregistered",
    }
    assert {name: each.proposal.action for name, each in found.items() if each.proposal} == {
        "Public.Stalls": "queue_replace",
        "Private.Stalls": "queue_replace_keep",
        "Gone.From.Tracker": "queue_replace",
    }
    # the VPN goes away: nothing more is held against anybody, and nothing is offered
    sim.world.media.clients["qbittorrent"].connection = "disconnected"
    before = {key: each.count for key, each in radarr.judging.strikes.records.items()}
    await look(both, 5)
    assert {key: each.count for key, each in radarr.judging.strikes.records.items()} == before
    stuck = [each for each in radarr.findings if each.rule == "download_stuck"]
    assert all(each.holds and each.proposal is None and each.evidence["advice"] == "outage" for each in stuck)
    # back again: the one that runs was never struck
    sim.world.media.clients["qbittorrent"].connection = "connected"
    sim.world.media.step(5)
    await look(both)
    assert made["Runs"].download not in radarr.judging.strikes.records


async def test_a_silent_client_strikes_nobody(both: tuple[Any, Any], sim: Any) -> None:
    radarr, client = both
    library = sim.arrs.radarr
    stalls = library.grab(Release(title="Stalls", things=(5,), client="qbittorrent", fate=Fate.STALLS))
    stalls.added -= 7200
    sim.world.media.step(1500)
    await client.async_refresh()
    sim.quay.face("qbittorrent").faults.add("drop")
    for _ in range(3):
        await client.async_refresh()
        await radarr.async_look("queue")
    assert not client.judged
    assert stalls.download in radarr.judging.found.frozen
    assert stalls.download not in radarr.judging.strikes.records

"""Radarr and its qBittorrent together: only the client knows what stands still, what is private, and that its VPN is away."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.sources.errors import ClientError
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


async def test_data_that_is_owed_or_awaited_elsewhere_is_not_deleted(
    hass: HomeAssistant, both: tuple[Any, Any], sim: Any
) -> None:
    radarr, _ = both
    library, media = sim.arrs.radarr, sim.world.media
    owed, shared, free = (
        library.grab(Release(title=title, things=(5,), client="qbittorrent", private=private, size=1 << 30))
        for title, private in (("Owed", True), ("Shared", False), ("Free", False))
    )
    await look(both, 1)
    remove, keep = radarr.actions["queue_remove"], radarr.actions["queue_remove_keep"]
    with pytest.raises(Refused) as refused:
        await remove.plan(owed.download, {})
    assert refused.value.refusal.key == "owed_to_tracker"
    assert await keep.check(await keep.plan(owed.download, {})) is None
    plans = [await remove.plan(each.download, {}) for each in (shared, free)]
    # meanwhile the one turns out to be private, and a second Arr waits for the other, too
    media.downloads[free.download].private = True
    sonarr = await set_up(hass, arr_entry(sim, "sonarr"))
    sim.arrs.sonarr.grab(
        Release(title="Shared", things=(306,), client="qbittorrent", size=1 << 30)
    ).download = shared.download
    await sonarr.async_look("queue")
    assert [found and found.key for found in [await remove.check(plan) for plan in plans]] == [
        "used_elsewhere",
        "owed_to_tracker",
    ]
    # one that nobody there has asked for is no use of it
    sim.arrs.sonarr.tracked.clear()
    await sonarr.async_look("queue")
    assert await remove.check(plans[0]) is None
    # nor is anything deleted while its client cannot say what it is
    sim.quay.face("qbittorrent").faults.add("drop")
    with pytest.raises(ClientError):
        await remove.check(plans[0])
    await hass.config_entries.async_unload(sonarr.config_entry.entry_id)

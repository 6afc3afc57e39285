"""What happens to downloads and on Plex is seen at their interfaces, and goes away again."""

import time
from typing import Any

import aiohttp

import simulator
from simulator.media import State
from simulator.media.mooring import Media
from simulator.plex.theatre import REGULARS


async def sessions(sim: Any, http: aiohttp.ClientSession) -> list[dict[str, Any]]:
    """What Plex lists as played."""
    stage = sim.quay.face("plex")
    headers = {"X-Plex-Token": stage.token, "Accept": "application/json"}
    async with http.get(f"{sim.quay.url('plex')}/status/sessions", headers=headers) as answer:
        found = (await answer.json(content_type=None))["MediaContainer"]
    rows: list[dict[str, Any]] = found.get("Metadata", [])
    return rows


async def test_people_come_and_go_by_the_hour(socket_enabled: None) -> None:
    async with (
        simulator.run(profile="frozen", tls=False, media=Media(plex=True)) as sim,
        aiohttp.ClientSession() as http,
    ):
        theatre = sim.quay.face("plex").theatre
        assert await sessions(sim, http) == []
        await sim.scenario("usual_day")
        counts = {}
        for _ in range(24):
            hour = time.localtime(theatre.world.clock.now()).tm_hour
            counts[hour] = len(await sessions(sim, http))
            assert counts[hour] == sum(hour in hours for hours, _ in REGULARS)
            sim.advance(3600)
        assert (counts[3], counts[7], counts[21]) == (0, 1, 3)
        while time.localtime(theatre.world.clock.now()).tm_hour != 21:
            sim.advance(3600)
        (cleo,) = (each for each in await sessions(sim, http) if each["User"]["title"] == "Cleo")
        assert cleo["Session"]["location"] == "wan"
        # somebody else is none of them, and stays
        theatre.play("Salt", user="Eve")
        await sim.scenario_off("usual_day")
        assert [each["User"]["title"] for each in await sessions(sim, http)] == ["Eve"]


async def test_a_plex_that_is_set_badly(socket_enabled: None) -> None:
    async with simulator.run(profile="frozen", tls=False, media=Media(plex=True)) as sim:
        theatre = sim.quay.face("plex").theatre
        before = dict(theatre.preferences)
        await sim.scenario("plex_open")
        await sim.scenario("plex_open")
        assert theatre.preferences["allowedNetworks"] == "172.17.0.0/16"
        await sim.scenario("converted_badly", way="software")
        await sim.scenario("converted_badly")
        assert [each.way for each in theatre.showings.values()] == ["fallback"]
        await sim.scenario_off("converted_badly")
        await sim.scenario_off("plex_open")
        assert (theatre.preferences, theatre.showings) == (before, {})


async def test_downloads_do_not_get_on_for_many_reasons(socket_enabled: None) -> None:
    async with simulator.run(profile="frozen", tls=False, arrs=True) as sim:
        for how, state in (("slow", State.DOWNLOADING), ("metadata", State.METADATA), ("orphaned", None)):
            await sim.scenario("download_stalls", how=how)
            newest = list(sim.arrs.sonarr.tracked.values())[-1]
            sim.world.media.step(60)
            download = sim.world.media.downloads[newest.download]
            assert state in (None, download.state), how
            assert bool(newest.things) is (how != "orphaned")
        await sim.scenario("download_stalls", how="duplicate")
        last = [each.things for each in list(sim.arrs.sonarr.tracked.values())[-2:]]
        assert last == [(205,), (205,)]
    # nothing happens where there is no such service
    async with simulator.run(profile="frozen", tls=False) as sim:
        for name in ("usual_day", "converted_badly", "plex_open", "remote_stream", "download_stalls"):
            await sim.scenario(name)
            await sim.scenario_off(name)

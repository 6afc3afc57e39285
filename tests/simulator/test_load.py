"""A house with a lot of media: as much as was asked for, and it goes on by itself."""

from aiohttp import ClientSession

import simulator
from simulator.load import Load
from simulator.media.faces import FACES


async def test_as_much_as_was_asked_for() -> None:
    media = simulator.Media(clients=dict.fromkeys(FACES), plex=True)
    load = Load(rows=200, torrents=60, streams=5)
    async with simulator.run(tls=False, arrs=True, media=media, load=load, profile="idle-noise") as sim:
        for _ in range(2):
            total = 0
            async with ClientSession() as http:
                for name in ("sonarr", "radarr", "sonarr-4k", "radarr-4k"):
                    headers = {"X-Api-Key": sim.arrs.key(name)}
                    async with http.get(f"{sim.arrs.url(name)}/api/v3/queue", headers=headers) as reply:
                        total += (await reply.json())["totalRecords"]
                headers = {"X-Api-Key": sim.arrs.key("sonarr")}
                query = {"includeSeries": "true", "includeEpisode": "true", "pageSize": "100"}
                url = f"{sim.arrs.url('sonarr')}/api/v3"
                async with http.get(f"{url}/queue", headers=headers, params=query) as reply:
                    row = (await reply.json())["records"][-1]
                async with http.get(f"{url}/series", headers=headers) as reply:
                    series = {each["id"]: each for each in await reply.json()}
            # the usual evening's few are among them
            assert 200 <= total <= 210
            assert row["series"]["title"] == series[row["seriesId"]]["title"]
            assert row["episode"]["seasonNumber"] == row["seasonNumber"]
            assert len(sim.world.media.of("qbittorrent")) == 60
            assert len({each.id for each in sim.world.media.downloads.values()}) > 150
            before = sim.world.media.speed("qbittorrent")[0]
            left = sum(each.left for each in sim.world.media.downloads.values())
            sim.advance(30)
            assert before > 0
            assert sum(each.left for each in sim.world.media.downloads.values()) < left
            await sim.reset()

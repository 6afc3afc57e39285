"""Media: ten services at once, and Sonarr and qBittorrent each beside core's own integration, at the same simulator.

The house of `simulator.load`: 2,000 rows in the queues of four Arrs, 500 torrents, 50 who watch. What an Arr and Plex tell by
themselves, they tell as often as the real ones.
"""

import argparse
import asyncio
from dataclasses import asdict
import json

from bench.beside import rows, watched
from bench.remote import simulator
from bench.rows import Row
from bench.watchers import MEDIA

ROWS, TORRENTS, STREAMS = 2000, 500, 50
# case → who watches, and how many services those are; core's own, where it has one
CASES = {
    "media": ("media", len(MEDIA), None),
    "sonarr": ("our-sonarr", 1, "core-sonarr"),
    "qbittorrent": ("our-qbittorrent", 1, "core-qbittorrent"),
}
NAMES = {
    "media": f"{len(MEDIA)} services",
    "sonarr": "sonarr, 1200 rows",
    "qbittorrent": "qbittorrent, 500",
}


def budgets(services: int) -> dict[str, float]:
    """Return what the design allows for so many services: of everything what it allows for a NAS."""
    return {
        "set-up, longest gap of the loop": 50.0,
        "steady, longest gap of the loop": 50.0,
        "set-up, most requests at once": 8.0,
        "steady, most requests at once": 8.0,
        "a minute, requests": 10.0 * services,
        "a minute, state writes": 60.0,
        "a minute without change, state writes": 0.0,
        "memory on top": 60.0,
    }


async def run(case: str) -> list[Row]:
    """Run one case and return its rows."""
    ours, services, core = CASES[case]
    size = (str(each) for each in (ROWS, TORRENTS, STREAMS))
    async with simulator("--no-containers", "--http", "--load", *size) as told:
        figures = await watched(ours, told, "--frozen")
        beside = await watched(core, told, "--frozen") if core else None
    return rows(NAMES[case], figures, beside, budgets(services), core.replace("-", " ") if core else "")


def main() -> None:
    """Run one case and print its rows as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=tuple(CASES))
    print(json.dumps([asdict(row) for row in asyncio.run(run(parser.parse_args().case))]))


if __name__ == "__main__":
    main()

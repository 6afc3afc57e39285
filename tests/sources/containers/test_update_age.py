"""How old a newest image is: its author says when it was made, and whoever wants it taken at once writes what helps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.model import Image, Update
from custom_components.home_server_monitor.sources.containers.newest import Newest
from custom_components.home_server_monitor.sources.containers.updates import update_of

# long ago: what was asked lately is not asked again after a restart
NOW = datetime(2024, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REFERENCE = "ghcr.io/someone/app:latest"
DIGESTS = {name: f"sha256:{name * 64}" for name in "abc"}
RUNS = Image(id="sha256:1", digests=(f"ghcr.io/someone/app@{DIGESTS['a']}",), created=NOW - 90 * DAY)


class Registry:
    """One tag, and when its image was made as its author says."""

    def __init__(self, digest: str, created: datetime) -> None:
        self.answer, self.created = DIGESTS[digest], created

    async def digest(self, reference: Any) -> str:
        return self.answer

    async def read(self, reference: Any, place: str) -> Any:
        if place.startswith("manifests/"):
            return {"config": {"digest": DIGESTS["c"]}}
        return {"created": self.created.isoformat()}


async def asked(registry: Any, now: datetime, known: Update | None = None) -> Update:
    """Return what is found of the tag."""
    engine: Any = None
    return await update_of(REFERENCE, RUNS, registry, engine, now, known=known)


async def test_an_image_that_came_while_another_was_the_newest_is_new() -> None:
    """Whatever it says of its age, and over a restart."""
    first = await asked(Registry("a", NOW - 90 * DAY), NOW - DAY)
    found = await asked(Registry("b", NOW - 30 * DAY), NOW, first)
    assert (found.available, found.since) == (True, NOW)
    memory, again = Newest(lambda *_: asked(Registry("b", NOW), NOW)), Newest(lambda *_: asked(None, NOW))
    memory.updates[REFERENCE] = found
    again.load(memory.dump())
    later = await asked(Registry("b", NOW - 30 * DAY), NOW + DAY, again._remembered[REFERENCE])
    assert later.since == NOW
    # a clock that was wrong does not keep it back for ever
    assert (await asked(Registry("b", NOW), NOW - 9 * DAY, found)).since == NOW - 9 * DAY


@pytest.mark.parametrize("created", [datetime(1970, 1, 1, tzinfo=UTC), NOW - 91 * DAY])
async def test_an_image_that_says_it_is_older_than_what_runs_counts_from_now(created: datetime) -> None:
    """As builds do that can be repeated: nobody knows how long it can be had."""
    assert (await asked(Registry("b", created), NOW)).since == NOW
    assert (await asked(Registry("b", NOW - 30 * DAY), NOW)).since == NOW - 30 * DAY

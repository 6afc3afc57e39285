"""One snapshot out of what the feeds hold and what was seen closely."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..feeds import Feeds
from ..records import Rows
from .closely import Closely
from .model import Container, Containers, DiskUse, Engine, Image, Stack, Update, Usage, Volume
from .parse import resolved
from .parse_engine import with_members
from .view import shown

# what is not a feed of its own stands and falls with the listing
OF_THE_LISTING = ("usage", "updates")
_NOTHING: Rows[Any] = Rows()


def assemble(
    feeds: Feeds,
    engine: Engine,
    closely: Closely,
    updates: Mapping[str, Update],
    elsewhere: frozenset[str],
) -> Containers:
    """Return the snapshot; elsewhere: ids of the containers that another source shows as its own."""
    listing: Rows[Container] = feeds.value("containers") or _NOTHING
    containers = resolved({name: closely.merged(each) for name, each in listing.items.items()})
    running = sum(each.running for each in containers.values())
    measured: dict[str, Usage] = {}
    for name, each in containers.items():
        if (found := closely.usage(each, running)) is not None:
            measured[name] = found
    images: Rows[Image] = feeds.value("images") or _NOTHING
    disk: tuple[DiskUse, Rows[Volume]] | None = feeds.value("disk")
    stacks: Rows[Stack] = feeds.value("stacks") or _NOTHING
    stale = set(feeds.stale_keys)
    if "containers" in stale:
        stale.update(OF_THE_LISTING)
    if "stats" in closely.denied:
        stale.add("usage")
    known = Containers(
        engine=engine,
        containers=containers,
        usage=measured,
        images=images.items,
        updates={each.image: updates[each.image] for each in containers.values() if each.image in updates},
        disk=disk[0] if disk else None,
        volumes=disk[1].items if disk else {},
        stacks=with_members(stacks.items, containers),
        stale=frozenset(stale),
        complete=frozenset(
            key
            for key, rows in (("containers", listing), ("images", images), ("stacks", stacks))
            if key not in stale and not rows.skipped
        ),
        skipped={
            key: rows.skipped
            for key, rows in (("containers", listing), ("images", images), ("stacks", stacks))
            if rows.skipped
        },
    )
    return replace(known, shown=shown(known, elsewhere))

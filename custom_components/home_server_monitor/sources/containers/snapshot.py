"""One snapshot out of what the feeds hold and what was seen closely."""

from collections.abc import Mapping
from typing import Any

from ..feeds import Feeds
from ..records import Rows
from .closely import Closely
from .merge import resolved
from .model import Container, Containers, DiskUse, Engine, Image, Network, Stack, Update, Usage, Volume
from .parse_engine import with_members

# what is not a feed of its own stands and falls with the listing
OF_THE_LISTING = ("usage", "updates")
_NOTHING: Rows[Any] = Rows()


def listed(feeds: Feeds, closely: Closely) -> Mapping[str, Container]:
    """Return all containers, by name, with what was seen closely."""
    listing: Rows[Container] = feeds.value("containers") or _NOTHING
    return resolved({name: closely.merged(each) for name, each in listing.items.items()})


def assemble(feeds: Feeds, engine: Engine, closely: Closely, updates: Mapping[str, Update]) -> Containers:
    """Return the snapshot, before it is audited and without what is shown of it."""
    listing: Rows[Container] = feeds.value("containers") or _NOTHING
    containers = listed(feeds, closely)
    running = sum(each.running for each in containers.values())
    measured: dict[str, Usage] = {}
    for name, each in containers.items():
        if (found := closely.usage(each, running)) is not None:
            measured[name] = found
    images: Rows[Image] = feeds.value("images") or _NOTHING
    networks: Rows[Network] = feeds.value("networks") or _NOTHING
    disk: tuple[DiskUse, Rows[Volume]] | None = feeds.value("disk")
    stacks: Rows[Stack] = feeds.value("stacks") or _NOTHING
    stale = set(feeds.stale_keys)
    if "containers" in stale:
        stale.update(OF_THE_LISTING)
    if "stats" in closely.denied:
        stale.add("usage")
    return Containers(
        engine=engine,
        containers=containers,
        usage=measured,
        images=images.items,
        updates={each.image: updates[each.image] for each in containers.values() if each.image in updates},
        disk=disk[0] if disk else None,
        volumes=disk[1].items if disk else {},
        networks=networks.items,
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

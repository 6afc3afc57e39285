"""What is shown of containers: put together once for each snapshot, and how versions are written."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from .leftovers import leftover
from .model import Containers, Image, State, Update, Usage, Watched

NO_USAGE = Usage()


def shown(data: Containers, elsewhere: frozenset[str]) -> Mapping[str, Watched]:
    """Return all containers by name, without those (by id) that another source shows as its own."""
    return MappingProxyType(
        {
            name: Watched(
                each,
                data.usage.get(name, NO_USAGE),
                data.images.get(each.image_id or ""),
                _own(data.updates.get(each.image), data.images.get(each.image_id or "")),
            )
            for name, each in data.containers.items()
            if each.id not in elsewhere and leftover(name) is None
        }
    )


def _own(update: Update | None, image: Image | None) -> Update | None:
    """Return what is known of a reference for the image that one container runs of it."""
    if update is None or image is None or update.latest_digest is None:
        return update
    mine = [digest for each in image.digests if (digest := each.rpartition("@")[2])]
    if not mine:
        return update
    return replace(update, installed_digest=update.latest_digest if update.latest_digest in mine else mine[0])


def short(digest: str | None) -> str | None:
    """Return the first 12 digits of a digest, as the engine's own tools show it."""
    return digest.rpartition(":")[2][:12] if digest else None


def installed(item: Watched) -> str | None:
    """Return the version of the image that runs: what its label says, else the short digest."""
    update = item.update
    digest = short(update.installed_digest if update else None) or short(item.container.image_id)
    version = item.image.version if item.image else None
    return version or digest


def latest(item: Watched) -> str | None:
    """Return what the registry has; the installed version where it is the same or cannot be known."""
    update = item.update
    if update is None or not update.available:
        return installed(item)
    return short(update.latest_digest)


def total(data: Containers, field: str) -> float | None:
    """Return the sum over all running containers, or None while it is known of none."""
    known = [found for each in data.usage.values() if (found := getattr(each, field)) is not None]
    return sum(known) if known else None


def running(data: Containers) -> int:
    """Return how many containers run."""
    return sum(each.state is State.RUNNING for each in data.containers.values())

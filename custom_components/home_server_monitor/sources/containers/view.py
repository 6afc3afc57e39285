"""What is shown of containers: put together once for each snapshot, and how versions are written."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
import re
from types import MappingProxyType

from ...guardian.capabilities import RunsApps
from .aftermath import Tried
from .leftovers import leftover
from .model import NO_USAGE, Containers, Image, State, Unknown, Update, Watched

NEVER = "never"
# what has nothing newer by its nature
NEVER_NEWER = frozenset({Unknown.PINNED, Unknown.LOCAL})
# a repository there has a page of its releases
_GITHUB = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/?")


def elsewhere(sources: Iterable[RunsApps], server: str) -> frozenset[str]:
    """Return the ids of the containers that another source of this server shows as its own."""
    return frozenset(
        each for source in sources if source.server == server for each in source.app_containers()
    )


def shown(
    data: Containers,
    elsewhere: frozenset[str],
    scores: Mapping[str, int],
    before: Mapping[str, Watched],
    data_kept: Container[str] = (),
    tried: Mapping[str, Tried] = MappingProxyType({}),
) -> Mapping[str, Watched]:
    """Return all containers by name, without those (by id) that another source shows as its own.

    data_kept: the names of those whose data of before an update that was taken back can be put back. What is as it was `before` stays the same object, which nobody then has to compare.
    """
    kept = {found[0] for name in data.containers if "-old-" in name and (found := leftover(name)) is not None}
    watched: dict[str, Watched] = {}
    for name, each in data.containers.items():
        if each.id in elsewhere or leftover(name) is not None:
            continue
        image = data.images.get(each.image_id or "")
        update, bad = _own(data.updates.get(each.image), image), tried.get(name)
        again = update is not None and update.available and bad is not None
        made = Watched(
            each,
            data.usage.get(name, NO_USAGE),
            image,
            update,
            scores.get(name),
            kept=name in kept,
            data_kept=name in data_kept,
            tried=(bad.at, bad.reason)
            if again and bad and update and bad.digest == update.latest_digest
            else None,
        )
        old = before.get(name)
        watched[name] = old if old is not None and _same(old, made) else made
    return MappingProxyType(watched)


def _same(old: Watched, made: Watched) -> bool:
    """Return whether nothing changed; its parts are mostly the same objects, which are not compared field by field."""
    return (
        (old.container is made.container or old.container == made.container)
        and (old.usage is made.usage or old.usage == made.usage)
        and (old.image is made.image or old.image == made.image)
        and (old.update is made.update or old.update == made.update)
        and (old.score, old.policy, old.kept, old.tried) == (made.score, made.policy, made.kept, made.tried)
    )


def _own(update: Update | None, image: Image | None) -> Update | None:
    """Return what is known of a reference for the image that one container runs of it."""
    if update is None or image is None or update.latest_digest is None:
        return update
    mine = [digest for each in image.digests if (digest := each.rpartition("@")[2])]
    if not mine:
        return update
    installed_digest = update.latest_digest if update.latest_digest in mine else mine[0]
    if installed_digest == update.installed_digest:
        return update
    return replace(update, installed_digest=installed_digest)


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
    """Return what the registry has: its version, or the short digest where the version is not told or is the same.

    The installed version where there is nothing newer, or never can be; None where that is not known, which also keeps
    a version that somebody skipped.
    """
    update, before = item.update, installed(item)
    if item.policy == NEVER or (update is not None and update.reason in NEVER_NEWER):
        return before
    if update is None or update.available is None:
        return None
    if not update.available:
        return before
    digest = short(update.latest_digest)
    if update.version is None:
        return digest
    return update.version if update.version != before else f"{update.version} ({digest})"


def unknown(item: Watched) -> str | None:
    """Return why nothing newer is known, as the end of a text's key `update_unknown_…`; None where it is known."""
    if item.policy == NEVER:
        return NEVER
    if item.update is None:
        return "not_asked" if item.image is not None else "hidden"
    if item.update.reason is not None:
        return item.update.reason.value
    return None if item.update.available is not None else "not_asked"


def release_notes(item: Watched) -> str | None:
    """Return where it is said what is new: by the labels of the newest image, else of the one that runs."""
    for each in (item.update, item.image):
        for link in (each.source_url, each.url) if each else ():
            if link and _GITHUB.fullmatch(link):
                return f"{link.rstrip('/').removesuffix('.git')}/releases"
            if link:
                return link
    return item.image.documentation_url if item.image else None


def total(data: Containers, field: str) -> float | None:
    """Return the sum over all running containers, or None while it is known of none."""
    known = [found for each in data.usage.values() if (found := getattr(each, field)) is not None]
    return sum(known) if known else None


def running(data: Containers) -> int:
    """Return how many containers run."""
    return sum(each.state is State.RUNNING for each in data.containers.values())


def reclaimable(data: Containers) -> int | None:
    """Return the bytes that nothing needs, as far as the engine says so."""
    if data.disk is None:
        return None
    spaces = (data.disk.images, data.disk.containers, data.disk.volumes, data.disk.build_cache)
    known = [space.reclaimable for space in spaces if space.reclaimable is not None]
    return sum(known) if known else None

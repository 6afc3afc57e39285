"""Whether there is a newer image for a reference: the registry's digest against those of the image that runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..errors import CallFailed, ClientError, NotSupported, PermissionDenied
from .client import EngineClient
from .model import Image, Unknown, Update
from .publication import publication_of
from .reference import Reference, digest_of, is_loopback, parsed
from .registry import NotKnown, RegistryClient

# what is known of a newest image for as long as it is the newest
KEPT = ("published", "seen", "moved", "version", "source_url", "url", "described")


async def update_of(
    typed: str,
    image: Image | None,
    registry: RegistryClient,
    engine: EngineClient,
    now: datetime,
    *,
    known: Update | None = None,
    architecture: str | None = None,
) -> Update:
    """Return what there is under a reference; `image` is the one that the container runs, not the one that has the tag.

    A registry on loopback is the engine's own, so the engine is asked for it. known: what was known before: an image
    is looked at once; architecture: of the engine's machine.
    """
    reference = parsed(typed)
    if reference is None or reference.digest is not None:
        return Update(reference=typed, installed_digest=None, checked=now, reason=Unknown.PINNED)
    installed = digests_under(reference, image.digests if image else ())
    if not installed:
        return Update(reference=typed, installed_digest=None, checked=now, reason=Unknown.LOCAL)
    try:
        latest = await _latest(reference, registry, engine)
    except NotKnown as err:
        return Update(reference=typed, installed_digest=installed[0], checked=now, reason=err.reason)
    # an image may have come under several digests of one tag
    found = Update(
        reference=typed,
        installed_digest=latest if latest in installed else installed[0],
        latest_digest=latest,
        checked=now,
        seen=now,
    )
    found = _remembered(found, known, now)
    if not found.available or found.described or is_loopback(reference.host):
        return found
    return _aged(await _described(found, reference, registry, architecture), image)


def _aged(found: Update, image: Image | None) -> Update:
    """Return it without its age, where no newer image can be as old: builds that can be repeated leave it out."""
    if found.published and image and image.created and found.published <= image.created:
        return replace(found, published=None)
    return found


def _remembered(found: Update, known: Update | None, now: datetime) -> Update:
    """Return it with what was known of the newest image before, or since when there is another one."""
    if known is None or not known.latest_digest:
        return found
    if known.latest_digest != found.latest_digest:
        return replace(found, moved=now)
    found = replace(found, **{key: getattr(known, key) for key in KEPT})
    return replace(found, seen=min(found.seen or now, now), moved=found.moved and min(found.moved, now))


async def _described(
    found: Update, reference: Reference, registry: RegistryClient, architecture: str | None
) -> Update:
    """Return it with what its registry tells of the newest image."""
    told = await publication_of(reference, found.latest_digest or "", registry, architecture)
    if told is None:
        return found
    now = found.checked
    # an instant in the future counts as now: no clock elsewhere makes an image older than it is
    created = min(told.created, now) if told.created and now else told.created
    return replace(
        found,
        published=created,
        version=told.version,
        source_url=told.source_url,
        url=told.url,
        described=True,
    )


def digests_under(reference: Reference, digests: Sequence[str]) -> list[str]:
    """Return the digests of `repository@sha256:…` under which an image came, those of the same repository first."""
    found = [(pinned, digest) for pinned in digests if (digest := digest_of(pinned))]
    same = [
        digest
        for pinned, digest in found
        if (other := parsed(pinned)) is not None and other.name == reference.name
    ]
    return [*same, *(digest for _, digest in found if digest not in same)]


async def _latest(reference: Reference, registry: RegistryClient, engine: EngineClient) -> str:
    if not is_loopback(reference.host):
        return await registry.digest(reference)
    try:
        found = await engine.distribution(f"{reference.name}:{reference.tag}")
    except (PermissionDenied, NotSupported) as err:
        raise NotKnown(Unknown.DENIED) from err
    except CallFailed as err:
        reasons = {401: Unknown.DENIED, 403: Unknown.DENIED, 404: Unknown.MISSING, 429: Unknown.LIMITED}
        raise NotKnown(reasons.get(err.code or 0, Unknown.UNREACHABLE)) from err
    except ClientError as err:
        raise NotKnown(Unknown.UNREACHABLE) from err
    if found is None:
        raise NotKnown(Unknown.UNREACHABLE)
    return found

"""Whether there is a newer image for a reference: the registry's digest against those of the image that runs."""

from datetime import datetime

from ..errors import CallFailed, ClientError, NotSupported, PermissionDenied
from .client import EngineClient
from .model import Image, Unknown, Update
from .reference import Reference, digest_of, is_loopback, parsed
from .registry import NotKnown, RegistryClient


async def update_of(
    typed: str, image: Image | None, registry: RegistryClient, engine: EngineClient, now: datetime
) -> Update:
    """Return what there is under a reference; `image` is the one that the container runs, not the one that has the tag.

    A registry on loopback is the engine's own, so the engine is asked for it.
    """
    reference = parsed(typed)
    if reference is None or reference.digest is not None:
        return Update(reference=typed, installed_digest=None, checked=now, reason=Unknown.PINNED)
    installed = _installed(reference, image)
    if not installed:
        return Update(reference=typed, installed_digest=None, checked=now, reason=Unknown.LOCAL)
    try:
        latest = await _latest(reference, registry, engine)
    except NotKnown as err:
        return Update(reference=typed, installed_digest=installed[0], checked=now, reason=err.reason)
    # an image may have come under several digests of one tag
    return Update(
        reference=typed,
        installed_digest=latest if latest in installed else installed[0],
        latest_digest=latest,
        checked=now,
    )


def _installed(reference: Reference, image: Image | None) -> list[str]:
    """Return the digests under which an image came, those of the same repository first."""
    found = [(pinned, digest) for pinned in (image.digests if image else ()) if (digest := digest_of(pinned))]
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

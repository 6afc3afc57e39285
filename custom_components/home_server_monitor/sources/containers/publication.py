"""What a registry tells of an image that is not here yet: when it was made, its version and its links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..records import at
from .model import Image
from .parse_engine import image
from .reference import Reference
from .registry import NotKnown, RegistryClient

# how machines are named by engines, and by images
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An image as its registry describes it; None is what it does not tell."""

    created: datetime | None = None
    version: str | None = None
    source_url: str | None = None
    url: str | None = None


async def publication_of(
    reference: Reference, digest: str, registry: RegistryClient, architecture: str | None
) -> Publication | None:
    """Return what there is to be known of the image under a digest, or None where the registry does not tell.

    Read once for each new digest: two documents, of which some registries count the first ones as a pull.
    """
    try:
        manifest = await registry.read(reference, f"manifests/{digest}")
        if (one := _of_this_machine(manifest, architecture)) is not None:
            manifest = await registry.read(reference, f"manifests/{one}")
        if not isinstance(config := at(manifest, "config", "digest"), str):
            return None
        found = await registry.read(reference, f"blobs/{config}")
    except NotKnown:
        return None
    return _described(found)


def _of_this_machine(manifest: Any, architecture: str | None) -> str | None:
    """Return the digest of the manifest for the engine's machine, where this is an index of several; else the first."""
    rows = at(manifest, "manifests")
    if not isinstance(rows, list):
        return None
    wanted = _MACHINES.get(architecture or "", architecture)
    usable = [
        row
        for row in rows
        if isinstance(at(row, "digest"), str) and at(row, "platform", "os") in (None, "linux")
    ]
    mine = [row for row in usable if at(row, "platform", "architecture") == wanted]
    return str(chosen[0]["digest"]) if (chosen := mine or usable) else None


def _described(config: Any) -> Publication | None:
    if not isinstance(config, Mapping):
        return None
    labels = at(config, "config", "Labels")
    row = {"Id": "-", "Created": config.get("created"), "Labels": labels if isinstance(labels, dict) else {}}
    found: Image = image(row)[1]
    return Publication(
        created=found.created, version=found.version, source_url=found.source_url, url=found.url
    )

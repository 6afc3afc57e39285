"""TrueNAS releases: reading them from version texts, and choosing an endpoint."""

from collections.abc import Sequence
import re

from ..errors import NotSupported

type Release = tuple[int, int]

V24_04: Release = (24, 4)
V24_10: Release = (24, 10)
V25_04: Release = (25, 4)
V25_10: Release = (25, 10)
V26: Release = (26, 0)
V27: Release = (27, 0)
OLDEST, NEWEST = V24_04, V27

_VERSION = re.compile(r"(?:^|[^\d.])v?(\d{2})\.(\d{1,2})")


def release_of(version: str) -> Release:
    """Return the release of a version text (`TrueNAS-SCALE-24.04.2.4`, `25.10.1`, `v26.0.0`).

    Raises NotSupported for CORE, for what is older than 24.04 and for what is no version.
    """
    if not (match := _VERSION.search(version)):
        raise NotSupported(f"Not a TrueNAS version: {version[:60]}")
    release = (int(match[1]), int(match[2]))
    if release < OLDEST:
        raise NotSupported(version[:60])
    return release


def newest_endpoint(endpoints: Sequence[str], before: Release | None = None) -> str:
    """Return the newest endpoint that both sides know (`v25.10.1`), or `current` where there is none.

    `before` leaves out the endpoints of that release and later ones.
    """
    known: list[tuple[tuple[int, ...], str]] = []
    for endpoint in endpoints:
        parts = endpoint.removeprefix("v").split(".")
        if not endpoint.startswith("v") or not all(part.isdigit() for part in parts) or len(parts) < 2:
            continue
        number = tuple(int(part) for part in parts)
        release = (number[0], number[1])
        if V25_04 <= release <= NEWEST and (before is None or release < before):
            known.append((number, endpoint))
    return max(known)[1] if known else "current"

"""The address of a download client: what a person typed, or copied from the browser or from another program."""

from typing import Final

from yarl import URL

from ..address import address_of

# what follows the client's own path, each after the one before it
_ENDS: Final = (
    "/transmission/web",
    "/transmission/rpc",
    "/transmission",
    "/jsonrpc",
    "/index.html",
    "/api",
)


def normalise(typed: str) -> URL:
    """Return the address, without what follows the client's own path. Raises ValueError."""
    url = address_of(typed)
    path = url.path.rstrip("/")
    for end in _ENDS:
        path = path.removesuffix(end)
    return url.with_path(path)

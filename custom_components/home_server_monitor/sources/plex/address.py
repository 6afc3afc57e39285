"""The address of a Plex Media Server: what a person typed or copied from the browser, without the page that it showed."""

from typing import Final

from yarl import URL

from ..address import address_of, before

PORT: Final = 32400
# the first part of the paths of its own pages
_PAGES: Final = frozenset({"web", "identity", "library", "status", "manage", "desktop"})


def normalise(typed: str) -> URL:
    """Return the address; without a port it is Plex's own, unless it is https behind a proxy. Raises ValueError."""
    url = address_of(typed)
    if url.explicit_port is None and "://" not in typed:
        url = url.with_port(PORT)
    return before(url, _PAGES)

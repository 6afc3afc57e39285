"""The address of a Scrutiny: what a person typed or copied from the browser, without the page that it showed."""

from yarl import URL

from ..address import address_of


def normalise(typed: str) -> URL:
    """Return the address, without what follows Scrutiny's own path. Raises ValueError."""
    url = address_of(typed)
    return url.with_path(url.path.partition("/web/")[0].removesuffix("/web").removesuffix("/api").rstrip("/"))

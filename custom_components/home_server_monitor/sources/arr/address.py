"""The address of an Arr: what a person typed or copied from the browser, without the page that it showed."""

from typing import Final

from yarl import URL

from ..address import address_of, before

# the first part of the paths of its own pages, behind its URL base
_PAGES: Final = frozenset(
    {
        "activity",
        "add",
        "api",
        "artist",
        "author",
        "calendar",
        "history",
        "indexers",
        "login",
        "movie",
        "movies",
        "ping",
        "search",
        "series",
        "settings",
        "signalr",
        "system",
        "wanted",
    }
)


def normalise(typed: str) -> URL:
    """Return the address with its URL base, and nothing after that. Raises ValueError."""
    return before(address_of(typed), _PAGES)

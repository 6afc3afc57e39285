"""The address of an Arr: what a person typed or copied from the browser, without the page that it showed."""

from typing import Final

from yarl import URL

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
    text = typed.strip()
    url = URL(text if "://" in text else f"http://{text}")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("Not an address")
    if url.user or url.password:
        raise ValueError("An address without user and password is wanted")
    kept = []
    for part in url.path.split("/"):
        if part.lower() in _PAGES:
            break
        if part:
            kept.append(part)
    return url.with_path("".join(f"/{part}" for part in kept)).with_query(None).with_fragment(None)

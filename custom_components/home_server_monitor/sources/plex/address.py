"""The address of a Plex Media Server: what a person typed or copied from the browser, without the page that it showed."""

from typing import Final

from yarl import URL

PORT: Final = 32400
# the first part of the paths of its own pages
_PAGES: Final = frozenset({"web", "identity", "library", "status", "manage", "desktop"})


def normalise(typed: str) -> URL:
    """Return the address; without a port it is Plex's own, unless it is https behind a proxy. Raises ValueError."""
    text = typed.strip()
    named = "://" in text
    url = URL(text if named else f"http://{text}")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("Not an address")
    if url.user or url.password:
        raise ValueError("An address without user and password is wanted")
    if url.explicit_port is None and not named:
        url = url.with_port(PORT)
    kept = []
    for part in url.path.split("/"):
        if part.lower() in _PAGES:
            break
        if part:
            kept.append(part)
    return url.with_path("/" + "/".join(kept)).with_query(None).with_fragment(None)

"""The address of a web service, as a person typed it or copied it from the browser."""

from collections.abc import Set as AbstractSet

from yarl import URL


def address_of(text: str) -> URL:
    """Return the address of a text, http where it names no scheme, without query and fragment. Raises ValueError."""
    text = text.strip()
    url = URL(text if "://" in text else f"http://{text}")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("Not an address")
    if url.user or url.password:
        raise ValueError("An address without user and password is wanted")
    return url.with_query(None).with_fragment(None)


def before(url: URL, pages: AbstractSet[str]) -> URL:
    """Return an address without the page that it showed. pages: the first parts of the paths of a server's own pages."""
    kept = []
    for part in url.path.split("/"):
        if part.lower() in pages:
            break
        if part:
            kept.append(part)
    return url.with_path("".join(f"/{part}" for part in kept))

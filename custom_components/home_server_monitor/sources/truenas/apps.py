"""Which services run as apps of a NAS, and where they answer."""

from collections.abc import Mapping, Sequence

from yarl import URL

from ...guardian.capabilities import Service, Way
from .app import App

# what an address of a page says for "this NAS"
_ANY = frozenset({"0.0.0.0", "::", "127.0.0.1", "localhost", "$node_ip"})  # noqa: S104 - compared, not bound


def services_of(apps: Mapping[str, App], host: str) -> Sequence[Service]:
    """Return the apps that there are; host: the name or address under which the NAS is reached."""
    return tuple(
        Service(
            name=name,
            images=app.images,
            containers=frozenset(app.containers),
            ways=tuple(Way(inside, host, port) for inside, port in app.published),
            page=next((page for each in app.portals if (page := _page(each, host))), None),
            running=app.state == "running",
        )
        for name, app in apps.items()
        # one that is stopped may tell no image, and is still there
    )


def _page(portal: str, host: str) -> str | None:
    """Return the address of a page with the NAS's own name in it; None where it is none, or holds a secret."""
    try:
        url = URL(portal)
        if url.scheme not in ("http", "https") or not url.host or url.user or url.password or url.query:
            return None
        found = url.with_host(host) if url.host in _ANY else url
        return str(found.with_fragment(None)).rstrip("/")
    except ValueError:
        return None

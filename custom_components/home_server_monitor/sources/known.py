"""Images of services that can be watched, and Home Assistant's own integrations of the same systems, one row each.

A row is live as soon as its kind of service is in the registry; until then nothing is offered for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from ..guardian.capabilities import Service

type Data = Mapping[str, Any]

# what serves a UPS, also where a NAS does so itself
UPS_SERVER = "Network UPS Tools"


@dataclass(frozen=True, kw_only=True, slots=True)
class Core:
    """The integration of Home Assistant for the same system.

    url: its address, out of the data of its entry; None where there is none. secrets: names of the fields of ours that
    may be copied, each with its name there. within: the part of its data in which they are, where they are in one.
    """

    domain: str
    url: Callable[[Data], str | None]
    secrets: Mapping[str, str]
    within: str = ""

    def read(self, data: Data) -> Data:
        """Return the part of its data that is read."""
        found = data.get(self.within) if self.within else data
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A service that is known by its image.

    kind: key in the registry of kinds. images: last parts of repositories, or `author/repository` where the last
    part alone says too little. doors: ports inside the container at which it answers, each with its scheme, best
    first. at_home: it leads to the engine that it runs on and to no other, so that who sees it is there already.
    """

    kind: str
    product: str
    images: frozenset[str]
    doors: tuple[tuple[int, str], ...]
    at_home: bool = False
    core: Core | None = None


def _url(data: Data) -> str | None:
    return str(data["url"]) if data.get("url") else None


def _of_plex(data: Data) -> str | None:
    found = data.get("server_config")
    return _url(found) if isinstance(found, Mapping) else None


def _host_and_port(data: Data) -> str | None:
    """Return the address of an entry that keeps host, port and whether it speaks TLS."""
    host, port = data.get("host"), data.get("port")
    if not host:
        return None
    scheme = "https" if data.get("ssl") else "http"
    path = data.get("path")
    # the path of an interface that only programs use is not part of the address
    kept = str(path) if path and not str(path).endswith("/rpc") else ""
    try:
        return str(URL.build(scheme=scheme, host=str(host), port=int(port) if port else None, path=kept))
    except TypeError, ValueError:
        return None


def _of_nut(data: Data) -> str | None:
    host = data.get("host")
    try:
        return (
            str(URL.build(scheme="nut", host=str(host), port=int(data.get("port") or 3493))) if host else None
        )
    except TypeError, ValueError:
        return None


def _arr(product: str, port: int, *, core: bool = True) -> Known:
    name = product.lower()
    return Known(
        kind="arr",
        product=product,
        images=frozenset({name}),
        doors=((port, "http"),),
        core=Core(domain=name, url=_url, secrets={"api_key": "api_key"}) if core else None,
    )


_LOGIN = {"username": "username", "password": "password"}
KNOWN: tuple[Known, ...] = (
    Known(
        kind="containers",
        product="Portainer",
        images=frozenset({"portainer-ce", "portainer-ee", "portainer/portainer"}),
        doors=((9443, "https"), (9000, "http")),
        core=Core(domain="portainer", url=_url, secrets={"api_key": "api_token"}),
    ),
    Known(
        kind="containers",
        product="Docker socket proxy",
        images=frozenset({"docker-socket-proxy", "socket-proxy"}),
        doors=((2375, "tcp"),),
        at_home=True,
    ),
    _arr("Sonarr", 8989),
    _arr("Radarr", 7878),
    _arr("Lidarr", 8686),
    _arr("Prowlarr", 9696, core=False),
    _arr("Readarr", 8787, core=False),
    _arr("Bazarr", 6767, core=False),
    Known(
        kind="downloads",
        product="qBittorrent",
        images=frozenset({"qbittorrent", "qbittorrent-nox", "arch-qbittorrentvpn"}),
        doors=((8080, "http"),),
        core=Core(domain="qbittorrent", url=_url, secrets=_LOGIN),
    ),
    Known(
        kind="downloads",
        product="SABnzbd",
        images=frozenset({"sabnzbd", "arch-sabnzbd"}),
        doors=((8080, "http"),),
        core=Core(domain="sabnzbd", url=_url, secrets={"api_key": "api_key"}),
    ),
    Known(
        kind="downloads",
        product="Transmission",
        images=frozenset({"transmission", "transmission-openvpn"}),
        doors=((9091, "http"),),
        core=Core(domain="transmission", url=_host_and_port, secrets=_LOGIN),
    ),
    Known(
        kind="downloads",
        product="NZBGet",
        images=frozenset({"nzbget", "arch-nzbget"}),
        doors=((6789, "http"),),
        core=Core(domain="nzbget", url=_host_and_port, secrets=_LOGIN),
    ),
    Known(
        kind="plex",
        product="Plex",
        images=frozenset({"pms-docker", "plex"}),
        doors=((32400, "http"),),
        core=Core(domain="plex", url=_of_plex, secrets={"token": "token"}, within="server_config"),
    ),
    Known(
        kind="smart",
        product="Scrutiny",
        images=frozenset({"scrutiny", "scrutiny-web"}),
        doors=((8080, "http"),),
    ),
    Known(
        kind="ups",
        product=UPS_SERVER,
        images=frozenset({"nut-upsd", "nut-server", "network-ups-tools"}),
        doors=((3493, "nut"),),
        core=Core(domain="nut", url=_of_nut, secrets=_LOGIN),
    ),
    Known(kind="cloudflared", product="cloudflared", images=frozenset({"cloudflared"}), doors=()),
    Known(
        kind="authentik",
        product="Authentik",
        images=frozenset({"goauthentik/server", "authentik-server"}),
        doors=((9443, "https"), (9000, "http")),
    ),
    Known(
        kind="crowdsec",
        product="CrowdSec",
        images=frozenset({"crowdsecurity/crowdsec", "crowdsec"}),
        doors=((8080, "http"),),
    ),
)


def known_by(image: str) -> Known | None:
    """Return the row of an image, named as engines do: `ghcr.io/author/name:tag@sha256:…`."""
    parts = image.partition("@")[0].split("/")
    last = parts[-1].partition(":")[0].lower()
    names = {last, f"{parts[-2]}/{last}".lower()} if len(parts) > 1 else {last}
    return next((row for row in KNOWN if names & row.images), None)


def row_of(service: Service) -> Known | None:
    """Return the row of a service: of its product, else of the first of its images that is known."""
    if service.product:
        return next((row for row in KNOWN if row.product == service.product), None)
    return next((row for image in service.images if (row := known_by(image))), None)


def url_of(row: Known, service: Service) -> str | None:
    """Return where a service answers; None where it cannot be known, or not from here."""
    for inside, scheme in row.doors:
        for way in service.ways:
            if way.inside == inside and (url := _built(scheme, way.host, way.port)) is not None:
                return url
    if row.doors and service.page is not None:
        # what the server itself shows as the page of the app
        return service.page
    if row.doors and service.host is not None:
        port, scheme = row.doors[0]
        return _built(scheme, service.host, port)
    return None


def _built(scheme: str, host: str, port: int) -> str | None:
    """Return an address, or None where an engine told of a host or a port that is none."""
    try:
        return str(URL.build(scheme=scheme, host=host, port=port))
    except ValueError:
        return None

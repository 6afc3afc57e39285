"""Who can reach a container: published ports and shared networks."""

from collections.abc import Iterator
from dataclasses import dataclass
import re

from .audit_case import Check, Fix, Grade, Subject
from .raw import table, tables, text

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - it is read, nothing is bound
_ENGINE_API = 2375
_DATABASES = {
    1433: "SQL Server",
    2379: "etcd",
    3306: "MySQL",
    5432: "PostgreSQL",
    5984: "CouchDB",
    6379: "Redis",
    8086: "InfluxDB",
    9200: "Elasticsearch",
    11211: "Memcached",
    27017: "MongoDB",
}
# web and names are meant to be found there
_LOW_BUT_USUAL = (53, 80, 443)
_FIRST_OPEN = 1024
_MANY = 50
_ADMINISTERS = re.compile(
    r"portainer.*|adminer|phpmyadmin|pgadmin4?|mongo-express|redis(?:-)?(?:insight|commander)|nginx-proxy-manager"
    r"|dockge|yacht|cockpit|webmin|code-server|filebrowser|dozzle|traefik|cloudbeaver|node-red|jupyter.*|webtop|ttyd"
)
_NEEDS_THE_HOSTS_NETWORK = re.compile(
    r"home-?assistant|(?:.*-)?homeassistant|plex|pms-docker|jellyfin|emby.*|esphome|.*homekit.*|homebridge|scrypted"
    r"|matter-server|python-matter-server|otbr|.*mdns.*|avahi.*|music-assistant.*|roon.*|pihole|adguardhome"
    r"|tailscale|zerotier.*|wg-easy|wireguard|netdata|node-exporter|beszel-agent|unifi.*|ser2sock|keepalived"
    r"|go2rtc"
)


@dataclass(frozen=True, slots=True)
class Published:
    """A port that the host passes on; `address` is empty for all of its addresses."""

    address: str
    outside: int
    inside: int
    protocol: str

    @property
    def line(self) -> str:
        """Return it as the compose file has it."""
        end = f":{self.inside}" + ("/udp" if self.protocol == "udp" else "")
        return f"{self.address}:{self.outside}{end}" if self.address else f"{self.outside}{end}"

    @property
    def here_only(self) -> str:
        """Return it as the compose file would have it for this machine only."""
        return f"127.0.0.1:{self.outside}:{self.inside}" + ("/udp" if self.protocol == "udp" else "")


def published(subject: Subject) -> list[Published]:
    """Return what is published, once each, whether it runs now or not."""
    found: dict[tuple[str, int, int, str], Published] = {}
    given = table(table(subject.inspect.get("NetworkSettings")).get("Ports"))
    for where in (table(subject.host.get("PortBindings")), given):
        for port, bindings in where.items():
            inside, _, protocol = port.partition("/")
            for each in tables(bindings):
                outside, address = text(each.get("HostPort")), text(each.get("HostIp"))
                if outside.isdecimal() and inside.isdecimal():
                    address = "" if address in _EVERYWHERE else address
                    row = Published(address, int(outside), int(inside), protocol or "tcp")
                    found[address, row.outside, row.inside, row.protocol] = row
    return sorted(found.values(), key=lambda row: (row.outside, row.protocol, row.address))


def ports(subject: Subject) -> Iterator[Check]:
    """Published ports, the worst name for each."""
    rows = published(subject)
    if subject.host.get("PublishAllPorts") is True:
        yield Check("all_ports", "5.9", Grade.LOW)
    elif len(rows) > _MANY:
        yield Check("many_ports", "5.9", Grade.LOW, {"count": str(len(rows))})
    plain = []
    for row in rows:
        if row.address.startswith("127.") or row.address == "::1":
            continue
        if row.inside == _ENGINE_API:
            yield Check("engine_published", "", Grade.CRITICAL, _shown(row), _closer(row))
        elif row.inside in _DATABASES:
            shown = _shown(row) | {"database": _DATABASES[row.inside]}
            yield Check("database_published", "5.9", Grade.HIGH, shown, _closer(row))
        elif not row.address:
            plain.append(row)
        if row.outside < _FIRST_OPEN and row.outside not in _LOW_BUT_USUAL:
            yield Check("low_port", "5.8", Grade.LOW, _shown(row))
    if plain:
        admin = subject.is_one_of(_ADMINISTERS)
        key, grade = ("admin_published", Grade.HIGH) if admin else ("published", Grade.MEDIUM)
        yield Check(
            key,
            "5.14",
            grade,
            {"ports": ", ".join(str(row.outside) for row in plain[:10])},
            Fix(
                take_out=("ports:", *(f'  - "{row.line}"' for row in plain)),
                put_in=("ports:", *(f'  - "{row.here_only}"' for row in plain)),
            ),
        )


def networks(subject: Subject) -> Iterator[Check]:
    """The network of the host, or the one in which everybody is by default."""
    mode = text(subject.host.get("NetworkMode"))
    if mode == "host":
        known = subject.is_one_of(_NEEDS_THE_HOSTS_NETWORK)
        grade = Grade.INFO if known else Grade.MEDIUM
        yield Check("host_network", "5.10", grade, fix=Fix(take_out=("network_mode: host",)), expected=known)
    elif mode in ("default", "bridge"):
        yield Check("default_network", "5.30", Grade.INFO, fix=Fix(take_out=("network_mode: bridge",)))


def _shown(row: Published) -> dict[str, str]:
    return {"port": str(row.outside)}


def _closer(row: Published) -> Fix:
    return Fix(take_out=("ports:", f'  - "{row.line}"'), put_in=("ports:", f'  - "{row.here_only}"'))


RULES = (ports, networks)

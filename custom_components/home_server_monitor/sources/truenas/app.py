"""Apps of the NAS, and what they use, as immutable values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .parse import Row, at, count, integer, name, number, text, word

APP_STATES = frozenset({"running", "stopped", "deploying", "crashed", "stopping"})


@dataclass(frozen=True, slots=True)
class AppStats:
    """Numbers of one app: percent of one CPU's worth of all CPUs, bytes, bytes per second."""

    cpu: float | None
    memory: int | None
    received: float | None
    sent: float | None


@dataclass(frozen=True, slots=True)
class App:
    """An app: a compose project (24.10 and newer) or a chart release (24.04).

    images: what it runs, and its name in the catalogue, which says it as well; published: port inside a container and
    port of the NAS; portals: addresses of its pages, 0.0.0.0 in one is the NAS; folders: of the NAS, that it may write
    to, without those that are its own.
    """

    name: str
    title: str
    state: str | None
    version: str | None
    latest: str | None
    upgrade: bool
    custom: bool
    containers: tuple[str, ...]
    ports: tuple[int, ...]
    unhealthy: tuple[str, ...] = ()
    stats: AppStats | None = None
    images: tuple[str, ...] = ()
    published: tuple[tuple[int, int], ...] = ()
    portals: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    # the version before its upgrade from here, while it can be gone back to, and when that was
    before: str | None = None
    upgraded: datetime | None = None
    # whether it was made from here, so that it may be removed from here
    ours: bool = False
    # the snapshot of before an upgrade that was taken back, while it is meant to be there, and the datasets that have it
    snapshot: str | None = None
    kept: tuple[str, ...] = ()


def app(row: Row) -> tuple[str, App]:
    """Parse one row of `app.query`."""
    key = name(row.get("name") or row.get("id"))
    details = at(row, "active_workloads", "container_details")
    used = at(row, "active_workloads", "used_ports")
    containers = details if isinstance(details, list) else []
    return key, App(
        name=key,
        title=text(at(row, "metadata", "title")) or key,
        state=word(row.get("state"), APP_STATES),
        version=text(row.get("version")),
        latest=text(row.get("latest_app_version") or row.get("latest_version")),
        upgrade=row.get("upgrade_available") is True,
        custom=row.get("custom_app") is True,
        containers=tuple(found for item in containers if (found := text(at(item, "id")))),
        ports=tuple(
            port
            for item in (used if isinstance(used, list) else [])
            for host in (at(item, "host_ports") or [])
            if (port := integer(at(host, "host_port"))) is not None
        ),
        unhealthy=tuple(
            text(at(item, "service_name")) or "?"
            for item in containers
            if at(item, "state") in ("crashed", "exited")
        ),
        images=_texts([at(row, "metadata", "name"), *(at(item, "image") for item in containers)]),
        published=tuple(
            (inside, port)
            for item in (used if isinstance(used, list) else [])
            for host in (at(item, "host_ports") or [])
            if (inside := integer(at(item, "container_port"))) is not None
            and (port := integer(at(host, "host_port"))) is not None
            and at(item, "protocol") in (None, "tcp")
        ),
        portals=_portals(row.get("portals")),
        folders=_folders(containers),
    )


def _folders(containers: list[Any]) -> tuple[str, ...]:
    """Return the folders that containers may write to; those of the apps' own dataset are TrueNAS's to keep."""
    mounts = [mount for item in containers for mount in (at(item, "volume_mounts") or ())]
    found = (
        text(at(mount, "source"), 500)
        for mount in mounts
        if at(mount, "type") == "bind" and "ro" not in str(at(mount, "mode") or "").split(",")
    )
    own = "/mnt/.ix-apps/"
    return tuple(
        dict.fromkeys(
            each for each in found if each and each.startswith("/mnt/") and not each.startswith(own)
        )
    )


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for each in values if (found := text(each))))


def _portals(raw: Any) -> tuple[str, ...]:
    """Return the addresses of the pages of an app; 24.04 lists several under one name."""
    found = raw.values() if isinstance(raw, dict) else ()
    return _texts(each for value in found for each in (value if isinstance(value, list) else [value]))


def chart_release(row: Row) -> tuple[str, App]:
    """Parse one row of `chart.release.query` (24.04)."""
    key = name(row.get("name") or row.get("id"))
    ports = row.get("used_ports")
    state = {"ACTIVE": "running"}.get(str(row.get("status")), row.get("status"))
    return key, App(
        name=key,
        title=text(at(row, "chart_metadata", "name")) or key,
        state=word(state, APP_STATES),
        version=text(row.get("human_version")),
        latest=text(row.get("human_latest_version")),
        upgrade=row.get("update_available") is True,
        custom=False,
        containers=(),
        ports=tuple(
            port
            for item in (ports if isinstance(ports, list) else [])
            if (port := integer(at(item, "port"))) is not None
        ),
        images=_texts([at(row, "chart_metadata", "name")]),
        portals=_portals(row.get("portals")),
    )


def app_stats(raw: Any) -> dict[str, AppStats]:
    """Parse one event of `app.stats`: only running apps are in it."""
    found: dict[str, AppStats] = {}
    for row in raw if isinstance(raw, list) else ():
        if (key := text(at(row, "app_name"))) is None:
            continue
        networks = at(row, "networks")
        networks = networks if isinstance(networks, list) else []
        found[key] = AppStats(
            cpu=number(at(row, "cpu_usage")),
            memory=integer(at(row, "memory")),
            received=sum(count(at(item, "rx_bytes")) for item in networks) if networks else None,
            sent=sum(count(at(item, "tx_bytes")) for item in networks) if networks else None,
        )
    return found

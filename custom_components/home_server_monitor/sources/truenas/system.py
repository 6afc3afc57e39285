"""The NAS itself: system, load, network, services, certificates, alerts and updates, as immutable values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import re
from typing import Any

from ..errors import BadResponse
from .alert_names import names_in
from .parse import Row, at, flag, integer, name, number, record, rows, text, when, word

ALERT_LEVELS = ("info", "notice", "warning", "error", "critical", "alert", "emergency")
SERVICE_TITLES = {
    "cifs": "SMB",
    "nfs": "NFS",
    "ssh": "SSH",
    "ups": "UPS",
    "iscsitarget": "iSCSI",
    "ftp": "FTP",
    "snmp": "SNMP",
    "smartd": "SMART",
    "nvmet": "NVMe-oF",
    "webshare": "WebShare",
}
SERVICE_STATES = frozenset({"running", "stopped"})


@dataclass(frozen=True, slots=True)
class System:
    """What `system.info` says; memory in bytes."""

    hostname: str
    version: str
    model: str | None
    manufacturer: str | None
    product: str | None
    serial: str | None
    cores: int | None
    memory: int | None
    booted: datetime | None
    load: tuple[float, ...]
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface."""

    name: str
    up: bool | None
    speed: str | None
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the NAS (`cifs`, `nfs`, `ssh`…)."""

    name: str
    running: bool | None
    enabled: bool

    @property
    def title(self) -> str:
        """Return the name that TrueNAS shows to people."""
        return SERVICE_TITLES.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the NAS keeps."""

    name: str
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of the NAS. named: the names of pools, devices and disks, and the serials, in it."""

    uuid: str
    klass: str
    level: str
    text: str
    raised: datetime | None
    dismissed: bool
    named: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """Return the class in words: `ZpoolCapacityNotice` is Zpool Capacity Notice."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", self.klass)


@dataclass(frozen=True, slots=True)
class Update:
    """What newer version of TrueNAS there is; progress in percent while it is fetched."""

    available: str | None
    notes_url: str | None
    progress: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """An SMB or NFS share."""

    kind: str
    name: str
    path: str
    enabled: bool
    locked: bool | None


def plain_version(version: str) -> str:
    """Return the number of a version text: `TrueNAS-SCALE-24.04.2.4` is 24.04.2.4."""
    return version.removeprefix("TrueNAS-").removeprefix("SCALE-")


def system(raw: Any) -> System:
    """Parse `system.info`."""
    row = record(raw)
    booted, uptime = when(row.get("boottime")), number(row.get("uptime_seconds"))
    if booted is None and uptime is not None and (now := when(row.get("datetime"))):
        booted = datetime.fromtimestamp(now.timestamp() - uptime, UTC)
    load = row.get("loadavg")
    return System(
        hostname=text(row.get("hostname")) or "truenas",
        version=plain_version(text(row.get("version")) or ""),
        model=text(row.get("model")),
        manufacturer=text(row.get("system_manufacturer")),
        product=text(row.get("system_product")),
        serial=text(row.get("system_serial")),
        cores=integer(row.get("cores")),
        memory=integer(row.get("physmem")),
        # to the second: the server computes it anew each time
        booted=booted.replace(microsecond=0) if booted else None,
        load=tuple(
            found for item in (load if isinstance(load, list) else ()) if (found := number(item)) is not None
        ),
        timezone=text(row.get("timezone")),
    )


def interface(row: Row) -> tuple[str, Interface]:
    """Parse one row of `interface.query`."""
    key = name(row.get("name") or row.get("id"))
    aliases = at(row, "state", "aliases")
    state = at(row, "state", "link_state")
    return key, Interface(
        name=key,
        up=state == "LINK_STATE_UP" if isinstance(state, str) else None,
        speed=text(at(row, "state", "active_media_subtype")),
        addresses=tuple(
            address
            for alias in (aliases if isinstance(aliases, list) else ())
            if str(at(alias, "type")).startswith("INET") and (address := text(at(alias, "address")))
        ),
    )


def service(row: Row) -> tuple[str, Service]:
    """Parse one row of `service.query`."""
    key = name(row.get("service"))
    state = word(row.get("state"), SERVICE_STATES)
    return key, Service(key, None if state is None else state == "running", row.get("enable") is True)


def certificate(row: Row) -> tuple[str, Certificate]:
    """Parse one row of `certificate.query`, whose dates are ctime texts; requests have none and are left out."""
    key = name(row.get("name"))
    expires = when(row.get("until"))
    if expires is None and isinstance(row.get("until"), str):
        expires = datetime.strptime(" ".join(row["until"].split()), "%a %b %d %H:%M:%S %Y").replace(
            tzinfo=UTC
        )
    return key, Certificate(key, expires)


def alert(row: Row) -> tuple[str, Alert]:
    """Parse one row of `alert.list`."""
    uuid = name(row.get("uuid") or row.get("id"))
    said = text(row.get("formatted") or row.get("text")) or ""
    return uuid, Alert(
        uuid=uuid,
        klass=text(row.get("klass")) or "unknown",
        level=word(row.get("level"), frozenset(ALERT_LEVELS), "warning") or "warning",
        text=said,
        raised=when(row.get("datetime")),
        dismissed=row.get("dismissed") is True,
        named=names_in(row.get("args"), said),
    )


def update(raw: Any) -> Update:
    """Parse `update.status` (25.10 and newer) or `update.check_available` (before)."""
    row = record(raw)
    if "code" in row or "update_download_progress" in row:
        if row.get("code") == "ERROR":
            raise BadResponse("The server could not look for updates")
        new = at(row, "status", "new_version")
        return Update(
            available=text(at(new, "version")),
            notes_url=_https(at(new, "release_notes_url")),
            progress=number(at(row, "update_download_progress", "percent")),
        )
    newer = row.get("version") if row.get("status") in ("AVAILABLE", "REBOOT_REQUIRED") else None
    return Update(available=text(newer), notes_url=_https(row.get("release_notes_url")), progress=None)


def _https(value: Any) -> str | None:
    found = text(value)
    return found if found and found.startswith("https://") else None


def shares(kind: str, raw: Any) -> dict[str, Share]:
    """Parse `sharing.smb.query` or `sharing.nfs.query`."""

    def one(row: Row) -> tuple[str, Share]:
        path = name(row.get("path"))
        shown = text(row.get("name")) or path
        return f"{kind}:{shown}", Share(
            kind, shown, path, row.get("enabled") is True, flag(row.get("locked"))
        )

    return dict(rows(raw, one).items)


def reboot_reasons(raw: Any) -> tuple[str, ...]:
    """Parse `system.reboot.info`: why a reboot is required, in the server's words."""
    reasons = record(raw).get("reboot_required_reasons")
    return tuple(
        text(at(reason, "reason")) or text(at(reason, "code")) or "?"
        for reason in (reasons if isinstance(reasons, list) else ())
    )


def alerts_by_level(alerts: Mapping[str, Alert]) -> Counter[str]:
    """Count the alerts that are not dismissed."""
    return Counter(item.level for item in alerts.values() if not item.dismissed)

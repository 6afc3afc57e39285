"""Disks, their temperatures and their self-tests, as immutable values."""

from dataclasses import dataclass
import re
from typing import Any

from .parse import Row, at, integer, name, number, record, text


def _short(model: str) -> str:
    """Return a disk's model without its brand and its vendor's revision: WDC WD40EFRX-68N32N0 → WD40EFRX.

    Western Digital and Seagate put a revision behind a dash; other dashes are part of the model.
    """
    words = [word for word in model.replace("_", " ").split() if word.upper() != "SSD"]
    if len(words) > 1 and words[0].isalpha() and re.search(r"\d", " ".join(words[1:])):
        words = words[1:]
    return re.sub(r"^(WD|ST)(\w+)-\w{6,8}$", r"\1\2", " ".join(words)) or model


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk. `identity` survives renames; `device` is today's kernel name; temperature in °C."""

    identity: str
    device: str
    serial: str | None
    model: str | None
    size: int | None
    kind: str | None
    pool: str | None
    sleeps: bool
    identifier: str = ""
    temperature: float | None = None
    measured: bool = False
    asleep: bool | None = None
    errors: int | None = None
    last_test: str | None = None
    slot: str | None = None

    @property
    def title(self) -> str:
        """Return what a person knows it by, in every text, short enough for the top of a phone: `WD40EFRX 17XT`.

        The kernel's name moves at a boot, so it is only there where a disk tells no serial.
        """
        model = _short(self.model) if self.model else self.kind or "Disk"
        return f"{model} {self.serial[-4:] if self.serial else self.device}"


def disk(row: Row, doubled: frozenset[str] = frozenset()) -> tuple[str, Disk]:
    """Parse one row of `disk.query` with pools; a disk without a serial of its own is known by its identifier."""
    serial, lunid = text(row.get("serial")), text(row.get("lunid"))
    identity = (serial if serial not in doubled else None) or lunid or name(row.get("identifier"))
    return identity, Disk(
        identity=identity,
        device=name(row.get("name") or row.get("devname")),
        serial=serial,
        model=(text(row.get("model")) or "").replace("_", " ") or None,
        size=integer(row.get("size")),
        kind=text(row.get("type")),
        pool=text(row.get("pool")),
        identifier=text(row.get("identifier")) or "",
        slot=_slot(row.get("enclosure")),
        sleeps=str(row.get("hddstandby", "ALWAYS ON")).upper() not in ("ALWAYS ON", "NONE", ""),
    )


def _slot(enclosure: Any) -> str | None:
    """Return where a disk sits, as its machine numbers it; only machines of the vendor tell."""
    place = integer(at(enclosure, "slot"))
    shelf = integer(at(enclosure, "number"))
    return None if place is None else f"slot {place}" + (f" of enclosure {shelf}" if shelf else "")


def temperatures(raw: Any) -> dict[str, float | None]:
    """Parse `disk.temperatures`: °C by kernel name, None where the disk gave none (asleep, or it cannot)."""
    found: dict[str, float | None] = {}
    for device, value in record(raw).items():
        degrees = number(value[0] if isinstance(value, list) and value else value)
        # 0 and 255 are what drives report that have no sensor
        found[str(device)] = degrees if degrees is not None and 0 < degrees < 150 else None
    return found


def last_test(row: Row) -> tuple[str, str]:
    """Parse one row of `smart.test.results`: serial or kernel name, and the newest result."""
    key = text(row.get("serial")) or name(row.get("disk"))
    if isinstance(row.get("current_test"), dict):
        return key, "running"
    status = str(at(row, "tests", 0, "status") or "none").lower()
    return key, status if status in ("success", "failed", "running", "aborted") else "none"

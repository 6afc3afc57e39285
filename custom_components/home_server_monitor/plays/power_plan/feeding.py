"""How the UPS, the NAS and the plan's own approval look to the machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
import uuid

from ...guardian.capabilities_power import WatchesPower
from .inputs import Link, Nas, Power

_LINKS: Final = {
    "live": Link.FRESH,
    "waiting": Link.FRESH,
    "stale": Link.STALE,
    "driver_gone": Link.DRIVER_GONE,
}
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def power_of(unit: Any) -> Power:
    """Return what the machine is told of a UPS."""
    link = _LINKS.get(str(unit.contact), Link.UNREACHABLE)
    reading = unit.reading
    if str(unit.contact) == "waiting" or reading is None:
        return Power(link=link if reading is not None else Link.UNREACHABLE, tokens=frozenset({"WAIT"}))
    if link is not Link.FRESH:
        return Power(link=link)
    return Power(
        link=link,
        tokens=reading.tokens,
        charge=reading.charge,
        runtime=reading.runtime,
        load=reading.load,
        testing=reading.testing,
    )


def nas_of(machines: Iterable[Any], services: Iterable[Any], *, own_path: bool) -> Nas:
    """Return what the machine is told of the NASes. own_path: Home Assistant stands on one of them."""
    found, set_up = (
        list(machines),
        [each for each in services if each is not None and each.running is not False],
    )
    timers = [each.timer for each in set_up if each.at_once_on_battery and each.timer is not None]
    waits = [each.hostsync for each in set_up if each.hostsync is not None]
    return Nas(
        reachable=any(each.judged for each in found) if found else None,
        may_ask=bool(found) and not own_path and all(each.may_power_off for each in found),
        own_monitor=bool(set_up),
        timer=min(timers, default=None),
        host_sync=min(waits, default=15.0),
    )


def boot_id() -> str:
    """Return what names the start of this machine, to which the loop's clock belongs. Blocks on /proc."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError, ValueError:
        # nobody can tell: after each start of Home Assistant no time is taken to have passed
        return uuid.uuid4().hex


class Readings:
    """Tells a reading from one that was seen before: the machine counts each once, however often it steps."""

    def __init__(self) -> None:
        self._seen: tuple[str, int] | None = None

    def is_new(self, ups: WatchesPower | None) -> bool:
        """Return whether there is another one than when that was asked last; true also where nothing is heard."""
        if ups is None or str(ups.power_unit.contact) != "live":
            return True
        before, self._seen = self._seen, (ups.id, ups.looks)
        return self._seen != before

"""What people have promised, as findings: the disks that are being replaced, and those that were."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ...edge import clock
from ...guardian.contract import Finding, Severity
from .promises import Promises
from .removal import devices_of
from .replacing import REPLACING
from .told import Told

if TYPE_CHECKING:
    from .play import DiskRisk

DONE = "disk_replaced"
# what ends with an old disk is kept for up to an hour; so long, and longer, that is explained by its replacement
LINGERS: Final = 3900.0


def findings_of_promises(play: DiskRisk, promises: Promises, told: Told) -> Iterator[Finding]:
    """Yield the disks that are being replaced, and those that were."""
    now = clock.now()
    for it in promises.replacing.values():
        yield Finding(
            source=play.id,
            rule=REPLACING,
            object=it.node,
            severity=Severity.WARNING,
            placeholders=told.named(it),
            evidence={"cause": told.key(it), "stage": it.stage.value},
        )
    places = play.places() if promises.replaced else {}
    for serial, done in promises.replaced.items():
        deletable = serial not in places and devices_of(play.hass, serial)
        if not deletable and now - done.at >= LINGERS:
            continue
        yield Finding(
            source=play.id,
            rule=DONE,
            object=f"disk:{serial}",
            severity=Severity.INFO,
            placeholders={"disk": done.label, "new": done.heir or "-"},
        )

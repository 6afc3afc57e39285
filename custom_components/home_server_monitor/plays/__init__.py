"""What joins several systems, one story per file."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..edge.guardian import Guardian
from ..guardian.house import House
from .disk_risk import DiskRisk
from .power_plan.play import PowerPlay
from .quicksync import QuickSync
from .safe_update import Around
from .tiering import Tiering
from .update_all import UpdateAll
from .update_policy import ApproveUpdates
from .uplink import Uplink


def join(house: House, source: Any) -> None:
    """Let the plays take part in what a newly attached source does."""
    if source.kind == "containers":
        source.yard.around = Around(house, source)
        source.add_action(UpdateAll(house, source))
        source.add_action(ApproveUpdates(house, source))


async def start(hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian) -> None:
    """Begin what goes on for as long as a server's entry is loaded."""
    disks = DiskRisk(hass, entry, house, guardian)
    await disks.async_start()
    guardian.joins.append(disks.join)
    await QuickSync(hass, entry, house).async_start()
    tiering = Tiering(hass, entry, house, guardian)
    await tiering.async_start()
    guardian.joins.append(tiering.join)
    uplink = Uplink(hass, entry, house, guardian)
    await uplink.async_start()
    guardian.joins.append(uplink.join)
    await PowerPlay(hass, entry, house, guardian).async_start()

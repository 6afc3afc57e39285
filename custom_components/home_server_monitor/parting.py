"""What is lent of a service goes back when its entry is removed: afterwards nobody would reach it any more."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import logging
from typing import Final

from homeassistant.core import HomeAssistant

from .const import CONF_KIND, CONF_SERVER
from .coordinator import HsmConfigEntry
from .guardian.house import House
from .kinds import KINDS

_LOGGER = logging.getLogger(__name__)
# seconds for all of it: who removes an entry waits for that
PARTING: Final = 30.0


async def async_give_back(hass: HomeAssistant, house: House, entry: HsmConfigEntry) -> None:
    """Give back what is lent of a service, where its kind can do so by itself.

    What cannot be reached stays as it is; that it is late is told, and a person can say to leave it for good.
    """
    kind, source = KINDS[entry.data[CONF_KIND]], entry.unique_id or entry.entry_id
    found = house.desks.get(entry.data[CONF_SERVER])
    if found is None or not kind.parts:
        return
    leases = found[0].leases
    lent = [
        lease.id for change in leases.changes.values() if change.source == source for lease in change.leases
    ]
    if not lent:
        return
    # it is unloaded, so that this one is looked at once and stands in for it
    coordinator = kind.make(hass, entry)
    coordinator.house = house
    # nothing that it is told or sets has it look again
    await coordinator.async_shutdown()
    detach: Callable[[], None] | None = None
    try:
        async with asyncio.timeout(PARTING):
            coordinator.data = await coordinator.async_fetch()
            detach = house.attach(coordinator)
            for lease in lent:
                # the first may have settled the second
                with suppress(KeyError):
                    await leases.end(lease)
    except Exception as err:  # noqa: BLE001 - the entry is removed whatever happens
        _LOGGER.warning("What was changed for a while in %s is not back: %s", entry.title, err)
    finally:
        if detach is not None:
            detach()
        await coordinator.async_close()

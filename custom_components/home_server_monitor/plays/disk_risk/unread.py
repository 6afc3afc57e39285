"""Says where the disks of a server are known and nothing reads them, and takes that back with the first reading."""

from collections.abc import Container
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ...guardian.capabilities import InstallsSmartReader, KnowsDisks, ReadsSmart, RunsServices
from ...guardian.house import House
from ...issues import clear_disks_unread, raise_disks_unread, raise_disks_waiting
from ...sources.known import row_of

# the kind of service that reads SMART for us
READER = "smart"


@callback
def say_unread(
    hass: HomeAssistant, house: House, server: str, *, read: bool, dark: Container[str], new: bool
) -> None:
    """Raise or clear the issue of a server.

    read: whether any disk was read; dark: ids of sources that cannot read; new: whether it has only just started, so
    that a source may not have got that far.
    """
    if read:
        clear_disks_unread(hass, server)
        return

    def mine(capability: Any) -> list[Any]:
        return [each for each in house.capable(capability) if each.server == server]

    knowing = next((each for each in mine(KnowsDisks) if each.judged and each.disk_places()), None)
    reading = [each for each in mine(ReadsSmart) if each.id not in dark]
    if knowing is None or (reading and new):
        return
    running = any(
        (row := row_of(service)) is not None and row.kind == READER
        for each in mine(RunsServices)
        if each.judged
        for service in each.services()
        if service.running
    )
    if running or any(each.kind == READER for each in reading):
        raise_disks_waiting(hass, server, knowing.name)
        return
    devices = sorted(place.name for place in knowing.disk_places().values() if place.name)
    installer = next(
        (each.id for each in mine(InstallsSmartReader) if each.judged and each.smart_reader), None
    )
    raise_disks_unread(hass, server, knowing.name, devices, installer)

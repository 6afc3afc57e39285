"""Lists for the responses of actions: what is too long for entities."""

from collections.abc import Collection, Mapping
import dataclasses
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from ..errors import CallFailed, NotSupported, PermissionDenied
from .methods import Operation
from .model import TrueNas
from .parse import text
from .sending import Nas
from .snapshots import newest

# the feeds whose values are in the snapshot under the same name
_FEEDS: Mapping[str, str] = {
    "pools": "pools",
    "disks": "disks",
    "datasets": "datasets",
    "shares": "shares",
    "tasks": "tasks",
    "services": "services",
    "apps": "apps",
    "machines": "machines",
    "interfaces": "interfaces",
    "certificates": "certificates",
    "alerts": "alerts",
}


def plain(value: Any) -> Any:
    """Return dataclasses, mappings, instants and sets as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


async def listing(nas: Nas, key: str, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one list. Raises ClientError, NotSupported where this release has no such thing."""
    if key == "snapshots":
        return await newest(nas, fields["dataset"], fields["limit"])
    if key == "rollback_versions":
        versions = await nas.client.ask(Operation.ROLLBACK_VERSIONS, fields["app"])
        listed = versions if isinstance(versions, list) else ()
        return [{"version": version} for item in listed if (version := text(item))]
    data = await nas.async_look(*([_FEEDS[key]] if key in _FEEDS else ["temperatures"]))
    if key == "smart_attributes":
        return [plain(reading) for reading in (await read_smart(nas, data)).values()]
    found: Mapping[str, Any] = getattr(data, key)
    return [plain(item) for item in found.values()]


@dataclasses.dataclass(frozen=True, slots=True)
class SmartReading:
    """Raw SMART of one drive as TrueNAS gave it."""

    serial: str
    taken: datetime
    origin: str
    raw: Mapping[str, Any] | list[Any]


async def read_smart(nas: Nas, data: TrueNas, known: Collection[str] = ()) -> Mapping[str, SmartReading]:
    """Read SMART of every disk that is awake now, one after the other; those that cannot tell are left out.

    `data` must hold temperatures that were read just before: the question itself would wake a sleeping disk.
    Raises NotSupported on 25.10 and newer, PermissionDenied for a key below full administration.
    """
    found: dict[str, SmartReading] = {}
    for disk in data.disks.values():
        if not disk.serial or disk.serial in known or disk.temperature is None or disk.asleep:
            continue
        try:
            raw = await nas.client.ask(Operation.SMART_ATTRIBUTES, disk.device)
        except PermissionDenied, NotSupported:
            raise
        except CallFailed:
            # 24.04 and 24.10 read ATA disks only
            continue
        if isinstance(raw, (list, dict)):
            found[disk.serial] = SmartReading(disk.serial, datetime.now(UTC), "truenas", raw)
    return found

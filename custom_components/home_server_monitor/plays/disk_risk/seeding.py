"""The past of a disk, from who has kept it: a source's own history, and Home Assistant's long-term statistics."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
import logging
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ...const import DOMAIN
from ...guardian.capabilities import ReadsSmart
from ...prediction.counters import COUNTERS, count
from ...sources.errors import ClientError
from .record import KEEP_DAYS, DiskRecord, day_of

_LOGGER = logging.getLogger(__name__)

RECORDER, STATISTICS = "recorder", "get_statistics"
WITHIN: Final = 30.0
# of our own entities, the columns of a day that they show
_COLUMNS: Final[Mapping[str, str]] = {
    **{f"smart_{attribute}": f"a{attribute}" for attribute in COUNTERS},
    "smart_199": "cable",
    "life_used": "used",
    "media_errors": "media_errors",
    "grown_defects": "grown_defects",
}
# of others, the raw value of an attribute by its number, where the unique id says so: `…_smart_5`, `…_attribute_197_raw`
_ATTRIBUTE: Final = re.compile(r"(?:^|[_.-])(?:smart|attr|attribute)[_.-]?(\d{1,3})(?:[_.-]raw(?:_value)?)?$")


async def seed(
    hass: HomeAssistant, server: str, record: DiskRecord, source: ReadsSmart | None, *, first: bool
) -> bool:
    """Take over the days that a record lacks; returns whether the source, where one is given, has answered.

    first: it was not looked for in the statistics since the start.
    """
    now = dt_util.utcnow()
    if not record.lacks_past(now):
        return True
    if first:
        record.seed_rows(await _of_recorder(hass, server, record.serial, now), now)
    if source is None:
        return False
    try:
        record.seed(await source.smart_history(record.serial), now)
    except ClientError as err:
        _LOGGER.debug("The past of a disk could not be read: %s", err)
        return False
    return True


async def _of_recorder(
    hass: HomeAssistant, server: str, serial: str, now: datetime
) -> list[tuple[int, dict[str, float | None]]]:
    """Return the highest value of each day and column that long-term statistics have, without today."""
    wanted = dict(_entities(hass, server, serial))
    if not wanted or not hass.services.has_service(RECORDER, STATISTICS):
        return []
    asked = {
        "start_time": (now - timedelta(days=KEEP_DAYS)).isoformat(),
        "end_time": now.isoformat(),
        "statistic_ids": [*wanted],
        "period": "day",
        "types": ["max", "state"],
    }
    try:
        async with asyncio.timeout(WITHIN):
            answer: Any = await hass.services.async_call(
                RECORDER, STATISTICS, asked, blocking=True, return_response=True
            )
    except HomeAssistantError, vol.Invalid, TimeoutError, ValueError:
        _LOGGER.debug("Statistics of a disk could not be read", exc_info=True)
        return []
    days: defaultdict[int, dict[str, float | None]] = defaultdict(dict)
    for entity, column in wanted.items():
        for row in answer["statistics"].get(entity, ()):
            start = dt_util.parse_datetime(str(row.get("start")))
            value = row["max"] if row.get("max") is not None else row.get("state")
            if column[1:].isdecimal() and isinstance(value, (int, float)):
                # others may show all that a maker has packed into it
                value = count(int(column[1:]), value)
            if start is not None and isinstance(value, (int, float)):
                # a day begins at midnight where the household lives
                known = days[day_of(start + timedelta(hours=12))]
                known[column] = max(float(value), known.get(column) or 0.0)
    days.pop(day_of(now), None)
    return sorted(days.items())


def _entities(hass: HomeAssistant, server: str, serial: str) -> Iterator[tuple[str, str]]:
    """Yield entity ids with the column that they show: our own, and those of others on devices of this serial."""
    registry, start = er.async_get(hass), f"{server}_disk_{serial}_"
    for key, column in _COLUMNS.items():
        found = registry.async_get_entity_id("sensor", DOMAIN, f"{start}{key}")
        entity = registry.async_get(found) if found else None
        if entity is not None and entity.disabled_by is None:
            yield entity.entity_id, column
    same = [each.id for each in dr.async_get(hass).devices if getattr(each, "serial_number", None) == serial]
    for device in same:
        for entity in er.async_entries_for_device(registry, device):
            number = _ATTRIBUTE.search(entity.unique_id) if entity.platform != DOMAIN else None
            if number and entity.domain == "sensor" and int(number[1]) in (*COUNTERS, 199):
                yield entity.entity_id, _COLUMNS[f"smart_{int(number[1])}"]

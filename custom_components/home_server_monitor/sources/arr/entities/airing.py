"""What comes out, as a calendar."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from homeassistant.components.calendar import CalendarEvent
from homeassistant.util import dt as dt_util

from ....descriptions import ObjectCalendar
from ..client import ArrClient
from ..model import Airing, Arr

# of what no length is known
SOME_TIME = 30


class HasClient(Protocol):
    """The coordinator, as far as it is needed here."""

    client: ArrClient


def shown(airings: Iterable[Airing]) -> list[CalendarEvent]:
    """Return them as a calendar shows them; of some only the day is known."""
    return [_event(each) for each in airings]


def _event(each: Airing) -> CalendarEvent:
    description = "In the library" if each.has_file else None
    if each.whole_day:
        day = each.begins.date()
        return CalendarEvent(
            start=day, end=day + timedelta(days=1), summary=each.title, description=description, uid=each.key
        )
    begins = dt_util.as_local(each.begins)
    ends = begins + timedelta(minutes=each.minutes or SOME_TIME)
    return CalendarEvent(start=begins, end=ends, summary=each.title, description=description, uid=each.key)


async def between(source: HasClient, start: datetime, end: datetime) -> Sequence[CalendarEvent]:
    """Ask for what comes out between two instants. Raises ClientError."""
    return shown(await source.client.calendar(dt_util.as_utc(start), dt_util.as_utc(end)))


def _coming(data: Arr) -> Sequence[CalendarEvent]:
    return shown(data.airings)


CALENDARS: tuple[ObjectCalendar[Any], ...] = (
    ObjectCalendar(
        key="airing",
        events=_coming,
        between=between,
        exists=lambda data: data.about.app in ("Sonarr", "Radarr", "Lidarr", "Readarr"),
    ),
)

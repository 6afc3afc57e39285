"""Calendars of all sources: what comes out when."""

from datetime import datetime
from typing import Any, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import HsmConfigEntry
from .descriptions import ObjectCalendar
from .entity import HsmEntity
from .objects import async_add_objects
from .sources.errors import ClientError

PARALLEL_UPDATES = 0


class HsmCalendar(HsmEntity[Any], CalendarEntity):
    """A calendar."""

    entity_description: ObjectCalendar[Any]

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return what is on, else what is next."""
        now = dt_util.utcnow()
        return next(
            (each for each in self.entity_description.events(self.object) if each.end_datetime_local > now),
            None,
        )

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Ask for what a person looks at, which may be any month."""
        try:
            return [*await self.entity_description.between(self.coordinator, start_date, end_date)]
        except ClientError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="listing_failed",
                translation_placeholders={"error": str(err)},
            ) from err


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the calendars of one service."""
    await async_add_objects(entry, async_add_entities, Platform.CALENDAR, HsmCalendar)

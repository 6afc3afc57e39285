"""How long somebody is kept waiting who pressed a button: not as long as a server may be away."""

import asyncio

from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..guardian.contract import Actor
from ..guardian.remediation import Record
from .guardian import Guardian

# seconds beyond the deadline of what was ordered
MORE = 60.0


async def ended(of: Guardian, record: Record, actor: Actor | None) -> Record:
    """Return a record once it has ended. Raises where that takes too long: then who asked is told how it ends."""
    try:
        async with asyncio.timeout(record.plan.deadline + MORE):
            return await of.desk.wait(record.id)
    except TimeoutError as err:
        # the entry may have been loaded anew meanwhile
        newest: Guardian = of.house.guardian(of.id) or of
        newest.speaker.outcomes.promise(record.id, actor)
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="still_running",
            translation_placeholders={"verb": of.compose.verb(record)},
        ) from err

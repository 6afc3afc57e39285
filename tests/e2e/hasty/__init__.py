"""Makes a Home Assistant impatient: what waits for minutes so as not to bother people waits for seconds here.

Rules, their order and what is asked of whom stay as they are; only how long a household takes its time is less.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from custom_components.home_server_monitor.coordinator import ServiceCoordinator
from custom_components.home_server_monitor.guardian import alerts
from custom_components.home_server_monitor.plays.uplink import play, rules
from custom_components.home_server_monitor.sources.arr import coordinator, keeping, polled, strikes
from custom_components.home_server_monitor.sources.plex import coordinator as plex

SECOND = 1.0


def impatient(where: Any, **values: Any) -> None:
    """Set what a module or class has; what it has not any more is noticed."""
    for name, value in values.items():
        assert hasattr(where, name), name
        setattr(where, name, value)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Shorten them before the integration is set up, which happens with its first entry."""
    # all are asked each other second, and a strike counts with each look
    impatient(ServiceCoordinator, tick=2 * SECOND)
    impatient(polled, MINUTE=2 * SECOND)
    impatient(coordinator, GAP=2 * SECOND)
    impatient(plex, GAP=SECOND)
    impatient(keeping, Strikes=partial(strikes.Strikes, every=SECOND))
    # what is told is collected for a moment, and limits are loosened soon
    impatient(alerts, COLLECT=SECOND)
    impatient(rules, HOLD=3 * SECOND)
    impatient(play.Uplink, every=timedelta(seconds=SECOND))
    return True

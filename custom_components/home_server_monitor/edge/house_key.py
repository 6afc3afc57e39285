"""Where the House lies in Home Assistant's data."""

from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..guardian.house import House

HOUSE: HassKey[House] = HassKey(DOMAIN)

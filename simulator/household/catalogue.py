"""All services. What they use at rest is roughly what they use in a real house."""

from .edge import ALONE, EDGE
from .home import HOME, IMMICH
from .media import MEDIA
from .service import Service

SERVICES: tuple[Service, ...] = (*MEDIA, *IMMICH, *HOME, *EDGE, *ALONE)
# what the stack's `.env` or Portainer's list of variables holds
VARIABLES: dict[str, tuple[str, ...]] = {
    "media": ("WIREGUARD_PRIVATE_KEY",),
    "immich": ("DB_PASSWORD",),
    "home": ("RECORDER_PASSWORD", "ESPHOME_PASSWORD"),
}

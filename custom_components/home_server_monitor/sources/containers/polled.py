"""What of an engine is asked how often."""

from ..errors import NotSupported
from ..feeds import Feed
from ..records import Rows
from .access import Access
from .model import Stack

MINUTE, DAY = 60.0, 86400.0


def feeds_of(access: Access) -> list[Feed]:
    """Return what is asked how often."""
    client = access.client

    async def stacks() -> Rows[Stack]:
        if access.portainer is None or access.environment is None:
            raise NotSupported("stacks without Portainer")
        return await access.portainer.stacks(access.environment)

    return [
        Feed(key="containers", fetch=client.containers, every=30.0, base=True),
        Feed(key="images", fetch=client.images, every=10 * MINUTE),
        Feed(key="networks", fetch=client.networks, every=10 * MINUTE),
        # hard work for the engine
        Feed(key="disk", fetch=client.disk_use, every=DAY),
        Feed(key="stacks", fetch=stacks, every=MINUTE),
    ]

"""What clients are asked for while somebody watches from outside: a limit that they share."""

from collections.abc import Sequence
from typing import Any, Final

from ..edge.guardian import Guardian
from ..guardian.capabilities_media import LIMIT_BANDWIDTH, limit_params
from .lending import Lending

# a lease ends by itself after this, should nobody look any more; it is taken anew before
MINUTES: Final = 120.0


class Limits(Lending):
    """The limits that one play wants. owner: under which name the leases know it."""

    def __init__(self, guardian: Guardian, owner: str) -> None:
        super().__init__(guardian, owner, "by_uplink")

    async def limit(self, clients: Sequence[Any], level: float) -> None:
        """Share a limit, in bytes a second, among the clients."""
        down = self._guardian.settings.stream_down
        for client in clients:
            lowers = bool(down) and "down" in client.limits_bandwidth
            params = limit_params(
                minutes=MINUTES, up=level / len(clients), down=down / len(clients) if lowers else None
            )
            await self.hold(client, LIMIT_BANDWIDTH, params)

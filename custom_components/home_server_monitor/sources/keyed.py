"""A coordinator of a service that is reached with a key that may all or nothing."""

from abc import abstractmethod
import asyncio
from collections.abc import Collection
from typing import Final, override

from ..coordinator import CYCLE
from .errors import CannotConnect, CertificateRejected, ClientError
from .fed import Fed, FedCoordinator
from .places import host_node, place_of
from .web import Web

# so long a service may take to say that it is there, where nothing else was answered
STILL_THERE: Final = 3.0
# and where it was away, so that nothing else is asked before
THERE_AGAIN: Final = 8.0
# what there is of a cycle for all that is due, at most and at least
READING: Final = 12.0
LEAST: Final = 4.0
# a key that may all or nothing was not denied one thing: something in front of the service was in the way
DENIED_AGAIN: Final = 120.0


class KeyedCoordinator[DataT: Fed](FedCoordinator[DataT]):
    """Of a service whose key may all or nothing, and that says without it whether it is there."""

    # a key costs nobody anything that is refused for a while, as by what stands in front of it
    refused_again = 300.0

    _transport: Web

    @property
    def places(self) -> frozenset[str]:
        """Return where it is reached (capability AnswersItself)."""
        return frozenset({place_of(self._transport.url)})

    @abstractmethod
    async def answers(self) -> bool:
        """Ask for what costs it nothing (capability AnswersItself). Raises ClientError."""

    def is_among(self, nodes: Collection[str]) -> bool:
        """Return whether it, or where it is reached, is one of these nodes."""
        return not {host_node(self.id), *self.places}.isdisjoint(nodes)

    @override
    def forget(self, identifier: str) -> bool:
        return identifier != self.id

    async def ask_due(self) -> None:
        """Ask for what is due. Raises ClientError where it is away; one feed that hangs alone costs itself.

        While it is away one small question is all that it is asked, so that the first answer is not waited for behind
        others that hang.
        """
        began = self.hass.loop.time()
        if not self.last_update_success:
            if not await self._is_there(THERE_AGAIN):
                raise CannotConnect("No answer in time")
            self.feeds.retry()
        left = CYCLE - STILL_THERE - (self.hass.loop.time() - began)
        try:
            await self.feeds.refresh(self.feeds.due(), min(READING, max(left, LEAST)))
        except CertificateRejected:
            raise
        except CannotConnect:
            # often one feed alone is due: that it hangs is not yet the silence of all
            if not await self._is_there(STILL_THERE):
                raise

    async def _is_there(self, deadline: float) -> bool:
        """Return whether anything answers there; what it says is heard when it is asked for more."""
        try:
            async with asyncio.timeout(deadline):
                await self.answers()
        except CertificateRejected:
            raise
        except CannotConnect, TimeoutError:
            return False
        except ClientError:
            pass
        return True

"""What aiohttp does by itself and must not do here: send an order twice, and take a key to another server."""

from typing import Final

import aiohttp

from .errors import BadResponse

ELSEWHERE: Final = "It sends elsewhere, as a login page in front of it does"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Once:
    """Lets one request out, for the life of one order.

    aiohttp sends GET, PUT and DELETE again where a connection that was kept open breaks, though the server may have done
    what was ordered.
    """

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send it. Raises ServerDisconnectedError the second time."""
        if self._sent:
            raise aiohttp.ServerDisconnectedError("It is not sent again")
        self._sent = True
        return await handler(request)


async def stay(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Open a WebSocket only where it was asked for: aiohttp follows elsewhere, as no other request here. Raises BadResponse."""
    response = await handler(request)
    if response.status in _REDIRECTS and "Upgrade" in request.headers:
        response.close()
        raise BadResponse(ELSEWHERE)
    return response

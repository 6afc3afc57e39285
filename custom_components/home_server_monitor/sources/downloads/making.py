"""Which client answers at an address, and the one that speaks with it."""

from collections.abc import Callable

from ..errors import BadResponse, NotSupported
from ..web import Answer
from .client import DownloadClient, Secrets
from .model import Product
from .nzbget import NZBGet
from .qbittorrent import QBittorrent
from .sabnzbd import SABnzbd
from .transmission import SESSION_ID, Transmission
from .wire import HostRefused, Wire

MADE: dict[Product, Callable[[Wire, Secrets], DownloadClient]] = {
    Product.QBITTORRENT: QBittorrent,
    Product.SABNZBD: SABnzbd,
    Product.TRANSMISSION: Transmission,
    Product.NZBGET: NZBGet,
}
_REALMS = {"transmission": Product.TRANSMISSION, "nzbget": Product.NZBGET}


async def which(wire: Wire) -> Product:
    """Return which client answers, without showing it a secret. Raises ClientError, NotSupported where it is none.

    At most one of these questions counts as a wrong login, with Transmission, which forgives it at the next right one.
    """
    first = await wire.ask("GET", "api/v2/app/webapiVersion", reads=True)
    if found := _by_realm(first):
        return found
    if _is_qbittorrent(first):
        return Product.QBITTORRENT
    if first.status == 401 and first.text == "Unauthorized":
        raise HostRefused(wire.url.authority)
    if await _is_sabnzbd(wire):
        return Product.SABNZBD
    second = await wire.ask("POST", "transmission/rpc", document={"method": "session-get"})
    if second.headers.get(SESSION_ID) is not None:
        return Product.TRANSMISSION
    if second.status == 403 and "403: Forbidden" in second.text:
        # after too many wrong passwords of whomever it tells nobody who it is
        return Product.TRANSMISSION
    third = await wire.ask("POST", "jsonrpc", document={"method": "version", "params": []})
    if (found := _by_realm(second) or _by_realm(third)) is not None:
        return found
    if third.status == 200 and b'"result"' in third.body[:2000]:
        return Product.NZBGET
    raise NotSupported("no download client that is known")


def _by_realm(answer: Answer) -> Product | None:
    realm = answer.headers.get("WWW-Authenticate", "").lower()
    return next((product for mark, product in _REALMS.items() if mark in realm), None)


def _is_qbittorrent(answer: Answer) -> bool:
    if answer.status == 200:
        # without a login, because this address need not log in
        return answer.text.replace(".", "").isdecimal()
    return answer.status == 403 and (answer.text == "Forbidden" or "banned" in answer.text)


async def _is_sabnzbd(wire: Wire) -> bool:
    """Its version is told to everybody; where the name of the host is refused, it says whose refusal that is."""
    try:
        answer = await wire.ask("GET", "api", query={"mode": "version", "output": "json"}, reads=True)
        if answer.status == 403 and "sabnzbd" in answer.text.lower():
            raise HostRefused(wire.url.authority)
        found = await wire.parsed(answer) if answer.status == 200 else None
    except BadResponse:
        return False
    return isinstance(found, dict) and isinstance(found.get("version"), str)

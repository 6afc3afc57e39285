"""Asking the application in a container by an address that the user wrote down: `sonarr http://nas.lan:8989/ping 200`."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import aiohttp
from yarl import URL

# seconds that an application may take
WITHIN = 10.0
OK = 200
# any status of HTTP
_FIRST, _LAST = 100, 599


@dataclass(frozen=True, slots=True)
class AppProbe:
    """What is asked of one container, by name, and with which status it has to answer."""

    container: str
    url: URL
    status: int = OK

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read one line of the options. Raises ValueError where it is none, or where it holds a password."""
        container, address, *more = line.split()
        if len(more) > 1:
            raise ValueError("too much")
        url = URL(address)
        # options are shown to everybody who may see diagnostics
        if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
            raise ValueError("no address")
        status = int(more[0]) if more else OK
        if not _FIRST <= status <= _LAST:
            raise ValueError("no status")
        return cls(container, url, status)


def probes(lines: Iterable[object]) -> Mapping[str, AppProbe]:
    """Return the probes of the options by container; a line that is none is left out."""
    found: dict[str, AppProbe] = {}
    for line in lines:
        try:
            probe = AppProbe.parse(str(line))
        except ValueError:
            continue
        found[probe.container] = probe
    return found


async def answers(session: aiohttp.ClientSession, probe: AppProbe, within: float = WITHIN) -> bool:
    """Return whether an application answers as it should; nothing but the status is read, no redirect is followed."""
    try:
        async with (
            asyncio.timeout(within),
            session.get(probe.url, allow_redirects=False, ssl=False) as answer,
        ):
            return answer.status == probe.status
    except aiohttp.ClientError, TimeoutError, ValueError, OSError:
        return False

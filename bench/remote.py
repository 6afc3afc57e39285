"""A simulator in a process of its own, so that what is measured here is the integration alone."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import json
import sys
from typing import Any

import aiohttp


@contextlib.asynccontextmanager
async def simulator(*arguments: str) -> AsyncIterator[dict[str, str]]:
    """Start a simulator with these arguments of its command line and yield what it says of itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    finally:
        process.terminate()
        await process.wait()


class Board:
    """The simulator's switchboard."""

    def __init__(self, http: aiohttp.ClientSession, told: dict[str, str]) -> None:
        self._http = http
        self._url = told["control"]

    async def post(self, path: str, **body: Any) -> None:
        """Switch something. Raises aiohttp.ClientError where the switchboard refuses."""
        async with self._http.post(self._url + path, json=body) as reply:
            reply.raise_for_status()

    async def count(self, face: str) -> dict[str, Any]:
        """Return how often a face was asked, and how many requests were under way at once."""
        async with self._http.get(f"{self._url}/calls/count", params={"face": face}) as reply:
            found: dict[str, Any] = await reply.json()
            return found

    async def state(self) -> dict[str, Any]:
        """Return how the simulator stands, with its numbers of sessions, logins and calls."""
        async with self._http.get(f"{self._url}/state") as reply:
            found: dict[str, Any] = await reply.json()
            return found

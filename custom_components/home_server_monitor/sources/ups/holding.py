"""The one login that makes the primary wait."""

import asyncio

from .client import Login, NutClient


class Holding:
    """Holds at most one login on a UPS, also where several want it at once."""

    def __init__(self, client: NutClient, ups: str) -> None:
        self._client = client
        self._ups = ups
        self._login: Login | None = None
        self._changing = asyncio.Lock()

    @property
    def held(self) -> bool:
        """Return whether the login was still there when it was last used."""
        return self._login is not None and self._login.held

    async def begin(self) -> None:
        """Log in, where no login counts. Raises ClientError."""
        async with self._changing:
            if self._login is None or not await self._login.alive():
                self._login = await self._client.login(self._ups)

    async def counts(self) -> bool:
        """Ask whether it still counts."""
        login = self._login
        return login is not None and await login.alive()

    async def end(self) -> None:
        """Log out. Never raises."""
        async with self._changing:
            login, self._login = self._login, None
            if login is not None:
                await login.end()

"""Looking at an app until it is in a state that means something, for what is done to it in several steps."""

import asyncio

from ...guardian.contract import Refusal, Refused
from ..errors import ClientError
from .actions import LOOK_EVERY
from .app import App
from .sending import Nas

# what ends in another state by itself
_PASSING = ("deploying", "stopping")


class AppLooks:
    """What an action on an app sees of it; nas: that it runs on."""

    def __init__(self, nas: Nas) -> None:
        self._nas = nas

    async def seen(self, target: str) -> App | None:
        """Return the app as it is now. Raises ClientError once nobody watches any more."""
        while True:
            try:
                data = await self._nas.async_look("apps")
            except ClientError:
                if self._nas.client.ended:
                    raise
                await asyncio.sleep(LOOK_EVERY)
                continue
            return data.apps.get(target)

    async def settled(self, target: str) -> App | None:
        """Return the app once it is not being set up or stopped any more."""
        while True:
            app = await self.seen(target)
            if app is None or app.state not in _PASSING:
                return app
            await asyncio.sleep(LOOK_EVERY)

    async def must(self, target: str) -> App:
        """Return the app as it is now. Raises Refused and ClientError."""
        if (app := (await self._nas.async_look("apps")).apps.get(target)) is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        return app

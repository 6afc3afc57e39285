"""What is asked over a connection with an account: what it may, and what came of an order."""

import asyncio
from enum import StrEnum

from ..errors import CannotConnect, NotSupported
from .connection import Connection
from .wire import AccessDenied, Refused, not_done

# how long it is waited for the driver to say what came of an order, and how often it is asked
TRACK, ASK_AGAIN = 10.0, 0.25


class Standing(StrEnum):
    """What upsd lets an account do: `upsmon primary` or `upsmon secondary` in its upsd.users."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Came(StrEnum):
    """What came of an order. QUEUED: it was handed to the driver, and nobody says what became of it."""

    DONE = "done"
    QUEUED = "queued"


async def granted(session: Connection, ups: str) -> bool:
    """Return whether this account is the primary's; MASTER is what releases before 2.8 call it."""
    for word in ("PRIMARY", "MASTER"):
        try:
            await session.ask(f"{word} {ups}")
        except AccessDenied:
            return False
        except Refused as err:
            if err.code != "UNKNOWN-COMMAND":
                raise
        else:
            return True
    raise NotSupported("This upsd knows no primary")


async def followed(session: Connection, order: str, what: str) -> Came:
    """Ask for what came of an order until it is known; QUEUED where it is never said. Raises CallFailed."""
    loop = asyncio.get_running_loop()
    until = loop.time() + TRACK
    while loop.time() < until:
        try:
            words = await session.ask(f"GET TRACKING {order}")
        except Refused as err:
            if err.code == "UNKNOWN":
                return Came.QUEUED
            raise not_done(err, what) from err
        except CannotConnect:
            # the order was taken; only its news were lost
            return Came.QUEUED
        if words[0] == "SUCCESS":
            return Came.DONE
        await asyncio.sleep(ASK_AGAIN)
    return Came.QUEUED

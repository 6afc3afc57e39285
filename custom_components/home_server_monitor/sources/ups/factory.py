"""Whether the server of a UPS lets its primary in with the password that TrueNAS sets where nobody has set one."""

from typing import Final

from ..errors import AuthFailed, ClientError
from .client import Account, NutClient
from .sessions import Standing

FACTORY: Final = Account("upsmon", "fixmepass")


async def lets_anybody_in(client: NutClient, ups: str) -> bool | None:
    """Ask; that changes nothing. None where nobody can say."""
    try:
        return True if await client.as_(FACTORY).check(ups) is Standing.PRIMARY else None
    except AuthFailed:
        return False
    except ClientError:
        return None

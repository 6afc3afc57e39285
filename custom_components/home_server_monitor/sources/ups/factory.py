"""Whether the server of a UPS lets its primary in with the password that TrueNAS sets where nobody has set one."""

from typing import Final

from ..errors import ClientError
from .client import Account, NutClient
from .sessions import Standing

FACTORY: Final = Account("upsmon", "fixmepass")


async def lets_anybody_in(client: NutClient, ups: str) -> bool:
    """Ask; that changes nothing. False also where nobody can say."""
    try:
        return await client.as_(FACTORY).check(ups) is Standing.PRIMARY
    except ClientError:
        return False

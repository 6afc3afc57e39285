"""What the clients of news servers have in common: one limit, and one pause of the whole queue."""

from abc import abstractmethod
from typing import Any, override

from ..errors import NotSupported
from .client import DownloadClient
from .model import DOWN


class UsenetClient(DownloadClient):
    """One client of news servers. Its pause is False, True, or what it says of a pause that has an end."""

    @override
    def is_paused(self, value: Any) -> bool:
        return value is not False

    @override
    def paused_from(self, value: Any) -> Any:
        return value or True

    @override
    def unpaused(self, value: Any) -> Any:
        return False

    @override
    async def set_limit(self, name: str, value: int) -> None:
        if name != DOWN:
            raise NotSupported(name)
        # so that the smallest limit does not become none
        await self.set_kibibytes(-(-max(value, 0) // 1024))

    @abstractmethod
    async def set_kibibytes(self, value: int) -> None:
        """Set the limit, in KiB a second, 0 for none. Raises ClientError."""

"""What every download client can be asked and told, whichever it is: one cycle's snapshot, and few writes.

Writes ask nobody: only what the guardian runs may call them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...guardian.capabilities_media import Item
from ..errors import NotSupported
from .model import ALT_DOWN, ALT_UP, DOWN, UP, Downloader, Product
from .wire import Wire

ALL_FOUR = (DOWN, UP, ALT_DOWN, ALT_UP)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a client is shown; of an API key and a password the client takes the key where it knows keys."""

    username: str = ""
    password: str = ""
    api_key: str = ""

    @property
    def login(self) -> tuple[str, str] | None:
        """Return user and password, None where there is neither."""
        return (self.username, self.password) if self.username or self.password else None

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Secrets(…)"


class DownloadClient(ABC):
    """One download client. Limits are bytes a second, 0 for none."""

    product: ClassVar[Product]
    # the limits that it has, and the step in which it keeps them, in bytes a second
    limits: ClassVar[tuple[str, ...]] = (DOWN,)
    step: ClassVar[int] = 1024
    alternative: ClassVar[bool] = False
    checks_files: ClassVar[bool] = False
    # it moves torrents to another folder, and shows when that has ended
    moves: ClassVar[bool] = False
    shows_moves: ClassVar[bool] = False
    # there is no other way to pause it than a limit that lets nothing through
    pauses_by_limits: ClassVar[bool] = False

    def __init__(self, wire: Wire, secrets: Secrets) -> None:
        self.wire = wire
        self.secrets = secrets
        # "" until it was asked
        self.version = ""

    @abstractmethod
    async def look(self) -> Downloader:
        """Return what is so now; whatever of it changes slowly may be a few minutes old. Raises ClientError."""

    @abstractmethod
    async def look_item(self, item_id: str) -> Item | None:
        """Ask for one download; None where there is none of that id. Raises ClientError."""

    @abstractmethod
    async def read_limits(self) -> Mapping[str, int]:
        """Ask for all limits. Raises ClientError."""

    @abstractmethod
    async def set_limit(self, name: str, value: int) -> None:
        """Set one limit. Raises ClientError."""

    async def read_alternative(self) -> bool:
        """Ask whether the alternative limits hold. Raises ClientError."""
        raise NotSupported("It has no alternative limits")

    async def set_alternative(self, on: bool) -> None:
        """Let the alternative limits hold, or the usual ones. Raises ClientError."""
        raise NotSupported("It has no alternative limits")

    @abstractmethod
    async def read_pause(self) -> Any:
        """Ask for the value that makes it pause or not, as JSON can hold it. Raises ClientError."""

    @abstractmethod
    async def set_pause(self, value: Any) -> None:
        """Set such a value. Raises ClientError."""

    @abstractmethod
    def is_paused(self, value: Any) -> bool:
        """Return whether nothing is downloaded with this value."""

    @abstractmethod
    def paused_from(self, value: Any) -> Any:
        """Return the value that pauses, given the one that is there."""

    def unpaused(self, value: Any) -> Any:
        """Return the value that lets it download, given the one that is there; None where nobody knows."""
        return None

    def same_pause(self, left: Any, seen: Any) -> bool:
        """Return whether it is still paused, or not, as it was left."""
        return type(left) is type(seen) and bool(left == seen)

    def returned(self, value: Any, seen: Any) -> Any:
        """Return the value that ends a pause: what it was before, and what a person changed beside it meanwhile."""
        return value

    @abstractmethod
    async def remove(self, item_id: str, *, delete_data: bool) -> None:
        """Take a download out. Raises ClientError."""

    @abstractmethod
    async def pause_item(self, item_id: str) -> None:
        """Let one rest. Raises ClientError."""

    @abstractmethod
    async def resume_item(self, item_id: str) -> None:
        """Let one go on. Raises ClientError."""

    async def check_files(self, item_id: str) -> None:
        """Check the files of a download anew. Raises ClientError, NotSupported where there is no such thing."""
        raise NotSupported("It cannot check files anew")

    async def move(self, item_id: str, folder: str) -> None:
        """Move the files of a download. Raises ClientError, NotSupported where there is no such thing."""
        raise NotSupported("It moves no files")

    def kept(self, value: float) -> int:
        """Return a limit as this client keeps it: whole steps, and never so small that it would mean none."""
        wanted = int(value)
        return 0 if wanted <= 0 else max(wanted // self.step, 1) * self.step


def strictest(values: list[int] | tuple[int, ...]) -> int:
    """Return the limit that keeps all of these; 0 is none."""
    return min((each for each in values if each > 0), default=0)

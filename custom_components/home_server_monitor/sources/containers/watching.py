"""A watched engine, as lists and orders of stacks see it."""

from typing import Protocol

from .access import Access
from .model import Containers
from .traffic import Traffic


class Watching(Protocol):
    """What they need of the source."""

    id: str
    access: Access
    data: Containers
    traffic: Traffic

    @property
    def machine(self) -> str | None:
        """Return the name or address of the engine's machine, where that is known."""
        ...

    async def async_look(self, *feeds: str) -> Containers:
        """List now, show and return the snapshot. Raises ClientError."""
        ...

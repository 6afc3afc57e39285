"""An Arr that answers from a script: what no real one can be made to do in a given moment."""

from collections.abc import Iterator
from typing import Any

from custom_components.home_server_monitor.sources.arr.apps import APPS
from custom_components.home_server_monitor.sources.arr.model import Arr, Event


class Scripted:
    """A source and its client in one. looks: what it is seen as, one after another, the last for good."""

    id, name, server = "one", "Radarr", "home"

    def __init__(self, *looks: Arr | Exception, app: str = "radarr") -> None:
        self.looks = list(looks)
        self.app, self.api = APPS[app], "v3"
        self.ordered: list[tuple[str, dict[str, Any]]] = []
        # an order that fails: what with
        self.fails: Exception | None = None
        # the states of its command, and what it gives back for a command
        self.states: list[tuple[str, str] | Exception] = []
        self.number: int | None = 7
        self.events: list[Event] = []
        self.seen = 0

    @property
    def client(self) -> Any:
        """Itself."""
        return self

    @property
    def house(self) -> Any:
        """A house with nobody else in it."""
        return self

    def capable(self, capability: Any) -> Iterator[Any]:
        """Nobody else is there."""
        yield from ()

    @property
    def data(self) -> Arr:
        """What was seen last."""
        return next(each for each in reversed(self.looks[: max(self.seen, 1)]) if isinstance(each, Arr))

    async def async_look(self, *feeds: str) -> Arr:
        """Look once more."""
        found = self.looks[min(self.seen, len(self.looks) - 1)]
        self.seen += 1
        if isinstance(found, Exception):
            raise found
        return found

    async def command(self, name: str, **arguments: Any) -> int | None:
        """Take an order."""
        self.ordered.append((name, arguments))
        if self.fails is not None:
            raise self.fails
        return self.number

    async def remove(self, row: int, **arguments: Any) -> None:
        """Take something out."""
        await self.command("remove", row=row, **arguments)

    async def grab(self, row: int) -> None:
        """Take what waits."""
        await self.command("grab", row=row)

    async def command_state(self, number: int) -> tuple[str, str]:
        """Say how far a command is."""
        found = self.states.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def history(self, **query: Any) -> list[Event]:
        """Say what happened."""
        return self.events

    async def test_all(self, what: str) -> tuple[str, ...]:
        """Test them."""
        await self.command(f"test {what}")
        return ("wrong key",)

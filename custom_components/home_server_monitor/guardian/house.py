"""The House: where sources attach and the guardian subscribes; neither holds the other, any order works."""

from collections import Counter
from collections.abc import Callable, Iterator
import logging
from typing import Any

from .approval import Tokens
from .contract import Source
from .desk import Desk
from .own_path import OwnPath

_LOGGER = logging.getLogger(__name__)

type Listener = Callable[[Source], None]


class House:
    """All attached sources of this Home Assistant, and the desks at which actions are run."""

    def __init__(self, instance: str = "00000000") -> None:
        self.own_path = OwnPath()
        # 8 hex digits that name this Home Assistant in what it leaves on servers
        self.instance = instance
        self._sources: dict[str, Source] = {}
        self._listeners: list[Listener] = []
        # by server; the guardian itself is an edge, which this room does not know
        self.guardians: dict[str, Any] = {}
        # what runs goes on while the server's entry is reloaded
        self.desks: dict[str, tuple[Desk, Tokens]] = {}
        # servers whose journal was there and is not any more
        self.journals_lost: set[str] = set()
        # logins that were refused at set-up, by entry: a server that is only starting may refuse once
        self.refused_logins: Counter[str] = Counter()

    def attach(self, source: Source) -> Callable[[], None]:
        """Add a source; returns what detaches it."""
        self._sources[source.id] = source

        def detach() -> None:
            if self._sources.get(source.id) is source:
                del self._sources[source.id]

        return detach

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Be told of each complete snapshot of any source; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def updated(self, source: Source) -> None:
        """Tell the listeners that a source has a new complete snapshot; one that fails keeps it from no other."""
        for listener in tuple(self._listeners):
            try:
                listener(source)
            except Exception:
                _LOGGER.exception("A snapshot of %s was not taken in whole", source.id)

    def sources(self, server: str) -> Iterator[Source]:
        """Yield the attached sources that hang on a server."""
        for source in tuple(self._sources.values()):
            if source.server == server:
                yield source

    def source(self, source_id: str) -> Source | None:
        """Return an attached source."""
        return self._sources.get(source_id)

    def capable(self, capability: Any) -> Iterator[Any]:
        """Yield the attached sources that have a capability: one of the protocols of `capabilities`."""
        for source in tuple(self._sources.values()):
            if isinstance(source, capability):
                yield source

    def guardian(self, server: str) -> Any:
        """Return the guardian of a server, or None while its entry is not loaded."""
        return self.guardians.get(server)

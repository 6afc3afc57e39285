"""The House: where sources attach and the guardian subscribes; neither holds the other, any order works."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .contract import Refusal, Refused, Source, Verdict
from .own_path import OwnPath
from .runner import run

type Listener = Callable[[Source], None]


class House:
    """All attached sources of this Home Assistant, and the one runner of actions."""

    def __init__(self) -> None:
        self.own_path = OwnPath()
        self._sources: dict[str, Source] = {}
        self._listeners: list[Listener] = []
        self._busy: set[tuple[str, str]] = set()
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
        """Tell the listeners that a source has a new complete snapshot."""
        for listener in tuple(self._listeners):
            listener(source)

    def source(self, source_id: str) -> Source | None:
        """Return an attached source."""
        return self._sources.get(source_id)

    def capable[T](self, capability: type[T]) -> Iterator[T]:
        """Yield the attached sources that have a capability."""
        for source in self._sources.values():
            if isinstance(source, capability):
                yield source

    async def act(self, source: Source, action: str, target: str, params: Mapping[str, Any]) -> Verdict:
        """Plan, check, run and verify one action. Raises Refused and ClientError."""
        if (busy := (source.id, target)) in self._busy:
            raise Refused(Refusal("busy", {"target": target}))
        self._busy.add(busy)
        try:
            return await run(source.actions[action], self.own_path, target, params)
        finally:
            self._busy.discard(busy)

"""What plays have in common: they look whenever a source has news, and some are a source of their own."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
import itertools
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from ..edge import clock
from ..guardian.contract import Action, Change, Finding, Missing, Node, Source
from ..guardian.house import House

_LOGGER = logging.getLogger(__name__)

# entities that are told in one turn of the event loop
TOLD_AT_ONCE = 100


class Play(ABC):
    """Looks at the sources of one server: when one of them has news, and every so often; never twice at once.

    follows: capabilities of the sources whose news count; every: between looks that nobody asked for.
    """

    key: str
    follows: tuple[Any, ...]
    every: timedelta

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House) -> None:
        self.hass, self.entry, self.house = hass, entry, house
        self.server: str = entry.unique_id or entry.entry_id
        self._lock = asyncio.Lock()
        # something changed while it looked
        self._again = False

    async def async_start(self) -> None:
        """Follow the sources for as long as the server's entry is loaded."""
        self.entry.async_on_unload(self.house.subscribe(self._heard))
        self.entry.async_on_unload(async_track_time_interval(self.hass, self.ticked, self.every))
        self.soon()

    def mine(self, capability: Any) -> list[Any]:
        """Return the sources of this server that have a capability."""
        return [each for each in self.house.capable(capability) if each.server == self.server]

    @callback
    def _heard(self, source: Source) -> None:
        own: object = self
        if source is not own and source.server == self.server and isinstance(source, self.follows):
            self.soon()

    @callback
    def ticked(self, now: datetime) -> None:
        """Look because time has passed."""
        self.soon()

    @callback
    def soon(self) -> None:
        """Look, unless it looks already; then once more."""
        self._again = self._lock.locked()
        if not self._again:
            self.entry.async_create_background_task(self.hass, self.async_look(), f"{DOMAIN} {self.key}")

    async def async_look(self) -> None:
        """Look now."""
        async with self._lock:
            self._again = False
            await self.look()
        if self._again:
            self.soon()

    @abstractmethod
    async def look(self) -> None:
        """Do what the play is for; one at a time."""


class PlaySource(Play):
    """A play that is a source for the guardian: it finds what no single system can.

    Of the contract it has what a play mostly is: no system of its own, so that nothing is missing and nothing is to be
    ordered of it. name: in words, also of its node.
    """

    kind: str
    name: str

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House) -> None:
        super().__init__(hass, entry, house)
        self.id = f"{self.key}:{self.server}"
        self.checked: float | None = None
        self._listeners: dict[object, Callable[[], None]] = {}

    async def async_start(self) -> None:
        """Attach, and follow the sources."""
        self.entry.async_on_unload(self.house.attach(self))
        await super().async_start()

    @property
    def judged(self) -> bool:
        """Return whether it has looked since the start."""
        return self.checked is not None

    @property
    def missing(self) -> Sequence[Missing]:
        """Return nothing: what cannot be read is said by whom it should come from."""
        return ()

    @property
    def nodes(self) -> Sequence[Node]:
        """Return what its findings are about where they are about no object of another source."""
        return (Node(id=self.node, kind="host", label=self.name),)

    @property
    def node(self) -> str:
        """Return the id of its own node."""
        return f"host:{self.id}"

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return nothing: what it wants is done by the actions of others."""
        return {}

    def changes_since_last(self) -> Sequence[Change]:
        """Return nothing."""
        return ()

    @property
    @abstractmethod
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong."""

    @callback
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when it has judged; returns what ends it."""
        key = object()
        self._listeners[key] = listener

        def stop() -> None:
            self._listeners.pop(key, None)

        return stop

    @callback
    def publish(self) -> None:
        """Tell what it shows, which is of now."""
        self.checked = clock.now()
        self.tell()

    @callback
    def tell(self) -> None:
        """Tell the entities and the guardian what it shows."""
        self.show()
        self.house.updated(self)

    @callback
    def show(self) -> None:
        """Tell the entities alone: nothing that the guardian judges has changed."""
        self._tell_some(tuple(self._listeners))

    async def tell_in_turns(self) -> None:
        """Tell the entities some at a time, where there may be thousands of them, and then the guardian."""
        for some in itertools.batched(tuple(self._listeners), TOLD_AT_ONCE, strict=False):
            self._tell_some(some)
            await asyncio.sleep(0)
        self.house.updated(self)

    def _tell_some(self, keys: Sequence[object]) -> None:
        for key in keys:
            # one that is told may remove others
            if (listener := self._listeners.get(key)) is not None:
                self._tell_one(listener)

    def _tell_one(self, listener: Callable[[], None]) -> None:
        try:
            listener()
        except Exception:
            _LOGGER.exception("A listener of %s failed", self.name)

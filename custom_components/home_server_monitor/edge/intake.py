"""What sources say, taken in: their findings, changes and nodes, one source at a time."""

import asyncio
from collections.abc import Sequence
import dataclasses
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback

from ..const import DOMAIN
from ..guardian.contract import Node, Source
from ..guardian.finding import PIECE, Change as Happened
from ..guardian.topology import Topology, dump, load
from . import clock
from .own_findings import source_node
from .watch import Stand

if TYPE_CHECKING:
    from .guardian import Guardian

_LOGGER = logging.getLogger(__name__)

# what arrives within this time is judged together, in seconds
JUDGE_DELAY = 0.2


class Intake:
    """Takes in what the sources of one guardian say."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        # source → when it was last looked at
        self.checked: dict[str, float] = {}
        self._nodes: dict[str, Sequence[Node]] = {}
        self._waiting: dict[str, Source] = {}
        self._judging: asyncio.TimerHandle | None = None

    @callback
    def stop(self) -> None:
        """Judge nothing more."""
        if self._judging is not None:
            self._judging.cancel()

    @callback
    def updated(self, source: Source) -> None:
        """A source has news, or has fallen silent."""
        if source.server != self._of.id:
            return
        stand = self._of.watch.stands.get(source.id)
        entry = self._of.hass.config_entries.async_get_entry(stand.entry_id) if stand else None
        if entry is not None:
            self._of.watch.note(entry, "ok" if source.judged else "lost")
        if not source.judged:
            return
        self._waiting[source.id] = source
        if self._judging is None:
            self._judging = self._of.hass.loop.call_later(JUDGE_DELAY, self._judge_soon)

    @callback
    def _judge_soon(self) -> None:
        self._judging = None
        self._of.entry.async_create_background_task(self._of.hass, self._judge(), f"{DOMAIN} judge")

    async def _judge(self) -> None:
        async with self._of.lock:
            waiting, self._waiting = self._waiting, {}
            now = clock.now()
            for source in waiting.values():
                # it may have been removed, or have fallen silent, since
                if not source.judged or self._of.house.source(source.id) is not source:
                    continue
                try:
                    await self._take(source, now)
                except Exception:
                    # one source that cannot be judged keeps no other from it
                    _LOGGER.exception("What %s says cannot be judged", source.id)

    async def at_once(self, source: Source) -> None:
        """Take in what a source says now: a person has just told it something."""
        async with self._of.lock:
            if self._of.house.source(source.id) is source:
                await self._take(source, clock.now())

    async def _take(self, source: Source, now: float) -> None:
        """Take in what one source says."""
        if (nodes := tuple(source.nodes)) != self._nodes.get(source.id):
            self._nodes[source.id] = nodes
            self.rebuild()
        # of a thousand containers each of these takes a while: what else is waiting has its turn between them
        await asyncio.sleep(0)
        self._of.changes.note(source.id, source.changes_since_last(), now)
        self.checked[source.id] = now
        await asyncio.sleep(0)
        changes: list[Happened] = []
        # in pieces, so that ten thousand at once do not hold the event loop
        for piece in self._of.register.observing(source.id, source.findings, now):
            changes += piece
            for change in piece:
                if (tracked := self._of.tracked(change.id)) is not None:
                    # looked up once, here: all at the end would hold the event loop as well
                    self._of.topology.within_host(tracked.finding.object, source.id)
            await asyncio.sleep(0)
        await self._of.following.findings_changed(changes, now)
        await self._of.proposals.follow()

    def dump(self) -> dict[str, Any]:
        """Return the topology of each source, as JSON can hold it."""
        return {source: dump(nodes) for source, nodes in self._nodes.items()}

    async def dumped(self) -> dict[str, Any]:
        """Return the same, made in pieces."""
        found: dict[str, Any] = {}
        for source, nodes in tuple(self._nodes.items()):
            rows = found[source] = list[dict[str, Any]]()
            for start in range(0, len(nodes), PIECE):
                rows += dump(nodes[start : start + PIECE])
                await asyncio.sleep(0)
        return found

    def load(self, stored: object) -> None:
        """Take back what `dump` gave, of the sources that still are: until each speaks, it is as it was."""
        for source, nodes in stored.items() if isinstance(stored, dict) else ():
            if source in self._of.watch.stands:
                self._nodes[source] = load(nodes)
        self.rebuild()

    def rebuild(self) -> None:
        """Join the topologies: what runs on nothing in its source runs on the source; and what people added."""
        joined: list[Node] = []
        for source, nodes in self._nodes.items():
            root = source_node(source)
            stand = self._of.watch.stands.get(source)
            if all(node.id != root for node in nodes):
                joined.append(Node(id=root, kind="host", label=stand.name if stand else source))
            joined += [
                node if node.runs_on or node.id == root else dataclasses.replace(node, runs_on=root)
                for node in nodes
            ]
        links = ((link.upper, link.lower) for link in self._of.settings.links)
        self._of.set_topology(Topology(joined, links))

    @callback
    def stand_changed(self, stand: Stand) -> None:
        """Freeze what a source that is away has said."""
        if stand.state != "ok":
            self._of.register.freeze(stand.id)
        self._of.notify()

    @callback
    def source_removed(self, source: str) -> None:
        """End what a source has said that the user removed."""
        self._nodes.pop(source, None)
        self.rebuild()
        self._of.entry.async_create_background_task(self._of.hass, self._drop(source), f"{DOMAIN} removed")

    def forget_removed(self) -> None:
        """End what sources have said that were removed while this guardian was not there, as with the server itself."""
        of = self._of
        said = {each.finding.source for each in of.register.firing()} - of.watch.stands.keys() - {of.own}
        for source in said:
            # a play of the guardian's own has no entry
            if not source.endswith(f":{of.id}"):
                self.source_removed(source)

    async def _drop(self, source: str) -> None:
        async with self._of.lock:
            now = clock.now()
            await self._of.following.findings_changed(self._of.register.drop(source, now), now)

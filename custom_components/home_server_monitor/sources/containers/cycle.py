"""One cycle of watching an engine: the listing as the base, close looks within a budget."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import logging
import time
from typing import Any

from ..feeds import Feeds
from ..records import Rows
from .access import Access
from .audit import Accepted
from .auditing import Auditing
from .closely import Closely
from .model import Container, Containers, Engine, Update
from .parse_engine import engine
from .schedule import Schedule
from .snapshot import assemble, listed

_LOGGER = logging.getLogger(__name__)

HOUR = 3600.0
# seconds between two listings of the images, where there are new ones
NEW_IMAGE = 20.0
# of a cycle of 15 s: the listing and what comes with it may take as long as a call does, the close looks what is left
READING, CYCLE, LEAST = 10.5, 14.0, 3.0
# calls between two cycles that close looks make up for, at most
BETWEEN = 2


@dataclass(slots=True)
class Cycle:
    """Asks one engine, and makes a snapshot of what it said. engine: None before it was met."""

    name: str
    access: Access
    feeds: Feeds
    closely: Closely
    auditing: Auditing
    schedule: Schedule
    engine: Engine | None = None
    _due: float = field(default=0.0, init=False)
    # all calls until the end of the last cycle
    _counted: int = field(default=0, init=False)
    # when the cycle began
    _began: float = field(default=0.0, init=False)
    # images that a listing lacked, and that were looked for
    _sought: frozenset[str] = field(default=frozenset(), init=False)
    # the newest listing, by id
    _present: Mapping[str, Container] = field(default_factory=dict, init=False)

    @property
    def is_podman(self) -> bool:
        """Return whether the engine is Podman."""
        return self.engine is not None and self.engine.kind == "podman"

    @property
    def architecture(self) -> str | None:
        """Return the architecture of the engine's machine, where it is known."""
        return self.engine.architecture if self.engine else None

    @property
    def dark(self) -> frozenset[str]:
        """Return what this access may not ask."""
        return frozenset(
            {*self.closely.denied, *self.feeds.denied, *({"audit"} if self.auditing.denied else ())}
        )

    def report(self) -> dict[str, Any]:
        """Return what helps to find a fault in the asking."""
        transport, engine = self.access.transport, self.engine
        return {
            "engine": engine and {"version": engine.version, "kind": engine.kind},
            "calls": transport.calls,
            "most_at_once": transport.most_at_once,
            "feeds": self.feeds.report(),
            "denied": dict(self.closely.denied),
            "unreadable": self.closely.failed,
        }

    async def read(self, *, away: bool) -> int:
        """Read what is due and return how many calls that took. Raises ClientError.

        away: whether the engine did not answer before, so that nothing that was learned of it may hold.
        """
        before, self._began = self.access.transport.calls, time.monotonic()
        await self._meet(away=away)
        await self.feeds.refresh(self.feeds.due(), READING)
        by_id = self._present = self._listed()
        self.closely.forget(by_id)
        self.auditing.forget(by_id, (each.image_id for each in by_id.values()))
        self.schedule.forget(by_id)
        self._look_for_images(by_id)
        return self.access.transport.calls - before

    def _look_for_images(self, by_id: Mapping[str, Container]) -> None:
        """Have the images listed soon where a container runs one that the last listing lacks: once for each."""
        rows: Rows[Any] | None = self.feeds.value("images")
        used = {each.image_id for each in by_id.values() if each.image_id}
        missing = used - rows.items.keys() if rows is not None else set[str]()
        if missing - self._sought:
            self.feeds.hurry("images", NEW_IMAGE)
        self._sought = frozenset(missing)

    async def look(self, spent: int, *, watch_logs: bool) -> None:
        """Look closely at those just listed whose turn it is. spent: calls that this cycle took before. Raises ClientError."""
        # what was asked between two cycles counts as well, as a stream that was opened anew; not all that people order
        between = min(max(self.access.transport.calls - self._counted - spent, 0), BETWEEN)
        # measuring a log is one request more
        choice = self.schedule.choose(time.monotonic(), _running(self._present), spent + between + watch_logs)
        self.closely.watch_logs = watch_logs
        try:
            async with asyncio.timeout(max(self._began + CYCLE - time.monotonic(), LEAST)):
                await self.closely.take(self._present, choice)
        except TimeoutError:
            _LOGGER.debug("Some containers of %s could not be looked at in time", self.name)
        finally:
            self._counted = self.access.transport.calls

    async def look_at_all(self) -> None:
        """Look closely at every container. Raises ClientError."""
        by_id = self._listed()
        await self.closely.take(by_id, self.schedule.everything(time.monotonic(), _running(by_id)))

    async def _meet(self, *, away: bool) -> None:
        """Learn what engine it is, at first, each hour, and after it was away. Raises ClientError."""
        now = time.monotonic()
        if self.engine is None or away or now >= self._due:
            version, info = await self.access.client.introduce()
            self.engine = engine(version, info)
            self._due = now + HOUR
            self.closely.host_memory = self.engine.memory
            self.auditing.meet(version, info)
        if away:
            self.feeds.retry()
            self.schedule.begin_anew()

    def assemble(self, updates: Mapping[str, Update], accepted: Iterable[Accepted]) -> Containers:
        """Return the snapshot, audited, without what is shown of it. updates: by image."""
        if self.engine is None:
            raise RuntimeError("The engine is not known yet")
        return self.auditing.audited(assemble(self.feeds, self.engine, self.closely, updates), accepted)

    def _listed(self) -> dict[str, Container]:
        return {each.id: each for each in listed(self.feeds, self.closely).values()}


def _running(by_id: Mapping[str, Container]) -> dict[str, bool]:
    return {key: each.running for key, each in by_id.items()}

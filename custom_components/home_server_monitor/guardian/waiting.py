"""What is open: proposals that expire, and approved actions that wait for a window or for the end of a use."""

from collections.abc import Callable
import contextlib
import logging
from typing import Protocol

from .book import Book
from .contract import SYSTEM, Actor, Refusal, Refused
from .floor import Floor
from .permits import Permits
from .remediation import DAY, Record, State, WrongState

_LOGGER = logging.getLogger(__name__)

# how long an approved action waits for the end of what is in use, and for a maintenance window
WAITS = {"in_use": DAY, "window": 8 * DAY}


class Begins(Protocol):
    """What the waiting need of who decides."""

    async def examine(self, record: Record, expected: State, actor: Actor) -> None:
        """Read the target again. Raises Refused, having ended what is superseded."""
        ...

    async def begin(self, record: Record) -> Record:
        """Run what is approved and claimed."""
        ...


class Waiting:
    """Looks at what is open whenever time has passed."""

    def __init__(
        self, begins: Begins, permits: Permits, book: Book, floor: Floor, clock: Callable[[], float]
    ) -> None:
        self._begins = begins
        self._permits = permits
        self._book = book
        self._floor = floor
        self._clock = clock

    def _open(self) -> list[Record]:
        """Return what is proposed, or approved and waits."""
        return [
            record
            for record in self._book.records.values()
            if record.state is State.PROPOSED or (record.is_waiting and not self._floor.runs(record.id))
        ]

    async def tick(self) -> None:
        """Expire and begin."""
        for record in self._open():
            if record.expires <= self._clock():
                await self._book.expire(record)
            elif record.state is State.APPROVED and self._permits.why_not_yet(record) is None:
                await self._floor.own(self._begin(record))

    async def _begin(self, record: Record) -> None:
        try:
            self._floor.claim(record)
        except Refused:
            return
        try:
            await self._begins.examine(record, State.APPROVED, record.actor or SYSTEM)
            in_use = record.waits == "in_use" and await self._permits.in_use_now(record)
            if in_use or self._permits.why_not_yet(record) is not None:
                self._floor.release(record)
                return
        except Exception as err:  # noqa: BLE001 - it goes on waiting until it may or expires
            _LOGGER.info("%s of %s waits on: %r", record.action, record.source, err)
            self._floor.release(record)
            return
        if self._book.records[record.id].state is State.APPROVED:
            await self._begins.begin(record)
        else:
            self._floor.release(record)

    async def expire_all(self) -> None:
        """End all that is open."""
        for record in self._open():
            await self._book.expire(record)

    def approved(self) -> list[Record]:
        """Return what is approved and has not begun."""
        return [record for record in self._open() if record.state is State.APPROVED]

    async def withdraw(self, refuses: Callable[[Record], Refusal | None]) -> None:
        """End what is open and refused now, with the reason."""
        for record in self._open():
            if (refusal := refuses(record)) is not None:
                await self.end(record, refusal, State.SUPERSEDED)

    async def end(self, record: Record, refusal: Refusal, state: State) -> None:
        """End what is open for a reason, unless somebody was faster."""
        changes = {"reason": refusal.key, "details": dict(refusal.placeholders)}
        with contextlib.suppress(WrongState):
            await self._book.move(record.id, record.state, state, SYSTEM, must=False, **changes)

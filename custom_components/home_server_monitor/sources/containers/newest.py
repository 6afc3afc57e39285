"""Asking what registries have under the references that containers run: each seldom, one at a time, spread in time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
import random
import time

from ..records import at, instant
from .leftovers import leftover
from .model import Container, Image, Unknown, Update

HOUR = 3600.0
# seconds between two questions about one reference
LEAST, MOST = 6 * HOUR, 12 * HOUR
# where nobody answered, or the registry has had enough
AGAIN = 2 * HOUR
# what the engine itself knows only changes with the image
PASSING = frozenset({Unknown.UNREACHABLE, Unknown.LIMITED})

type Ask = Callable[[str, Image | None, datetime, Update | None], Awaitable[Update]]


class Newest:
    """What registries had last, by reference."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self.updates: dict[str, Update] = {}
        self._due: dict[str, float] = {}
        self._remembered: dict[str, Update] = {}
        self._asked = False

    def wanted(self, containers: Mapping[str, Container]) -> dict[str, str]:
        """Return the references that containers run, with the id of the image of one that does."""
        return {
            each.image: each.image_id or ""
            for name, each in containers.items()
            if each.inspected and each.image and leftover(name) is None
        }

    async def look(self, containers: Mapping[str, Container], images: Mapping[str, Image]) -> bool:
        """Ask about the one reference that is due the longest; returns whether anything was asked."""
        wanted, now = self.wanted(containers), self._clock()
        for gone in self.updates.keys() - wanted.keys():
            del self.updates[gone]
            self._due.pop(gone, None)
        due = [each for each in wanted if self._due.get(each, 0.0) <= now]
        self._asked = bool(wanted) and wanted.keys() <= self.updates.keys()
        if not due:
            return False
        reference = min(due, key=lambda each: self._due.get(each, 0.0))
        await self._ask_about(reference, images.get(wanted[reference]))
        return True

    async def ask_now(
        self, reference: str, containers: Mapping[str, Container], images: Mapping[str, Image]
    ) -> bool:
        """Ask about a reference that containers run, whether it is due or not; returns whether it was asked."""
        if (image := self.wanted(containers).get(reference)) is None:
            return False
        await self._ask_about(reference, images.get(image))
        return True

    async def _ask_about(self, reference: str, image: Image | None) -> None:
        # noted before it is asked, so that one that always fails keeps no other from its turn
        now = self._clock()
        self._due[reference] = now + random.uniform(LEAST, MOST)  # noqa: S311 - spreads, guards nothing
        known = self.updates.get(reference) or self._remembered.get(reference)
        found = await self._ask(reference, image, datetime.now(UTC), known)
        if found.reason in PASSING:
            self._due[reference] = now + AGAIN
            # what was known stays known while nobody can be asked
            found = known if known is not None and known.latest_digest else found
        self.updates[reference] = found
        self._remembered.pop(reference, None)

    @property
    def complete(self) -> bool:
        """Return whether every reference was asked about since the start."""
        return self._asked

    def load(self, rows: object) -> None:
        """Take what was known before a restart: since when a newest image was seen, by reference."""
        for reference, row in rows.items() if isinstance(rows, dict) else ():
            digest, seen = at(row, "digest"), instant(at(row, "seen"))
            if isinstance(digest, str) and seen is not None:
                self._remembered[str(reference)] = Update(
                    reference=str(reference),
                    installed_digest=None,
                    latest_digest=digest,
                    seen=seen,
                    moved=instant(at(row, "moved")),
                )

    def dump(self) -> dict[str, dict[str, str]]:
        """Return what a restart must not forget."""
        known = {**self._remembered, **self.updates}
        return {
            reference: {
                "digest": each.latest_digest,
                "seen": each.seen.isoformat(),
                **({"moved": each.moved.isoformat()} if each.moved else {}),
            }
            for reference, each in known.items()
            if each.latest_digest and each.seen
        }

    def ask_soon(self, reference: str) -> None:
        """Ask about a reference at the next turn: it was just updated."""
        self._due[reference] = 0.0

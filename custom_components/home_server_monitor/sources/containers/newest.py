"""Asking what registries have under the references that containers run: each seldom, one at a time, spread in time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
import random
import time

from .leftovers import leftover
from .model import Container, Image, Unknown, Update

HOUR = 3600.0
# seconds between two questions about one reference
LEAST, MOST = 6 * HOUR, 12 * HOUR
# where nobody answered, or the registry has had enough
AGAIN = 2 * HOUR
# what the engine itself knows only changes with the image
PASSING = frozenset({Unknown.UNREACHABLE, Unknown.LIMITED})

type Ask = Callable[[str, Image | None, datetime], Awaitable[Update]]


class Newest:
    """What registries had last, by reference."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self.updates: dict[str, Update] = {}
        self._due: dict[str, float] = {}

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
        if not due:
            return False
        reference = min(due, key=lambda each: self._due.get(each, 0.0))
        # noted before it is asked, so that one that always fails keeps no other from its turn
        self._due[reference] = now + random.uniform(LEAST, MOST)  # noqa: S311 - spreads, guards nothing
        found = await self._ask(reference, images.get(wanted[reference]), datetime.now(UTC))
        if found.reason in PASSING:
            self._due[reference] = now + AGAIN
            known = self.updates.get(reference)
            # what was known stays known while nobody can be asked
            found = known if known is not None and known.latest_digest else found
        self.updates[reference] = found
        return True

    def ask_soon(self, reference: str) -> None:
        """Ask about a reference at the next turn: it was just updated."""
        self._due[reference] = 0.0

"""Asking what registries have under the references that containers run: each seldom, one at a time, spread in time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
import random
import time
from typing import Any

from ..records import at, instant, text
from .leftovers import leftover
from .model import Container, Image, Unknown, Update
from .reference import parsed
from .updates import digests_under

HOUR = 3600.0
# seconds between two questions about one reference
LEAST, MOST = 6 * HOUR, 12 * HOUR
# until an image that was just installed is listed
LISTED = 60.0
# where nobody answered, or the registry has had enough
AGAIN = 2 * HOUR
# what the engine itself knows only changes with the image
PASSING = frozenset({Unknown.UNREACHABLE, Unknown.LIMITED})

# before all that was never asked, and all that was asked long ago
FIRST = -1.0

_WORDS = ("version", "source_url", "url")
_INSTANTS = ("checked", "published", "seen", "moved")

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
        # set while something waits that is not to wait for its turn
        self.pressed = asyncio.Event()

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
        # while one is made anew nobody has looked at it yet, and what is known of its reference holds
        settled = all(each.inspected for each in containers.values())
        for gone in self.updates.keys() - wanted.keys() if settled else ():
            del self.updates[gone]
            self._due.pop(gone, None)
        due = [each for each in wanted if self._due.get(each, 0.0) <= now]
        self._asked = bool(wanted) and wanted.keys() <= self.updates.keys()
        # of an image that is not listed yet, as after an update, nothing can be said: the listing comes soon
        listed = [each for each in due if wanted[each] in images]
        self.pressed.clear()
        if not listed:
            return False
        reference = min(listed, key=lambda each: self._due.get(each, 0.0))
        await self._ask_about(reference, images[wanted[reference]])
        if any(self._due.get(each) == FIRST for each in listed):
            self.pressed.set()
        return True

    async def ask_now(
        self, reference: str, containers: Mapping[str, Container], images: Mapping[str, Image]
    ) -> bool:
        """Ask about a reference that containers run, whether it is due or not; returns whether it was asked."""
        if (image := images.get(self.wanted(containers).get(reference, ""))) is None:
            return False
        await self._ask_about(reference, image)
        return True

    async def _ask_about(self, reference: str, image: Image) -> None:
        # noted before it is asked, so that one that always fails keeps no other from its turn
        now = self._clock()
        self._due[reference] = now + random.uniform(LEAST, MOST)  # noqa: S311 - spreads, guards nothing
        before = self.updates.get(reference)
        known = before or self._remembered.get(reference)
        found = await self._ask(reference, image, datetime.now(UTC), known)
        if self.updates.get(reference) is not before:
            # meanwhile another image was installed, of which this says nothing
            return
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
        """Take what was known before a restart, by reference: what was asked lately is not asked again for it."""
        now = datetime.now(UTC)
        for key, row in rows.items() if isinstance(rows, dict) else ():
            if (known := _unpacked(reference := str(key), row)) is None:
                continue
            age = (now - known.checked).total_seconds() if known.checked else MOST
            if known.installed_digest and 0 <= age < MOST:
                self.updates[reference] = known
                self._due[reference] = self._clock() + random.uniform(0.5, 1.0) * (MOST - age)  # noqa: S311 - as below
            else:
                self._remembered[reference] = known

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return what a restart must not forget."""
        known = {**self._remembered, **self.updates}
        return {
            reference: _packed(each) for reference, each in known.items() if each.latest_digest and each.seen
        }

    def digest(self, reference: str, digests: Sequence[str]) -> str:
        """Return the one digest, of those under which an image came, that counts as its; empty where none does."""
        typed, known = parsed(reference), self.updates.get(reference)
        found = digests_under(typed, digests) if typed is not None else []
        if known is not None and known.latest_digest in found:
            return known.latest_digest or ""
        return found[0] if found else ""

    def installed(self, reference: str, digests: Sequence[str]) -> None:
        """Take note of what was just installed, which was the newest; it is asked about again once it is listed."""
        typed, now = parsed(reference), datetime.now(UTC)
        if typed is not None and (found := digests_under(typed, digests)):
            known = self.updates.get(reference) or self._remembered.pop(reference, None)
            if known is not None and known.latest_digest in found:
                self.updates[reference] = replace(known, installed_digest=known.latest_digest)
            else:
                self.updates[reference] = Update(
                    reference=reference,
                    installed_digest=found[0],
                    latest_digest=found[0],
                    checked=now,
                    seen=now,
                )
        self._due[reference] = self._clock() + LISTED

    def ask_soon(self, reference: str) -> None:
        """Ask about a reference now, before all others: a person wants to know."""
        self._due[reference] = FIRST
        self.pressed.set()


def _packed(update: Update) -> dict[str, Any]:
    """Return what is known under a reference, as JSON can hold it."""
    found: dict[str, Any] = {"digest": update.latest_digest, "installed": update.installed_digest}
    found |= {name: getattr(update, name) for name in _WORDS}
    for name in _INSTANTS:
        at_ = getattr(update, name)
        found[name] = at_.isoformat() if at_ else None
    return {name: value for name, value in {**found, "described": update.described}.items() if value}


def _unpacked(reference: str, row: object) -> Update | None:
    """Return what `_packed` gave, or None where it lacks what counts."""
    words = {name: text(at(row, name), 500) for name in _WORDS}
    instants = {name: instant(at(row, name)) for name in _INSTANTS}
    if (digest := text(at(row, "digest"))) is None or instants["seen"] is None:
        return None
    found = Update(reference=reference, installed_digest=text(at(row, "installed")), latest_digest=digest)
    more: dict[str, Any] = {**words, **instants, "described": at(row, "described") is True}
    return replace(found, **more)

"""What goes on beside the polling of an engine: the first look at everything, its events, questions to registries."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
import logging
import time
from typing import Any, Protocol

from ..errors import ClientError
from .access import Access
from .aftermath import Aftermath
from .cycle import Cycle
from .following import Following
from .model import Containers, Image, Update
from .newest import Newest
from .offering import Offering
from .own_yard import OwnYard
from .policies import Policy
from .smart_reading import SmartReading
from .updates import update_of

_LOGGER = logging.getLogger(__name__)

# seconds between two questions to registries
BETWEEN_QUESTIONS = 10.0
# where a person waits for the answer
AT_ONCE = 1.0
MINUTE = 60.0
# requests that one command in a container takes
COMMAND = 3
# at the start, and after the engine was away: two samples make a rate
SECOND = 5.0


class Watch(Protocol):
    """The watch that this goes on beside; see the coordinator."""

    access: Access
    cycle: Cycle
    name: str
    last_update_success: bool
    data: Containers
    aftermath: Aftermath
    offering: Offering
    yard: OwnYard
    smart: SmartReading

    def show(self) -> None:
        """Show what is known now."""

    def async_hurry(self, delay: float = 0.0) -> None:
        """Refresh after so many seconds."""

    def heard(self, container: str) -> None:
        """Something happened to a container."""

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now."""
        ...

    @property
    def watch_hours(self) -> float:
        """Return for how many hours what goes wrong is put down to an update."""
        ...

    @property
    def smart_is_read_elsewhere(self) -> bool:
        """Return whether another source of the same server reads SMART."""
        ...

    def judge_again(self) -> None:
        """Have it judged anew: what is known beside the snapshot changed."""


class Meanwhile:
    """Runs from the first listing on, until it is stopped.

    start: runs something for as long as the entry is loaded. save: has what registries said written soon.
    """

    def __init__(
        self,
        watch: Watch,
        start: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
        save: Callable[[], None],
    ) -> None:
        self._watch = watch
        self._start = start
        self._save = save
        self._following: Following | None = None
        self.first_look: asyncio.Task[None] | None = None
        self.newest = Newest(self._ask_registry)

    @property
    def deaf(self) -> bool:
        """Return whether this access may not follow events."""
        return self._following is not None and self._following.denied

    def begin(self) -> None:
        """Follow the events, and look at every container once, without keeping the set-up waiting for it."""
        self.first_look = self._start(self._look_at_all(), "first look")
        self._following = Following(self._watch.access.client, self._watch.heard)
        self._start(self._following.run(), "container events")
        self._start(self._ask_about_updates(), "newest images")
        self._start(self._watch_updated(), "updated containers")
        self._start(self._read_disks(), "SMART")

    def stop(self) -> None:
        """End what would go on for long."""
        if self._following is not None:
            self._following.stop()
        if self.first_look is not None:
            self.first_look.cancel()

    async def _look_at_all(self) -> None:
        try:
            await self._watch.cycle.look_at_all()
        except ClientError as err:
            _LOGGER.debug("The first look at %s was cut off: %s", self._watch.name, err)
        self._watch.show()
        self._watch.async_hurry(SECOND)

    async def _watch_updated(self) -> None:
        """Ask what was updated whether it answers, once a minute."""
        while True:
            await asyncio.sleep(MINUTE)
            if self._watch.judged:
                await self.ask_updated()

    async def _read_disks(self) -> None:
        """Run smartctl for the disks whose turn it is, where a container has them and nobody else reads them."""
        while True:
            await asyncio.sleep(MINUTE)
            if self._watch.judged and not self._watch.cycle.is_podman:
                await self.read_disks()

    async def read_disks(self) -> None:
        """Take one step of reading SMART."""
        watch = self._watch
        before = watch.access.transport.calls
        news = await watch.smart.step(
            watch.data.containers,
            watch.name,
            read_elsewhere=watch.smart_is_read_elsewhere,
            whole="containers" in watch.data.complete,
        )
        if before != watch.access.transport.calls:
            # of what went on meanwhile some may be counted twice, which only makes it slower
            watch.cycle.schedule.spend(time.monotonic(), COMMAND)
        if news:
            watch.judge_again()

    async def _ask_registry(
        self, reference: str, image: Image | None, now: datetime, known: Update | None
    ) -> Update:
        access, machine = self._watch.access, self._watch.cycle.architecture
        return await update_of(
            reference, image, access.registry, access.client, now, known=known, architecture=machine
        )

    async def _ask_about_updates(self) -> None:
        """Ask registries one question at a time: what somebody waits for at once, all else in its turn."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(BETWEEN_QUESTIONS):
                    await asyncio.sleep(min(AT_ONCE, BETWEEN_QUESTIONS))
                    await self.newest.pressed.wait()
            if self._watch.last_update_success and self._watch.data is not None:
                await self.look_for_updates()

    async def ask_updated(self) -> None:
        """Ask the applications in what was updated lately."""
        watch = self._watch
        watch.aftermath.forget()
        before = watch.aftermath.seen(watch.watch_hours).silent
        for each in watch.aftermath.watched(watch.watch_hours):
            container = watch.data.containers.get(each.name)
            if container is None or container.id != each.container or not container.running:
                continue
            if (answers := await watch.yard.answers(container)) is not None:
                watch.aftermath.note_answer(each.name, answers=answers)
        if watch.aftermath.seen(watch.watch_hours).silent != before:
            watch.judge_again()

    async def look_for_updates(self) -> None:
        """Ask one registry, if one is due, and see what can be offered of it."""
        watch, data = self._watch, self._watch.data
        asked = {
            name: each
            for name, each in data.containers.items()
            if name not in data.shown or data.shown[name].policy != Policy.NEVER
        }
        # without the listings nothing can be compared, and what was known stays known
        if data.stale.isdisjoint(("containers", "images")) and await self.newest.look(asked, data.images):
            self._save()
            watch.show()
        offering = watch.offering
        before = offering.offer, offering.weekly.dump()
        await offering.look(complete=self.newest.complete)
        if before != (offering.offer, offering.weekly.dump()):
            watch.judge_again()

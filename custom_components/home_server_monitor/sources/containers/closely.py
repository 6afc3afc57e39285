"""Close looks at single containers: inspections and samples, kept by id, a few at a time and each for itself."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
import logging
import time
from typing import Any

from ..errors import AuthFailed, CallFailed, CannotConnect, ClientError, NotSupported, PermissionDenied
from ..records import Row
from .auditing import Auditing
from .causes import trouble
from .client import EngineClient
from .look import Look, look
from .merge import refreshed
from .model import Container, Usage
from .parse import inspected
from .quotas import Quotas
from .schedule import Choice, sample_every
from .usage import Sample, sample, usage

_LOGGER = logging.getLogger(__name__)

# looks at one container that are remembered, to tell a loop from a single end
REMEMBERED = 40
# of so many seconds a log is measured, that often, and one container in each round: reading logs is work
LOG_SPAN, LOG_EVERY = 60, 300.0
# measurements that make a rate: one burst is none
LOG_MEASURES = 3
# seconds after which a name that is gone is forgotten: making anew takes less, and older looks tell nothing
NAME_KEPT = 3600.0
# a sample older than this many rounds says nothing of now
ROUNDS = 2.5
NOT_FOUND = 404
# of one engine, looks that are on their way or being read
WORKERS = 8


class Closely:
    """What was seen of single containers; what fails for one costs no other."""

    def __init__(
        self, client: EngineClient, auditing: Auditing, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._auditing = auditing
        self.quotas = Quotas(clock)
        self._clock = clock
        self._details: dict[str, Container] = {}
        # what was inspected, what was listed, and both in one
        self._merged: dict[str, tuple[Container | None, Container, Container]] = {}
        self._samples: dict[str, Sample] = {}
        self._usage: dict[str, tuple[float, Usage]] = {}
        # by name, as a loop goes on over the making anew of a container
        self.looks: dict[str, deque[Look]] = {}
        # what this access may not do at all: the verb, and what the engine said
        self.denied: dict[str, str] = {}
        self.failed = 0
        # told the counters of each sample
        self.on_counters: Callable[[Container, Usage], None] = lambda container, used: None
        # whether anybody wants to know how fast logs grow
        self.watch_logs = False
        self._logs: dict[str, tuple[float, deque[float]]] = {}
        self._log_left = 0
        # bytes of the engine's machine, which is the limit of what has none of its own
        self.host_memory: int | None = None

    def forget(self, present: Iterable[str]) -> None:
        """Keep only what is known of these ids."""
        here = frozenset(present)
        self.quotas.forget(here)
        for book in (self._details, self._merged, self._samples, self._usage, self._logs):
            for gone in [key for key in book if key not in here]:
                del book[gone]
        old = self._clock() - NAME_KEPT
        for name in [
            each for each, seen in self.looks.items() if seen[-1].id not in here and seen[-1].at < old
        ]:
            del self.looks[name]

    def merged(self, listed: Container) -> Container:
        """Return a listed container with what its inspection told, as the same object while nothing changes."""
        details, known = self._details.get(listed.id), self._merged.get(listed.id)
        if known is not None and known[0] is details and (known[1] is listed or known[1] == listed):
            if known[1] is not listed:
                # the next look at the same listing is quick
                self._merged[listed.id] = (details, listed, known[2])
            return known[2]
        made = refreshed(details, listed)
        self._merged[listed.id] = (details, listed, made)
        return made

    def usage(self, container: Container, running: int) -> Usage | None:
        """Return what a running container uses, or None where the last sample is too old."""
        known = self._usage.get(container.id)
        if known is None or not container.running:
            return None
        return known[1] if self._clock() - known[0] <= ROUNDS * sample_every(running) else None

    async def take(self, containers: Mapping[str, Container], choice: Choice) -> None:
        """Inspect and sample; containers: by id. Raises AuthFailed; whatever else fails costs what it is about."""
        self._log_left = 1
        # no task for each of a thousand: so many at once would hold the event loop
        looks = chain(
            ((self._inspect, containers[each]) for each in choice.inspect if each in containers),
            ((self._sample, containers[each]) for each in choice.sample if each in containers),
        )

        async def work() -> None:
            for ask, container in looks:
                if isinstance(error := await ask(container), AuthFailed):
                    raise error

        workers = [asyncio.create_task(work()) for _ in range(WORKERS)]
        try:
            await asyncio.gather(*workers)
        finally:
            for each in workers:
                each.cancel()

    async def _inspect(self, container: Container) -> ClientError | None:
        raw = await self._asked("inspect", container, self._client.inspect)
        if isinstance(raw, ClientError) or raw is None:
            return raw
        try:
            found = inspected(raw)
        except (ClientError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as err:
            self.failed += 1
            _LOGGER.debug("An inspection cannot be read: %s", type(err).__name__)
            return None
        # it may have been made anew under the same name meanwhile
        if found.id == container.id:
            self._details[container.id] = found
            if (known := self._merged.get(container.id)) is not None:
                # one by one as they come: a thousand in one go would hold the event loop
                self.merged(known[1])
            series = self.looks.setdefault(container.name, deque(maxlen=REMEMBERED))
            series.append(look(raw, self._clock()))
            return await self._audit(raw, series)
        return None

    async def _audit(self, raw: Row, series: Sequence[Look]) -> ClientError | None:
        found = trouble(series)
        try:
            await self._auditing.note(raw, looping=found is not None and found.kind == "loop")
        except AuthFailed as err:
            return err
        return None

    async def _sample(self, container: Container) -> ClientError | None:
        raw = await self._asked("stats", container, self._client.stats)
        if isinstance(raw, ClientError) or raw is None:
            return raw
        try:
            now = sample(raw)
        except (ClientError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as err:
            self.failed += 1
            _LOGGER.debug("A sample cannot be read: %s", type(err).__name__)
            return None
        if now is not None:
            before = self._samples.get(container.id)
            self._samples[container.id] = now
            used = usage(before, now, container, self.host_memory)
            self._usage[container.id] = (self._clock(), used)
            self._auditing.note_usage(container.id, used)
            error = await self._measure_log(container, now)
            self.quotas.note(container, used, self._log_rate(container))
            self.on_counters(container, used)
            return error
        return None

    async def _measure_log(self, container: Container, now: Sample) -> ClientError | None:
        """Count what a container wrote in the last minute, by the engine's own clock, where that may fill the disk."""
        known = self._details.get(container.id)
        at, rates = self._logs.get(container.id, (float("-inf"), deque[float](maxlen=LOG_MEASURES)))
        grows = known is not None and known.log_grows and self.watch_logs
        if not grows or not self._log_left or self._clock() - at < LOG_EVERY:
            return None
        self._log_left -= 1
        since = int(now.at.timestamp()) - LOG_SPAN
        found = await self._asked("logs", container, lambda key: self._client.log_bytes(key, since))
        if isinstance(found, int):
            rates.append(found / LOG_SPAN)
        self._logs[container.id] = (self._clock(), rates)
        return found if isinstance(found, ClientError) else None

    def _log_rate(self, container: Container) -> float | None:
        """Return bytes a second, as the mean of the newest measurements."""
        _, rates = self._logs.get(container.id, (0.0, ()))
        return sum(rates) / len(rates) if len(rates) == LOG_MEASURES else None

    async def _asked(self, verb: str, container: Container, ask: Callable[[str], Any]) -> Any:
        """Return the answer, the error that all would meet, or None where only this container fails."""
        if verb in self.denied:
            return None
        try:
            return await ask(container.id)
        except (PermissionDenied, NotSupported) as err:
            self.denied[verb] = str(err)
            return None
        except (AuthFailed, CannotConnect) as err:
            return err
        except ClientError as err:
            # it was removed meanwhile, or the engine cannot tell of this one
            if not (isinstance(err, CallFailed) and err.code == NOT_FOUND):
                self.failed += 1
            return None

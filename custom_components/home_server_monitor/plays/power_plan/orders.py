"""Carries out what the machine orders, each in a task of its own, and says how far it is."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
import logging
from typing import Any, Final

from ...guardian.contract import Refused
from ...guardian.remediation import OUTAGE, Record, State
from .asking import Asks, goes_on
from .carrying import NOT_BEGUN, carry
from .inputs import Doing, Progress
from .plan import Kind, Stage
from .restoring import Report, Restoring

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY: Final = 1.0


@dataclass(slots=True)
class _Job:
    """One order. since: when it began; why: what it could not begin for, a key of `exceptions`."""

    order: int
    doing: Doing = Doing.RUNNING
    count: int = 0
    patience: float = 30.0
    task: asyncio.Task[None] | None = None
    since: float = 0.0
    why: str = ""


@dataclass(slots=True)
class Took:
    """How long a stage took, seconds, and whether all of it ended."""

    stage: str
    seconds: float
    whole: bool


@dataclass(slots=True)
class Done:
    """What came of the orders of one outage: names that were ended, that were not, and what came back."""

    ended: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    report: Report = field(default_factory=Report)


class Orders:
    """The orders that are under way, the newest of each stage.

    spawn: begins a task that ends with the entry; still_on: told where a NAS that was asked does not go.
    """

    def __init__(
        self,
        play: Asks,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        took: Callable[[Took], None],
        still_on: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._play = play
        self._spawn = spawn
        self._took = took
        self._still_on = still_on
        self._sleep = sleep
        self._jobs: dict[str, _Job] = {}
        self.restoring = Restoring(play, sleep)
        self.done = Done()

    @property
    def busy(self) -> bool:
        """Return whether one is under way."""
        return any(job.doing is Doing.RUNNING for job in self._jobs.values())

    def progress(self) -> dict[str, Progress]:
        """Return how far each is."""
        return {
            stage: Progress(
                order=job.order,
                doing=job.doing,
                count=job.count,
                patience=job.patience,
                holds=bool(self._play.ledger.of(stage)),
                unsent=frozenset(self._play.asking.unsent),
            )
            for stage, job in self._jobs.items()
        }

    def moved(self, stage: str, patience: float) -> None:
        """Take note that something of a stage went on."""
        if (job := self._jobs.get(stage)) is not None:
            job.count += 1
            job.patience = max(30.0, patience)

    def shed(self, stage: Stage, order: int) -> None:
        """Carry a stage out, unless that is under way already."""
        self._begin(stage.key, order, lambda: self._shed(stage))

    def ask(self, stage: Stage, order: int, machines: Iterable[str]) -> None:
        """Ask these NASes to shut down, beside those that are being asked already."""
        self._play.asking.ask(machines)
        self._begin(stage.key, order, lambda: self._ask(stage))

    def restore(self, stage: str, order: int) -> None:
        """Bring a stage back."""
        self._begin(stage, order, lambda: self._restore(stage))

    def _begin(self, stage: str, order: int, work: Callable[[], Awaitable[bool]]) -> None:
        before = self._jobs.get(stage)
        if before is not None and before.order == order and before.doing is Doing.RUNNING:
            return
        job = self._jobs[stage] = _Job(order, since=asyncio.get_running_loop().time())

        async def run() -> None:
            if before is not None and before.task is not None and not before.task.done():
                await asyncio.wait({before.task})
            try:
                well = await work()
            except NOT_BEGUN as err:
                job.why = err.refusal.key if isinstance(err, Refused) else "not_reachable"
                _LOGGER.warning("Stage %s of the shutdown plan is not carried out: %s", stage, err)
                well = False
            except Exception:
                _LOGGER.exception("Stage %s of the shutdown plan broke off", stage)
                well = False
            job.doing = Doing.DONE if well else Doing.FAILED

        job.task = self._spawn(run())

    async def wait(self, stage: str) -> bool:
        """Wait for the order of a stage; returns whether all of it was carried out."""
        job = self._jobs[stage]
        if job.task is not None:
            await asyncio.wait({job.task})
        return job.doing is Doing.DONE

    def why(self, stage: str) -> str:
        """Return why the order of a stage could not begin, a key of `exceptions`; "" where it could."""
        job = self._jobs.get(stage)
        return job.why if job is not None else ""

    # One stage

    async def _shed(self, stage: Stage) -> bool:
        if stage.kind is Kind.SETTLE:
            return await self._settle(stage.limit)
        began = asyncio.get_running_loop().time()
        record = await carry(self._play, stage)
        if record is None:
            return True
        whole = self._note(record)
        self._took(Took(stage.key, asyncio.get_running_loop().time() - began, whole))
        return whole

    async def _ask(self, stage: Stage) -> bool:
        asking, whole = self._play.asking, True
        try:
            while wanted := set(asking.wanted):
                record = await carry(self._play, stage)
                # a NAS that is away at this moment was not asked
                asking.missed(wanted & asking.wanted)
                if record is None:
                    return False
                whole = self._note(record)
                # when it is off is seen by who watches it
                if record.state is State.FAILED and goes_on(self._play.desk.parts.of(record.id)):
                    self._still_on()
        finally:
            asking.missed(asking.take())
        return whole

    def _note(self, record: Record) -> bool:
        """Take note of what a record ended; returns whether that is all of it."""
        facts = record.verdict.facts if record.verdict is not None else {}
        self.done.ended += facts.get("ended", ())
        self.done.left += facts.get("left", ())
        return record.state is State.SUCCEEDED

    async def _settle(self, limit: float) -> bool:
        """Give what runs already, an update above all, its time to end by itself or to be taken back."""
        waited = 0.0
        while (rest := self._running()) and waited < limit:
            await self._sleep(LOOK_EVERY)
            waited += LOOK_EVERY
        return not rest

    def _running(self) -> list[Record]:
        return [
            each
            for each in self._play.desk.records.values()
            if each.state in (State.RUNNING, State.VERIFYING) and each.rule != OUTAGE
        ]

    async def _restore(self, stage: str) -> bool:
        report = await self.restoring.restore(stage)
        self.done.report.add(report)
        return report.whole

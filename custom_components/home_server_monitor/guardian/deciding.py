"""What is decided about a proposal: approved, denied, tried out, or approved by a rule; and what is approved begins."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import replace
from typing import Any

from .book import Book
from .contract import Actor, Refusal, Refused, Source
from .floor import Floor
from .helm import Helm
from .journal import Journal
from .looks import Looks
from .permits import AUTOMATIC, Permits
from .policy import Policy
from .remediation import EXPIRES, OUTAGE, Record, State, WrongState
from .running import Runner
from .waiting import WAITS

# seconds for which the answer to a first order is waited for: a pull takes minutes, and holds up nobody
ANSWERED_WITHIN = 10.0


class Deciding:
    """Takes decisions at one desk.

    open_for_business: raises Refused where nothing new may begin; sources, clock, answered_within: as the desk has them.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        book: Book,
        helm: Helm,
        policy: Policy,
        permits: Permits,
        looks: Looks,
        floor: Floor,
        runner: Runner,
        open_for_business: Callable[[], None],
        sources: Callable[[str], Source | None],
        clock: Callable[[], float],
        answered_within: float,
    ) -> None:
        self._journal = journal
        self._book = book
        self._helm = helm
        self._policy = policy
        self._permits = permits
        self._looks = looks
        self._floor = floor
        self._runner = runner
        self._open = open_for_business
        self._sources = sources
        self._clock = clock
        self._answered_within = answered_within

    async def approve(
        self, record_id: str, actor: Actor, *, typed: str | None = None, waits: str | None = None
    ) -> Record:
        """Let a record run; returns as `begin` does, or at once where it waits.

        typed: the target's name, for high risk; waits: "in_use" or "window". What a person approves while its source
        is away waits for it. Raises Refused with nothing sent, JournalFailed with nothing sent, and what the source
        raises when it is read.
        """
        self._open()
        self._book.get(record_id)
        return await self._floor.own(self._approve(record_id, actor, typed, waits))

    async def _approve(self, record_id: str, actor: Actor, typed: str | None, waits: str | None) -> Record:
        record = await self._proposed(record_id)
        self._permits.permit(record, actor, typed)
        if waits == "window" and self._policy.next_window(self._clock()) is None:
            raise Refused(Refusal("no_window"))
        if waits is not None:
            return await self._wait_with(record, actor, waits)
        if self._is_away(record) and actor.kind not in AUTOMATIC:
            return await self._wait_with(record, actor, "source")
        self._floor.claim(record)
        try:
            await self.examine(record, State.PROPOSED, actor)
            self._permits.permit(self._book.get(record_id), actor, typed)
            if actor.kind in AUTOMATIC and await self._permits.in_use_now(record):
                self._floor.release(record)
                return await self._wait_with(record, actor, "in_use")
            record = await self._move(record, State.APPROVED, actor)
        except BaseException:
            self._floor.release(record)
            raise
        return await self.begin(record)

    async def _wait_with(self, record: Record, actor: Actor, waits: str) -> Record:
        """Approve what is not to begin yet; one whose source is away is wanted soon, or not any more."""
        ends = self._clock() + (EXPIRES[record.risk] if waits == "source" else WAITS[waits])
        return await self._move(record, State.APPROVED, actor, waits=waits, expires=ends)

    def _is_away(self, record: Record) -> bool:
        source = self._sources(record.source)
        return source is None or not source.judged

    async def _move(self, record: Record, state: State, actor: Actor, **changes: Any) -> Record:
        """Decide on a record; the first one wins."""
        if state is State.APPROVED:
            changes["approved_at"] = self._clock()
        try:
            return await self._book.move(record.id, record.state, state, actor, actor=actor, **changes)
        except WrongState as err:
            raise Refused(Refusal("already_decided", {"state": err.state})) from err

    async def begin(self, record: Record) -> Record:
        """Run what is approved and claimed; returns when its first order was answered or not sent, or takes long."""
        sent = asyncio.Event()
        self._floor.start(record.id, self._runner.forward(record.id, 0, sent), sent)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._answered_within):
                await sent.wait()
        return self._book.records[record.id]

    async def _proposed(self, record_id: str) -> Record:
        record = self._book.get(record_id)
        if record.state is not State.PROPOSED:
            raise Refused(Refusal("already_decided", {"state": record.state}))
        if record.expires <= self._clock():
            await self._book.expire(record)
            raise Refused(Refusal("proposal_expired"))
        return record

    async def examine(self, record: Record, expected: State, actor: Actor) -> None:
        """Read the target again; what is no longer what was approved is superseded. Raises Refused."""
        if refusal := await self._looks.check(record):
            try:
                await self._book.move(
                    record.id, expected, State.SUPERSEDED, actor, must=False,
                    reason=refusal.key, details=dict(refusal.placeholders),
                )  # fmt: skip
            except WrongState as err:
                raise Refused(Refusal("already_decided", {"state": err.state})) from err
            raise Refused(refusal)

    async def deny(self, record_id: str, actor: Actor) -> Record:
        """Say no, also to what is approved and still waits. Raises Refused and JournalFailed."""
        record = self._book.get(record_id)
        if refusal := self._policy.may_decide(record, actor):
            raise Refused(refusal)
        if record.is_waiting and not self._floor.runs(record.id):
            return await self._floor.own(self._move(record, State.CANCELLED, actor, reason="denied"))
        return await self._floor.own(self._move(await self._proposed(record_id), State.DENIED, actor))

    async def simulate(self, record_id: str, actor: Actor) -> Record:
        """Go through all that comes before the first write, and write that down alone. Raises as `approve` does."""
        record = await self._proposed(record_id)
        if refusal := await self._looks.check(record):
            raise Refused(refusal)
        now = self._clock()
        await self._journal.append("simulated", record_id, {"by": actor.id, "over": True})
        return replace(record, simulated=True, history=(*record.history, ("simulated", now, actor.id)))

    async def run_automatically(self, record_id: str) -> Record:
        """Approve by rule or by standing approval. Raises Refused with the reason why it does not happen by itself."""
        record = self._book.get(record_id)
        standing = self._policy.standing_for(record, tuple(self._helm.standings.values()))
        actor = Actor(kind="rule", id=record.rule, via="automatic")
        if standing:
            actor = Actor(kind="standing", id=standing.id, name=standing.by.name, via="automatic")
        waits = "in_use" if record.rule != OUTAGE and self._permits.in_use(record) else None
        return await self.approve(record_id, actor, waits=waits)

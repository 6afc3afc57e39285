"""The desk where actions are proposed, approved or denied, and from which they are run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import time
from typing import Any

from .book import Book
from .capabilities import setting_of
from .contract import Actor, Plan, Refusal, Refused, Source
from .deciding import ANSWERED_WITHIN, Deciding
from .floor import Floor
from .helm import Helm
from .journal import Journal, JournalFailed
from .journal_files import Replay
from .lease import OF_RECORD
from .leases import Leases
from .ledger import Ledger
from .looks import Looks
from .own_path import OwnPath
from .parts import Parts
from .people import Today, end_former
from .permits import Permits
from .policy import Policy
from .recovery import Recovery
from .remediation import DAY, EXPIRES, Record, State, new_id, purpose
from .running import Runner
from .waiting import Waiting

MEMO = "memo"
STOP_GRACE = 10.0


class Desk:
    """One server's remediations.

    sources: an attached source by id; own_path: what Home Assistant stands on, now; clock: seconds since 1970;
    not_now: why no automatic step touches what a record touches, a key of `exceptions`; in_use: whether what it
    interrupts is in use, as far as was seen; look_in_use: the same, asked.
    """

    def __init__(
        self,
        journal: Journal,
        sources: Callable[[str], Source | None],
        policy: Policy,
        own_path: Callable[[], OwnPath],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        *,
        not_now: Callable[[Record], str | None] = lambda record: None,
        in_use: Callable[[Record], bool] = lambda record: False,
        look_in_use: Callable[[Record], Awaitable[bool]] | None = None,
        answered_within: float = ANSWERED_WITHIN,
    ) -> None:
        self.journal = journal
        self.policy = policy
        self.book = Book(journal, clock)
        self.helm = Helm(journal, policy, clock)
        self.hold = self.helm.set_hold
        self.set_mode = self.helm.set_mode
        self.leases = Leases(
            journal, lambda source, name: setting_of(sources(source), name), self._is_held, clock
        )
        self.runner = Runner(self.book, self.helm, self.leases, sources, sleep, policy.spare)
        self._looks = Looks(sources, own_path, policy.spare, self.leases)
        self._floor = Floor(self.book, self.runner, policy.reach)
        self._clock = clock
        self._sleep = sleep
        self._ledger = Ledger(self.book, journal)
        self._permits = Permits(policy, self.helm, self._ledger.acts, clock, not_now, in_use, look_in_use)
        self.affairs = self._permits.affairs
        deciding = Deciding(
            journal=journal,
            book=self.book,
            helm=self.helm,
            policy=policy,
            permits=self._permits,
            looks=self._looks,
            floor=self._floor,
            runner=self.runner,
            open_for_business=self._open_for_business,
            sources=sources,
            clock=clock,
            answered_within=answered_within,
        )
        self.approve, self.deny = deciding.approve, deciding.deny
        self.simulate, self.run_automatically = deciding.simulate, deciding.run_automatically
        self.parts = Parts(self.book, self._looks, self._permits, self._floor, deciding.begin, clock)
        self._waiting = Waiting(deciding, self._permits, self.book, self._floor, clock)
        self.withdraw = self._waiting.withdraw
        self._ready = False
        # what plays must know after a crash, by name
        self.memos: dict[str, Mapping[str, Any]] = {}

    @property
    def records(self) -> Mapping[str, Record]:
        """Return all records that are kept in memory, by id."""
        return self.book.records

    @property
    def ready(self) -> bool:
        """Return whether the journal was read and taken up; before that nothing starts."""
        return self._ready

    def _is_held(self, owner: str) -> bool:
        """Return whether an owner of leases may begin none now."""
        record = self.records.get(owner.removeprefix(OF_RECORD)) if owner.startswith(OF_RECORD) else None
        return self.helm.why_held(record.rule if record else "") is not None

    @property
    def untold(self) -> list[Record]:
        """Return the records of the last day whose end nobody is known to have been told."""
        since = self._clock() - DAY
        ended = [each for each in self.records.values() if each.over and each.changed > since]
        return [each for each in ended if each.id not in self.book.told]

    def on_change(self, listener: Callable[[Record], None]) -> None:
        """Name who is told of each change of a record."""
        self.book.on_change = listener

    async def told(self, record_id: str) -> None:
        """Note that its end was told; what is not noted is told again after a restart."""
        await self.book.mark_told(record_id)

    async def recover(self, replay: Replay, *, expected: bool = False) -> None:
        """Take up where the journal ends. expected: whether there ought to be a journal. Before it nothing starts."""
        await self.helm.load(replay, expected=expected)
        self.memos |= {entry.id: entry.value for entry in replay.of(MEMO)}
        self.helm.outage = any(each.get("outage") is True for each in self.memos.values())
        self.leases.load(replay)
        recovery = Recovery(self.book, self.runner)
        for record in await recovery.load(replay, self._clock()):
            self._floor.claim(record, force=True)
            self._floor.start(record.id, recovery.resume(record.id))
        self._ledger.load(replay)
        await self.journal.settle()
        self._ready = True

    async def keep(self, name: str, value: Mapping[str, Any], *, over: bool) -> bool:
        """Keep what a play must know after a crash; returns whether the disk has it. over: nothing depends on it."""
        self.memos[name] = value
        try:
            await self.journal.append(MEMO, name, {**value, "over": over})
        except JournalFailed:
            return False
        return True

    async def propose(
        self,
        source: str,
        action: str,
        target: str,
        params: Mapping[str, Any] | None = None,
        *,
        actor: Actor,
        rule: str = "",
        finding: str = "",
        since: float = 0.0,
        name: str = "",
    ) -> Record:
        """Plan an action and put it up for approval; an open one of the same purpose is returned.

        since: when the finding began; name: the target in words. Raises Refused, JournalFailed, and what the source raises when it is read.
        """
        self._open_for_business()
        now, params = self._clock(), dict(params or {})
        if (found := self.book.open_like(purpose(source, action, target, params))) is not None:
            if found.state is not State.PROPOSED or found.expires > now:
                return found
            await self.book.expire(found)
        plan = await self._looks.plan(source, action, target, params)
        record = Record(
            id=new_id(now),
            source=source,
            action=action,
            target=target,
            params=params,
            name=name.strip() or target.strip() or source,
            rule=rule,
            finding=finding,
            since=since,
            plan=plan,
            state=State.PROPOSED,
            created=now,
            expires=now + EXPIRES[plan.risk],
            proposed_by=actor,
            attempt=1 + sum(act.target == f"{source} {target}" for act in self._ledger.acts(now)),
            history=((State.PROPOSED.value, now, actor.id),),
        )
        return await self.book.add(record)

    def _open_for_business(self) -> None:
        if not self._ready:
            raise Refused(Refusal("no_journal"))
        if self.helm.stopping:
            raise Refused(Refusal("stopping"))
        if self.helm.closed():
            raise Refused(Refusal("no_guardian"))

    async def wait(self, record_id: str) -> Record:
        """Return a record once it has ended. Raises Refused where there is none."""
        return await self.book.ended(record_id)

    async def tick(self) -> None:
        """Let proposals expire, begin what has waited long enough, write what could not be written before."""
        await self.book.save()
        await self.helm.save()
        await self.journal.probe()
        if self._ready:
            await self._waiting.tick()
        await self.return_lent()
        self.book.forget(self._clock())
        self.runner.forget(self._clock())

    async def return_lent(self) -> None:
        """Return what was lent and is due: all that goes on while nobody looks after this desk."""
        if self._ready and not self.helm.stopping:
            await self.leases.tick()

    async def plan(self, source: str, action: str, target: str, params: Mapping[str, Any]) -> Plan:
        """Return what an action would do, without proposing it. Raises as `propose` does, the journal apart."""
        return await self._looks.plan(source, action, target, params)

    async def reconsider(self) -> None:
        """End what is open and is refused since the options changed."""
        await self._waiting.withdraw(lambda record: self.policy.spare(record.source, record.plan))

    async def expire_where(self, over: Callable[[Record], bool]) -> None:
        """Let what is only offered expire where its reason is over."""
        for record in list(self.records.values()):
            if self._ready and record.state is State.PROPOSED and over(record):
                await self.book.expire(record)

    async def look_at_people(self, today: Today) -> None:
        """End what was approved by somebody who may not approve it any more."""
        if self._ready:
            await end_former(self._waiting, self.helm, self.policy, today)

    async def clock_jumped(self, by: float) -> None:
        """Wall clock and loop clock parted by `by` seconds: what is open expires, budgets are not refilled."""
        await self._ledger.jumped(by, self._clock())
        await self.helm.jumped(by)
        await self.leases.jumped(by)
        await self._waiting.expire_all()

    async def stop(self, grace: float = STOP_GRACE) -> None:
        """Begin no step any more, let the order under way be answered, leave the rest to the next start."""
        self.helm.stopping = True
        waited = 0.0
        while (self.runner.sending or self.leases.busy) and waited < grace:
            await self._sleep(0.1)
            waited += 0.1
        await self._floor.close()

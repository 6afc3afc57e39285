"""Anything in any order: no way outside the table, no order without an approval in force, none twice, none lost."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
import contextlib
from itertools import pairwise
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custom_components.home_server_monitor.guardian.contract import Actor, Outcome, Refused, Resume, Risk
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, TRANSITIONS, Record, State

from .fake import (
    ADMIN,
    GUEST,
    OTHER,
    REPAIRS,
    START,
    FakeAction,
    FakeSource,
    Guardian,
    Killed,
    StepwiseAction,
    World,
)

TARGETS = st.sampled_from(["tank", "data"])
ACTIONS = st.sampled_from(["one", "finish", "undo", "high"])
PEOPLE = st.sampled_from([ADMIN, OTHER, GUEST, REPAIRS])
APPROVERS = {ADMIN.id, OTHER.id}


class Remediation(RuleBasedStateMachine):
    """One household: a server in memory, people, and a guardian that may die at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World()
        self.now = START
        self.seen: dict[str, Record] = {}
        self.allowed: set[str] = set()
        self.ends: set[str] = set()
        self.problems: list[AssertionError] = []
        self.full = False
        self.fails_in: int | None = None
        self.dies_in: int | None = None
        self.used = False
        self.source: FakeSource | None = None
        self.it: Guardian

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something and let all that follows from it happen."""

        async def settled() -> Any:
            result = None
            with contextlib.suppress(Refused, JournalFailed, Killed):
                result = await asyncio.wait_for(work, 20)
            for _ in range(60):
                await asyncio.sleep(0)
            return result

        result = self.loop.run(settled())
        if self.actions[0].dead:
            self.begin()
        return result

    def begin(self) -> None:
        """A new process on the same folder and the same server."""
        for action in getattr(self, "actions", ()):
            action.dead = True
        if hasattr(self, "it"):
            self.it.desk.on_change(lambda record: None)
            self.loop.run(self.it.end())
        self.dies_in = None
        self.actions = [
            FakeAction(self.world, "one"),
            StepwiseAction(self.world, "finish", steps=3, resume=Resume.FINISH),
            StepwiseAction(
                self.world,
                "undo",
                steps=2,
                resume=Resume.UNDO,
                inverse=True,
                takes_away=True,
                risk=Risk.MEDIUM,
            ),
            FakeAction(self.world, "high", risk=Risk.HIGH),
        ]
        self.source = FakeSource(*self.actions)
        self.it = Guardian(Path(self.folder.name), self.source, now=self.now, in_use=lambda record: self.used)
        self.it.desk.on_change(self.changed)
        self.it.journal.on_append = self.append
        self.run(self.it.start(expected=bool(self.seen)))

    def append(self, line: Any, written: bool) -> None:
        if self.actions[0].dead or self.dies_in == 0:
            for action in self.actions:
                action.dead = True
            raise Killed
        if self.dies_in is not None:
            self.dies_in -= 1
        fails = self.fails_in == 0
        if self.fails_in is not None and not written:
            self.fails_in = self.fails_in - 1 if self.fails_in else None
        if (self.full or fails) and not written:
            raise OSError(28, "No space left on device")

    def changed(self, record: Record) -> None:
        """Note what is wrong; the desk swallows what its listener raises."""
        try:
            self.check(record)
        except AssertionError as err:
            self.problems.append(err)

    def check(self, record: Record) -> None:
        names = [State(name) for name, _, _ in record.history]
        assert names[0] is State.PROPOSED
        assert all(after in TRANSITIONS[first] for first, after in pairwise(names))
        if record.state is State.APPROVED:
            assert record.actor is not None
            assert record.actor.id in APPROVERS
            self.allowed.add(record.id)
        if record.step >= 0:
            assert record.id in self.allowed
        if record.over:
            self.ends.add(record.id)
        self.seen[record.id] = record

    @initialize()
    def first(self) -> None:
        self.begin()

    @rule(thing=TARGETS, action=ACTIONS)
    def propose(self, thing: str, action: str) -> None:
        self.world.done = {each for each in self.world.done if each[0] != thing}
        self.run(self.it.propose(thing, action))

    @rule(pick=st.integers(0, 5), people=st.lists(PEOPLE, min_size=1, max_size=3), waits=st.booleans())
    def approve(self, pick: int, people: list[Actor], waits: bool) -> None:
        for record in self.picked(pick):
            self.run(self.taps(record, people, "in_use" if waits else None))

    async def taps(self, record: Record, people: list[Actor], waits: str | None) -> None:
        desk = self.it.desk
        calls = [desk.approve(record.id, each, typed=record.name, waits=waits) for each in people]
        await asyncio.gather(*calls, return_exceptions=True)

    @rule(
        thing=TARGETS,
        action=ACTIONS,
        people=st.lists(st.sampled_from([REPAIRS, REPAIRS, ADMIN, GUEST]), min_size=1, max_size=3),
        dies_in=st.one_of(st.none(), st.integers(0, 12)),
        fails_in=st.one_of(st.none(), st.integers(0, 4)),
        calm=st.sampled_from([True, True, False]),
    )
    def tap(
        self,
        thing: str,
        action: str,
        people: list[Actor],
        dies_in: int | None,
        fails_in: int | None,
        calm: bool,
    ) -> None:
        """What happens on most days, though the process may die on the way."""
        if calm:
            self.full, self.world.after = False, None
            self.the_server(True)
            self.run(self.it.desk.hold(False, ADMIN))
            self.run(self.it.desk.set_mode(Mode.ASK, ADMIN))
        self.propose(thing, action)
        self.dies_in, self.fails_in = dies_in, fails_in
        for record in tuple(self.it.desk.records.values()):
            if (record.target, record.action, record.state) == (thing, action, State.PROPOSED):
                self.run(self.taps(record, people, None))

    @rule(pick=st.integers(0, 5), who=PEOPLE)
    def deny(self, pick: int, who: Actor) -> None:
        for record in self.picked(pick):
            self.run(self.it.desk.deny(record.id, who))

    def picked(self, pick: int) -> list[Record]:
        """Return one of the newest records, ended ones too."""
        newest = sorted(self.it.desk.records.values(), key=lambda it: it.created)[-6:]
        return newest[pick % len(newest) :][:1] if newest else []

    @rule(on=st.booleans(), who=PEOPLE)
    def hold(self, on: bool, who: Actor) -> None:
        self.run(self.it.desk.hold(on, who))

    @rule(mode=st.sampled_from(Mode), who=PEOPLE)
    def set_mode(self, mode: Mode, who: Actor) -> None:
        self.run(self.it.desk.set_mode(mode, who))

    @rule(thing=TARGETS)
    def somebody_changes(self, thing: str) -> None:
        self.world.values[thing] = self.world.values.get(thing, 0) + 1

    @rule(there=st.booleans())
    def the_server(self, there: bool) -> None:
        if self.source is not None:
            self.source.there = there
        self.run(asyncio.sleep(0))

    @rule(lost=st.sampled_from([None, ConnectionError("lost")]), outcome=st.sampled_from([None, *Outcome]))
    def behaves(self, lost: Exception | None, outcome: Outcome | None) -> None:
        self.world.after, self.world.outcome = lost, outcome

    @rule(full=st.booleans())
    def the_disk(self, full: bool) -> None:
        self.full = full

    @rule(used=st.booleans())
    def use(self, used: bool) -> None:
        self.used = used

    @rule(seconds=st.sampled_from([10.0, HOUR, 5 * HOUR, 2 * DAY, -HOUR]), told=st.booleans())
    def time_passes(self, seconds: float, told: bool) -> None:
        self.now += seconds
        self.it.now = self.now
        if told:
            self.run(self.it.desk.clock_jumped(seconds))
        self.run(self.it.desk.tick())

    @rule(lines=st.integers(0, 8))
    def will_die(self, lines: int) -> None:
        self.dies_in = lines

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        if clean:
            self.run(self.it.desk.stop())
        self.begin()

    @invariant()
    def no_more_orders_than_approvals(self) -> None:
        assert not self.problems
        begun: Counter[tuple[str, str, int]] = Counter()
        for name in self.allowed:
            record = self.seen[name]
            begun.update((record.action, record.target, step) for step in range(record.step + 1))
        for orders in (self.world.orders, self.world.taken_back):
            assert not Counter(orders) - begun

    def teardown(self) -> None:
        """Once all is well again, everything that was begun has an end that was told."""
        if not hasattr(self, "it"):
            return
        self.full, self.used, self.dies_in, self.fails_in = False, False, None, None
        self.world.outcome, self.world.after = None, None
        self.begin()
        self.run(self.it.desk.tick())
        self.it.now = self.now = self.now + 9 * DAY
        self.run(self.it.desk.tick())
        for _ in range(20):
            self.run(asyncio.sleep(0))
        told = self.ends | {each.id for each in self.it.desk.records.values() if each.over}
        assert all(each.over for each in self.it.desk.records.values())
        assert told >= self.allowed & set(self.it.desk.records)
        self.no_more_orders_than_approvals()
        self.loop.run(self.it.end())
        self.loop.close()
        self.folder.cleanup()


Remediation.TestCase.settings = settings(
    derandomize=True, max_examples=80, stateful_step_count=20, deadline=None
)
TestRemediation = Remediation.TestCase

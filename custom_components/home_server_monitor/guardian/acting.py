"""The types of what may be done: a plan and its steps, who ordered it, how it is judged, and what an action is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol, runtime_checkable


class Risk(IntEnum):
    """What an action may cost if it goes wrong; compares."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


class Resume(StrEnum):
    """What a record that was running at a restart is resumed with."""

    VERIFY = "verify"
    UNDO = "undo"
    FINISH = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The action that would mend a finding. source: whose it is, where that is not who found it."""

    action: str
    target: str
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForAWhile:
    """A change that is taken back by itself.

    setting, target: what is changed, as the source's `settings` know it; value: to what, as JSON can hold it; lasts:
    seconds.
    """

    setting: str
    target: str
    value: Any
    lasts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write: what is ordered, in words for the record; lease: that it changes something for a while only."""

    order: str
    params: Mapping[str, Any] = field(default_factory=dict)
    lease: ForAWhile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be done to `target`, bound by `fingerprint` to the state that it was made for.

    touches: node ids that lose service meanwhile; takes_away: whether a step stops something that runs;
    deadline: seconds for all steps and their verification; right: the role that the credentials need;
    before: what verification must know of the target before the first step, so that it can judge after a restart of
    Home Assistant, with no receipt, and under `shown` what more fills the text `what_<action>`; inverse: whether `undo` has anything to send; final: the first step, if any, that
    cannot be taken back: once it was begun the plan is finished or judged, never undone. All of it goes into the journal.
    """

    action: str
    target: str
    fingerprint: str
    steps: Sequence[Step]
    risk: Risk
    touches: frozenset[str] = frozenset()
    takes_away: bool = False
    deadline: float = 60.0
    right: str = ""
    source: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    inverse: bool = False
    final: int | None = None

    def can_undo(self, step: int) -> bool:
        """Return whether what was done up to a step can still be taken back."""
        return self.inverse and (self.final is None or step < self.final)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan must not run now: a key of `exceptions` and its placeholders."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the system answered to one step, as JSON can hold it; `job` where it goes on after the answer."""

    step: int
    result: Any = None
    job: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who stands behind an order.

    kind: user, telegram, standing, rule or system; id: of the user, chat member or standing approval; via: phone,
    repairs, action, entity, telegram or automatic; context: Home Assistant's context id.
    """

    kind: str
    id: str
    name: str = ""
    admin: bool = False
    via: str = ""
    context: str | None = None


SYSTEM = Actor(kind="system", id="system", name="Home Server Monitor", via="automatic")


class Outcome(StrEnum):
    """How an independent look judges an action."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification saw, with the facts for the response."""

    outcome: Outcome
    facts: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """Planning or checking found a reason not to act."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.key)
        self.refusal = refusal


class Blocked(Exception):
    """An inverse could certainly not be sent for now: something stands in the way that may go by itself."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.key)
        self.refusal = refusal


class NotDone(Exception):
    """Marks an error after which an order is certainly not done: it never left, or it was turned away."""


class Action(Protocol):
    """Something that may be done to a system.

    risk: the most that any plan of it may cost; high where it does not say. resume: what becomes of one that a restart
    cut off.
    """

    key: str
    resume: Resume = Resume.VERIFY
    risk: Risk = Risk.HIGH

    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        """Return the plan; reads only. Raises Refused where the target cannot take it."""
        ...

    async def check(self, plan: Plan) -> Refusal | None:
        """Read again, right before running, and say why not, if so."""
        ...

    async def run(self, plan: Plan, step: int) -> Receipt:
        """Send one write; never retried.

        Raises Refused before anything was sent, NotDone where it is certain that nothing was done, anything else
        where it may have been.
        """
        ...

    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by looking at the system itself, not at what it answered."""
        ...

    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        """Send the inverse of a step, or return None where there is none, which is so where it is not said.

        Raises Refused where the target is not as the step left it, and Blocked where it is to be asked again until
        something is out of the way. The receipt says `lost` where no answer is known.
        """
        return None


@runtime_checkable
class Stepwise(Protocol):
    """An action of several steps that can look, in the middle, whether the next one may be sent.

    Without it nothing more is sent after a step whose answer was lost, or after a restart.
    """

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Read again, right before a step after the first, whether all before it is done and as we left it."""
        ...


@runtime_checkable
class JudgesUndo(Protocol):
    """An action that can look whether its inverse worked."""

    async def undone(self, plan: Plan) -> Verdict:
        """Judge, by looking at the system itself, whether it is as it was before."""
        ...


@runtime_checkable
class RepeatsUndo(Protocol):
    """An action whose inverse looks first and sends only what is missing, so that it may be begun again.

    Without it an inverse whose answer was lost, or that a restart cut off, is not sent a second time.
    """

    repeats_undo: bool

"""The types that sources and guardian share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol


class Severity(IntEnum):
    """How bad it is; compares."""

    INFO = 0
    WARNING = 1
    HIGH = 2
    CRITICAL = 3


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
    """The action that would mend a finding."""

    action: str
    target: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong now. `placeholders` fill the texts `issues.<rule>`; `object` is a node id."""

    source: str
    rule: str
    object: str
    severity: Severity
    placeholders: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A thing that others depend on. Nodes that share an alias are one thing; never joined by name."""

    id: str
    kind: str
    aliases: frozenset[str] = frozenset()
    runs_on: str | None = None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write: what is ordered, in words for the record."""

    order: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be done to `target`, bound by `fingerprint` to the state that it was made for.

    touches: node ids that lose service meanwhile; takes_away: whether a step stops something that runs;
    deadline: seconds for all steps and their verification; right: the role that the credentials need.
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan must not run now: a key of `exceptions` and its placeholders."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the system answered to one step; `job` where it goes on after the answer."""

    step: int
    result: Any = None
    job: int | None = None


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


class Action(Protocol):
    """Something that may be done to a system."""

    key: str
    resume: Resume

    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        """Return the plan; reads only. Raises Refused where the target cannot take it."""
        ...

    async def check(self, plan: Plan) -> Refusal | None:
        """Read again, right before running, and say why not, if so."""
        ...

    async def run(self, plan: Plan, step: int) -> Receipt:
        """Send one write; never retried."""
        ...

    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by looking at the system itself, not at what it answered."""
        ...

    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        """Send the inverse of a step, or return None where there is none."""
        ...


class Source(Protocol):
    """A watched system, as the guardian sees it."""

    id: str
    kind: str

    @property
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong, judged on the newest complete snapshot."""
        ...

    @property
    def nodes(self) -> Sequence[Node]:
        """Return what depends on what inside this system."""
        ...

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return what may be done here."""
        ...

"""The record of one action, from its proposal to its end, and the one function that moves it on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
import json
import secrets
from typing import Any

from .contract import Actor, Plan, Receipt, Refusal, Risk, Verdict
from .packing import (
    pack_actor,
    pack_plan,
    pack_receipt,
    pack_verdict,
    unpack_actor,
    unpack_plan,
    unpack_receipt,
    unpack_verdict,
)

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EXPIRES = {Risk.LOW: 4 * HOUR, Risk.MEDIUM: 4 * HOUR, Risk.HIGH: 30 * MINUTE}
# the rule of what runs while the power fails: the shutdown plan that was approved in advance, for which all else is held
OUTAGE = "power_plan"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class State(StrEnum):
    """Where a record is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    RUNNING = "running"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    INCONCLUSIVE = "inconclusive"
    CANCELLED = "cancelled"


# nothing leads back, and nothing leads out of an end: so no order can be sent a second time
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.APPROVED, State.DENIED, State.EXPIRED, State.SUPERSEDED}),
    State.APPROVED: frozenset(
        {State.RUNNING, State.CANCELLED, State.EXPIRED, State.SUPERSEDED, State.FAILED}
    ),
    State.RUNNING: frozenset(
        {State.VERIFYING, State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE, State.CANCELLED}
    ),
    State.VERIFYING: frozenset({State.SUCCEEDED, State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE}),
    State.DENIED: frozenset(),
    State.EXPIRED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.ROLLED_BACK: frozenset(),
    State.INCONCLUSIVE: frozenset(),
    State.CANCELLED: frozenset(),
}


class WrongState(Exception):
    """The record is not where the caller believed it to be: somebody was faster."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One action on one target. Instants are seconds since 1970.

    name: the target in words, and what is typed for high risk; waits: what it waits for before it begins, or has waited
    for, "window", "in_use" or "source"; proposed_by, actor: who asked, who decided; step: the last step that was begun, -1 before the first;
    undoing: the step whose inverse was begun last; reason, details: a key of the translations and its placeholders;
    attempt: how often this was begun for this target in a day; history: (state, instant, who); since: when what it
    would mend began, so that offers of one matter are told from those of the next; part_of: the id of the record whose
    approval covers this one, which tells of it; blocked: what keeps it from being taken back, for now.
    """

    id: str
    source: str
    action: str
    target: str
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    rule: str = ""
    finding: str = ""
    since: float = 0.0
    plan: Plan
    state: State
    created: float
    expires: float
    proposed_by: Actor
    actor: Actor | None = None
    approved_at: float | None = None
    waits: str | None = None
    step: int = -1
    receipts: tuple[Receipt, ...] = ()
    undoing: int | None = None
    undone: tuple[Receipt, ...] = ()
    verdict: Verdict | None = None
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    simulated: bool = False
    part_of: str = ""
    blocked: Refusal | None = None
    history: tuple[tuple[str, float, str], ...] = ()

    @property
    def risk(self) -> Risk:
        """Return what it may cost."""
        return self.plan.risk

    @property
    def fingerprint(self) -> str:
        """Return the state of the target that it was planned for."""
        return self.plan.fingerprint

    @property
    def over(self) -> bool:
        """Return whether it has ended."""
        return not TRANSITIONS[self.state]

    @property
    def is_waiting(self) -> bool:
        """Return whether it is approved and has not begun, because it was approved for later."""
        return self.state is State.APPROVED and self.waits is not None

    @property
    def sent(self) -> bool:
        """Return whether an order of it may have been sent."""
        return self.step >= 0 and not self.simulated

    @property
    def same(self) -> str:
        """Return what two records of one purpose have in common."""
        return purpose(self.source, self.action, self.target, self.params)

    @property
    def changed(self) -> float:
        """Return when it came into its state."""
        return self.history[-1][1] if self.history else self.created

    def entered(self, state: State) -> float | None:
        """Return when it came into a state first, or None."""
        return next((at for name, at, _ in self.history if name == state), None)


def purpose(source: str, action: str, target: str, params: Mapping[str, Any]) -> str:
    """Return what makes two orders one."""
    return json.dumps([source, action, target, params], sort_keys=True)


def move(record: Record, state: State, now: float, who: Actor, **changes: Any) -> Record:
    """Return the record in its next state. Raises WrongState where the table knows no such way."""
    if state not in TRANSITIONS[record.state]:
        raise WrongState(record.state)
    return replace(record, state=state, history=(*record.history, (state.value, now, who.id)), **changes)


def new_id(now: float) -> str:
    """Return an id that sorts by time: 48 bits of milliseconds and 80 of chance, 26 characters."""
    number = (int(now * 1000) & (2**48 - 1)) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def pack(record: Record) -> dict[str, Any]:
    """Return a record as the journal holds it."""
    return {
        "source": record.source,
        "action": record.action,
        "target": record.target,
        "params": dict(record.params),
        "name": record.name,
        "rule": record.rule,
        "finding": record.finding,
        "since": record.since,
        "plan": pack_plan(record.plan),
        "state": record.state.value,
        "over": record.over,
        "created": record.created,
        "expires": record.expires,
        "proposed_by": pack_actor(record.proposed_by),
        "actor": record.actor and pack_actor(record.actor),
        "approved_at": record.approved_at,
        "waits": record.waits,
        "step": record.step,
        "receipts": [pack_receipt(each) for each in record.receipts],
        "undoing": record.undoing,
        "undone": [pack_receipt(each) for each in record.undone],
        "verdict": record.verdict and pack_verdict(record.verdict),
        "reason": record.reason,
        "details": dict(record.details),
        "attempt": record.attempt,
        "simulated": record.simulated,
        "part_of": record.part_of,
        "blocked": record.blocked and [record.blocked.key, dict(record.blocked.placeholders)],
        "history": [list(each) for each in record.history],
    }


def unpack(record_id: str, raw: Mapping[str, Any]) -> Record:
    """Return the record that was packed. Raises KeyError, TypeError or ValueError on what is none."""
    return Record(
        id=record_id,
        source=raw["source"],
        action=raw["action"],
        target=raw["target"],
        params=dict(raw["params"]),
        name=raw["name"],
        rule=raw["rule"],
        finding=raw["finding"],
        since=float(raw.get("since", 0.0)),
        plan=unpack_plan(raw["plan"]),
        state=State(raw["state"]),
        created=float(raw["created"]),
        expires=float(raw["expires"]),
        proposed_by=unpack_actor(raw["proposed_by"]),
        actor=unpack_actor(raw["actor"]) if raw["actor"] else None,
        approved_at=raw["approved_at"],
        waits=raw["waits"],
        step=int(raw["step"]),
        receipts=tuple(unpack_receipt(each) for each in raw["receipts"]),
        undoing=raw["undoing"],
        undone=tuple(unpack_receipt(each) for each in raw["undone"]),
        verdict=unpack_verdict(raw["verdict"]) if raw["verdict"] else None,
        reason=raw["reason"],
        details=dict(raw["details"]),
        attempt=int(raw["attempt"]),
        simulated=bool(raw["simulated"]),
        part_of=str(raw.get("part_of", "")),
        blocked=Refusal(raw["blocked"][0], dict(raw["blocked"][1])) if raw.get("blocked") else None,
        history=tuple((state, float(at), who) for state, at, who in raw["history"]),
    )

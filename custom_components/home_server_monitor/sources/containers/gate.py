"""Whether a container that was just started is well: the gate after an update, and the watch after the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .look import Check, Look
from .model import HealthStatus
from .ports import taken_port
from .redact import redacted

TIMEOUT = 120.0
STABLE = 45.0
# a check that fails while everything starts proves nothing yet
GRACE = 30.0
# no image may keep the container that it replaces down for longer, whatever start period it asks for
LONGEST = 1800.0
# what ran for longer is a service, even where nothing is to start it again
SERVICE_AFTER = 600.0
_MAY_END = ("", "no", "on-failure")


# why a container did not pass, as keys of `exceptions`
REASONS: Mapping[str, str] = {
    "gone": "gate_gone",
    "restarted": "gate_restarted",
    "out_of_memory": "gate_out_of_memory",
    "ended": "gate_ended",
    "unhealthy": "gate_unhealthy",
    "not_healthy": "gate_not_healthy",
    "not_steady": "gate_not_steady",
    "not_started": "gate_not_started",
    "paused": "gate_paused",
    "no_answer": "gate_no_answer",
    "port_taken": "gate_port_taken",
}


class Result(StrEnum):
    """How it stands with the gate."""

    PENDING = "pending"
    HEALTHY = "healthy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result, the reason as a key of the texts `gate_<reason>`, and what was seen."""

    result: Result
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked of a container.

    timeout: seconds after which it must be well; an option may lengthen them, a label never shortens them; stable:
    seconds that it must run without a restart where it has no health check; check: its health check's times; policy:
    its restart policy; served: for how many seconds the one before it had run, None where it did not run; asks:
    whether the application itself is asked, which is only done where it answered before.
    """

    timeout: float = TIMEOUT
    stable: float = STABLE
    check: Check | None = None
    policy: str = "no"
    served: float | None = None
    asks: bool = False

    @property
    def may_end(self) -> bool:
        """Whether it is one that does its work and ends."""
        return self.policy in _MAY_END and (self.served is None or self.served < SERVICE_AFTER)

    @property
    def grace(self) -> float:
        """Return the seconds in which a failing health check is not held against it."""
        return max(self.check.start_period if self.check else 0.0, min(GRACE, self.timeout / 2))

    @property
    def deadline(self) -> float:
        """Return the seconds after which it is given up, never before its own first check could be over."""
        if self.check is None:
            return max(self.timeout, self.stable)
        first = self.check.start_period + self.check.interval + self.check.timeout
        return max(self.timeout, min(first, LONGEST))


def judge(looks: Sequence[Look], terms: Terms) -> Judgement:
    """Judge a container by the looks since its start, the first of them right after it.

    Nothing is held against a container that nobody could look at: time passes from look to look only.
    """
    if not looks:
        return Judgement(Result.PENDING, "not_seen")
    if broken := _broken(looks, terms):
        return broken
    last = looks[-1]
    if _ended_well(last, terms):
        return Judgement(Result.HEALTHY, "done", {"exit_code": 0})
    waits = _waits_for(looks, terms)
    if waits is None:
        return Judgement(Result.HEALTHY, "well", _facts(last))
    late = last.at - looks[0].at >= terms.deadline
    return Judgement(Result.FAILED if late else Result.PENDING, waits, _facts(last))


def watch(looks: Sequence[Look], terms: Terms) -> Judgement:
    """Judge a container that passed the gate: only what broke since is said."""
    if not looks:
        return Judgement(Result.PENDING, "not_seen")
    return _broken(looks, terms) or Judgement(Result.HEALTHY, "well", _facts(looks[-1]))


def _broken(looks: Sequence[Look], terms: Terms) -> Judgement | None:
    """Return what no waiting mends."""
    last = looks[-1]
    reason = None
    if last.gone or last.id != looks[0].id:
        reason = "gone"
    # it alternates between running and restarting: one look may see either, the count does not go back
    elif any(look.restarting or look.restarts for look in looks):
        reason = "out_of_memory" if last.oom else "restarted"
    elif last.status in ("exited", "dead", "removing") and not _ended_well(last, terms):
        reason = "out_of_memory" if last.oom else "ended"
    elif last.status == "created" and last.error:
        # the engine tried, and does not try again by itself
        reason = "port_taken" if taken_port(last.error) is not None else "not_started"
    elif last.check is HealthStatus.UNHEALTHY and last.at - looks[0].at >= terms.grace:
        reason = "unhealthy"
    return Judgement(Result.FAILED, reason, _facts(last)) if reason else None


def _ended_well(look: Look, terms: Terms) -> bool:
    return look.status == "exited" and look.exit_code == 0 and terms.may_end


def _waits_for(looks: Sequence[Look], terms: Terms) -> str | None:
    """Return what is still missing, or None."""
    last = looks[-1]
    if last.status == "paused":
        return "paused"
    if not last.running:
        return "not_started"
    if last.check is HealthStatus.NONE:
        steady = next((look for look in looks if look.started == last.started and look.running), last)
        if last.at - steady.at < terms.stable:
            return "not_steady"
    elif last.check is not HealthStatus.HEALTHY:
        return "not_healthy"
    if terms.asks and last.probe is not True:
        return "no_answer"
    return None


def _facts(look: Look) -> dict[str, Any]:
    """Return what was seen, for the record and the notification."""
    facts: dict[str, Any] = {"status": look.status, "restarts": look.restarts, "check": look.check.value}
    if not look.running:
        facts["exit_code"] = look.exit_code
    if look.oom:
        facts["oom"] = True
    if look.error:
        # the engine quotes the command that it could not run
        facts["error"] = redacted(look.error)
    if look.check is HealthStatus.UNHEALTHY:
        facts |= {"failed_checks": look.failing_streak, "check_code": look.check_code}
    return facts

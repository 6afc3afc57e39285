"""The permission audit: what of each container could be safer, what was accepted, and one number for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from . import audit_image, audit_limits, audit_mounts, audit_network, audit_rights
from .audit_case import Check, Grade, Subject
from .raw import table, text

PERFECT = 100
WEIGHTS = {Grade.INFO: 0, Grade.LOW: 1, Grade.MEDIUM: 4, Grade.HIGH: 15, Grade.CRITICAL: 40}
_RULES = (
    *audit_rights.RULES,
    *audit_mounts.RULES,
    *audit_network.RULES,
    *audit_limits.RULES,
    *audit_image.RULES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What an admin decided to live with, why, and until when; `container` is empty for the engine itself.

    check: the identity of the check; grade: how bad it was then: one that has become worse is open again.
    """

    container: str
    check: str
    reason: str
    grade: Grade
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the audit says of one container, or of the engine, whose name is empty.

    where: what has to be changed so that it lasts: a compose file, a TrueNAS app, or how the container was made.
    """

    name: str
    open: tuple[Check, ...]
    accepted: tuple[Check, ...] = ()
    where: Literal["compose", "truenas_app", "supervisor", "command", "engine"] = "command"

    @property
    def score(self) -> int:
        """Return 100 where nothing is open, down to 0."""
        return _score(self.open)

    @property
    def worst(self) -> Grade:
        """Return how bad the worst open check is."""
        return max((check.grade for check in self.open), default=Grade.INFO)


def audit(subject: Subject) -> tuple[Check, ...]:
    """Return every check that finds something, the worst first."""
    found = [check for rule in _RULES for check in rule(subject)]
    return tuple(sorted(found, key=lambda check: (-check.grade, check.key)))


def report(subject: Subject, accepted: Iterable[Accepted] = ()) -> Report:
    """Return what the audit says of a container."""
    made = Report(name=subject.name, open=audit(subject), where=_where(subject))
    return without(made, accepted, subject.now)


def without(made: Report, accepted: Iterable[Accepted], now: datetime) -> Report:
    """Move what was accepted, and still is, out of what is open."""
    lived_with = {
        each.check: each.grade for each in accepted if each.container == made.name and now < each.until
    }
    kept = [check for check in made.open if check.grade > lived_with.get(check.identity, -1)]
    taken = [check for check in made.open if check not in kept]
    return replace(made, open=tuple(kept), accepted=tuple(taken))


def engine_score(engine: Report, containers: Sequence[Report]) -> int:
    """Return one number for an engine with its containers.

    It is their mean, less what is wrong with the engine itself, and never above what the worst open check leaves.
    """
    return joint_score(engine, [(each.score, each.worst) for each in containers])


def joint_score(engine: Report, containers: Sequence[tuple[int, Grade]]) -> int:
    """Return the same where each container's score and worst open check are known."""
    scores = [score for score, _ in containers] or [PERFECT]
    mean = sum(scores) / len(scores) - (PERFECT - engine.score)
    worst = max(engine.worst, *(grade for _, grade in containers), Grade.INFO)
    return max(0, min(round(mean), PERFECT - WEIGHTS[worst]))


def _score(checks: Iterable[Check]) -> int:
    """Take away for each key once: twenty published ports are one thing to mend."""
    worst: dict[str, Grade] = {}
    for check in checks:
        worst[check.key] = max(check.grade, worst.get(check.key, Grade.INFO))
    return max(0, PERFECT - sum(WEIGHTS[grade] for grade in worst.values()))


def _where(subject: Subject) -> Literal["compose", "truenas_app", "supervisor", "command", "engine"]:
    labels = table(subject.config.get("Labels"))
    project = text(labels.get("com.docker.compose.project"))
    folder = text(labels.get("com.docker.compose.project.working_dir"))
    if project.startswith("ix-") or f"{folder}/".startswith("/mnt/.ix-apps/"):
        return "truenas_app"
    if any(label.startswith(("io.hass.", "supervisor_managed")) for label in labels):
        return "supervisor"
    return "compose" if project else "command"

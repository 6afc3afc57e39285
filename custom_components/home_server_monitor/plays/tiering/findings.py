"""What is told: a download disk that stays nearly full, and hours that are too short for what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...guardian.contract import Finding, Severity
from .rules import cause_of, overflow

if TYPE_CHECKING:
    from .play import Tiering

GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Stand:
    """A client whose disk is nearly full. paused: nothing is downloaded; waits: bytes that imports would free."""

    client: str
    name: str
    free: int | None
    paused: bool
    waits: int


def findings_of(play: Tiering, stands: Sequence[Stand]) -> list[Finding]:
    """Return what is wrong."""
    found = []
    for each in stands:
        cause = cause_of(paused=each.paused, waits=each.waits, imports=play.imports)
        if cause is None or each.free is None:
            continue
        said = {"client": each.name, "free": _gb(each.free), "waits": _gb(each.waits)}
        found.append(
            Finding(
                source=play.id,
                rule="tier_full",
                # the client itself, as its source calls it
                object=f"downloads:{each.client}",
                severity=Severity.WARNING,
                placeholders=said,
                evidence={"cause": f"tier_{cause.value}", "advice": f"tier_{cause.value}", **said},
            )
        )
    return found + _backlog(play)


def _backlog(play: Tiering) -> list[Finding]:
    """What was left when the hours ended, else what will be left at the pace that is known."""
    if not play.tier.holds or not play.judged:
        return []
    waiting, rate, seconds = play.backlog.size, play.pace.rate, play.hours.seconds(play.tier)
    key, left = "tier_left_over", float(play.left_over)
    if not left:
        key, left = "tier_foreseen", overflow(waiting, rate, seconds)
    if not left:
        return []
    said = {
        "left": _gb(left),
        "waiting": _gb(waiting),
        "hours": f"{seconds / 3600:.1f}",
        "pace": f"{rate / 1e6:.0f}" if rate else "?",
    }
    return [
        Finding(
            source=play.id,
            rule="tier_backlog",
            object=f"host:{play.id}",
            severity=Severity.WARNING,
            placeholders=said,
            evidence={"cause": key, "advice": key, **said},
        )
    ]


def _gb(size: float) -> str:
    return f"{size / GB:.0f}" if size >= 10 * GB else f"{size / GB:.1f}"

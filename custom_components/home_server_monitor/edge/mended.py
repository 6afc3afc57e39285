"""What an approved action mended: said for a day, instead of vanishing."""

from typing import TYPE_CHECKING

from ..guardian.finding import Tracked
from ..guardian.remediation import DAY, Record, State
from ..guardian.tracked import State as Life

if TYPE_CHECKING:
    from .guardian import Guardian

# what ends because it is no longer new, though it stays: and the finding that says so from then on
STAYS_AS = {"pool_errors": "pool_errors_standing"}
# an exercise mends nothing
EXERCISE = "practice"
# a scrub shows whether errors go on; it takes no count away, so somebody else did
SHOWS = {"pool_errors": "start_scrub"}


def stays_as(of: Guardian, tracked: Tracked) -> Tracked | None:
    """Return the finding as which one goes on that has ended, or None where it is really over."""
    rule = STAYS_AS.get(tracked.finding.rule)
    return next(
        (
            each
            for each in of.register.firing()
            if each.finding.rule == rule and each.finding.object == tracked.finding.object
        ),
        None,
    )


def mended_by(of: Guardian, tracked: Tracked) -> Record | None:
    """Return the action after whose success a finding was over; None where it went by itself, or stays."""
    ended = tracked.resolved_at
    if tracked.state is not Life.RESOLVED or tracked.ended != "gone" or ended is None:
        return None
    if tracked.finding.rule == EXERCISE or stays_as(of, tracked) is not None:
        return None
    return max(
        (
            record
            for record in of.desk.records.values()
            if record.finding == tracked.id
            and record.state is State.SUCCEEDED
            and record.action != SHOWS.get(tracked.finding.rule)
            and tracked.since <= record.changed <= ended
        ),
        key=lambda record: record.changed,
        default=None,
    )


def mended_lately(of: Guardian, now: float) -> list[tuple[Tracked, Record]]:
    """Return what was mended within a day, the newest first."""
    found = [
        (tracked, record)
        for tracked in of.register.tracked.values()
        if tracked.resolved_at is not None
        and now - tracked.resolved_at < DAY
        and (record := mended_by(of, tracked)) is not None
    ]
    return sorted(found, key=lambda each: each[0].resolved_at or 0.0, reverse=True)

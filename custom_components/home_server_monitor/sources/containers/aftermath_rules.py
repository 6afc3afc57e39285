"""What is told after updates: what fails since its update, and data that an update left newer than its container."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from ...guardian.contract import Finding, Proposal, Severity
from .aftermath import OFFERED, After, Updated, failing
from .causes import Trouble
from .look import Look
from .nodes import member_node

# kinds of trouble that a container may yet live with
_MILD = ("restarted", "out_of_memory", "flapping")
MINUTE, HOUR = 60.0, 3600.0


def fails_since_update(
    source: str,
    updated: Updated,
    looks: Sequence[Look],
    *,
    silent: bool,
    stays_up: bool,
    kept: bool,
    now: datetime,
    remedy: Callable[[Trouble], Proposal | None],
) -> Finding | None:
    """Return what is told of a container whose window is open, or None where it is well.

    kept: whether its old one is there to go back to; remedy: what else would help.
    """
    found = failing(looks, updated, silent=silent)
    if found is None or (found.kind == "ended" and not stays_up):
        return None
    back = Proposal(action="roll_back_container", target=updated.wanted)
    return Finding(
        source=source,
        rule="container_fails_since_update",
        object=member_node(source, updated.name),
        severity=Severity.WARNING if found.kind in _MILD else Severity.HIGH,
        placeholders={
            "name": updated.name,
            "ago": _ago(now.timestamp() - updated.at),
            "count": str(found.count),
            **found.cause.placeholders,
        },
        evidence={"cause": found.cause.key, "after_update": True},
        proposal=back if kept else remedy(found),
    )


def _ago(seconds: float) -> str:
    """Return a time in steps, so that its text does not change with each look."""
    if seconds < 10 * MINUTE:
        return "less than 10 min"
    if seconds < HOUR:
        return f"{int(seconds // (10 * MINUTE)) * 10} min"
    return f"{int(seconds // HOUR)} h"


def newer_data(source: str, after: After, present: Mapping[str, object], now: datetime) -> Iterator[Finding]:
    """Offer the data of before an update, for as long as its snapshot is meant to be there."""
    for name, each in after.back.items():
        if name in present and now.timestamp() - each.at < OFFERED:
            yield Finding(
                source=source,
                rule="data_newer_than_container",
                object=member_node(source, name),
                severity=Severity.INFO,
                placeholders={"name": name},
                proposal=Proposal(action="roll_back_data", target=name),
            )

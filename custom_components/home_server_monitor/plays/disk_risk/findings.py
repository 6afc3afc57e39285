"""What is wrong with a disk, as findings: pure functions of what was judged."""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from ...guardian.capabilities import DiskPlace, PoolStand
from ...guardian.contract import Finding, Severity
from ...guardian.finding import Tracked
from ...prediction.outlook import Prediction
from ...prediction.rules import Hit
from ...prediction.tiers import Tier
from .assessing import Assessment
from .merge import Contradiction
from .promises import Ordered
from .told import day
from .words import Words, by_when, percent

SEVERITY: Final = {
    Tier.CRITICAL: Severity.CRITICAL,
    Tier.HIGH: Severity.HIGH,
    Tier.ELEVATED: Severity.WARNING,
}


TODO: Final = {
    Tier.CRITICAL: "replace_at_once",
    Tier.HIGH: "order",
    Tier.ELEVATED: "watch",
    Tier.WATCH: "watch",
}
# names of datasets in an answer
NOT_COPIED: Final = 20


def severity_of(tier: Tier, place: DiskPlace | None) -> Severity:
    """Return how bad a tier is: nobody is woken at night for a disk that its pool can lose."""
    protected = place is not None and bool(place.loses)
    return Severity.HIGH if tier is Tier.CRITICAL and protected else SEVERITY[tier]


# what is found in readings, and stays while there are none
OF_READINGS: Final = frozenset(
    {"disk_failing", "disk_reports_failure", "disk_cable", "disk_wearing", "disk_sources_differ"}
)
# told as what they are, not as a disk that fails
CABLE, WEAR = "cable", frozenset({"worn_out", "wearing_out"})


@dataclass(frozen=True, slots=True)
class Known:
    """A disk and all that is known of it now.

    differs: what two of its sources contradict each other in; stand: how its pool stands; ordered: that its replacement
    is on its way, and how that stands; seen_by: ids of the sources that have read it, and of the machine that lists it.
    """

    serial: str
    label: str
    place: DiskPlace | None
    found: Assessment
    differs: Contradiction | None = None
    stand: PoolStand | None = None
    ordered: tuple[Ordered, str] | None = None
    seen_by: tuple[str, ...] = ()

    @property
    def node(self) -> str:
        """Return the node id of the disk."""
        return f"disk:{self.serial}"

    @property
    def size(self) -> int | None:
        """Return its size in bytes."""
        return (self.place.size if self.place else None) or self.found.reading.capacity


def findings_of(source: str, disk: Known, today: date, words: Words) -> Iterator[Finding]:
    """Yield what is wrong with one disk."""
    yield from _failing(source, disk, today, words)
    for hit in disk.found.hits:
        if hit.rule == CABLE:
            named = {"errors": f"{hit.value or 0:.0f}"}
            yield _finding(source, disk, "disk_cable", Severity.WARNING, named, words)
        elif hit.rule in WEAR:
            yield _wearing(source, disk, hit, words)
    if (differs := disk.differs) is not None:
        named = {"newer": differs.newer.source, "older": differs.older.source, "what": words.differs(differs)}
        yield _finding(source, disk, "disk_sources_differ", Severity.INFO, named, words)


def _finding(
    source: str,
    disk: Known,
    rule: str,
    severity: Severity,
    named: Mapping[str, str],
    words: Words,
    **evidence: Any,
) -> Finding:
    placeholders = {
        "disk": disk.label,
        "last4": disk.serial[-4:],
        "model": disk.found.reading.model,
        "size": words.size(disk.size),
        "where": words.place(disk.place),
        **named,
    }
    return Finding(
        source=source,
        rule=rule,
        object=disk.node,
        severity=severity,
        placeholders=placeholders,
        evidence={**evidence, "seen_by": [*disk.seen_by]},
    )


def _failing(source: str, disk: Known, today: date, words: Words) -> Iterator[Finding]:
    """Yield that it may fail: by the model where that says so, else by what the drive says of itself."""
    told = {CABLE, *WEAR} | ({"self_test_failed"} if disk.place and disk.place.test_failed else set())
    hits = [hit for hit in disk.found.hits if hit.rule not in told]
    tier = max((disk.found.by_model, *(hit.tier for hit in hits)))
    if tier not in SEVERITY:
        return
    outlook = disk.found.outlook
    by_model = disk.found.by_model >= Tier.ELEVATED and isinstance(outlook, Prediction)
    named = {
        "reasons": "; ".join(words.reasons(disk.found, frozenset(told))[:2]) or words.say("disk_reason_none"),
        "by": by_when(tier, today),
        "protection": words.protection(disk.place),
        "backup": words.backup(disk.stand, today),
        "spare": words.spare(disk.place),
        "silent": words.silent(disk.found),
        **_ordered(disk),
    }
    cause = f"disk_{disk.ordered[1]}" if disk.ordered else f"disk_{tier.key}"
    evidence: dict[str, Any] = {"cause": cause, "tier": tier.key, "by": named["by"], **at_hand(disk)}
    if isinstance(outlook, Prediction):
        evidence |= {"p30": round(outlook.p30, 4), "p90": round(outlook.p90, 4)}
        named |= {
            "chance": percent(outlook.p30),
            "of_100": words.of_hundred(outlook.p30),
            "of_100_in_90": words.of_hundred(outlook.p90),
        }
    rule = "disk_failing" if by_model else "disk_reports_failure"
    yield _finding(source, disk, rule, severity_of(tier, disk.place), named, words, **evidence)


def _ordered(disk: Known) -> dict[str, str]:
    if disk.ordered is None:
        return {}
    order = disk.ordered[0]
    return {"who": order.who, "ordered": day(order.at), "until": day(order.until)}


def at_hand(disk: Known) -> dict[str, Any]:
    """Return what decides how urgent a replacement is, as plain values."""
    place, stand = disk.place, disk.stand
    return {
        "todo": TODO.get(disk.found.tier, "nothing"),
        "redundancy": place.loses if place else None,
        "spares": place.spares if place else None,
        "slot": place.slot if place else None,
        "pool_status": stand.status if stand else None,
        "backup": None
        if stand is None
        else {
            "copied": {each.kind: each.last.isoformat() if each.last else None for each in stand.backups},
            "newest_snapshot": stand.snapshot.isoformat() if stand.snapshot else None,
            "not_copied": [*stand.bare[:NOT_COPIED]],
        },
    }


def _wearing(source: str, disk: Known, hit: Hit, words: Words) -> Finding:
    worn = hit.rule == "worn_out"
    named = {
        "used": "?" if hit.value is None else f"{hit.value:.0f}",
        "by": hit.by.isoformat() if hit.by else words.say("disk_wear_unknown"),
    }
    cause = "disk_worn_out" if worn else "disk_wearing_out"
    return _finding(
        source, disk, "disk_wearing", Severity.WARNING if worn else Severity.INFO, named, words, cause=cause
    )


def still(
    source: str,
    firing: Iterable[Tracked],
    known: Container[str],
    there: Container[str] | None,
    is_silent: Callable[[Collection[str]], bool],
) -> Iterator[Finding]:
    """Yield what was found of disks that were not read since the start: it stays as it was.

    known: serials of those that were read; there: of those that are still listed, None where nobody can tell yet;
    is_silent: whether one of some sources, by id, cannot tell.
    """
    for tracked in firing:
        finding = tracked.finding
        serial = finding.object.removeprefix("disk:")
        if finding.source != source or serial in known:
            continue
        seen_by = finding.evidence.get("seen_by")
        silent = isinstance(seen_by, list | tuple) and is_silent([str(each) for each in seen_by])
        if there is None or serial in there or silent:
            yield replace(finding, holds=True)

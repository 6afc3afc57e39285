"""What would have been done: how often each rule would have acted by itself, and how its offers ended instead."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .contract import Risk
from .journal_files import Entry
from .policy import Settings
from .remediation import DAY, Record, State, unpack

# how offers of one matter ended, what happened before what did not
ENDS = ("by_itself", "done", "failed", "denied", "undecided")
_BAD = frozenset({State.FAILED, State.ROLLED_BACK, State.INCONCLUSIVE})


@dataclass(slots=True)
class Would:
    """One rule. times: how often it would have acted; about: on what, by name; ended: how often each of ENDS."""

    rule: str
    times: int = 0
    about: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENDS, 0))


def look_back(
    entries: Iterable[Entry], since: float, until: float, rules: Collection[str], settings: Settings
) -> tuple[Would, ...]:
    """Return the rules that would have acted, most often first, from the newest line of each record.

    Several offers about one occurrence of a finding are one matter. What the budgets of `settings` would have held
    back counts as not done.
    """
    matters: dict[tuple[str, str, float], list[Record]] = {}
    for record in records_in(entries):
        wanted = record.risk is Risk.LOW and record.rule in rules and record.finding
        if wanted and since <= record.created <= until:
            matters.setdefault((record.rule, record.finding, record.since), []).append(record)
    found: dict[str, Would] = {}
    acts: dict[str, list[float]] = {}
    for (rule, _, _), offers in sorted(matters.items(), key=lambda each: each[1][0].created):
        first = offers[0]
        if not _within_budget(acts.setdefault(f"{first.source} {first.target}", []), first.created, settings):
            continue
        would = found.setdefault(rule, Would(rule))
        would.times += 1
        would.about[first.name] = would.about.get(first.name, 0) + 1
        would.ended[min((_end(each) for each in offers), key=ENDS.index)] += 1
    return tuple(sorted(found.values(), key=lambda each: (-each.times, each.rule)))


def records_in(entries: Iterable[Entry]) -> list[Record]:
    """Return the records in the order in which they were made, without what cannot be read."""
    found = []
    for each in entries:
        try:
            found.append(unpack(each.id, each.value))
        except KeyError, TypeError, ValueError, AttributeError:
            continue
    return sorted(found, key=lambda each: each.created)


def _within_budget(acts: list[float], now: float, settings: Settings) -> bool:
    """Note an act on one target, unless there were enough of them lately; returns whether."""
    lately = sum(now - at < DAY for at in acts)
    if lately >= settings.per_target or (acts and now - acts[-1] < settings.cool_down):
        return False
    acts.append(now)
    return True


def _end(record: Record) -> str:
    if record.state is State.SUCCEEDED:
        return "by_itself" if record.actor and record.actor.kind in ("rule", "standing") else "done"
    if record.state in _BAD:
        return "failed"
    return "denied" if record.state is State.DENIED else "undecided"

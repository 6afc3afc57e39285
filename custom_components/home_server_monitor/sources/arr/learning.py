"""Which indexer, client and release group fails how often: counted from the history as it comes, never crawled.

Only so many names are kept, those that were seen last; old counts weigh less with time, so that what was mended is forgiven.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import math
from typing import Any, Final

from .model import Event

SIDES: Final = ("indexer", "client", "group")
# names of one side that are kept, and downloads that are waited for
NAMES: Final = 150
OPEN: Final = 500
# after so many grabs of one name all of its counts are halved
FULL: Final = 200.0
# fewer grabs than these say nothing, and a share below it is usual
LEAST: Final[Mapping[str, int]] = {"indexer": 10, "client": 10, "group": 5}
SHARE: Final = 0.4
# how much more than all of them together one must fail
TIMES: Final = 1.5


@dataclass(slots=True)
class Tally:
    """What became of what somebody had a part in. seen: seconds since 1970; reasons: how often each."""

    grabbed: float = 0.0
    imported: float = 0.0
    failed: float = 0.0
    seen: float = 0.0
    reasons: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Return which share of what has ended failed."""
        ended = self.imported + self.failed
        return self.failed / ended if ended else 0.0

    def halve(self) -> None:
        """Let the past weigh half."""
        self.grabbed, self.imported, self.failed = self.grabbed / 2, self.imported / 2, self.failed / 2
        self.reasons = {reason: times / 2 for reason, times in self.reasons.items() if times >= 1}


@dataclass(frozen=True, slots=True)
class Advice:
    """A suggestion with what it rests on: names the text `common.advice_<side>`."""

    side: str
    name: str
    failed: int
    ended: int
    share: float
    usual: float
    reason: str


@dataclass(slots=True)
class Learned:
    """The tallies of one Arr. newest: id of the event that was counted last; open: who took part, by download."""

    newest: int = 0
    tallies: dict[str, dict[str, Tally]] = field(default_factory=lambda: {side: {} for side in SIDES})
    open: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def note(self, events: Iterable[Event]) -> bool:
        """Count the events that are new, the oldest first; returns whether there were any."""
        listed = tuple(events)
        if listed and (top := max(each.id for each in listed)) < self.newest:
            # its database was put back, or begun anew
            self.newest = top
        fresh = sorted((each for each in listed if each.id > self.newest), key=lambda each: each.id)
        for event in fresh:
            self.newest = event.id
            self._count(event)
        return bool(fresh)

    def _count(self, event: Event) -> None:
        at = event.at.timestamp()
        if event.what == "grabbed":
            names = (event.indexer, event.client, event.group)
            # a pack is grabbed once, whatever the history makes of it
            if event.download and event.download in self.open:
                return
            if event.download:
                self.open[event.download] = names
                while len(self.open) > OPEN:
                    del self.open[next(iter(self.open))]
            for tally in self._of(names, at):
                tally.grabbed += 1
                if tally.grabbed >= FULL:
                    tally.halve()
        elif event.what in ("imported", "failed") and event.download in self.open:
            for tally in self._of(self.open.pop(event.download), at):
                if event.what == "imported":
                    tally.imported += 1
                else:
                    _fail(tally, "failed")

    def failed(self, download: str, reason: str, at: float) -> None:
        """Count a download that got all its strikes; what its Arr then tells of it counts no second time."""
        for tally in self._of(self.open.pop(download, ("", "", "")), at):
            _fail(tally, reason)

    def _of(self, names: tuple[str, str, str], at: float) -> Iterator[Tally]:
        for side, name in zip(SIDES, names, strict=True):
            if not name:
                continue
            known = self.tallies[side]
            tally = known.setdefault(name, Tally())
            tally.seen = at
            if len(known) > NAMES:
                del known[min((each for each in known if each != name), key=lambda each: known[each].seen)]
            yield tally

    def advice(self) -> list[Advice]:
        """Return what could be done better, the worst first."""
        found = []
        for side, known in self.tallies.items():
            failed = sum(each.failed for each in known.values())
            ended = failed + sum(each.imported for each in known.values())
            usual = failed / ended if ended else 0.0
            for name, tally in known.items():
                mine = tally.imported + tally.failed
                # measured against all others: one that is alone is compared with none
                others = (failed - tally.failed) / (ended - mine) if ended > mine else 0.0
                if mine >= LEAST[side] and tally.share >= SHARE and tally.share >= TIMES * others:
                    reason = max(tally.reasons, key=lambda each: tally.reasons[each], default="failed")
                    found.append(
                        Advice(side, name, round(tally.failed), round(mine), tally.share, usual, reason)
                    )
        return sorted(found, key=lambda each: (-each.share, each.side, each.name))

    def rows(self) -> list[dict[str, Any]]:
        """Return all tallies for a response, those with most failures first."""
        found = [
            {
                "kind": side,
                "name": name,
                "grabbed": round(each.grabbed),
                "imported": round(each.imported),
                "failed": round(each.failed),
                "failed_percent": round(100 * each.share),
                "reasons": {reason: round(times) for reason, times in each.reasons.items()},
            }
            for side, known in self.tallies.items()
            for name, each in known.items()
        ]
        return sorted(found, key=lambda row: (-row["failed"], row["kind"], row["name"]))

    def dump(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "newest": self.newest,
            "open": {key: list(names) for key, names in self.open.items()},
            "tallies": {
                side: {
                    name: [each.grabbed, each.imported, each.failed, each.seen, each.reasons]
                    for name, each in known.items()
                }
                for side, known in self.tallies.items()
            },
        }

    def load(self, kept: Any) -> None:
        """Take over what was kept; what has another shape is left out."""
        if not isinstance(kept, dict):
            return
        newest = kept.get("newest")
        self.newest = newest if isinstance(newest, int) and not isinstance(newest, bool) else 0
        opened = kept.get("open")
        for key, names in opened.items() if isinstance(opened, dict) else ():
            if isinstance(names, list) and len(names) == 3 and all(isinstance(each, str) for each in names):
                self.open[key] = (names[0], names[1], names[2])
        tallies = kept.get("tallies")
        for side in SIDES:
            known = tallies.get(side) if isinstance(tallies, dict) else None
            for name, row in [*known.items()][:NAMES] if isinstance(known, dict) else ():
                if (tally := _loaded(row)) is not None:
                    self.tallies[side][name] = tally


def _fail(tally: Tally, reason: str) -> None:
    tally.failed += 1
    tally.reasons[reason] = tally.reasons.get(reason, 0.0) + 1


def _loaded(row: Any) -> Tally | None:
    if not isinstance(row, list) or len(row) != 5 or not isinstance(row[4], dict):
        return None
    if not all(_is_count(each) for each in (*row[:4], *row[4].values())):
        return None
    grabbed, imported, failed, seen, reasons = row
    known = {str(key): float(times) for key, times in reasons.items()}
    return Tally(float(grabbed), float(imported), float(failed), float(seen), known)


def _is_count(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
    )

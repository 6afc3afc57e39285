"""What people have said that they do about disks, kept over restarts: ordered, being replaced, replaced. Pure."""

from collections.abc import Iterable, Mapping
import contextlib
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from ...prediction.tiers import Tier
from .replacing import DAY, EXPECTED, Replacement, instant

# once it is ordered there is nothing to do for so long
ORDERED: Final = 14 * DAY
# what was replaced is remembered as long as its days are
KEPT: Final = 400 * DAY
_DAMAGE: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Ordered:
    """That a replacement is on its way. at, until: seconds since 1970; tier: how bad it was then; over: told again."""

    who: str
    at: float
    until: float
    tier: Tier
    over: bool = False

    def state(self, tier: Tier, now: float) -> str:
        """Return how that stands by now: `ordered`, `ordered_worse` or `ordered_late`."""
        if tier > self.tier:
            return "ordered_worse"
        return "ordered" if now < self.until else "ordered_late"


@dataclass(frozen=True, slots=True)
class Replaced:
    """That a disk was replaced. heir: the name of the new one; at: seconds since 1970; errors: of the rebuild."""

    label: str
    heir: str
    at: float
    errors: int | None = None


@dataclass(slots=True)
class Promises:
    """See the module; all by serial. ahead: by how many seconds the clock was put forward, and not back again."""

    ordered: dict[str, Ordered] = field(default_factory=dict)
    replacing: dict[str, Replacement] = field(default_factory=dict)
    replaced: dict[str, Replaced] = field(default_factory=dict)
    ahead: float = 0.0

    def jumped(self, by: float, now: float) -> None:
        """Have each promise last as long as it was to, though the clock went `by` seconds too far.

        What is put back was put forward before, or nothing here was said by it: that is never over sooner.
        """
        shift = max(by, -self.ahead)
        self.ahead += shift
        for serial, order in self.ordered.items():
            self.ordered[serial] = replace(
                order, at=min(order.at + shift, now), until=min(order.until + shift, now + ORDERED)
            )
        for serial, it in self.replacing.items():
            self.replacing[serial] = replace(
                it, since=min(it.since + shift, now), until=min(it.until + shift, now + EXPECTED)
            )
        for serial, done in self.replaced.items():
            self.replaced[serial] = replace(done, at=min(done.at + shift, now))

    def forget(self, now: float) -> None:
        """Drop what was replaced long ago."""
        for serial, done in tuple(self.replaced.items()):
            if now - done.at > KEPT:
                del self.replaced[serial]

    def dump(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "ordered": {serial: asdict(each) for serial, each in self.ordered.items()},
            "replacing": [each.to_json() for each in self.replacing.values()],
            "replaced": {serial: asdict(each) for serial, each in self.replaced.items()},
            "ahead": self.ahead,
        }

    def load(self, stored: Any) -> None:
        """Take back what `dump` gave, row by row, without what is damaged."""
        parts = stored if isinstance(stored, Mapping) else {}
        for serial, row in _items(parts.get("ordered")):
            with contextlib.suppress(*_DAMAGE):
                self.ordered[serial] = Ordered(
                    str(row["who"]),
                    instant(row["at"]),
                    instant(row["until"]),
                    Tier(row["tier"]),
                    bool(row.get("over")),
                )
        with contextlib.suppress(*_DAMAGE):
            self.ahead = instant(parts.get("ahead", 0.0))
        rows = parts.get("replacing")
        for row in rows if isinstance(rows, list) else ():
            with contextlib.suppress(*_DAMAGE):
                found = Replacement.from_json(row)
                self.replacing[found.serial] = found
        for serial, row in _items(parts.get("replaced")):
            with contextlib.suppress(*_DAMAGE):
                errors = row.get("errors")
                self.replaced[serial] = Replaced(
                    str(row["label"]),
                    str(row["heir"]),
                    instant(row["at"]),
                    None if errors is None else int(errors),
                )


def _items(part: Any) -> Iterable[tuple[str, Any]]:
    return part.items() if isinstance(part, Mapping) else ()

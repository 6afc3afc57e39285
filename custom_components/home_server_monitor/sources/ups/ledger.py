"""What is kept of a UPS over restarts: the energy that went through it, its power cuts, and its self-tests. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .model import Mains, Power, Reading, SelfTest, Unit

# cuts shorter than this tell nobody, where the options of the home say nothing else
HOLD_OFF: Final = 30.0
# longer than a self-test of a device takes
LONGEST_TEST: Final = 30.0
DAY, WEEK = 86_400.0, 7 * 86_400.0
KEPT: Final = 90 * DAY
MOST_CUTS: Final = 500
# a longer gap between two readings says nothing about what flowed in it
LONGEST_GAP: Final = 60.0
# kWh: what is shown moves in such steps, and each is written before it could be lost
STEP: Final = 0.01


@dataclass(slots=True)
class Ledger:
    """Mutable; one per UPS. wall: seconds since 1970; loop: seconds of a clock that only runs forward."""

    energy: float | None = None
    cuts: list[tuple[float, float]] = field(default_factory=list)
    began: float | None = None
    tested: float | None = None
    since: float | None = None
    _test: SelfTest | None = None
    _read: float | None = None
    _watts: float | None = None
    _began_loop: float | None = None

    def see(self, unit: Unit, wall: float, loop: float) -> bool:
        """Take note of a snapshot; returns whether something is worth being written soon."""
        shown = self.shown
        news = self.since is None
        self.since = min(self.since or wall, wall)
        self._count(unit, loop)
        news |= self._judge_mains(unit, wall, loop)
        news |= self._judge_test(unit, wall)
        return news or shown != self.shown

    @property
    def shown(self) -> float | None:
        """Return the energy in kWh, in hundredths, never more than was counted."""
        return None if self.energy is None else round(int(self.energy / STEP + 1e-9) * STEP, 2)

    def snapshot(self, unit: Unit, wall: float, hold_off: float = HOLD_OFF) -> Power:
        """Return the snapshot of a UPS with what is kept of it. hold_off: seconds, shorter cuts tell nobody."""
        last = self.cuts[-1] if self.cuts else None
        brief = [at for at, lasted in self.cuts if lasted < hold_off]
        return Power(
            unit=unit,
            energy=self.shown,
            tested=self.tested,
            cut_at=self.began if self.began is not None else (last[0] if last else None),
            cut_for=None if self.began is not None or last is None else last[1],
            brief=sum(0 <= wall - at < DAY for at in brief),
            cuts_week=sum(0 <= wall - at < WEEK for at in brief),
            hold_off=hold_off,
            watched_days=int(max(0.0, wall - (self.since or wall)) // DAY),
        )

    def dump(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "energy": self.energy,
            "cuts": self.cuts,
            "began": self.began,
            "tested": self.tested,
            "since": self.since,
        }

    def load(self, stored: Mapping[str, Any], wall: float) -> None:
        """Take back what `dump` gave, without what is damaged; nothing that happened is in the future."""
        self.energy = _positive(stored.get("energy"))
        for name in ("began", "tested", "since"):
            found = _positive(stored.get(name))
            setattr(self, name, None if found is None else min(found, wall))
        rows = stored.get("cuts")
        for row in rows if isinstance(rows, list) else ():
            match row:
                case [int() | float() as at, int() | float() as lasted] if lasted >= 0:
                    self.cuts.append((min(float(at), wall), float(lasted)))
        self.cuts.sort()

    def _count(self, unit: Unit, loop: float) -> None:
        """Add what flowed since the reading before, at the mean of both."""
        watts = unit.now.watts
        if watts is not None and self._watts is not None and self._read is not None:
            gap = loop - self._read
            if 0 < gap <= LONGEST_GAP:
                self.energy = (self.energy or 0.0) + (watts + self._watts) / 2 * gap / 3_600_000
        if watts is not None and self.energy is None:
            self.energy = 0.0
        self._watts, self._read = watts, loop

    def _judge_mains(self, unit: Unit, wall: float, loop: float) -> bool:
        """Note where mains fails and comes back; a self-test on battery is no cut, and silence says nothing."""
        now = unit.now
        if self.began is None:
            if now.mains is Mains.ABSENT and not now.testing:
                self.began, self._began_loop = wall, loop
                return True
            return False
        if now.mains is not Mains.PRESENT:
            return False
        lasted = wall - self.began if self._began_loop is None else loop - self._began_loop
        # a device that tests itself by itself shows that as a short cut, and names the reason afterwards
        if lasted >= LONGEST_TEST or not _was_a_test(now):
            self.cuts.append((self.began, max(0.0, round(lasted, 1))))
        self.cuts = [cut for cut in self.cuts if wall - cut[0] < KEPT][-MOST_CUTS:]
        self.began = self._began_loop = None
        return True

    def _judge_test(self, unit: Unit, wall: float) -> bool:
        """Note when a self-test passes: what stood there when we began to watch may be years old."""
        now = unit.now.test
        if now is None:
            return False
        was, self._test = self._test, now
        if now is SelfTest.PASSED and was not in (None, SelfTest.PASSED):
            self.tested = wall
            return True
        return False


def _was_a_test(now: Reading) -> bool:
    return "test" in (now.transfer_reason or "").lower()


def _positive(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e12 else None

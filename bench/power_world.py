"""One random outage: a UPS with its battery and its quirks, a NAS, and what happens to Home Assistant meanwhile."""

from dataclasses import dataclass, field
import random
from typing import Final

HOUR = 3600.0
# seconds for which every outage is followed after mains is back
AFTER = 60.0
# seconds that it takes to tell from whole percents how fast a charge falls: the load that comes onto the battery lets it
# fall by itself at first, and two readings in a row have to say so
TELLING: Final = 25.0
# share of the battery at which a UPS calls it low
LOW: Final = 0.12


@dataclass(slots=True)
class Battery:
    """What is in it. lasts: seconds that it really lasts from full under the whole load; start: share at the outage.

    told: times that its gauge promises, 1 where it is honest; a worn battery whose gauge does not know it promises more.
    """

    lasts: float
    start: float
    told: float
    drained: float = 0.0

    @property
    def share(self) -> float:
        """Return what is really left of a full one."""
        return max(0.0, self.start - self.drained / self.lasts)

    @property
    def gauge(self) -> float:
        """Return what its gauge shows, as a share."""
        return max(0.0, self.start - self.drained / (self.lasts * self.told))

    @property
    def left(self) -> float:
        """Return the seconds that it really lasts still, under the whole load."""
        return self.share * self.lasts

    def drain(self, seconds: float, load: float) -> None:
        """Take seconds at a share of the whole load."""
        self.drained += seconds * load


@dataclass(slots=True)
class Case:
    """Everything that chance decided. Times are seconds from the moment mains failed.

    away: times without mains, in order; charge, runtime: whether it is reported; low: normal, at once, never or always;
    calibrating: a flag that is stuck; fsd: a bit that is always set; silences: from, to, and whether it is WAIT instead;
    nas: its shutdown takes so long; stages: likewise, by key; known: both were learned; lasts: so was the battery;
    cancels: when a person does; kills: when, for how long, and whether the machine starts again as well.
    """

    battery: Battery
    away: list[tuple[float, float]]
    charge: bool = True
    runtime: bool = True
    low: str = "normal"
    calibrating: bool = False
    fsd: bool = False
    silences: list[tuple[float, float, bool]] = field(default_factory=list)
    nas: float = 60.0
    stages: dict[str, float] = field(default_factory=dict)
    known: bool = True
    lasts: float | None = None
    cancels: float | None = None
    kills: list[tuple[float, float, bool]] = field(default_factory=list)
    noise: random.Random = field(default_factory=lambda: random.Random(0))

    @property
    def edges(self) -> list[float]:
        """Return when something happens."""
        spans = (*self.away, *((begun, ended) for begun, ended, _ in self.silences))
        kills = ((at, at + lasts) for at, lasts, _ in self.kills)
        return [edge for span in (*spans, *kills) for edge in span]

    @property
    def end(self) -> float:
        """Return when mains is back for good."""
        return self.away[-1][1]

    @property
    def mute(self) -> bool:
        """Return whether it says neither charge nor runtime."""
        return not self.charge and not self.runtime

    @property
    def shown(self) -> float:
        """Return what share of its battery it shows, by charge or by runtime; what is there where it shows neither."""
        return self.battery.share if self.mute else self.battery.gauge

    @property
    def deaf(self) -> bool:
        """Return whether it is silent from before mains fails, so that nobody hears of it, for nearly all of it."""
        late = self.battery.left - self.nas - sum(self.stages.values())
        return any(begun <= 2 and ended >= late and not waits for begun, ended, waits in self.silences)

    @property
    def unknowable(self) -> bool:
        """Return whether nobody could know how long the battery lasts, or that it is in use."""
        return (
            self.lies
            or self.deaf
            or self.sudden
            or (self.mute and (self.lasts is None or self.battery.start < 1))
        )

    @property
    def sudden(self) -> bool:
        """Return whether only the fall of the charge says how long it lasts, and there is no time to see that."""
        told = self.runtime or self.lasts is not None
        return self.charge and not told and self.battery.left - self.nas < TELLING

    @property
    def lies(self) -> bool:
        """Return whether its gauge promises far more than there is, and nobody has seen the battery really fail."""
        return self.battery.told > 1.5 and self.lasts is None

    def has_mains(self, now: float) -> bool:
        """Return whether mains is there."""
        return not any(begun <= now < ended for begun, ended in self.away)

    def silent(self, now: float) -> str:
        """Return "stale" or "WAIT" where nothing can be read, "" else."""
        for begun, ended, waits in self.silences:
            if begun <= now < ended:
                return "WAIT" if waits else "stale"
        return ""

    def status(self, now: float) -> str:
        """Return what `ups.status` is."""
        mains = self.has_mains(now)
        words = ["OL" if mains else "OB"]
        if not mains:
            words.append("DISCHRG")
        at_once = self.low == "at once" and not mains
        normal = self.low != "never" and self.battery.share <= LOW
        if at_once or normal or self.low == "always":
            words.append("LB")
        if self.calibrating:
            words.append("CAL")
        if self.fsd:
            words.append("FSD")
        return " ".join(words)

    def gauges(self) -> tuple[float | None, float | None]:
        """Return charge, percent, and runtime, seconds, as they are reported: rounded, and a little off."""
        gauge = self.battery.gauge
        charge = round(100 * gauge) if self.charge else None
        off = self.noise.uniform(0.92, 1.08)
        runtime = round(gauge * self.battery.lasts * self.battery.told * off) if self.runtime else None
        return charge, runtime


def outage(seed: int) -> Case:
    """Return the outage of a seed."""
    dice = random.Random(seed)
    away = _away(dice)
    lasts = min(4 * HOUR, max(90.0, dice.lognormvariate(6.8, 0.8)))
    start = 1.0 if dice.random() < 0.8 else dice.uniform(0.3, 1.0)
    worn = dice.random() < 0.25
    told = dice.uniform(1.5, 4.0) if worn and dice.random() < 0.5 else dice.uniform(0.85, 1.2)
    case = Case(battery=Battery(lasts, start, told), away=away, noise=random.Random(seed + 1))
    # as in 716 public dumps: 83 of 100 report the charge, 56 the runtime
    case.charge, case.runtime = dice.random() < 0.83, dice.random() < 0.56
    case.low = dice.choices(("normal", "at once", "never", "always"), (88, 5, 5, 2))[0]
    case.calibrating, case.fsd = dice.random() < 0.02, dice.random() < 0.01
    case.nas = dice.uniform(30, 150)
    times = {"downloads": (1, 15), "workloads": (5, 90), "snapshot": (1, 10), "jobs": (1, 10)}
    case.stages = {key: dice.uniform(*span) for key, span in times.items()}
    case.known = dice.random() < 0.8
    if dice.random() < 0.6:
        case.lasts = lasts * dice.uniform(0.95, 1.1)
    _troubles(case, dice)
    return case


def _away(dice: random.Random) -> list[tuple[float, float]]:
    """Return when mains is away: mostly for seconds, sometimes for hours, sometimes it comes and goes."""
    kind = dice.random()
    if kind < 0.35:
        spans = [dice.uniform(1, 30)]
    elif kind < 0.6:
        spans = [dice.uniform(30, 300)]
    elif kind < 0.8:
        spans = [dice.uniform(300, HOUR)]
    elif kind < 0.9:
        spans = [dice.uniform(HOUR, 6 * HOUR)]
    else:
        spans = [dice.uniform(2, 400) for _ in range(dice.randint(2, 5))]
    away, now = [], 0.0
    for span in spans:
        away.append((now, now + span))
        now += span + dice.uniform(3, 240)
    return away


def _troubles(case: Case, dice: random.Random) -> None:
    """Add what goes wrong beside it."""
    during = min(case.end, case.battery.lasts * 1.2)
    if dice.random() < 0.12:
        begun = dice.uniform(-30, during)
        case.silences.append((begun, begun + dice.lognormvariate(3.5, 1.5), False))
    if dice.random() < 0.05:
        begun = dice.uniform(0, during)
        case.silences.append((begun, begun + dice.uniform(1, 4), True))
    if dice.random() < 0.06:
        case.cancels = dice.uniform(30, 120)
    if dice.random() < 0.1:
        case.kills.append((dice.uniform(0, during), dice.uniform(15, 90), dice.random() < 0.2))


def is_possible(case: Case) -> bool:
    """Return whether a NAS that is told in the second in which mains fails is off before the battery is empty."""
    return case.battery.left > case.nas + 3.0


def would_be_empty(seed: int) -> bool:
    """Return whether the battery would be empty before mains is back for good, with nothing done."""
    case = outage(seed)
    return _away_for(case) >= case.battery.left


def would_be_low(seed: int, reserve: float, load: float) -> bool:
    """Return whether it would show a charge of at most `reserve`, percent, by then, with this share of the load."""
    case = outage(seed)
    case.battery.drain(_away_for(case), load)
    return 100 * case.shown <= reserve


def _away_for(case: Case) -> float:
    return sum(ended - begun for begun, ended in case.away)

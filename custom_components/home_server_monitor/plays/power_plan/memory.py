"""What the machine remembers from one step to the next, and how it is saved so that it survives a crash."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, Self, cast

from ...guardian.capabilities_power import Mains

# seconds after which the memory is saved in an outage although nothing happened
SAVED_EVERY: Final = 30.0


class State(StrEnum):
    """Where the plan stands."""

    ONLINE = "online"
    ON_BATTERY = "on_battery"  # the hold-off runs, or a person cancelled
    COUNTDOWN = "countdown"
    LOAD_SHED = "load_shed"  # can be undone
    COMMITTED = "committed"  # cannot
    DONE = "done"
    RECOVERY = "recovery"


class Verb(StrEnum):
    """What an order to a stage is."""

    SHED = "shed"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The newest order of one stage.

    number: unique; outage: in which it was given; at: when; run: the process that was told; count, moved: the progress
    that was seen last, and when; urgent: it was told to be quick; over: it ended, one way or the other; tries: how
    often a restore failed.
    """

    stage: str
    verb: Verb
    number: int
    outage: int
    at: float
    run: str
    count: int = 0
    moved: float = 0.0
    urgent: bool = False
    over: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One time without mains; flickers of a few seconds do not end it.

    battery_since: without a break, None while mains is there; spent: seconds on battery before that; carried: of
    outages before, where the battery had no time to recover; used: the share of a full battery that its first `rated`
    seconds on battery took, each at the load that there was; before: likewise what `carried` took, None where nobody
    knows; battery_polls: readings on battery since then, at most 2; gauges_low:
    of those the last ones in a row in which charge or runtime were too low, and since when; low_since: since when the
    UPS calls its battery low; low_rose: it did not when mains failed; samples: (instant, percent), the last minutes;
    start_charge, lowest: percent; start_runtime: seconds; cancelled: by a person; logged_out: we said that we are done; critical_since: when
    the battery was low first; asked: the NAS was asked to shut down, or may have been; unsent: when that surely failed
    last; asked_of: which NASes that is, ids of
    sources; forced: somebody else announced it; final: when that was; shed: something was stopped; told: what was.
    """

    number: int
    began: float
    battery_since: float | None
    spent: float = 0.0
    carried: float = 0.0
    used: float = 0.0
    rated: float = 0.0
    before: float | None = None
    flickers: int = 0
    countdown_ends: float | None = None
    battery_polls: int = 0
    gauges_low: int = 0
    gauges_low_since: float | None = None
    low_since: float | None = None
    low_rose: bool = False
    samples: tuple[tuple[float, float], ...] = ()
    start_charge: float | None = None
    start_runtime: float | None = None
    lowest: float | None = None
    cancelled: bool = False
    logged_out: bool = False
    critical_since: float | None = None
    asked: bool = False
    unsent: float | None = None
    asked_of: tuple[str, ...] = ()
    forced: bool = False
    final: float | None = None
    shed: bool = False
    told: tuple[str, ...] = ()

    def on_battery(self, now: float) -> float:
        """Return seconds on battery in this outage."""
        return self.spent + (0.0 if self.battery_since is None else max(0.0, now - self.battery_since))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All of it. Instants are of the loop's clock of `boot`.

    now: of the last step; saved: when it was saved last; run: the process that did; mains: what the last clear reading
    said, unknown after a start until there is one; heard: when that
    was; charge, runtime: what it said; mains_since: mains without a break; fsd: whether FSD was set in it, None before
    the first; fsd_quirk: it was there from the first reading on; low_on_mains: the UPS calls its battery low while
    mains is there; calibrating_since, calibrating_on_mains: since when it says so, on battery and beside mains;
    off_since: it says that it feeds nothing; failures: when mains failed lately; wakes, woken: how often the NAS was
    woken, and when last; held: stages that stopped something, in that order; orders: the newest of each stage;
    recovery_told: what was told since the outage ended; number, serial: of the last outage and order; nas_taken: the
    NAS went off and has not been seen since; login_at: when a login was tried last; drained, drained_at: seconds that
    the last outages took from the battery, and when that was; used: the share of a full one that these were, None
    where nobody knows.
    """

    state: State = State.ONLINE
    now: float = 0.0
    saved: float = 0.0
    boot: str = ""
    run: str = ""
    mains: Mains = Mains.UNKNOWN
    heard: float | None = None
    charge: float | None = None
    runtime: float | None = None
    mains_since: float | None = None
    fsd: bool | None = None
    fsd_quirk: bool = False
    low_on_mains: bool = False
    calibrating_since: float | None = None
    calibrating_on_mains: float | None = None
    off_since: float | None = None
    failures: tuple[float, ...] = ()
    wakes: int = 0
    woken: float | None = None
    held: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    outage: Outage | None = None
    recovery_told: tuple[str, ...] = ()
    number: int = 0
    serial: int = 0
    nas_taken: bool = False
    login_at: float | None = None
    drained: float = 0.0
    drained_at: float | None = None
    used: float | None = None

    def order(self, stage: str) -> Order | None:
        """Return the newest order of a stage."""
        return next((each for each in self.orders if each.stage == stage), None)

    def is_shed(self, stage: str) -> bool:
        """Return whether a stage is over in this outage, or still was from the one before."""
        order = self.order(stage)
        if order is None or order.verb is not Verb.SHED or not order.over:
            return False
        return order.outage == self.number or stage in self.held

    def moved_by(self, by: float) -> Self:
        """Return the memory with all of its instants moved: another clock, the same time that has passed."""
        outage = self.outage
        if outage is not None:
            samples = tuple((at + by, charge) for at, charge in outage.samples)
            outage = replace(_moved(outage, _OUTAGE, by), samples=samples)
        return replace(
            _moved(self, _MEMORY, by),
            failures=tuple(at + by for at in self.failures),
            orders=tuple(_moved(each, _ORDER, by) for each in self.orders),
            outage=outage,
        )


def changed[T](thing: T, **values: Any) -> T:
    """Return it with these values, itself where it has them; a step a second is made for months."""
    for name, value in values.items():
        if getattr(thing, name) != value:
            return cast("T", _copied(thing, values))
    return thing


def _copied(thing: Any, values: Mapping[str, Any]) -> Any:
    """Return a copy of one of the classes here with other values: `replace` takes three times as long."""
    copy = object.__new__(type(thing))
    for name in thing.__slots__:
        object.__setattr__(copy, name, values[name] if name in values else getattr(thing, name))
    return copy


_MEMORY: Final = (
    "now", "saved", "heard", "mains_since", "calibrating_since", "calibrating_on_mains", "off_since", "woken", "login_at", "drained_at",
)  # fmt: skip
_OUTAGE: Final = (
    "began",
    "battery_since",
    "countdown_ends",
    "gauges_low_since",
    "low_since",
    "critical_since",
    "unsent",
    "final",
)
_ORDER: Final = ("at", "moved")


def _moved[T](thing: T, names: tuple[str, ...], by: float) -> T:
    instants = {name: getattr(thing, name) for name in names}
    return replace(thing, **{name: at + by for name, at in instants.items() if at is not None})  # type: ignore[type-var]


# what changes with every reading and need not be saved for it
_VOLATILE: Final = frozenset({"now", "saved", "heard", "charge", "runtime", "run"})
_VOLATILE_IN_OUTAGE: Final = frozenset(
    {"battery_polls", "samples", "lowest", "gauges_low", "gauges_low_since", "used", "rated"}
)


_matters = attrgetter(*(each.name for each in fields(Memory) if each.name not in {*_VOLATILE, "outage"}))
_matters_in_outage = attrgetter(
    *(each.name for each in fields(Outage) if each.name not in _VOLATILE_IN_OUTAGE)
)


def worth_saving(before: Memory, after: Memory) -> bool:
    """Return whether a crash now would forget something that matters."""
    if _matters(before) != _matters(after):
        return True
    if before.outage is None or after.outage is None:
        return before.outage is not after.outage
    if _matters_in_outage(before.outage) != _matters_in_outage(after.outage):
        return True
    return not 0 <= after.now - after.saved < SAVED_EVERY


def pack(memory: Memory) -> dict[str, Any]:
    """Return the memory as JSON."""
    return {
        **_plain(memory),
        "saved": memory.now,
        "failures": list(memory.failures),
        "held": list(memory.held),
        "recovery_told": list(memory.recovery_told),
        "orders": [_plain(each) for each in memory.orders],
        "outage": None if memory.outage is None else _packed(memory.outage),
    }


def _plain(thing: Any) -> dict[str, Any]:
    return {each.name: getattr(thing, each.name) for each in fields(thing)}


def _packed(outage: Outage) -> dict[str, Any]:
    samples = [[at, charge] for at, charge in outage.samples]
    names = {"told": list(outage.told), "asked_of": list(outage.asked_of)}
    return {**_plain(outage), "samples": samples, **names}


def unpack(data: Mapping[str, Any]) -> Memory:
    """Return the memory that was saved. Raises KeyError, TypeError and ValueError where it is not one.

    What a newer version wrote beside it is left out; what an older one did not write is as at the beginning.
    """
    found = _known(Memory, data)
    orders = tuple(
        Order(**_known(Order, each) | {"verb": Verb(each["verb"])}) for each in data.get("orders", ())
    )
    return Memory(
        **found
        | {
            "state": State(data["state"]),
            "mains": Mains(data["mains"]),
            "failures": tuple(float(at) for at in data.get("failures", ())),
            "held": tuple(str(key) for key in data.get("held", ())),
            "recovery_told": tuple(str(key) for key in data.get("recovery_told", ())),
            "orders": orders,
            "outage": _outage(data.get("outage")),
        }
    )


def _known(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: data[each.name] for each in fields(kind) if each.name in data}


def _outage(data: Mapping[str, Any] | None) -> Outage | None:
    if data is None:
        return None
    samples = tuple((float(at), float(charge)) for at, charge in data.get("samples", ()))
    return Outage(
        **_known(Outage, data)
        | {"samples": samples}
        | {name: tuple(str(each) for each in data.get(name, ())) for name in ("told", "asked_of")}
    )

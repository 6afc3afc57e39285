"""An outage, lived through under a policy: the plan, or what people have without one.

Nothing waits: the machine that Home Assistant runs steps through it on a clock of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import json
import random
from typing import Final

from custom_components.home_server_monitor.plays.power_plan.commands import (
    Login,
    Logout,
    Restore,
    Shed,
    ShutDownNas,
)
from custom_components.home_server_monitor.plays.power_plan.inputs import (
    NAS_NEEDS,
    STAGE_NEEDS,
    Doing,
    Inputs,
    Link,
    Nas,
    Needs,
    Power,
    Progress,
)
from custom_components.home_server_monitor.plays.power_plan.machine import step
from custom_components.home_server_monitor.plays.power_plan.memory import Memory, State, pack, unpack
from custom_components.home_server_monitor.plays.power_plan.plan import (
    Kind,
    Mode,
    PowerPlan,
    Stage,
    Thresholds,
)

from .power_world import AFTER, Case, outage

PLANS: Final = ("plan, decides", "plan, prepares")
OTHERS: Final = ("off after 30 s", "off at low battery")
POLICIES: Final = (*PLANS, *OTHERS)
STAGES = tuple(
    Stage.of(kind) for kind in (Kind.DOWNLOADS, Kind.JOBS, Kind.WORKLOADS, Kind.SNAPSHOT, Kind.NAS)
)
# percent that an admin wants kept, and that a rounded gauge shows above it
RESERVE: Final = Thresholds().charge + 1
# share of the load that is left once the stages are over
SHED_LOAD: Final = 0.8
# upsmon: seconds of silence on battery that mean an empty one, between two looks, to wait for others, and at the end
DEADTIME, POLL, HOSTSYNC, FINALDELAY = 15.0, 5.0, 60.0, 5.0


@dataclass(slots=True)
class Lived:
    """How one outage went. ordered, off: when the NAS was told, and was off; empty: when the battery was.

    beside_mains: it was told although mains was there; plenty: although there was more than three times what it takes, or is
    reckoned to where nobody measured it, and
    more than the charge that an admin wants kept; blind: nobody could know, since the UPS was silent
    or says neither charge nor runtime; left_stopped: something was not started again; twice: it was asked twice.
    """

    ordered: float | None = None
    off: float | None = None
    empty: float | None = None
    beside_mains: bool = False
    plenty: bool = False
    blind: bool = False
    left_stopped: bool = False
    twice: bool = False

    @property
    def in_time(self) -> bool:
        """Return whether the NAS was off, or mains was back, before the battery was empty."""
        return self.empty is None or (self.off is not None and self.off <= self.empty)


@dataclass(slots=True)
class Upsmon:
    """The NAS's own monitor: shuts down at low battery, or when nothing is heard on battery for a while."""

    phase: float
    looked: float = -1e9
    on_battery: bool = False
    heard: float = -1e9
    announced: float | None = None

    def look(self, now: float, status: str, silent: str) -> None:
        """Look at the UPS every few seconds; once it announced the end there is no way back."""
        if self.announced is not None or now < self.looked + POLL:
            return
        self.looked = now + self.phase if self.looked < -1e8 else now
        if silent == "stale":
            if self.on_battery and now - self.heard >= DEADTIME:
                self.announced = now
            return
        if silent:
            return
        words = status.split()
        self.heard, self.on_battery = now, "OL" not in words
        if self.on_battery and "LB" in words:
            self.announced = now

    def goes(self, now: float, *, waits: bool) -> bool:
        """Return whether the shutdown begins now. waits: somebody is logged in."""
        if self.announced is None:
            return False
        return now >= self.announced + FINALDELAY + (HOSTSYNC if waits else 0.0)


class House:
    """What runs the machine, as the integration does: orders take their time, a crash loses what was not saved."""

    def __init__(self, case: Case, mode: Mode, *, own_monitor: bool) -> None:
        self.case = case
        self.plan = PowerPlan(mode=mode, stages=STAGES)
        self.own_monitor = own_monitor
        known = {key: value * 1.1 for key, value in case.stages.items()}
        self.needs = (
            Needs(stages=known, nas=case.nas * 1.1, lasts=case.lasts)
            if case.known
            else Needs(lasts=case.lasts)
        )
        self.memory = Memory()
        self.saved = self.memory
        self.work: dict[str, tuple[int, str, float]] = {}
        self.stopped: set[str] = set()
        self.logged_in = False
        self.run = 0
        self.boot = 0
        self.away_until = -1e9
        self.kills = list(case.kills)
        self.cancels = case.cancels
        self.asks = 0

    def killed(self, now: float) -> bool:
        """Return whether the process is not there."""
        if self.kills and now >= self.kills[0][0]:
            begun, lasts, reboot = self.kills.pop(0)
            self.away_until = begun + lasts
            self.run += 1
            self.boot += reboot
            self.work, self.logged_in = {}, False
            self.memory = unpack(json.loads(json.dumps(pack(self.saved))))
        return now < self.away_until

    def _progress(self, now: float) -> Iterator[tuple[str, Progress]]:
        for stage, (order, verb, ends) in self.work.items():
            over = now >= ends
            if over and verb == "restore":
                self.stopped.discard(stage)
            doing = Doing.DONE if over else Doing.RUNNING
            yield stage, Progress(order=order, doing=doing, patience=60, holds=stage in self.stopped)

    def step(self, now: float, power: Power, *, nas_on: bool) -> bool:
        """Make one step; returns whether the NAS is asked to shut down."""
        needs = self.needs
        if needs.lasts is not None and self.has_shed and self.case.charge:
            # at the load that the UPS reports now
            needs = replace(needs, lasts=needs.lasts / SHED_LOAD)
        nas = Nas(
            reachable=nas_on, answering=("nas",) if nas_on else (), missing=() if nas_on else ("nas",), may_ask=True,
            own_monitor=self.own_monitor, host_sync=HOSTSYNC,
        )  # fmt: skip
        cancel = self.cancels is not None and now >= self.cancels
        if cancel:
            self.cancels = None
        clock = now + 1000 * (self.boot + 1)
        found = step(
            self.memory,
            self.plan,
            Inputs(
                now=clock, boot=f"boot-{self.boot}", run=f"run-{self.run}", power=power, nas=nas, needs=needs,
                cancel=cancel, logged_in=self.logged_in, progress=dict(self._progress(now)),
            ),
        )  # fmt: skip
        self.memory = found.memory
        if found.save:
            self.saved = found.memory
        asked = False
        for command in found.commands:
            match command:
                case Shed(stage, order):
                    self._order(now, stage, order, "shed")
                    self.stopped.add(stage)
                case Restore(stage, order):
                    self._order(now, stage, order, "restore")
                case Login() | Logout():
                    self.logged_in = isinstance(command, Login)
                case ShutDownNas():
                    self.asks += 1
                    asked = True
        return asked

    def _order(self, now: float, stage: str, order: int, verb: str) -> None:
        if stage not in self.work or self.work[stage][0] != order:
            self.work[stage] = (order, verb, now + self.case.stages.get(stage, 5.0))

    @property
    def has_shed(self) -> bool:
        """Return whether the load is off."""
        return {"downloads", "workloads"} <= self.stopped


def live(seed: int, policy: str, poll: float = 1.0) -> Lived:
    """Live through an outage under a policy. poll: seconds between two looks while it matters."""
    case = outage(seed)
    lived = Lived()
    mode = Mode.DECIDE if policy == PLANS[0] else Mode.PREPARE
    house = House(case, mode, own_monitor=policy == PLANS[1]) if policy in PLANS else None
    upsmon = Upsmon(random.Random(seed).uniform(0, POLL)) if policy in (PLANS[1], OTHERS[1]) else None
    now, battery_since = -400.0, None
    while now < case.end + AFTER:
        pace = _pace(lived, case, house, now) * (poll if now > 0 else 1.0)
        now += pace
        mains = case.has_mains(now)
        if not mains and lived.empty is None:
            off = lived.off is not None and now >= lived.off
            load = 0.1 if off else SHED_LOAD if house is not None and house.has_shed else 1.0
            case.battery.drain(pace, load)
            if case.battery.share <= 0 and not off:
                lived.empty = now
                break
        battery_since = None if mains else now if battery_since is None else battery_since
        status, silent = case.status(now), case.silent(now)
        if upsmon is not None:
            upsmon.look(now, status, silent)
            if upsmon.announced is not None and "FSD" not in status:
                status += " FSD"
        asked = _asked(case, house, now, status, silent, nas_on=lived.off is None or now < lived.off)
        if policy == OTHERS[0]:
            asked = battery_since is not None and now - battery_since >= 30 and not silent
        if upsmon is not None and upsmon.goes(now, waits=house is not None and house.logged_in):
            asked = True
        if asked and lived.ordered is None:
            _note(lived, case, now)
            lived.off = now + case.nas
    if house is not None:
        _afterwards(lived, case, house, now)
    return lived


def _pace(lived: Lived, case: Case, house: House | None, now: float) -> float:
    """Return the seconds to the next step: as often as it is looked in earnest, and seldom where nothing can happen."""
    if now < -20:
        return 15.0
    near = any(-20 <= now - edge <= 140 for edge in case.edges) or any(
        0 <= edge - now <= 60 for edge in case.edges
    )
    if lived.off is not None and now > lived.off + 20:
        return 1.0 if near else 60.0
    if now < 150 or near or (house is not None and house.cancels is not None):
        return 1.0
    if case.battery.gauge < 0.45 or case.battery.left < 400 or (case.mute and case.lasts is not None):
        return 1.0
    return 10.0 if case.battery.left > 1000 else 4.0


def _asked(case: Case, house: House | None, now: float, status: str, silent: str, *, nas_on: bool) -> bool:
    if house is None or house.killed(now):
        return False
    if silent == "stale":
        power = Power(link=Link.STALE)
    elif silent:
        power = Power(tokens=frozenset({"WAIT"}))
    else:
        charge, runtime = case.gauges()
        power = Power(tokens=frozenset(status.split()), charge=charge, runtime=runtime)
    return house.step(now, power, nas_on=nas_on)


def _note(lived: Lived, case: Case, now: float) -> None:
    """Note the order, and whether there was need of it."""
    lived.ordered = now
    lived.beside_mains = case.has_mains(now)
    reckoned = 0.0 if case.known else NAS_NEEDS + STAGE_NEEDS * len(case.stages)
    takes = max(reckoned, case.nas + sum(case.stages.values()))
    lived.plenty = case.battery.left > 3 * takes and 100 * case.shown > RESERVE
    lived.blind = bool(case.silent(now)) or case.mute


def _afterwards(lived: Lived, case: Case, house: House, now: float) -> None:
    """Mains is back and the battery charged: what was stopped is started again, or is missed."""
    house.away_until = -1e9
    for _ in range(150):
        now += 20
        house.step(now, Power(tokens=frozenset({"OL"}), charge=100.0, runtime=3600.0), nas_on=True)
        if house.memory.state is State.ONLINE and house.memory.outage is None:
            break
    lived.left_stopped = bool(house.stopped & {"downloads", "workloads"})
    lived.twice = house.asks > max(1, house.memory.number)

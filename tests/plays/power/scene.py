"""A UPS, a person and a house whose stages really take time, on a clock of their own: what the machine does to them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
import json
from typing import Any

from custom_components.home_server_monitor.plays.power_plan.commands import (
    Command,
    Ended,
    Login,
    Logout,
    Message,
    Restore,
    Shed,
    ShutDownNas,
    Tell,
    WakeNas,
)
from custom_components.home_server_monitor.plays.power_plan.inputs import (
    Doing,
    Inputs,
    Link,
    Nas,
    Needs,
    Power,
    Progress,
)
from custom_components.home_server_monitor.plays.power_plan.machine import Step, step
from custom_components.home_server_monitor.plays.power_plan.memory import Memory, State, pack, unpack
from custom_components.home_server_monitor.plays.power_plan.plan import Kind, Mode, PowerPlan, Stage

STAGES = tuple(
    Stage.of(kind) for kind in (Kind.SETTLE, Kind.DOWNLOADS, Kind.WORKLOADS, Kind.SNAPSHOT, Kind.NAS)
)
PREPARE = PowerPlan(mode=Mode.PREPARE, stages=STAGES)
DECIDE = replace(PREPARE, mode=Mode.DECIDE)
OBSERVE = replace(PREPARE, mode=Mode.OBSERVE)
NAS = Nas(reachable=True, answering=("nas",), may_ask=True, own_monitor=True)
NEEDS = Needs(stages={"settle": 5.0, "downloads": 5.0, "workloads": 20.0, "snapshot": 2.0}, nas=60.0)


def power(status: str = "", **more: Any) -> Power:
    return Power(tokens=frozenset(status.split()), **more)


@dataclass
class Thing:
    """Something that runs in the house: paused ones run again once their engine was restarted, stopped ones do not."""

    stage: str
    paused: bool = False
    running: bool = True


@dataclass
class Work:
    """An order that is carried out."""

    order: int
    verb: str
    ends: float
    doing: Doing = Doing.RUNNING
    count: int = 0


@dataclass
class House:
    """What is stopped and started; `ours` is written down before, so it survives a crash, the work does not."""

    things: dict[str, Thing] = field(
        default_factory=lambda: {
            "sonarr": Thing("downloads", paused=True),
            "qbittorrent": Thing("downloads", paused=True),
            "immich": Thing("workloads"),
            "database": Thing("workloads"),
            "off-before": Thing("workloads", running=False),
        }
    )
    takes: float = 5.0
    ours: dict[str, list[str]] = field(default_factory=dict)
    work: dict[str, Work] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    on: bool = True

    def running(self) -> set[str]:
        return {name for name, thing in self.things.items() if thing.running and self.on}

    def order(self, stage: str, number: int, verb: str, now: float) -> None:
        old = self.work.get(stage)
        if old is not None and old.order == number:
            return
        self.work[stage] = Work(number, verb, now + self.takes)
        if verb == "shed":
            mine = [name for name, thing in self.things.items() if thing.stage == stage and thing.running]
            self.ours[stage] = [*self.ours.get(stage, []), *mine]

    def tick(self, now: float) -> dict[str, Progress]:
        for stage, work in self.work.items():
            if work.doing is Doing.RUNNING and now >= work.ends and stage not in self.broken:
                self._finish(stage, work)
        return {
            stage: Progress(
                order=work.order, doing=work.doing, count=work.count, holds=bool(self.ours.get(stage))
            )
            for stage, work in self.work.items()
        }

    def _finish(self, stage: str, work: Work) -> None:
        work.count += 1
        if not self.on:
            work.doing = Doing.FAILED
            return
        for name in self.ours.get(stage, []):
            self.things[name].running = work.verb == "restore"
        if work.verb == "restore":
            self.ours[stage] = []
        work.doing = Doing.DONE

    def crash(self) -> None:
        self.work = {}

    def go_off(self) -> None:
        self.on = False

    def go_on(self) -> None:
        """The NAS starts: containers that were stopped by hand stay stopped, those that were paused run."""
        self.on = True
        for thing in self.things.values():
            thing.running = thing.running or (thing.paused and thing.stage == "downloads")


@dataclass
class Scene:
    """Runs the machine second by second, saves what it wants saved, and keeps what it did."""

    plan: PowerPlan = DECIDE
    nas: Nas = NAS
    needs: Needs = NEEDS
    house: House = field(default_factory=House)
    now: float = 1000.0
    boot: str = "boot-1"
    run: int = 1
    memory: Memory = field(default_factory=Memory)
    saved: dict[str, Any] | None = None
    logged_in: bool = False
    held: bool = False
    approved: bool = True
    # the NAS does not answer when it is asked to shut down, so that nothing was sent
    deaf: bool = False
    # of several, those that say no
    refuses: set[str] = field(default_factory=set)
    asking: dict[str, Progress] = field(default_factory=dict)
    last: Power = field(default_factory=lambda: power("OL", charge=100.0, runtime=1200.0))
    given: list[tuple[float, Command]] = field(default_factory=list)
    watch: Callable[[Memory, Inputs, Step], None] | None = None

    def step(self, reading: Power | None = None, *, new: bool = True, cancel: bool = False) -> Step:
        self.last = self.last if reading is None else reading
        inputs = Inputs(
            now=self.now, boot=self.boot, run=f"run-{self.run}", power=self.last, nas=self.nas, needs=self.needs,
            held=self.held, approved=self.approved, new=new, cancel=cancel, logged_in=self.logged_in,
            progress=self.house.tick(self.now) | self.asking,
        )  # fmt: skip
        before = self.memory
        found = step(before, self.plan, inputs)
        self.memory = found.memory
        if found.save:
            self.saved = json.loads(json.dumps(pack(found.memory)))
            assert unpack(self.saved) == found.memory
        if self.watch is not None:
            self.watch(before, inputs, found)
        for command in found.commands:
            self.carry_out(command)
        return found

    def carry_out(self, command: Command) -> None:
        self.given.append((self.now, command))
        match command:
            case Login():
                self.logged_in = True
            case Logout():
                self.logged_in = False
            case Shed(stage, order):
                self.house.order(stage, order, "shed", self.now)
            case Restore(stage, order):
                self.house.order(stage, order, "restore", self.now)
            case ShutDownNas(machines):
                before = self.asking["nas"].unsent if "nas" in self.asking else frozenset[str]()
                unsent = before.difference(machines) | {
                    each for each in machines if self.deaf or each in self.refuses
                }
                doing = Doing.FAILED if unsent else Doing.RUNNING
                self.asking["nas"] = Progress(order=-1, doing=doing, holds=False, unsent=unsent)

    def go(self, seconds: float, status: str | None = None, *, every: float = 1.0, **more: Any) -> Scene:
        """Let so many seconds pass with this reading; charge and runtime may be functions of the seconds."""
        began = self.now
        while self.now < began + seconds:
            self.now += every
            since = self.now - began
            values = {name: value(since) if callable(value) else value for name, value in more.items()}
            self.step(None if status is None else power(status, **values))
        return self

    def mains(self, seconds: float = 20.0, charge: float = 100.0) -> Scene:
        return self.go(seconds, "OL", charge=charge, runtime=1200.0)

    def silent(self, seconds: float, link: Link = Link.STALE, *, every: float = 1.0) -> Scene:
        began = self.now
        while self.now < began + seconds:
            self.now += every
            self.step(Power(link=link))
        return self

    def crash(self, away: float = 20.0, *, reboot: bool = False) -> Scene:
        """Kill the process; what was not saved is lost, and so are the logins and the work under way."""
        self.memory = Memory() if self.saved is None else unpack(self.saved)
        self.house.crash()
        self.logged_in, self.asking = False, {}
        self.run += 1
        self.now += away
        if reboot:
            self.boot, self.now = f"boot-{self.run}", 30.0
        return self

    def nas_goes(self) -> Scene:
        away = (*self.nas.answering, *self.nas.missing)
        self.nas = replace(self.nas, reachable=False, answering=(), missing=away)
        self.house.go_off()
        return self

    def nas_comes(self) -> Scene:
        there = (*self.nas.answering, *self.nas.missing)
        self.nas = replace(self.nas, reachable=True, answering=there, missing=())
        self.house.go_on()
        return self

    @property
    def state(self) -> State:
        return self.memory.state

    def of[T](self, kind: type[T]) -> list[T]:
        return [command for _, command in self.given if isinstance(command, kind)]

    def at(self, kind: type[Any]) -> list[float]:
        return [at for at, command in self.given if isinstance(command, kind)]

    def told(self, *, would: bool | None = None) -> list[Message]:
        return [each.message for each in self.of(Tell) if would is None or each.would is would]

    @property
    def sheds(self) -> list[str]:
        return unique(each.stage for each in self.of(Shed))

    @property
    def restores(self) -> list[str]:
        return [each.stage for each in self.of(Restore)]

    @property
    def asked(self) -> int:
        return len(self.of(ShutDownNas))

    @property
    def idle(self) -> bool:
        """Whether nothing was done or told, besides counting outages and logging in and out."""
        return not [each for _, each in self.given if not isinstance(each, Ended | Login | Logout)]


def unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


__all__ = ["DECIDE", "NAS", "NEEDS", "OBSERVE", "PREPARE", "House", "Scene", "WakeNas", "power"]

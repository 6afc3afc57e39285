"""Whatever a UPS says, whoever presses what and whenever the process is killed: what always holds."""

from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.home_server_monitor.guardian.capabilities_power import Mains
from custom_components.home_server_monitor.plays.power_plan.commands import Login, Restore, Shed, ShutDownNas
from custom_components.home_server_monitor.plays.power_plan.inputs import Inputs, Link
from custom_components.home_server_monitor.plays.power_plan.machine import Step
from custom_components.home_server_monitor.plays.power_plan.memory import Memory, State
from custom_components.home_server_monitor.plays.power_plan.plan import Mode, PowerPlan

from .scene import DECIDE, NAS, OBSERVE, PREPARE, House, Scene

STATUSES = (
    "OL",
    "OL CHRG",
    "OB",
    "OB DISCHRG",
    "OB LB",
    "OB LB FSD",
    "OL FSD",
    "OB CAL",
    "OL LB",
    "WAIT",
    "WAIT OB LB",
    "",
    "TRIM",
    "OFF",
    "OB OFF",
)
CALM = {"OB": 5, "OB DISCHRG": 5, "OL": 3, "OB LB": 2}
WEIGHTED = [status for status in STATUSES for _ in range(CALM.get(status, 1))]
RUNNING = House().running()
ORDER = [stage.key for stage in DECIDE.stages]

readings = st.tuples(
    st.just("reading"), st.sampled_from([1, 3, 20, 45, 120, 400]), st.sampled_from(WEIGHTED),
    st.sampled_from([None, 3.0, 15.0, 45.0, 95.0]), st.sampled_from([None, 10.0, 150.0, 400.0, 1500.0]),
)  # fmt: skip
silences = st.tuples(st.just("silent"), st.sampled_from([5, 20, 90, 700]), st.sampled_from([*Link][1:]))
others = st.tuples(
    st.sampled_from(
        [
            "cancel",
            "hold",
            "let go",
            "crash",
            "crash",
            "reboot",
            "long crash",
            "nas off",
            "nas on",
            "deaf",
            "hears",
            "hang",
            "mend",
            "mode",
        ]
    )
)
events = st.lists(st.one_of(readings, readings, silences, others), min_size=3, max_size=14)


@dataclass
class Witness:
    """Sees every step, and what must not be in it."""

    scene: Scene | None = None
    asked: set[tuple[int, str]] = field(default_factory=set)
    shed: list[int] = field(default_factory=list)
    number: int = 0

    def __call__(self, before: Memory, inputs: Inputs, found: Step) -> None:
        outage, reading = found.memory.outage, inputs.power
        forced = outage is not None and outage.forced
        for command in found.commands:
            if isinstance(command, Shed | ShutDownNas | Login):
                assert not inputs.held
                assert inputs.approved
                assert outage is not None
                assert forced or reading.mains is not Mains.PRESENT, "never with mains present"
            if isinstance(command, Shed | ShutDownNas):
                self._acts(before, inputs, forced=forced)
            if isinstance(command, ShutDownNas):
                asks = {(outage.number, each) for each in command.machines}
                assert asks.isdisjoint(self.asked), "never twice in an outage"
                if self.scene is None or not self.scene.deaf:
                    self.asked |= asks
            if isinstance(command, Shed):
                self._in_order(found.memory, command)
            if isinstance(command, Restore):
                assert command.stage == last_held(found.memory, command.stage)
                assert not any(isinstance(each, Shed) for each in found.commands)

    def _acts(self, before: Memory, inputs: Inputs, *, forced: bool) -> None:
        if forced:
            return
        if inputs.power.link is Link.FRESH:
            assert inputs.power.mains is Mains.ABSENT, "never on WAIT, or nothing"
        else:
            assert before.mains is Mains.ABSENT, "never on stale data of a UPS on mains"
            assert before.run == inputs.run, "never on what another process heard"

    def _in_order(self, memory: Memory, command: Shed) -> None:
        if memory.number != self.number:
            self.number, self.shed = memory.number, []
        order = memory.order(command.stage)
        assert order is not None
        before = [ORDER.index(each.stage) for each in memory.orders if each.verb == "shed" and not each.over]
        assert before == [ORDER.index(command.stage)], "one at a time"
        waiting = [key for key in ORDER[: ORDER.index(command.stage)] if not memory.is_shed(key)]
        assert waiting == [], "in order"


def last_held(memory: Memory, stage: str) -> str:
    """The last stage that is held and not waiting for its next try."""
    waits = {each.stage for each in memory.orders if each.verb == "restore" and each.over}
    return next(key for key in reversed(memory.held) if key == stage or key not in waits)


def play(scene: Scene, event: tuple) -> None:
    match event:
        case ("reading", seconds, status, charge, runtime):
            every = 1.0 if seconds < 100 else 5.0
            scene.go(seconds, status, every=every, charge=charge, runtime=runtime)
        case ("silent", seconds, link):
            scene.silent(min(seconds, 120), link)
            scene.now += max(0, seconds - 120) and 50
            scene.step()
        case ("cancel",):
            scene.step(cancel=True)
        case ("hold",) | ("let go",):
            scene.held = event == ("hold",)
        case ("crash",) | ("reboot",):
            scene.crash(10, reboot=event == ("reboot",))
        case ("long crash",):
            scene.crash(4000)
        case ("nas off",):
            scene.nas_goes()
        case ("nas on",):
            scene.nas_comes()
        case ("deaf",) | ("hears",):
            scene.deaf = event == ("deaf",)
        case ("hang",) | ("mend",):
            scene.house.broken = {"workloads"} if event == ("hang",) else set()
        case ("mode",):
            scene.plan = {PREPARE: DECIDE, DECIDE: OBSERVE, OBSERVE: PREPARE}[scene.plan]


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    events,
    st.sampled_from([PREPARE, DECIDE, DECIDE]),
    st.sampled_from(
        [NAS, replace(NAS, own_monitor=False), replace(NAS, timer=30.0), replace(NAS, missing=("b",))]
    ),
)
def test_whatever_comes(happens: list[tuple], plan: PowerPlan, nas: object) -> None:
    scene = Scene(plan, nas=nas, watch=(witness := Witness()))
    witness.scene = scene
    scene.go(10, "OL", charge=100.0, runtime=1200.0)
    for event in happens:
        play(scene, event)
    scene.held, scene.deaf, scene.house.broken = False, False, set()
    scene.nas_comes()
    # mains, a full battery, and a UPS that says so: in the end everything runs that ran
    scene.go(1300, "OL", every=5.0, charge=100.0, runtime=1200.0)
    scene.go(4000, "OL", every=20.0, charge=100.0, runtime=1200.0)
    assert scene.house.running() == RUNNING
    assert scene.state is State.ONLINE
    assert not scene.logged_in
    assert scene.memory.outage is None


@settings(max_examples=15, deadline=None, derandomize=True)
@given(events)
def test_observing_and_holding_change_nothing(happens: list[tuple]) -> None:
    for scene in (
        Scene(OBSERVE),
        Scene(DECIDE, held=True),
        Scene(replace(DECIDE, mode=Mode.DECIDE), approved=False),
    ):
        for event in happens:
            if event not in (("let go",), ("mode",), ("nas off",)):
                play(scene, event)
        assert not [each for _, each in scene.given if isinstance(each, Shed | ShutDownNas | Login | Restore)]
        assert scene.house.running() == RUNNING

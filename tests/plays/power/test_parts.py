"""What the stages are about, in which order it ends, what is left alone; what is written, kept and said of the plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import json
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.edge import power_settings
from custom_components.home_server_monitor.guardian.capabilities_load import Workload
from custom_components.home_server_monitor.guardian.contract import Node, Refusal, Severity
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.own_path import OwnPath, container_node
from custom_components.home_server_monitor.guardian.topology import Topology
from custom_components.home_server_monitor.plays.power_plan.battery import Health
from custom_components.home_server_monitor.plays.power_plan.feeding import Readings, nas_of, power_of
from custom_components.home_server_monitor.plays.power_plan.inputs import Link, Nas
from custom_components.home_server_monitor.plays.power_plan.items import (
    Item,
    at_most,
    load_of,
    machines_of,
    waves,
)
from custom_components.home_server_monitor.plays.power_plan.judged import Standing, findings
from custom_components.home_server_monitor.plays.power_plan.learning import Cover, Slow, TooLate
from custom_components.home_server_monitor.plays.power_plan.plan import (
    Kind,
    Mode,
    PowerPlan,
    Stage,
    read,
    written,
)
from custom_components.home_server_monitor.plays.power_plan.stopped import Ledger
from custom_components.home_server_monitor.plays.power_plan.told import some, span
from custom_components.home_server_monitor.plays.power_plan.wake import packet, wake
from custom_components.home_server_monitor.plays.power_plan.written import plan_of

UPS = "ups:u"


@dataclass
class Server:
    """A source of everything that a plan may be about."""

    id: str
    works: Sequence[Workload] = ()
    name: str = "Server"
    server: str = "home"
    judged: bool = True
    may_power_off: bool = True
    power_off_right: str = "FULL_ADMIN"
    names: frozenset[str] = frozenset()
    apps: dict[str, str] = field(default_factory=dict)

    def workloads(self) -> Sequence[Workload]:
        """What runs."""
        return self.works

    async def look_well(self, targets: Any) -> dict[str, bool]:
        """Whether it does."""
        return {}

    def jobs(self) -> Sequence[Workload]:
        """What goes on for long."""
        return [Workload(action="pause_scrub", target="g1", name="tank", node="pool:g1")]

    def snapshot_targets(self) -> Sequence[str]:
        """Its pools."""
        return ["tank"]

    def app_containers(self) -> dict[str, str]:
        """Its apps."""
        return self.apps


class Around:
    """What the plan knows of its surroundings."""

    server, id, unit_node = "home", "power:home", UPS

    def __init__(
        self, *sources: Server, topology: Topology | None = None, elsewhere: frozenset[str] = frozenset()
    ):
        self.house = House()
        for each in sources:
            self.house.attach(each)  # type: ignore[arg-type]
        self.topology = topology or Topology()
        self.elsewhere = elsewhere


def work(name: str, **more: Any) -> Workload:
    """Return a container that runs."""
    nodes = frozenset({f"member:e:{name}", container_node(name), f"name:{name}"})
    return Workload(
        **{
            "action": "stop_container",
            "target": name,
            "name": name,
            "node": f"member:e:{name}",
            "nodes": nodes,
            **more,
        }
    )


def names(items: Sequence[Item]) -> list[str]:
    """Return what they are called."""
    return sorted(each.name for each in items)


def item(name: str, *needs: str, last: bool = False, **more: Any) -> Item:
    """Return one thing of a stage."""
    needed = frozenset(f"e {each}" for each in needs)
    return Item(source="e", action="stop_container", target=name, name=name, needs=needed, last=last, **more)


def test_how_long_it_takes_where_nothing_ends_by_itself() -> None:
    """So many at a time as their engine allows, each wave after the one before, systems beside one another."""
    assert at_most([]) == 0
    slow = [item(f"c{number}", seconds=10.0, at_once=5) for number in range(40)]
    assert at_most(slow) == 80
    database = item("db", last=True, seconds=120.0, at_once=5)
    assert at_most([*slow, database]) == 200
    others = [replace(item(f"app{number}", seconds=60.0), source="nas") for number in range(9)]
    assert at_most([*slow, *others]) == 80
    assert at_most([item("app", "db", seconds=30.0, at_once=5), item("db", seconds=15.0, at_once=5)]) == 45


def test_waves_end_what_needs_others_first_and_databases_last() -> None:
    things = [
        item("web", "db", "vpn"),
        item("db", last=True),
        item("vpn"),
        item("cache", last=True),
        item("client", "vpn"),
    ]
    assert [names(wave) for wave in waves(things)] == [["client", "web"], ["vpn"], ["cache", "db"]]
    # what needs what is not there is held up by nobody, and a circle ends at once
    assert [names(wave) for wave in waves([item("a", "gone"), item("b", "c"), item("c", "b")])] == [
        ["a"],
        ["b", "c"],
    ]
    assert waves([]) == []


def test_what_is_stopped_and_what_is_left_alone() -> None:
    engine = Server("e", [work("plex"), work("proxy"), work("web"), work("of_app"), work("db", last=True)])
    nas = Server("n", apps={"of_app": "photos"})
    it = Around(engine, nas)
    it.house.own_path = OwnPath(
        frozenset({(container_node("proxy"), "Home Assistant is reached through it")})
    )
    stage = Stage.of(Kind.WORKLOADS)
    plan = PowerPlan(mode=Mode.PREPARE, never_stopped=("member:e:web",))
    found = load_of(it, plan, stage)
    assert names(found.items) == ["db", "plex"]
    assert {each.name: (each.reason, each.why) for each in found.spared} == {
        "proxy": ("own_path", "Home Assistant is reached through it"),
        "web": ("never", ""),
    }
    assert {each.params["minutes"] for each in found.items} == {10_080.0}
    chosen = load_of(it, plan, replace(stage, selectors=("name:plex",)))
    assert names(chosen.items) == ["plex"]
    assert {each.name: each.reason for each in chosen.spared}["db"] == "not_chosen"
    # a source that says nothing now is not judged by what it said once
    engine.judged = False
    assert load_of(it, plan, stage).items == ()


def test_other_stages() -> None:
    it = Around(Server("n"))
    plan = PowerPlan()
    (scrub,) = load_of(it, plan, Stage.of(Kind.JOBS)).items
    assert (scrub.action, scrub.target) == ("pause_scrub", "g1")
    (snapshot,) = load_of(it, plan, Stage.of(Kind.SNAPSHOT)).items
    assert (snapshot.target, snapshot.params) == ("tank", {"recursive": True})
    (nas,) = load_of(it, plan, Stage.of(Kind.NAS)).items
    assert (nas.action, nas.params) == ("shutdown", {"reason": "The UPS runs empty"})
    (script,) = load_of(it, plan, Stage.of(Kind.HOSTS, selectors=("script.pc",))).items
    assert (script.source, script.target) == ("power:home", "script.pc")
    assert load_of(it, plan, Stage.of(Kind.SETTLE)).items == ()
    assert load_of(it, plan, Stage.of(Kind.DOWNLOADS)).items == ()


def test_whom_this_ups_feeds() -> None:
    hosts = [
        Node(id=UPS, kind="ups"),
        Node(id="host:a", kind="host", runs_on=UPS),
        Node(id="host:b", kind="host"),
    ]
    a, b = Server("a", [work("x")]), Server("b", [work("y")])
    it = Around(a, b, topology=Topology(hosts))
    # of two machines only the one that is known to hang on it is switched off; load is stopped on both
    assert [each.id for each in machines_of(it)] == ["a"]
    plan, stage = PowerPlan(), Stage.of(Kind.WORKLOADS)
    assert names(load_of(it, plan, stage).items) == ["x", "y"]
    # what is stopped as a whole has no jobs that need rest; what runs on lets them rest
    apart = PowerPlan(never_stopped=("member:e:y",))
    within = [*hosts, Node(id="member:e:x", kind="container", aliases=frozenset({"host:a"}))]
    it.topology = Topology(within[:1] + within[2:])
    assert [each.source for each in load_of(it, apart, Stage.of(Kind.JOBS)).items] == ["b"]
    it.topology = Topology(hosts)
    it.elsewhere = frozenset({"host:b"})
    assert names(load_of(it, plan, stage).items) == ["x"]
    assert [each.id for each in machines_of(Around(b))] == ["b"]


def test_what_was_stopped_is_kept_until_it_is_back() -> None:
    ledger = Ledger()
    first, second = item("web", "db"), item("db", last=True)
    ledger.begin("workloads", first)
    ledger.begin("workloads", second)
    ledger.ordered(first, "R1", (("container_stopped", "id1"),))
    ledger.ordered(first, "R1", (("container_stopped", "id1"),))
    ledger.begin("workloads", first)
    ledger.ordered(item("stranger"), "R9", ())
    again = Ledger()
    again.load(json.loads(json.dumps(ledger.pack())))
    assert [row.item for row in again.of("workloads")] == [first, second]
    assert again.rows == ledger.rows
    assert again.rows[first.key].parts == ("R1",)
    # the app of a container is called as it is, and is named once
    ledger.begin("downloads", replace(item("Web"), source="nas"))
    assert (len(ledger.rows), ledger.names()) == (3, ["web", "db"])
    again.back(again.rows[first.key])
    assert [row.item.name for row in again.of("workloads")] == ["db"]
    for damaged in (None, "x", [{}], [{"stage": 1}], [None], [{**ledger.pack()[0], "item": {"source": "e"}}]):
        broken = Ledger()
        broken.load(damaged)
        assert broken.rows == {}


def test_the_options_write_the_plan() -> None:
    plain = plan_of({})
    assert (plain.mode, [each.kind for each in plain.stages]) == (
        Mode.OBSERVE, [Kind.SETTLE, Kind.DOWNLOADS, Kind.JOBS, Kind.WORKLOADS, Kind.NAS],
    )  # fmt: skip
    given = {
        "power_mode": "decide", "power_stages": ["workloads", "downloads", "nonsense"], "power_chosen": ["b", "a"],
        "power_never": ["c"], "power_scripts": ["script.pc"], "power_hold_off": 40, "power_charge": 25,
        "power_seconds": 600, "power_back_minutes": 10, "power_limit_workloads": 300,
    }  # fmt: skip
    plan = plan_of(given)
    kinds = [Kind.SETTLE, Kind.WORKLOADS, Kind.DOWNLOADS, Kind.NAS, Kind.HOSTS]
    assert [each.kind for each in plan.stages] == kinds
    workloads = plan.stages[1]
    assert (workloads.limit, workloads.selectors) == (300.0, ("a", "b"))
    assert (plan.hold_off, plan.thresholds.charge, plan.thresholds.seconds) == (40.0, 25.0, 600.0)
    assert (plan.recovery_after, plan.never_stopped) == (600.0, ("c",))
    # it is approved as it is written, and read back as that
    assert read(json.loads(json.dumps(written(plan)))) == plan
    assert Kind.NAS not in [each.kind for each in plan_of({**given, "power_mode": "prepare"}).stages]
    assert plan_of({"power_mode": "nonsense", "power_hold_off": "x", "power_charge": True}) == plain
    assert power_settings.wrong({"power_wake": "00:1a:2B:3c:4d:5e"}) is None
    assert power_settings.wrong({"power_wake": "nas.local"}) == "not_a_mac"


@dataclass
class Unit:
    """A UPS as its source gives it."""

    contact: str
    reading: Any = None


@dataclass
class Service:
    """The UPS service of a NAS."""

    running: bool | None = True
    at_once_on_battery: bool | None = True
    timer: float | None = 30.0
    hostsync: float | None = 15.0


def test_what_the_machine_is_told() -> None:
    class Said:
        tokens, charge, runtime, load, testing = frozenset({"OB"}), 90.0, 600.0, 20.0, False

    power = power_of(Unit("live", Said()))
    assert (power.link, power.tokens, power.charge) == (Link.FRESH, frozenset({"OB"}), 90.0)
    links = {
        "stale": Link.STALE,
        "driver_gone": Link.DRIVER_GONE,
        "silent": Link.UNREACHABLE,
        "unknown_ups": Link.UNREACHABLE,
    }
    for contact, link in links.items():
        assert power_of(Unit(contact, Said())).link is link
    waiting = power_of(Unit("waiting", Said()))
    assert not waiting.says_something
    assert not power_of(Unit("live")).says_something
    nas = Server("n")
    assert nas_of([], [], own_path=False) == Nas()
    assert nas_of([nas], [Service(), None], own_path=False) == Nas(
        reachable=True, may_ask=True, own_monitor=True, timer=30.0, host_sync=15.0
    )
    assert not nas_of([nas], [], own_path=True).may_ask
    assert not nas_of([nas, Server("m", may_power_off=False)], [], own_path=False).may_ask
    # one that waits for a low battery has no timer, one whose service is off watches nothing
    assert nas_of([nas], [Service(at_once_on_battery=False)], own_path=False).timer is None
    assert not nas_of([nas], [Service(running=False)], own_path=False).own_monitor


def test_a_reading_is_new_once() -> None:
    class Ups:
        id, looks = "ups:a", 4

        def __init__(self, contact: str = "live") -> None:
            self.power_unit = SimpleNamespace(contact=contact)

    ups: Any = Ups()
    readings = Readings()
    assert [readings.is_new(ups), readings.is_new(ups)] == [True, False]
    ups.looks += 1
    assert [readings.is_new(ups), readings.is_new(ups)] == [True, False]
    # another UPS that was read as often, one that waits for its driver, and none at all
    ups.id = "ups:b"
    assert [readings.is_new(ups), readings.is_new(ups)] == [True, False]
    waits: Any = Ups("waiting")
    assert [readings.is_new(waits), readings.is_new(waits), readings.is_new(None)] == [True, True, True]


DECIDES = plan_of({"power_mode": "decide"})


def stands(**more: Any) -> Standing:
    """Return a plan that is well."""
    well: dict[str, Any] = {
        "node": UPS, "ups": "Keeper", "plan": DECIDES, "approved": True, "nas": "truenas", "practised": True,
    }  # fmt: skip
    return Standing(**well | more)


@pytest.mark.parametrize(
    ("rule", "cause", "more"),
    [
        ("power_plan_unapproved", "power_mode_decide", {"approved": False}),
        ("power_plan_powerless", "power_held", {"held": True, "right": "FULL_ADMIN"}),
        ("power_plan_powerless", "power_watching", {"watching": True, "approved": False}),
        ("power_plan_powerless", "power_no_right", {"right": "FULL_ADMIN"}),
        (
            "power_plan_powerless",
            "power_own_path",
            {"refusal": Refusal("own_path", {"reason": "it runs there"})},
        ),
        ("power_plan_powerless", "power_refused", {"refusal": Refusal("strange")}),
        ("power_plan_powerless", "power_no_nas", {"nas": ""}),
        ("power_runtime_short", None, {"cover": Cover(200.0, 180.0, 1.5)}),
        (
            "power_battery_worn",
            None,
            {"health": Health(share=0.6, then=900, now=540, lost_a_year=0.2, days_left=0)},
        ),
        ("power_timer_short", None, {"short": 20.0, "timer": 30.0}),
        ("power_low_too_late", None, {"late": TooLate(60.0, 100.0, measured=True)}),
        ("power_stage_short", None, {"slow": Slow("apps and containers", 180.0, 120.0)}),
        ("power_drill_due", None, {"practised": False}),
    ],
)
def test_what_is_wrong_with_the_plan(rule: str, cause: str | None, more: dict[str, Any]) -> None:
    (found,) = findings("power:home", stands(**more))
    assert (found.rule, found.object, found.evidence.get("cause")) == (rule, UPS, cause)
    assert (found.severity is Severity.HIGH) == (rule == "power_plan_powerless")


def test_a_plan_that_only_reports_lacks_nothing() -> None:
    reports = plan_of({})
    assert not [*findings("p", stands(plan=reports, approved=False, held=True, practised=False, nas=""))]
    assert not [*findings("p", stands())]
    # one request at a time: what is not approved is not to be practised
    (found,) = findings("p", stands(approved=False, practised=False))
    assert found.rule == "power_plan_unapproved"
    # what sheds and waits needs no right to switch off
    assert not [*findings("p", stands(plan=plan_of({"power_mode": "prepare"}), right="FULL_ADMIN", nas=""))]


def test_words_and_a_packet() -> None:
    assert (span(31.4), span(119.0), span(1320.0)) == ("31 s", "119 s", "22 min")
    assert (some([]), some(["a", "b"]), some([*"abcdefgh"])) == ("", "a, b", "a, b, c, d, e, f (+2)")
    magic = packet("00:1a:2b:3c:4d:5e")
    assert len(magic) == 102
    assert magic == b"\xff" * 6 + bytes.fromhex("001a2b3c4d5e") * 16


def test_a_packet_that_leaves(socket_enabled: None) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
        nas.bind(("127.0.0.1", 0))
        nas.settimeout(30)
        assert wake("001A2B3C4D5E", "127.0.0.1", nas.getsockname()[1])
        assert nas.recv(200) == packet("00-1a-2b-3c-4d-5e")
    assert not wake("001A2B3C4D5E", "name.invalid.", 9)

"""What the stages of the plan are about now: what runs, what of it is left alone and why, and in which order it ends."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import heapq
from typing import Any, Final, Protocol

from ...guardian.capabilities import RunsApps
from ...guardian.capabilities_load import PausesJobs, PowersOff, StopsWorkloads, Workload
from ...guardian.capabilities_media import PAUSE_DOWNLOADS, PausesDownloads
from ...guardian.house import House
from ...guardian.own_path import named_node
from ...guardian.topology import Topology
from .plan import Kind, PowerPlan, Stage

# what is stopped comes back by itself after a week at the latest, whatever has become of us
MINUTES: Final = 7 * 24 * 60.0
SHUTDOWN, SNAPSHOT, SCRIPT = "shutdown", "create_snapshot", "run_script"
REASON: Final = "The UPS runs empty"
# what everything of a stage is, in its selectors
EVERYTHING: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a stage: an action of a source. needs: keys of others that it cannot do without.

    seconds: that it may take; at_once: how many of its source end at a time, 0 for all; last: it goes after all that is
    not; node: its node id, "" where it has none.
    """

    source: str
    action: str
    target: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    last: bool = False
    seconds: float = 30.0
    at_once: int = 0
    node: str = ""

    @property
    def key(self) -> str:
        """Return what tells it from all others."""
        return key_of(self.source, self.target)

    def pack(self) -> dict[str, Any]:
        """Return it as the journal holds it."""
        return {
            "source": self.source,
            "action": self.action,
            "target": self.target,
            "name": self.name,
            "params": dict(self.params),
            "needs": sorted(self.needs),
            "last": self.last,
            "seconds": self.seconds,
            "at_once": self.at_once,
            "node": self.node,
        }

    @staticmethod
    def unpack(raw: Mapping[str, Any]) -> Item:
        """Return what was packed. Raises KeyError and TypeError on what is none."""
        return Item(**{**raw, "needs": frozenset(raw["needs"])})


@dataclass(frozen=True, slots=True)
class Spared:
    """Something that runs and is left alone. reason: a key `spared_…` of the texts; why: more of it, in words."""

    name: str
    reason: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What a stage is about now, and what of it is left alone."""

    items: tuple[Item, ...] = ()
    spared: tuple[Spared, ...] = ()


class Around(Protocol):
    """What the plan knows of its surroundings."""

    server: str
    id: str

    @property
    def house(self) -> House:
        """Return where the sources are."""
        ...

    @property
    def topology(self) -> Topology:
        """Return what stands on what."""
        ...

    @property
    def unit_node(self) -> str:
        """Return the node id of the UPS, "" where there is none."""
        ...

    @property
    def elsewhere(self) -> frozenset[str]:
        """Return the canonical node ids of what hangs on another UPS of this server."""
        ...


def key_of(source: str, target: str) -> str:
    """Return what tells one thing from all others."""
    return f"{source} {target}"


def sources_of(around: Around, capability: Any) -> list[Any]:
    """Return the sources of this server that have a capability, without those that are known to hang on another UPS."""
    return [
        each
        for each in around.house.capable(capability)
        if each.server == around.server
        and each.judged
        and each.id != around.id
        and around.elsewhere.isdisjoint(_hosts(around, each.id))
    ]


def machines_of(around: Around) -> list[PowersOff]:
    """Return the machines that this plan may switch off: of several only those that are known to hang on this UPS."""
    found: list[PowersOff] = sources_of(around, PowersOff)
    if len(found) < 2:
        return found
    fed = around.topology.dependants(around.unit_node) if around.unit_node else frozenset[str]()
    return [each for each in found if not fed.isdisjoint(_hosts(around, each.id))]


def _hosts(around: Around, source: str) -> tuple[str, ...]:
    """Return what carries a source as a whole, by canonical node ids."""
    return around.topology.above(f"host:{source}", source)


def load_of(around: Around, plan: PowerPlan, stage: Stage) -> Load:
    """Return what a stage is about now, as it was seen last, without asking."""
    match stage.kind:
        case Kind.DOWNLOADS:
            return Load(tuple(_downloads(around)))
        case Kind.JOBS:
            return _sorted_out(around, plan, stage, _jobs(around, plan))
        case Kind.WORKLOADS:
            return _sorted_out(around, plan, stage, _work(around, StopsWorkloads, "workloads"))
        case Kind.SNAPSHOT:
            return Load(tuple(_snapshots(around)))
        case Kind.NAS:
            return Load(tuple(_machines(around)))
        case Kind.HOSTS:
            return Load(
                tuple(
                    Item(source=around.id, action=SCRIPT, target=each, name=each) for each in stage.selectors
                )
            )
    return Load()


def _downloads(around: Around) -> Iterator[Item]:
    client: PausesDownloads
    for client in sources_of(around, PausesDownloads):
        if client.pauses_downloads and not client.line().paused:
            name = getattr(client, "name", client.id)
            yield Item(
                source=client.id, action=PAUSE_DOWNLOADS, target="", name=name, params={"minutes": MINUTES}
            )


def _work(around: Around, capability: Any, asked: str) -> Iterator[tuple[str, Workload]]:
    """Yield each workload with its source; a container that belongs to an app of a NAS goes with the app."""
    sources = sources_of(around, capability)
    of_apps = {container for each in sources_of(around, RunsApps) for container in each.app_containers()}
    of_apps = {f"container:{each}" for each in of_apps}
    for source in sources:
        for work in getattr(source, asked)():
            if work.action != "stop_container" or of_apps.isdisjoint(work.nodes):
                yield source.id, work


def _jobs(around: Around, plan: PowerPlan) -> Iterator[tuple[str, Workload]]:
    """Yield what goes on for hours, but not of what is stopped as a whole anyway."""
    stages = [stage for stage in plan.stages if stage.kind is Kind.WORKLOADS]
    ends = {each.node for stage in stages for each in load_of(around, plan, stage).items}
    gone = _canonical(around, ends)
    for source, work in _work(around, PausesJobs, "jobs"):
        if gone.isdisjoint(_hosts(around, source)):
            yield source, work


def _sorted_out(around: Around, plan: PowerPlan, stage: Stage, found: Iterable[tuple[str, Workload]]) -> Load:
    items, spared = [], []
    never = _canonical(around, plan.never_stopped)
    chosen = _canonical(around, stage.selectors)
    for source, work in found:
        mine = _canonical(around, (work.node, *work.nodes, named_node(work.name)))
        if reason := around.house.own_path.stands_on(work.nodes):
            spared.append(Spared(work.name, "own_path", reason))
        elif never & mine:
            spared.append(Spared(work.name, "never"))
        elif EVERYTHING in stage.selectors or not stage.selectors or chosen & mine:
            items.append(_item(source, work))
        else:
            spared.append(Spared(work.name, "not_chosen"))
    return Load(tuple(items), tuple(spared))


def _canonical(around: Around, nodes: Iterable[str]) -> frozenset[str]:
    return frozenset(around.topology.canonical(each) for each in nodes)


def _item(source: str, work: Workload) -> Item:
    return Item(
        source=source,
        action=work.action,
        target=work.target,
        name=work.name,
        params={"minutes": MINUTES, **work.params},
        needs=frozenset(key_of(source, each) for each in work.needs),
        last=work.last,
        seconds=work.seconds,
        at_once=work.at_once,
        node=work.node,
    )


def _snapshots(around: Around) -> Iterator[Item]:
    for nas in sources_of(around, PowersOff):
        for pool in nas.snapshot_targets():
            yield Item(source=nas.id, action=SNAPSHOT, target=pool, name=pool, params={"recursive": True})


def _machines(around: Around) -> Iterator[Item]:
    for nas in machines_of(around):
        yield Item(
            source=nas.id, action=SHUTDOWN, target="", name=nas.name, params={"reason": REASON}, seconds=900.0
        )


def waves(items: Collection[Item]) -> list[Sequence[Item]]:
    """Return items in the order in which they end: each wave at once, nothing before what needs it, databases last.

    A circle is nobody's wish; what is in one ends at once.
    """
    found: list[Sequence[Item]] = []
    for some in ([each for each in items if not each.last], [each for each in items if each.last]):
        rest = {each.key: each for each in some}
        while rest:
            needed = frozenset[str]().union(*(each.needs for each in rest.values()))
            wave = [each for each in rest.values() if each.key not in needed] or [*rest.values()]
            found.append(wave)
            for each in wave:
                del rest[each.key]
    return found


def at_most(items: Collection[Item]) -> float:
    """Return the seconds that items take where none ends before it is killed, so many at a time as their sources allow."""
    total = 0.0
    for wave in waves(items):
        sources: dict[str, list[Item]] = {}
        for each in wave:
            sources.setdefault(each.source, []).append(each)
        total += max(map(_one_after_the_other, sources.values()))
    return total


def _one_after_the_other(items: Sequence[Item]) -> float:
    """Return the seconds that items of one source take, each as soon as there is a place."""
    places = [0.0] * (max((each.at_once for each in items), default=0) or len(items))
    for each in items:
        heapq.heapreplace(places, places[0] + each.seconds)
    return max(places)

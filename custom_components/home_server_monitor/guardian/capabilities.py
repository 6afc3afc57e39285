"""Small protocols through which one system's action or play uses another system."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, override, runtime_checkable

from .belonging import Judged, JudgedSource, OfServer
from .contract import Source
from .datasets import RollsBackDatasets, SnapshotsDatasets, SnapshotSeen
from .disks import (
    AnswersFindings,
    Backup,
    DiskPlace,
    ExplainsDisks,
    ExplainsEnds,
    ForgetsDisks,
    InstallsSmartReader,
    KnowsDisks,
    KnowsPools,
    PoolStand,
    ReadsSmart,
    Resilver,
    RetiresDisks,
    TendsDisks,
)

__all__ = [
    "AnswersFindings",
    "AnswersItself",
    "Backup",
    "ChangesForAWhile",
    "DiskPlace",
    "ExplainsDisks",
    "ExplainsEnds",
    "ForgetsDisks",
    "InUse",
    "InstallsSmartReader",
    "KnowsDisks",
    "KnowsPools",
    "Link",
    "MeasuresLinks",
    "OnOff",
    "PoolStand",
    "ReadsSmart",
    "Resilver",
    "RetiresDisks",
    "RollsBackDatasets",
    "RunsApps",
    "RunsServices",
    "Service",
    "Setting",
    "SnapshotSeen",
    "SnapshotsDatasets",
    "TendsDisks",
    "Use",
    "Viewer",
    "Way",
    "setting_of",
]


class Setting(Protocol):
    """Something that can be changed for a while on a system. Values are JSON."""

    async def read(self, target: str) -> Any:
        """Ask the system for the value now; None where what it is about is no more. Raises ClientError."""
        ...

    def shown(self, target: str) -> Any:
        """Return the value as it was seen last, without asking."""
        ...

    def same(self, left: Any, seen: Any) -> bool:
        """Return whether what is seen is what was left."""
        ...

    def strictest(self, values: Sequence[Any]) -> Any:
        """Return the one value that satisfies all; the first one is the original."""
        ...

    async def set_leased(self, target: str, value: Any) -> None:
        """Set the value, having looked once more. Raises ClientError, and NotDone where it certainly is not set.

        It writes and asks nobody: only the leases may call it, for what was approved with its end.
        """
        ...


class OnOff(Setting, Protocol):
    """A setting that is on for as long as anybody wants it; None where what it is about is no more."""

    @override
    def same(self, left: Any, seen: Any) -> bool:
        return left is seen

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return any(values)


@runtime_checkable
class ChangesForAWhile(Protocol):
    """A system on which something can be changed for a while."""

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed, by the names that the steps of its plans use."""
        ...


def setting_of(source: Source | None, name: str) -> Setting | None:
    """Return what can be changed for a while on a source, as it is now; None while that is away."""
    if source is None or not source.judged or not isinstance(source, ChangesForAWhile):
        return None
    return source.settings.get(name)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who watches something. until: about when it ends, None where nobody knows."""

    who: str
    what: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Something that goes on and would be interrupted. kind: names the text `common.use_<kind>`; name: of what.

    viewers: who watches what: for the eyes of who may approve what it holds up, and never in an event, a state or a log.
    """

    kind: str
    name: str
    viewers: tuple[Viewer, ...] = field(default=(), compare=False, repr=False)


@runtime_checkable
class InUse(Protocol):
    """A system that can say what goes on on a server."""

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now."""
        ...

    def in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Return what goes on on these nodes, as it was seen last, without asking."""
        ...

    async def look_in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Ask what goes on on these nodes now. Raises ClientError."""


@runtime_checkable
class RunsApps(OfServer, Protocol):
    """A system whose apps are containers of an engine that may be watched as well."""

    def app_containers(self) -> Mapping[str, str]:
        """Return the names of its apps by the ids of their containers."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A network link of a machine: its speed and what it moves, in bytes a second; None is not known."""

    name: str
    speed: float | None
    received: float | None
    sent: float | None


@runtime_checkable
class MeasuresLinks(Judged, Protocol):
    """A system that measures the links of its machine, whoever uses them."""

    @property
    def names(self) -> frozenset[str]:
        """Return the names and addresses under which this machine is reached, in lower case."""
        ...

    def app_containers(self) -> Mapping[str, str]:
        """Return the names of its apps by the ids of their containers."""
        ...

    def links(self) -> Sequence[Link]:
        """Return its links that are up, as they were measured last, without asking."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a service: the port that it listens on inside its container, and where that is reached from here."""

    inside: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs in containers. name: the one that its source knows it by.

    images: references of what it runs. containers: their ids. page: the address of its web page, as its server shows
    it. host: where every port of it is reached, because it shares the network of its host or has an address of its
    own. product: what it is, for one that is no container. Nothing of its environment is in it.
    """

    name: str
    images: tuple[str, ...]
    containers: frozenset[str] = frozenset()
    ways: tuple[Way, ...] = ()
    page: str | None = None
    host: str | None = None
    running: bool = True
    product: str = ""


@runtime_checkable
class RunsServices(JudgedSource, Protocol):
    """A system that knows which services run on it and where they answer, whether or not they are watched."""

    @property
    def knows_all_services(self) -> bool:
        """Return whether the newest listing was whole, so that a service that it lacks is gone."""
        ...

    def services(self) -> Sequence[Service]:
        """Return the services that there are, running or not, as they were seen last, without asking."""
        ...


@runtime_checkable
class AnswersItself(OfServer, Protocol):
    """A service that can be asked whether it answers, apart from its rhythm."""

    @property
    def places(self) -> frozenset[str]:
        """Return the node ids of the addresses and ports at which it is reached."""
        ...

    async def answers(self) -> bool:
        """Ask it now. Raises ClientError."""
        ...


@runtime_checkable
class NamesTargets(Protocol):
    """A system whose actions are about things that are too many, or too short-lived, to be nodes."""

    def name_of_target(self, target: str) -> str | None:
        """Return what people call a target of its actions, as it was seen last; None where it is not known."""
        ...


def name_of_target(source: Source | None, target: str) -> str | None:
    """Return what people call a target of a source's actions; None where the source names none of them."""
    return source.name_of_target(target) if isinstance(source, NamesTargets) else None

"""What is judged of an engine: its snapshot, the looks before it, and what its containers may use."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ...guardian.capabilities import Link, MeasuresLinks
from ...guardian.contract import Finding
from .aftermath import Aftermath
from .auditing import Auditing
from .closely import Closely
from .leak import Leak
from .leftovers import kept_of, leftover
from .link import full
from .model import Containers
from .quotas import Allowed
from .rules import Case, judge

QUOTAS = ("memory", "cpu", "pids", "restarts", "network", "log", "minutes")


class Others(Protocol):
    """What else is watched (`guardian.house.House`)."""

    instance: str

    def capable(self, capability: Any) -> Iterator[Any]:
        """Yield the sources that have a capability."""
        ...


class Entry(Protocol):
    """What holds the options of the source (Home Assistant's config entry)."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Return them."""
        ...


class Judged(Protocol):
    """The source that is judged; see the coordinator."""

    id: str
    data: Containers
    closely: Closely
    auditing: Auditing
    aftermath: Aftermath

    @property
    def house(self) -> Others:
        """Return what else is watched."""
        ...

    @property
    def config_entry(self) -> Entry:
        """Return what holds the options."""
        ...

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""

    @property
    def machine(self) -> str | None:
        """Return the name or address of the engine's machine."""

    @property
    def watch_hours(self) -> float:
        """Return for how many hours what goes wrong is put down to an update."""
        ...


def findings_of(source: Judged, now: datetime) -> Sequence[Finding]:
    """Return what is wrong, by the newest snapshot."""
    instance = source.house.instance
    beside = [name for name in source.data.containers if leftover(name)]
    kept = {name for name in source.data.containers if kept_of(name, beside, instance)}
    quotas, allowed = source.closely.quotas, allowed_by(source.config_entry.options)
    return judge(
        Case(
            source=source.id,
            data=source.data,
            now=now,
            instance=instance,
            looks=source.closely.looks,
            after=source.aftermath.seen(source.watch_hours),
            kept=frozenset(kept),
            over=quotas.all_over(source.data, allowed, source.auditing.info),
            leaks=_leaks(source, now),
            link=full(source.data, _links(source), float(source.config_entry.options.get("link_mbit", 0))),
        )
    )


def allowed_by(options: Mapping[str, Any]) -> Allowed:
    """Return what a container may use for long."""
    return Allowed(**{key: options[f"quota_{key}"] for key in QUOTAS if f"quota_{key}" in options})


def _leaks(source: Judged, now: datetime) -> Mapping[str, Leak]:
    return {
        name: found
        for name, each in source.data.containers.items()
        if each.started is not None
        if (found := source.closely.quotas.leak(each, (now - each.started).total_seconds())) is not None
    }


def _links(source: Judged) -> Sequence[Link]:
    """Return the links of the engine's machine, where another source of this server measures them."""
    ours = {each.id for each in source.data.containers.values()}
    for other in source.house.capable(MeasuresLinks):
        same = source.machine in other.names or not ours.isdisjoint(other.app_containers())
        if other.server == source.server and other.judged and same:
            found: Sequence[Link] = other.links()
            return found
    return ()

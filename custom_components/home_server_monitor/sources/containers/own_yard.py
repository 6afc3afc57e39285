"""The yard of updates on a watched engine."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import aiohttp

from ...guardian.capabilities import SnapshotSeen
from ...guardian.contract import Refusal, Refused
from ...guardian.own_path import OwnPath
from ..errors import ClientError, NotSupported
from .access import Access
from .aftermath import Aftermath
from .app_probe import AppProbe, answers
from .databases import keeps_a_database
from .dependants import dependants_of
from .gate import STABLE
from .leftovers import leftover
from .member import Member, writable_sources
from .model import Container, Containers
from .nodes import Storage, touched, unknown
from .policies import Policy, Written
from .ports import holder_of
from .raw import Json, name_of, table, text, words
from .redirect import refusal
from .shop import Shop
from .yard import Around


class HasOwnPath(Protocol):
    """What knows what Home Assistant stands on, and how our names begin."""

    @property
    def own_path(self) -> OwnPath:
        """Return what Home Assistant stands on."""
        ...

    @property
    def instance(self) -> str:
        """Return the eight hex digits of this Home Assistant."""
        ...


class Watched(Protocol):
    """The source that watches the engine, as far as updates need it."""

    id: str
    access: Access
    data: Containers

    @property
    def house(self) -> HasOwnPath:
        """Return the house that it is attached to."""
        ...

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        ...

    aftermath: Aftermath
    probes: Mapping[str, AppProbe]
    probe_session: aiohttp.ClientSession

    def note_update(
        self, name: str, reference: str, container: str, wanted: str, digests: Sequence[str] = ()
    ) -> None:
        """Watch the new container of an update, and ask its registry anew. digests: under which its image came."""
        ...

    def note_tried(self, name: str, digests: Sequence[str], reason: str) -> None:
        """Take note that an image did not stay in a container."""
        ...

    async def async_look(self) -> Containers:
        """List now. Raises ClientError."""
        ...


class Alone:
    """No other system is around."""

    async def datasets(self, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Nobody knows of any."""
        return ()

    def storage(self) -> Storage:
        """Nobody knows of any."""
        return unknown

    async def snapshot(self, source: str, dataset: str, name: str) -> str:
        """Nobody can take one."""
        raise NotSupported("snapshots")

    async def has_snapshot(self, source: str, dataset: str, name: str) -> bool:
        """Nobody has one."""
        return False

    async def snapshot_seen(self, source: str, dataset: str, name: str) -> SnapshotSeen | None:
        """Nobody has one."""
        return None

    async def is_as_in(self, source: str, dataset: str, name: str) -> bool:
        """Nobody can tell."""
        raise NotSupported("putting datasets back")

    async def roll_back(self, source: str, dataset: str, name: str) -> None:
        """Nobody can."""
        raise NotSupported("putting datasets back")

    async def answers(self, container: Container) -> bool | None:
        """Nobody knows what is in it."""
        return None

    def spared(self, name: str, touches: frozenset[str]) -> Refusal | None:
        """Nobody protects it."""
        return None

    def lent(self, container_id: str) -> bool:
        """Nobody lends anything."""
        return False

    def kept_id(self, name: str) -> str | None:
        """Nobody noted any."""
        return None

    async def permitted(self, written: Written) -> bool:
        """Nobody approved it."""
        return False


class OwnYard:
    """What updates know of one watched engine."""

    gate_stable = STABLE

    def __init__(self, source: Watched) -> None:
        self._source = source
        self.workshop = Shop(source.access.client)
        self.around: Around = Alone()

    @property
    def id(self) -> str:
        """Return the id of the source."""
        return self._source.id

    @property
    def instance(self) -> str:
        """Return the eight hex digits of this Home Assistant."""
        return self._source.house.instance

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        return self._source.gate_timeout

    def member(self, name: str) -> Container | None:
        """Return a container as it was listed last."""
        return self._source.data.containers.get(name)

    def dependants(self, name: str) -> Sequence[Container]:
        """Return those in its namespaces, in the order in which they are made anew."""
        containers = self._source.data.containers
        return dependants_of(containers.values(), containers[name])

    async def refusal(self, inspect: Json) -> Refusal | None:
        """Return why a container may not be made anew here. Raises ClientError."""
        source, name = self._source, name_of(inspect)
        engine = source.data.engine
        image = await self.workshop.look_at_image(text(inspect.get("Image"))) or {}
        digests = words(image.get("RepoDigests"))
        if not digests:
            named = await self.workshop.look_at_image(text(table(inspect.get("Config")).get("Image"))) or {}
            digests = words(named.get("RepoDigests"))
        found = refusal(
            inspect,
            digests,
            podman=engine is not None and engine.kind == "podman",
            own=source.house.own_path.stands_on(self.touched(name)),
            names=source.data.containers,
            instance=self.instance,
        )
        if found is None and self.around.lent(text(inspect.get("Id"))):
            # a new one would have for good what this one has for a while
            return Refusal("changed_for_a_while", {"target": name})
        return found

    def touched(self, name: str) -> frozenset[str]:
        """Return the node ids of all that stands still meanwhile."""
        source = self._source
        if name not in source.data.containers:
            return frozenset()
        return touched(source.id, source.data, name, source.access.machine)

    def is_never(self, name: str) -> bool:
        """Return whether a container is never updated from here."""
        item = self._source.data.shown.get(name)
        return item is not None and item.policy == Policy.NEVER

    def is_database(self, inspect: Json) -> bool:
        """Return whether a container keeps a database."""
        return keeps_a_database(text(table(inspect.get("Config")).get("Image")))

    async def answers(self, container: Container) -> bool | None:
        """Return whether the application in a container answers, or None where nobody knows how to ask it."""
        if (probe := self._source.probes.get(container.name)) is not None:
            return await answers(self._source.probe_session, probe)
        return await self.around.answers(container)

    def updated(self, member: Member, *, container: str, wanted: str, digests: Sequence[str] = ()) -> None:
        """Take note of an update that went through: what goes wrong from now on may come of it."""
        self._source.aftermath.note_kept(member.parked, member.old)
        self._source.note_update(member.name, member.reference, container, wanted, digests)

    def kept_id(self, name: str) -> str | None:
        """Return the id of the container that an update from here kept under a name: what is saved may be lost."""
        return self._source.aftermath.kept.get(name) or self.around.kept_id(name)

    async def holder(self, name: str, port: int) -> str:
        """Return which other container has a port of the machine, "" where none has."""
        found = await self._source.async_look()
        return holder_of(found.containers.values(), port, name)

    async def went_back(
        self, names: Sequence[str], stamp: str, digests: Sequence[str] = (), reason: str = ""
    ) -> None:
        """Take note of an update that was taken back; its data is offered where a snapshot of it is there."""
        self._source.note_tried(names[0], digests, reason)
        snapshot, taken = f"hsm-{self.instance}-update-{stamp}", None
        try:
            inspect = await self.workshop.look(names[0]) or {}
            for source, dataset in await self.around.datasets(writable_sources(inspect)):
                seen = await self.around.snapshot_seen(source, dataset, snapshot)
                taken = seen if taken is None else taken
        except ClientError, Refused:
            # what is not known is not offered
            taken = None
        self._source.aftermath.note_back(names, snapshot if taken else "")

    def snapshot_before(self, name: str) -> str | None:
        """Return the name of the snapshot of before the update that was taken back last."""
        found = self._source.aftermath.back.get(name)
        return found.snapshot if found else None

    def writers(self, name: str) -> Mapping[str, Sequence[str]]:
        """Return, of all other containers, the paths on the host that they may write to."""
        return {
            other: [mount.source for mount in each.mounts if mount.writable and mount.source]
            for other, each in self._source.data.containers.items()
            # what an update of it left behind is itself
            if other != name and (leftover(other) or ("", ""))[0] != name
        }

    def data_back(self, name: str) -> None:
        """Take note that the data of a container is as it was before its update."""
        self._source.aftermath.note_data_back(name)

    async def relist(self) -> None:
        """Read the containers anew, so that everybody sees what has changed."""
        found = await self._source.async_look()
        if not found.skipped:
            self._source.aftermath.forget_kept(found.containers)

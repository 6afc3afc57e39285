"""An update of a container, joined with the storage under it and with the service inside it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ..guardian.capabilities import AnswersItself, RollsBackDatasets, SnapshotsDatasets, SnapshotSeen
from ..guardian.contract import Plan, Refusal, Refused, Risk
from ..guardian.house import House
from ..guardian.own_path import endpoint_node
from ..sources.containers.model import Container, Containers
from ..sources.errors import ClientError, NotSupported, PermissionDenied
from .standing import Written, desk_of, permitted
from .update_policy import UPDATE_ALL


class Engine(Protocol):
    """The engine that a container is updated on."""

    id: str

    @property
    def written(self) -> Written:
        """Return what the options say about updates."""
        ...

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def machine(self) -> str | None:
        """Return the name or address of its machine, where that is known."""
        ...

    @property
    def data(self) -> Containers:
        """Return its newest snapshot."""
        ...


class Around:
    """What the other systems of the same server add to updates on one engine."""

    def __init__(self, house: House, engine: Engine) -> None:
        self._house = house
        self._engine = engine
        # those whose key turned out to lack the right: the next plan does without, and so says
        self._denied: set[str] = set()

    async def datasets(self, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Return (source, dataset) behind paths of the engine's machine, each once.

        Only where a NAS is known to be that machine: it is reached under the same name or address, or its own apps
        are containers of this engine.
        """
        found: dict[tuple[str, str], None] = {}
        for nas in self._storage():
            for path in paths:
                dataset = nas.dataset_of(path)
                if dataset is not None and not self._is_protected(nas.id, dataset):
                    found[nas.id, dataset] = None
        return tuple(found)

    def storage(self) -> Callable[[Sequence[str]], frozenset[str]]:
        """Return what finds the node ids of the datasets behind paths, also of those that nobody may touch."""
        machines = tuple(self._machines())

        def found(paths: Sequence[str]) -> frozenset[str]:
            held = ((nas.id, nas.dataset_of(path)) for nas in machines for path in paths)
            return frozenset(f"dataset:{source}:{dataset}" for source, dataset in held if dataset)

        return found

    async def snapshot(self, source: str, dataset: str, name: str) -> str:
        """Take a snapshot and return its full name. Raises ClientError and Refused."""
        nas = self._nas(source)
        try:
            return await nas.snapshot_dataset(dataset, name)
        except PermissionDenied:
            self._denied.add(source)
            raise

    async def has_snapshot(self, source: str, dataset: str, name: str) -> bool:
        """Ask whether there is a snapshot of that name. Raises ClientError."""
        return await self._nas(source).has_snapshot(dataset, name)

    async def snapshot_seen(self, source: str, dataset: str, name: str) -> SnapshotSeen | None:
        """Return a snapshot with what is newer. Raises ClientError, and Refused where that is not sure."""
        return await self._rolls_back(source).snapshot_seen(dataset, name)

    async def is_as_in(self, source: str, dataset: str, name: str) -> bool:
        """Return whether a dataset holds what its snapshot holds, as far as sizes tell. Raises ClientError."""
        return await self._rolls_back(source).is_as_in(dataset, name)

    async def roll_back(self, source: str, dataset: str, name: str) -> None:
        """Put a dataset back to its newest snapshot. Raises ClientError."""
        nas = self._rolls_back(source)
        if self._is_protected(source, dataset):
            raise Refused(Refusal("protected", {"target": dataset}))
        await nas.roll_back_dataset(dataset, name)

    def _rolls_back(self, source: str) -> RollsBackDatasets:
        if not isinstance(nas := self._nas(source), RollsBackDatasets):
            raise NotSupported("putting datasets back")
        return nas

    def _nas(self, source: str) -> SnapshotsDatasets:
        """Return a NAS that is the engine's machine. Raises NotSupported."""
        nas = next((each for each in self._storage() if each.id == source), None)
        if nas is None:
            raise NotSupported("snapshots")
        return nas

    def _is_protected(self, source: str, dataset: str) -> bool:
        """Return whether nobody may touch a dataset, not even with a snapshot."""
        guardian = self._house.guardian(self._engine.server)
        protected = guardian.desk.policy.settings.protected if guardian is not None else ()
        return f"dataset:{source}:{dataset}" in protected

    def spared(self, name: str, touches: frozenset[str]) -> Refusal | None:
        """Return why nobody may update a container, whoever approves it: it, or what stands on it, is protected."""
        if (desk := desk_of(self._house, self._engine)) is None:
            return None
        plan = Plan(
            action="update_container",
            target=name,
            fingerprint="",
            steps=(),
            risk=Risk.MEDIUM,
            touches=touches,
            takes_away=True,
        )
        return desk.policy.spare(self._engine.id, plan)

    def lent(self, container_id: str) -> bool:
        """Return whether something of a container is changed for a while, by whichever source."""
        if (desk := desk_of(self._house, self._engine)) is None:
            return False
        return any(each.target.partition(" ")[0] == container_id for each in desk.leases.changes.values())

    def kept_id(self, name: str) -> str | None:
        """Return the id of the container that an update kept under a name, by the journal."""
        desk = desk_of(self._house, self._engine)
        members = (
            member
            for record in (desk.records.values() if desk is not None else ())
            if (record.source, record.action) == (self._engine.id, "update_container")
            for member in record.plan.before.get("members", ())
        )
        return next((str(each["old"]) for each in members if each.get("parked") == name), None)

    async def permitted(self, written: Written) -> bool:
        """Return whether an admin approved in advance what is written about updates, to the letter."""
        desk = desk_of(self._house, self._engine)
        if desk is None:
            return False
        return await permitted(desk, UPDATE_ALL, self._engine.id, written) is not None

    async def answers(self, container: Container) -> bool | None:
        """Return whether the service in a container answers, or None where none that is connected is in it."""
        machine = self._engine.machine
        places = {
            endpoint_node(machine, port.host_port) for port in container.ports if machine and port.host_port
        }
        service: AnswersItself
        for service in self._house.capable(AnswersItself):
            if service.server == self._engine.server and not places.isdisjoint(service.places):
                try:
                    return await service.answers()
                except ClientError:
                    return False
        return None

    def _storage(self) -> Iterator[SnapshotsDatasets]:
        """Yield what is the engine's machine and may take snapshots."""
        return (nas for nas in self._machines() if nas.id not in self._denied)

    def _machines(self) -> Iterator[SnapshotsDatasets]:
        machine = self._engine.machine
        containers = {each.id for each in self._engine.data.containers.values()}
        nas: SnapshotsDatasets
        for nas in self._house.capable(SnapshotsDatasets):
            if nas.server == self._engine.server and (
                (machine and machine.lower() in nas.names) or not containers.isdisjoint(nas.app_containers())
            ):
                yield nas

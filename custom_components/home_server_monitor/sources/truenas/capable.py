"""What other systems of the house, plays and the guardian may ask of one TrueNAS: its capabilities."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from homeassistant.util import dt as dt_util

from ...guardian.capabilities import AnswersItself, DiskPlace, Link, PoolStand, Service, SnapshotSeen, Use
from ...guardian.capabilities_load import Workload
from ...guardian.capabilities_power import TriesFactoryPassword, UpsService
from ...guardian.capabilities_streams import Medium
from ...guardian.contract import Refused
from ...guardian.own_path import endpoint_node, is_loopback
from ...prediction.reading import Reading
from ..errors import ClientError
from ..fed import FedCoordinator
from . import load, rolling_back
from .app import App
from .app_install import INSTALL
from .apps import services_of
from .catalogue import APP as SCRUTINY
from .client import TrueNasClient
from .links import links_of
from .listings import read_smart
from .media import medium_of
from .memory import Memory
from .methods import Operation, method_of, supports
from .model import TrueNas
from .nodes import dataset_node, names_of
from .releases import V25_04
from .rights import holds
from .smart import Asked, places_of, readings_of
from .snapshots import find, not_ours_at
from .stands import stands_of
from .ups_service import feeds, offered, ups_service_of
from .uses import look_in_use, uses


class CapableTrueNas(FedCoordinator[TrueNas]):
    """Answers from the snapshot where it can, and asks the NAS where what holds now is wanted."""

    client: TrueNasClient
    memory: Memory

    @abstractmethod
    async def connect(self) -> None:
        """Connect, where there is no connection. Raises ClientError."""

    @abstractmethod
    async def async_look(self, *keys: str) -> TrueNas:
        """Read these feeds now, show and return the snapshot. Raises ClientError."""

    @cached_property
    def _smart_asked(self) -> Asked:
        """What its disks said of themselves when they were asked last."""
        return Asked()

    @property
    def instance(self) -> str:
        """Return the 8 hex digits that our names on the server carry."""
        return self.house.instance

    def met(self, instance: str) -> None:
        """Note that something of another Home Assistant stood in the way, and have that judged."""
        self.memory.met[instance] = dt_util.utcnow().timestamp()
        self.house.updated(self)

    def in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Return what goes on here, as it was seen last."""
        return tuple(uses(self.id, self.data, nodes))

    async def look_in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Ask what goes on here now. Raises ClientError."""
        return await look_in_use(self, nodes)

    def app_containers(self) -> Mapping[str, str]:
        """Return the names of the apps by the ids of their containers (capability RunsApps)."""
        apps = self.data.apps if self.data is not None else {}
        return {container: name for name, app in apps.items() for container in app.containers}

    @property
    def knows_all_services(self) -> bool:
        """Return whether an app that was not listed is gone."""
        return "apps" in self.data.complete and "apps" not in self.data.stale

    def services(self) -> Sequence[Service]:
        """Return the apps and the UPS service, and where they answer (capability RunsServices)."""
        host = self.client.url.host or ""
        return *services_of(self.data.apps, host), *offered(self.data, host)

    @property
    def hangs_on(self) -> frozenset[str]:
        """Return the node ids of the UPS that feeds it (capability HasUpsService)."""
        data, url = self.data, self.client.url
        return (
            feeds(data, names_of(data, (url.host or "", url.port or 0))) if data is not None else frozenset()
        )

    @property
    def ups_service(self) -> UpsService | None:
        """Return how its UPS service is set (capability HasUpsService)."""
        return ups_service_of(self.data)

    @property
    def tried_factory_password(self) -> bool:
        """Return whether somebody tried the factory password of its UPS service, so that nobody need guess."""
        return any(
            each.server == self.server
            and each.factory_password is not None
            and any(node.aliases & self.hangs_on for node in each.nodes)
            for each in self.house.capable(TriesFactoryPassword)
        )

    def links(self) -> Sequence[Link]:
        """Return the links that are up, and what they move (capability MeasuresLinks)."""
        return links_of(self.data)

    def workloads(self) -> Sequence[Workload]:
        """Return the apps and machines that run (capability StopsWorkloads)."""
        return tuple(load.workloads(self.id, self.data, self.client.url.host or ""))

    async def look_well(self, targets: Collection[str]) -> Mapping[str, bool]:
        """Ask whether apps and machines run (capability StopsWorkloads). Raises ClientError."""
        return load.well(await self.async_look(*load.feeds_of(targets)), targets)

    def jobs(self) -> Sequence[Workload]:
        """Return the scrubs and copies that could rest (capability PausesJobs)."""
        return tuple(load.jobs(self.id, self.data))

    @property
    def power_off_right(self) -> str:
        """Return the role that switching it off takes (capability PowersOff)."""
        return method_of(Operation.SHUTDOWN, self.client.release).role

    @property
    def may_power_off(self) -> bool:
        """Return whether the key may switch it off (capability PowersOff)."""
        # older ones know no roles: each key is an administrator's
        return self.client.release < V25_04 or holds(self.data.roles, self.power_off_right)

    def snapshot_targets(self) -> Sequence[str]:
        """Return the pools that are there (capability PowersOff)."""
        return tuple(pool.name for pool in self.data.pools.values() if pool.size is not None)

    @property
    def names(self) -> frozenset[str]:
        """Return the names and addresses under which this NAS is reached (capability SnapshotsDatasets)."""
        host = (self.client.url.host or "").lower()
        return frozenset({host} if host and not is_loopback(host) else ())

    def dataset_of(self, path: str) -> str | None:
        """Return the dataset that holds a path below /mnt (capability SnapshotsDatasets)."""
        name = path.removeprefix("/mnt/").strip("/") if path.startswith("/mnt/") else ""
        while name and name not in self.data.datasets:
            name = name.rpartition("/")[0]
        return name or None

    @property
    def processor(self) -> str:
        """Return the name of the processor (capability KnowsMedia)."""
        system = self.data.system if self.data is not None else None
        return (system.model or "") if system is not None else ""

    def medium_of(self, path: str) -> tuple[Medium, str] | None:
        """Return what a path is kept on (capability KnowsMedia)."""
        return medium_of(self.data, path) if self.data is not None else None

    async def read_smart(self, known: Collection[str] = ()) -> Mapping[str, Reading]:
        """Return SMART readings by serial, but of `known` (capability ReadsSmart). Raises ClientError.

        Never wakes a disk, and asks none twice within an hour.
        """
        method_of(Operation.SMART_ATTRIBUTES, self.client.release)
        now = dt_util.utcnow()
        wanted = {disk.serial for disk in self.data.disks.values() if disk.serial}.difference(known)
        recent = self._smart_asked.recent(now)
        if not wanted <= recent:
            data = await self.async_look("temperatures")
            found = readings_of(data, await read_smart(self, data, recent.union(known)), self.name)
            self._smart_asked.note(wanted - recent, found, now)
        return self._smart_asked.newest(wanted)

    def listed_disks(self) -> frozenset[str] | None:
        """Return the serials of its disks, None while they are not listed in whole (capability ReadsSmart)."""
        data = self.data
        if data is None or "disks" not in data.complete:
            return None
        return frozenset(disk.serial for disk in data.disks.values() if disk.serial)

    async def smart_history(self, serial: str) -> Sequence[Reading]:
        """Return nothing: TrueNAS keeps no older readings (capability ReadsSmart)."""
        return ()

    def disk_places(self) -> Mapping[str, DiskPlace]:
        """Return the disks by serial (capability KnowsDisks)."""
        return places_of(self.id, self.data) if self.data is not None else {}

    @property
    def smart_reader(self) -> tuple[str, str] | None:
        """Return action and target that install what reads SMART, where the key may (capability InstallsSmartReader)."""
        release, data = self.client.release, self.data
        if data is None or SCRUTINY in data.apps or not supports(Operation.CREATE_APP, release):
            return None
        role = method_of(Operation.CREATE_APP, release).role
        may = release < V25_04 or holds(data.roles, role)
        return (INSTALL, SCRUTINY) if may else None

    def pool_stands(self) -> Mapping[str, PoolStand]:
        """Return the pools by guid (capability KnowsPools)."""
        return stands_of(self.data, self.memory) if self.data is not None else {}

    def missed_disks(self) -> frozenset[str]:
        """Return the disks that were here and are not listed any more (capability ForgetsDisks)."""
        data = self.data
        if data is None or "disks" not in data.complete:
            return frozenset()
        return frozenset(self.memory.disks.keys() - data.disks.keys())

    def forget_disk(self, serial: str) -> None:
        """Miss a disk no more that another one took the place of (capability ForgetsDisks)."""
        if self.memory.forget_disk(serial):
            self.house.updated(self)

    async def snapshot_dataset(self, dataset: str, name: str) -> str:
        """Take a snapshot (capability SnapshotsDatasets: for the guardian's runner only) and return its full name.

        Raises ClientError, and Refused where another Home Assistant has left one there.
        """
        await self.connect()
        if refusal := await not_ours_at(self, dataset):
            raise Refused(refusal)
        await self.client.ask(Operation.CREATE_SNAPSHOT, dataset, name, False)
        return f"{dataset}@{name}"

    def folders_of(self, app: App) -> Sequence[str]:
        """Return the datasets behind the folders that an app writes to, without the protected ones.

        Of one that does not run the server tells no folders.
        """
        return self.unprotected(dataset for each in app.folders if (dataset := self.dataset_of(each)))

    def unprotected(self, datasets: Iterable[str]) -> Sequence[str]:
        """Return those that may be touched, each once."""
        guardian = self.house.guardian(self.server)
        protected = guardian.desk.policy.settings.protected if guardian is not None else ()
        return [each for each in dict.fromkeys(datasets) if dataset_node(self.id, each) not in protected]

    async def app_answers(self, app: App) -> bool | None:
        """Return whether the service in an app answers, or None where none that is connected is in it."""
        host = self.client.url.host or ""
        places = {endpoint_node(host, port) for port in app.ports}
        for service in self.house.capable(AnswersItself):
            if service.server == self.server and not places.isdisjoint(service.places):
                try:
                    return bool(await service.answers())
                except ClientError:
                    return False
        return None

    async def snapshot_seen(self, dataset: str, name: str) -> SnapshotSeen | None:
        """Return a snapshot and what is newer (capability RollsBackDatasets). Raises ClientError and Refused."""
        await self.connect()
        return await rolling_back.seen(self, dataset, name)

    async def is_as_in(self, dataset: str, name: str) -> bool:
        """Return whether a dataset is as in its snapshot (capability RollsBackDatasets). Raises ClientError."""
        await self.connect()
        return await rolling_back.is_as_in(self, dataset, name)

    async def roll_back_dataset(self, dataset: str, name: str) -> None:
        """Put a dataset back (capability RollsBackDatasets: for the guardian's runner only). Raises ClientError."""
        await self.connect()
        await rolling_back.put_back(self, dataset, name)

    async def has_snapshot(self, dataset: str, name: str) -> bool:
        """Ask whether a dataset has a snapshot of this name (capability SnapshotsDatasets). Raises ClientError."""
        await self.connect()
        return bool(await find(self, "id", f"{dataset}@{name}"))

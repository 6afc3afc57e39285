"""What other systems of the house, the guardian and updates may ask of one engine: from its snapshot and its options."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, override

from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...entity import unique_id
from ...guardian.capabilities import ReadsSmart, Service, Setting
from ...guardian.capabilities_load import Workload
from ...guardian.capabilities_streams import Exposure, Given
from ...guardian.own_path import is_loopback
from ...prediction.reading import Reading
from ..fed import FedCoordinator
from . import load
from .access import Access
from .aftermath import WATCHED_HOURS
from .audit import Report
from .audit_actions import ENGINE
from .gate import TIMEOUT
from .model import Container, Containers
from .passed import exposure_of, given_in
from .policies import Written
from .services import owner_of_network, services_here
from .smart_reading import SmartReading


class CapableEngine(FedCoordinator[Containers]):
    """Answers without asking the engine."""

    access: Access
    smart: SmartReading
    _settings: Mapping[str, Setting]

    @property
    def machine(self) -> str | None:
        """Return the name or address of the engine's machine, as the entry spells it, where that is known."""
        return self.access.machine

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        return float(self.config_entry.options.get("gate_timeout", TIMEOUT))

    @property
    def watch_hours(self) -> float:
        """Return for how many hours what goes wrong is put down to an update; 0 is never."""
        return float(self.config_entry.options.get("watch_hours", WATCHED_HOURS))

    @property
    def written(self) -> Written:
        """Return what the options say about updates."""
        return Written.of(self.config_entry.options)

    def skipped(self, name: str, version: str) -> bool:
        """Return whether a person skipped this version at the update entity, which keeps that."""
        wanted = unique_id(self.id, "container", name, "container_update")
        entity = er.async_get(self.hass).async_get_entity_id("update", DOMAIN, wanted)
        state = self.hass.states.get(entity) if entity else None
        return state is not None and state.attributes.get("skipped_version") == version

    @property
    def knows_all_services(self) -> bool:
        """Return whether a container that was not listed is gone."""
        return self.complete("containers")

    def services(self) -> Sequence[Service]:
        """Return what there is, and where it answers from here (capability RunsServices)."""
        return services_here(self.data, self.access, self.house.own_path.home)

    def workloads(self) -> Sequence[Workload]:
        """Return the containers that run (capability StopsWorkloads)."""
        return tuple(load.workloads(self.id, self.data, self.access.machine))

    @abstractmethod
    async def async_look(self, *feeds: str) -> Containers:
        """List now, the containers where nothing else is named. Raises ClientError."""

    async def look_well(self, targets: Collection[str]) -> Mapping[str, bool]:
        """Ask whether containers run and are well (capability StopsWorkloads). Raises ClientError."""
        return load.well(await self.async_look(), targets)

    @property
    def host(self) -> str | None:
        """Return the name or address of the engine's machine, where it is known and means the same to everybody."""
        found = self.access.machine
        return None if found is None or is_loopback(found) else found

    @override
    def forget(self, identifier: str) -> bool:
        kind, _, key = identifier.removeprefix(f"{self.id}_").partition("_")
        present: Mapping[str, Mapping[str, Any]] = {
            "container": self.data.shown,
            "stack": self.data.stacks,
        }
        return identifier != self.id and key not in present.get(kind, {})

    def report_of(self, target: str) -> Report | None:
        """Return the newest report on a container, or on the engine."""
        return self.data.audit if target == ENGINE else self.data.audits.get(target)

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed for a while (capability ChangesForAWhile)."""
        return self._settings

    @property
    def pauses_containers(self) -> bool:
        """Return that a container can rest for a while (capability PausesContainers)."""
        return True

    def runs(self, container: str) -> bool:
        """Return whether a container runs here, by its id (capability KnowsContainers)."""
        found = self._by_id(container)
        return found is not None and found.running

    def busy(self, container: str) -> float | None:
        """Return which share of the processor a container took (capability KnowsContainers)."""
        found = self._by_id(container)
        engine, usage = self.data.engine, self.data.usage.get(found.name) if found else None
        if engine is None or not engine.cpus or usage is None or usage.cpu_percent is None:
            return None
        return None if "usage" in self.data.stale else usage.cpu_percent / (100 * engine.cpus)

    def exposure(self, container: str, port: int) -> Exposure | None:
        """Return where a port of a container is open (capability KnowsContainers)."""
        found = self._by_id(container)
        return exposure_of(owner_of_network(self.data, found), port) if found is not None else None

    async def given(self, container: str) -> Given:
        """Ask what a container is given (capability KnowsContainers). Raises ClientError."""
        root = self.data.engine.root_dir if self.data is not None and self.data.engine else None
        return given_in(await self.access.client.inspect(container), root)

    def _by_id(self, container: str) -> Container | None:
        containers = self.data.containers.values() if self.data is not None else ()
        return next((each for each in containers if each.id == container), None)

    async def read_smart(self, known: Collection[str] = ()) -> Mapping[str, Reading]:
        """Return what smartctl told in a container (capability ReadsSmart); nobody is asked. Raises ClientError."""
        return self.smart.told()

    def listed_disks(self) -> frozenset[str] | None:
        """Return the serials of the disks that a container has, None while that is not known (capability ReadsSmart)."""
        return self.smart.listed()

    async def smart_history(self, serial: str) -> Sequence[Reading]:
        """Return nothing: smartctl keeps no older readings (capability ReadsSmart)."""
        return ()

    @property
    def smart_is_read_elsewhere(self) -> bool:
        """Return whether a Scrutiny of the same server is connected, so that no command is run for what it tells."""
        return any(
            source.server == self.server and getattr(source, "kind", "") == "smart"
            for source in self.house.capable(ReadsSmart)
        )

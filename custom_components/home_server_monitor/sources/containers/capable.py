"""What other systems of the house, plays and the guardian may ask of one engine: its capabilities."""

from collections.abc import Collection, Mapping, Sequence

from ...guardian.capabilities import ReadsSmart, Service, Setting
from ...prediction.reading import Reading
from ..fed import FedCoordinator
from .access import Access
from .model import Containers
from .services import services_here
from .smart_reading import SmartReading


class CapableEngine(FedCoordinator[Containers]):
    """Answers from what was seen, without asking."""

    access: Access
    smart: SmartReading
    _settings: Mapping[str, Setting]

    def services(self) -> Sequence[Service]:
        """Return what runs, and where it answers from here (capability RunsServices)."""
        return services_here(self.data, self.access, self.house.own_path.home)

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed for a while (capability ChangesForAWhile)."""
        return self._settings

    async def read_smart(self, known: Collection[str] = ()) -> Mapping[str, Reading]:
        """Return what smartctl told in a container (capability ReadsSmart); nobody is asked. Raises ClientError."""
        return self.smart.told()

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

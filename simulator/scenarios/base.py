"""What a scenario is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.storage import Disk, Pool

if TYPE_CHECKING:
    from simulator.simulation import Simulation
    from simulator.world import World


class Scenario(ABC):
    """One thing that happens. `about` is the line that a person reads on its button.

    `buttons`: what is written on each button that switches it on, and with which parameters.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    # making it happen again is its next step
    goes_on: ClassVar[bool] = False
    buttons: ClassVar[Mapping[str, Mapping[str, Any]]] = {"On": {}}

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim

    @property
    def world(self) -> World:
        """The world that it happens to."""
        return self.sim.world

    @abstractmethod
    async def on(self, **params: Any) -> None:
        """Make it happen."""

    async def off(self) -> None:
        """Undo it; nothing where it cannot be undone."""
        return

    def pool(self, name: str) -> Pool:
        """A pool that must exist."""
        pool = self.world.pool(name)
        if pool is None:
            raise KeyError(name)
        return pool

    def disk(self, name: str) -> Disk:
        """A disk by its kernel name or serial."""
        for disk in self.world.disks:
            if name in (disk.name, disk.serial):
                return disk
        raise KeyError(name)

"""A whole home server that answers on loopback: demo, end-to-end tests, fault suite and benchmarks use it."""

from .calls import Call
from .faults import Fault, Faults
from .harbour import Containers, Harbour
from .media.mooring import Media
from .runner import run
from .simulation import Simulation
from .world import World

__all__ = ["Call", "Containers", "Fault", "Faults", "Harbour", "Media", "Simulation", "World", "run"]

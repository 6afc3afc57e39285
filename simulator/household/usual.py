"""What the tables of services have in common."""

from typing import Any

from simulator.engine import Behaviour

MIB = 1 << 20
KIB = 1 << 10
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"


def uses(cpu: float, megabytes: int, cache: int = 60, **more: Any) -> Behaviour:
    """What a process uses at rest: CPU in per cent of a core, memory and page cache in MiB."""
    return Behaviour(cpu=cpu, memory=megabytes * MIB, cache=cache * MIB, **more)

"""One container as an engine knows it: how it is, where it is reached, what it holds, what it may use and does use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import re
from types import MappingProxyType
from typing import Any

# how `network_mode` says that a container lives in the namespace of another one
JOINED = "container:"
_MADE_UP_NAME = re.compile(r"[0-9a-f]{64}")


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


def owner_of(mode: str | None) -> str | None:
    """Return whose namespace a mode such as `container:<id>` names, or None."""
    return mode.removeprefix(JOINED) if mode and mode.startswith(JOINED) else None


class State(StrEnum):
    """The states of a container."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"

    @property
    def has_ended(self) -> bool:
        """Whether its exit code is one: a running container has that of its last life, or 0."""
        return self in (State.EXITED, State.RESTARTING, State.DEAD)


class HealthStatus(StrEnum):
    """What a container's health check says; `none` where it has no check."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """What the health check says, how often in a row it failed, and the last line that it printed."""

    status: HealthStatus = HealthStatus.NONE
    failing_streak: int = 0
    last_output: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a container; `host_port` is None where it is not published, `host_ip` None where on all addresses."""

    host_ip: str | None
    host_port: int | None
    port: int
    protocol: str


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount: `kind` bind, volume or tmpfs; `source` a path on the host, `name` that of a volume."""

    kind: str
    source: str | None
    name: str | None
    target: str
    writable: bool

    @property
    def anonymous(self) -> bool:
        """Whether it is a volume that nobody gave a name."""
        return self.kind == "volume" and bool(self.name and _MADE_UP_NAME.fullmatch(self.name))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container may use: cores, bytes, processes; None is without limit."""

    cpu: float | None = None
    memory: int | None = None
    pids: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container. What only an inspection tells is None, or empty, until `inspected`.

    `image` is the reference as somebody typed it, `image_id` what it runs. `labels` may hold secrets: never shown,
    never logged. `joins` are the names of the containers whose network, IPC or PID namespace it uses; an id instead
    of a name where that container is gone. `network_mode` names the container in the same way.
    """

    id: str
    name: str
    image: str
    image_id: str | None
    state: State | None
    health: Health = Health()
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    oom_killed: bool | None = None
    restart_count: int | None = None
    restart_policy: str | None = None
    labels: Mapping[str, str] = field(default_factory=_none, repr=False)
    project: str | None = None
    service: str | None = None
    depends_on: tuple[str, ...] = ()
    network_mode: str | None = None
    joins: tuple[str, ...] = ()
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    limits: Limits = Limits()
    # whether its log is a file that nothing keeps small
    log_grows: bool = False
    inspected: bool = False

    @property
    def running(self) -> bool:
        """Whether its processes run; neither paused nor waiting for a restart."""
        return self.state is State.RUNNING

    @property
    def network(self) -> str:
        """Whose network it uses: `own`, `host`, `none`, or `shared:<name>`; `own` also before that is known."""
        mode = self.network_mode or ""
        if mode.startswith(JOINED):
            return f"shared:{mode.removeprefix(JOINED)}"
        return mode if mode in ("host", "none") else "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a container; `at` in nanoseconds since 1970, as `since` wants it."""

    action: str
    id: str
    name: str | None
    at: int
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a running container uses now; None is unknown or not measurable here.

    Percent of one core for the processor, bytes without the page cache for memory, bytes per second and bytes since
    the start for the network and the disks. `throttled_percent` is the share of periods in which the quota bit.
    The network is counted at its owner only: `network` says whose it is, see `Container.network`.
    """

    cpu_percent: float | None = None
    memory: int | None = None
    memory_limit: int | None = None
    memory_percent: float | None = None
    rx_rate: float | None = None
    tx_rate: float | None = None
    rx_total: int | None = None
    tx_total: int | None = None
    read_rate: float | None = None
    write_rate: float | None = None
    pids: int | None = None
    pids_limit: int | None = None
    throttled_percent: float | None = None
    network: str = "own"


NO_USAGE = Usage()

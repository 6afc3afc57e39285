"""What is known of one engine and its containers at one moment: immutable, comparable, nothing secret in a repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import re
from types import MappingProxyType
from typing import Any, Literal

from .audit import Report

# how `network_mode` says that a container lives in the namespace of another one
JOINED = "container:"
_MADE_UP_NAME = re.compile(r"[0-9a-f]{64}")


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


class State(StrEnum):
    """The states of a container."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


class HealthStatus(StrEnum):
    """What a container's health check says; `none` where it has no check."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Unknown(StrEnum):
    """Why it cannot be known whether there is a newer image."""

    PINNED = "pinned"
    LOCAL = "local"
    DENIED = "denied"
    MISSING = "missing"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that the engine keeps; `digests` are `repository@sha256:…`, the links are https only."""

    id: str
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    created: datetime | None = None
    size: int | None = None
    version: str | None = None
    revision: str | None = None
    source_url: str | None = None
    url: str | None = None
    documentation_url: str | None = None
    # what its author wrote about updates: no wish of whoever runs it
    update_label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What the registry has under a reference; `reason` says why `latest_digest` is None.

    published: when the newest image was made, as its author wrote; seen: when it was seen here first; moved: when it
    was seen first where another one was before; version, source_url, url: of its labels, the links https only.
    """

    reference: str
    installed_digest: str | None
    latest_digest: str | None = None
    checked: datetime | None = None
    reason: Unknown | None = None
    published: datetime | None = None
    seen: datetime | None = None
    moved: datetime | None = None
    version: str | None = None
    source_url: str | None = None
    url: str | None = None
    # whether its registry was asked about it
    described: bool = False

    @property
    def since(self) -> datetime | None:
        """Return since when the newest image can be had at least: what is not told counts from when it was seen.

        Whoever makes an image writes its age at will: it was not to be had while another one was.
        """
        known = [each for each in (self.published, self.moved) if each]
        return max(known, default=self.seen)

    @property
    def available(self) -> bool | None:
        """Whether there is a newer image; None where that cannot be known."""
        if self.latest_digest is None or self.installed_digest is None:
            return None
        return self.latest_digest != self.installed_digest


@dataclass(frozen=True, slots=True)
class Watched:
    """All that is known of one container, put together once for each snapshot."""

    container: Container
    usage: Usage = Usage()
    image: Image | None = None
    update: Update | None = None
    # of the permission audit, None where it could not look
    score: int | None = None
    policy: str = "ask"
    # whether an old one of an update is kept beside it
    kept: bool = False
    # whether its data of before an update that was taken back is
    data_kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The engine and its host; memory in bytes. `id` is None where the engine makes up a new one for each question."""

    id: str | None
    name: str
    version: str
    api_version: str
    min_api_version: str | None = None
    kind: Literal["docker", "podman"] = "docker"
    os: str | None = None
    architecture: str | None = None
    cpus: int | None = None
    memory: int | None = None
    storage_driver: str | None = None
    cgroup_version: int | None = None
    root_dir: str | None = None
    security_options: tuple[str, ...] = ()
    live_restore: bool | None = None
    swarm: bool = False
    default_runtime: str | None = None
    insecure_registries: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes that one kind of thing uses, and how much of that would come free; None is unknown."""

    used: int | None = None
    reclaimable: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """What the engine keeps on disk; the logs of containers are not in it, for the engine does not tell."""

    images: Space = Space()
    containers: Space = Space()
    volumes: Space = Space()
    build_cache: Space = Space()


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume; `size` and `refs` (containers that use it) are told by a listing of the disk use only."""

    name: str
    driver: str | None = None
    size: int | None = None
    refs: int | None = None
    anonymous: bool = False
    project: str | None = None
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack that was made in Portainer; `containers` are the names of those that belong to it."""

    id: int
    name: str
    kind: Literal["compose", "swarm", "other"]
    status: Literal["active", "inactive", "other"]
    project: str
    git: bool = False
    containers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """One snapshot of an engine.

    `containers`, `usage` and `shown` (what of them has a device here) by name, `images` by id, `updates` by reference,
    `volumes` and `stacks` by name. `stale`
    holds the feeds whose values are too old to be shown, `complete` those that were listed in full, `skipped` counts
    the records that could not be read, by feed. `audits` and `scores` by name, `audit` of the engine itself, `score` of both.
    """

    engine: Engine | None = None
    containers: Mapping[str, Container] = field(default_factory=_none)
    usage: Mapping[str, Usage] = field(default_factory=_none)
    shown: Mapping[str, Watched] = field(default_factory=_none)
    images: Mapping[str, Image] = field(default_factory=_none)
    updates: Mapping[str, Update] = field(default_factory=_none)
    disk: DiskUse | None = None
    volumes: Mapping[str, Volume] = field(default_factory=_none)
    stacks: Mapping[str, Stack] = field(default_factory=_none)
    stale: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=_none)
    audits: Mapping[str, Report] = field(default_factory=_none)
    audit: Report | None = None
    score: int | None = None
    scores: Mapping[str, int] = field(default_factory=_none)

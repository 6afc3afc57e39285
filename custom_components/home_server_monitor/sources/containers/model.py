"""What is known of one engine and its containers at one moment: immutable, comparable, nothing secret in a repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from .audit import Report
from .container import (
    JOINED,
    NO_USAGE,
    Container,
    Event,
    Health,
    HealthStatus,
    Limits,
    Mount,
    Port,
    State,
    Usage,
)

__all__ = [
    "JOINED",
    "NO_USAGE",
    "Container",
    "Containers",
    "DiskUse",
    "Engine",
    "Event",
    "Health",
    "HealthStatus",
    "Image",
    "Limits",
    "Mount",
    "Network",
    "Port",
    "Space",
    "Stack",
    "State",
    "Unknown",
    "Update",
    "Usage",
    "Volume",
    "Watched",
]


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


class Unknown(StrEnum):
    """Why it cannot be known whether there is a newer image."""

    PINNED = "pinned"
    LOCAL = "local"
    DENIED = "denied"
    MISSING = "missing"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"


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
    usage: Usage = NO_USAGE
    image: Image | None = None
    update: Update | None = None
    # of the permission audit, None where it could not look
    score: int | None = None
    policy: str = "ask"
    # whether an old one of an update is kept beside it
    kept: bool = False
    # whether its data of before an update that was taken back is
    data_kept: bool = False
    # when its newest image was tried and put back, in seconds since 1970, and a key `gate_…` of the texts or nothing
    tried: tuple[float, str] | None = None


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
class Network:
    """A network of the engine; `subnets` as they are written, such as `172.17.0.0/16`.

    `parent` is the interface of the machine that it is on, `mode` how it is: both of macvlan and ipvlan only.
    """

    name: str
    driver: str
    internal: bool = False
    parent: str | None = None
    mode: str | None = None
    subnets: tuple[str, ...] = ()

    @property
    def on_lan(self) -> bool:
        """Whether its containers have addresses of their own in the network that the machine is in.

        Without a parent it leads nowhere, and what an ipvlan routes is reached only where somebody set a route.
        """
        routed = self.driver == "ipvlan" and self.mode in ("l3", "l3s")
        return self.driver in ("macvlan", "ipvlan") and bool(self.parent) and not self.internal and not routed


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
    `volumes`, `networks` and `stacks` by name. `stale`
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
    networks: Mapping[str, Network] = field(default_factory=_none)
    stacks: Mapping[str, Stack] = field(default_factory=_none)
    stale: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=_none)
    audits: Mapping[str, Report] = field(default_factory=_none)
    audit: Report | None = None
    score: int | None = None
    scores: Mapping[str, int] = field(default_factory=_none)

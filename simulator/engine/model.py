"""The objects of an engine. `config` and `host` are the API's own documents: the engine keeps them as they are."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from .behaviour import Behaviour

type Doc = dict[str, Any]
type State = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]
type HealthStatus = Literal["starting", "healthy", "unhealthy"]

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an image; `digest` is its blob's, `size` in bytes."""

    digest: str
    size: int


@dataclass(slots=True, eq=False)
class Image:
    """An image of the local store. `behaviour` is what a container of it does unless told otherwise."""

    ident: str
    created: float
    size: int
    config: Doc
    layers: tuple[Layer, ...]
    behaviour: Behaviour
    manifest: str = ""
    tags: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    tagged_at: float = 0.0


@dataclass(slots=True, eq=False)
class Network:
    """A network; `used` are the addresses that are taken."""

    ident: str
    name: str
    driver: str
    created: float
    subnet: str | None = None
    gateway: str | None = None
    gateway_shown: bool = True
    internal: bool = False
    labels: Doc = field(default_factory=dict)
    options: Doc = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    next_host: int = 2


@dataclass(slots=True, eq=False)
class Endpoint:
    """A container's place in a network; what is None is only there while it runs."""

    network: str
    ipam: Doc | None = None
    aliases: list[str] | None = None
    links: list[str] | None = None
    options: Doc | None = None
    user_mac: str = ""
    priority: int = 0
    network_ident: str = ""
    ident: str = ""
    address: str = ""
    mac: str = ""


@dataclass(slots=True, eq=False)
class Volume:
    """A volume; `size` is what it holds."""

    name: str
    created: float
    labels: Doc | None
    size: int = 0
    anonymous: bool = False


@dataclass(slots=True, eq=False)
class Mount:
    """Something that is mounted into a container. `name` is a volume's."""

    kind: Literal["bind", "volume", "tmpfs"]
    source: str
    target: str
    name: str = ""
    mode: str = ""
    writable: bool = True
    propagation: str = ""


@dataclass(slots=True)
class Probe:
    """One run of a health check."""

    start: float
    end: float
    code: int
    output: str


@dataclass(slots=True, eq=False)
class Health:
    """What the health check says."""

    status: HealthStatus = "starting"
    streak: int = 0
    log: deque[Probe] = field(default_factory=lambda: deque(maxlen=5))


@dataclass(slots=True)
class Meter:
    """Counters as they stood at `since` (the clock) and `moved` (the clock's motion); they run on from there."""

    since: float = 0.0
    moved: float = 0.0
    cpu: float = 0.0
    received: float = 0.0
    sent: float = 0.0
    read: float = 0.0
    written: float = 0.0
    leaked: float = 0.0
    periods: float = 0.0
    throttled: float = 0.0


@dataclass(slots=True, eq=False)
class Container:
    """A container. `runs` counts its starts, `revision` every change of what a listing shows of it."""

    ident: str
    name: str
    created: float
    reference: str
    image: Image
    config: Doc
    host: Doc
    mounts: list[Mount]
    endpoints: dict[str, Endpoint]
    state: State = "created"
    started: float | None = None
    finished: float | None = None
    exit_code: int = 0
    error: str = ""
    out_of_memory: bool = False
    pid: int = 0
    restarts: int = 0
    backoff: float = 0.0
    stopped_by_hand: bool = False
    health: Health | None = None
    acts: Behaviour | None = None
    sandbox: str = ""
    ports: dict[str, list[Doc]] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    said: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=1000))
    runs: int = 0
    revision: int = 0
    size_rw: int = 0
    execs: list[str] = field(default_factory=list)
    cached: Any = None

    @property
    def behaviour(self) -> Behaviour:
        """What its process does."""
        return self.acts or self.image.behaviour

    @property
    def alive(self) -> bool:
        """Whether its process runs; a paused one does, one between two restarts does not."""
        return self.state in ("running", "paused")

    @property
    def labels(self) -> Doc:
        """Its labels."""
        labels: Doc = self.config["Labels"]
        return labels

    @property
    def network_mode(self) -> str:
        """`bridge`, `host`, `none`, a network's name, or `container:` and an id."""
        mode: str = self.host["NetworkMode"]
        return mode

    def touch(self) -> None:
        """What a listing shows of it has changed."""
        self.revision += 1


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `at` in nanoseconds."""

    kind: str
    action: str
    ident: str
    attributes: dict[str, str]
    at: int
    origin: str | None = None


@dataclass(slots=True, eq=False)
class Exec:
    """A command in a container."""

    ident: str
    container: Container
    command: tuple[str, ...]
    tty: bool = False
    stdout: bool = False
    stderr: bool = False
    code: int | None = None

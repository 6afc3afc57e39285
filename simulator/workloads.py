"""What runs on the server: apps with their containers, services, virtual machines, system containers."""

from dataclasses import dataclass, field
from typing import Literal

type AppState = Literal["CRASHED", "DEPLOYING", "RUNNING", "STOPPED", "STOPPING"]
type ContainerState = Literal["crashed", "created", "exited", "running", "starting"]


@dataclass(slots=True)
class AppContainer:
    """One container of an app."""

    service: str
    image: str
    ident: str
    state: ContainerState = "running"
    mounts: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class App:
    """An app from the catalogue. Versions are (catalogue version, version of the software)."""

    name: str
    title: str
    port: int
    container_port: int
    version: tuple[str, str]
    containers: list[AppContainer]
    cpu: float
    memory: int
    train: str = "community"
    state: AppState = "RUNNING"
    latest: tuple[str, str] | None = None
    image_updates: bool = False
    earlier: list[tuple[str, str]] = field(default_factory=list)
    # versions of the catalogue whose containers end
    broken: set[str] = field(default_factory=set)
    counters_since: float = 0.0

    def set_state(self, state: AppState) -> None:
        """Move the app and its containers together."""
        self.state = state
        now: dict[AppState, ContainerState] = {
            "RUNNING": "running",
            "DEPLOYING": "starting",
            "STOPPED": "exited",
            "STOPPING": "running",
            "CRASHED": "crashed",
        }
        for container in self.containers:
            container.state = now[state]


@dataclass(slots=True)
class Service:
    """A system service."""

    number: int
    name: str
    enable: bool
    running: bool
    pids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Machine:
    """A virtual machine."""

    number: int
    name: str
    memory_mib: int
    cores: int
    volume: str
    state: Literal["RUNNING", "STOPPED", "SUSPENDED"] = "RUNNING"
    pid: int | None = 48211
    autostart: bool = True


@dataclass(slots=True)
class SystemContainer:
    """A system container: an Incus instance on 25.x, an LXC one from 26."""

    number: int
    name: str
    distribution: str
    address: str
    running: bool = True
    autostart: bool = True
    memory: int = 2 << 30

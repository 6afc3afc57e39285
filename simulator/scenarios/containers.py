"""What can happen to a container."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Literal, override

from simulator.engine import Container, Engine, EngineError, lifecycle, process
from simulator.engine.create import create
from simulator.household import Household
from simulator.household.service import Service

from .base import Scenario

MIB = 1 << 20


class OnHarbour(Scenario):
    """A scenario that needs an engine."""

    @property
    def household(self) -> Household:
        """What runs on the engine."""
        return self.sim.harbour.household

    @property
    def engine(self) -> Engine:
        """The engine."""
        return self.household.engine

    def find(self, name: str) -> Container:
        """A container that must exist."""
        if name not in self.engine.names:
            raise KeyError(name)
        return self.engine.names[name]

    def start(self, container: Container) -> None:
        """Start it, where that is possible."""
        with suppress(EngineError):
            process.start(self.engine, container)


class _Behaving(OnHarbour):
    """Its process does something else for a while."""

    target: Container

    def behave(self, name: str, **changes: Any) -> None:
        """From now on."""
        self.target = self.find(name)
        process.behave(self.engine, self.target, **changes)

    @override
    async def off(self) -> None:
        process.behave_again(self.engine, self.target)
        if self.target.state in ("restarting", "exited") and self.target.ident in self.engine.containers:
            self.target.runs += 1
            self.target.state = "exited"
            self.start(self.target)


class CrashLoop(_Behaving):
    """It ends a moment after each start."""

    name = "crash_loop"
    about = "A container crashes, again and again"

    @override
    async def on(
        self,
        container: str = "sonarr",
        code: int = 1,
        after: float = 0.5,
        words: str = "[Fatal] ConsoleApp: EPIC FAIL! database disk image is malformed",
        **_: Any,
    ) -> None:
        self.behave(container, exits_after=after, exit_code=code, last_words=words)


class OomLoop(_Behaving):
    """It is killed for want of memory, and starts again."""

    name = "oom_loop"
    about = "A container runs out of memory, again and again"

    @override
    async def on(self, container: str = "radarr", after: float = 0.5, **_: Any) -> None:
        self.behave(container, exits_after=after, exit_code=137, out_of_memory=True)


class ContainerUnhealthy(_Behaving):
    """It runs, but its health check fails."""

    name = "container_unhealthy"
    about = "A container's health check fails"

    @override
    async def on(
        self, container: str = "immich_server", output: str = "API failed to respond: timeout\n", **_: Any
    ) -> None:
        self.behave(container, healthy=False, probe_output=output)

    @override
    async def off(self) -> None:
        process.behave_again(self.engine, self.target)


class MemoryLeak(_Behaving):
    """It takes more and more memory."""

    name = "memory_leak"
    about = "A container leaks memory"

    @override
    async def on(self, container: str = "sonarr", megabytes_an_hour: float = 120.0, **_: Any) -> None:
        self.behave(container, leak=megabytes_an_hour * MIB)


class LogGrowth(_Behaving):
    """It writes and writes."""

    name = "log_growth"
    about = "A container floods its log"

    @override
    async def on(
        self,
        container: str = "seerr",
        lines_a_minute: float = 6000.0,
        line: str = "[debug] retrying in 0 ms",
        **_: Any,
    ) -> None:
        self.behave(container, lines_a_minute=lines_a_minute, lines=(line,))


class CpuHog(_Behaving):
    """It takes all the CPU that it gets."""

    name = "cpu_hog"
    about = "A container takes all the CPU that it gets"

    @override
    async def on(self, container: str = "tautulli", percent: float = 390.0, **_: Any) -> None:
        self.behave(container, cpu=percent)


class Traffic(_Behaving):
    """It sends as much as the line carries; rates in MiB a second."""

    name = "traffic"
    about = "A container fills the line"

    @override
    async def on(
        self, container: str = "gluetun", received: float = 110.0, sent: float = 2.0, **_: Any
    ) -> None:
        self.behave(container, received=received * MIB, sent=sent * MIB)


type Kind = Literal["good", "unhealthy", "exits", "start_fails", "slow", "needs_more"]


class ImageUpdate(OnHarbour):
    """A newer image is pushed; what it is like shows only when it runs."""

    name = "image_update"
    about = (
        "A newer image of sonarr is published; what it is like shows only when it runs. "
        "Home Assistant sees it after Settings, System, Updates, Check for updates"
    )
    buttons: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "A good one": {},
        "Its health check fails": {"kind": "unhealthy"},
        "It ends after 20 s": {"kind": "exits"},
        "It cannot start": {"kind": "start_fails"},
    }
    KINDS: ClassVar[dict[str, dict[str, Any]]] = {
        "good": {},
        "unhealthy": {"healthy": False, "probe_output": "curl: (7) Failed to connect to localhost\n"},
        "exits": {
            "exits_after": 20.0,
            "exit_code": 1,
            "last_words": "migration failed: table already exists",
        },
        "start_fails": {
            "start_error": "failed to create task for container: failed to create shim task: OCI runtime create failed: "
            'runc create failed: unable to start container process: exec: "/init": permission denied'
        },
        "slow": {"ready_after": 90.0},
        "needs_more": {"needs": ("NEW_REQUIRED_SETTING",)},
    }

    @override
    async def on(
        self, container: str = "sonarr", kind: Kind = "good", version: str = "4.0.16.2944", **_: Any
    ) -> None:
        service = self.household.services[container]
        self._service = service
        repository = self.household.store.repositories[self.household.remote(service)]
        self._before = repository.tags[service.tag]
        acts = service.acts.with_(**self.KINDS[kind])
        self.household.publish(service, f"{version}-{kind}", acts=acts, at=self.world.clock.now())

    @override
    async def off(self) -> None:
        repository = self.household.store.repositories[self.household.remote(self._service)]
        repository.push(self._service.tag, self._before)


class ContainerStopped(OnHarbour):
    """Somebody stops it."""

    name = "container_stopped"
    about = "Somebody stops a container"

    @override
    async def on(self, container: str = "seerr", **_: Any) -> None:
        self._target = self.find(container)
        await lifecycle.stop(self.engine, self._target)

    @override
    async def off(self) -> None:
        if not self._target.alive:
            self.start(self._target)


class ContainerRemoved(OnHarbour):
    """Somebody removes it."""

    name = "container_removed"
    about = "Somebody removes a container"

    @override
    async def on(self, container: str = "tautulli", **_: Any) -> None:
        target = self.find(container)
        self._service = self.household.services.get(container)
        process.remove(self.engine, target, force=True)

    @override
    async def off(self) -> None:
        if self._service is not None and self._service.name not in self.engine.names:
            self.start(create(self.engine, self._service.name, self.household.body(self._service, {}))[0])


class ContainerAdded(OnHarbour):
    """Somebody starts one more."""

    name = "container_added"
    about = "Somebody starts a new container"

    @override
    async def on(self, container: str = "speedtest", like: str = "caddy", **_: Any) -> None:
        pattern: Service = self.household.services[like]
        body = self.household.body(pattern, {})
        body["HostConfig"]["PortBindings"] = {}
        body["Labels"] = {}
        body["NetworkingConfig"] = None
        body["HostConfig"]["NetworkMode"] = "bridge"
        made = create(self.engine, container, body)[0]
        process.start(self.engine, made)
        self._made = made

    @override
    async def off(self) -> None:
        if self._made.ident in self.engine.containers:
            process.remove(self.engine, self._made, force=True, volumes=True)


class PortTaken(OnHarbour):
    """A process of the host takes a port: what publishes it cannot be started again."""

    name = "port_taken"
    about = "A process of the host takes a port that a container publishes"

    @override
    async def on(self, port: str = "8989/tcp", **_: Any) -> None:
        self._port = port
        self.engine.held_ports.add(port)

    @override
    async def off(self) -> None:
        self.engine.held_ports.discard(self._port)


CONTAINERS: tuple[type[Scenario], ...] = (
    CrashLoop,
    OomLoop,
    ContainerUnhealthy,
    MemoryLeak,
    LogGrowth,
    CpuHog,
    Traffic,
    ImageUpdate,
    ContainerStopped,
    ContainerRemoved,
    ContainerAdded,
    PortTaken,
)

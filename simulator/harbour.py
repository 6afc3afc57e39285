"""Everything about containers that answers: the engine, Portainer in front of it, and the registry."""

from dataclasses import dataclass, field
from pathlib import Path
import ssl
from typing import Any, Literal

from . import smartctl, tls as certificates
from .docker import Docker
from .engine import Engine, Store, power, release_named
from .engine.releases import Api
from .household import Household, build_household, with_apps
from .portainer import Portainer
from .portainer.engines import Real, Simulated
from .registry import RegistryFace
from .servers import Servers
from .serving import Face
from .wire import Wire
from .world import World

FACES = ("docker", "portainer", "registry")
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Containers:
    """What is asked for.

    `count` containers, or the house's own; `api` names the engine; `portainer` its version, `buffered` whether it
    holds streams back. `engine_url` puts a real engine behind Portainer. `pace` times what takes time, `latency`
    seconds are added to each request. `socket` lets the engine answer there, too. `ports` of engine, Portainer and
    registry; 0 takes a free one. `alone`: Portainer manages that engine and nothing else. `tls` of the engine: none, `server`, or `mutual`, where a client must show
    `Harbour.client`. `apps`: it is the engine beneath the NAS, which has the containers of its apps.
    """

    count: int | None = None
    api: str = "1.51"
    cgroup: Literal[1, 2] | None = None
    store: Literal["graph", "containerd"] | None = None
    oldest: Api | None = None
    portainer: str = "2.33"
    buffered: bool = False
    engine_url: str | None = None
    alone: bool = False
    latency: float = 0.0
    pace: float = 0.1
    socket: Path | None = None
    tls: Literal["server", "mutual"] | None = None
    apps: bool = False
    ports: tuple[int, int, int] = (0, 0, 0)


@dataclass(slots=True)
class _Mooring:
    """A face and the cable in front of it."""

    face: Face
    wire: Wire = field(default_factory=lambda: Wire(0))


class Harbour:
    """See the module."""

    household: Household
    docker: Docker
    portainer: Portainer
    registry: RegistryFace

    def __init__(self, asked: Containers, world: World, *, secure: bool) -> None:
        self._asked = asked
        self._world = world
        self._secure = secure
        self._moorings: dict[str, _Mooring] = {}
        # what the engine shows, and what a client must show it
        self.certificate = certificates.make("docker.local") if asked.tls else None
        self.client = certificates.make("docker-client") if asked.tls == "mutual" else None

    # What clients need

    @property
    def engine(self) -> Engine:
        """The engine's state."""
        return self.household.engine

    @property
    def docker_url(self) -> str:
        """Where the Engine API answers."""
        return f"{'https' if self.certificate else 'http'}://{LOOPBACK}:{self.wire('docker').port}"

    @property
    def portainer_url(self) -> str:
        """Where Portainer answers."""
        return f"{'https' if self._secure else 'http'}://{LOOPBACK}:{self.wire('portainer').port}"

    @property
    def registry_url(self) -> str:
        """Where the registry answers."""
        return f"http://{LOOPBACK}:{self.wire('registry').port}"

    def wire(self, face: str) -> Wire:
        """The cable in front of a face."""
        return self._moorings[face].wire

    def face(self, name: str) -> Face:
        """A face by its name; KeyError for an unknown one."""
        return self._moorings[name].face

    # Life

    async def open(self, servers: Servers, context: ssl.SSLContext | None) -> None:
        """Begin to answer; the registry first, for its address is part of every image's name."""
        docker_port, portainer_port, registry_port = self._asked.ports
        now = self._world.clock.now
        self.registry = RegistryFace(Store("not yet"), now, latency=self._asked.latency)
        await self._moor("registry", self.registry, servers, registry_port, None)
        self.registry.http = self.registry_url
        self.household = self._world.household = self._build()
        self.registry.store = self.household.store
        latency = self._asked.latency
        self.docker = Docker(self.engine, latency=latency)
        self.docker.sample_pace = 1.0
        url = self._asked.engine_url
        self.portainer = Portainer(
            self.household,
            Real(url) if url else Simulated(self.docker),
            self.docker.routes,
            version=self._asked.portainer,
            buffered=self._asked.buffered,
            alone=self._asked.alone,
            latency=latency,
        )
        await self._moor("docker", self.docker, servers, docker_port, self._docker_context())
        await self._moor("portainer", self.portainer, servers, portainer_port, context)
        if self._asked.socket is not None:
            await servers.serve_socket(self.docker.app(), self._asked.socket)

    async def _moor(
        self, name: str, face: Face, servers: Servers, port: int, context: ssl.SSLContext | None
    ) -> None:
        wire = Wire(await servers.serve(face.app(), 0, context))
        await wire.start(port)
        self._moorings[name] = _Mooring(face, wire)

    def _docker_context(self) -> ssl.SSLContext | None:
        if self.certificate is None:
            return None
        context = certificates.server_context(self.certificate)
        if self.client is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self.client.certificate.decode())
        return context

    def _build(self) -> Household:
        asked, world = self._asked, self._world
        household = build_household(
            world.clock,
            world.seed,
            release_named(asked.api, cgroup=asked.cgroup, store=asked.store, oldest=asked.oldest),
            count=asked.count,
            registry_host=f"{LOOPBACK}:{self.wire('registry').port}",
            name=world.hostname,
            cpus=world.threads,
            memory=world.memory,
        )
        household.engine.pace = asked.pace
        household.engine.programs["smartctl"] = smartctl.program(lambda: self._world)
        if asked.apps:
            with_apps(household, world)
        return household

    async def close(self) -> None:
        """Stop answering."""
        for mooring in self._moorings.values():
            await mooring.wire.stop()
        await self.portainer.close()

    def reset(self, world: World) -> None:
        """Everything as at the start, in another world."""
        self._world = world
        self.household = world.household = self._build()
        self.docker.attach(self.engine)
        self.portainer.attach(self.household)
        self.registry.store, self.registry.now = self.household.store, world.clock.now
        self.docker.blocked, self.docker.read_only = (), False
        for mooring in self._moorings.values():
            mooring.face.faults.clear()
            mooring.face.calls.clear()
            mooring.wire.set_black_hole(False)
            mooring.wire.set_slow(False)
            mooring.wire.drop()

    # Going down and coming up

    async def engine_down(self) -> None:
        """The engine stops, with everything in it; Portainer goes on without it."""
        power.shut_down(self.engine)
        self.docker.feeds.cut()
        if isinstance(self.portainer.behind, Simulated):
            self.portainer.behind.reachable = False
        await self.wire("docker").stop()

    async def engine_up(self) -> None:
        """The engine starts, and what its policies say."""
        power.boot(self.engine)
        if isinstance(self.portainer.behind, Simulated):
            self.portainer.behind.reachable = True
        await self.wire("docker").start()

    async def down(self) -> None:
        """The whole machine goes down."""
        await self.engine_down()
        for mooring in self._moorings.values():
            await mooring.wire.stop()

    async def up(self) -> None:
        """The machine is up again."""
        await self.engine_up()
        for mooring in self._moorings.values():
            await mooring.wire.start()

    # Seen from the switchboard

    def state(self) -> dict[str, Any]:
        """What a person wants to know at a glance."""
        return {
            **self.engine.snapshot(),
            "stacks": {stack.name: stack.status for stack in self.household.stacks.values()},
            "streams": self.docker.feeds.open,
            "faults": {
                name: [fault.kind for fault in mooring.face.faults.active]
                for name, mooring in self._moorings.items()
            },
        }

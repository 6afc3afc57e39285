"""A running simulation: the world, its faces, the cable in front of them, the switchboard beside them."""

import asyncio
import ssl
from typing import Any

from . import tls as certificates
from .arr.mooring import Arrs
from .build import build
from .calls import Call, CallLog
from .clock import Clock
from .control import control_app
from .doors import SCRUTINY
from .faults import Faults
from .harbour import Harbour
from .load import Chatter
from .media.mooring import PLEX
from .nut import Nut
from .outages import Outages
from .plex import PlexFace
from .quay import Quay
from .scenarios import SCENARIOS, Scenario
from .scrutiny import ScrutinyFace
from .servers import Servers
from .truenas.face import TrueNAS
from .truenas.releases import Release
from .wanted import Profile, Wanted
from .wire import Wire
from .world import World


class Simulation(Outages):
    """Everything that `simulator.run` hands out."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._tls = wanted.tls
        self.downtime = wanted.downtime
        self.log = CallLog()
        self.faults = Faults()
        self.faults.on_server_fault = self._server_fault
        self.certificate = certificates.kept(wanted.state_dir) if wanted.tls else None
        self._ssl: ssl.SSLContext | None = None
        self.world: World = self._new_world(moving=wanted.profile == "idle-noise")
        self.truenas = self._new_truenas()
        self._collector = Quay(secure=wanted.tls and wanted.scrutiny_tls)
        self.scrutiny = ScrutinyFace(self.world, latency=wanted.latency) if wanted.scrutiny else None
        if self.scrutiny is not None:
            self._collector.add(SCRUTINY, self.scrutiny, wanted.scrutiny_port)
        self._nut = Nut(self.world, lambda kind: self._power(kind, 0.0)) if wanted.ups else None
        self._moor()
        self._chatter = Chatter(self.world.clock.now())
        self._fill()
        self.scenarios: dict[str, Scenario] = {}
        self.stopped = asyncio.Event()
        self._servers = Servers()
        self._wire: Wire | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._control_port = 0

    def _new_world(self, *, moving: bool) -> World:
        wanted = self._wanted
        world = build(Clock(moving=moving), seed=wanted.seed, disks=wanted.disks, apps=wanted.apps)
        world.jobs.pace = wanted.job_pace
        for name, port in wanted.app_ports.items():
            if name in world.apps:
                world.apps[name].port = port
        return world

    def _new_truenas(self) -> TrueNAS:
        wanted = self._wanted
        face = TrueNAS(
            self.world,
            Release.parse(wanted.version),
            self.log,
            self.faults,
            secure=wanted.tls,
            latency=wanted.latency,
            auth_delay=wanted.auth_delay,
            loopback_is_remote=wanted.loopback_is_remote,
            unauthenticated_limit=wanted.unauthenticated_limit,
            event_pace=wanted.event_pace,
        )
        face.power = self._power
        face.cut = self._cut
        return face

    def _moor(self) -> None:
        """Let what else was asked for be there: containers, download clients, the Arrs."""
        wanted, media, containers = self._wanted, self._wanted.media, self._wanted.containers
        self._harbour = Harbour(containers, self.world, secure=wanted.tls) if containers is not None else None
        self.quay = Quay(secure=wanted.tls and media is not None and media.secure)
        if media is not None:
            media.furnish(self.world.media)
            media.moor(self.quay, self.world.media, wanted.latency)
        self._arrs = None
        if wanted.arrs:
            second = wanted.load is not None
            # on the clients of the house, where it has some
            self._arrs = Arrs(
                self.world, self.quay, wanted.arr_base, wanted.latency, wanted.arr_ports, second=second
            )

    def _fill(self) -> None:
        if (load := self._wanted.load) is not None:
            load.fill(self.world.media, self.arrs, self._stage.theatre)

    @property
    def _stage(self) -> PlexFace:
        face = self.quay.face(PLEX)
        assert isinstance(face, PlexFace)
        return face

    # What tests count

    @property
    def calls(self) -> list[Call]:
        """Every call since the start or the last reset."""
        return self.log.calls

    @property
    def refusals(self) -> list[Call]:
        """Calls that were refused."""
        return self.log.refusals

    @property
    def logins(self) -> int:
        """How many logins succeeded."""
        return self.truenas.logins

    @property
    def sessions(self) -> int:
        """Open WebSockets."""
        return len(self.truenas.sessions)

    # Life

    async def open(self, port: int, control_port: int) -> None:
        """Begin to answer."""
        if self.certificate is not None:
            self._ssl = certificates.server_context(self.certificate)
        inner = await self._servers.serve(self.truenas.app(), 0, self._ssl)
        self._wire = Wire(inner)
        await self._wire.start(port)
        if self._harbour is not None:
            await self._harbour.open(self._servers, self._ssl)
        await self._collector.open(self._servers, self._ssl)
        if self._nut is not None:
            await self._nut.open(self._wanted.ups_port, self.world)
        await self.quay.open(self._servers, self._ssl)
        self._control_port = await self._servers.serve(control_app(self), control_port, None)
        self.spawn(self._ticking())

    async def close(self) -> None:
        """Stop everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._wire is not None:
            await self._wire.stop()
        if self._harbour is not None:
            await self._harbour.close()
        await self._collector.close()
        if self._nut is not None:
            await self._nut.close()
        if self._arrs is not None:
            await self._arrs.close()
        await self.quay.close()
        for session in list(self.truenas.sessions.values()):
            await session.close()
        await self._servers.close()

    async def _ticking(self) -> None:
        while True:
            self._tick()
            await asyncio.sleep(0.05)

    def _tick(self) -> None:
        self.world.tick()
        if self._arrs is not None:
            self._arrs.tick()
        if self._wanted.load is not None:
            self._chatter.tick(self.world.clock.now(), self.arrs, self._stage.theatre)

    # What tests and the switchboard do

    def advance(self, seconds: float) -> None:
        """Push time forward; everything that was due happens now."""
        self.world.clock.advance(seconds)
        self._tick()
        self.truenas.events.advanced()

    def set_profile(self, profile: Profile) -> None:
        """`frozen`: nothing wanders. `idle-noise`: a server at rest."""
        self.world.clock.moving = profile == "idle-noise"

    async def scenario(self, name: str, **params: Any) -> None:
        """Make something happen; KeyError for an unknown name."""
        kind = SCENARIOS[name]
        if (known := self.scenarios.get(name)) is not None:
            if known.goes_on:
                await known.on(**params)
                return
            await self.scenario_off(name)
        running = kind(self)
        self.scenarios[name] = running
        await running.on(**params)

    async def scenario_off(self, name: str) -> None:
        """Undo it, where that makes sense; nothing where it is not on."""
        running = self.scenarios.pop(name, None)
        if running is not None:
            await running.off()

    async def push(self, collection: str, msg: str, fields: Any = None, id: Any = None) -> None:
        """Any event, to all who subscribed to the collection."""
        self.truenas.events.push(collection, msg, id, fields)
        await asyncio.sleep(0)

    async def send_raw(self, text: str) -> None:
        """A frame that nobody asked for, to all sockets."""
        await self.truenas.send_raw(text)

    async def reset(self) -> None:
        """As at the start: no faults, no scenarios, a new world, no call on record."""
        for name in list(self.scenarios):
            await self.scenario_off(name)
        self.faults.clear()
        self.world = self._new_world(moving=self.world.clock.moving)
        self.truenas.attach(self.world)
        self.truenas.logins = 0
        self.log.clear()
        if self._harbour is not None:
            self._harbour.reset(self.world)
        if self.scrutiny is not None:
            self.scrutiny.attach(self.world)
        self._collector.reset()
        if self._nut is not None:
            self._nut.attach(self.world)
        if (media := self._wanted.media) is not None:
            media.furnish(self.world.media)
            media.attach(self.quay, self.world.media)
        if self._arrs is not None:
            self._arrs.reset(self.world)
        self._chatter = Chatter(self.world.clock.now())
        self._fill()
        self.quay.reset()
        await self.quay.up()
        await self.wire.start()
        self.wire.drop()

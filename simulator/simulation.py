"""A running simulation: the world, its faces, the cable in front of them, the switchboard beside them."""

import asyncio
from pathlib import Path
import ssl
from typing import Any, Literal

from . import tls as certificates
from .arr.mooring import Arrs
from .build import build
from .calls import Call, CallLog
from .clock import Clock
from .control import control_app
from .doors import Doors
from .faults import Faults
from .harbour import Containers, Harbour
from .load import Chatter, Load
from .media.mooring import PLEX, Media
from .nut import Nut
from .plex import PlexFace
from .quay import Quay
from .scenarios import SCENARIOS, Scenario
from .scrutiny import ScrutinyFace
from .servers import Servers
from .truenas.face import TrueNAS
from .truenas.releases import Release
from .wire import Wire
from .world import World

type Profile = Literal["idle-noise", "frozen"]


class Simulation(Doors):
    """Everything that `simulator.run` hands out."""

    def __init__(
        self,
        *,
        version: str,
        tls: bool,
        profile: Profile,
        disks: int | None,
        apps: int | None,
        latency: float,
        seed: int,
        state_dir: Path | None,
        auth_delay: float,
        job_pace: float,
        loopback_is_remote: bool,
        downtime: float,
        unauthenticated_limit: int,
        event_pace: float,
        containers: Containers | None = None,
        scrutiny: bool = False,
        arrs: bool = False,
        arr_base: str = "",
        arr_ports: tuple[int, ...] = (),
        media: Media | None = None,
        ups: bool = False,
        load: Load | None = None,
    ) -> None:
        self._apps, self._disks, self._seed = apps, disks, seed
        self._state_dir = state_dir
        self._tls = tls
        self._job_pace = job_pace
        self.downtime = downtime
        self.log = CallLog()
        self.faults = Faults()
        self.faults.on_server_fault = self._server_fault
        self.certificate = certificates.kept(state_dir) if tls else None
        self._ssl: ssl.SSLContext | None = None
        clock = Clock(moving=profile == "idle-noise")
        self.world: World = build(clock, seed=seed, disks=disks, apps=apps)
        self.world.jobs.pace = job_pace
        self.truenas = TrueNAS(
            self.world,
            Release.parse(version),
            self.log,
            self.faults,
            secure=tls,
            latency=latency,
            auth_delay=auth_delay,
            loopback_is_remote=loopback_is_remote,
            unauthenticated_limit=unauthenticated_limit,
            event_pace=event_pace,
        )
        self.truenas.power = self._power
        self.truenas.cut = self._cut
        self._harbour = Harbour(containers, self.world, secure=tls) if containers is not None else None
        self.scrutiny = ScrutinyFace(self.world, latency=latency) if scrutiny else None
        self._scrutiny_wire: Wire | None = None
        self._nut = Nut(self.world, lambda kind: self._power(kind, 0.0)) if ups else None
        self._media = media
        self.quay = Quay(secure=tls and media is not None and media.secure)
        if media is not None:
            media.furnish(self.world.media)
            media.moor(self.quay, self.world.media, latency)
        # on the clients of the house, where it has some
        self._arrs = (
            Arrs(self.world, self.quay, arr_base, latency, arr_ports, second=load is not None)
            if arrs
            else None
        )
        self._load, self._chatter = load, Chatter(clock.now())
        self._fill()
        self.scenarios: dict[str, Scenario] = {}
        self.stopped = asyncio.Event()
        self._servers = Servers()
        self._wire: Wire | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._control_port = 0

    def _fill(self) -> None:
        if self._load is not None:
            self._load.fill(self.world.media, self.arrs, self._stage.theatre)

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

    async def open(self, port: int, control_port: int, scrutiny_port: int = 0, ups_port: int = 0) -> None:
        """Begin to answer."""
        if self.certificate is not None:
            self._ssl = certificates.server_context(self.certificate)
        inner = await self._servers.serve(self.truenas.app(), 0, self._ssl)
        self._wire = Wire(inner)
        await self._wire.start(port)
        if self._harbour is not None:
            await self._harbour.open(self._servers, self._ssl)
        if self.scrutiny is not None:
            self._scrutiny_wire = Wire(await self._servers.serve(self.scrutiny.app(), 0, self._ssl))
            await self._scrutiny_wire.start(scrutiny_port)
        if self._nut is not None:
            await self._nut.open(ups_port, self.world)
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
        if self._scrutiny_wire is not None:
            await self._scrutiny_wire.stop()
        if self._nut is not None:
            await self._nut.close()
        if self._arrs is not None:
            await self._arrs.close()
        await self.quay.close()
        for session in list(self.truenas.sessions.values()):
            await session.close()
        await self._servers.close()

    def spawn(self, work: Any) -> asyncio.Task[None]:
        """Let something run until it ends or everything does."""
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _ticking(self) -> None:
        while True:
            self._tick()
            await asyncio.sleep(0.05)

    def _tick(self) -> None:
        self.world.tick()
        if self._arrs is not None:
            self._arrs.tick()
        if self._load is not None:
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

    async def stop_listening(self) -> None:
        """The server is down: old connections break, new ones are refused."""
        await self.wire.stop()

    async def start_listening(self) -> None:
        """Up again, on the same port."""
        await self.wire.start()

    async def reboot(self, downtime: float = 0.0) -> None:
        """A new boot: jobs, sessions and counters are gone, the boot id is new."""
        await self.wire.stop()
        if self._harbour is not None:
            await self._harbour.down()
        if downtime:
            await asyncio.sleep(downtime)
        self.truenas.temperature_cache.clear()
        self.truenas.tokens.clear()
        if self.world.update.installed and self.world.update.version:
            self.world.version_suffix = self.world.update.version
            self.world.update.version = None
            self.world.update.installed = self.world.update.downloaded = False
            self.world.clear_alerts("HasUpdate")
        self.world.restart()
        if self._harbour is not None:
            await self._harbour.up()
        await self.wire.start()

    def _power(self, kind: str, delay: float) -> None:
        async def later() -> None:
            await asyncio.sleep(delay)
            if kind == "reboot":
                await self.reboot(self.downtime)
            else:
                await self.wire.stop()
                if self._harbour is not None:
                    await self._harbour.down()

        self.spawn(later())

    async def set_version(self, version: str) -> None:
        """Another release from now on, as after an upgrade."""
        self.truenas.release = Release.parse(version)
        self.world.version_suffix = None
        await self.reboot()

    async def new_certificate(self) -> None:
        """Present another certificate; old connections break."""
        if self._ssl is None:
            raise RuntimeError("There is no certificate over plain http")
        self.certificate = certificates.keep(certificates.make(), self._state_dir)
        certificates.load(self._ssl, self.certificate)
        self.wire.drop()
        if self._scrutiny_wire is not None:
            self._scrutiny_wire.drop()

    async def push(self, collection: str, msg: str, fields: Any = None, id: Any = None) -> None:
        """Any event, to all who subscribed to the collection."""
        self.truenas.events.push(collection, msg, id, fields)
        await asyncio.sleep(0)

    async def send_raw(self, text: str) -> None:
        """A frame that nobody asked for, to all sockets."""
        await self.truenas.send_raw(text)

    def drop(self) -> None:
        """Break every connection."""
        self.wire.drop()

    def _cut(self, peer_port: int) -> bool:
        return self.wire.cut(peer_port)

    def _server_fault(self, kind: str, on: bool) -> None:
        if kind == "black_hole":
            self.wire.set_black_hole(on)
        elif kind == "half_open":
            self.wire.set_half_open(on)
        elif kind == "slow_bytes":
            self.wire.set_slow(on)
        elif kind == "not_authenticated" and on:
            self.truenas.logout_everybody()

    async def reset(self) -> None:
        """As at the start: no faults, no scenarios, a new world, no call on record."""
        for name in list(self.scenarios):
            await self.scenario_off(name)
        self.faults.clear()
        moving = self.world.clock.moving
        self.world = build(Clock(moving=moving), seed=self._seed, disks=self._disks, apps=self._apps)
        self.world.jobs.pace = self._job_pace
        self.truenas.attach(self.world)
        self.truenas.logins = 0
        self.log.clear()
        if self._harbour is not None:
            self._harbour.reset(self.world)
        if self.scrutiny is not None:
            self.scrutiny.attach(self.world)
            self.scrutiny.faults.clear()
            self.scrutiny.calls.clear()
        if self._nut is not None:
            self._nut.attach(self.world)
        if self._media is not None:
            self._media.furnish(self.world.media)
            self._media.attach(self.quay, self.world.media)
        if self._arrs is not None:
            self._arrs.reset(self.world)
        self._chatter = Chatter(self.world.clock.now())
        self._fill()
        self.quay.reset()
        await self.quay.up()
        await self.wire.start()
        self.wire.drop()

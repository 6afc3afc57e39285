"""What can happen to the engine, to Portainer, and to the registry."""

import asyncio
from typing import Any, override

from simulator.serving import HttpFault

from .base import Scenario
from .containers import OnHarbour


class EngineRestarted(OnHarbour):
    """The engine stops with everything in it, and starts again."""

    name = "engine_restarted"
    about = "The container engine restarts"

    @override
    async def on(self, downtime: float | None = None, **_: Any) -> None:
        await self.sim.harbour.engine_down()
        await asyncio.sleep(self.sim.downtime if downtime is None else downtime)
        await self.sim.harbour.engine_up()


class EngineDown(OnHarbour):
    """The engine stops, and stays so."""

    name = "engine_down"
    about = "The container engine is down"

    @override
    async def on(self, **_: Any) -> None:
        await self.sim.harbour.engine_down()

    @override
    async def off(self) -> None:
        await self.sim.harbour.engine_up()


class _Fault(OnHarbour):
    """A fault of a face, for as long as the scenario is on."""

    fault: HttpFault | None = None
    face = "docker"

    def switch(self, kind: Any, **what: Any) -> None:
        """Switch it on."""
        self.fault = self.sim.harbour.face(self.face).faults.add(kind, **what)

    @override
    async def off(self) -> None:
        if self.fault is not None:
            self.sim.harbour.face(self.face).faults.remove(self.fault)


class EngineHung(_Fault):
    """Connections are taken, no request is answered."""

    name = "engine_hung"
    about = "The container engine hangs"

    @override
    async def on(self, **_: Any) -> None:
        self.switch("hang")


class EngineBlackHole(OnHarbour):
    """TCP is accepted, nothing comes back, on old connections either."""

    name = "engine_black_hole"
    about = "Everything that is sent to the engine or Portainer vanishes"

    @override
    async def on(self, **_: Any) -> None:
        self._set(True)

    def _set(self, on: bool) -> None:
        for face in ("docker", "portainer"):
            self.sim.harbour.wire(face).set_black_hole(on)

    @override
    async def off(self) -> None:
        self._set(False)


class PortainerRefuses(_Fault):
    """Portainer refuses everything: 401 (key revoked), 403, 500, 502."""

    name = "portainer_refuses"
    about = "Portainer refuses every request"
    face = "portainer"

    @override
    async def on(self, status: int = 401, message: str = "Invalid JWT token", **_: Any) -> None:
        self.switch("status", status=status, message=message)


class PortainerPage(_Fault):
    """Something in front of Portainer answers with a page."""

    name = "portainer_page"
    about = "A login page answers instead of Portainer"
    face = "portainer"

    @override
    async def on(self, **_: Any) -> None:
        self.switch("html")


class SocketProxy(OnHarbour):
    """A proxy of the socket lets little through."""

    name = "socket_proxy"
    about = "A socket proxy lets only some requests through"

    @override
    async def on(
        self,
        blocked: tuple[str, ...] | list[str] = ("/system/df", "/distribution", "/exec"),
        read_only: bool = True,
        **_: Any,
    ) -> None:
        self._set(tuple(blocked), read_only)

    def _set(self, blocked: tuple[str, ...], read_only: bool) -> None:
        self.sim.harbour.docker.blocked, self.sim.harbour.docker.read_only = blocked, read_only

    @override
    async def off(self) -> None:
        self._set((), False)


class EventsCut(OnHarbour):
    """Every stream of events breaks; new ones can be opened."""

    name = "events_cut"
    about = "The streams of events break"

    @override
    async def on(self, **_: Any) -> None:
        self.sim.harbour.docker.feeds.cut()


class EventsBuffered(OnHarbour):
    """Portainer holds streams back until there is a block of them."""

    name = "events_buffered"
    about = "Portainer holds events back"

    @override
    async def on(self, **_: Any) -> None:
        self.sim.harbour.portainer.buffered = True

    @override
    async def off(self) -> None:
        self.sim.harbour.portainer.buffered = False


class EventsFlood(OnHarbour):
    """Thousands of events that nobody wants."""

    name = "events_flood"
    about = "The engine floods its listeners with events"

    @override
    async def on(self, a_second: int = 2000, container: str = "caddy", **_: Any) -> None:
        self._task = self.sim.spawn(self._flood(a_second, container))

    async def _flood(self, a_second: int, name: str) -> None:
        while True:
            container = self.find(name)
            for _ in range(max(1, a_second // 20)):
                self.engine.tell(container, "exec_create: /bin/true", execID="0" * 64)
            await asyncio.sleep(0.05)

    @override
    async def off(self) -> None:
        self._task.cancel()


class DiskFull(OnHarbour):
    """Nothing fits on the engine's disk: a pull fails while it unpacks."""

    name = "disk_full"
    about = "The engine's disk is full"

    @override
    async def on(self, free: int = 5 << 20, **_: Any) -> None:
        self._before, self.engine.free = self.engine.free, free

    @override
    async def off(self) -> None:
        self.engine.free = self._before


class PullBreaks(OnHarbour):
    """A pull ends with an error in the stream after some layers."""

    name = "pull_breaks"
    about = "Pulls break in the middle"

    @override
    async def on(self, after: int = 1, **_: Any) -> None:
        self.household.store.fails_after = after

    @override
    async def off(self) -> None:
        self.household.store.fails_after = None


class RegistryLimited(OnHarbour):
    """The registry has had enough of us."""

    name = "registry_limited"
    about = "The registry answers 429: too many requests"

    @override
    async def on(self, **_: Any) -> None:
        self._before, self.household.store.left = self.household.store.left, 0

    @override
    async def off(self) -> None:
        self.household.store.left = self._before


class RegistryDown(OnHarbour):
    """The registry cannot be reached, by nobody."""

    name = "registry_down"
    about = "The registry is down"

    @override
    async def on(self, **_: Any) -> None:
        self.household.store.down = True
        await self.sim.harbour.wire("registry").stop()

    @override
    async def off(self) -> None:
        self.household.store.down = False
        await self.sim.harbour.wire("registry").start()


ENGINE: tuple[type[Scenario], ...] = (
    EngineRestarted,
    EngineDown,
    EngineHung,
    EngineBlackHole,
    PortainerRefuses,
    PortainerPage,
    SocketProxy,
    EventsCut,
    EventsBuffered,
    EventsFlood,
    DiskFull,
    PullBreaks,
    RegistryLimited,
    RegistryDown,
)

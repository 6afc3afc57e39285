"""What may befall a running server: it reboots or is shut down, is upgraded, and its cable or its certificate fails."""

import asyncio
import ssl
from typing import Any

from . import tls as certificates
from .doors import Doors
from .truenas.face import TrueNAS
from .truenas.releases import Release
from .wanted import Wanted


class Outages(Doors):
    """Lets it happen to a simulation. downtime: seconds that a reboot takes."""

    truenas: TrueNAS
    downtime: float
    _wanted: Wanted
    _ssl: ssl.SSLContext | None
    _tasks: set[asyncio.Task[None]]

    def spawn(self, work: Any) -> asyncio.Task[None]:
        """Let something run until it ends or everything does."""
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

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
        self.certificate = certificates.keep(certificates.make(), self._wanted.state_dir)
        certificates.load(self._ssl, self.certificate)
        self.wire.drop()
        self._collector.drop()

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

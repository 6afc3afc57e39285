"""The server of the UPS on its cable, and what hangs on the UPS."""

from collections.abc import Callable

from simulator.wire import Wire
from simulator.world import World

from .face import NutFace


class Nut:
    """`face` is what answers, `wire` the cable to it. power: shuts the NAS down, or starts it."""

    def __init__(self, world: World, power: Callable[[str], None]) -> None:
        self.face = NutFace(world.ups)
        self.wire: Wire
        self._power = power

    @property
    def port(self) -> int:
        """Where it answers."""
        return self.wire.port

    async def open(self, port: int, world: World) -> None:
        """Begin to answer."""
        self.wire = Wire(await self.face.start())
        await self.wire.start(port)
        self.attach(world)

    async def close(self) -> None:
        """End it."""
        await self.wire.stop()
        await self.face.stop()

    def attach(self, world: World) -> None:
        """Let the NAS hang on the UPS of this world."""
        self.face.ups = world.ups
        world.ups.settings.port = self.port
        world.ups.switch_off = lambda: self._power("shutdown")
        world.ups.switch_on = lambda: self._power("reboot")

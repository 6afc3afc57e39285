"""The server cannot be reached, or not as before."""

from typing import Any, override

from simulator.faults import Fault

from .base import Scenario


class NasHung(Scenario):
    """The sockets live, no call is answered."""

    name = "nas_hung"
    about = "The middleware hangs: sockets live, no call is answered"
    fault: Fault

    @override
    async def on(self, **_: Any) -> None:
        self.fault = self.sim.faults.hang()

    @override
    async def off(self) -> None:
        if self.fault in self.sim.faults.active:
            self.sim.faults.active.remove(self.fault)


class BlackHole(Scenario):
    """TCP is accepted, nothing is answered."""

    name = "black_hole"
    about = "Everything that is sent to the server vanishes"

    @override
    async def on(self, **_: Any) -> None:
        self.sim.faults.black_hole()

    @override
    async def off(self) -> None:
        self.sim.faults.clear("black_hole")


class HalfOpen(Scenario):
    """Old connections are deaf, new ones work."""

    name = "half_open"
    about = "Old connections go deaf without being closed"

    @override
    async def on(self, **_: Any) -> None:
        self.sim.faults.half_open()

    @override
    async def off(self) -> None:
        self.sim.faults.clear("half_open")


class CertificateChanged(Scenario):
    """Another certificate."""

    name = "certificate_changed"
    about = "The server presents another certificate"

    @override
    async def on(self, **_: Any) -> None:
        await self.sim.new_certificate()


NETWORK: tuple[type[Scenario], ...] = (NasHung, BlackHole, HalfOpen, CertificateChanged)

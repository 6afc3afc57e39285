"""Mains fails and comes back; the UPS, or what speaks for it, is not well."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from .base import Scenario


class PowerCut(Scenario):
    """Mains is away; the battery drains by the load."""

    name = "power_cut"
    about = "Mains power fails: the UPS is on battery"
    buttons: ClassVar[Mapping[str, Mapping[str, Any]]] = {"On": {}, "Nearly empty": {"charge": 20.0}}

    @override
    async def on(self, charge: float | None = None, **_: Any) -> None:
        self.world.ups.fail(charge)

    @override
    async def off(self) -> None:
        self.world.ups.come_back()


class UpsSilent(Scenario):
    """The driver says nothing any more, or is dead."""

    name = "ups_silent"
    about = "The UPS is not heard any more"
    buttons: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "Driver silent": {"how": "stale"},
        "Driver dead": {"how": "gone"},
    }

    @override
    async def on(self, how: str = "stale", **_: Any) -> None:
        self.world.ups.heard = how

    @override
    async def off(self) -> None:
        self.world.ups.heard = "live"


class UpsBattery(Scenario):
    """The battery is worn out, and its test says so."""

    name = "ups_battery"
    about = "The UPS wants a new battery, and fails its self-test"

    @override
    async def on(self, **_: Any) -> None:
        self.world.ups.tokens.add("RB")
        self.world.ups.test_result = "Done and error"

    @override
    async def off(self) -> None:
        self.world.ups.tokens.discard("RB")
        self.world.ups.test_result = "Done and passed"


POWER: tuple[type[Scenario], ...] = (PowerCut, UpsSilent, UpsBattery)

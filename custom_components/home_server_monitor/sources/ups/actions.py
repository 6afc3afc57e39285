"""What may be ordered of a UPS: a test of its battery, its beeper, and, at high risk, the power of all that hangs on it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, override

from ...guardian.capabilities_power import CUTS
from ...guardian.contract import (
    Action,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..errors import AuthFailed, CannotConnect, ClientError
from .client import NutClient
from .model import Mains, Power, Reading, SelfTest
from .nodes import unit_node
from .sessions import Came

LOOK_EVERY: Final = 1.0
# a battery that is less full says nothing by a test, and may be needed
FULL_ENOUGH: Final = 80.0
# CyberPower divides its delay by 60: less than that is none, and the power is gone before the machine is down
SAFE_DELAY: Final = 60.0

QUICK, DEEP, STOP = "quick", "deep", "stop"
_TESTS: Final[Mapping[str, tuple[str, ...]]] = {
    QUICK: ("test.battery.start.quick", "test.battery.start"),
    DEEP: ("test.battery.start.deep",),
    STOP: ("test.battery.stop",),
}
ENABLE, DISABLE, MUTE = "enable", "disable", "mute"
_BEEPER: Final[Mapping[str, tuple[str, ...]]] = {
    ENABLE: ("beeper.enable", "beeper.on"),
    DISABLE: ("beeper.disable", "beeper.off"),
    MUTE: ("beeper.mute",),
}
_SOUNDS: Final = {ENABLE: "enabled", DISABLE: "disabled", MUTE: "muted"}


def offered(commands: frozenset[str], table: str, what: str) -> str | None:
    """Return the command of a device that does something, or None where it has none. table: test or beeper."""
    names = (_TESTS if table == "test" else _BEEPER).get(what, ())
    return next((name for name in names if name in commands), None)


class Service(Protocol):
    """The coordinator, as far as actions need it."""

    id: str
    client: NutClient
    data: Power
    ups: str

    @property
    def title(self) -> str:
        """Return what people call it."""
        ...

    def own_path(self) -> str | None:
        """Return why Home Assistant itself would go dark with this UPS, or None."""
        ...

    async def async_look(self) -> Power:
        """Read now and return the snapshot. Raises ClientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of order.

    param: the name of what is chosen; command: the command for a choice; refusal: why not now; done: whether a reading
    shows that it was done, given the reading before.
    """

    key: str
    param: str
    risk: Risk
    within: float
    command: Callable[[frozenset[str], str], str | None]
    refusal: Callable[[Reading, str], Refusal | None]
    done: Callable[[Reading, str, Mapping[str, Any]], bool]


class Command(Action):
    """Sends one instant command, once, and looks at the UPS for what became of it."""

    def __init__(self, service: Service, kind: Kind) -> None:
        self._service = service
        self._kind = kind
        self.key = kind.key
        self.risk = kind.risk

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        kind, wanted = self._kind, str(params.get(self._kind.param, ""))
        unit = (await self._service.async_look()).unit
        command = kind.command(unit.commands, wanted)
        if command is None:
            raise Refused(Refusal("ups_has_no_command", {"command": wanted}))
        if not unit.live:
            raise Refused(Refusal("ups_not_heard", {"name": self._service.title}))
        if refusal := self._refusal(unit.now, wanted):
            raise Refused(refusal)
        cuts = kind.risk is Risk.HIGH
        return Plan(
            action=self.key,
            target=target,
            fingerprint=f"{unit.now.mains}:{unit.now.serial}",
            steps=(Step(order=self.key, params={"command": command}),),
            risk=kind.risk,
            touches=frozenset({unit_node(self._service.id)}) if cuts else frozenset(),
            takes_away=cuts,
            deadline=kind.within,
            source=self._service.id,
            params=dict(params),
            before={
                "test": unit.now.test_said,
                "shown": {"name": self._service.title, "command": command},
            },
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        unit = (await self._service.async_look()).unit
        if not unit.live:
            return Refusal("ups_not_heard", {"name": self._service.title})
        return self._refusal(unit.now, str(plan.params.get(self._kind.param, "")))

    def _refusal(self, now: Reading, wanted: str) -> Refusal | None:
        """Return why it must not be ordered now; the power that Home Assistant itself needs is never cut."""
        if self._kind.risk is Risk.HIGH and (reason := self._service.own_path()):
            return Refusal("own_path", {"target": self._service.title, "reason": reason})
        return self._kind.refusal(now, wanted)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        command = str(plan.steps[step].params["command"])
        try:
            came = await self._service.client.command(self._service.ups, command)
        except NotDone:
            raise
        except AuthFailed as err:
            raise NotDone from err
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {"came": came.value, "sure": came is Came.DONE})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Look until it shows; some devices show nothing of it, which is no success either."""
        wanted = str(plan.params.get(self._kind.param, ""))
        while True:
            try:
                now = (await self._service.async_look()).unit.now
                if self._kind.done(now, wanted, plan.before):
                    return Verdict(Outcome.SUCCEEDED, {})
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(LOOK_EVERY)


def _no_test(now: Reading, wanted: str) -> Refusal | None:
    """A test empties the battery a little: only while mains is there, and it is full enough to be worth it."""
    if wanted == STOP:
        return None
    if now.mains is not Mains.PRESENT:
        return Refusal("ups_on_battery_now")
    if now.testing:
        return Refusal("ups_test_runs")
    if now.charge is not None and now.charge < FULL_ENOUGH:
        return Refusal("ups_not_charged", {"charge": f"{now.charge:.0f} %", "least": f"{FULL_ENOUGH:.0f} %"})
    return None


def _test_shown(now: Reading, wanted: str, before: Mapping[str, Any]) -> bool:
    """A test runs, or its result is another one; a stopped one runs no more."""
    if wanted == STOP:
        return not now.testing and now.test is not SelfTest.RUNNING
    return now.testing or (now.test_said is not None and now.test_said != before.get("test"))


def _no_cut(now: Reading, wanted: str) -> Refusal | None:
    if wanted.startswith("shutdown.") and now.delay_shutdown is not None and now.delay_shutdown < SAFE_DELAY:
        return Refusal(
            "ups_delay_short", {"seconds": f"{now.delay_shutdown:.0f}", "least": f"{SAFE_DELAY:.0f}"}
        )
    return None


_KINDS: Final = (
    Kind(
        key="ups_test",
        param="test",
        risk=Risk.MEDIUM,
        within=90.0,
        command=lambda commands, wanted: offered(commands, "test", wanted),
        refusal=_no_test,
        done=_test_shown,
    ),
    Kind(
        key="ups_beeper",
        param="beeper",
        risk=Risk.LOW,
        within=30.0,
        command=lambda commands, wanted: offered(commands, "beeper", wanted),
        refusal=lambda now, wanted: None,
        done=lambda now, wanted, before: now.beeper == _SOUNDS.get(wanted),
    ),
    Kind(
        key="ups_cut_power",
        param="command",
        risk=Risk.HIGH,
        within=180.0,
        command=lambda commands, wanted: wanted if wanted in CUTS and wanted in commands else None,
        refusal=_no_cut,
        done=lambda now, wanted, before: now.off,
    ),
)


def actions_of(service: Service) -> Mapping[str, Action]:
    """Return what may be done here."""
    return {kind.key: Command(service, kind) for kind in _KINDS}

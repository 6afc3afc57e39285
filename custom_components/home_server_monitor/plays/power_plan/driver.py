"""Runs the machine in Home Assistant: gathers what it looks at, saves what it remembers, has done what it wants."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
import logging
from typing import Any, Final, Protocol
import uuid

from ...guardian.capabilities_load import PowersOff
from ...guardian.capabilities_power import Mains, WatchesPower
from ...guardian.contract import Refused
from ...guardian.policy import Mode as HouseMode
from ...sources.errors import ClientError
from .approving import permitted
from .asking import Asks
from .commands import Command, Ended, Login, Logout, Message, Restore, Shed, ShutDownNas, Tell, WakeNas
from .feeding import Readings, nas_of, power_of
from .holding import Holding
from .inputs import Inputs, Link, Nas, Needs, Power
from .items import REASON, SHUTDOWN, machines_of, sources_of
from .machine import step
from .memory import Memory, State, pack, unpack
from .orders import Orders, Took
from .plan import Kind, Mode, PowerPlan, Stage

_LOGGER = logging.getLogger(__name__)

MEMO: Final = "power_plan"
# seconds between two steps: while all is well, and in an outage
CALM, ALERT = 5.0, 1.0
# seconds between two looks at whether the NAS may be asked to shut down
LOOK_AT_NAS: Final = 300.0
# seconds between two attempts to bring back what was stopped for a UPS that is gone
BRING_BACK: Final = 20.0
# percent at which a gauge is no witness of a battery that is low
STILL_FULL: Final = 40.0
# a number that no order of the machine has
ONCE: Final = -1


class Driven(Asks, Protocol):
    """The play that is driven."""

    @property
    def ups(self) -> WatchesPower | None:
        """Return the source of its UPS, None while it is away or where there is none."""
        ...

    @property
    def known(self) -> frozenset[str]:
        """Return the ids of the sources that are set up for this server, whether or not they answer."""
        ...

    @property
    def needs(self) -> Needs:
        """Return what stopping takes here, as it was learned."""
        ...

    def in_words(self) -> Mapping[str, str]:
        """Return what fills the text that says what is approved."""
        ...

    def services(self) -> Iterable[Any]:
        """Return how the NASes themselves are set for this UPS."""
        ...

    def say(self, command: Tell) -> None:
        """Tell people."""
        ...

    def ended(self, command: Ended) -> None:
        """Learn from an outage."""
        ...

    def drains(self, power: Power, *, low: bool) -> None:
        """Learn from a battery that is drained."""
        ...

    def took(self, took: Took) -> None:
        """Learn how long a stage takes."""
        ...

    async def wake(self) -> None:
        """Send Wake-on-LAN. Never raises."""
        ...


class Driver:
    """One machine at work. spawn: begins a task that ends with the entry; clock: of the loop; boot: see `Inputs`."""

    def __init__(
        self,
        play: Driven,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        clock: Callable[[], float],
        boot: str,
        run: str = "",
    ) -> None:
        self._play = play
        self._spawn = spawn
        self._clock = clock
        self._boot = boot
        self._run = run or uuid.uuid4().hex
        self.memory = Memory()
        self.orders = Orders(play, spawn, play.took, lambda: play.say(Tell(Message.NAS_STILL_ON)))
        self.approved = False
        self.cancelled = False
        # machines that were seen, by source: one that is off is not gone
        self.machines: frozenset[str] = frozenset()
        # why the NAS will not be asked to shut down, a refusal
        self.nas_refusal: Refused | None = None
        self._looked_at_nas = -LOOK_AT_NAS
        self._stepped = -CALM
        self._brought = -BRING_BACK
        self._lock = asyncio.Lock()
        self._readings = Readings()
        self.inputs: Inputs | None = None
        self.holding = Holding()

    def load(self) -> None:
        """Take up where the journal ends."""
        kept = self._play.desk.memos.get(MEMO, {})
        self._play.ledger.load(kept.get("stopped"))
        self.machines = frozenset(map(str, kept.get("machines") or ()))
        try:
            self.memory = unpack(kept["memory"]) if kept.get("memory") else Memory()
        except KeyError, TypeError, ValueError:
            _LOGGER.exception(
                "Where the shutdown plan stood cannot be read; what it stopped is started again"
            )
            self.memory = Memory(state=State.RECOVERY, held=self._held())
        if not self.memory.held and self._play.ledger.rows and self.memory.state is State.ONLINE:
            # a practice run that was cut off
            self.memory = Memory(state=State.RECOVERY, held=self._held(), number=self.memory.number)

    def _held(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.stage for row in self._play.ledger.rows.values()))

    async def save(self) -> None:
        """Write down what must outlive a crash; where the journal fails it goes on from memory."""
        value = {
            # nothing else is begun after a crash before somebody has looked at mains
            "outage": self.outage,
            "memory": pack(self.memory),
            "stopped": self._play.ledger.pack(),
            "machines": sorted(self.machines),
        }
        await self._play.desk.keep(MEMO, value, over=False)

    def bring_back(self) -> None:
        """Bring back what was stopped, whatever the machine says: the UPS that it was stopped for is gone."""
        if self.holding.holds:
            self._spawn(self.holding.leave())
        if self.memory.state is not State.ONLINE:
            self.memory = Memory(number=self.memory.number, serial=self.memory.serial)
            self._spawn(self.save())
        if self._clock() - self._brought >= BRING_BACK and (held := self._held()) and not self.orders.busy:
            self._brought = self._clock()
            self.orders.restore(held[-1], ONCE - 2)

    # Looking

    @property
    def outage(self) -> bool:
        """Return whether mains is out, as far as the plan is concerned."""
        return self.memory.state not in (State.ONLINE, State.RECOVERY)

    async def tick(self) -> bool:
        """Step where it is time to; returns whether it did."""
        now = self._clock()
        pace = ALERT if self.memory.outage is not None or self.memory.held else CALM
        unit = self._play.ups.power_unit if self._play.ups is not None else None
        fresh = unit is not None and power_of(unit).mains != self.memory.mains
        if self._lock.locked() or (now - self._stepped < pace and not fresh and not self.cancelled):
            return False
        async with self._lock:
            self._stepped = now
            await self._step()
        return True

    async def _step(self) -> None:
        play = self._play
        self.approved = await permitted(play) and play.desk.helm.mode is not HouseMode.WATCH
        self.inputs = inputs = await self._look()
        done = step(self.memory, play.plan, inputs)
        self.memory = done.memory
        play.desk.helm.outage = self.outage
        power, outage = inputs.power, self.memory.outage
        play.desk.helm.fed = power.mains is Mains.PRESENT and not (outage is not None and outage.forced)
        if self.memory.outage is not None and power.mains is Mains.ABSENT:
            # LB says where the battery ends only against a gauge that does not move
            play.drains(power, low=power.low and (power.charge is None or power.charge > STILL_FULL))
        if done.save:
            await self.save()
        for command in done.commands:
            self._carry_out(command)

    async def _look(self) -> Inputs:
        play = self._play
        logged_in = await self.holding.counts(play.ups)
        # from here on nothing is waited for: what a person says meanwhile is for the next step
        cancel, self.cancelled = self.cancelled, False
        unit = play.ups.power_unit if play.ups is not None else None
        return Inputs(
            now=self._clock(),
            boot=self._boot,
            run=self._run,
            power=power_of(unit) if unit is not None else Power(link=Link.UNREACHABLE),
            nas=self._nas(),
            needs=play.needs,
            held=play.desk.helm.held,
            approved=self.approved,
            new=self._readings.is_new(play.ups),
            cancel=cancel,
            logged_in=logged_in,
            progress=self.orders.progress(),
        )

    def _nas(self) -> Nas:
        play = self._play
        machines: list[Any] = machines_of(play) if self.machines else sources_of(play, PowersOff)
        if not self.outage:
            # one that is missing is off, and still ours
            heard = {each.id for each in play.house.capable(PowersOff) if each.judged}
            seen = frozenset(each.id for each in machines_of(play))
            self.machines = seen | ((self.machines & play.known) - heard)
        answering = [each for each in machines if each.id in self.machines]
        if play.plan.mode is Mode.DECIDE and not self.outage:
            self._look_whether_it_may_be_asked(answering)
        found = nas_of(answering, play.services(), own_path=self.nas_refusal is not None)
        there = sorted(each.id for each in answering)
        missing = tuple(sorted(self.machines.difference(there)))
        if not there and missing:
            return replace(found, reachable=False, may_ask=False, missing=missing)
        return replace(found, answering=tuple(there), missing=missing)

    def _look_whether_it_may_be_asked(self, machines: list[Any]) -> None:
        """Have the shutdown planned now and then; a NAS that hangs keeps nobody from looking at mains."""
        if self._clock() - self._looked_at_nas >= LOOK_AT_NAS:
            self._looked_at_nas = self._clock()
            self._spawn(self._plan_shutdown(machines))

    async def _plan_shutdown(self, machines: list[Any]) -> None:
        """Plan the shutdown, as it would be planned: what Home Assistant stands on is never taken away."""
        refusal = None
        for nas in machines:
            try:
                await self._play.desk.plan(nas.id, SHUTDOWN, "", {"reason": REASON})
            except Refused as err:
                if err.refusal.key not in ("source_away", "no_guardian"):
                    refusal = err
            except (ClientError, TimeoutError) as err:
                _LOGGER.debug("Whether %s may be shut down is not known: %s", nas.name, err)
        self.nas_refusal = refusal

    # Doing

    def _carry_out(self, command: Command) -> None:
        play = self._play
        match command:
            case Login() | Logout():
                self._spawn(self.holding.log(play.ups, in_=isinstance(command, Login)))
            case Shed():
                if (stage := play.plan.stage(command.stage)) is not None:
                    self.orders.shed(stage, command.order)
            case Restore():
                self.orders.restore(command.stage, command.order)
            case ShutDownNas():
                if (stage := self._nas_stage(play.plan)) is not None:
                    self.orders.ask(stage, ONCE, command.machines)
            case WakeNas():
                self._spawn(play.wake())
            case Tell():
                play.say(command)
            case Ended():
                play.ended(command)

    @staticmethod
    def _nas_stage(plan: PowerPlan) -> Stage | None:
        return next((stage for stage in plan.finals if stage.kind is Kind.NAS), None)

    def wants(self, stage: str) -> bool:
        """Return whether more of a stage is to be ended now."""
        return self.memory.state in (State.LOAD_SHED, State.COMMITTED, State.DONE)

    def would_cancel(self) -> bool:
        """Return whether a person can still cancel."""
        outage = self.memory.outage
        cancellable = (State.ON_BATTERY, State.COUNTDOWN, State.LOAD_SHED)
        return outage is not None and not outage.cancelled and self.memory.state in cancellable


# what is told of an outage although nothing was told of it yet, by itself
ENDS: Final = frozenset({Message.POWER_BACK, Message.RESTORED, Message.CANCELLED})

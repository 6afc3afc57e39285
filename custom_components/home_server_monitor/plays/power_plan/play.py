"""The shutdown plan of one server, at work: a source of its own for the guardian, which sees to its UPS."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...edge import clock, power_settings
from ...edge.guardian import Guardian
from ...guardian.capabilities_power import WatchesPower
from ...guardian.contract import (
    Action,
    Actor,
    Finding,
    Refusal,
    Refused,
    Source,
)
from ...guardian.house import House
from .approving import TARGET, ApprovePlan
from .asking import PowerOff
from .carrying import ShedLoad
from .commands import Ended, Message, Tell
from .drill import Drill
from .driver import Driver
from .feeding import boot_id
from .glance import glance
from .inputs import Power
from .judged import powerless
from .judging import remaining
from .orders import Took
from .plan import Kind, Stage
from .restoring import Report
from .scripts import RunScript
from .showing import Showing
from .telling import RULE, Telling
from .wake import wake
from .watched import Watched

TICK: Final = timedelta(seconds=1)
# seconds for which the count of what would be ended is good enough, and where nothing was found: after a start not all
# sources have looked yet
COUNT_LASTS, COUNT_AGAIN = 55.0, 9.0
# seconds between two looks at what has not changed by itself
TOLD_AT_LEAST: Final = 60.0


class PowerPlay(Watched):
    """Sees to the power of one server; a source without a UPS says nothing and does nothing."""

    key = kind = "power"
    name = "Shutdown plan"
    follows = (WatchesPower,)
    every = TICK

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house, guardian)
        self.telling = Telling(self)
        self.drill = Drill(self)
        self.showing = Showing(self)
        self._published = 0.0
        self._seen: Any = None
        self._loaded = False
        # how many things would be ended now, and when that was counted
        self.load_count: int | None = None
        self._counted = 0.0
        # when the NAS was asked to shut down, by the loop's clock
        self._asked: float | None = None
        self._actions: Mapping[str, Action] = {
            each.key: each
            for each in (ApprovePlan(self), ShedLoad(self), PowerOff(self), RunScript(hass, self))
        }

    async def _count(self) -> None:
        """Count what would be ended now."""
        found = await self.load(*self.plan.shedding)
        count = sum(len(each.items) for each in found.values())
        if count != self.load_count:
            self.load_count = count
            self.publish()

    # As a source

    @property
    def source(self) -> Source:
        """Return itself, as the guardian takes it."""
        return self

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return what may be done."""
        return self._actions

    def name_of_target(self, target: str) -> str | None:
        """Return what people call a target of its actions."""
        if target == TARGET:
            return self.guardian.texts.common("power_plan_name")
        return self.guardian.texts.common(f"power_stage_{target}", default=target)

    # What people answer

    def answers_to(self, finding: Finding) -> Sequence[str]:
        """Return the verbs that may be said to a finding now."""
        mine = finding.source == self.id and finding.rule == RULE
        return ("cancel",) if mine and self.can_cancel() else ()

    async def answer(self, finding: str, verb: str, actor: Actor) -> str:
        """Cancel what has begun; anybody may, for it does less. Raises Refused."""
        if verb != "cancel":
            raise Refused(Refusal("nothing_to_answer"))
        await self.cancel_power(actor)
        return ""

    async def cancel_power(self, actor: Actor) -> None:
        """Cancel (capability PlansPower). Raises Refused."""
        if self.driver is None or not self.can_cancel():
            raise Refused(Refusal("nothing_to_answer"))
        await self.guardian.note("power_cancelled", {"who": actor.name})
        self.driver.cancelled = True
        self.soon()

    def power_plan(self) -> Mapping[str, Any] | None:
        """Return how the plan stands (capability PlansPower)."""
        return glance(self)

    async def practise_power(self, actor: Actor, *, real: bool) -> Mapping[str, Any]:
        """Practise the plan (capability PlansPower). Raises Refused."""
        return await self.drill.run(actor, real=real)

    def can_cancel(self) -> bool:
        """Return whether a person can still cancel."""
        real = self.driver is not None and self.driver.approved
        return real and self.driver is not None and self.driver.would_cancel()

    def shed_names(self) -> list[str]:
        """Return the names of what was ended and is not back, each once."""
        return self.ledger.names()

    def report(self) -> Report:
        """Return what came back."""
        return self.driver.orders.done.report if self.driver is not None else Report()

    # Life

    @override
    async def async_start(self) -> None:
        await self.keeping.async_load()
        boot = await self.hass.async_add_executor_job(boot_id)
        self.driver = Driver(self, self.spawn, self.hass.loop.time, boot)
        self.guardian.joins.append(self.join)
        self.entry.async_on_unload(self._gone)
        await super().async_start()

    @callback
    def _gone(self) -> None:
        # nobody looks at mains any more, so that nothing is held for it, and nobody need wait
        self.desk.helm.outage = False
        if self.driver is not None and self.driver.holding.holds:
            self.hass.async_create_background_task(self.driver.holding.leave(), f"{DOMAIN} leave UPS")

    @callback
    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin a task that ends with the entry."""
        return self.entry.async_create_background_task(self.hass, work, f"{DOMAIN} power")

    @override
    async def look(self) -> None:
        """Step, where it is time to, and tell what has changed."""
        driver = self.driver
        if driver is None or not self.desk.ready or self.desk.helm.stopping:
            return
        if not self._loaded:
            self._loaded = True
            driver.load()
        if not self.ups_id:
            self._without_ups(driver)
        elif await driver.tick():
            if not self.is_told(driver):
                self.telling.clear()
            self._publish()

    def _without_ups(self, driver: Driver) -> None:
        """Hold nothing for mains that nobody looks at any more, and bring back what was stopped for it."""
        self.desk.helm.outage = False
        driver.bring_back()
        if self.checked is None or self._seen != self.units:
            self._seen = self.units
            self._tell()

    def _publish(self) -> None:
        """Tell what has changed, and now and then that nothing has."""
        driver = self.driver
        assert driver is not None
        if clock.now() - self._counted >= (COUNT_LASTS if self.load_count else COUNT_AGAIN):
            self._counted = clock.now()
            self.spawn(self._count())
        covered = self.cover
        seen = (driver.memory.state, driver.approved, covered.enough, round(covered.needed), *self.findings)
        if seen != self._seen or clock.now() - self._published >= TOLD_AT_LEAST:
            self._seen = seen
            self._tell()

    @callback
    def _tell(self) -> None:
        self._published = clock.now()
        self.publish()
        self.showing.add()

    # What the machine wants

    def wants(self, stage: str) -> bool:
        """Return whether more of a stage is to be ended now."""
        driver = self.driver
        return driver is not None and (driver.wants(stage) or (self.drill.runs and not driver.outage))

    def begun(self, stage: Stage) -> None:
        """Tell which stage begins; practice tells nobody."""
        driver = self.driver
        if driver is None or not driver.outage or driver.inputs is None:
            return
        left = remaining(driver.memory, driver.inputs)
        self.say(
            Tell(Message.STOPPING, {"stage": stage.key} | ({} if left is None else {"left": round(left)}))
        )

    def brings_back(self) -> bool:
        """Return whether what was stopped may be started now: not once mains has failed again."""
        return self.driver is None or not self.driver.outage

    def moved(self, stage: str, patience: float) -> None:
        """Take note that something of a stage went on."""
        if self.driver is not None:
            self.driver.orders.moved(stage, patience)

    async def save(self) -> None:
        """Write down what was stopped."""
        if self.driver is not None:
            await self.driver.save()

    def why_not_asked(self) -> str:
        """Return why the NAS is not asked to shut down, in words, "" where nobody knows."""
        if self.driver is None:
            return ""
        if cause := powerless(self.standing()):
            return self.guardian.texts.common(f"cause_{cause[0]}", cause[1])
        outage = self.driver.memory.outage
        again = outage is not None and outage.unsent is not None
        return self.guardian.texts.common("power_ask_again") if again else ""

    def say(self, command: Tell) -> None:
        """Tell people."""
        now = self.hass.loop.time()
        if command.message in (Message.ASKED, Message.PARTLY_ASKED) and not command.would:
            # of several that are asked one after the other, the first
            self._asked = now if self._asked is None else self._asked
        elif command.message is Message.NOT_ASKED:
            # how long it took once it was asked again says nothing
            self._asked = None
        elif command.message is Message.NAS_OFF and self._asked is not None:
            self.keeping.took(Kind.NAS.value, now - self._asked, whole=True)
            self._asked = None
        self.telling.tell(command)
        if command.message is Message.RESTORED and self.driver is not None:
            self.driver.orders.done.report = Report()

    def ended(self, command: Ended) -> None:
        """Learn from an outage."""
        self._asked = None
        self.keeping.ended(clock.now())

    def drains(self, power: Power, *, low: bool) -> None:
        """Learn from a battery that is drained."""
        self.keeping.drains(self.hass.loop.time(), power, low=low)

    def took(self, took: Took) -> None:
        """Learn how long a stage takes."""
        self.keeping.took(took.stage, took.seconds, whole=took.whole)

    async def wake(self) -> None:
        """Send Wake-on-LAN to the NAS, where its address was given."""
        mac = str(self.entry.options.get(power_settings.WAKE) or "")
        if power_settings.is_mac(mac):
            await self.hass.async_add_executor_job(wake, mac)

    @callback
    def join(self, platform: Platform, add: Callable[[list[Any]], None]) -> None:
        """Add entities through a platform of the server, once there is a UPS."""
        self.showing.join(platform, add)

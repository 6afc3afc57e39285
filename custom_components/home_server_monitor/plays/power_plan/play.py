"""The shutdown plan of one server, at work: a source of its own for the guardian, which sees to its UPS."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import timedelta
import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...edge import clock, power_settings
from ...edge.guardian import Guardian
from ...guardian.capabilities_load import PowersOff
from ...guardian.capabilities_power import HasUpsService, WatchesPower
from ...guardian.contract import (
    Action,
    Actor,
    Finding,
    Refusal,
    Refused,
    Severity,
    Source,
)
from ...guardian.desk import Desk
from ...guardian.house import House
from ...guardian.policy import Mode as HouseMode
from ...guardian.topology import Topology
from ..play import PlaySource
from .approving import TARGET, ApprovePlan
from .battery import Health
from .carrying import PowerOff, ShedLoad
from .commands import Ended, Message, Tell
from .drill import Drill
from .driver import Driver
from .feeding import boot_id
from .fitting import timer_too_short
from .inputs import Needs, Power
from .items import Load, load_of, sources_of
from .judged import Standing, findings
from .keeping import Keeping
from .learning import Cover, cover
from .memory import State
from .orders import Took
from .plan import FINAL, Kind, PowerPlan
from .restoring import Report
from .scripts import RunScript
from .showing import Showing
from .stopped import Ledger
from .telling import RULE, Telling
from .told import plan_in_words
from .wake import wake
from .written import plan_of

_LOGGER = logging.getLogger(__name__)

# percent from which the runtime that a UPS says is that of its whole battery
FULL: Final = 95.0
TICK: Final = timedelta(seconds=1)
# seconds for which that count is good enough
COUNT_LASTS: Final = 55.0
# seconds between two looks at what has not changed by itself
TOLD_AT_LEAST: Final = 60.0


class PowerPlay(PlaySource):
    """Sees to the power of one server; a source without a UPS says nothing and does nothing."""

    key = kind = "power"
    name = "Shutdown plan"
    follows = (WatchesPower,)
    every = TICK

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house)
        self.guardian = guardian
        self.ledger = Ledger()
        self.keeping = Keeping(hass, self.server)
        self.telling = Telling(self)
        self.driver: Driver | None = None
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

    # What it is about

    @property
    def source(self) -> Source:
        """Return itself, as the guardian takes it."""
        return self

    @property
    def desk(self) -> Desk:
        """Return where its actions are run."""
        return self.guardian.desk

    @property
    def topology(self) -> Topology:
        """Return what stands on what."""
        return self.guardian.topology

    @property
    def plan(self) -> PowerPlan:
        """Return what the options say."""
        return plan_of(self.entry.options)

    @property
    def needs(self) -> Needs:
        """Return what stopping takes here, as it was learned."""
        power = self.power
        return self.keeping.needs(power.load if power is not None else None, clock.now())

    @property
    def known(self) -> frozenset[str]:
        """Return the ids of the sources that are set up for this server, whether or not they answer."""
        return frozenset(self.guardian.watch.stands)

    @property
    def units(self) -> list[str]:
        """Return the ids of the UPSes of this server."""
        return sorted(key for key, stand in self.guardian.watch.stands.items() if stand.kind == "ups")

    @property
    def ups_id(self) -> str:
        """Return the id of the source of its UPS, "" where there is none, or several of which none was chosen."""
        chosen = str(self.entry.options.get(power_settings.UPS) or "")
        units = self.units
        if chosen in units:
            return chosen
        return units[0] if len(units) == 1 else ""

    @property
    def ups(self) -> WatchesPower | None:
        """Return the source of its UPS, None while it is away or where there is none."""
        found = self.house.source(self.ups_id) if self.ups_id else None
        return found if isinstance(found, WatchesPower) else None

    @property
    def title(self) -> str:
        """Return what the UPS is called."""
        stand = self.guardian.watch.stands.get(self.ups_id)
        return stand.name if stand is not None else "UPS"

    @property
    def unit_node(self) -> str:
        """Return the node id of the UPS, "" where there is none."""
        ups = self.ups
        return ups.unit_node if ups is not None else (f"ups:{self.ups_id}" if self.ups_id else "")

    @property
    def elsewhere(self) -> frozenset[str]:
        """Return the canonical node ids of what hangs on another UPS of this server."""
        others = [f"ups:{each}" for each in self.units if each != self.ups_id]
        fed = frozenset[str]().union(*(self.topology.dependants(each) for each in others))
        return fed - self.topology.dependants(self.unit_node) if fed else fed

    @property
    def about(self) -> str:
        """Return what its findings are about."""
        return self.unit_node or self.node

    @property
    def power(self) -> Power | None:
        """Return what the machine saw last of the UPS."""
        inputs = self.driver.inputs if self.driver is not None else None
        return inputs.power if inputs is not None else None

    @property
    def state(self) -> State | None:
        """Return where the plan stands, None where there is no UPS."""
        return self.driver.memory.state if self.driver is not None and self.ups_id else None

    def services(self) -> Iterable[Any]:
        """Return how the NASes themselves are set for this UPS."""
        canonical = self.topology.canonical
        unit = canonical(self.unit_node)
        return [
            each.ups_service
            for each in sources_of(self, HasUpsService)
            if unit in map(canonical, each.hangs_on)
        ]

    def in_words(self) -> dict[str, str]:
        """Return what fills the text that says what is approved."""
        return plan_in_words(self.plan, self.guardian.texts, self.topology.label)

    def load(self) -> dict[str, Load]:
        """Return what each stage would be about now."""
        plan = self.plan
        return {stage.key: load_of(self, plan, stage) for stage in plan.stages}

    # As a source

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return what may be done."""
        return self._actions

    def name_of_target(self, target: str) -> str | None:
        """Return what people call a target of its actions."""
        if target == TARGET:
            return self.guardian.texts.common("power_plan_name")
        return self.guardian.texts.common(f"power_stage_{target}", default=target)

    @property
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong with the plan, and the outage that is under way."""
        if self.driver is None:
            return ()
        if not self.ups_id:
            if len(self.units) < 2 or self.entry.options.get(power_settings.MODE, "observe") == "observe":
                return ()
            return (
                Finding(
                    source=self.id, rule="power_ups_unclear", object=f"host:{self.id}",
                    severity=Severity.WARNING, placeholders={"count": str(len(self.units))},
                ),
            )  # fmt: skip
        found = [*findings(self.id, self._standing())]
        if self._is_told(self.driver):
            found.append(self.telling.finding())
        return found

    def _standing(self) -> Standing:
        driver, helm = self.driver, self.desk.helm
        assert driver is not None
        machines = sources_of(self, PowersOff)
        mine = [each for each in machines if each.id in driver.machines]
        lacking = [each for each in mine if not each.may_power_off]
        inputs, plan = driver.inputs, self.plan
        calm = inputs is not None and not driver.outage
        return Standing(
            node=self.about,
            ups=self.title,
            plan=plan,
            approved=driver.approved,
            nas=", ".join(each.name for each in mine) or ("NAS" if driver.machines else ""),
            held=helm.hold,
            watching=helm.mode is HouseMode.WATCH,
            refusal=driver.nas_refusal.refusal if driver.nas_refusal is not None else None,
            right=", ".join(dict.fromkeys(each.power_off_right for each in lacking)),
            cover=self.cover if calm else None,
            health=self.health,
            short=timer_too_short(plan, inputs) if calm and inputs is not None else None,
            timer=inputs.nas.timer if inputs is not None else None,
            drilled=self.keeping.since_drill(clock.now()),
        )

    @property
    def cover(self) -> Cover:
        """Return whether a full battery is enough; what it would last is only known while it is full."""
        power = self.power
        full = power is not None and power.charge is not None and power.charge >= FULL
        return cover(self.plan, self.needs, power.runtime if power is not None and full else None)

    @property
    def health(self) -> Health | None:
        """Return how good the battery is."""
        power = self.power
        return self.keeping.health(power.load if power is not None else None)

    # What people answer

    def answers_to(self, finding: Finding) -> Sequence[str]:
        """Return the verbs that may be said to a finding now."""
        mine = finding.source == self.id and finding.rule == RULE
        return ("cancel",) if mine and self.can_cancel() else ()

    async def answer(self, finding: str, verb: str, actor: Actor) -> str:
        """Cancel what has begun; anybody may, for it does less. Raises Refused."""
        if self.driver is None or verb != "cancel" or not self.can_cancel():
            raise Refused(Refusal("nothing_to_answer"))
        await self.guardian.note("power_cancelled", {"who": actor.name})
        self.driver.cancelled = True
        self.soon()
        return ""

    async def practise_power(self, actor: Actor, *, real: bool) -> Mapping[str, Any]:
        """Practise the plan (capability PractisesPower). Raises Refused."""
        return await self.drill.run(actor, real=real)

    def can_cancel(self) -> bool:
        """Return whether a person can still cancel."""
        real = self.driver is not None and self.driver.approved
        return real and self.driver is not None and self.driver.would_cancel()

    def shed_names(self) -> list[str]:
        """Return the names of what was ended and is not back."""
        return [row.item.name for row in self.ledger.rows.values()]

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
        # nobody looks at mains any more, so that nothing is held for it
        self.desk.helm.outage = False

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
            if not self._is_told(driver):
                self.telling.clear()
            self._publish()

    def _without_ups(self, driver: Driver) -> None:
        """Hold nothing for mains that nobody looks at any more, and bring back what was stopped for it."""
        self.desk.helm.outage = False
        driver.bring_back()
        if self.checked is None or self._seen != self.units:
            self._seen = self.units
            self._tell()

    @staticmethod
    def _is_told(driver: Driver) -> bool:
        """Return whether there is an outage to tell of, or what it stopped is not back."""
        return driver.outage or bool(driver.memory.held) or driver.memory.outage is not None

    def _publish(self) -> None:
        """Tell what has changed, and now and then that nothing has."""
        driver = self.driver
        assert driver is not None
        seen = (driver.memory.state, driver.approved, self._standing(), self.telling.finding())
        if seen != self._seen or clock.now() - self._published >= TOLD_AT_LEAST:
            self._seen = seen
            self._tell()

    @callback
    def _tell(self) -> None:
        if clock.now() - self._counted >= COUNT_LASTS or self.load_count is None:
            found, self._counted = self.load(), clock.now()
            self.load_count = sum(len(found[stage.key].items) for stage in self.plan.shedding)
        self._published = clock.now()
        self.publish()
        self.showing.add()

    # What the machine wants

    def wants(self, stage: str) -> bool:
        """Return whether more of a stage is to be ended now."""
        driver = self.driver
        return driver is not None and (driver.wants(stage) or (self.drill.runs and not driver.outage))

    def moved(self, stage: str, patience: float) -> None:
        """Take note that something of a stage went on."""
        if self.driver is not None:
            self.driver.orders.moved(stage, patience)

    async def save(self) -> None:
        """Write down what was stopped."""
        if self.driver is not None:
            await self.driver.save()

    def say(self, command: Tell) -> None:
        """Tell people."""
        now = self.hass.loop.time()
        if command.message is Message.ASKED and not command.would:
            self._asked = now
        elif command.message is Message.NAS_OFF and self._asked is not None:
            self.keeping.took(Kind.NAS.value, now - self._asked, whole=True)
            self._asked = None
        self.telling.tell(command)
        if command.message is Message.RESTORED and self.driver is not None:
            self.driver.orders.done.report = Report()

    def ended(self, command: Ended) -> None:
        """Learn from an outage."""
        self.keeping.ended(command, clock.now())

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

    @property
    def finals(self) -> bool:
        """Return whether the plan has stages that cannot be undone from here."""
        return any(stage.kind in FINAL for stage in self.plan.stages)

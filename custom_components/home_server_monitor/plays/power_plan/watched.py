"""How the plan stands: what is known of the UPS, what stopping takes here, and what is wrong."""

from abc import ABC
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ...edge import clock, power_settings
from ...edge.guardian import Guardian
from ...guardian.capabilities_load import PowersOff
from ...guardian.contract import Finding, Severity
from ...guardian.house import House
from ...guardian.policy import Mode as HouseMode
from .around import AroundUps
from .asking import Asking
from .battery import Health
from .driver import Driver
from .fitting import timer_too_short
from .inputs import Inputs, Needs, Power
from .items import sources_of
from .judged import QUARTER, Standing, findings
from .keeping import Keeping
from .learning import Cover, TooLate, cover, low_too_late, slowest
from .memory import State
from .plan import Kind
from .stopped import Ledger
from .telling import Telling

# percent from which the runtime that a UPS says is that of its whole battery
FULL: Final = 95.0


class Watched(AroundUps, ABC):
    """What is known of the plan. driver: what runs its machine, None before the start."""

    telling: Telling

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house, guardian)
        self.ledger = Ledger()
        self.asking = Asking()
        self.keeping = Keeping(hass, self.server)
        self.driver: Driver | None = None

    @property
    def power(self) -> Power | None:
        """Return what the machine saw last of the UPS."""
        inputs = self.driver.inputs if self.driver is not None else None
        return inputs.power if inputs is not None else None

    @property
    def state(self) -> State | None:
        """Return where the plan stands, None where there is no UPS."""
        return self.driver.memory.state if self.driver is not None and self.ups_id else None

    @property
    def needs(self) -> Needs:
        """Return what stopping takes here, as it was learned."""
        power = self.power
        return self.keeping.needs(power.load if power is not None else None, clock.now())

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong with the plan, and the outage that is under way."""
        if self.driver is None:
            return ()
        if not self.ups_id:
            if not self.ups_unclear or self.entry.options.get(power_settings.MODE, "observe") == "observe":
                return ()
            return (
                Finding(
                    source=self.id, rule="power_ups_unclear", object=f"host:{self.id}",
                    severity=Severity.WARNING, placeholders={"count": str(len(self.units))},
                ),
            )  # fmt: skip
        found = [*findings(self.id, self.standing())]
        if self.is_told(self.driver):
            found.append(self.telling.finding())
        return found

    def missed(self) -> list[str]:
        """Return the names of the NASes that were not asked to shut down, while others were."""
        outage = self.driver.memory.outage if self.driver is not None else None
        if self.driver is None or outage is None or not outage.asked_of:
            return []
        stands = self.guardian.watch.stands
        left = sorted(self.driver.machines.difference(outage.asked_of))
        return [stands[each].name if each in stands else "NAS" for each in left]

    def standing(self) -> Standing:
        """Return how it stands."""
        driver, helm = self.driver, self.desk.helm
        assert driver is not None
        machines = sources_of(self, PowersOff)
        mine = [each for each in machines if each.id in driver.machines]
        lacking = [each for each in mine if not each.may_power_off]
        inputs, plan = driver.inputs, self.plan
        calm = inputs is not None and not driver.outage
        slow = slowest(plan, self.needs)
        drilled = self.keeping.since_drill(clock.now())
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
            late=self._late(inputs) if calm and inputs is not None else None,
            slow=None
            if slow is None
            else replace(slow, stage=self.guardian.texts.common(f"power_stage_{slow.stage}")),
            practised=drilled is not None and drilled <= QUARTER,
        )

    def _late(self, inputs: Inputs) -> TooLate | None:
        """Return whether the NAS that waits for the UPS to call its battery low shuts down too late."""
        unit = self.ups.power_unit if self.ups is not None else None
        if unit is None or not unit.live or not inputs.nas.own_monitor or inputs.nas.timer is not None:
            return None
        reading, full = unit.reading, self.cover.runtime
        took = self.keeping.time_of(Kind.NAS.value)
        return low_too_late(took, full=full, percent=reading.charge_low, runtime=reading.runtime_low)

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

    @staticmethod
    def is_told(driver: Driver) -> bool:
        """Return whether there is an outage to tell of, or what it stopped is not back."""
        return driver.outage or bool(driver.memory.held) or driver.memory.outage is not None

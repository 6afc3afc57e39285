"""Practising the plan: dry, which touches nothing, or for real up to what can be undone, and back."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ...edge import clock
from ...guardian.capabilities_power import Mains
from ...guardian.contract import Actor, Refusal, Refused
from .items import at_most
from .memory import State
from .restoring import Report

if TYPE_CHECKING:
    from .driver import Driver
    from .play import PowerPlay

# a number that no order of the machine has
PRACTICE: Final = -2
LOOK_EVERY: Final = 1.0


class Drill:
    """See the module; belongs to one play."""

    def __init__(self, play: PowerPlay) -> None:
        self._play = play
        self.runs = False

    async def run(self, actor: Actor, *, real: bool) -> Mapping[str, Any]:
        """Practise, and return the report. Raises Refused where that cannot be now."""
        driver = self._play.driver
        if driver is None or not self._play.ups_id:
            raise Refused(Refusal("power_no_ups"))
        report: dict[str, Any] = {**await self._dry(driver), "real": real}
        if real:
            self._must_be_calm(driver)
            report |= await self._really(driver)
        self._play.keeping.drilled(clock.now())
        await self._play.guardian.note(
            "power_drill_real" if real else "power_drill_dry",
            {
                "who": actor.name,
                "ended": str(len(report.get("ended", ()))),
                "left": str(len(report.get("left", ()))),
            },
        )
        return report

    def _must_be_calm(self, driver: Driver) -> None:
        if self.runs:
            raise Refused(Refusal("busy", {"target": self._play.name}))
        if driver.memory.state is not State.ONLINE or driver.memory.mains is not Mains.PRESENT:
            raise Refused(Refusal("on_battery"))
        if why := self._play.desk.helm.why_held():
            raise Refused(Refusal(why))
        if not driver.approved:
            raise Refused(Refusal("power_plan_not_approved"))

    async def _dry(self, driver: Driver) -> dict[str, Any]:
        """Return what the plan would do now, and how long that takes."""
        play, plan, texts = self._play, self._play.plan, self._play.guardian.texts
        stages, loads = [], await play.load()
        for stage in plan.stages:
            load = loads[stage.key]
            stages.append(
                {
                    "stage": stage.kind.value,
                    "limit": stage.limit,
                    "took": play.keeping.time_of(stage.key),
                    # where nothing ends before it is killed
                    "at_most": round(at_most(load.items)),
                    "ends": [each.name for each in load.items],
                    "left_alone": [
                        {
                            "name": each.name,
                            "reason": texts.common(f"power_spared_{each.reason}", {"reason": each.why}),
                        }
                        for each in load.spared
                    ],
                }
            )
        found = play.cover
        return {
            "mode": plan.mode.value,
            "approved": driver.approved,
            "stages": stages,
            "needed": round(found.needed),
            "runtime": found.runtime,
            "covered": found.enough,
        }

    @staticmethod
    async def _mains_is_back(driver: Driver) -> None:
        """Wait for the end of an outage that came in between: nothing is started on battery."""
        for _ in iter(lambda: driver.outage, False):
            await asyncio.sleep(LOOK_EVERY)

    async def _back(self, driver: Driver, stage: str) -> None:
        """Bring a stage back; once more where mains failed while it was."""
        while self._play.ledger.of(stage):
            await self._mains_is_back(driver)
            driver.orders.restore(stage, PRACTICE - 1)
            await driver.orders.wait(stage)
            if not driver.outage:
                return

    async def _really(self, driver: Driver) -> dict[str, Any]:
        """Shed the load stage by stage, and bring it back in reverse; an outage meanwhile takes it over."""
        play, loop = self._play, asyncio.get_running_loop()
        orders = driver.orders
        orders.done.ended, orders.done.left, orders.done.report = [], [], Report()
        self.runs, began, interrupted = True, loop.time(), False
        try:
            for stage in play.plan.shedding:
                if driver.outage or play.desk.helm.held:
                    interrupted = True
                    break
                orders.shed(stage, PRACTICE)
                await orders.wait(stage.key)
        finally:
            self.runs = False
        shed = loop.time() - began
        for stage in reversed(play.plan.shedding):
            await self._back(driver, stage.key)
        report = orders.done.report
        return {
            "interrupted": interrupted,
            "ended": list(orders.done.ended),
            "left": list(orders.done.left),
            "back": list(report.back),
            "not_well": list(report.unwell),
            "changed_by_others": list(report.theirs),
            "not_back_yet": list(report.late),
            "shed_seconds": round(shed, 1),
            "back_seconds": round(loop.time() - began - shed, 1),
        }

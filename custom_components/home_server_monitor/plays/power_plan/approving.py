"""The approval in advance of exactly the plan that the options say: given by an admin, gone with the first change."""

from collections.abc import Mapping, Sequence
import json
import time
from typing import Any, Protocol, override

from ...guardian.contract import (
    SYSTEM,
    Actor,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ...guardian.desk import Desk
from ...guardian.policy import Standing
from ...guardian.remediation import OUTAGE
from ..standing import Approve
from .carrying import POWER_OFF, SHED
from .plan import Kind, Mode, PowerPlan, written

APPROVE, TARGET = "approve_power_plan", "plan"


class Approved(Protocol):
    """The play whose plan it is."""

    id: str

    @property
    def desk(self) -> Desk:
        """Return where its actions are run."""
        ...

    @property
    def plan(self) -> PowerPlan:
        """Return what the options say."""
        ...

    def in_words(self) -> Mapping[str, str]:
        """Return what fills the text that says what is approved."""
        ...


def covered(plan: PowerPlan) -> dict[str, str]:
    """Return the actions that the plan takes, each with what they are approved for.

    What switches machines off is of high risk, and covered as that one stage only.
    """
    if plan.mode is Mode.OBSERVE:
        return {}
    found = {SHED: "*"}
    machines = next((stage for stage in plan.finals if stage.kind is Kind.NAS), None)
    if plan.mode is Mode.DECIDE and machines is not None:
        found[POWER_OFF] = machines.key
    return found


def granted(desk: Desk, source: str) -> list[Standing]:
    """Return what is approved in advance for the plan, whatever it says."""
    return [
        each
        for each in desk.helm.standings.values()
        if each.source == source and each.action in (SHED, POWER_OFF) and not each.over
    ]


async def permitted(play: Approved) -> bool:
    """Return whether the plan is approved as it is written; what was approved and is written no longer ends at once."""
    plan, desk = play.plan, play.desk
    params, needed = {"plan": written(plan)}, covered(plan)
    for standing in granted(desk, play.id):
        if standing.params == params:
            needed.pop(standing.action, None)
        elif plan.mode is Mode.OBSERVE:
            # nobody misses it
            await desk.helm.revoke(standing.id, SYSTEM)
        else:
            await desk.helm.lapse(standing.id, "power_plan_changed")
    return plan.mode is not Mode.OBSERVE and not needed


class ApprovePlan(Approve):
    """Approves in advance that the plan runs by itself, exactly as the options say now."""

    key = APPROVE
    risk = Risk.HIGH

    def __init__(self, play: Approved) -> None:
        self._play = play

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        play = self._play
        if play.plan.mode is Mode.OBSERVE or await permitted(play):
            raise Refused(Refusal("nothing_to_do", {"target": target}))
        packed = written(play.plan)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps(packed, sort_keys=True),
            steps=(Step(order="grant_standing", params={"plan": json.dumps(packed)}),),
            risk=Risk.HIGH if POWER_OFF in covered(play.plan) else Risk.MEDIUM,
            source=play.id,
            params=dict(params),
            before={"plan": packed, "shown": self._play.in_words()},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        same = written(self._play.plan) == plan.before["plan"]
        return None if same else Refusal("power_plan_changed", {"who": "?"})

    @override
    def desk(self) -> Desk:
        return self._play.desk

    @override
    def wanted(self, plan: Plan, by: Actor) -> Sequence[Standing]:
        return [
            Standing(
                id="",
                action=action,
                selector=selector,
                by=by,
                at=time.time(),
                rule=OUTAGE,
                source=self._play.id,
                params={"plan": plan.before["plan"]},
            )
            for action, selector in covered(self._play.plan).items()
        ]

    @override
    def replaces(self, old: Standing) -> bool:
        # a plan that no longer shuts the NAS down also takes the place of one that did
        return old.source == self._play.id and old.action in (SHED, POWER_OFF)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        found = await permitted(self._play)
        return Verdict(Outcome.SUCCEEDED if found else Outcome.FAILED)

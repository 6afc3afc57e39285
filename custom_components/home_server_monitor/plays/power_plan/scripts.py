"""Other hosts: scripts of the user's, which the plan runs once everything else is over."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, override

from homeassistant.core import HomeAssistant

from ...guardian.contract import Action, Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from .items import SCRIPT
from .plan import Kind, PowerPlan

DEADLINE: Final = 120.0


class Plans(Protocol):
    """The play whose plan names the scripts."""

    id: str

    @property
    def plan(self) -> PowerPlan:
        """Return what the options say."""
        ...


class RunScript(Action):
    """Runs one script that the plan names, and no other."""

    key = SCRIPT
    risk = Risk.MEDIUM
    # only as a part of the plan
    stands_by_policy = True

    def __init__(self, hass: HomeAssistant, play: Plans) -> None:
        self._hass = hass
        self._play = play

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        named = [
            each for stage in self._play.plan.stages if stage.kind is Kind.HOSTS for each in stage.selectors
        ]
        if target not in named or self._hass.states.get(target) is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=target,
            steps=(Step(order=self.key, params={"script": target}),),
            risk=self.risk,
            takes_away=True,
            deadline=DEADLINE,
            source=self._play.id,
            params=dict(params),
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        await self._hass.services.async_call("script", "turn_on", {"entity_id": plan.target}, blocking=True)
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Nobody but the script knows what it did: that it was begun is all that is said."""
        begun = bool(receipts) and not (receipts[-1].result or {}).get("lost")
        return Verdict(Outcome.SUCCEEDED if begun else Outcome.INCONCLUSIVE)

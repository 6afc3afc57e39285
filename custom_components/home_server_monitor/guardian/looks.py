"""Reading a target before it is acted on: the plan, and the check right before the first write."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .contract import Action, Plan, Refusal, Refused, Source
from .leases import Leases
from .own_path import OwnPath
from .remediation import Record

DEADLINE = 30.0


class Looks:
    """What is read of sources, and refused because of what is protected or what Home Assistant stands on."""

    def __init__(
        self,
        sources: Callable[[str], Source | None],
        own_path: Callable[[], OwnPath],
        spare: Callable[[str, Plan], Refusal | None],
        leases: Leases,
    ) -> None:
        self._sources = sources
        self._own_path = own_path
        self._spare = spare
        self._leases = leases

    async def plan(self, source: str, action: str, target: str, params: Mapping[str, Any]) -> Plan:
        """Return what would be done. Raises Refused, TimeoutError, and what the source raises."""
        async with asyncio.timeout(DEADLINE):
            plan = await self._action(source, action, target).plan(target, params)
        if not plan.steps:
            raise Refused(Refusal("nothing_to_do", {"target": target}))
        plan = replace(plan, source=source, params=params)
        self._spare_own_path(plan)
        if refusal := self._spare(source, plan) or await self._why_not_lent(plan):
            raise Refused(refusal)
        return plan

    async def check(self, record: Record) -> Refusal | None:
        """Read the target again. Raises Refused where it cannot be acted on now, and what the source raises."""
        self._spare_own_path(record.plan)
        if refusal := self._spare(record.source, record.plan):
            return refusal
        async with asyncio.timeout(DEADLINE):
            found = await self._action(record.source, record.action, record.target).check(record.plan)
        return found or await self._why_not_lent(record.plan)

    async def _why_not_lent(self, plan: Plan) -> Refusal | None:
        """Return why what a plan changes for a while cannot be lent. Raises Refused, and what the source raises."""
        for step in plan.steps:
            if step.lease and (refusal := await self._leases.why_not(plan.source, step.lease, plan.target)):
                return refusal
        return None

    def _action(self, source_id: str, key: str, target: str) -> Action:
        source = self._sources(source_id)
        if source is None or not source.judged:
            raise Refused(Refusal("source_away", {"target": target}))
        if (action := source.actions.get(key)) is None:
            raise Refused(Refusal("no_such_action"))
        return action

    def _spare_own_path(self, plan: Plan) -> None:
        if plan.takes_away and (reason := self._own_path().stands_on(plan.touches)):
            raise Refused(Refusal("own_path", {"target": plan.target, "reason": reason}))

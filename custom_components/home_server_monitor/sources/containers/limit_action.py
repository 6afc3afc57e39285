"""Limits a container that uses more than it may, while it runs, and measures that the limit bites."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, override

from ...guardian.contract import ForAWhile, Outcome, Plan, Receipt, Refusal, Refused, Verdict
from .client import EngineClient
from .ladder import Rung, bites, ladder
from .lending import LIMITED as LENT, MOST_MINUTES, lasting
from .live_change import LiveChange
from .model import Container, Usage
from .quota import Breach, Measure
from .quotas import LIMITED
from .raw import Json
from .usage import sample, usage
from .yard import Yard

# the processor is measured between two samples
BETWEEN = 3.0


class LimitContainer(LiveChange):
    """Sets the limit of a quota, for a while: what it had before is put back at its end, or when somebody ends it.

    Params: measure (cpu, memory or pids), limit, in percent of a core, bytes, or count, and minutes.
    """

    key = "limit_container"

    def __init__(self, client: EngineClient, yard: Yard, memory: Callable[[], int | None]) -> None:
        super().__init__(client, yard)
        self._memory = memory

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        plan = await super().plan(target, params)
        body = plan.before["body"]
        lease = ForAWhile(
            setting=LENT,
            target=f"{plan.before['id']} {','.join(sorted(body))}",
            value=body,
            lasts=lasting(params, MOST_MINUTES),
        )
        return replace(plan, steps=tuple(replace(each, lease=lease) for each in plan.steps))

    @override
    async def wanted(self, inspect: Json, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        measure, limit = Measure(params["measure"]), float(params["limit"])
        member = self._yard.member(target)
        if measure not in LIMITED or member is None or not member.running:
            raise Refused(Refusal("limit_not_possible", {"target": target}))
        used = await self._measured(member)
        steps = ladder(Breach(measure, limit, limit, 0.0), inspect, await self._yard.workshop.about(), used)
        found = next((each for each in steps if each.rung is Rung.LIMIT), None)
        if found is None:
            raise Refused(Refusal("limit_not_possible", {"target": target}))
        return found.live

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        verdict = await super().verify(plan, receipts)
        member = self._yard.member(plan.target)
        if verdict.outcome is not Outcome.SUCCEEDED or member is None:
            return verdict
        inspect = await self._client.inspect(plan.before["id"])
        if bites(plan.before["body"], inspect, await self._measured(member)) is False:
            return Verdict(Outcome.FAILED, {"reason": "limit_does_not_bite"})
        return verdict

    async def _measured(self, container: Container) -> Usage:
        first = sample(await self._client.stats(container.id))
        await asyncio.sleep(BETWEEN)
        second = sample(await self._client.stats(container.id))
        return Usage() if second is None else usage(first, second, container, self._memory())

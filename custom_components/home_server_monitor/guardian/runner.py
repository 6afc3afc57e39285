"""The plain runner: plan, check, run, verify, for somebody who stands there and waits."""

import asyncio
from collections.abc import Mapping
from typing import Any

from .contract import Action, Outcome, Receipt, Refusal, Refused, Verdict
from .own_path import OwnPath


async def run(action: Action, own_path: OwnPath, target: str, params: Mapping[str, Any]) -> Verdict:
    """Do one action now and return what an independent look afterwards says.

    Raises Refused before anything is written. A write is never sent twice: when verification cannot tell in
    time, the verdict is inconclusive, which is not success.
    """
    plan = await action.plan(target, params)
    if plan.takes_away and (reason := own_path.stands_on(plan.touches)):
        raise Refused(Refusal("own_path", {"target": target, "reason": reason}))
    if refusal := await action.check(plan):
        raise Refused(refusal)
    receipts: list[Receipt] = []
    try:
        async with asyncio.timeout(plan.deadline):
            for step in range(len(plan.steps)):
                receipts += [await action.run(plan, step)]
            return await action.verify(plan, receipts)
    except TimeoutError:
        return Verdict(Outcome.INCONCLUSIVE, {"reason": "no result in time"})

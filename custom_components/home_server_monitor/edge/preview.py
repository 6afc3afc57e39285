"""What an action would do, shown before anybody proposes it."""

from collections.abc import Mapping
from typing import Any

from ..guardian.contract import SYSTEM
from ..guardian.remediation import Record, State
from . import clock
from .guardian import Guardian
from .naming import target_name
from .views import plan_lines


async def preview(
    of: Guardian, source: str, action: str, target: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what an action would do, without proposing it. Raises Refused and ClientError."""
    plan = await of.desk.plan(source, action, target, params)
    record = Record(
        id="",
        source=source,
        action=action,
        target=target,
        name=target_name(of, source, target),
        plan=plan,
        state=State.PROPOSED,
        created=clock.now(),
        expires=clock.now(),
        proposed_by=SYSTEM,
    )
    return {
        "action": action,
        "verb": of.compose.verb(record),
        "target": target,
        "target_name": record.name,
        "risk": record.risk.name.lower(),
        "right": plan.right or None,
        **plan_lines(of, record),
    }

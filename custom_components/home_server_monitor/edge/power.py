"""Power at a glance: what each UPS says, how the plan for power failures stands, and what it has stopped."""

from typing import TYPE_CHECKING, Any

from ..guardian.capabilities_load import PlansPower
from ..guardian.capabilities_power import WatchesPower
from ..guardian.plain import plain
from .media import who
from .naming import iso

if TYPE_CHECKING:
    from .guardian import Guardian


def power_view(of: Guardian) -> dict[str, Any]:
    """Return the UPSes and the plan; nothing is asked of anybody."""
    units = [_unit(of, each) for each in of.house.capable(WatchesPower) if each.server == of.id]
    units.sort(key=lambda row: row["name"])
    plans = (each.power_plan() for each in of.house.sources(of.id) if isinstance(each, PlansPower))
    plan = next((dict(each) for each in plans if each is not None), None)
    if plan is not None:
        plan |= {
            "ends": iso(plan["ends"]),
            "stopped": [plain(name) for name in plan["stopped"]],
            "stages": [
                dict(each) | {"name": of.texts.common(f"power_stage_{each['stage']}", default=each["stage"])}
                for each in plan["stages"]
            ],
        }
    return {"units": units, "plan": plan}


def _unit(of: Guardian, source: WatchesPower) -> dict[str, Any]:
    """Return one UPS: words, percent, seconds and watts; None is not known now."""
    unit = source.power_unit
    now = unit.now
    return who(of, source) | {
        "answers": source.judged and unit.live,
        "state": unit.condition.value,
        "charge": now.charge,
        "runtime": now.runtime,
        "load": now.load,
        "watts": now.watts,
    }

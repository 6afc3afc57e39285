"""The plan at a glance, for people who look at a dashboard."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...edge import clock
from .memory import State

if TYPE_CHECKING:
    from .play import PowerPlay


def glance(play: PowerPlay) -> Mapping[str, Any] | None:
    """Return how the plan stands, in the shape of the capability PlansPower."""
    driver = play.driver
    if driver is None or not play.ups_id or play.state is None:
        return None
    plan, found, health, memory = play.plan, play.cover, play.health, driver.memory
    counts = memory.outage is not None and memory.state is State.COUNTDOWN
    ends = memory.outage.countdown_ends if counts and memory.outage is not None else None
    return {
        "ups": play.ups_id,
        "state": play.state.value,
        "mode": plan.mode.value,
        "approved": driver.approved,
        "can_cancel": play.can_cancel(),
        "practised": play.standing().practised,
        "says": play.telling.words() if play.is_told(driver) else None,
        # the machine counts by the loop's clock
        "ends": None if ends is None else clock.now() + ends - memory.now,
        "count": play.load_count,
        "stopped": play.shed_names(),
        "needed": round(found.needed),
        "lasts": None if found.runtime is None else round(found.runtime),
        "covered": found.enough,
        "health": None if health is None else round(health.share * 100),
        "stages": [
            {"stage": each.kind.value, "limit": each.limit, "took": play.keeping.time_of(each.key)}
            for each in plan.stages
        ],
    }

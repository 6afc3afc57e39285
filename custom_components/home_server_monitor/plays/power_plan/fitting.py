"""How long may be waited before the first stage: the NAS may have a timer of its own."""

from typing import Final

from .inputs import Inputs
from .judging import remaining, shed_need
from .memory import Memory
from .plan import PowerPlan
from .seeing import flapping

# the shortest hold-off and countdown, seconds: where mains comes and goes, the battery is not full, or the NAS does not wait longer
SHORTEST: Final = 5.0
# seconds that are kept free before the NAS goes by itself
SPARE: Final = 5.0


def lead(plan: PowerPlan, inputs: Inputs, memory: Memory) -> tuple[float, float]:
    """Return the hold-off and the countdown, seconds, as short as the NAS's own timer and the battery want them."""
    hold_off, countdown = plan.hold_off, plan.countdown
    outage = memory.outage
    drained = (
        outage is not None and outage.start_charge is not None and outage.start_charge < plan.recovery_charge
    )
    if flapping(memory) or drained:
        hold_off = min(hold_off, SHORTEST)
    if drained and remaining(memory, inputs) is None:
        # nobody knows how long the rest of it lasts, and it is not much
        countdown = min(countdown, SHORTEST)
    if (free := room(plan, inputs, memory)) is not None:
        hold_off = min(hold_off, max(SHORTEST, free - countdown))
        countdown = min(countdown, max(0.0, free - hold_off))
    return hold_off, countdown


def room(plan: PowerPlan, inputs: Inputs, memory: Memory) -> float | None:
    """Return the seconds that may pass before the first stage, so that all are over when the NAS goes by itself."""
    nas = inputs.nas
    if not nas.own_monitor or nas.timer is None:
        return None
    return nas.timer + nas.host_sync - SPARE - shed_need(plan, inputs, memory)


def timer_too_short(plan: PowerPlan, inputs: Inputs) -> float | None:
    """Return the seconds by which the NAS shuts down too early for the plan as it is written, None where it fits."""
    free = room(plan, inputs, Memory())
    wanted = plan.hold_off + plan.countdown
    return None if free is None or free >= wanted else wanted - free

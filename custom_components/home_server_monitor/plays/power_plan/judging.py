"""Whether the battery is low, as far as anybody can say, and whether a forced shutdown was announced. Pure."""

from enum import StrEnum
from itertools import pairwise
from typing import Final

from ...guardian.capabilities_power import Mains
from .inputs import Inputs, Link, Power
from .memory import Memory, Outage, changed
from .plan import IDLE, PowerPlan

# seconds without data on battery after which the owner of the UPS takes it for empty, as upsmon's DEADTIME
DEAD: Final = 15.0
# what is read so often in a row, and for so many seconds, is no slip
TWICE: Final = 2
GAUGES_LAST: Final = 2.0
# seconds for which LB must last: where it rose during the outage, and where gauges contradict it or it came at once
LOW_LASTS: Final = 3.0
LOW_LASTS_UNSURE: Final = 15.0
# gauges that say more than this contradict LB: percent, and times the runtime at which we act ourselves
PLENTY: Final = 50.0
PLENTY_OF_RUNTIME: Final = 2.0
# gauges are off: the last percent that they show may not be there
UNSURE: Final = 10.0
# seconds after which a calibration is not believed where no charge says better; beside mains it is a quirk after
CALIBRATION_LASTS: Final = 1800.0
CALIBRATION_QUIRK: Final = 300.0
# OFF for less is how some devices begin a self-test (nut #2104)
OFF_LASTS: Final = 30.0
# what a charge must have fallen, percent, in so many seconds at least, to say how fast it falls
FALLS: Final = ((4.0, 45.0), (10.0, 20.0))
# likewise where each of so many samples, one every few seconds, was less than the one before
FALLS_STEADILY, STEADY = ((4.0, 20.0), (6.0, 10.0)), 3


class Reason(StrEnum):
    """Why the battery counts as low."""

    CHARGE = "charge"
    RUNTIME = "runtime"
    SECONDS = "seconds"
    LOW = "low"
    SILENT = "silent"


def need(plan: PowerPlan, inputs: Inputs, memory: Memory) -> float:
    """Return the seconds that it takes from now until the NAS is off."""
    return shed_need(plan, inputs, memory) + inputs.needs.nas


def shed_need(plan: PowerPlan, inputs: Inputs, memory: Memory) -> float:
    """Return the seconds that the stages which are not over will take, as far as it was learned."""
    return sum(
        min(stage.limit, inputs.needs.of(stage.key))
        for stage in plan.shedding
        if stage.kind not in IDLE and not memory.is_shed(stage.key)
    )


def enough(plan: PowerPlan, inputs: Inputs, memory: Memory) -> float:
    """Return the runtime, seconds, at which it must begin at the latest."""
    return need(plan, inputs, memory) * plan.thresholds.runtime_factor + plan.thresholds.runtime_margin


def left(
    memory: Memory, inputs: Inputs, charge: float | None, runtime: float | None, heard: float, *, sure: bool
) -> float | None:
    """Return the seconds that the battery still lasts: the least that the UPS, its charge's fall and experience say.

    heard: when charge and runtime were so; sure: the last that a gauge shows is not there, as often it is not.
    """
    outage, spared = memory.outage, UNSURE if sure else 0.0
    found = [] if runtime is None else [runtime - _not_there(outage, charge, runtime, spared)]
    if outage is not None:
        if charge is not None and (rate := falls(outage, charge, heard)):
            found.append((charge - spared) / rate)
        if (lasts := inputs.needs.lasts) is not None:
            found.append(_experience(outage, lasts, heard) - lasts * spared / 100)
    return max(0.0, min(found) - (memory.now - heard)) if found else None


def _not_there(outage: Outage | None, charge: float | None, runtime: float, spared: float) -> float:
    """Return the seconds of a runtime that are not there. spared: percent of a full battery."""
    if charge:
        return runtime * spared / charge
    start = None if outage is None else outage.start_runtime
    return max(runtime, start or 0.0) * spared / 100


def _experience(outage: Outage, lasts: float, heard: float) -> float:
    """Return the seconds that are left of those that a full battery was seen to last at the load of now."""
    start = 1.0 if outage.start_charge is None else outage.start_charge / 100
    share = min(start, 1 - used_before(outage, lasts)) - outage.used
    return share * lasts - (outage.on_battery(heard) - outage.rated)


def used_before(outage: Outage, lasts: float) -> float:
    """Return the share of a full battery that outages before took and that is still missing."""
    return outage.carried / lasts if outage.before is None else outage.before


def rated(memory: Memory, inputs: Inputs) -> Memory:
    """Return the memory with the seconds on battery as shares of a full one: half the load takes half as much."""
    outage, lasts = memory.outage, inputs.needs.lasts
    if outage is None or not lasts:
        return memory
    spent = outage.on_battery(memory.now)
    used = outage.used + (spent - outage.rated) / lasts
    return changed(memory, outage=changed(outage, used=used, rated=spent))


def falls(outage: Outage, charge: float, heard: float) -> float | None:
    """Return how fast the charge falls, percent a second, None where that cannot be said yet.

    charge: percent, heard at that instant. A fall within seconds counts where it goes on from sample to sample: one
    step of a coarse gauge is none.
    """
    if not outage.samples:
        return None
    first, before = outage.samples[0]
    lasted, fallen = heard - first, before - charge
    if any(fallen >= least and lasted >= seconds for least, seconds in FALLS):
        return fallen / lasted
    steps = [each for _, each in outage.samples]
    if len(steps) < STEADY or not all(after < earlier for earlier, after in pairwise(steps)):
        return None
    fell = any(fallen >= least and lasted >= seconds for least, seconds in FALLS_STEADILY)
    return fallen / lasted if fell else None


def counted(memory: Memory, plan: PowerPlan, inputs: Inputs) -> Memory:
    """Return the memory after counting whether this reading calls the battery low; one slip is none."""
    outage, power = memory.outage, inputs.power
    if outage is None or not inputs.new or power.mains is not Mains.ABSENT:
        return memory
    if _gauges(memory, plan, inputs) is None:
        outage = changed(outage, gauges_low=0, gauges_low_since=None)
    else:
        since = memory.now if outage.gauges_low_since is None else outage.gauges_low_since
        outage = changed(outage, gauges_low=outage.gauges_low + 1, gauges_low_since=since)
    return changed(memory, outage=outage)


def _no_slip(memory: Memory, outage: Outage) -> bool:
    """Return whether the gauges are low for longer than one reading is passed on."""
    since = outage.gauges_low_since
    return since is not None and outage.gauges_low >= TWICE and memory.now - since >= GAUGES_LAST


def _gauges(memory: Memory, plan: PowerPlan, inputs: Inputs) -> Reason | None:
    power = inputs.power
    if power.charge is not None and power.charge <= plan.thresholds.charge:
        return Reason.CHARGE
    remains = left(memory, inputs, power.charge, power.runtime, memory.now, sure=True)
    if remains is not None and remains <= enough(plan, inputs, memory):
        return Reason.RUNTIME
    return None


def critical(memory: Memory, plan: PowerPlan, inputs: Inputs) -> Reason | None:
    """Return why the battery counts as low now, None where it does not, or where nobody can say."""
    outage, power = memory.outage, inputs.power
    if outage is None or outage.battery_since is None or memory.mains is not Mains.ABSENT:
        return None
    if power.says_something:
        if power.mains is not Mains.ABSENT or _just_off(memory):
            return None
        return _low_now(memory, outage, plan, inputs)
    return _silent(memory, plan, inputs)


def _low_now(memory: Memory, outage: Outage, plan: PowerPlan, inputs: Inputs) -> Reason | None:
    power, limits = inputs.power, plan.thresholds
    if calibrates(memory):
        sure = power.charge is not None and power.charge < limits.floor and _no_slip(memory, outage)
        return Reason.CHARGE if sure else None
    if _no_slip(memory, outage):
        return _gauges(memory, plan, inputs)
    if low_confirmed(memory, outage, plan, inputs):
        return Reason.LOW
    seconds = limits.seconds
    if seconds is None and power.charge is None and power.runtime is None and inputs.needs.lasts is None:
        seconds = limits.blind
    spent = outage.on_battery(memory.now) + (outage.carried if power.charge is None else 0.0)
    if seconds is not None and spent >= seconds and outage.battery_polls >= TWICE:
        return Reason.SECONDS
    return None


def calibrates(memory: Memory) -> bool:
    """Return whether a UPS on battery drains it on purpose, as far as that is believed."""
    began = memory.calibrating_since
    if began is None or memory.now - began >= CALIBRATION_LASTS:
        return False
    beside = memory.calibrating_on_mains
    return beside is None or began - beside < CALIBRATION_QUIRK


def _just_off(memory: Memory) -> bool:
    return memory.off_since is not None and memory.now - memory.off_since < OFF_LASTS


def low_confirmed(memory: Memory, outage: Outage, plan: PowerPlan, inputs: Inputs) -> bool:
    """Return whether LB is to be believed.

    Some devices say it the moment mains fails (nut #3087), or always (nut #2652): then it says nothing, and the gauges
    decide, where there are any. One that rises during an outage counts also against them, since it follows the
    battery's voltage, but must last longer.
    """
    power = inputs.power
    if outage.low_since is None or outage.battery_polls < TWICE or memory.low_on_mains:
        return False
    lasts = memory.now - outage.low_since
    if not outage.low_rose:
        return power.charge is None and power.runtime is None and lasts >= LOW_LASTS_UNSURE
    plenty = contradicted(power, enough(plan, inputs, memory))
    return lasts >= (LOW_LASTS_UNSURE if plenty else LOW_LASTS)


def contradicted(power: Power, needed: float) -> bool:
    """Return whether charge or runtime say that there is plenty left, and neither says otherwise."""
    said = []
    if power.charge is not None:
        said.append(power.charge > PLENTY)
    if power.runtime is not None:
        said.append(power.runtime > needed * PLENTY_OF_RUNTIME)
    return bool(said) and all(said)


def silence(memory: Memory, inputs: Inputs) -> float:
    """Return for how many seconds nothing was heard although the UPS was on battery; 0 else.

    A UPS that upsd waits for (WAIT), or that says nothing at all, is not silent: nothing follows from that.
    """
    if inputs.power.link is Link.FRESH or memory.mains is not Mains.ABSENT or memory.heard is None:
        return 0.0
    return memory.now - memory.heard


def _silent(memory: Memory, plan: PowerPlan, inputs: Inputs) -> Reason | None:
    """Nothing is heard: what was left when it was heard last runs out all the same."""
    quiet = silence(memory, inputs)
    if quiet < DEAD or calibrates(memory):
        return None
    remains = remaining(memory, inputs, sure=True)
    if remains is None:
        share = 100.0 if memory.charge is None else memory.charge
        return Reason.SILENT if quiet >= plan.thresholds.blind * share / 100 else None
    return Reason.SILENT if remains <= enough(plan, inputs, memory) else None


def remaining(memory: Memory, inputs: Inputs, *, sure: bool = False) -> float | None:
    """Return the seconds that the battery still lasts, from what was heard last; None where nothing tells.

    sure: for a decision, see `left`.
    """
    heard = memory.now if memory.heard is None else memory.heard
    return left(memory, inputs, memory.charge, memory.runtime, heard, sure=sure)

"""What a reading of the UPS changes in what is known: mains, outages and their flickers, and the quirks of devices."""

from typing import Final

from ...guardian.capabilities_power import Mains
from .inputs import Inputs, Power
from .memory import Memory, Outage, changed

# seconds of mains after which an outage is over; OB within them goes on with the same one
SETTLED: Final = 15.0
# seconds in which failures are counted, and how many of them mean that mains comes and goes
FLAPPING: Final = 600.0
FLAPS: Final = 3
# where nobody looked for so many seconds, FSD may have been there for long
RISING: Final = 300.0
# seconds for which nobody looked, after which what must last without a break begins again
UNSEEN: Final = 60.0
# a UPS that says LB this soon after mains failed said nothing about its battery (nut #3087)
AT_ONCE: Final = 10.0
# seconds between two samples of the charge, how many are kept, and for how long none is taken: a gauge that follows the
# voltage falls at once when the load comes onto the battery, and then no more
SAMPLED: Final = 5.0
SAMPLES: Final = 25
SAGS: Final = 10.0


# a battery takes so many times as long to be charged as to be drained
RECHARGES: Final = 10.0


def rebased(memory: Memory, inputs: Inputs) -> Memory:
    """Return the memory on the clock of these inputs.

    After a start of the machine, or where its clock goes back, nobody knows how long it took: nothing has passed then.
    Where nobody looked for a while, mains may have come and gone: the hold-off begins anew. A new process has heard
    nothing yet, so that silence says nothing either.
    """
    if not memory.boot:
        return changed(memory, now=inputs.now, saved=inputs.now, boot=inputs.boot, run=inputs.run)
    gap = inputs.now - memory.now
    if unknown := memory.boot != inputs.boot or gap < 0:
        memory = memory.moved_by(gap)
        if memory.outage is not None:
            # how long it took to fall to what it is now, nobody knows
            memory = changed(memory, outage=changed(memory.outage, samples=()))
    if unknown or gap > RISING:
        memory = changed(memory, fsd=None)
    if unknown or gap > UNSEEN:
        memory = _unseen(memory, inputs.now)
    if memory.run != inputs.run or unknown or gap > UNSEEN:
        memory = changed(memory, mains=Mains.UNKNOWN, heard=None)
    return changed(memory, now=inputs.now, boot=inputs.boot, run=inputs.run)


def _unseen(memory: Memory, now: float) -> Memory:
    """Begin anew what must last without a break."""
    outage = memory.outage
    if outage is not None and outage.battery_since is not None:
        spent = outage.on_battery(now)
        outage = changed(outage, spent=spent, battery_since=now, countdown_ends=None)
    return changed(memory, outage=outage, mains_since=None if memory.mains_since is None else now)


def seen(memory: Memory, power: Power, *, new: bool) -> Memory:
    """Return what is known after a reading. `memory.now` is now; new: it is another one than at the last step."""
    memory = _off(memory, power)
    if not power.says_something or not new:
        return memory
    memory = _fsd(memory, power)
    memory = _calibrating(memory, power)
    match power.mains:
        case Mains.PRESENT:
            memory = _on_mains(memory, power)
        case Mains.ABSENT:
            memory = _on_battery(memory, power)
        case _:
            return memory
    return changed(memory, heard=memory.now, mains=power.mains, charge=power.charge, runtime=power.runtime)


def _off(memory: Memory, power: Power) -> Memory:
    since = (memory.off_since if memory.off_since is not None else memory.now) if power.off else None
    return changed(memory, off_since=since)


def _fsd(memory: Memory, power: Power) -> Memory:
    """FSD in the first reading is a quirk of the device, or latched; only one that rises is an announcement."""
    if not power.fsd:
        return changed(memory, fsd=False, fsd_quirk=False)
    return changed(memory, fsd=True, fsd_quirk=memory.fsd_quirk or memory.fsd is None)


def _calibrating(memory: Memory, power: Power) -> Memory:
    """Note since when it says that it drains its battery on purpose: really, or beside mains, where that is a quirk."""
    if not power.calibrating:
        return changed(memory, calibrating_since=None, calibrating_on_mains=None)
    if power.mains is Mains.PRESENT:
        began = memory.calibrating_on_mains
        return changed(
            memory, calibrating_on_mains=memory.now if began is None else began, calibrating_since=None
        )
    began = memory.calibrating_since
    return changed(memory, calibrating_since=memory.now if began is None else began)


def _on_mains(memory: Memory, power: Power) -> Memory:
    since = memory.now if memory.mains_since is None else memory.mains_since
    outage = memory.outage
    if outage is not None and outage.battery_since is not None:
        outage = changed(
            outage, spent=outage.on_battery(memory.now), battery_since=None, countdown_ends=None,
            battery_polls=0, gauges_low=0, gauges_low_since=None, low_since=None, low_rose=False, critical_since=None,
        )  # fmt: skip
    return changed(memory, mains_since=since, outage=outage, low_on_mains=power.low)


def _on_battery(memory: Memory, power: Power) -> Memory:
    now, outage = memory.now, memory.outage
    if outage is None or outage.battery_since is None:
        failures = (*(at for at in memory.failures if now - at < FLAPPING), now)[-20:]
        memory = changed(memory, failures=failures)
    if outage is None:
        memory = changed(memory, number=memory.number + 1)
        outage = Outage(
            number=memory.number, began=now, battery_since=now, start_charge=power.charge, start_runtime=power.runtime,
            carried=(missing := carried(memory)),
            before=memory.used * missing / memory.drained if memory.used is not None and memory.drained > 0 else None,
        )  # fmt: skip
    elif outage.battery_since is None:
        outage = changed(outage, battery_since=now, flickers=outage.flickers + 1, samples=())
    outage = changed(outage, battery_polls=min(outage.battery_polls + 1, 2))
    if power.charge is not None:
        lowest = power.charge if outage.lowest is None else min(outage.lowest, power.charge)
        outage = changed(outage, lowest=lowest, samples=_sampled(outage, now, power.charge))
    outage = _low(outage, power, now, on_mains=memory.low_on_mains)
    return changed(memory, mains_since=None, outage=outage)


def carried(memory: Memory) -> float:
    """Return the seconds that are still missing in the battery from outages before."""
    if memory.drained_at is None:
        return 0.0
    return max(0.0, memory.drained - (memory.now - memory.drained_at) / RECHARGES)


def _low(outage: Outage, power: Power, now: float, *, on_mains: bool) -> Outage:
    if not power.low:
        return changed(outage, low_since=None, low_rose=False)
    if outage.low_since is not None:
        return outage
    waited = outage.on_battery(now) >= AT_ONCE and outage.battery_polls > 1
    return changed(outage, low_since=now, low_rose=waited and not on_mains)


def _sampled(outage: Outage, now: float, charge: float) -> tuple[tuple[float, float], ...]:
    samples, since = outage.samples, outage.battery_since
    if since is None or now - since < SAGS or (samples and now - samples[-1][0] < SAMPLED):
        return samples
    return (*samples, (now, charge))[-SAMPLES:]


def flapping(memory: Memory, at: float | None = None) -> bool:
    """Return whether mains came and went several times lately. at: seen from then, None for now."""
    end = memory.now if at is None else at
    return sum(end - failed < FLAPPING for failed in memory.failures) >= FLAPS

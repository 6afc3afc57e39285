"""Mains is back: what was stopped is started again in reverse, once the battery could carry the next outage."""

from typing import Final

from .commands import Message, WakeNas
from .judging import critical
from .memory import State
from .ordering import not_restored, restore_next
from .seeing import SETTLED, flapping
from .turn import Turn

# seconds of mains after which nothing is kept stopped for its coming and going any more
QUIET: Final = 900.0
# seconds of mains that replace a charge that is not reported, where the NAS stayed on
UNKNOWN_CHARGE: Final = 300.0
# seconds between two attempts to wake the NAS, and how many there are
WAKE_AGAIN: Final = 300.0
WAKES: Final = 3


def recovery(turn: Turn) -> None:
    """Wake the NAS and start again what was stopped; never held, and in every mode."""
    outage = turn.outage
    if outage is not None and outage.battery_since is not None:
        if not outage.cancelled or critical(turn.memory, turn.plan, turn.inputs) is not None:
            turn.go(State.LOAD_SHED if outage.shed else State.ON_BATTERY)
        elif turn.on_battery and restore_next(turn):
            turn.go(State.ON_BATTERY)
        return
    if turn.on_mains and outage is not None and outage.told:
        # also where what was cancelled came back before mains did
        turn.tell(Message.POWER_BACK, {"seconds": outage.on_battery(turn.now)})
    if not turn.on_mains or not _may_start(turn):
        return
    if turn.memory.nas_taken:
        if turn.inputs.nas.reachable is not False:
            turn.set(nas_taken=False, wakes=0, woken=None)
        elif _wakes(turn):
            return
    if restore_next(turn) and not turn.memory.nas_taken:
        _restored(turn)
    elif failed := not_restored(turn):
        turn.tell(Message.NOT_RESTORED, {"stages": ", ".join(failed)})


def _may_start(turn: Turn) -> bool:
    """Return whether mains is steady and the battery charged enough that what is started is not cut off again."""
    memory, charge = turn.memory, turn.inputs.power.charge
    if memory.mains_since is None:
        return False
    lasts = turn.now - memory.mains_since
    if lasts < SETTLED or (flapping(memory, memory.mains_since) and lasts < QUIET):
        return False
    if not memory.held and not memory.nas_taken:
        return True
    if charge is None:
        enough = lasts >= (turn.plan.recovery_after if memory.nas_taken else UNKNOWN_CHARGE)
    else:
        enough = charge >= turn.plan.recovery_charge or lasts >= turn.plan.recovery_after
    if not enough:
        turn.tell(Message.WAITING_FOR_CHARGE, {"charge": charge or 0.0, "needed": turn.plan.recovery_charge})
    return enough


def _wakes(turn: Turn) -> bool:
    """Wake the NAS, several times; returns whether there is still hope, so that the rest waits for it."""
    memory = turn.memory
    turn.tell(Message.WAITING_FOR_NAS)
    if memory.woken is not None and turn.now - memory.woken < WAKE_AGAIN:
        return True
    if memory.wakes >= WAKES:
        return False
    turn.set(wakes=memory.wakes + 1, woken=turn.now)
    turn.give(WakeNas())
    return True


def _restored(turn: Turn) -> None:
    told = turn.memory.recovery_told if turn.outage is None else turn.outage.told
    if not {Message.SHEDDING, Message.FORCED, Message.ASKED, Message.NAS_OFF}.isdisjoint(told):
        turn.tell(Message.RESTORED)
    turn.set(recovery_told=())
    turn.go(State.ONLINE)

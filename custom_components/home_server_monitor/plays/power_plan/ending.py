"""What cannot be undone: a forced shutdown that somebody announced, and the NAS that is asked to shut down."""

from dataclasses import replace
from typing import Final

from .commands import Message, ShutDownNas
from .inputs import Link
from .memory import Outage, State
from .ordering import run_final, shed_next, stalled
from .plan import Kind, Mode
from .seeing import SETTLED
from .turn import Turn

# seconds after which a NAS that does not answer is taken for off, where it was not asked to
AWAY: Final = 60.0
# seconds after which a NAS that was to shut down, and a forced shutdown that stays announced, are not waited for
LONG: Final = 900.0
# seconds after which it is told that a NAS that was asked still answers
LATE: Final = 300.0
# seconds after which a NAS that could not be asked is asked again
ASK_AGAIN: Final = 15.0


def forced(turn: Turn) -> None:
    """Follow a forced shutdown that is announced while we watch, whatever mains does: nobody can take it back."""
    memory, power = turn.memory, turn.inputs.power
    if not power.says_something or not power.fsd or memory.fsd_quirk or memory.state is State.DONE:
        return
    if memory.outage is None:
        number = memory.number + 1
        turn.set(number=number, outage=Outage(number=number, began=turn.now, battery_since=None))
    elif memory.outage.forced:
        return
    turn.mark(forced=True, shed=turn.acts or (turn.outage is not None and turn.outage.shed))
    if turn.outage is not None and turn.outage.final is None:
        turn.mark(final=turn.now)
    turn.set(nas_taken=turn.memory.nas_taken or turn.inputs.nas.own_monitor)
    turn.tell(Message.FORCED, would=not turn.real)
    turn.go(State.COMMITTED)


def committed(turn: Turn) -> None:
    """Carry out what cannot be undone, one after the other, and wait until the NAS is off."""
    outage = _unasked(turn)
    if outage is None:
        turn.go(State.RECOVERY)
        return
    if not outage.forced and not outage.asked and (turn.on_mains or turn.inputs.held):
        # nothing happened yet that could not be undone
        turn.go(State.LOAD_SHED)
        return
    if outage.forced and turn.on_mains and not turn.inputs.power.fsd:
        # whoever announced it has started again since
        turn.go(State.DONE)
        return
    if turn.acts and turn.clear and not _ordered(turn, outage):
        return
    if turn.inputs.held and not outage.asked:
        turn.tell(Message.HELD)
    _wait(turn)


def _unasked(turn: Turn) -> Outage | None:
    """Return the outage, with a NAS that was certainly not asked as what it is, since there may be time to ask again."""
    outage, stage = turn.outage, next((each for each in turn.plan.finals if each.kind is Kind.NAS), None)
    progress = turn.inputs.progress.get(stage.key) if stage is not None else None
    if outage is None or progress is None or progress.unsent.isdisjoint(outage.asked_of):
        return outage
    asked = tuple(each for each in outage.asked_of if each not in progress.unsent)
    turn.mark(asked=bool(asked), asked_of=asked, unsent=turn.now)
    if outage.unsent is None:
        turn.untell(Message.PARTLY_ASKED)
    turn.tell(Message.PARTLY_ASKED if asked else Message.NOT_ASKED)
    return turn.outage


def _ordered(turn: Turn, outage: Outage) -> bool:
    """Give what is still to be ordered; returns whether all of it is over."""
    if outage.forced:
        over = shed_next(turn, urgent=True)
        if over or stalled(turn):
            turn.mark(logged_out=True)
        if not over:
            return False
    for stage in turn.plan.finals:
        if stage.kind is Kind.NAS:
            _ask(turn)
        elif not run_final(turn, stage):
            return False
    return True


def _ask(turn: Turn) -> None:
    """Ask each NAS to shut down, once; one that watches the UPS itself follows a forced shutdown by itself."""
    outage, nas, machines = turn.outage, turn.inputs.nas, _not_asked(turn)
    if outage is None or not machines or turn.plan.mode is not Mode.DECIDE or not nas.may_ask:
        return
    if nas.reachable is False or (outage.forced and nas.own_monitor) or (turn.on_mains and not outage.forced):
        return
    if outage.unsent is not None and turn.now - outage.unsent < ASK_AGAIN:
        return
    asked = (*outage.asked_of, *machines)
    turn.mark(asked=True, asked_of=asked, logged_out=True, final=turn.now)
    turn.set(nas_taken=True)
    turn.give(ShutDownNas(machines))
    if not set(nas.missing) <= set(asked):
        if outage.unsent is None:
            turn.untell(Message.PARTLY_ASKED)
        turn.tell(Message.PARTLY_ASKED)
    elif outage.unsent is None:
        # what is asked again may fail again, and was told
        turn.tell(Message.ASKED)


def _not_asked(turn: Turn) -> tuple[str, ...]:
    """Return the NASes that answer and were not asked yet; none where nobody knows which were."""
    outage = turn.outage
    if outage is None or (outage.asked and not outage.asked_of):
        return ()
    return tuple(each for each in turn.inputs.nas.answering if each not in outage.asked_of)


def _wait(turn: Turn) -> None:
    outage, nas = turn.outage, turn.inputs.nas
    if outage is None or outage.final is None:
        return
    lasts = turn.now - outage.final
    sure = outage.asked or outage.forced or lasts >= AWAY
    unheard = turn.inputs.power.link is Link.UNREACHABLE and nas.reachable is not True
    if (nas.reachable is False or unheard) and sure:
        turn.set(nas_taken=True)
        if outage.asked or outage.unsent is None:
            # one that could not be asked is silent, which is not off
            turn.tell(Message.NAS_OFF)
    elif nas.reachable is None and not outage.forced:
        pass
    elif lasts < LONG:
        if outage.asked and lasts >= LATE:
            turn.tell(Message.NAS_STILL_ON)
        return
    elif turn.real:
        turn.tell(Message.NAS_STILL_ON)
    turn.go(State.DONE)


def done(turn: Turn) -> None:
    """Wait for mains; a forced shutdown that stays announced for long after it is not one any more."""
    outage, memory = _unasked(turn), turn.memory
    if _was_not_off(turn):
        # what was taken for off was only silent: it is asked once it answers
        turn.go(State.LOAD_SHED)
        return
    if _answers_late(turn):
        turn.go(State.COMMITTED)
        return
    if not turn.on_mains or memory.mains_since is None or turn.now - memory.mains_since < SETTLED:
        return
    if memory.fsd and outage is not None and outage.final is not None:
        if turn.now - outage.final < LONG:
            return
        turn.memory = replace(memory, fsd_quirk=True)
    if outage is not None and outage.told:
        turn.tell(Message.POWER_BACK, {"seconds": outage.on_battery(turn.now)})
    turn.go(State.RECOVERY)


def _was_not_off(turn: Turn) -> bool:
    """Return whether a NAS that was never asked answers again, on battery."""
    return turn.outage is not None and not turn.outage.asked and _could_be_asked(turn)


def _answers_late(turn: Turn) -> bool:
    """Return whether one of several that was not asked answers now, on battery."""
    return turn.outage is not None and turn.outage.asked and bool(_not_asked(turn)) and _could_be_asked(turn)


def _could_be_asked(turn: Turn) -> bool:
    outage, nas = turn.outage, turn.inputs.nas
    if outage is None or outage.forced or turn.plan.mode is not Mode.DECIDE:
        return False
    return turn.acts and turn.on_battery and nas.reachable is True and nas.may_ask

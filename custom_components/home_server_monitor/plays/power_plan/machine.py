"""The state machine of the plan: one pure step from what is remembered and seen to what is done.

Whoever runs it saves the new memory before it carries out the commands, where `save` says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .commands import Command, Ended, Login, Logout, Message
from .ending import committed, done, forced
from .fitting import SPARE, lead
from .inputs import Inputs, Link
from .judging import (
    DEAD,
    Reason,
    calibrates,
    counted,
    critical,
    rated,
    remaining,
    shed_need,
    silence,
    used_before,
)
from .memory import Memory, Outage, State, worth_saving
from .ordering import absorb, shed_next, stalled
from .plan import Kind, Mode, PowerPlan
from .recovering import recovery
from .seeing import SETTLED, rebased, seen
from .turn import Turn

# seconds between two attempts to log in
LOGIN_AGAIN: Final = 10.0
# seconds for which stages may go on where nobody knows how long the battery lasts, and where the UPS calls it low
AT_MOST: Final = 30.0
AT_MOST_LOW: Final = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of a step. save: the memory must be written down before the commands are carried out."""

    memory: Memory
    commands: tuple[Command, ...]
    save: bool


def step(memory: Memory, plan: PowerPlan, inputs: Inputs) -> Step:
    """Return what is remembered and done after these inputs. Never raises for any of them."""
    known = rebased(memory, inputs)
    inputs = _heard(known, inputs)
    known = counted(rated(seen(known, inputs.power, new=inputs.new), inputs), plan, inputs)
    turn = Turn(known, plan, inputs)
    absorb(turn)
    _over(turn)
    forced(turn)
    _cancelled(turn)
    for _ in State:
        state = turn.memory.state
        _STATES[state](turn)
        if turn.memory.state is state:
            break
    _login(turn)
    save = bool(turn.commands) or worth_saving(memory, turn.memory)
    after = replace(turn.memory, saved=turn.now) if save else turn.memory
    return Step(after, tuple(turn.commands), save)


def _heard(memory: Memory, inputs: Inputs) -> Inputs:
    """Return the inputs with a reading that is too old to be one of now as what it is."""
    fresh = inputs.power.link is Link.FRESH
    if inputs.new or not fresh or memory.heard is None or memory.now - memory.heard < DEAD:
        return inputs
    return replace(inputs, power=replace(inputs.power, link=Link.STALE))


def _over(turn: Turn) -> None:
    """End an outage once mains is settled, where nothing that cannot be undone is under way."""
    memory, outage = turn.memory, turn.outage
    if outage is None or memory.state not in (State.ONLINE, State.RECOVERY):
        return
    if memory.mains_since is None or turn.now - memory.mains_since < SETTLED:
        return
    turn.give(
        Ended(
            number=outage.number, seconds=outage.on_battery(turn.now), lowest=outage.lowest, shed=outage.shed,
            committed=outage.asked or outage.forced, flickers=outage.flickers,
        )
    )  # fmt: skip
    told = (*memory.recovery_told, *outage.told) if memory.state is State.RECOVERY else ()
    drained = outage.on_battery(turn.now) + outage.carried
    lasts = turn.inputs.needs.lasts
    used = None if lasts is None else outage.used + used_before(outage, lasts)
    turn.set(outage=None, recovery_told=told, drained=drained, drained_at=turn.now, used=used)


def _cancelled(turn: Turn) -> None:
    if not turn.inputs.cancel or turn.outage is None:
        return
    match turn.memory.state:
        case State.ONLINE | State.ON_BATTERY | State.COUNTDOWN:
            turn.mark(cancelled=True, countdown_ends=None)
            turn.tell(Message.CANCELLED)
            if turn.memory.state is State.COUNTDOWN:
                turn.go(State.ON_BATTERY)
        case State.LOAD_SHED if critical(turn.memory, turn.plan, turn.inputs) is None:
            turn.mark(cancelled=True, critical_since=None)
            turn.tell(Message.CANCELLED)
            turn.go(State.RECOVERY)
        case State.LOAD_SHED | State.COMMITTED:
            turn.tell(Message.TOO_LATE_TO_CANCEL)


def _online(turn: Turn) -> None:
    if turn.outage is not None and turn.outage.battery_since is not None:
        turn.go(State.ON_BATTERY)
    elif turn.recovers:
        turn.go(State.RECOVERY)


def _back(turn: Turn, outage: Outage) -> None:
    if outage.told:
        turn.tell(Message.POWER_BACK, {"seconds": outage.on_battery(turn.now)})


def _on_battery(turn: Turn) -> None:
    outage = turn.outage
    if outage is None or turn.on_mains:
        if outage is not None:
            _back(turn, outage)
        turn.go(State.RECOVERY if turn.recovers else State.ONLINE)
        return
    if _urgent(turn):
        return
    if outage.cancelled or not turn.on_battery or outage.battery_since is None:
        return
    hold_off, countdown = lead(turn.plan, turn.inputs, turn.memory)
    if turn.now - outage.battery_since < hold_off:
        return
    if turn.inputs.held:
        turn.tell(Message.HELD)
        return
    turn.mark(countdown_ends=turn.now + countdown)
    turn.untell(Message.COUNTDOWN)
    turn.tell(Message.COUNTDOWN, {"seconds": countdown, **_left(turn)}, would=not turn.real)
    turn.go(State.COUNTDOWN)


def _left(turn: Turn) -> dict[str, float | str]:
    found = remaining(turn.memory, turn.inputs)
    return {} if found is None else {"left": round(found)}


def _countdown(turn: Turn) -> None:
    outage = turn.outage
    if outage is None or turn.on_mains or outage.countdown_ends is None:
        turn.go(State.ON_BATTERY)
    elif turn.inputs.held:
        turn.mark(countdown_ends=None)
        turn.tell(Message.HELD)
        turn.go(State.ON_BATTERY)
    elif not _urgent(turn) and turn.on_battery and turn.now >= outage.countdown_ends:
        _begin(turn)


def _urgent(turn: Turn) -> bool:
    """Begin at once where the battery is low, or where nothing is heard, so that the NAS will go by itself."""
    outage = turn.outage
    if outage is None:
        return False
    silent = _goes_by_itself(turn) and not outage.cancelled
    if critical(turn.memory, turn.plan, turn.inputs) is None and not silent:
        return False
    if turn.inputs.held:
        turn.tell(Message.HELD)
        return False
    _begin(turn)
    return True


def _goes_by_itself(turn: Turn) -> bool:
    """Return whether the NAS's own monitor takes a UPS that is silent on battery for an empty one by now."""
    quiet = silence(turn.memory, turn.inputs)
    return quiet >= DEAD and turn.inputs.nas.own_monitor and not calibrates(turn.memory)


def _begin(turn: Turn) -> None:
    if turn.real:
        turn.mark(shed=True)
    turn.tell(Message.SHEDDING, _left(turn), would=not turn.real)
    turn.go(State.LOAD_SHED)


def _load_shed(turn: Turn) -> None:
    outage = turn.outage
    if outage is None or turn.on_mains:
        if outage is not None:
            _back(turn, outage)
        turn.go(State.RECOVERY)
        return
    if turn.inputs.nas.reachable is False and outage.shed:
        turn.set(nas_taken=True)
    if turn.inputs.held:
        turn.tell(Message.HELD)
        return
    reason = _noted(turn, outage)
    if turn.real:
        _go_on(turn, reason)
    elif reason is not None and turn.plan.finals:
        turn.tell(Message.ASKED, would=True)


def _noted(turn: Turn, outage: Outage) -> Reason | None:
    """Return why the battery counts as low, once it is noted since when."""
    reason = critical(turn.memory, turn.plan, turn.inputs)
    if reason is None:
        turn.mark(critical_since=None)
        return None
    if outage.critical_since is None:
        turn.mark(critical_since=turn.now)
    message = Message.SILENT if reason is Reason.SILENT else Message.LOW
    turn.tell(message, {"reason": reason.value, **_left(turn)})
    return reason


def _go_on(turn: Turn, reason: Reason | None) -> None:
    """Order what is next; where the battery is low and nothing is left to stop, or no time, the NAS is next."""
    if not turn.clear:
        return
    over = shed_next(turn, urgent=reason is not None or _goes_by_itself(turn))
    if over:
        turn.tell(Message.SHED)
    if over or stalled(turn):
        turn.mark(logged_out=True)
    if reason is not None and turn.plan.mode is Mode.DECIDE and (over or _must_go(turn, reason)):
        _commit(turn)


def _must_go(turn: Turn, reason: Reason) -> bool:
    """Return whether the NAS cannot wait for the stages that are not over yet."""
    outage = turn.outage
    if outage is None or outage.critical_since is None:
        return False
    nas = turn.inputs.needs.nas
    remains = remaining(turn.memory, turn.inputs, sure=True)
    if remains is not None and remains <= nas * 1.2 + SPARE:
        return True
    at_most = max(SPARE, shed_need(turn.plan, turn.inputs, turn.memory) * 1.5)
    if remains is None:
        at_most = min(at_most, AT_MOST)
    if reason is Reason.LOW:
        at_most = min(at_most, AT_MOST_LOW)
    return turn.now - outage.critical_since >= at_most


def _commit(turn: Turn) -> None:
    nas = any(stage.kind is Kind.NAS for stage in turn.plan.finals)
    if nas and not turn.inputs.nas.may_ask:
        turn.tell(Message.NOT_ASKED)
        return
    if turn.plan.finals:
        turn.mark(final=turn.now)
        turn.go(State.COMMITTED)


def _login(turn: Turn) -> None:
    """Log in at the first reading on battery, and out once nobody need wait for us."""
    outage = turn.outage
    wanted = (
        outage is not None
        and turn.acts
        and (outage.battery_since is not None or outage.forced)
        and not outage.logged_out
        and (not outage.cancelled or turn.memory.state in (State.LOAD_SHED, State.COMMITTED))
        and not calibrates(turn.memory)
        and turn.memory.state in (State.ON_BATTERY, State.COUNTDOWN, State.LOAD_SHED, State.COMMITTED)
    )
    if not wanted:
        if turn.inputs.logged_in:
            turn.give(Logout())
        return
    tried = turn.memory.login_at
    waits = tried is not None and turn.now - tried < LOGIN_AGAIN
    if not turn.inputs.logged_in and not waits and turn.inputs.power.link is not Link.UNREACHABLE:
        turn.set(login_at=turn.now)
        turn.give(Login())


_STATES: Final[Mapping[State, Callable[[Turn], None]]] = {
    State.ONLINE: _online,
    State.ON_BATTERY: _on_battery,
    State.COUNTDOWN: _countdown,
    State.LOAD_SHED: _load_shed,
    State.COMMITTED: committed,
    State.DONE: done,
    State.RECOVERY: recovery,
}

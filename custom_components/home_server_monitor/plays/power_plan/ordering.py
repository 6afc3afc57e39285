"""Which stage is ordered next: forwards one after the other, backwards in reverse, and again after a restart."""

from dataclasses import replace
from typing import Final

from .commands import Message, Restore, Shed
from .inputs import Doing, Progress
from .memory import Order, Verb
from .plan import IDLE, Stage
from .turn import Turn

# seconds that the return of a stage may take before the next one begins
RESTORE_LIMIT: Final = 600.0
# seconds to wait before a return that failed is tried again, doubled each time, and the most
TRY_AGAIN: Final = 60.0
LAST_TRY_AGAIN: Final = 3600.0
# failed returns after which it is told
TOLD_AFTER: Final = 3
# seconds for which a stage that is still being stopped is waited for beyond its limit, before it is started again
STILL_STOPPING: Final = 60.0


def absorb(turn: Turn) -> None:
    """Take in how far the orders are."""
    for known in turn.memory.orders:
        if known.over:
            continue
        order, progress = known, _of(turn, known)
        if progress is not None and progress.count != order.count:
            order = replace(order, count=progress.count, moved=turn.now)
            _keep(turn, order)
        if progress is not None and progress.doing is not Doing.RUNNING:
            _end(
                turn,
                order,
                failed=progress.doing is Doing.FAILED or _still(order, progress),
                holds=progress.holds,
            )
        elif order.run == turn.inputs.run and turn.now - order.at >= _limit(turn, order):
            if order.verb is Verb.SHED:
                turn.tell(Message.STALLED, {"stage": order.stage})
            _end(turn, order, failed=True, holds=True)


def _of(turn: Turn, order: Order) -> Progress | None:
    progress = turn.inputs.progress.get(order.stage)
    return progress if progress is not None and progress.order == order.number else None


def _still(order: Order, progress: Progress) -> bool:
    """Return whether a return is said to be done although something is still stopped."""
    return order.verb is Verb.RESTORE and progress.holds


def _limit(turn: Turn, order: Order) -> float:
    if order.verb is Verb.RESTORE:
        return RESTORE_LIMIT
    stage = turn.plan.stage(order.stage)
    return 0.0 if stage is None else stage.limit


def _keep(turn: Turn, order: Order) -> None:
    others = tuple(each for each in turn.memory.orders if each.stage != order.stage)
    turn.set(orders=(*others, order))


def _end(turn: Turn, order: Order, *, failed: bool, holds: bool) -> None:
    tries = order.tries + (failed and order.verb is Verb.RESTORE)
    _keep(turn, replace(order, over=True, moved=turn.now, tries=tries))
    if not holds:
        turn.set(held=tuple(key for key in turn.memory.held if key != order.stage))


def stalled(turn: Turn) -> bool:
    """Return whether the stage under way makes no progress, so that nobody need wait for us."""
    for order in turn.memory.orders:
        if order.over or order.verb is not Verb.SHED:
            continue
        progress = _of(turn, order)
        patience = 30.0 if progress is None else progress.patience
        if turn.now - max(order.at, order.moved) >= patience:
            return True
    return False


def shed_next(turn: Turn, *, urgent: bool) -> bool:
    """Order the next stage that can be undone where the one before is over; returns whether all of them are."""
    for stage in turn.plan.shedding:
        if turn.memory.is_shed(stage.key):
            continue
        if urgent and stage.kind in IDLE:
            _skip(turn, stage)
            continue
        _send(turn, stage, urgent=urgent)
        return False
    return True


def run_final(turn: Turn, stage: Stage) -> bool:
    """Order a stage that cannot be undone, once; returns whether it is over."""
    if turn.memory.is_shed(stage.key):
        return True
    _send(turn, stage, urgent=True, holds=False)
    return False


def _new(turn: Turn, stage: str, verb: Verb, tries: int = 0) -> Order:
    turn.set(serial=turn.memory.serial + 1)
    return Order(
        stage=stage, verb=verb, number=turn.memory.serial, outage=turn.memory.number, at=turn.now,
        run=turn.inputs.run, tries=tries,
    )  # fmt: skip


def _skip(turn: Turn, stage: Stage) -> None:
    _keep(turn, replace(_new(turn, stage.key, Verb.SHED), over=True))


def _send(turn: Turn, stage: Stage, *, urgent: bool, holds: bool = True) -> None:
    """Give the order of a stage; again, under its number, to a process that has not heard it, or for more haste."""
    order = turn.memory.order(stage.key)
    if (
        order is not None
        and order.verb is Verb.SHED
        and not order.over
        and order.outage == turn.memory.number
    ):
        if order.run == turn.inputs.run and (order.urgent or not urgent):
            return
        at = order.at if order.run == turn.inputs.run else turn.now
        order = replace(order, run=turn.inputs.run, urgent=urgent, at=at)
    else:
        order = replace(_new(turn, stage.key, Verb.SHED), urgent=urgent)
        if holds and stage.kind not in IDLE:
            turn.set(held=(*(key for key in turn.memory.held if key != stage.key), stage.key))
    _keep(turn, order)
    turn.give(Shed(stage.key, order.number, urgent))


def restore_next(turn: Turn) -> bool:
    """Order the next return, last stopped first; returns whether nothing is held any more."""
    if any(_stopping(turn, order) for order in turn.memory.orders):
        return False
    for key in reversed(turn.memory.held):
        order = turn.memory.order(key)
        tries = 0
        if order is not None and order.verb is Verb.RESTORE:
            if not order.over:
                _again(turn, order)
                return False
            tries = order.tries
            if turn.now - order.moved < min(TRY_AGAIN * 2.0 ** min(tries - 1, 10), LAST_TRY_AGAIN):
                continue
        order = _new(turn, key, Verb.RESTORE, tries)
        _keep(turn, order)
        turn.give(Restore(key, order.number))
        return False
    return not turn.memory.held


def _again(turn: Turn, order: Order) -> None:
    if order.run != turn.inputs.run:
        _keep(turn, replace(order, run=turn.inputs.run, at=turn.now))
        turn.give(Restore(order.stage, order.number))


def _stopping(turn: Turn, order: Order) -> bool:
    """Return whether a stage is still being stopped: it finishes that before it is started again."""
    if order.verb is not Verb.SHED or order.stage not in turn.memory.held:
        return False
    progress = _of(turn, order)
    if progress is None or progress.doing is not Doing.RUNNING:
        return not order.over and order.run == turn.inputs.run
    return turn.now - order.at < _limit(turn, order) + STILL_STOPPING


def not_restored(turn: Turn) -> list[str]:
    """Return the stages that could not be returned, several times."""
    orders = (turn.memory.order(key) for key in turn.memory.held)
    return [each.stage for each in orders if each is not None and each.tries >= TOLD_AFTER]

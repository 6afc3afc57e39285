"""The NASes that are asked to shut down: each once where an order may have been sent, also one that answers later."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, override

from ...guardian.contract import Plan, Receipt, Risk
from ...guardian.remediation import Record, State
from ...guardian.sending import flag
from .carrying import GRACE, OUT_OF_TIME, POWER_OFF, Carries, StageAction
from .items import Item, Load
from .plan import Kind, Stage

# seconds between two looks at whether another one is to be asked
LOOK_EVERY: Final = 1.0
# ends of a record that had no answer, or none but a refusal, after which nothing of it was done
UNSENT: Final = frozenset({State.FAILED, State.CANCELLED, State.SUPERSEDED, State.DENIED, State.EXPIRED})


class Asking:
    """Who is to be asked and was not begun with yet, and to whom certainly nothing was sent; ids of sources."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self.unsent: set[str] = set()

    def ask(self, machines: Iterable[str]) -> None:
        """Have these asked."""
        self.wanted.update(machines)
        self.unsent -= self.wanted

    def take(self) -> set[str]:
        """Return who is to be asked; it is begun with now."""
        taken, self.wanted = self.wanted, set()
        return taken

    def missed(self, machines: Iterable[str]) -> None:
        """Take note that certainly nothing was sent to these."""
        self.unsent.update(machines)
        self.wanted -= self.unsent


class Asks(Carries, Protocol):
    """The play that asks them."""

    asking: Asking


class PowerOff(StageAction):
    """Asks the machines that hang on the UPS to shut down; one that answers only now joins those that are under way."""

    key = POWER_OFF
    risk = Risk.HIGH

    def __init__(self, play: Asks) -> None:
        super().__init__(play)
        self._asks = play

    @override
    def fits(self, stage: Stage) -> bool:
        return stage.kind is Kind.NAS

    @override
    def picked(self, load: Load) -> Sequence[Item]:
        wanted = self._asks.asking.wanted
        return [each for each in load.items if not wanted or each.source in wanted]

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        """Ask each at once; returns once all of them are off, or their time is over."""
        play, whole, loop = self._asks, self._whole(plan), asyncio.get_running_loop()
        items: Sequence[Item] = [Item.unpack(each) for each in plan.before["items"]]
        play.asking.wanted.difference_update(each.source for each in items)
        until = loop.time() + plan.deadline - GRACE
        begun: dict[str, str] = {}
        refused: dict[str, str] = {}
        going: dict[str, asyncio.Task[Record]] = {}
        try:
            while True:
                for item, found in zip(items, await self._begun(whole.id, plan.target, items), strict=True):
                    if isinstance(found, Record):
                        refused.pop(item.name, None)
                        begun[item.name] = found.id
                        going[item.source] = loop.create_task(play.desk.wait(found.id))
                    else:
                        refused[item.name] = found
                        play.asking.missed([item.source])
                self._ended(going)
                if not going or loop.time() >= until:
                    return Receipt(step, {"parts": begun, "refused": refused})
                await asyncio.wait(going.values(), timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                items = await self._called(plan.target)
        finally:
            for task in going.values():
                task.cancel()

    async def _begun(self, whole: str, stage: str, items: Sequence[Item]) -> Sequence[Record | str]:
        if not self._asks.wants(stage):
            return [OUT_OF_TIME for _ in items]
        return await asyncio.gather(*(self._begin(whole, each) for each in items))

    def _ended(self, going: dict[str, asyncio.Task[Record]]) -> None:
        """Let go of what has ended, and note where nothing was sent."""
        for source, task in tuple(going.items()):
            if task.done():
                del going[source]
                if not may_have_been_sent([task.result()]):
                    self._asks.asking.missed([source])

    async def _called(self, target: str) -> Sequence[Item]:
        """Return who is to be asked besides."""
        play = self._asks
        if not play.asking.wanted:
            return ()
        stage = play.plan.stage(target)
        load = (await play.load(stage))[stage.key] if stage is not None else Load()
        wanted = play.asking.take()
        found = [each for each in load.items if each.source in wanted]
        play.asking.missed(wanted.difference(each.source for each in found))
        return found


def may_have_been_sent(parts: Iterable[Record]) -> bool:
    """Return whether an order of these may have reached who it was for, so that it must not be sent again."""
    return any(
        part.state not in UNSENT or any(not flag(each, "refused") for each in part.receipts) for part in parts
    )


def goes_on(parts: Iterable[Record]) -> bool:
    """Return whether one that was asked did not go."""
    return any(each.state is State.FAILED and may_have_been_sent([each]) for each in parts)

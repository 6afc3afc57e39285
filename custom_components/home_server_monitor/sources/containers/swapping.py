"""Going back to the old container of an update: the one that runs now makes way, the kept one takes its name again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from ...guardian.contract import NotDone, Refusal, Refused, Step
from .member import NO_POLICY
from .raw import Json, name_of, table, text, whole
from .workshop import Workshop


class Order(StrEnum):
    """What one step sends."""

    NO_RESTART = "set_restart_policy"
    STOP = "stop_container"
    PARK = "rename_new"
    TAKE = "rename_old"
    POLICY = "restore_restart_policy"
    START = "start_container"
    REMOVE = "remove_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two containers of one name: `new` runs, `old` is kept. All of it is JSON and nothing of it is secret.

    parked: the name of the kept one; failed: the one that the new one gets; policy: the restart policy of the name.
    """

    name: str
    new: str
    old: str
    parked: str
    failed: str
    policy: Mapping[str, Any]
    ran: bool
    stop_within: int

    @classmethod
    def of(cls, new: Json, old: Json, stop_within: int) -> Self:
        """Return the pair for two containers as they stand now."""
        policy = table(table(new.get("HostConfig")).get("RestartPolicy"))
        return cls(
            name=name_of(new),
            new=text(new.get("Id")),
            old=text(old.get("Id")),
            parked=name_of(old),
            failed=name_of(old).replace("-old-", "-failed-"),
            policy={
                "Name": text(policy.get("Name")) or "no",
                "MaximumRetryCount": whole(policy.get("MaximumRetryCount")),
            },
            ran=table(new.get("State")).get("Running") is True,
            stop_within=stop_within,
        )

    def pack(self) -> dict[str, Any]:
        """Return it as the journal holds it."""
        return {**asdict(self), "policy": dict(self.policy)}


def steps_of(pairs: Sequence[Pair]) -> list[Step]:
    """Return the steps in order: those that live in the first one's namespaces stop before it and start after it."""
    steps = [
        _step(order, index)
        for index in reversed(range(len(pairs)))
        for order in (Order.NO_RESTART, Order.STOP)[: 1 + pairs[index].ran]
    ]
    for index, pair in enumerate(pairs):
        steps += [_step(order, index) for order in (Order.PARK, Order.TAKE, Order.POLICY)]
        steps += [_step(Order.START, index)] if pair.ran else []
    return [*steps, *(_step(Order.REMOVE, index) for index in reversed(range(len(pairs))))]


def _step(order: Order, index: int) -> Step:
    return Step(order=order, params={"pair": index})


class Swapping:
    """Swaps the pairs of one plan. Holds nothing: what it knows it reads from the engine."""

    def __init__(self, workshop: Workshop, pairs: Sequence[Pair]) -> None:
        self._engine = workshop
        self._pairs = pairs

    async def send(self, step: Step) -> None:
        """Send one step. Raises NotDone and ClientError."""
        pair, engine = self._pairs[step.params["pair"]], self._engine
        match step.order:
            case Order.NO_RESTART:
                await engine.set_restart_policy(pair.new, NO_POLICY)
            case Order.STOP:
                await engine.stop(pair.new, pair.stop_within)
            case Order.PARK:
                await engine.rename(pair.new, pair.failed)
            case Order.TAKE:
                await engine.rename(pair.old, pair.name)
            case Order.POLICY:
                await engine.set_restart_policy(pair.old, pair.policy)
            case Order.START:
                await engine.start(pair.old)
            case Order.REMOVE:
                await engine.remove(pair.new)
            case _:
                raise NotDone(f"No such step: {step.order}")

    async def take_back(self, step: Step) -> None:
        """Send what undoes one step, unless it is undone already. Raises Refused and ClientError."""
        pair, engine = self._pairs[step.params["pair"]], self._engine
        new, old = await engine.look(pair.new), await engine.look(pair.old)
        if new is None or old is None:
            # what was removed is not made again
            if step.order == Order.REMOVE:
                return
            raise Refused(Refusal("container_gone", {"target": pair.name}))
        match step.order:
            case Order.START:
                # before it is stopped: an engine that is started anew would bring it up again, beside the other one
                await engine.set_restart_policy(pair.old, NO_POLICY)
                await engine.stop(pair.old, pair.stop_within)
            case Order.POLICY:
                await engine.set_restart_policy(pair.old, NO_POLICY)
            case Order.TAKE:
                if name_of(old) == pair.name:
                    await engine.rename(pair.old, pair.parked)
            case Order.PARK:
                if name_of(new) == pair.failed:
                    await engine.rename(pair.new, pair.name)
            case Order.STOP:
                await self._start_alone(pair, old)
            case Order.NO_RESTART:
                await engine.set_restart_policy(pair.new, pair.policy)
                if pair.ran and table(new.get("State")).get("Running") is not True:
                    # an engine that was started anew before the stop was sent left it down
                    await engine.start(pair.new)

    async def _start_alone(self, pair: Pair, old: Json) -> None:
        """Start the newer container; an engine that was started anew meanwhile may have brought up the old one."""
        if table(old.get("State")).get("Running") is True:
            await self._engine.stop(pair.old, pair.stop_within)
        await self._engine.start(pair.new)

"""What all that is done around an update has in common: bound to what was there, looked at until it runs again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
import contextlib
from dataclasses import replace
import time
from typing import Any, Protocol, override

from ...guardian.contract import Action, Blocked, Outcome, Plan, Refusal, Refused, Resume, Verdict
from ..errors import CallFailed, ClientError
from . import gating
from .gate import REASONS, Judgement, Result, Terms, judge
from .leftovers import all_kept_of
from .look import Look, look
from .model import HealthStatus
from .ports import taken_port
from .raw import name_of, text
from .yard import Yard


class Serves(Protocol):
    """A container that is to run again as it did: old, its id; policy: its restart policy."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    @property
    def old(self) -> str:
        """Return its id."""
        ...

    @property
    def ran(self) -> bool:
        """Return whether it ran."""
        ...

    @property
    def policy(self) -> Mapping[str, Any]:
        """Return its restart policy."""
        ...


class YardAction(Action):
    """An action of several steps on the containers of one engine; cut off at any of them, it goes back."""

    resume = Resume.UNDO
    repeats_undo = True

    def __init__(
        self,
        yard: Yard,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._yard = yard
        self._clock = clock
        self._sleep = sleep

    async def fingerprint(self, target: str) -> str:
        """Return what a plan for a target would be bound to now. Raises Refused and ClientError."""
        raise NotImplementedError

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            now = await self.fingerprint(plan.target)
        except Refused as err:
            return err.refusal
        return None if now == plan.fingerprint else Refusal("target_changed", {"target": plan.target})

    def kept(self, target: str, names: Mapping[str, str]) -> str:
        """Return the name of the newest container that an update kept of a target. Raises Refused.

        names: of all containers by id. It must be the very one that was noted: anybody may give another such a name.
        """
        ids = {name: key for key, name in names.items()}
        found = all_kept_of(target, ids, self._yard.instance)
        if target not in ids or not found:
            raise Refused(Refusal("nothing_kept", {"target": target}))
        ours = next((name for name in found if self._yard.kept_id(name) == ids[name]), None)
        if ours is None:
            raise Refused(Refusal("kept_not_noted", {"target": target, "kept": found[0]}))
        return ours

    async def starting[T](self, name: str, work: Awaitable[T]) -> T:
        """Await what may start a container. Raises Blocked where another one has its port, besides what it raises."""
        try:
            return await work
        except CallFailed as err:
            if (port := taken_port(err.reason)) is None:
                raise
            holder = ""
            with contextlib.suppress(ClientError):
                holder = await self._yard.holder(name, port)
            known = {"target": name, "port": str(port), "other": holder}
            raise Blocked(Refusal("port_held" if holder else "port_taken", known)) from err

    async def not_again(self, wanted: Iterable[Serves]) -> Verdict | None:
        """Look at what was put back; returns why the first that is not well is not, or None. Raises ClientError."""
        for each in wanted:
            judgement = await self.serves_again(each)
            if judgement.result is not Result.HEALTHY:
                return Verdict(Outcome.FAILED, {"reason": REASONS[judgement.reason], "container": each.name})
        return None

    async def serves_again(self, wanted: Serves) -> Judgement:
        """Look at a container until it has run for a while. Raises ClientError.

        It was well once; that it runs is enough, for its data may be newer than it knows.
        """
        looks: list[Look] = []
        while True:
            found = await self._yard.workshop.look(wanted.old)
            if found is None or name_of(found) != wanted.name:
                return Judgement(Result.FAILED, "gone")
            if not wanted.ran:
                return Judgement(Result.HEALTHY, "not_running_before")
            looks.append(replace(look(found, self._clock()), check=HealthStatus.NONE))
            judgement = judge(
                looks, Terms(stable=gating.STEADY_AGAIN, policy=text(wanted.policy.get("Name")))
            )
            if judgement.result is not Result.PENDING:
                return judgement
            await self._sleep(gating.LOOK_EVERY)

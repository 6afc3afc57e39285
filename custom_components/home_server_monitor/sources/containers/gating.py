"""Looking at a container until it is seen to be well, or cannot become so."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ..errors import ClientError
from .gate import Judgement, Result, Terms, judge
from .look import Look, health_check, look
from .member import Member
from .model import Container, HealthStatus
from .raw import name_of, table, text
from .redact import redacted
from .remaking import Remaking
from .yard import Yard

# seconds between two looks at a container that was just started
LOOK_EVERY = 1.0
# what was well before has only to run again, for so many seconds
STEADY_AGAIN = 5.0


class Gating:
    """The gate of one update."""

    def __init__(
        self,
        yard: Yard,
        remaking: Remaking,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._yard = yard
        self._remaking = remaking
        self._clock = clock
        self._sleep = sleep

    async def new_is_well(self, member: Member) -> Judgement:
        """Judge a new container, by its health check, its steadiness, and what is in it. Raises ClientError."""
        looks: list[Look] = []
        asks = member.ran and member.answered
        while True:
            found = await self._remaking.new(member)
            if found is None or name_of(found) != member.name:
                return Judgement(Result.FAILED, "gone")
            if not member.ran:
                return Judgement(Result.HEALTHY, "not_running_before")
            probe = await self._answers(member) if asks else None
            looks.append(look(found, self._clock(), probe))
            policy = table(table(found.get("HostConfig")).get("RestartPolicy"))
            terms = Terms(
                timeout=self._yard.gate_timeout,
                stable=self._yard.gate_stable,
                check=health_check(found),
                policy=text(policy.get("Name")),
                served=member.served,
                asks=asks,
            )
            judgement = judge(looks, terms)
            if judgement.result is Result.FAILED:
                said = looks[-1].output or await self._last_words(looks[-1].id)
                return replace(judgement, facts={**judgement.facts, "said": redacted(said)[:200]})
            if judgement.result is not Result.PENDING:
                return judgement
            await self._sleep(LOOK_EVERY)

    async def _last_words(self, container: str) -> str:
        """Return the last line that a container wrote; nothing where it cannot be read."""
        try:
            words = await self._yard.workshop.words(container, 5)
        except ClientError:
            return ""
        return next((line.strip() for line in reversed(words.splitlines()) if line.strip()), "")

    async def old_is_well(self, member: Member) -> Judgement:
        """Judge an old container that was put back; its health check counts where it was well before."""
        looks: list[Look] = []
        while True:
            found = await self._remaking.old(member)
            if found is None or name_of(found) != member.name:
                return Judgement(Result.FAILED, "gone")
            if not member.ran:
                return Judgement(Result.HEALTHY, "not_running_before")
            seen = look(found, self._clock())
            looks.append(seen if member.checked else replace(seen, check=HealthStatus.NONE))
            terms = Terms(
                timeout=self._yard.gate_timeout,
                stable=STEADY_AGAIN,
                check=health_check(found) if member.checked else None,
                policy=member.policy["Name"],
                served=member.served,
            )
            judgement = judge(looks, terms)
            if judgement.reason == "not_healthy" and judgement.result is Result.FAILED:
                # it runs, and its check says nothing: an engine that was killed as it began may never ask it again
                return Judgement(Result.HEALTHY, "not_checked", judgement.facts)
            if judgement.result is not Result.PENDING:
                return judgement
            await self._sleep(LOOK_EVERY)

    async def _answers(self, member: Member) -> bool | None:
        known = self._yard.member(member.name) or Container(
            id=member.old, name=member.name, image=member.reference, image_id=member.image, state=None
        )
        return await self._yard.answers(known)

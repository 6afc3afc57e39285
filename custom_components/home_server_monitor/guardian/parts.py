"""Actions that are parts of another one: each planned, checked, journalled and judged as any, under its approval."""

from collections.abc import Awaitable, Callable, Mapping
import contextlib
from typing import Any

from .book import Book
from .contract import SYSTEM, Actor, Refusal, Refused
from .floor import Floor
from .looks import Looks
from .permits import AUTOMATIC, Permits
from .remediation import EXPIRES, Record, State, WrongState, new_id


class Parts:
    """Begins the parts of what runs, one by one; who begins them waits for each and judges them as a whole."""

    def __init__(
        self,
        book: Book,
        looks: Looks,
        permits: Permits,
        floor: Floor,
        begin: Callable[[Record], Awaitable[Record]],
        clock: Callable[[], float],
    ) -> None:
        self._book = book
        self._looks = looks
        self._permits = permits
        self._floor = floor
        self._begin = begin
        self._clock = clock

    def of(self, whole: str) -> list[Record]:
        """Return the parts of a record that were begun, in their order."""
        parts = (each for each in self._book.records.values() if each.part_of == whole)
        return sorted(parts, key=lambda each: each.created)

    async def begin(
        self,
        whole: str,
        action: str,
        target: str,
        params: Mapping[str, Any],
        name: str = "",
        *,
        source: str = "",
    ) -> Record:
        """Plan a part and begin it, once its first order is answered or takes long.

        source: whose action it is, where that is another one's than the whole.
        Refused with nothing sent where the whole does not run any more, where its approval is no longer in force,
        where the part costs more than was approved, and as any action is. Raises JournalFailed, and what the source
        raises when it is read.
        """
        return await self._floor.own(self._made(whole, source, action, target, params, name))

    async def _made(
        self, whole_id: str, source: str, action: str, target: str, params: Mapping[str, Any], name: str
    ) -> Record:
        record, actor = await self._planned(whole_id, source, action, target, params, name)
        self._permits.permit_part(record, actor)
        if actor.kind in AUTOMATIC and await self._permits.in_use_now(record):
            raise Refused(Refusal("in_use"))
        # it may have ended while the target was read
        self._running(whole_id)
        self._floor.claim(record)
        try:
            made = await self._book.add(record)
            if made.id != record.id:
                raise Refused(Refusal("busy", {"target": record.name}))
            approved = await self._book.move(
                record.id, State.PROPOSED, State.APPROVED, actor, actor=actor, approved_at=self._clock()
            )
        except BaseException:
            self._floor.release(record)
            with contextlib.suppress(WrongState, KeyError):
                await self._book.move(record.id, State.PROPOSED, State.SUPERSEDED, SYSTEM, must=False)
            raise
        return await self._begin(approved)

    async def _planned(
        self, whole_id: str, source: str, action: str, target: str, params: Mapping[str, Any], name: str
    ) -> tuple[Record, Actor]:
        """Return a part as it is proposed, and who approved the whole. Raises Refused."""
        whole, actor = self._running(whole_id)
        source = source or whole.source
        plan = await self._looks.plan(source, action, target, params)
        if plan.risk > whole.risk:
            raise Refused(Refusal("asks_first"))
        now = self._clock()
        record = Record(
            id=new_id(now),
            source=source,
            action=action,
            target=target,
            params=dict(params),
            name=name or target,
            rule=whole.rule,
            plan=plan,
            state=State.PROPOSED,
            created=now,
            expires=now + EXPIRES[plan.risk],
            proposed_by=actor,
            part_of=whole.id,
            history=((State.PROPOSED.value, now, actor.id),),
        )
        return record, actor

    def _running(self, whole_id: str) -> tuple[Record, Actor]:
        """Return the whole and who approved it. Raises Refused where it does not run any more."""
        whole = self._book.get(whole_id)
        if whole.state is not State.RUNNING or whole.actor is None:
            raise Refused(Refusal("already_decided", {"state": whole.state}))
        return whole, whole.actor

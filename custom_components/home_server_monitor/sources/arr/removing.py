"""Taking a download out of a queue: with what was got of it or without, and with another search or without."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
import json
from typing import Any, Final, Protocol, override

from ...guardian.contract import (
    Action,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..errors import CallFailed, CannotConnect, ClientError
from .client import ArrClient
from .model import Arr, Event
from .nodes import download_node
from .queue import Item, Queue
from .signals import indexers_down
from .sparing import Asking, spared

LOOK_EVERY: Final = 5.0
# seconds that a search over all indexers may take
SEARCH: Final = 240.0
REMOVAL: Final = 60.0
NOT_FOUND: Final = 404
_ENDED: Final = frozenset({"completed", "failed", "aborted", "cancelled", "orphaned"})
# what is on its way into the library is not taken away from under it
_BUSY: Final = frozenset({"importing"})


class Service(Asking, Protocol):
    """What an action needs of its Arr."""

    id: str
    client: ArrClient

    @property
    def data(self) -> Arr:
        """Return the newest snapshot, without asking."""
        ...

    async def async_look(self, *feeds: str) -> Arr:
        """Read these feeds now and return the snapshot. Raises ClientError."""
        ...

    def imported(self, download: str) -> None:
        """Take note that a download was imported by our order."""
        ...


class RemoveAction(Action):
    """Takes a download out of the queue.

    replaces: the release is blocklisted, and another one is searched for; keeps: the download stays in its client.
    """

    def __init__(self, service: Service, *, replaces: bool, keeps: bool) -> None:
        self.key = ("queue_replace" if replaces else "queue_remove") + ("_keep" if keeps else "")
        # what was got of it is deleted, and can be got again
        self.risk = Risk.LOW if keeps else Risk.MEDIUM
        self._service = service
        self._replaces = replaces
        self._keeps = keeps

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        item = await self._seen(target)
        if refusal := self._no_search(item) or await self._spared(item, ask=False):
            raise Refused(refusal)
        blocklist, events = await self._may_blocklist(item, params)
        steps = [Step(order="queue_remove", params={"title": item.title, "blocklist": blocklist})]
        if self._replaces:
            steps.append(Step(order="arr_search", params={"title": item.title}))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(item),
            steps=tuple(steps),
            risk=self.risk,
            touches=frozenset({download_node(self._service.id, target)}),
            takes_away=not self._keeps,
            deadline=REMOVAL + (SEARCH if self._replaces else 0.0),
            source=self._service.id,
            params=dict(params),
            before={
                "title": item.title,
                "things": list(item.things),
                "series": item.series,
                "season": item.season,
                "blocklist": blocklist,
                # what comes with these came before
                "others": [*_alike(item, self._service.data.queue)],
                "newest": max((each.id for each in events), default=0),
                "shown": {
                    "title": item.title,
                    "client": item.client or "?",
                    "app": self._service.data.about.app,
                },
            },
        )

    def _no_search(self, item: Item) -> Refusal | None:
        """Return why nothing could be found instead: then nothing is removed either."""
        if not self._replaces:
            return None
        if not item.things:
            return Refusal("nothing_to_search", {"target": item.title})
        if indexers_down(self._service.data.checks.values()):
            return Refusal("indexers_away", {"app": self._service.data.about.app})
        return None

    async def _may_blocklist(self, item: Item, params: Mapping[str, Any]) -> tuple[bool, Sequence[Event]]:
        """Return whether the release is blocklisted, and the newest events.

        An Arr takes a download out first and only then finds that it never grabbed it: so that is asked before.
        """
        events = await self._service.client.history()
        if not (self._replaces or params.get("blocklist")) or item.download is None:
            return False, events
        mine = [each for each in events if each.download == item.key and each.what == "grabbed"]
        if not mine:
            mine = [
                each
                for each in await self._service.client.history(download=item.download)
                if each.what == "grabbed"
            ]
        if not mine:
            raise Refused(Refusal("never_grabbed", {"target": item.title}))
        return True, events

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            item = await self._find(plan.target)
        except Refused as err:
            return err.refusal
        if _fingerprint(item) != plan.fingerprint:
            return Refusal("target_changed", {"target": item.title})
        return self._no_search(item) or await self._spared(item, ask=True)

    async def _spared(self, item: Item, *, ask: bool) -> Refusal | None:
        """Return why what was got of it stays: to others it may be worth more than to this Arr."""
        takes_data = not self._keeps and not item.planned
        return await spared(self._service, item, ask=ask) if takes_data else None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        return await (self._take_out(plan) if step == 0 else self._search(plan, step))

    async def _take_out(self, plan: Plan) -> Receipt:
        """Send one removal, by a row as it is now: their ids change."""
        item = await self._find(plan.target)
        try:
            await self._service.client.remove(
                item.rows[0],
                # what is only planned is in no client
                from_client=not self._keeps and not item.planned,
                blocklist=bool(plan.before["blocklist"]),
            )
        except CallFailed as err:
            if err.code == NOT_FOUND:
                raise NotDone("It is no longer in the queue") from err
            # it may have been taken out before it failed: looking will tell
            return Receipt(0, {"lost": True, "error": err.reason})
        except CannotConnect:
            return Receipt(0, {"lost": True})
        return Receipt(0, {"lost": False})

    async def _search(self, plan: Plan, step: int) -> Receipt:
        """Order the search: for a pack of one season as a whole, else for each thing."""
        app, before = self._service.client.app, plan.before
        things = before["things"]
        try:
            if len(things) > 1 and before["series"] and before["season"] is not None and app.name == "Sonarr":
                number = await self._service.client.command(
                    "SeasonSearch", seriesId=before["series"], seasonNumber=before["season"]
                )
            else:
                number = await self._service.client.command(app.search, **{app.things: things})
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {"lost": number is None}, number)

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Search only once it is gone: what is still in the queue is not grabbed again."""
        away: ClientError | None = None
        try:
            async with asyncio.timeout(REMOVAL):
                while True:
                    try:
                        if plan.target not in (await self._service.async_look("queue")).queue.items:
                            return None
                        away = None
                    except ClientError as err:
                        # it is out already: one answer that fails leaves it without its search
                        away = err
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            if away is not None:
                raise away from None
            return Refusal("still_queued")

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by the queue: it is gone, and something new comes for what it was for."""
        searches = next((each.job for each in receipts if each.step == 1), None)
        ended = False
        while True:
            try:
                data = await self._service.async_look("queue")
                gone = plan.target not in data.queue.items and data.queue.whole
                if gone and not self._replaces:
                    return Verdict(Outcome.SUCCEEDED, {"title": plan.before["title"]})
                if gone and (title := await self._grabbed(plan, data.queue)):
                    return Verdict(Outcome.SUCCEEDED, {"title": plan.before["title"], "grabbed": title})
                if ended:
                    # looked once more after its end
                    return Verdict(Outcome.FAILED, {"reason": _failed(plan, data.queue, gone=gone)})
                if searches is not None:
                    state, _ = await self._service.client.command_state(searches)
                    ended = state in _ENDED
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(LOOK_EVERY)

    async def _grabbed(self, plan: Plan, queue: Queue) -> str | None:
        """Return what was grabbed instead, if anything was; also one that waits for its delay, or is done already."""
        things, others = set(plan.before["things"]), set(plan.before["others"])
        for key, item in queue.items.items():
            # the same release once more is none instead: blocklisting it did not help
            if key not in others and things & set(item.things) and item.title != plan.before["title"]:
                return item.title
        for event in await self._service.client.history():
            new = event.id > plan.before["newest"] and event.what == "grabbed"
            again = event.download == plan.target or event.title == plan.before["title"]
            if new and not again and things & set(event.things):
                return event.title
        return None

    async def _seen(self, target: str) -> Item:
        """Return a download as it was seen last, which a plan may be made by: it is looked at before it is carried out.

        When many are found to be stuck at once, each plan would read the whole queue. Raises Refused and ClientError.
        """
        data = self._service.data
        if "queue" in data.stale or target not in data.queue.items:
            return await self._find(target)
        return self._sound(target, data)

    async def _find(self, target: str) -> Item:
        """Return a download as it is in the queue now. Raises Refused and ClientError."""
        return self._sound(target, await self._service.async_look("queue"))

    def _sound(self, target: str, data: Arr) -> Item:
        """Return a download that may be taken out. Raises Refused."""
        item = data.queue.items.get(target)
        if item is None or not item.rows:
            raise Refused(Refusal("no_such_target", {"target": target}))
        if item.held:
            raise Refused(Refusal("imports_held", {"target": item.title}))
        if item.state in _BUSY:
            raise Refused(Refusal("is_importing", {"target": item.title}))
        return item


def _failed(plan: Plan, queue: Queue, *, gone: bool) -> str:
    """Return why there is nothing else, once the search has ended."""
    if not gone:
        return "still_queued"
    others, title = set(plan.before["others"]), plan.before["title"]
    came = any(each.title == title and key not in others for key, each in queue.items.items())
    return "same_grabbed" if came else "nothing_grabbed"


def _alike(item: Item, queue: Queue) -> Iterator[str]:
    """Yield the other downloads that are for the same, or of which it is not known what they are for."""
    things = {*item.things}
    for key, each in queue.items.items():
        if key != item.key and (not each.things or things & {*each.things}):
            yield key


def _fingerprint(item: Item) -> str:
    """Return what a plan is bound to: which download it is, what it is for, and how it stands; not how far it is."""
    return json.dumps([item.key, sorted(item.things), item.state, item.blocked, item.failed])

"""What may be ordered of an Arr besides removals: searches, refreshes, backups, tests, and what waits in its queue."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
import json
from typing import Any, Final, override

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
from .importing import IMPORTED_BY, ImportNow
from .model import Arr
from .queue import Item
from .removing import LOOK_EVERY, NOT_FOUND, RemoveAction, Service

COMMAND: Final = 300.0
_WELL: Final = "completed"
_BAD: Final = frozenset({"failed", "aborted", "cancelled", "orphaned"})

type Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of an Arr.

    name: by the app and the parameters, empty where it has none; arguments: what it is given; seen: whether its end shows in
    the snapshot, given what was noted before; feeds: what is read for that.
    """

    key: str
    name: Callable[[Service, Params], str]
    arguments: Callable[[Service, Params], Mapping[str, Any]] = lambda service, params: {}
    note: Callable[[Arr], Any] = lambda data: None
    seen: Callable[[Any, Arr], bool] = lambda before, data: True
    feeds: tuple[str, ...] = ()


def _searched(service: Service, params: Params) -> str:
    app = service.client.app
    what = params.get("what", "missing")
    return {"missing": app.missing, "cutoff": app.cutoff}.get(what, app.search)


def _wanted(service: Service, params: Params) -> Mapping[str, Any]:
    things = list(params.get("ids", ()))
    return {service.client.app.things: things} if params.get("what") == "ids" else {}


def _newest(data: Arr) -> float:
    return data.backup.made.timestamp() if data.backup else 0.0


COMMANDS: Final = (
    Command(key="arr_search", name=_searched, arguments=_wanted),
    Command(key="arr_refresh", name=lambda service, params: service.client.app.refresh),
    Command(
        key="arr_backup",
        name=lambda service, params: "Backup",
        note=_newest,
        seen=lambda before, data: _newest(data) > before,
        feeds=("backup",),
    ),
)


class CommandAction(Action):
    """A command as the guardian runs it: it is done when the Arr says so and, where it can be seen, when it is seen."""

    risk = Risk.LOW

    def __init__(self, command: Command, service: Service) -> None:
        self.key = command.key
        self._command = command
        self._service = service

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        command, service = self._command, self._service
        name = command.name(service, params)
        if not name:
            raise Refused(Refusal("not_for_this_app", {"app": service.client.app.name}))
        data = await service.async_look(*command.feeds)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=name,
            steps=(Step(order=name, params=dict(params)),),
            risk=self.risk,
            deadline=COMMAND,
            source=service.id,
            params=dict(params),
            before={"note": command.note(data), "shown": {"app": data.about.app}},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        await self._service.async_look(*self._command.feeds)
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        service = self._service
        arguments = self._command.arguments(service, plan.params)
        try:
            number = await service.client.command(self._command.name(service, plan.params), **arguments)
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {"lost": number is None}, number)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        number = receipts[-1].job if receipts else None
        if number is None and not self._command.feeds:
            return Verdict(Outcome.INCONCLUSIVE, {"reason": "order_unseen"})
        while True:
            try:
                state, said = await self._service.client.command_state(number) if number else ("", "")
                if state in _BAD:
                    return Verdict(Outcome.FAILED, {"reason": said or state})
                if not number or state == _WELL:
                    data = await self._service.async_look(*self._command.feeds)
                    if self._command.seen(plan.before["note"], data):
                        return Verdict(Outcome.SUCCEEDED, {"said": said} if said else {})
            except CallFailed as err:
                if err.code == NOT_FOUND:
                    return Verdict(Outcome.INCONCLUSIVE, {"reason": "order_unseen"})
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(LOOK_EVERY)


class AllTestsAction(CommandAction):
    """Tests all indexers or all download clients: what does not pass is its outcome."""

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        wrong = await self._service.client.test_all(str(plan.params.get("what", "indexer")))
        return Receipt(step, {"wrong": list(wrong)})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        if not receipts:
            return Verdict(Outcome.INCONCLUSIVE, {"reason": "order_unseen"})
        wrong = receipts[-1].result["wrong"]
        if wrong:
            return Verdict(Outcome.FAILED, {"reason": "; ".join(wrong)[:300], "wrong": wrong})
        return Verdict(Outcome.SUCCEEDED, {})


class QueueAction(Action):
    """One order to something in the queue. done: whether the item, None where it is gone, shows its end."""

    risk = Risk.LOW

    def __init__(
        self,
        key: str,
        service: Service,
        send: Callable[[Service, Item], Awaitable[int | None]],
        allowed: Callable[[Item], bool],
        done: Callable[[Item | None], bool],
    ) -> None:
        self.key = key
        self._service, self._send, self._allowed, self._done = service, send, allowed, done

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        item = await self._find(target)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps([item.key, item.status, item.state]),
            steps=(Step(order=self.key, params={"title": item.title}),),
            risk=self.risk,
            deadline=120.0,
            source=self._service.id,
            params=dict(params),
            before={
                "things": list(item.things),
                "others": [key for key in self._service.data.queue.items if key != target],
                "shown": {"title": item.title, "app": self._service.data.about.app},
            },
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            item = await self._find(plan.target)
        except Refused as err:
            return err.refusal
        if json.dumps([item.key, item.status, item.state]) != plan.fingerprint:
            return Refusal("target_changed", {"target": item.title})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        item = await self._find(plan.target)
        try:
            number = await self._send(self._service, item)
        except CallFailed as err:
            if err.code == NOT_FOUND:
                raise NotDone("It is no longer in the queue") from err
            raise
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {"lost": False}, number)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Look until it shows; what is still as it was at the deadline did not go through."""
        looks = 0
        while True:
            try:
                items = (await self._service.async_look("queue")).queue.items
                looks += 1
                if self._done(items.get(plan.target)):
                    return Verdict(Outcome.SUCCEEDED, {})
                if looks > 12:
                    return Verdict(Outcome.FAILED, {"reason": "still_queued"})
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(LOOK_EVERY)

    async def _find(self, target: str) -> Item:
        item = (await self._service.async_look("queue")).queue.items.get(target)
        if item is None or not item.rows:
            raise Refused(Refusal("no_such_target", {"target": target}))
        if item.held:
            raise Refused(Refusal("imports_held", {"target": item.title}))
        if not self._allowed(item):
            raise Refused(Refusal("not_in_this_state", {"target": item.title}))
        return item


async def _grab(service: Service, item: Item) -> None:
    await service.client.grab(item.rows[0])


async def _import(service: Service, item: Item) -> int | None:
    await service.client.command("RefreshMonitoredDownloads")
    return await service.client.command("ProcessMonitoredDownloads")


def actions_of(service: Service) -> dict[str, Action]:
    """Return what may be done to an Arr, by key; nothing to one that is only read."""
    app = service.client.app
    if not app.writes:
        return {}
    found: list[Action] = [CommandAction(each, service) for each in COMMANDS]
    found.append(AllTestsAction(Command(key="arr_test", name=lambda service, params: "TestAll"), service))
    if app.name in IMPORTED_BY and service.client.api == "v3":
        found.append(ImportNow(service))
    if app.queue:
        found += [
            RemoveAction(service, replaces=replaces, keeps=keeps)
            for replaces in (True, False)
            for keeps in (True, False)
        ]
        found.append(
            QueueAction("queue_grab", service, _grab, lambda item: item.planned, lambda item: item is None)
        )
        found.append(
            QueueAction(
                "queue_retry",
                service,
                _import,
                lambda item: item.blocked or item.state == "importpending",
                lambda item: item is None or item.state in ("importing", "imported"),
            )
        )
    return {action.key: action for action in found}

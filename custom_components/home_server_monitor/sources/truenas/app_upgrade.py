"""The upgrade of an app that is taken back where the new version is not well: snapshots, upgrade, gate, and the way back."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
import time
from typing import Any, Protocol, override

from ...guardian.contract import (
    Action,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Resume,
    Risk,
    Step,
    Verdict,
)
from ..errors import ClientError
from .actions import LOOK_EVERY, Order, OrderAction
from .app import App
from .app_looks import AppLooks
from .methods import Operation, method_of, supports
from .releases import V24_10
from .sending import UNWATCHED, Nas, send
from .snapshots import not_ours_at

SNAPSHOT = "take_snapshot"
UPGRADE = "upgrade_app"
# seconds that an app may take to run, and that it must then run without a change
GATE, STABLE = 180.0, 45.0
# of one that answered before
ANSWERS_WITHIN = 120.0
DEADLINE = 2400.0
SNAPSHOT_LOOKS = 10
_FAILS = ("crashed", "stopped")


class AppNas(Nas, Protocol):
    """What the upgrade of an app needs of its NAS besides."""

    def folders_of(self, app: App) -> Sequence[str]:
        """Return the datasets behind the folders of the NAS that an app writes to, without the protected ones."""
        ...

    async def app_answers(self, app: App) -> bool | None:
        """Return whether the service in an app answers, or None where none that is connected is in it."""
        ...

    async def has_snapshot(self, dataset: str, name: str) -> bool:
        """Ask whether a dataset has a snapshot of this name. Raises ClientError."""
        ...

    def note_upgrade(self, app: str, before: str, snapshot: str, datasets: Sequence[str]) -> None:
        """Take note of an upgrade, and of the version and the snapshot of datasets that can be gone back to."""
        ...

    def unprotected(self, datasets: Iterable[str]) -> Sequence[str]:
        """Return those that may be touched."""
        ...

    def note_data_back(self, app: str) -> None:
        """Take note that what an app writes to is as it was before its upgrade."""
        ...


class UpgradeApp(Action):
    """Upgrades an app, with a snapshot of what it writes to outside of its own volumes.

    Cut off or not well, it goes back with TrueNAS's own roll-back, which puts the app's own volumes back, too.
    """

    key = UPGRADE
    resume = Resume.UNDO
    risk = Risk.MEDIUM
    repeats_undo = True

    def __init__(self, order: Order, nas: AppNas) -> None:
        self._nas = nas
        self._order = order
        self._looks = AppLooks(nas)
        self._upgrade = OrderAction(order, nas)

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        plan = await self._upgrade.plan(target, params)
        app = await self._looks.must(target)
        if not self._can_go_back(app):
            raise Refused(Refusal("no_way_back", {"target": app.title}))
        name = f"hsm-{self._nas.instance}-update-{int(time.time())}"
        taken = [
            Step(order=SNAPSHOT, params={"dataset": dataset, "name": name})
            for dataset in self._nas.folders_of(app)
        ]
        asks = app.state == "running" and await self._nas.app_answers(app) is True
        return replace(
            plan,
            steps=(*taken, *plan.steps),
            before={**plan.before, "asks": asks},
            deadline=DEADLINE,
            inverse=True,
        )

    def _can_go_back(self, app: App) -> bool:
        """Return whether TrueNAS keeps the version that runs: not of an app of one's own, nor of a mere newer image."""
        return (
            not app.custom
            and app.version is not None
            and app.latest != app.version
            and supports(Operation.ROLLBACK_APP, self._nas.client.release)
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        return await self._upgrade.check(plan)

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        one = plan.steps[step]
        if one.order != SNAPSHOT:
            return await self._upgrade.run(plan, step)
        dataset, name = one.params["dataset"], one.params["name"]
        if refusal := await not_ours_at(self._nas, dataset):
            raise Refused(refusal)
        await self._nas.client.ask(Operation.CREATE_SNAPSHOT, dataset, name, False)
        return Receipt(step, {"snapshot": f"{dataset}@{name}"})

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Look for the snapshot before by its name: its answer may have been lost, and it is never ordered twice."""
        wanted = plan.steps[step - 1].params
        for look in range(SNAPSHOT_LOOKS):
            try:
                if await self._nas.has_snapshot(wanted["dataset"], wanted["name"]):
                    return await self.check(plan) if plan.steps[step].order != SNAPSHOT else None
            except ClientError:
                if look == SNAPSHOT_LOOKS - 1:
                    raise
            await asyncio.sleep(LOOK_EVERY)
        return Refusal("snapshot_missing", {"target": plan.target, "dataset": wanted["dataset"]})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by the job and the version, then by whether the app stays as it is and answers."""
        verdict = await self._upgrade.verify(plan, receipts[-1:])
        if verdict.outcome is not Outcome.SUCCEEDED:
            return verdict
        if plan.before["state"] == "running" and (reason := await self._not_well(plan)):
            return Verdict(Outcome.FAILED, {"reason": reason, "container": plan.target})
        self._note(plan)
        return verdict

    async def _not_well(self, plan: Plan) -> str | None:
        """Return why an app that ran before is not well now, as a key of `exceptions`; None once it is."""
        clock = asyncio.get_running_loop().time
        began = clock()
        steady, seen, asks = began, None, plan.before["asks"]
        while True:
            app, now = await self._looks.seen(plan.target), clock()
            if app is None:
                return "gate_gone"
            if app.state in _FAILS or app.unhealthy:
                return "gate_ended"
            # what is made anew again and again has other containers each time
            state = (app.state, app.containers)
            if state != seen or app.state != "running":
                steady, seen = now, state
            if now - steady >= STABLE and (not asks or await self._nas.app_answers(app)):
                return None
            if now - began >= GATE + (ANSWERS_WITHIN if asks else 0.0):
                return "gate_no_answer" if now - steady >= STABLE else "gate_not_steady"
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt | None) -> Receipt | None:
        """Roll the app back, unless it is at its old version: what is being set up is waited for first."""
        if plan.steps[step].order == SNAPSHOT:
            # it costs nothing and may be wanted
            return None
        app = await self._looks.settled(plan.target)
        if app is None:
            raise Refused(Refusal("no_such_target", {"target": plan.target}))
        if app.version == plan.before["version"]:
            return None
        method = method_of(Operation.ROLLBACK_APP, self._nas.client.release)
        version = catalogue_version(plan.before["version"], self._nas.client.release)
        return await send(self._nas, method, [plan.target, version, True], step)

    def _note(self, plan: Plan) -> None:
        """Take note of what can be gone back to."""
        taken = [each.params for each in plan.steps if each.order == SNAPSHOT]
        name = str(taken[0]["name"]) if taken else ""
        datasets = [str(each["dataset"]) for each in taken]
        self._nas.note_upgrade(plan.target, plan.before["version"], name, datasets)

    async def undone(self, plan: Plan) -> Verdict:
        """Judge whether the old version is what runs again."""
        wanted = "running" if plan.before["state"] == "running" else "stopped"
        while True:
            try:
                app = await self._looks.seen(plan.target)
            except ClientError:
                return UNWATCHED
            if app is not None and (app.version, app.state) == (plan.before["version"], wanted):
                # at its old version it has nothing to go back to but its data
                self._note(plan)
                return Verdict(Outcome.SUCCEEDED, {"app": app.name, "version": app.version})
            await asyncio.sleep(LOOK_EVERY)


def catalogue_version(shown: str, release: tuple[int, int]) -> str:
    """Return what the server takes for a version: 24.04 shows `<app version>_<catalogue version>`, and takes the latter."""
    return shown.rpartition("_")[2] if release < V24_10 else shown

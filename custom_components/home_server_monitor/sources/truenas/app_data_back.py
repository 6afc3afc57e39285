"""Putting the folders of an app back to the snapshot of before its upgrade: of high risk, and apart from all else."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
import json
from typing import Any, override

from ...guardian.contract import Action, Outcome, Plan, Receipt, Refusal, Refused, Resume, Risk, Step, Verdict
from ..errors import ClientError
from . import rolling_back
from .actions import LOOK_EVERY
from .app import App
from .app_looks import AppLooks
from .app_upgrade import GATE, STABLE, AppNas
from .methods import Operation, method_of
from .sending import UNWATCHED, send
from .work_orders import app_touches

PUT_BACK = "put_dataset_back"
STOP, START = "stop_app", "start_app"
_ORDERS: Mapping[str, Operation] = {STOP: Operation.STOP_APP, START: Operation.START_APP}
DEADLINE = 900.0
# the server counts what a dataset holds a few seconds late
LOOKS = 20
SHOWN = 3


class RollBackAppData(Action):
    """Stops an app, puts the datasets that it writes to back to the snapshot of before its upgrade, and starts it again.

    Only after the upgrade was taken back: the old version on the newer data is what it helps with. All that was
    written since is lost, so nothing newer than the snapshot may be there: that would be lost with it.
    """

    key = "roll_back_app_data"
    resume = Resume.UNDO
    risk = Risk.HIGH
    repeats_undo = True

    def __init__(self, nas: AppNas) -> None:
        self._nas = nas
        self._looks = AppLooks(nas)

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        app, taken, left = await self._read(target)
        nas, ran = self._nas, app.state != "stopped"
        shown = {
            "datasets": ", ".join(taken),
            "snapshot": app.snapshot,
            "since": min(taken.values()),
            "left": ", ".join(f"{dataset} ({other})" for dataset, other in left.items()) or "-",
        }
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(app, taken),
            steps=_steps(app, taken, ran=ran),
            risk=self.risk,
            touches=app_touches(nas.id, nas.data, app, nas.client.url.host or ""),
            takes_away=True,
            deadline=DEADLINE,
            right=method_of(Operation.ROLL_BACK_DATASET, nas.client.release).role,
            source=nas.id,
            params=dict(params),
            before={"ran": ran, "shown": shown},
            # what it takes back is that the app stands still, never what is in the datasets
            inverse=True,
        )

    async def _read(self, target: str) -> tuple[App, Mapping[str, str], Mapping[str, str]]:
        """Return the app, its datasets by when their snapshot was taken, and those that are left, by whom they serve.

        Raises Refused and ClientError.
        """
        app = await self._looks.must(target)
        if app.snapshot is None:
            raise Refused(Refusal("no_snapshot_of_before", {"target": app.title}))
        if app.state in ("deploying", "stopping"):
            raise Refused(Refusal("container_state", {"target": app.title, "state": app.state}))
        taken, left = dict[str, str](), dict[str, str]()
        for dataset in self._nas.unprotected(app.kept):
            seen = await rolling_back.seen(self._nas, dataset, app.snapshot)
            if seen is None:
                continue
            if other := self._shared_with(app, dataset):
                left[dataset] = other
                continue
            if seen.newer:
                names = {"names": ", ".join(seen.newer[:SHOWN]), "count": str(len(seen.newer))}
                raise Refused(Refusal("newer_snapshots", {**names, "target": app.title, "dataset": dataset}))
            taken[dataset] = _words(seen.taken)
        if not taken:
            dataset, other = next(iter(left.items()), ("", ""))
            known = {"target": app.title, "dataset": dataset, "other": other}
            raise Refused(Refusal("data_shared" if left else "no_snapshot_of_before", known))
        return app, taken, left

    def _shared_with(self, app: App, dataset: str) -> str | None:
        """Return another app that writes to a dataset, whether it runs or not."""
        others = (each for each in self._nas.data.apps.values() if each.name != app.name)
        return next((each.title for each in others if dataset in self._nas.folders_of(each)), None)

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            app, taken, _ = await self._read(plan.target)
        except Refused as err:
            return err.refusal
        same = _fingerprint(app, taken) == plan.fingerprint
        return None if same else Refusal("target_changed", {"target": app.title})

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        one = plan.steps[step]
        if one.order == PUT_BACK:
            dataset = one.params["dataset"]
            if not self._nas.unprotected([dataset]):
                raise Refused(Refusal("protected", {"target": dataset}))
            await rolling_back.put_back(self._nas, dataset, one.params["snapshot"])
            return Receipt(step, {})
        method = method_of(_ORDERS[one.order], self._nas.client.release)
        return await send(self._nas, method, [plan.target], step)

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Look whether it stands still before a dataset goes back, and that is back before anything starts on it."""
        one, before = plan.steps[step], plan.steps[step - 1]
        if before.order == PUT_BACK and not await self._is_back(before.params):
            known = {"target": plan.target, "dataset": before.params["dataset"]}
            return Refusal("data_not_back", known)
        if one.order != PUT_BACK:
            return None
        for _ in range(LOOKS):
            app = await self._looks.settled(plan.target)
            if app is None:
                return Refusal("no_such_target", {"target": plan.target})
            if app.state == "stopped":
                return None
            await asyncio.sleep(LOOK_EVERY)
        return Refusal("app_runs", {"target": plan.target})

    async def _is_back(self, wanted: Mapping[str, Any]) -> bool:
        for turn in range(LOOKS):
            try:
                if await rolling_back.is_as_in(self._nas, wanted["dataset"], wanted["snapshot"]):
                    return True
            except ClientError:
                if turn == LOOKS - 1:
                    raise
            await asyncio.sleep(LOOK_EVERY)
        return False

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        if plan.before["ran"] and (reason := await self._not_well(plan.target)):
            return Verdict(Outcome.FAILED, {"reason": reason, "container": plan.target})
        self._nas.note_data_back(plan.target)
        wanted = {number for number, step in enumerate(plan.steps) if step.order == PUT_BACK}
        answered = {each.step for each in receipts if not (each.result or {}).get("lost")}
        if not wanted <= answered:
            # it holds as much as the snapshot: that may have been so before
            return Verdict(Outcome.INCONCLUSIVE, {"reason": "nobody saw whether the order arrived"})
        return Verdict(Outcome.SUCCEEDED, {"back": plan.before["shown"]["datasets"]})

    async def _not_well(self, target: str) -> str | None:
        """Return why an app that is to run again is not well, as a key of `exceptions`; None once it is."""
        clock = asyncio.get_running_loop().time
        began = steady = clock()
        containers: tuple[str, ...] | None = None
        while True:
            app, now = await self._looks.seen(target), clock()
            if app is None:
                return "gate_gone"
            if app.state == "crashed":
                return "gate_ended"
            if app.state != "running" or app.containers != containers:
                steady, containers = now, app.containers
            elif now - steady >= STABLE:
                return None
            if now - began >= GATE:
                return "gate_not_steady"
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        """Have it run again; what is in the datasets stays as it is."""
        if plan.steps[step].order != STOP:
            return None
        app = await self._looks.settled(plan.target)
        if app is None:
            raise Refused(Refusal("no_such_target", {"target": plan.target}))
        if app.state != "stopped":
            return None
        method = method_of(Operation.START_APP, self._nas.client.release)
        return await send(self._nas, method, [plan.target], step)

    async def undone(self, plan: Plan) -> Verdict:
        """Judge whether it runs again."""
        try:
            reason = await self._not_well(plan.target) if plan.before["ran"] else None
        except ClientError:
            return UNWATCHED
        return Verdict(Outcome.FAILED, {"reason": reason}) if reason else Verdict(Outcome.SUCCEEDED)


def _steps(app: App, taken: Mapping[str, str], *, ran: bool) -> tuple[Step, ...]:
    put = [Step(order=PUT_BACK, params={"dataset": each, "snapshot": app.snapshot}) for each in taken]
    return (Step(order=STOP), *put, Step(order=START)) if ran else (*put,)


def _words(taken: datetime | None) -> str:
    return f"{taken.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if taken else "an unknown time"


def _fingerprint(app: App, taken: Mapping[str, str]) -> str:
    return json.dumps([app.name, app.version, app.state, app.snapshot, sorted(taken.items())])

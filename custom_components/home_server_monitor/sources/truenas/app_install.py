"""Scrutiny out of the catalogue of the NAS, so that something reads SMART where TrueNAS itself no longer does."""

import asyncio
from collections.abc import Mapping, Sequence
import json
from typing import Any, Protocol, override

from ...guardian.contract import (
    Action,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..errors import ClientError
from ..records import at
from .actions import LOOK_EVERY, LOOKS_AFTER_JOB
from .app import App
from .catalogue import APP, TITLE, TRAIN, Answers, answers
from .jobs import Job
from .methods import Operation, method_of
from .model import TrueNas
from .sending import NO_CHANGE, UNWATCHED, Nas, job_failed, job_state, refused, send

INSTALL = "install_scrutiny"
# an image of 300 MB over a slow line
DEADLINE = 1800.0
# seconds that it must run without a change
STABLE = 20.0


class InstallingNas(Nas, Protocol):
    """What installing needs of its NAS besides."""

    def note_install(self, app: str) -> None:
        """Take note of an app that was made from here, and may therefore be removed from here."""
        ...


class InstallScrutiny(Action):
    """Creates the app, with the disks of this NAS. It is not undone: `remove_app` is its inverse, under an approval of its own."""

    key = INSTALL
    risk = Risk.MEDIUM

    def __init__(self, nas: InstallingNas) -> None:
        self._nas = nas

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        nas = self._nas
        method = method_of(Operation.CREATE_APP, nas.client.release)
        data = await nas.async_look("apps", "disks")
        found = await self._answers(data, target)
        payload = {
            "app_name": APP,
            "catalog_app": APP,
            "train": TRAIN,
            "version": found.version,
            "values": dict(found.values),
        }
        names = _devices(data)
        shown = {
            "version": found.version,
            "port": str(found.port),
            "disks": f"all disks ({', '.join(names)})" if found.all_disks else ", ".join(names),
        }
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps(payload, sort_keys=True),
            steps=(Step(order=method.name, params=payload),),
            risk=self.risk,
            deadline=DEADLINE,
            right=method.role,
            source=nas.id,
            before={"app": APP, "shown": shown},
        )

    async def _answers(self, data: TrueNas, target: str) -> Answers:
        """Return what the app is made with. Raises Refused and ClientError."""
        client, named = self._nas.client, {"target": TITLE}
        if target != APP:
            raise Refused(Refusal("no_such_target", {"target": target}))
        if APP in data.apps:
            raise Refused(Refusal("app_exists", named))
        if at(await client.ask(Operation.ENGINE), "status") != "RUNNING":
            raise Refused(Refusal("apps_off", named))
        devices = _devices(data)
        if not devices:
            raise Refused(Refusal("no_disks", named))
        ports = await client.ask(Operation.USED_PORTS)
        used = {port for port in (ports if isinstance(ports, list) else ()) if isinstance(port, int)}
        used |= {port for app in data.apps.values() for port in app.ports}
        found = answers(await client.ask(Operation.CATALOGUE_APP, APP, TRAIN), devices, used)
        if found is None:
            raise Refused(Refusal("catalogue_unknown", named))
        return found

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            now = await self.plan(plan.target, plan.params)
        except Refused as err:
            return err.refusal
        return None if now.fingerprint == plan.fingerprint else Refusal("target_changed", {"target": TITLE})

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        if APP in (await self._nas.async_look("apps")).apps:
            raise Refused(Refusal("app_exists", {"target": TITLE}))
        method = method_of(Operation.CREATE_APP, self._nas.client.release)
        receipt = await send(self._nas, method, [dict(plan.steps[step].params)], step)
        if not (receipt.result or {}).get("refused"):
            self._nas.note_install(APP)
        return receipt

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by whether the app runs and goes on running, not by what the order was answered."""
        receipt = receipts[-1] if receipts else None
        if said_no := refused(receipt):
            return said_no
        clock = asyncio.get_running_loop().time
        steady, seen, missed = clock(), None, 0
        while True:
            try:
                app = (await self._nas.async_look("apps")).apps.get(APP)
                job = await job_state(self._nas, receipt.job) if receipt and receipt.job is not None else None
            except ClientError:
                if self._nas.client.ended:
                    return UNWATCHED
                await asyncio.sleep(LOOK_EVERY)
                continue
            state = (app.state, app.containers) if app else None
            if state != seen or app is None or app.state != "running":
                steady, seen = clock(), state
            missed = missed + 1 if app is None and job is not None and job.state == "SUCCESS" else 0
            if (verdict := _judged(app, job, clock() - steady, missed)) is not None:
                return verdict
            await asyncio.sleep(LOOK_EVERY)


def _judged(app: App | None, job: Job | None, steady: float, missed: int) -> Verdict | None:
    """Return how it ended, or None while nobody can tell. missed: looks since the job's end that did not see the app."""
    if failed := job_failed(job):
        return failed
    if missed > LOOKS_AFTER_JOB:
        return NO_CHANGE
    if app is None:
        return None
    if app.state == "crashed" or (app.state == "running" and app.unhealthy):
        return Verdict(Outcome.FAILED, {"reason": "gate_ended", "container": APP})
    if app.state == "running" and steady >= STABLE:
        return Verdict(Outcome.SUCCEEDED, {"app": app.name, "state": app.state, "version": app.version})
    return None


def _devices(data: TrueNas) -> list[str]:
    return sorted({disk.device for disk in data.disks.values() if disk.device})

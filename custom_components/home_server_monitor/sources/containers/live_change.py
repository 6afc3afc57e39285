"""Changes of a container's limits and restart policy that are in force at once, and can be taken back."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
import json
from typing import Any, override

from ...guardian.contract import Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from .by_id import ByIdAction
from .limiting import restoring
from .raw import Json, table, text, whole

_POLICY = "RestartPolicy"


def shown(host: Json, keys: Sequence[str]) -> dict[str, Any]:
    """Return these settings as they stand; no limit is 0, however the engine writes it."""
    found: dict[str, Any] = {}
    for key in keys:
        if key == _POLICY:
            policy = table(host.get(key))
            retries = whole(policy.get("MaximumRetryCount"))
            found[key] = {"Name": text(policy.get("Name")) or "no", "MaximumRetryCount": retries}
        else:
            found[key] = max(whole(host.get(key)), 0)
    return found


class LiveChange(ByIdAction):
    """One update of a container that runs on. What the compose file says is back when it is created anew."""

    risk = Risk.MEDIUM
    key: str

    @abstractmethod
    async def wanted(self, inspect: Json, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body of the update. Raises Refused and ClientError."""

    async def changed(self, inspect: Json) -> None:
        """Take note of what stands now."""

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        inspect = await self.named(target)
        body = dict(await self.wanted(inspect, target, params))
        info = await self._yard.workshop.about()
        host = table(inspect.get("HostConfig"))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(inspect, sorted(body)),
            steps=(Step(order=self.key, params={"body": body}),),
            # less memory than it needs ends it
            risk=Risk.LOW if body.keys() == {_POLICY} else Risk.MEDIUM,
            touches=self._yard.touched(target),
            source=self._yard.id,
            params=dict(params),
            before={"id": text(inspect.get("Id")), "body": body, "back": restoring(host, body, info)},
            inverse=True,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            inspect = await self.named(plan.target)
        except Refused as err:
            return err.refusal
        if _fingerprint(inspect, sorted(plan.before["body"])) != plan.fingerprint:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        warnings = await self._client.update(plan.before["id"], plan.before["body"])
        return Receipt(step, {"warnings": list(warnings)})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        return await self._judged(plan, plan.before["body"])

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        inspect = await self.now(plan)
        if inspect is None:
            return None
        if not _stands(inspect, plan.before["body"]):
            raise Refused(Refusal("target_changed", {"target": plan.target}))
        await self._client.update(plan.before["id"], plan.before["back"])
        return Receipt(step, {})

    async def undone(self, plan: Plan) -> Verdict:
        """Judge the inverse by looking."""
        return await self._judged(plan, plan.before["back"])

    async def _judged(self, plan: Plan, body: Mapping[str, Any]) -> Verdict:
        inspect = await self.now(plan)
        if inspect is None:
            return Verdict(Outcome.FAILED, {"reason": "container_gone"})
        stands = _stands(inspect, body)
        await self.changed(inspect)
        await self._yard.relist()
        if not stands:
            return Verdict(Outcome.FAILED, {"reason": "limit_not_kept"})
        return Verdict(Outcome.SUCCEEDED, shown(table(inspect.get("HostConfig")), sorted(body)))


def _stands(inspect: Json, body: Mapping[str, Any]) -> bool:
    return shown(table(inspect.get("HostConfig")), sorted(body)) == shown(body, sorted(body))


def _fingerprint(inspect: Json, keys: Sequence[str]) -> str:
    found = shown(table(inspect.get("HostConfig")), keys)
    return json.dumps([text(inspect.get("Id")), found], sort_keys=True)

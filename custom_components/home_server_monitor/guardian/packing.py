"""Plans, receipts, verdicts and actors as the journal holds them: plain JSON, and back again.

Reading raises KeyError, TypeError or ValueError on what is not such a thing; the caller skips that one.
"""

from collections.abc import Mapping
from typing import Any

from .contract import Actor, ForAWhile, Outcome, Plan, Receipt, Risk, Step, Verdict


def pack_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON."""
    return {
        "action": plan.action,
        "target": plan.target,
        "fingerprint": plan.fingerprint,
        "steps": [pack_step(step) for step in plan.steps],
        "risk": int(plan.risk),
        "touches": sorted(plan.touches),
        "takes_away": plan.takes_away,
        "deadline": plan.deadline,
        "right": plan.right,
        "source": plan.source,
        "params": dict(plan.params),
        "before": dict(plan.before),
        "inverse": plan.inverse,
        "final": plan.final,
    }


def unpack_plan(raw: Mapping[str, Any]) -> Plan:
    """Return the plan that was packed."""
    return Plan(
        action=raw["action"],
        target=raw["target"],
        fingerprint=raw["fingerprint"],
        steps=tuple(unpack_step(step) for step in raw["steps"]),
        risk=Risk(raw["risk"]),
        touches=frozenset(raw["touches"]),
        takes_away=bool(raw["takes_away"]),
        deadline=float(raw["deadline"]),
        right=raw["right"],
        source=raw["source"],
        params=dict(raw["params"]),
        before=dict(raw["before"]),
        inverse=bool(raw["inverse"]),
        final=int(final) if (final := raw.get("final")) is not None else None,
    )


def pack_step(step: Step) -> dict[str, Any]:
    """Return a step as JSON."""
    found: dict[str, Any] = {"order": step.order, "params": dict(step.params)}
    if (lease := step.lease) is not None:
        found["lease"] = {
            "setting": lease.setting,
            "target": lease.target,
            "value": lease.value,
            "lasts": lease.lasts,
        }
    return found


def unpack_step(raw: Mapping[str, Any]) -> Step:
    """Return the step that was packed."""
    lease = None
    if (packed := raw.get("lease")) is not None:
        lease = ForAWhile(
            setting=packed["setting"],
            target=packed["target"],
            value=packed["value"],
            lasts=float(packed["lasts"]),
        )
    return Step(order=raw["order"], params=dict(raw["params"]), lease=lease)


def pack_receipt(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as JSON."""
    return {"step": receipt.step, "result": receipt.result, "job": receipt.job}


def unpack_receipt(raw: Mapping[str, Any]) -> Receipt:
    """Return the receipt that was packed."""
    return Receipt(int(raw["step"]), raw["result"], raw["job"])


def pack_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON."""
    return {"outcome": verdict.outcome.value, "facts": dict(verdict.facts)}


def unpack_verdict(raw: Mapping[str, Any]) -> Verdict:
    """Return the verdict that was packed."""
    return Verdict(Outcome(raw["outcome"]), dict(raw["facts"]))


def pack_actor(actor: Actor) -> dict[str, Any]:
    """Return an actor as JSON."""
    return {
        "kind": actor.kind,
        "id": actor.id,
        "name": actor.name,
        "admin": actor.admin,
        "via": actor.via,
        "context": actor.context,
    }


def unpack_actor(raw: Mapping[str, Any]) -> Actor:
    """Return the actor that was packed."""
    return Actor(
        kind=raw["kind"],
        id=raw["id"],
        name=raw["name"],
        admin=bool(raw["admin"]),
        via=raw["via"],
        context=raw["context"],
    )

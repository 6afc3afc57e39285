"""What may be done about a check of the audit: mend it at once where that can be, or live with it for a while."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
import json
from typing import Any, Protocol, override

from ...guardian.contract import Action, Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from .accepting import Acceptances
from .audit import Accepted, Report, audit
from .audit_case import Check, Grade
from .auditing import Auditing
from .client import EngineClient
from .live_change import LiveChange
from .raw import Json
from .yard import Yard

# the engine itself, where a container is named elsewhere: no container can be called so
ENGINE = "the engine"


class Audited(Protocol):
    """The source as these actions see it."""

    auditing: Auditing
    accepted: Acceptances

    @property
    def id(self) -> str:
        """Return the id of the source."""
        ...

    def report_of(self, target: str) -> Report | None:
        """Return the newest report on a container, or on the engine."""
        ...

    def show(self) -> None:
        """Show what has changed."""
        ...


class FixAudit(LiveChange):
    """Mends a check by an update of the container that runs on."""

    key = "fix_audit"

    def __init__(self, client: EngineClient, yard: Yard, source: Audited) -> None:
        super().__init__(client, yard)
        self._source = source

    @override
    async def wanted(self, inspect: Json, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        subject = await self._source.auditing.subject(inspect)
        known = self._source.report_of(target)
        found = _named(audit(subject), params["check"]) if subject else None
        # whether it keeps ending is not in one inspection
        if found is None and known is not None:
            found = _named(known.open, params["check"])
        if found is None:
            raise Refused(Refusal("audit_check_gone", {"target": target}))
        if found.fix is None or not found.fix.live:
            raise Refused(Refusal("audit_not_live", {"target": target}))
        return found.fix.live

    @override
    async def changed(self, inspect: Json) -> None:
        await self._source.auditing.note(inspect)


class _Decision(Action):
    """Changes only what is written down here about a check."""

    risk = Risk.LOW
    key: str

    def __init__(self, source: Audited) -> None:
        self._source = source

    def _plan(self, target: str, params: Mapping[str, Any], before: Mapping[str, Any]) -> Plan:
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps([params["check"], before], sort_keys=True),
            steps=(Step(order=self.key, params=dict(params)),),
            risk=Risk.LOW,
            source=self._source.id,
            params=dict(params),
            before=before,
        )


class AcceptAudit(_Decision):
    """Lives with a check, for a reason and until a day."""

    key = "accept_audit"

    def __init__(self, source: Audited, now: Callable[[], datetime]) -> None:
        super().__init__(source)
        self._now = now

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        return self._plan(target, params, {"grade": self._grade(target, params["check"]).name})

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            grade = self._grade(plan.target, plan.params["check"])
        except Refused as err:
            return err.refusal
        if grade.name != plan.before["grade"]:
            return Refusal("target_changed", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        until = self._now() + timedelta(days=plan.params["days"])
        await self._source.accepted.add(
            Accepted(
                container=_name(plan.target),
                check=plan.params["check"],
                reason=plan.params["reason"],
                grade=Grade[plan.before["grade"]],
                until=until,
            )
        )
        self._source.show()
        return Receipt(step, {"until": until.isoformat()})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        found = self._source.accepted.find(_name(plan.target), plan.params["check"])
        if found is None:
            return Verdict(Outcome.FAILED, {"reason": "audit_not_written"})
        return Verdict(Outcome.SUCCEEDED, {"until": found.until.isoformat()})

    def _grade(self, target: str, check: str) -> Grade:
        report = self._source.report_of(target)
        if report is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        # one that is accepted may be accepted for longer
        if (found := _named((*report.open, *report.accepted), check)) is None:
            raise Refused(Refusal("audit_check_gone", {"target": target}))
        return found.grade


class RevokeAudit(_Decision):
    """Lives with a check no longer."""

    key = "revoke_audit"

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        plan = self._plan(target, params, {})
        if refusal := await self.check(plan):
            raise Refused(refusal)
        return plan

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        if self._source.accepted.find(_name(plan.target), plan.params["check"]) is None:
            return Refusal("audit_not_accepted", {"target": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        await self._source.accepted.remove(_name(plan.target), plan.params["check"])
        self._source.show()
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        found = self._source.accepted.find(_name(plan.target), plan.params["check"])
        return Verdict(Outcome.SUCCEEDED if found is None else Outcome.FAILED)


def _name(target: str) -> str:
    return "" if target == ENGINE else target


def _named(checks: Sequence[Check], identity: str) -> Check | None:
    return next((check for check in checks if check.identity == identity), None)

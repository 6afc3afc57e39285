"""What is wrong with a NAS: pure functions from a snapshot to findings. Each is total: what is unknown is not wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...guardian.contract import Finding, Proposal
from ..errors import NotSupported
from .alert_rules import alerts
from .case import Case, Rule
from .disk_rules import DISK_RULES
from .memory import Memory
from .methods import Operation, method_of
from .model import TrueNas
from .pool_rules import POOL_RULES
from .rights import holds
from .tasks import RUN
from .work import TaskKind
from .work_rules import WORK_RULES

RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (*POOL_RULES, *DISK_RULES, *WORK_RULES)

_OPERATIONS: Mapping[str, Operation] = {
    "start_scrub": Operation.START_SCRUB,
    "pause_scrub": Operation.PAUSE_SCRUB,
    "restart_app": Operation.RESTART_APP,
    "rollback_app": Operation.ROLLBACK_APP,
    "remove_app": Operation.DELETE_APP,
    "roll_back_app_data": Operation.ROLL_BACK_DATASET,
    "start_service": Operation.START_SERVICE,
}


def judge(
    source: str, data: TrueNas | None, memory: Memory, now: datetime, instance: str = ""
) -> Sequence[Finding]:
    """Return all findings of one snapshot, most severe first. A rule never judges what is stale."""
    if data is None:
        return ()
    case = Case(source, data, memory, now, partial(Finding, source=source), instance)
    found = [finding for feeds, rule in RULES if data.stale.isdisjoint(feeds) for finding in rule(case)]
    if "alerts" not in data.stale:
        found += alerts(case, [finding for finding in found if not finding.holds])
    return sorted(
        (_possible(data, finding) for finding in found),
        key=lambda finding: (-finding.severity, finding.rule, finding.object),
    )


def _possible(data: TrueNas, finding: Finding) -> Finding:
    """Leave out what this release cannot do, or what the key is known not to be allowed: then name the right."""
    if finding.proposal is None or not data.release[0]:
        return finding
    try:
        role = method_of(_operation(finding.proposal), data.release).role
    except NotSupported:
        return replace(finding, proposal=None)
    if data.roles and not holds(data.roles, role):
        return replace(finding, proposal=None, evidence={**finding.evidence, "missing_right": role})
    return finding


def _operation(proposal: Proposal) -> Operation:
    if proposal.action == "run_task":
        return RUN[TaskKind(proposal.target.rpartition("_")[0])]
    return _OPERATIONS[proposal.action]

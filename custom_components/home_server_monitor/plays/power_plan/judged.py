"""What is wrong with the plan: pure functions of what is known of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

from ...guardian.contract import Finding, Proposal, Refusal, Severity
from .approving import APPROVE, TARGET
from .battery import Health
from .learning import Cover, Slow, TooLate
from .plan import Mode, PowerPlan, written
from .told import span

QUARTER: Final = 92 * 86_400.0
# times what a shutdown takes, at which a UPS is to call its battery low
MARGIN: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the plan stands.

    node: of the UPS; ups: what that is called; nas: the machines that it would switch off, in words; held, watching:
    "Stop all actions" is on, the mode is Watch only; refusal: why the NAS will not be asked; right: the role that it
    takes, where that is missing; cover: whether a full battery is enough, None while that is not to be said; health: how
    good it is; short: seconds by which the NAS shuts down too early by itself; timer:
    seconds after which it does; late: how much too late it does, where it waits for a low battery; slow: the stage that
    takes longer than it may, by the name that people know; practised: within the last three months.
    """

    node: str
    ups: str
    plan: PowerPlan
    approved: bool
    nas: str = ""
    held: bool = False
    watching: bool = False
    refusal: Refusal | None = None
    right: str = ""
    cover: Cover | None = None
    health: Health | None = None
    short: float | None = None
    timer: float | None = None
    late: TooLate | None = None
    slow: Slow | None = None
    practised: bool = False


def findings(source: str, it: Standing) -> Iterator[Finding]:
    """Yield what is wrong."""
    for rule, severity, said, evidence, proposal in _wrong(it):
        yield Finding(
            source=source,
            rule=rule,
            object=it.node,
            severity=severity,
            placeholders={"ups": it.ups, **said},
            evidence=evidence,
            proposal=proposal,
        )


type Row = tuple[str, Severity, dict[str, str], dict[str, str], Proposal | None]


def _wrong(it: Standing) -> Iterator[Row]:
    if it.cover is not None and it.cover.enough is False and it.cover.runtime is not None:
        said = {"runtime": span(it.cover.runtime), "needed": span(it.cover.needed)}
        yield "power_runtime_short", Severity.WARNING, said, {}, None
    if it.health is not None and it.health.worn:
        said = {"share": f"{it.health.share:.0%}".replace("%", " %"), "now": span(it.health.now)}
        yield "power_battery_worn", Severity.WARNING, said, {}, None
    if it.late is not None:
        said = {
            "left": span(it.late.left),
            "needed": span(it.late.needed),
            # rounded up to a number that one remembers
            "seconds": str(ceil(it.late.needed * MARGIN / 30) * 30),
        }
        severity = Severity.WARNING if it.late.measured else Severity.INFO
        yield "power_low_too_late", severity, said, {}, None
    if it.plan.mode is Mode.OBSERVE:
        return
    if cause := powerless(it):
        key, said = cause
        yield "power_plan_powerless", Severity.HIGH, said, {"cause": key, "advice": key}, None
    if not it.approved and not it.watching:
        offer = Proposal(action=APPROVE, target=TARGET, params={"plan": written(it.plan)})
        yield "power_plan_unapproved", Severity.WARNING, {}, {"cause": f"power_mode_{it.plan.mode}"}, offer
    if it.short is not None and it.timer is not None:
        said = {"timer": span(it.timer), "short": span(it.short)}
        yield "power_timer_short", Severity.WARNING, said, {}, None
    if it.slow is not None:
        said = {"stage": it.slow.stage, "needed": span(it.slow.needed), "limit": span(it.slow.limit)}
        yield "power_stage_short", Severity.WARNING, said, {}, None
    # what nobody has approved yet is not practised either: one request at a time
    if it.approved and not it.practised:
        yield "power_drill_due", Severity.INFO, {}, {}, None


def powerless(it: Standing) -> tuple[str, dict[str, str]] | None:
    """Return why the plan would not do all that it says, a key of the texts, and what fills it."""
    if it.held:
        return "power_held", {}
    if it.watching:
        return "power_watching", {}
    if it.plan.mode is not Mode.DECIDE:
        return None
    if it.right:
        return "power_no_right", {"nas": it.nas, "right": it.right}
    if it.refusal is not None:
        found = dict(it.refusal.placeholders)
        key = it.refusal.key if it.refusal.key in ("own_path", "protected", "protected_near") else "refused"
        return f"power_{key}", {"nas": it.nas, "reason": found.get("reason", it.refusal.key)}
    return None if it.nas else ("power_no_nas", {})

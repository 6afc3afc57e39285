"""What an action of several parts says: what it would do and leave out, and how far it came, as one story."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..guardian.plain import plain
from ..guardian.remediation import Record, State
from . import policies
from .texts import Made

if TYPE_CHECKING:
    from .guardian import Guardian

NONE = "-"
# characters of a plan, and names in a sentence
LONGEST, MOST_NAMED = 3000, 20
# of what a container said as it ended
SAID = 120
_BACK = frozenset({State.ROLLED_BACK, State.CANCELLED})


def planned(of: Guardian, record: Record) -> dict[str, str]:
    """Return what fills the text of a plan of several parts, nothing for one of another kind."""
    before = record.plan.before
    if "policy" in before:
        return policies.placeholders(of, before["policy"])
    if "batch" not in before:
        return {}
    lines = [
        f"{step.params.get('container')} {step.params.get('before')} → {step.params.get('after')}"
        for step in record.plan.steps
    ]
    left = [f"{name}: {_why(of, name, reason, details)}" for name, reason, details in before.get("leave", ())]
    return {
        "count": str(len(lines)),
        "names": _made(", ".join(lines)),
        "left": _made("; ".join(left)) or NONE,
    }


def _why(of: Guardian, name: str, reason: str, details: Mapping[str, str]) -> str:
    """Return why something is left out: a reason of its own, else what the update itself would be refused with."""
    said = of.texts.common(f"left_{reason}", details, default="")
    return said or of.texts.refusal(reason, {"target": name, **details})


def story(of: Guardian, record: Record) -> dict[str, str]:
    """Return what fills the text of an outcome: what was done, what stopped it, and what was not begun."""
    if "batch" not in record.plan.before:
        return {}
    parts = {each.target: each for each in of.desk.parts.of(record.id)}
    names = [str(step.params.get("container")) for step in record.plan.steps]
    left = {
        names[each.step]: _why(
            of, names[each.step], str(each.result["left"]), each.result.get("details") or {}
        )
        for each in record.receipts
        if isinstance(each.result, Mapping) and "left" in each.result
    }
    done = [name for name in names if name in parts and parts[name].state is State.SUCCEEDED]
    bad = next((each for each in parts.values() if each.over and each.state is not State.SUCCEEDED), None)
    rest = [name for name in names if name not in parts and name not in left]
    skipped = "; ".join(f"{name}: {why}" for name, why in left.items())
    return {
        "count": str(len(done)),
        "done": _named(done),
        "stopped": Made(_stopped(of, bad) if bad is not None else of.wording.reason(record)),
        "skipped": Made(of.texts.common("batch_left", {"names": _made(skipped)}) if skipped else ""),
        "rest": Made(of.texts.common("batch_rest", {"names": _named(rest)}) if rest and record.over else ""),
    }


def _stopped(of: Guardian, bad: Record) -> str:
    key = "batch_back" if bad.state in _BACK else "batch_failed"
    facts = bad.verdict.facts if bad.verdict is not None else {}
    known = {
        "container": plain(bad.name),
        "reason": Made(of.wording.reason(bad)),
        "said": plain(facts.get("said", ""), SAID),
    }
    return of.texts.common(f"{key}_said" if known["said"] else key, known)


def _named(names: list[str]) -> Made:
    more = len(names) - MOST_NAMED
    return Made(_made(", ".join(names[:MOST_NAMED])) + (f" (+{more})" if more > 0 else "") or NONE)


def _made(text: str) -> Made:
    return Made(plain(text, LONGEST))

"""The plan that the server's options write."""

from collections.abc import Mapping
from typing import Any

from ...edge import power_settings as keys
from .plan import Kind, Mode, PowerPlan, Stage, Thresholds


def plan_of(options: Mapping[str, Any]) -> PowerPlan:
    """Return the plan; what is missing or damaged has its default, and a mode that is none only reports."""
    given = {**keys.DEFAULTS, **options}
    mode = Mode(given[keys.MODE]) if given[keys.MODE] in keys.MODES else Mode.OBSERVE
    wanted = [Kind(each) for each in given[keys.STAGES] if each in keys.STAGE_KEYS]
    kinds = [Kind.SETTLE, *dict.fromkeys(wanted)]
    if mode is not Mode.PREPARE:
        kinds.append(Kind.NAS)
    if given[keys.SCRIPTS]:
        kinds.append(Kind.HOSTS)
    selectors = {
        Kind.WORKLOADS: tuple(sorted(map(str, given[keys.CHOSEN]))),
        Kind.HOSTS: tuple(map(str, given[keys.SCRIPTS])),
    }
    seconds = _number(given, keys.SECONDS)
    return PowerPlan(
        mode=mode,
        hold_off=_number(given, keys.HOLD_OFF),
        countdown=_number(given, keys.COUNTDOWN),
        thresholds=Thresholds(charge=_number(given, keys.CHARGE), seconds=seconds or None),
        stages=tuple(
            Stage.of(kind, limit=_limit(given, kind), selectors=selectors.get(kind, ())) for kind in kinds
        ),
        never_stopped=tuple(sorted(map(str, given[keys.NEVER]))),
        recovery_charge=_number(given, keys.BACK_CHARGE),
        recovery_after=_number(given, keys.BACK_MINUTES) * 60,
    )


def _limit(given: Mapping[str, Any], kind: Kind) -> float | None:
    return _number(given, f"{keys.LIMIT}{kind.value}") if kind.value in keys.LIMITS else None


def _number(given: Mapping[str, Any], key: str) -> float:
    value = given[key]
    usual = keys.DEFAULTS[key]
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return float(value if is_one else usual)

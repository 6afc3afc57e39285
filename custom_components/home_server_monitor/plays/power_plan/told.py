"""Names, spans and the whole plan, as people are told them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from .plan import Kind, Mode, PowerPlan

# how many names are said
NAMED: Final = 6


class Says(Protocol):
    """The texts."""

    def common(self, key: str, placeholders: Mapping[str, str] | None = None, default: str = "?") -> str:
        """Return a text of the messages."""
        ...


def some(names: Sequence[str]) -> str:
    """Return names, the first ones where they are many."""
    shown = ", ".join(names[:NAMED])
    return f"{shown} (+{len(names) - NAMED})" if len(names) > NAMED else shown


def span(seconds: float) -> str:
    """Return a span in one unit."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def plan_in_words(plan: PowerPlan, texts: Says, label: Callable[[str], str]) -> dict[str, str]:
    """Return what fills the text that says what is approved. label: of a node, "" where nobody knows one."""
    stages = [texts.common(f"power_stage_{each.key}", default=each.key) for each in plan.stages]
    chosen = [name for stage in plan.stages if stage.kind is Kind.WORKLOADS for name in stage.selectors]
    never = [label(each) or each for each in plan.never_stopped]
    charge = f"{plan.thresholds.charge:.0f} %"
    decides = plan.mode is Mode.DECIDE
    return {
        "mode": texts.common(f"cause_power_mode_{plan.mode.value}"),
        "hold_off": span(plan.hold_off),
        "countdown": span(plan.countdown),
        "stages": ", ".join(stages),
        "chosen": texts.common(
            "power_chosen_some" if chosen else "power_chosen_all",
            {"names": ", ".join(label(each) or each for each in chosen)},
        ),
        "never": texts.common(
            "power_never_some" if never else "power_never_none", {"names": ", ".join(never)}
        ),
        "ends": texts.common("power_ends_decide" if decides else "power_ends_prepare", {"charge": charge}),
        "back": f"{plan.recovery_charge:.0f} %",
    }

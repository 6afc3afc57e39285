"""What is approved in advance by the letter of options, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..guardian.plain import plain
from ..guardian.policy import Standing
from .texts import Made

if TYPE_CHECKING:
    from .guardian import Guardian

NONE = "-"
# characters of what is named
LONGEST = 3000


def placeholders(of: Guardian, policy: Mapping[str, Any]) -> dict[str, str]:
    """Return what fills the text that says a policy; of one that nobody knows here, nothing."""
    return next((words(of, policy) for key, words in _WORDS.items() if key in policy), {})


def said(of: Guardian, standing: Standing) -> str | None:
    """Return what an approval in advance is bound to; None for one without a policy."""
    params = standing.params or {}
    policy = params.get("policy", params.get("plan"))
    if not isinstance(policy, Mapping):
        return None
    text = of.texts.common(f"says_{standing.action}", placeholders(of, policy), default="")
    return text[:1].upper() + text[1:] or None


def _updates(of: Guardian, policy: Mapping[str, Any]) -> dict[str, str]:
    """Return a policy of updates in words."""
    named = of.texts.get("selector.update_policy.options." + str(policy["default"]), default="?")
    own = "; ".join(
        of.texts.get(f"selector.update_policy.options.{key}", default=key) + ": " + ", ".join(policy[key])
        for key in ("never", "notify", "ask", "automatic")
        if policy.get(key)
    )
    return {"default": named, "own": _made(own) or NONE, "days": str(policy["cool_down"])}


def _power(of: Guardian, plan: Mapping[str, Any]) -> dict[str, str]:
    """Return in words what is done when the power fails."""
    stages = [of.texts.common(f"power_stage_{each['key']}", default=each["key"]) for each in plan["stages"]]
    chosen = [one for each in plan["stages"] if each["kind"] == "workloads" for one in each["selectors"]]
    some = _names(of, chosen) if chosen else of.texts.common("power_all")
    return {
        "hold_off": f"{plan['hold_off']:g} s",
        "countdown": f"{plan['countdown']:g} s",
        "charge": f"{plan['charge']:g} %",
        "back": f"{plan['recovery_charge']:g} %",
        "stages": _made(", ".join(stages)),
        "chosen": some,
        "never": _names(of, plan["never_stopped"]) or NONE,
    }


def _names(of: Guardian, nodes: Sequence[str]) -> Made:
    return _made(", ".join(of.topology.label(each) or of.settings.names.get(each, each) for each in nodes))


def _room(of: Guardian, policy: Mapping[str, Any]) -> dict[str, str]:
    """Return in words what is done while somebody watches from outside."""
    line = of.texts.common("room_given", {"speed": f"{policy['upload_speed']:g}"})
    if sensor := policy["upload_sensor"]:
        key = "room_measured_or" if policy["upload_speed"] else "room_measured"
        line = of.texts.common(key, {"sensor": sensor, "speed": f"{policy['upload_speed']:g}"})
    return {"own": _made("; ".join(_parts(of, policy))) or NONE, "line": _made(line)}


def _parts(of: Guardian, policy: Mapping[str, Any]) -> Iterator[str]:
    if policy["limit_uploads"]:
        yield of.texts.common("room_uploads")
        if speed := policy["limit_downloads_to"]:
            yield of.texts.common("room_downloads", {"speed": f"{speed:g}"})
    if names := [of.topology.label(each) or of.settings.names.get(each, each) for each in policy["pause"]]:
        yield of.texts.common("room_pause", {"names": _made(", ".join(names))})


def _tiers(of: Guardian, policy: Mapping[str, Any]) -> dict[str, str]:
    """Return in words what is done for the disk of the downloads."""
    parts = []
    if policy["pause_downloads"]:
        space = {"below": f"{policy['pause_below']:g}", "above": f"{policy['resume_above']:g}"}
        parts.append(of.texts.common("tiers_pause", space))
    if policy["hold_imports"]:
        hours = {"opens": policy["import_from"], "closes": policy["import_to"]}
        parts.append(of.texts.common("tiers_hold", hours))
        if policy["spare_streams"]:
            parts.append(of.texts.common("tiers_spare"))
    return {"own": _made("; ".join(parts)) or NONE}


# by a key that only this policy has
_WORDS: Mapping[str, Callable[[Guardian, Mapping[str, Any]], dict[str, str]]] = {
    "cool_down": _updates,
    "limit_uploads": _room,
    "hold_imports": _tiers,
    "hold_off": _power,
}


def _made(text: str) -> Made:
    return Made(plain(text, LONGEST))

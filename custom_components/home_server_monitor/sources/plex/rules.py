"""What is wrong with a Plex Media Server: pure functions of a snapshot."""

from collections.abc import Iterator
from typing import Any

from ...guardian.contract import Finding, Proposal, Severity
from .audit import HOLES_OF, Weakness, weaknesses
from .converting import Conversions
from .model import Plex
from .nodes import setting_node
from .verdict import Cause, Circumstances

CHIP, ENCODERS = "HardwareAcceleratedCodecs", "HardwareAcceleratedEncoders"
SLOW = "slow"
# causes that cost the processor so much that a home server of few cores notices
_COSTLY = frozenset({Cause.OFF, Cause.NO_DEVICE, Cause.PERMISSION, Cause.DRIVER})


def judge(source: str, data: Plex, *, offers: bool) -> list[Finding]:
    """Return what is wrong; what cannot be seen now is not judged. offers: whether a remedy is offered."""
    return [*_weak(source, data, offers=offers)]


def _weak(source: str, data: Plex, *, offers: bool) -> Iterator[Finding]:
    if "preferences" in data.stale or "about" in data.stale:
        return
    for each in weaknesses(data):
        yield Finding(
            source=source,
            rule="plex_weak",
            object=setting_node(source, each.key),
            severity=each.severity,
            placeholders={
                "name": data.about.name,
                "setting": each.setting,
                "value": str(each.value),
                "said": each.said,
                "as_of": HOLES_OF,
            },
            evidence={
                "cause": f"plex_{each.key}",
                "advice": f"plex_{each.key}",
                "setting": each.setting,
                "value": each.value if isinstance(each.value, bool | int) else str(each.value)[:200],
                "security": True,
            },
            proposal=_mended(each) if offers else None,
        )


def _mended(each: Weakness) -> Proposal | None:
    if each.mend is None:
        return None
    return Proposal(action="plex_set", target=each.setting, params={"value": each.mend})


def badly_converted(
    source: str, data: Plex, known: Circumstances, converted: Conversions
) -> Iterator[Finding]:
    """Yield why streams are not converted on the chip alone: each cause once, whatever the number of streams.

    A setting that is off although a chip is passed in is told before anybody watches.
    """
    causes: dict[str, list[str]] = {}
    for each in converted.now:
        said = f"{each.stream.codec} {each.stream.profile}".strip().upper()
        why = each.verdict.cause
        if why is not None and why is not Cause.FILTER:
            causes.setdefault(why.value, []).append(said)
        if each.verdict.slow:
            causes.setdefault(SLOW, []).append(said)
    if known.device and known.plex_pass and known.asked is False and "preferences" not in data.stale:
        causes.setdefault(Cause.OFF.value, [])
    for cause, formats in causes.items():
        shown = sorted(set(formats))
        evidence: dict[str, Any] = {
            "cause": f"plex_chip_{cause}",
            "advice": f"plex_chip_{cause}",
            "streams": len(formats),
            "formats": shown,
            "setting_on": known.asked,
            "plex_pass": known.plex_pass,
            "chip_passed_in": known.device,
        }
        yield Finding(
            source=source,
            rule="plex_converts",
            object=setting_node(source, f"chip_{cause}"),
            severity=Severity.WARNING if cause in _COSTLY or cause == SLOW else Severity.INFO,
            placeholders={"name": data.about.name, "formats": ", ".join(shown) or "-"},
            evidence=evidence,
            proposal=_switched_on(cause, known),
        )


def _switched_on(cause: str, known: Circumstances) -> Proposal | None:
    if cause != Cause.OFF or known.plex_pass is False:
        return None
    setting = CHIP if known.asked is False else ENCODERS if known.encodes is False else None
    return Proposal(action="plex_set", target=setting, params={"value": True}) if setting else None

"""What is wrong with a Plex Media Server: pure functions of a snapshot, and of what is known around it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...guardian.capabilities_streams import Exposure, Hindrance, Medium, Surroundings
from ...guardian.contract import Finding, Proposal, Severity
from .audit import HOLES_OF, Weakness, audit
from .converting import Conversions
from .model import Plex
from .nodes import setting_node
from .verdict import Cause, Circumstances

QUALITY = "WanPerStreamMaxUploadRate"
CHIP, ENCODERS = "HardwareAcceleratedCodecs", "HardwareAcceleratedEncoders"
TEMP = "TranscoderTempDirectory"
SLOW = "slow"
# what is told of a folder that is too slow or too small, and of one of which that is only likely
_TEMPS: Final[Mapping[Medium | None, str]] = {Medium.DISKS: "temp_disks", Medium.SMALL: "temp_small"}
TEMP_LIKELY = "temp_idle"
# causes that cost the processor so much that a home server of few cores notices
_COSTLY = frozenset(
    {Cause.OFF, Cause.NO_DEVICE, Cause.PERMISSION, Cause.DRIVER, SLOW, TEMP_LIKELY, "temp_small"}
)


def judge(source: str, data: Plex, exposure: Exposure | None = None) -> list[Finding]:
    """Return how it is set unsafely; what cannot be seen now is not judged. exposure: of its port, where it is known."""
    return [*_weak(source, data, exposure)]


def _weak(source: str, data: Plex, exposure: Exposure | None) -> Iterator[Finding]:
    if "preferences" in data.stale or "about" in data.stale:
        return
    for each in audit(data, exposure):
        if not each.told:
            continue
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
            proposal=_mended(each),
        )


def _mended(each: Weakness) -> Proposal | None:
    if each.mend is None:
        return None
    return Proposal(action="plex_set", target=each.setting, params={"value": each.mend})


def badly_converted(
    source: str,
    data: Plex,
    known: Circumstances,
    converted: Conversions,
    around: Surroundings = Surroundings(),  # noqa: B008 - it is frozen
) -> Iterator[Finding]:
    """Yield why streams are not converted on the chip alone: each cause once, whatever the number of streams.

    What is seen without a stream is told before anybody watches: a chip that is passed in and not used, or that may
    not be used, and a folder for what is converted that is too slow, or too small.
    """
    causes = _streams(converted, around)
    if "preferences" not in data.stale:
        for cause in _before(known, around):
            causes.setdefault(cause, [])
    for cause, formats in causes.items():
        yield _told(source, data, cause, formats, known, around)


def _streams(converted: Conversions, around: Surroundings) -> dict[str, list[str]]:
    """Return the formats of the streams that are converted badly now, by cause."""
    causes: dict[str, list[str]] = {}
    for each in converted.now:
        said = f"{each.stream.codec} {each.stream.profile}".strip().upper()
        why = each.verdict.cause
        if why is not None and why is not Cause.FILTER:
            causes.setdefault(why.value, []).append(said)
        if each.verdict.slow:
            drag = _TEMPS.get(around.temp_on, TEMP_LIKELY) if each.verdict.drag is Cause.TEMP else SLOW
            causes.setdefault(drag, []).append(said)
    return causes


def _before(known: Circumstances, around: Surroundings) -> Iterator[str]:
    """Yield what is wrong whether or not anybody watches."""
    if known.device and known.plex_pass and known.asked is False:
        yield Cause.OFF.value
    if known.device and known.plex_pass and known.asked and known.permitted is False:
        yield Cause.PERMISSION.value
    if around.temp_on in _TEMPS:
        yield _TEMPS[around.temp_on]


def _told(
    source: str, data: Plex, cause: str, formats: list[str], known: Circumstances, around: Surroundings
) -> Finding:
    shown = sorted(set(formats))
    evidence: dict[str, Any] = {
        "cause": f"plex_chip_{cause}",
        "advice": f"plex_chip_{_advice(cause, known, around)}",
        "streams": len(formats),
        "formats": shown,
        "setting_on": known.asked,
        "plex_pass": known.plex_pass,
        "chip_passed_in": known.device,
        "processor": around.processor,
        "container_user": around.user,
        "container_groups": list(around.groups),
        "temp_folder": around.temp,
        "temp_on": around.temp_on.value if around.temp_on else None,
        "processor_idle": around.idle,
    }
    costly = cause in _COSTLY or (cause in _TEMPS.values() and bool(formats))
    return Finding(
        source=source,
        rule="plex_converts",
        object=setting_node(source, f"chip_{cause}"),
        severity=Severity.WARNING if costly else Severity.INFO,
        placeholders={
            "name": data.about.name,
            "formats": ", ".join(shown) or "-",
            "user": around.user or "-",
            "groups": ", ".join(around.groups) or "-",
            "temp": around.temp or "-",
            "where": around.where or "-",
            "processor": known.chip.name if known.chip else "-",
        },
        evidence=evidence,
        proposal=_switched_on(cause, known) or _moved(cause, around),
    )


def _advice(cause: str, known: Circumstances, around: Surroundings) -> str:
    """Return what a person is told to do: of one cause, it may be several things."""
    match cause, around.hindrance:
        case Cause.PERMISSION, Hindrance.FOLDER | Hindrance.READ:
            return f"{cause}_{around.hindrance.value}"
        case Cause.CODEC | Cause.PROFILE, _ if known.chip is not None and known.chip.generation:
            return f"{cause}_here"
        case Cause.DRIVER, _ if around.groups:
            return f"{cause}_groups"
    return cause


def _switched_on(cause: str, known: Circumstances) -> Proposal | None:
    if cause != Cause.OFF or known.plex_pass is False:
        return None
    setting = CHIP if known.asked is False else ENCODERS if known.encodes is False else None
    return Proposal(action="plex_set", target=setting, params={"value": True}) if setting else None


def _moved(cause: str, around: Surroundings) -> Proposal | None:
    if cause not in _TEMPS.values() or not around.better:
        return None
    return Proposal(action="plex_set", target=TEMP, params={"value": around.better})


def quality_offer(source: str, data: Plex, most: int) -> Proposal | None:
    """Return what holds each stream to the outside to so many kbit a second; None where it is already, or not known."""
    now = data.preference(QUALITY)
    if "preferences" in data.stale or not isinstance(now, int) or 0 < now <= most:
        return None
    return Proposal(action="plex_set", target=QUALITY, params={"value": most}, source=source)

"""What is wrong with a Plex Media Server: pure functions of a snapshot."""

from collections.abc import Iterator

from ...guardian.contract import Finding, Proposal
from .audit import HOLES_OF, Weakness, weaknesses
from .model import Plex
from .nodes import setting_node


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

"""What is wrong with the line: pure functions."""

from typing import Final

from ...guardian.contract import Finding, Proposal, Severity
from .rules import KBIT, Load

MBIT: Final = 125_000.0

type Offer = Proposal | None


def mbit(rate: float) -> str:
    """Return a rate in bytes a second as people know their line."""
    return f"{rate / MBIT:.1f} Mbit/s"


def full(source: str, node: str, load: Load, offer: Offer) -> Finding:
    """Return that streams do not get what they need. offer: what would help."""
    key = "uplink_streams" if load.is_full_of_streams else "uplink_uploads"
    busy = [name for name, rate in load.uploads.items() if rate > 0]
    said = {
        "used": mbit(load.used),
        "line": mbit(load.line),
        "count": str(len(load.streams)),
        "streams": mbit(load.wanted),
        "uploads": mbit(sum(load.uploads.values())),
        "clients": ", ".join(sorted(busy)) or "-",
    }
    advice = key
    if offer is not None:
        advice, said["quality"] = "uplink_quality", mbit(offer.params["value"] * KBIT)
    return Finding(
        source=source,
        rule="uplink_full",
        object=node,
        severity=Severity.WARNING,
        placeholders=said,
        evidence={"cause": key, "advice": advice, **said},
        proposal=offer,
    )

"""What the guardian of one server keeps over a restart, as rows that can be saved."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import clock
from .settings import phones

if TYPE_CHECKING:
    from .guardian import Guardian


def take_in(of: Guardian, stored: Mapping[str, Any]) -> None:
    """Take in what was saved."""
    of.register.load(stored.get("register") or {})
    of.alerts.load(stored.get("alerts") or {})
    of.changes.load(stored.get("changes") or [])
    if isinstance(month := stored.get("month"), int):
        of.month.told = month
    of.month.found.load(stored.get("found"))
    of.speaker.outbox.load(stored.get("outbox"), clock.now())
    if isinstance(jumped := stored.get("jumped"), list) and len(jumped) == 2:
        of.ticks.jumped = float(jumped[0]), float(jumped[1])
    told = stored.get("told")
    if isinstance(told, dict):
        here = phones(of.hass).keys()
        shown = {tag: here & set(who) for tag, who in told.items() if isinstance(who, list)}
        of.speaker.teller.told = {tag: who for tag, who in shown.items() if who}


def pack(
    of: Guardian, rows: list[dict[str, Any]] | None = None, topology: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what is to be saved. rows, topology: those of the findings and of the nodes, made already."""
    return {
        "register": of.register.dump(rows),
        "alerts": of.alerts.dump(),
        "topology": of.intake.dump() if topology is None else topology,
        "changes": of.changes.dump(),
        "month": of.month.told,
        "found": of.month.found.dump(),
        "outbox": of.speaker.outbox.dump(),
        "jumped": of.ticks.jumped,
        "told": {tag: sorted(who) for tag, who in of.speaker.teller.told.items()},
    }

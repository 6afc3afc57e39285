"""How the sources stand: whether they answer, since when that is known, what they have, and what is dark there."""

from typing import TYPE_CHECKING, Any

from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..guardian.plain import plain
from .naming import iso

if TYPE_CHECKING:
    from .guardian import Guardian


def source_view(of: Guardian, key: str) -> dict[str, Any]:
    """Return how one source stands."""
    stand = of.watch.stands[key]
    device = dr.async_get(of.hass).async_get_device_by_identifier((DOMAIN, key), stand.entry_id)
    source = of.house.source(key)
    return {
        "id": key,
        "name": plain(stand.name),
        "kind": stand.kind,
        "state": stand.state,
        "device_id": device.id if device else None,
        "checked": iso(checked(of, key)),
        "found": found_in_words(of, source.nodes if source else ()),
        "missing": [
            of.texts.common(f"missing_{each.key}", each.placeholders)
            for each in (source.missing if source else ())
        ],
    }


def checked(of: Guardian, key: str) -> float | None:
    """Return when a source was last asked and answered: with each good poll, also one that brought nothing new."""
    source = of.house.source(key)
    return (source.checked if source else None) or of.intake.checked.get(key)


def last_checked(of: Guardian) -> float | None:
    """Return since when all sources that answer are known: the oldest of their last answers."""
    known = {key: at for key in of.watch.stands if (at := checked(of, key))}
    answering = [at for key, at in known.items() if of.watch.stands[key].state == "ok"]
    return min(answering) if answering else max(known.values(), default=of.started)


def found_in_words(of: Guardian, nodes: Any) -> str:
    """Return what a source consists of: `3 pools, 5 disks`."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.kind] = counts.get(node.kind, 0) + 1
    return ", ".join(
        of.texts.common(f"count_{kind}" if count != 1 else f"one_{kind}", {"count": count})
        for kind in ("pool", "disk", "app", "machine", "container", "task")
        if (count := counts.get(kind))
    )

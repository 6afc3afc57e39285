"""How responses name things: instants, the device that shows a node, what is done for a rule, what an action is about."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..guardian.capabilities import name_of_target
from ..guardian.plain import plain
from ..guardian.reach import named

if TYPE_CHECKING:
    from .guardian import Guardian


def iso(at: float | None) -> str | None:
    """Return an instant as text, or None."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else None


def device_of(hass: HomeAssistant, of: Guardian, node: str) -> dr.DeviceEntry | None:
    """Return the device that shows a node: its own, else that of what it stands on, else the server's."""
    registry = dr.async_get(hass)
    for each in of.topology.above(node):
        kind, _, key = each.partition(":")
        for stand in of.watch.stands.values():
            own = f"{stand.id}_{kind}_{key.removeprefix(f'{stand.id}:')}"
            for name in (own, key):
                if device := registry.async_get_device_by_identifier((DOMAIN, name), stand.entry_id):
                    return device
    return registry.async_get_device_by_identifier((DOMAIN, of.id), of.entry.entry_id)


def rule_name(of: Guardian, rule: str) -> str:
    """Return what is done for a rule, in words."""
    return of.texts.get(f"selector.rule.options.{rule}", default=rule.replace("_", " "))


def target_node(of: Guardian, source: str, target: str) -> str:
    """Return the node that an action's target is, or the target itself where the topology does not know it."""
    return next((each for each in named(source, target) if of.topology.label(each)), target)


def target_name(of: Guardian, source: str, target: str) -> str:
    """Return what an action is about, in the name that people know."""
    if target and (label := of.topology.label(target_node(of, source, target))):
        return plain(label)
    if source == of.own:
        return plain(of.entry.title)
    if target and (known := name_of_target(of.house.source(source), target)):
        return plain(known)
    stand = of.watch.stands.get(source)
    # a play is a source without an entry of its own
    found = stand or of.house.source(source)
    return plain(target) or (plain(found.name) if found else source)


def object_name(of: Guardian, source: str, node: str) -> str:
    """Return what a finding is about, in the name that people know: of what no source lists, the name of the source."""
    return plain(of.topology.label(node)) or target_name(of, source, "")

"""The blueprint that has a replacement ordered, with the real shopping list."""

from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .kit import Kit

LIST = "todo.shopping_list"
ITEM = "Replacement for disk WD40EFRX 17XT (4 TB)"


async def installed(kit: Kit, hass: HomeAssistant) -> str:
    """Install it with a list and a phone; returns the phone's notify action."""
    entry = MockConfigEntry(domain="shopping_list", unique_id="shopping_list")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await kit.install({"disk_failing": {"list": LIST, "phones": [kit.phone("Bob")]}})
    return kit.action("Bob")


def failing(kit: Kit, **changes: Any) -> None:
    """Let a disk fail."""
    about = {"disk": "WD40EFRX 17XT", "size": "4 TB", "where": "pool tank, mirror"}
    kit.finding(**({"rule": "disk_failing", "severity": "high", "about": about} | changes))


async def items(hass: HomeAssistant, status: str = "needs_action") -> list[str]:
    """Return what is on the list."""
    found: Any = await hass.services.async_call(
        "todo", "get_items", {"entity_id": LIST, "status": [status]}, blocking=True, return_response=True
    )
    return [each["summary"] for each in found[LIST]["items"]]


async def test_a_replacement_is_written_down_once(kit: Kit, hass: HomeAssistant) -> None:
    phone = await installed(kit, hass)
    failing(kit)
    [(action, push)] = await kit.fire()
    assert (action, push["message"]) == (phone, ITEM)
    assert await items(hass) == [ITEM]
    # it gets worse: it is on the list already
    failing(kit, severity="critical")
    assert await kit.fire("severer") == []
    assert await items(hass) == [ITEM]
    # bought
    await hass.services.async_call(
        "todo", "update_item", {"entity_id": LIST, "item": ITEM, "status": "completed"}, blocking=True
    )
    assert await kit.fire("severer") == []
    assert (await items(hass), await items(hass, "completed")) == ([], [ITEM])


async def test_what_needs_no_replacement(kit: Kit, hass: HomeAssistant) -> None:
    await installed(kit, hass)
    for changes in (
        {"severity": "warning"},
        {"rule": "disk_cable"},
        {"rule": "pool_degraded"},
        {"state": "acknowledged"},
    ):
        failing(kit, **changes)
        assert await kit.fire() == []
    failing(kit)
    assert await kit.fire("resolved") == []
    assert await items(hass) == []

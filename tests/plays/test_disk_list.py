"""A disk that may fail is written onto lists: the blueprint with the integration itself, and with real lists."""

from pathlib import Path
import shutil
from typing import Any

from homeassistant.components.todo import TodoItem, TodoListEntity, TodoListEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    setup_test_component_platform,
)

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.speaker import EVENT
from tests.blueprints.files import FOLDER
from tests.warp import Warp

from .disk_home import LABEL, disk_home

ITEM = f"Replacement for disk {LABEL} (4 TB)"
LISTS = ("todo.to_buy", "todo.shopping_list")


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """A configuration of its own, for the blueprint and the lists."""
    return str(tmp_path)


class ToBuy(TodoListEntity):
    """A to-do list in memory: those that Home Assistant brings along need packages that are not here."""

    _attr_name = "To buy"
    _attr_supported_features = TodoListEntityFeature.CREATE_TODO_ITEM

    def __init__(self) -> None:
        self._attr_todo_items = []

    async def async_create_todo_item(self, item: TodoItem) -> None:
        self._attr_todo_items = [*(self.todo_items or ()), item]
        self.async_write_ha_state()


def _bring(place: Path) -> None:
    """Put the blueprint where an import puts it."""
    place.mkdir(parents=True)
    shutil.copy(FOLDER / "disk_failing.yaml", place)


async def lists(hass: HomeAssistant) -> None:
    """Set up a to-do list and the shopping list, and an automation for each."""
    setup_test_component_platform(hass, "todo", [ToBuy()])
    assert await async_setup_component(hass, "todo", {"todo": {"platform": "test"}})
    entry = MockConfigEntry(domain="shopping_list", unique_id="shopping_list")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_add_executor_job(_bring, Path(hass.config.path("blueprints", "automation", DOMAIN)))
    config = [
        {
            "alias": each,
            "use_blueprint": {"path": f"{DOMAIN}/disk_failing.yaml", "input": {"list": each}},
        }
        for each in LISTS
    ]
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done(wait_background_tasks=False)


async def items(hass: HomeAssistant) -> dict[str, list[str]]:
    """Return what is on the lists."""
    found: Any = await hass.services.async_call(
        "todo", "get_items", {"entity_id": list(LISTS)}, blocking=True, return_response=True
    )
    return {each: [item["summary"] for item in found[each]["items"]] for each in LISTS}


async def test_a_failing_disk_is_written_down_once_with_model_and_size(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with disk_home(hass, server_entry, warp, tmp_path, monkeypatch) as home:
        await lists(hass)
        home.tell(home.phone("Ann", hass_admin_user))
        told = async_capture_events(hass, EVENT)
        assert await items(hass) == {each: [] for each in LISTS}
        await home.read_again()
        assert await items(hass) == {each: [ITEM] for each in LISTS}
        (push,) = home.pushes
        assert LABEL in push["title"]
        # what is told again, or got worse, is on the list already
        (raised,) = (each.data for each in told if each.data["kind"] == "raised")
        for kind in ("severer", "summary"):
            hass.bus.async_fire(EVENT, {**raised, "kind": kind})
        await home.settle(5)
        assert await items(hass) == {each: [ITEM] for each in LISTS}

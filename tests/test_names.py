"""Names: what a person reads of an entity says nothing twice in a row."""

from itertools import pairwise
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.sources.truenas.disk import Disk
from simulator.storage import Dataset

pytestmark = pytest.mark.usefixtures("warp")


def doubled(text: str) -> bool:
    """Return whether a word is followed by itself."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return any(one == two for one, two in pairwise(words))


@pytest.fixture
async def sim(sim: Any) -> Any:
    """The simulated NAS with names that people do give."""
    sim.world.datasets["tank/tank"] = Dataset("tank/tank", 7 << 30)
    sim.world.datasets["tank/tanker"] = Dataset("tank/tanker", 7 << 30)
    sim.world.replications[1].description = "replication of photos"
    sim.world.cloud_syncs[1].description = "Cloud sync to B2"
    return sim


async def test_no_name_has_a_word_twice_in_a_row(hass: HomeAssistant, nas: MockConfigEntry) -> None:
    devices = dr.async_get(hass)
    entities = er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id)
    assert len(entities) > 300
    names = {}
    for entity in entities:
        device = devices.async_get(entity.device_id or "")
        assert device
        names[entity.entity_id] = f"{device.name} {entity.original_name or entity.original_device_class}"
    assert not [name for name in (*names, *names.values()) if doubled(name)]


@pytest.mark.parametrize(
    ("dataset", "name", "entity_id"),
    [
        ("tank", "root dataset used", "sensor.tank_root_dataset_used"),
        ("tank/photos", "photos used", "sensor.tank_photos_used"),
        ("tank/backups/laptops", "backups/laptops used", "sensor.tank_backups_laptops_used"),
        ("tank/tank", "dataset tank used", "sensor.tank_dataset_tank_used"),
        ("tank/tanker", "tanker used", "sensor.tank_tanker_used"),
    ],
)
async def test_a_dataset_is_named_inside_its_pool(
    hass: HomeAssistant, nas: MockConfigEntry, dataset: str, name: str, entity_id: str
) -> None:
    registry = er.async_get(hass)
    unique_id = f"{nas.unique_id}_dataset_{dataset}_dataset_used"
    assert registry.async_get_entity_id("sensor", DOMAIN, unique_id) == entity_id
    found = registry.async_get(entity_id)
    assert found
    assert found.original_name == name


async def test_every_task_of_a_nas_that_ran_for_weeks_shows_its_last_success(
    hass: HomeAssistant, nas: MockConfigEntry
) -> None:
    entities = er.async_entries_for_config_entry(er.async_get(hass), nas.entry_id)
    found = [each for each in entities if each.translation_key in ("last_success", "last_result")]
    states = {each.entity_id: state.state for each in found if (state := hass.states.get(each.entity_id))}
    assert len(states) == 14
    assert not {entity_id for entity_id, state in states.items() if state in ("unknown", "unavailable")}


@pytest.mark.parametrize(
    ("model", "title"),
    [
        ("WDC WD40EFRX-68N32N0", "WD40EFRX 17XU"),
        ("WDC_WD40EFRX-68N32N0", "WD40EFRX 17XU"),
        ("ST8000VN004-3CP101", "ST8000VN004 17XU"),
        ("KINGSTON SA400S37120G", "SA400S37120G 17XU"),
        ("Samsung SSD 980 PRO 1TB", "980 PRO 1TB 17XU"),
        ("INTEL SSDPEKNW010T8", "SSDPEKNW010T8 17XU"),
        ("CT500MX500SSD1", "CT500MX500SSD1 17XU"),
        ("QEMU HARDDISK", "QEMU HARDDISK 17XU"),
        ("SSD", "SSD 17XU"),
        (None, "HDD 17XU"),
    ],
)
def test_a_disk_is_named_in_the_width_of_a_phone(model: str | None, title: str) -> None:
    disk = Disk("x", "sda", "WD-WCC7K4AA17XU", model, None, "HDD", None, sleeps=False)
    assert disk.title == title
    assert len(title) <= 22

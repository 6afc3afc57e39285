"""What real servers sent, where it is at hand: it is read as it is."""

import json
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.truenas import disk as disks, realtime, storage, system
from custom_components.home_server_monitor.sources.truenas.parse import rows
from custom_components.home_server_monitor.sources.truenas.wire import decode
from tests.simulator.shared import DATA


def _load(name: str) -> Any:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED against a real reply: {path} is not on this machine")
    return decode(path.read_text())


@pytest.mark.parametrize("version", ["24.04", "25.04", "25.10"])
def test_realtime_events(version: str) -> None:
    raw = _load(f"{version}/reporting.realtime.event.computed.json")
    fields = raw.get("params", raw).get("fields", raw)
    found = realtime.realtime(fields)
    assert found.cpu is not None
    assert 0 <= found.cpu <= 100
    assert found.interfaces["enp1s0"].received is not None
    assert found.arc_size


@pytest.mark.parametrize("version", ["24.04", "25.04"])
def test_self_tests(version: str) -> None:
    raw = _load(f"{version}/smart.test.results.json")
    found = rows(raw, disks.last_test)
    assert found.skipped == 0
    assert len(found.items) == len(raw)
    assert set(found.items.values()) <= {"success", "failed", "running", "aborted", "none"}
    assert "success" in found.items.values()


def test_a_pool_of_23_10() -> None:
    found = rows(_load("23.10/pool.query.stitched-incomplete.json"), storage.pool)
    assert found.skipped == 0
    pool = next(iter(found.items.values()))
    assert pool.status == "online"
    assert pool.scan


def test_a_vdev_of_core_13() -> None:
    vdev = _load("core-13/pool.query.vdev-fragment.json")
    _, pool = storage.pool({"name": "tank", "guid": "1", "topology": {"data": [vdev]}})
    assert pool.all_errors == 0
    assert {item.status for item in pool.leaves()} == {"online"}


@pytest.mark.parametrize("name", ["core-13/system.info.13.0-U5.json", "22.02/system.info.json"])
def test_system_info_of_what_is_too_old_is_still_read(name: str) -> None:
    found = system.system(_load(name))
    assert found.version
    assert found.cores


@pytest.mark.parametrize(
    ("kind", "parse"),
    [
        ("pool", storage.pool),
        ("disk", disks.disk),
        ("pool.dataset", storage.dataset),
        ("service", system.service),
    ],
)
def test_rows_that_another_client_tests_with(kind: str, parse: Any) -> None:
    raw = _load(f"24.10-mockshapes/{kind}.pulse-mock.json")
    listed = (
        raw if isinstance(raw, list) else next(value for value in raw.values() if isinstance(value, list))
    )
    found = rows(listed, parse)
    assert found.items
    assert found.skipped == 0


def test_a_job_that_was_pushed() -> None:
    from custom_components.home_server_monitor.sources.truenas.jobs import job

    raw = json.loads(json.dumps(_load("25.x/core.get_jobs.collection_update.json"), default=str))
    events = raw if isinstance(raw, list) else [raw]
    for event in events:
        fields = event.get("params", event).get("fields")
        if fields:
            assert job(fields).state

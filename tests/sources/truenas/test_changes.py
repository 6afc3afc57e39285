"""What changed on a NAS, whoever changed it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.sources.truenas.changes import carried, changes
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.reading import MACHINE_FEEDS, TASK_FEEDS
from custom_components.home_server_monitor.sources.truenas.system import Certificate, Service, System
from custom_components.home_server_monitor.sources.truenas.work import Machine, Schedule
from tests.ground.texts import placeholders
from tests.ground.tree import PACKAGE, read_json

from .build import NOW, SOURCE, app, disk, leaf, pool, task, vdev

TEXTS = read_json(PACKAGE / "translations/en.json")["common"]
WHOLE = frozenset({"apps", "services", "disks", "pools", "certificates", *TASK_FEEDS, *MACHINE_FEEDS})
SYSTEM = System("truenas", "25.10.0", None, None, None, None, 4, 8, NOW, (0.1,))
OLD: dict[str, Any] = {
    "system": SYSTEM,
    "apps": {"plex": app(containers=("a", "b"))},
    "services": {"cifs": Service("cifs", True, True)},
    "disks": {"A": disk("sda", "A")},
    "pools": {"1": pool()},
    "tasks": {"snapshot_1": task()},
    "machines": {"vm_1": Machine("vm_1", "vm", "1", "debian", "running", None, True)},
    "certificates": {"c": Certificate("c", NOW)},
    "ups": {"rmonitor": False, "monuser": "me"},
    "roles": frozenset({"READONLY_ADMIN"}),
    "complete": WHOLE,
}
NOON = Schedule(minute="0", hour="12", dom="*", month="*", dow="*")

# by key, what is different then, and the object that it is told of
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "nas_version": ({"system": replace(SYSTEM, version="25.10.1")}, "host:nas"),
    "nas_rebooted": ({"system": replace(SYSTEM, booted=NOW + timedelta(hours=1))}, "host:nas"),
    "ups_setting": ({"ups": {"rmonitor": True, "monuser": "me"}}, "host:nas"),
    "key_rights": ({"roles": frozenset({"FULL_ADMIN"})}, "host:nas"),
    "pool_added": ({"pools": {"1": pool(), "2": pool(guid="2", name="new")}}, "pool:2"),
    "pool_removed": ({"pools": {}}, "pool:1"),
    "pool_renamed": ({"pools": {"1": pool(name="water")}}, "pool:1"),
    "pool_devices": ({"pools": {"1": pool(vdevs=(vdev("mirror", leaf("sda"), leaf("sdx")),))}}, "pool:1"),
    "disk_added": ({"disks": {"A": disk("sda", "A"), "B": disk("sdb", "B")}}, "disk:B"),
    "disk_removed": ({"disks": {}}, "disk:A"),
    "app_added": ({"apps": {**OLD["apps"], "sonarr": app(name="sonarr")}}, "app:nas:sonarr"),
    "app_removed": ({"apps": {}}, "app:nas:plex"),
    "app_version": ({"apps": {"plex": app(version="1.42.0", containers=("c",))}}, "app:nas:plex"),
    "app_recreated": ({"apps": {"plex": app(containers=("a", "c"))}}, "app:nas:plex"),
    "app_stopped": ({"apps": {"plex": app(state="stopped")}}, "app:nas:plex"),
    "service_stopped": ({"services": {"cifs": Service("cifs", False, True)}}, "service:nas:cifs"),
    "service_autostart_off": ({"services": {"cifs": Service("cifs", True, False)}}, "service:nas:cifs"),
    "task_switched_off": ({"tasks": {"snapshot_1": task(enabled=False)}}, "task:nas:snapshot_1"),
    "task_schedule": ({"tasks": {"snapshot_1": task(schedule=NOON)}}, "task:nas:snapshot_1"),
    "guest_stopped": (
        {"machines": {"vm_1": Machine("vm_1", "vm", "1", "debian", "stopped", None, True)}},
        "machine:nas:vm_1",
    ),
    "certificate_renewed": (
        {"certificates": {"c": Certificate("c", NOW + timedelta(days=90))}},
        "certificate:nas:c",
    ),
}
BACK = {
    "app_stopped": "app_started",
    "service_stopped": "service_started",
    "service_autostart_off": "service_autostart_on",
    "task_switched_off": "task_switched_on",
    "guest_stopped": "guest_started",
}


def known_as(**more: Any) -> TrueNas:
    return TrueNas(**OLD | more)


@pytest.mark.parametrize("key", CASES)
def test_a_change_is_told_once(key: str) -> None:
    different, node = CASES[key]
    before, after = known_as(), known_as(**different)
    (change,) = changes(SOURCE, before, after)
    assert (change.key, change.object) == (key, node)
    assert placeholders(TEXTS[f"change_{key}"]) == change.placeholders.keys()
    assert TEXTS[f"change_{key}"].format(**change.placeholders)
    assert not changes(SOURCE, after, after)


@pytest.mark.parametrize("key", BACK)
def test_a_change_back_is_told(key: str) -> None:
    different, node = CASES[key]
    (change,) = changes(SOURCE, known_as(**different), known_as())
    assert (change.key, change.object) == (BACK[key], node)
    assert placeholders(TEXTS[f"change_{change.key}"]) == change.placeholders.keys()


def test_every_change_has_a_text_and_every_text_a_change() -> None:
    others = ("change_container_", "change_engine_")
    assert {key for key in TEXTS if key.startswith("change_") and not key.startswith(others)} == {
        f"change_{key}" for key in (*CASES, *BACK.values())
    }


@pytest.mark.parametrize(
    "different",
    [
        {"system": replace(SYSTEM, load=(9.0,))},
        # the NAS computes it anew each time
        {"system": replace(SYSTEM, booted=NOW + timedelta(seconds=20))},
        {"system": replace(SYSTEM, booted=None)},
        {"disks": {"A": disk("sdk", "A", temperature=50.0)}},
        {"pools": {"1": pool(used=1, available=1)}},
        # exported: its row stays, its devices are not shown
        {"pools": {"1": pool(size=None, vdevs=())}},
        {"apps": {"plex": app(state="deploying", containers=())}},
        {"services": {"cifs": Service("cifs", None, True)}},
        {"tasks": {"snapshot_1": task(result="failed", running=True)}},
        {"machines": {"vm_1": Machine("vm_1", "vm", "1", "debian", None, None, True)}},
        {"certificates": {"c": Certificate("c", None)}},
    ],
)
def test_what_is_no_change(different: dict[str, Any]) -> None:
    assert not changes(SOURCE, known_as(), known_as(**different))


def test_nothing_is_told_of_a_partial_listing() -> None:
    known = known_as()
    cut = known_as(apps={}, disks={}, pools={}, tasks={}, machines={}, complete=frozenset())
    assert not changes(SOURCE, known, carried(known, cut))


@pytest.mark.parametrize("key", CASES)
def test_a_change_during_an_outage_is_told_after_it(key: str) -> None:
    """While it is away, and while its lists come in again one by one, nothing is told and nothing is forgotten."""
    different, node = CASES[key]
    known = known_as()
    stale = frozenset({"system", "ups", "roles", *WHOLE})
    for away in (known_as(stale=stale, complete=frozenset()), TrueNas(stale=stale), TrueNas()):
        seen = carried(known, away)
        assert not changes(SOURCE, known, seen)
        known = seen
    after = known_as(**different)
    (change,) = changes(SOURCE, known, carried(known, after))
    assert (change.key, change.object) == (key, node)


def test_what_is_added_to_a_partial_listing_is_told_once() -> None:
    known, told = known_as(), []
    partial = known_as(apps={**OLD["apps"], "sonarr": app(name="sonarr")}, complete=WHOLE - {"apps"})
    for after in (partial, partial, replace(partial, complete=WHOLE)):
        seen = carried(known, after)
        told += [change.key for change in changes(SOURCE, known, seen)]
        known = seen
    assert told == ["app_added"]


async def test_changes_are_drained(nas: MockConfigEntry, sim: Any) -> None:
    source = nas.runtime_data
    # what is there at first is no change
    assert not source.changes_since_last()
    sim.world.services["ssh"].running = False
    sim.world.apps["plex"].version = ("9.9.9", "9.9.9")
    await source.async_look("services", "apps")
    assert [(change.key, change.object) for change in source.changes_since_last()] == [
        ("app_version", f"app:{source.id}:plex"),
        ("service_stopped", f"service:{source.id}:ssh"),
    ]
    assert not source.changes_since_last()

"""Reading replies of any shape: one bad row is skipped and counted, and no reply raises anything but BadResponse."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
import unicodedata

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.sources.errors import BadResponse, NotSupported
from custom_components.home_server_monitor.sources.feeds import Feed, Feeds
from custom_components.home_server_monitor.sources.truenas import (
    app as apps,
    disk as disks,
    parse,
    pushed,
    reading,
    realtime,
    storage,
    system,
    work,
)
from custom_components.home_server_monitor.sources.truenas.assemble import assemble
from custom_components.home_server_monitor.sources.truenas.listings import plain
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.methods import Operation, supports
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.nodes import nodes_of
from custom_components.home_server_monitor.sources.truenas.parse import Rows, rows
from custom_components.home_server_monitor.sources.truenas.rules import judge

from .answers import RELEASES, answer
from .hostile import JSON, fixed, spoiled

NOW = datetime(2026, 10, 4, 12, tzinfo=UTC)
LISTED: Mapping[str, tuple[Operation, Any]] = {
    "pools": (Operation.POOLS, storage.pool),
    "disks": (Operation.DISKS, disks.disk),
    "datasets": (Operation.DATASETS, storage.dataset),
    "services": (Operation.SERVICES, system.service),
    "alerts": (Operation.ALERTS, system.alert),
    "interfaces": (Operation.INTERFACES, system.interface),
    "certificates": (Operation.CERTIFICATES, system.certificate),
    "apps": (Operation.APPS, apps.app),
    "vms": (Operation.VMS, work.machine("vm")),
    "instances": (Operation.INSTANCES, work.machine("container")),
    "replications": (
        Operation.REPLICATIONS,
        work.task(work.TaskKind.REPLICATION, lambda row: row.get("name")),
    ),
}
BAD: tuple[Any, ...] = (None, 7, "row", [], True, {}, {"name": None, "id": None}, {"id": [], "uuid": {}})


class Given:
    """Stands in for the client: every call is answered with what is given."""

    def __init__(self, version: str, value: Any) -> None:
        self.release = RELEASES[version]
        self.value = value

    async def ask(self, operation: Operation, *args: Any) -> Any:
        return self.value(operation, *args) if callable(self.value) else self.value


@pytest.mark.parametrize("kind", LISTED)
@pytest.mark.parametrize("version", ["25.04", "26"])
def test_bad_rows_are_counted_and_the_others_survive(kind: str, version: str) -> None:
    operation, one = LISTED[kind]
    good = answer(version, operation)
    alone = rows(good, one)
    assert len(alone.items) == len(good) > 0
    assert alone.skipped == 0
    mixed = rows([item for row in good for item in (*BAD, row)], one)
    assert dict(mixed.items) == dict(alone.items)
    assert mixed.skipped == len(BAD) * len(good)


@pytest.mark.parametrize("kind", LISTED)
@settings(parent=fixed)
@given(data=st.data())
def test_spoiled_rows(kind: str, data: st.DataObject) -> None:
    """Whatever becomes of its members, a row is read or skipped; the good row beside it is there."""
    operation, one = LISTED[kind]
    good = answer("25.10", operation)
    alone = rows(good[-1:], one)
    row = data.draw(spoiled(good[0]))
    found = rows([row, good[-1]], one)
    # a row that kept its identity may stand for the good one, where there is but one
    assert alone.items.keys() <= found.items.keys()
    assert found.skipped + len(found.items) <= 2
    for text in _texts(plain(dict(found.items))):
        assert len(text) <= 600
        assert not any(
            unicodedata.category(character) in ("Cc", "Cf")
            for character in text[:200]
            if character in "\x1b\n\u202e\u200b\u200d"
        )


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("version", ["24.04", "25.10"])
@settings(parent=fixed)
@given(value=JSON)
async def test_every_read_survives_any_answer(version: str, value: Any) -> None:
    client: Any = Given(version, value)
    for feed in reading.feeds(client, temperatures=True):
        try:
            await feed.fetch()
        except BadResponse, NotSupported:
            continue


@fixed
@given(value=JSON)
def test_pushed_numbers_survive_anything(value: Any) -> None:
    apps.app_stats(value)
    try:
        found = realtime.realtime(value)
    except BadResponse:
        return
    assert found.memory_percent is None or isinstance(found.memory_percent, float)


@fixed
@given(data=st.data())
def test_spoiled_numbers(data: st.DataObject) -> None:
    good = {
        "cpu": {"cpu": {"usage": 7.0, "temp": 40}, "temperature_celsius": {"0": 41}},
        "memory": {"physical_memory_total": 64, "physical_memory_available": 32, "arc_size": 7},
        "interfaces": {"enp3s0": {"received_bytes_rate": 1.0, "sent_bytes_rate": 2.0}},
        "zfs": {"cache_hit_ratio": 0.9},
    }
    found = realtime.realtime(data.draw(spoiled(good)))
    assert found.cpu is None or abs(found.cpu) < float("inf")
    found.memory_percent  # noqa: B018 - must not raise
    apps.app_stats(
        [data.draw(spoiled({"app_name": "a", "cpu_usage": 1, "memory": 2, "networks": [{"rx_bytes": 1}]}))]
    )


@fixed
@given(st.dictionaries(st.sampled_from([key for key, *_ in reading._TABLE]), JSON))
async def test_a_snapshot_of_spoiled_replies_is_judged(replies: dict[str, Any]) -> None:
    """Reading, joining, judging and listing hold together whatever single feeds answer."""
    feeds = await _read("25.10", replies)
    memory = Memory()
    data = _joined(feeds, "25.10", memory)
    assert data == _joined(feeds, "25.10", memory)
    judge("nas", data, memory, NOW)
    nodes_of("nas", data)
    plain(data)


def _joined(feeds: Feeds, version: str, memory: Memory | None = None) -> TrueNas:
    return assemble(
        feeds,
        memory or Memory(),
        release=RELEASES[version],
        zone=UTC,
        now=NOW,
        realtime=None,
        stats=None,
        forecasts={},
        errors_before={},
    )


async def _read(version: str, replies: Mapping[str, Any] | None = None) -> Feeds:
    """Return feeds that were read once from the simulated answers, some of them replaced."""

    def genuine(operation: Operation, *args: Any) -> Any:
        if not supports(operation, RELEASES[version]):
            raise BadResponse("unsupported")
        return answer(version, operation, *args)

    def feed(key: str) -> Feed:
        client: Any = Given(version, replies[key] if replies and key in replies else genuine)
        return next(found for found in reading.feeds(client, temperatures=True) if found.key == key)

    feeds = Feeds([feed(key) for key, *_ in reading._TABLE], lambda: 0.0)
    await feeds.refresh(feeds.due(), 30)
    return feeds


@pytest.mark.parametrize("version", RELEASES)
async def test_the_same_home_on_every_release(version: str) -> None:
    """What a person sees of the simulated home does not depend on how its release spells it."""
    feeds = await _read(version)
    data = _joined(feeds, version)
    assert {pool.name: pool.status for pool in data.pools.values()} == dict.fromkeys(
        ("tank", "media", "apps"), "online"
    )
    assert {disk.serial: disk.pool for disk in data.disks.values()} == {
        "50026B7784D1C20E": "boot-pool",
        "WD-WCC7K4AA17XU": "tank",
        "WD-WCC7K4AA17XT": "tank",
        "ZR15K0XV": "media",
        "S649NF0R512873K": "apps",
    }
    tank = next(pool for pool in data.pools.values() if pool.name == "tank")
    assert tank.used_percent == pytest.approx(63, abs=3)
    assert tank.last_scrub
    assert tank.last_scrub == tank.scan.ended if tank.scan else False
    assert data.datasets["tank/private"].locked is True
    assert data.datasets["tank/backups/laptops"].quota == 400 * 2**30
    assert data.datasets["tank/vm/debian"].zvol
    assert {app.state for app in data.apps.values()} == {"running"}
    assert "plex" in data.apps
    assert data.services["ssh"].running
    assert data.tasks["replication_1"].result == "success"
    assert data.tasks["replication_1"].last_success
    assert data.tasks["snapshot_1"].next_run
    assert data.machines["vm_vm_1" if "vm_vm_1" in data.machines else "vm_1"].name == "debian"
    assert data.snapshot_count == sum(found.count for found in data.snapshots.values()) > 50
    assert data.snapshots["tank/documents"].newest
    assert data.snapshots["tank/documents"].oldest
    assert {share.kind for share in data.shares.values()} == {"smb", "nfs"}
    assert data.certificates["home-lan"].expires
    assert data.interfaces["enp3s0"].up
    assert data.interfaces["enp4s0"].up is False
    assert {alert.level for alert in data.alerts.values()} == {"notice"}
    assert data.system
    assert data.system.hostname == "truenas"
    assert data.system.booted
    assert data.boot_pool
    assert data.boot_pool.status == "online"
    assert data.skipped == {}
    assert all(disk.temperature for disk in data.disks.values())
    assert (data.disks["ZR15K0XV"].last_test is not None) is (RELEASES[version] < RELEASES["25.10"])


async def test_disks_asleep_are_told_apart_until_25_04() -> None:
    heat = {"sda": 30, "sdb": None, "sdc": None, "sdd": 0, "nvme0n1": [46.0]}
    for version, asleep in (("25.04", {True}), ("25.10", {None})):
        feeds = await _read(version, {"temperatures": heat})
        data = _joined(feeds, version)
        disks = {disk.device: disk for disk in data.disks.values()}
        assert {disks[name].asleep for name in ("sdb", "sdc")} == asleep
        assert (disks["sda"].temperature, disks["nvme0n1"].temperature) == (30, 46)
        assert disks["sdb"].temperature is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("<b>bold</b>", "bold"),
        ("&lt;i&gt;x", "x"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\u202eb\u200bc", "a b c"),
        ("two\nlines", "two lines"),
        ("  ", None),
        ("\u200b", None),
        ("x" * 999, "x" * 200),
        (7, "7"),
        (True, None),
        (1.5, None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_text(value: Any, found: str | None) -> None:
    assert parse.text(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (7, 7.0),
        ("7.5", 7.5),
        ({"parsed": 7}, 7.0),
        ({"parsed": None, "rawvalue": "9"}, 9.0),
        ({"rawvalue": {"rawvalue": "1"}}, 1.0),
        (float("nan"), None),
        ("Infinity", None),
        (10**400, None),
        (True, None),
        ("many", None),
        ([1], None),
        (None, None),
    ],
)
def test_number(value: Any, found: float | None) -> None:
    assert parse.number(value) == found


def test_whole_numbers_and_counters() -> None:
    assert parse.integer(2**63) is None
    assert parse.integer("12.9") == 12
    assert parse.integer("x") is None
    assert parse.count(-1) == 0
    assert parse.count(None) == 0
    assert parse.count(2**64) == 0


def test_paths_into_what_may_be_missing() -> None:
    value = {"a": [{"b": 1}]}
    assert parse.at(value, "a", 0, "b") == 1
    assert parse.at(value, "a", -1, "b") == 1
    assert parse.at(value, "a", 5) is None
    assert parse.at(value, "a", "b") is None
    assert parse.at(None, "a") is None
    assert parse.word("ONLINE", storage.POOL_STATES) == "online"
    assert parse.word("ON FIRE", storage.POOL_STATES, "unknown") == "unknown"
    assert parse.word(7, storage.POOL_STATES) is None
    assert parse.flag("true") is None
    with pytest.raises(BadResponse):
        rows({}, storage.pool)
    with pytest.raises(parse.Malformed):
        parse.name(" ")


def test_topology_that_never_ends() -> None:
    vdev: dict[str, Any] = {"guid": "leaf", "status": "ONLINE", "disk": "sda", "stats": {"read_errors": 2}}
    for _ in range(50):
        vdev = {"guid": "x", "children": [vdev, None, 7]}
    _, pool = storage.pool({"name": "tank", "guid": 1, "topology": {"data": [vdev], "log": None}})
    assert len(list(pool.leaves())) < 10


def test_errors_add_up_over_the_leaves() -> None:
    leaf = {"guid": "l", "status": "ONLINE", "disk": "sda", "stats": {"read_errors": 2, "write_errors": -5}}
    other = {
        "guid": "m",
        "status": "UNAVAIL",
        "unavail_disk": {"serial": "S1"},
        "stats": {"checksum_errors": "3"},
    }
    mirror = {"type": "MIRROR", "children": [leaf, other], "stats": {"read_errors": 99}}
    _, pool = storage.pool({"name": "tank", "guid": "1", "topology": {"data": [mirror]}})
    assert (pool.errors("read"), pool.errors("write"), pool.errors("checksum"), pool.all_errors) == (
        2,
        0,
        3,
        5,
    )
    assert [item.missing for item in pool.leaves()] == [None, "S1"]
    assert pool.used_percent is None
    assert replace(pool, used=0, available=0).used_percent is None


def test_a_disk_without_a_serial() -> None:
    row = {"identifier": "{uuid}x", "name": "sda", "serial": "", "lunid": "5000", "hddstandby": "20"}
    identity, disk = disks.disk(row)
    assert identity == "5000"
    assert disk.sleeps
    identity, disk = disks.disk({**row, "lunid": None, "hddstandby": "ALWAYS ON"})
    assert identity == "{uuid}x"
    assert not disk.sleeps


@pytest.mark.parametrize(
    ("row", "result"),
    [
        ({"serial": "S", "disk": "sda", "tests": [{"status": "FAILED"}]}, ("S", "failed")),
        ({"disk": "sda", "tests": []}, ("sda", "none")),
        ({"disk": "sda", "tests": [{"status": "?"}]}, ("sda", "none")),
        ({"disk": "sda", "current_test": {"progress": 10}}, ("sda", "running")),
    ],
)
def test_self_tests(row: Any, result: tuple[str, str]) -> None:
    assert disks.last_test(row) == result


@pytest.mark.parametrize(
    ("raw", "available", "progress", "url"),
    [
        ({"status": "AVAILABLE", "version": "24.10.3"}, "24.10.3", None, None),
        ({"status": "UNAVAILABLE", "version": "24.10.3"}, None, None, None),
        (
            {
                "code": "NORMAL",
                "status": {"new_version": {"version": "25.10.7", "release_notes_url": "https://x.example"}},
                "update_download_progress": {"percent": 40},
            },
            "25.10.7",
            40,
            "https://x.example",
        ),
        (
            {"code": "NORMAL", "status": {"new_version": {"version": "1", "release_notes_url": "http://x"}}},
            "1",
            None,
            None,
        ),
    ],
)
def test_updates(raw: Any, available: str | None, progress: float | None, url: str | None) -> None:
    found = system.update(raw)
    assert (found.available, found.progress, found.notes_url) == (available, progress, url)


def test_a_server_that_could_not_look_for_updates() -> None:
    with pytest.raises(BadResponse):
        system.update({"code": "ERROR", "status": None})


def test_small_parts_of_the_system() -> None:
    assert system.reboot_reasons(
        {"reboot_required_reasons": [{"code": "FIPS", "reason": "FIPS"}, {"code": "X"}, 7]}
    ) == (
        "FIPS",
        "X",
        "?",
    )
    booted = system.system(
        {"datetime": {"$date": 2_000_000}, "uptime_seconds": 1000.5, "loadavg": [1, None, "2"]}
    )
    assert booted.booted == datetime.fromtimestamp(999, UTC)
    assert booted.load == (1.0, 2.0)
    assert booted.hostname == "truenas"
    key, found = system.certificate({"name": "c", "until": "Sun Oct  4 12:00:00 2026"})
    assert (key, found.expires) == ("c", NOW)
    with pytest.raises(ValueError, match="does not match"):
        system.certificate({"name": "c", "until": "soon"})
    old = realtime.realtime(
        {"cpu": {"average": {"usage": 5}, "temperature_celsius": {"0": 40, "1": 44, "2": "x"}}}
    )
    assert (old.cpu, old.cpu_temperature) == (5, 44)


def test_apps_ports_and_unhealthy_containers() -> None:
    row = {
        "name": "plex",
        "state": "CRASHED",
        "active_workloads": {
            "container_details": [
                {"id": "a" * 64, "state": "crashed", "service_name": "plex"},
                {"state": "exited"},
            ],
            "used_ports": [
                {"host_ports": [{"host_port": 32400}, {"host_port": None}]},
                {"host_ports": None},
                7,
            ],
        },
    }
    _, app = apps.app(row)
    assert (app.state, app.containers, app.ports, app.unhealthy) == (
        "crashed",
        ("a" * 64,),
        (32400,),
        ("plex", "?"),
    )
    _, chart = apps.chart_release({"name": "plex", "status": "ACTIVE", "used_ports": [{"port": 32400}, {}]})
    assert (chart.state, chart.ports) == ("running", (32400,))


def test_machines_count_memory_differently() -> None:
    assert work.machine("vm")({"id": 1, "memory": 4096})[1].memory == 4 * 2**30
    assert work.machine("container")({"id": "x", "memory": 4096, "status": "RUNNING"})[1].state == "running"


def test_shares_of_the_same_name_are_two() -> None:
    raw = [{"path": "/mnt/a", "name": "a"}, {"path": "/mnt/b"}, None]
    assert set(system.shares("smb", raw)) == {"smb:a", "smb:/mnt/b"}


async def test_more_snapshots_than_can_be_listed() -> None:
    """Only their number is read; below that, page by page."""
    asked: list[Any] = []

    def many(operation: Operation, *args: Any) -> Any:
        asked.append((operation, args))
        return 1_000_000

    read = {key: read for key, _, read in reading._TABLE}["snapshots"]
    found = await read(Given("25.10", many))  # type: ignore[arg-type]
    assert found.count == 1_000_000
    assert len(asked) == 1

    def pages(operation: Operation, *args: Any) -> Any:
        if operation is Operation.SNAPSHOT_COUNT:
            return 4001
        asked.append(args)
        row = {"id": "tank@x", "dataset": "tank", "properties": {"creation": {"parsed": {"$date": 1000}}}}
        return [row, None] if args[0] < 4000 else "not a list"

    with pytest.raises(BadResponse):
        await read(Given("25.10", pages))  # type: ignore[arg-type]
    assert asked[1:] == [(0, 2000), (2000, 2000), (4000, 2000)]


def test_jobs_make_their_feeds_due() -> None:
    assert pushed.feeds_of_job("app.upgrade") == ("apps",)
    assert pushed.feeds_of_job("pool.scrub.scrub") == ("pools",)
    assert pushed.feeds_of_job("catalog.sync") == ()
    client: Any = Given("25.10", None)
    for wanted in (True, False):
        polled = {feed.key: feed.polled for feed in reading.feeds(client, temperatures=wanted)}
        assert polled["temperatures"] is wanted
        assert polled["pools"]


def test_lists_become_plain() -> None:
    assert plain({"a": (1, {"b"}, NOW, work.TaskKind.RSYNC)}) == {"a": [1, ["b"], NOW.isoformat(), "rsync"]}
    assert plain(Rows()) == {"items": {}, "skipped": 0}


def test_the_groups_of_a_pool_are_named_without_control_characters() -> None:
    _, pool = storage.pool({"name": "tank", "topology": {"\x1b[31mred": [{"status": "ONLINE"}]}})
    assert [vdev.role for vdev in pool.vdevs] == ["[31mred"]

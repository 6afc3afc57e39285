"""The world: a frozen one stands still, a moving one moves, the same seed is the same server."""

import pytest

import simulator
from simulator.build import build
from simulator.clock import DAY, Clock
from simulator.schedule import Schedule

from .client import connect


async def test_sleeping_disks_stay_asleep_when_asked_with_care() -> None:
    async with simulator.run("25.04") as sim, connect(sim) as client:
        await sim.scenario("disk_asleep", disk="sdd")
        assert (await client.call("disk.temperatures", [], {"powermode": "STANDBY"}))["sdd"] is None
        assert (await client.call("disk.temperatures", [], {"only_cached": True}))["sdd"] is None
        await client.call("disk.query")
        await client.call("smart.test.results")
        assert sim.world.wakeups == 0
        sim.advance(600)
        assert (await client.call("disk.temperatures"))["sdd"] == 38
        assert sim.world.wakeups == 1
        await sim.scenario("disk_asleep", disk="sdd")
        await client.call("disk.smart_attributes", "sdd")
        assert sim.world.wakeups == 2


async def test_hwmon_does_not_wake_and_is_cached_for_five_minutes() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("disk_asleep", disk="sdd")
        found = await client.call("disk.temperatures")
        assert found["sdd"] is None
        assert isinstance(found["sdb"], float)
        assert (await client.call("disk.temperatures", [], True))["sdb"] == [found["sdb"], 60.0]
        sim.world.disks[1].heat = 9
        assert (await client.call("disk.temperatures"))["sdb"] == found["sdb"]
        sim.advance(301)
        assert (await client.call("disk.temperatures"))["sdb"] == found["sdb"] + 9
        assert sim.world.wakeups == 0


async def test_frozen_stands_still_for_days() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        names = ("pool.query", "disk.query", "app.query", "pool.dataset.query", "pool.snapshottask.query")
        before = [await client.call(name) for name in names]
        for pool in before[0]:
            _forget_time(pool)
        sim.advance(3 * DAY)
        after = [await client.call(name) for name in names]
        for pool in after[0]:
            _forget_time(pool)
        assert after == before


def _forget_time(row: dict[str, object]) -> None:
    for key, value in row.items():
        if key == "timestamp":
            row[key] = 0
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                _forget_time(inner)


async def test_idle_noise_grows_takes_snapshots_and_runs_tasks() -> None:
    async with simulator.run(profile="idle-noise") as sim, connect(sim) as client:
        query = ("pool.snapshot.query", [["dataset", "=", "tank/documents"]], {"select": ["name"]})
        before = {row["name"] for row in await client.call(*query)}
        used = sim.world.allocated(sim.world.pools[0])
        sim.advance(DAY)
        after = {row["name"] for row in await client.call(*query)}
        assert len(after - before) == 24
        assert 23 <= len(before - after) <= 25, "old ones are pruned"
        assert sim.world.allocated(sim.world.pools[0]) > used
        sim.advance(600)
        assert (await client.call("replication.query"))[0]["state"]["state"] == "FINISHED"
        assert (await client.call("cloudsync.query"))[0]["job"]["state"] == "SUCCESS"


def test_the_same_seed_is_the_same_server() -> None:
    one, two, other = build(Clock(), seed=4), build(Clock(), seed=4), build(Clock(), seed=5)
    assert one.host_id == two.host_id != other.host_id
    assert one.keys[1].text == two.keys[1].text != other.keys[1].text
    assert [pool.guid for pool in one.pools] == [pool.guid for pool in two.pools]


@pytest.mark.parametrize("count", [8, 64, 512])
async def test_scaling_up(count: int) -> None:
    async with simulator.run(disks=count, apps=20) as sim, connect(sim) as client:
        disks = await client.call("disk.query", [], {"extra": {"pools": True}})
        assert len(disks) == count
        assert len({disk["identifier"] for disk in disks}) == count
        assert len({disk["name"] for disk in disks}) == count
        pools = await client.call("pool.query")
        wide = [vdev for pool in pools for vdev in pool["topology"]["data"] if vdev["type"] == "RAIDZ2"]
        assert all(len(vdev["children"]) == 8 for vdev in wide)
        assert len(wide) == (count - 5) // 8
        assert len(await client.call("app.query")) == 20


async def test_a_locked_dataset_and_its_key() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        where = [["id", "=", "tank/private"]]
        row = await client.call("pool.dataset.query", where, {"get": True})
        assert (row["locked"], row["encrypted"], row["key_loaded"]) == (True, True, False)
        await client.call("core.set_options", {"legacy_jobs": False})
        for phrase, failed in (("wrong", True), ("correct horse", False)):
            ident = await client.send(
                "pool.dataset.unlock",
                "tank/private",
                {"datasets": [{"name": "tank/private", "passphrase": phrase}]},
            )
            await client.call("core.ping")
            sim.advance(5)
            assert bool((await client.answer(ident))["failed"]) is failed
        assert not sim.world.datasets["tank/private"].locked


async def test_snapshots_can_be_taken_held_cloned_rolled_back_and_deleted() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        made = await client.call("pool.snapshot.create", {"dataset": "tank/documents", "name": "before"})
        assert made["id"] == "tank/documents@before"
        assert isinstance(made["createtxg"], str)
        await client.call("pool.snapshot.hold", made["id"])
        held = await client.call("pool.snapshot.query", [["id", "=", made["id"]]], {"extra": {"holds": True}})
        assert held[0]["holds"] == {"truenas": 1}
        with pytest.raises(Exception, match="busy"):
            await client.call("pool.snapshot.delete", made["id"])
        await client.call("pool.snapshot.release", made["id"])
        await client.call("pool.snapshot.clone", {"snapshot": made["id"], "dataset_dst": "tank/copy"})
        assert "tank/copy" in sim.world.datasets
        sim.world.datasets["tank/documents"].own += 5_000_000
        await client.call("pool.snapshot.rollback", made["id"])
        assert (
            sim.world.own_bytes(sim.world.datasets["tank/documents"])
            == sim.world.snapshots[made["id"]].referenced
        )
        assert await client.call("pool.snapshot.delete", made["id"]) is True
        assert made["id"] not in sim.world.snapshots


@pytest.mark.parametrize(
    ("schedule", "after", "wanted"),
    [
        (Schedule("0", "*"), 0, 3600),
        (Schedule("*/15", "*"), 60, 900),
        (Schedule("30", "3", dow="7"), 0, 3 * DAY + 3.5 * 3600),
        (Schedule("0", "0", dom="1"), 0, 31 * DAY),
        (Schedule("5,10", "1-2"), 3600 + 301, 3600 + 600),
    ],
)
def test_schedules_come_round(schedule: Schedule, after: float, wanted: float) -> None:
    """The epoch began on a Thursday."""
    assert schedule.after(after) == wanted


async def test_apps_say_that_they_answer_where_they_do() -> None:
    """As in the demo, where what is offered has to answer; also in the world after a reset."""
    async with simulator.run(apps=2, scrutiny=True, scrutiny_tls=False, app_ports={"sonarr": 8991}) as sim:
        assert sim.scrutiny_url.startswith("http://")
        for _ in range(2):
            assert {name: app.port for name, app in sim.world.apps.items()} == {
                "sonarr": 8991,
                "radarr": 30025,
            }
            await sim.reset()

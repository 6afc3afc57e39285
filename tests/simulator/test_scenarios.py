"""Each scenario shows up where a user would look, and goes away again."""

from typing import Any

import pytest

import simulator
from simulator.scenarios import SCENARIOS

from .client import Client, connect


async def _pool(client: Client, name: str = "tank") -> dict[str, Any]:
    found: dict[str, Any] = await client.call("pool.query", [["name", "=", name]], {"get": True})
    return found


async def _classes(client: Client) -> set[str]:
    return {alert["klass"] for alert in await client.call("alert.list")}


async def test_pool_degraded() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("pool_degraded")
        pool = await _pool(client)
        assert (pool["status"], pool["healthy"], pool["status_code"]) == ("DEGRADED", False, "FAULTED_DEV_R")
        leaf = pool["topology"]["data"][0]["children"][1]
        assert (leaf["status"], leaf["stats"]["write_errors"]) == ("FAULTED", 211)
        assert "VolumeStatus" in await _classes(client)
        await sim.scenario_off("pool_degraded")
        assert (await _pool(client))["healthy"]
        assert "VolumeStatus" not in await _classes(client)


async def test_disk_missing_and_back() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("disk_missing", disk="sdc")
        assert "sdc" not in {disk["name"] for disk in await client.call("disk.query")}
        assert "sdc" not in await client.call("disk.temperatures")
        leaf = (await _pool(client))["topology"]["data"][0]["children"][1]
        assert leaf["disk"] is None
        assert leaf["unavail_disk"]["serial"] == "WD-WCC7K4AA17XT"
        await sim.scenario_off("disk_missing")
        assert (await _pool(client))["topology"]["data"][0]["children"][1]["disk"] == "sdc"


async def test_checksum_errors_warn_while_the_pool_stays_online() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("checksum_errors")
        pool = await _pool(client)
        assert (pool["status"], pool["healthy"], pool["warning"]) == ("ONLINE", True, True)


async def test_disk_failing_is_in_smart_where_the_release_has_it() -> None:
    async with simulator.run("25.04") as sim, connect(sim) as client:
        await sim.scenario("disk_failing", disk="sdb", pending=24)
        raw = {row["name"]: row["raw"]["value"] for row in await client.call("disk.smart_attributes", "sdb")}
        assert raw["Current_Pending_Sector"] == 24
        assert "SMART" in await _classes(client)
        await sim.scenario_off("disk_failing")
        assert sim.world.disks[1].pending == 0


async def test_capacity_filling_follows_the_clock() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        before = (await _pool(client, "media"))["allocated"]
        await sim.scenario("capacity_filling", pool="media", bytes_per_second=1e6)
        sim.advance(3600)
        assert (await _pool(client, "media"))["allocated"] - before == pytest.approx(3.6e9, rel=0.01)
        await sim.scenario_off("capacity_filling")
        assert (await _pool(client, "media"))["allocated"] == before


async def test_resilver_ends_with_a_healthy_mirror() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("resilver", percent=50)
        pool = await _pool(client)
        assert (pool["scan"]["function"], pool["status"]) == ("RESILVER", "DEGRADED")
        assert pool["scan"]["percentage"] == pytest.approx(50, abs=1)
        sim.advance(86400)
        pool = await _pool(client)
        assert (pool["scan"]["state"], pool["status"]) == ("FINISHED", "ONLINE")


async def test_an_exported_pool_has_nulls() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("pool_exported", pool="media")
        pool = await _pool(client, "media")
        assert [pool[key] for key in ("size", "allocated", "free", "topology", "scan", "fragmentation")] == [
            None
        ] * 6
        assert not [row for row in await client.call("pool.dataset.query") if row["pool"] == "media"]
        await sim.scenario_off("pool_exported")
        assert (await _pool(client, "media"))["size"] > 0


async def test_renamed_pool_and_disks_keep_their_identity() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        guid = (await _pool(client, "media"))["guid"]
        names = {disk["identifier"]: disk["name"] for disk in await client.call("disk.query")}
        await sim.scenario("pool_renamed", pool="media", to="films")
        await sim.scenario("disk_renamed")
        assert (await _pool(client, "films"))["guid"] == guid
        assert "films/movies" in {row["id"] for row in await client.call("pool.dataset.query")}
        now = {disk["identifier"]: disk["name"] for disk in await client.call("disk.query")}
        assert set(now) == set(names)
        assert now != names
        await sim.scenario_off("pool_renamed")
        await sim.scenario_off("disk_renamed")
        assert {disk["identifier"]: disk["name"] for disk in await client.call("disk.query")} == names
        assert (await _pool(client, "media"))["guid"] == guid


async def test_hot_disk() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        before = (await client.call("disk.temperatures"))["sdd"]
        await sim.scenario("hot_disk", disk="sdd", by=24)
        assert (await client.call("disk.temperatures"))["sdd"] == before + 24
        await sim.scenario_off("hot_disk")
        assert (await client.call("disk.temperatures"))["sdd"] == before


async def test_apps_crash_and_get_updates() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("app_crashed", app="plex")
        row = await client.call("app.query", [["id", "=", "plex"]], {"get": True})
        assert row["state"] == "CRASHED"
        assert row["active_workloads"]["container_details"][0]["state"] == "crashed"
        await sim.scenario("app_update", app="sonarr")
        assert (await client.call("app.upgrade_summary", "sonarr"))["upgrade_version"] == "1.3.5"
        await client.call("app.upgrade", "sonarr")
        sim.advance(60)
        row = await client.call("app.query", [["id", "=", "sonarr"]], {"get": True})
        assert (row["version"], row["upgrade_available"]) == ("1.3.5", False)
        assert await client.call("app.rollback_versions", "sonarr") == ["1.3.4"]
        await client.call("app.rollback", "sonarr", {"app_version": "1.3.4"})
        sim.advance(60)
        row = await client.call("app.query", [["id", "=", "sonarr"]], {"get": True})
        assert (row["version"], row["upgrade_available"]) == ("1.3.4", True)


async def test_every_scenario_goes_on_and_off_and_leaves_a_server_that_answers() -> None:
    async with simulator.run(downtime=0.0, containers=simulator.Containers()) as sim:
        for name in SCENARIOS:
            await sim.scenario(name)
            await sim.scenario_off(name)
            sim.world.tick()
        assert sim.faults.active == []
        async with connect(sim) as client:
            assert {row["status"] for row in await client.call("pool.query")} == {"ONLINE"}
            assert all(row["state"] == "RUNNING" for row in await client.call("app.query"))
            assert await _classes(client) == {"ZpoolCapacityNotice", "CertificateIsExpiring"}


async def test_every_scenario_takes_the_same_server_on_every_side_of_25_10() -> None:
    for version in ("24.04", "26"):
        async with simulator.run(version, downtime=0.0, containers=simulator.Containers()) as sim:
            together = [name for name in SCENARIOS if name != "pool_renamed"]
            for name in together:
                await sim.scenario(name)
            for name in together:
                await sim.scenario_off(name)
            async with connect(sim) as client:
                assert len(await client.call("pool.query")) == 3

"""What is pushed, to whom, in which shape."""

import json

import pytest

import simulator

from .client import CallFailedError, connect


async def test_alerts_are_pushed_as_they_come_and_go() -> None:
    async with simulator.run() as sim, connect(sim, key=sim.readonly_key) as client:
        await client.call("core.subscribe", "alert.list")
        await sim.scenario("alert", klass="NTPHealthCheck")
        added = await client.event("alert.list")
        assert (added["msg"], added["fields"]["klass"]) == ("added", "NTPHealthCheck")
        await sim.scenario_off("alert")
        removed = await client.event("alert.list")
        assert removed == {"msg": "removed", "collection": "alert.list", "id": added["id"]}


async def test_a_pool_that_degrades_is_no_pool_query_event() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await client.call("core.subscribe", "pool.query")
        await sim.scenario("pool_degraded")
        await client.call("core.ping")
        assert client.events == []
        await sim.scenario("pool_renamed")
        assert (await client.event("pool.query"))["fields"]["name"] == "films"


@pytest.mark.parametrize(("version", "collection"), [("25.10", "zfs.pool.scan"), ("26", "pool.scan")])
async def test_scans_are_pushed_under_the_name_of_the_release(version: str, collection: str) -> None:
    async with simulator.run(version) as sim, connect(sim) as client:
        await client.call("core.subscribe", collection)
        await sim.scenario("scrub_running", pool="tank")
        event = await client.event(collection)
        assert (event["fields"]["name"], event["fields"]["scan"]["state"]) == ("tank", "SCANNING")


async def test_realtime_comes_at_once_and_again_when_time_moves() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        name = 'reporting.realtime:{"interval": 10}'
        ident = await client.call("core.subscribe", name)
        first = await client.event("reporting.realtime")
        assert first["collection"] == name
        assert set(first["fields"]) >= {"cpu", "disks", "interfaces", "memory", "pools", "zfs"}
        assert set(first["fields"]["cpu"]) == {"cpu", *(f"cpu{n}" for n in range(12))}
        sim.advance(10)
        assert (await client.event("reporting.realtime"))["fields"] == first["fields"], "frozen means frozen"
        await client.call("core.unsubscribe", ident)
        sim.advance(10)
        await client.call("core.ping")
        assert client.events == []


async def test_realtime_of_24_04_has_its_own_shape() -> None:
    async with simulator.run("24.04") as sim, connect(sim) as client:
        await client.ws.send_json({"msg": "sub", "id": "s1", "name": "reporting.realtime"})
        event = await client.event("reporting.realtime")
        assert "usage" in event["fields"]["cpu"]["average"]
        assert "0" in event["fields"]["cpu"]
        assert "virtual_memory" in event["fields"]
        assert await client.call("core.ping") == "pong"
        assert {"msg": "ready", "subs": ["s1"]} in client.events


async def test_idle_noise_moves_the_numbers_a_little() -> None:
    async with simulator.run(profile="idle-noise") as sim, connect(sim) as client:
        await client.call("core.subscribe", "reporting.realtime")
        seen = []
        for _ in range(30):
            seen.append((await client.event("reporting.realtime"))["fields"]["cpu"]["cpu"]["usage"])
            sim.advance(30)
        assert len(set(seen)) > 2
        assert all(sim.world.cpu_percent - 4 <= value <= sim.world.cpu_percent + 4 for value in seen)


@pytest.mark.parametrize(
    "name",
    ["no.such.collection", "pool.scan", "chart.release.events", "auth.sessions"],
)
async def test_subscriptions_that_are_refused(name: str) -> None:
    async with simulator.run() as sim, connect(sim, key=sim.readonly_key) as client:
        with pytest.raises(CallFailedError) as failed:
            await client.call("core.subscribe", name)
        assert failed.value.errno == 13


@pytest.mark.parametrize("argument", [{"interval": 1}, {"period": 5}, {"interval": "5"}])
async def test_arguments_of_a_subscription_are_checked(argument: dict[str, object]) -> None:
    async with simulator.run() as sim, connect(sim) as client:
        with pytest.raises(CallFailedError) as failed:
            await client.call("core.subscribe", f"reporting.realtime:{json.dumps(argument)}")
        assert failed.value.code == -32602


async def test_apps_services_disks_and_jobs_are_pushed() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        for name in ("app.query", "service.query", "disk.query", "core.get_jobs", "app.stats"):
            await client.call("core.subscribe", name)
        assert {row["app_name"] for row in (await client.event("app.stats"))["fields"]} == set(sim.world.apps)
        await sim.scenario("app_crashed", app="plex")
        assert (await client.event("app.query"))["fields"]["state"] == "CRASHED"
        await sim.scenario("service_down")
        assert (await client.event("service.query"))["fields"]["state"] == "STOPPED"
        await sim.scenario("disk_missing", disk="sdb")
        gone = await client.event("disk.query")
        assert (gone["msg"], "fields" in gone) == ("removed", False)
        number = await client.call("app.stop", "sonarr")
        sim.advance(60)
        told = (await client.event("core.get_jobs"))["fields"]
        assert (told["state"], told["id"]) == ("RUNNING", number)


async def test_an_update_is_told_in_extra_as_the_middleware_does() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await client.call("core.subscribe", "update.status")
        await sim.scenario("update_available")
        event = await client.event("update.status")
        assert "fields" not in event
        assert event["extra"]["status"]["status"]["new_version"]["version"] == "25.10.7"


async def test_any_event_can_be_pushed_by_hand() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await client.call("core.subscribe", "app.query")
        await sim.push("app.query", "changed", {"id": "x", "state": None}, "x")
        assert (await client.event("app.query"))["fields"] == {"id": "x", "state": None}
        await sim.send_raw('{"jsonrpc":"2.0","method":"surprise","params":{}}')
        assert (await client.frame())["method"] == "surprise"

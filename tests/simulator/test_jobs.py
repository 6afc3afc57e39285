"""Work that takes time: ids, results, progress, whose it is."""

import asyncio
from typing import Any

import aiohttp
import pytest

import simulator

from .client import CallFailedError, Client, connect


async def _job(client: Client, number: int) -> dict[str, Any]:
    found: dict[str, Any] = await client.call("core.get_jobs", [["id", "=", number]], {"get": True})
    return found


async def test_a_scrub_is_a_job_that_lasts_as_long_as_the_scrub() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        number = await client.call("pool.scrub.scrub", "tank", "START")
        sim.advance(3600)
        running = await _job(client, number)
        assert running["state"] == "RUNNING"
        assert 0 < running["progress"]["percent"] < 100
        scan = (await client.call("pool.query", [["name", "=", "tank"]], {"get": True}))["scan"]
        assert (scan["function"], scan["state"], scan["end_time"]) == ("SCRUB", "SCANNING", None)
        assert scan["total_secs_left"] > 0
        sim.advance(86400)
        assert (await _job(client, number))["state"] == "SUCCESS"
        scan = (await client.call("pool.query", [["name", "=", "tank"]], {"get": True}))["scan"]
        assert (scan["state"], scan["percentage"]) == ("FINISHED", 100.0)


async def test_pause_resume_and_stop_a_scrub() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await client.call("pool.scrub.scrub", "media", "START")
        sim.advance(1000)
        await client.call("pool.scrub.scrub", "media", "PAUSE")
        pool = sim.world.pool("media")
        assert pool is not None
        assert pool.scan is not None
        done = pool.scan.done
        sim.advance(1000)
        assert pool.scan.done == done
        await client.call("pool.scrub.scrub", "media", "START")
        sim.advance(100)
        assert pool.scan.done == pytest.approx(done + 100 * pool.scan.rate, rel=0.01)
        await client.call("pool.scrub.scrub", "media", "STOP")
        assert pool.scan.state == "CANCELED"
        with pytest.raises(CallFailedError):
            await client.call("pool.scrub.scrub", "media", "STOP")


async def test_scrub_run_is_silent_and_does_nothing_when_not_due() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        assert await client.call("pool.scrub.run", "tank") is None
        pool = sim.world.pool("tank")
        assert pool is not None
        assert pool.scan is not None
        assert not pool.scanning
        assert await client.call("pool.scrub.run", "tank", 3) is None
        assert pool.scanning


async def test_the_order_of_26_is_over_before_the_scrub_is() -> None:
    async with simulator.run("26") as sim, connect(sim) as client:
        number = await client.call("zpool.scrub.run", {"pool_name": "tank"})
        sim.advance(1)
        assert (await _job(client, number))["state"] == "SUCCESS"
        rows = await client.call("zpool.query", {"pool_names": ["tank"], "scan": True})
        assert rows[0]["scan"]["state"] == "SCANNING"
        assert isinstance(rows[0]["scan"]["start_time"], int)


async def test_without_legacy_jobs_the_call_is_the_result() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        assert isinstance(await client.call("app.redeploy", "plex"), int)
        sim.advance(60)
        await client.call("core.set_options", {"legacy_jobs": False})
        ident = await client.send("app.redeploy", "plex")
        assert await client.call("core.ping") == "pong"
        sim.advance(60)
        answers = [frame for frame in client.events if frame.get("id") == ident]
        row = answers[0]["result"] if answers else await client.answer(ident)
        assert (row["name"], row["state"]) == ("plex", "RUNNING")


async def test_a_failed_job_tells_why() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("task_failing", kind="cloudsync", error="bucket is gone")
        number = await client.call("cloudsync.sync", 1)
        sim.advance(600)
        job = await _job(client, number)
        assert (job["state"], job["exc_info"]["type"]) == ("FAILED", "CallError")
        assert "bucket is gone" in job["error"]
        task = (await client.call("cloudsync.query"))[0]
        assert task["job"]["state"] == "FAILED"
        assert any(alert["klass"] == "CloudSyncTaskFailed" for alert in await client.call("alert.list"))
        await client.call("core.set_options", {"legacy_jobs": False})
        ident = await client.send("cloudsync.sync", 1)
        await client.call("core.ping")
        sim.advance(600)
        with pytest.raises(CallFailedError, match="bucket is gone"):
            await client.answer(ident)


async def test_others_jobs_are_hidden_from_all_but_full_administrators() -> None:
    async with simulator.run() as sim, connect(sim) as boss, connect(sim, key=sim.readonly_key) as watcher:
        await watcher.call("core.subscribe", "core.get_jobs")
        number = await boss.call("app.stop", "plex")
        assert await watcher.call("core.get_jobs") == []
        with pytest.raises(CallFailedError):
            await watcher.call("core.job_abort", number)
        sim.advance(60)
        await watcher.call("core.ping")
        assert watcher.events == []
        assert (await watcher.call("app.query", [["id", "=", "plex"]], {"get": True}))["state"] == "STOPPED"


async def test_abort() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await client.call("cloudsync.sync", 1)
        assert await client.call("cloudsync.abort", 1) is True
        assert (await client.call("cloudsync.query"))[0]["job"]["state"] == "ABORTED"
        assert await client.call("cloudsync.abort", 1) is False


async def test_after_a_reboot_no_job_is_remembered() -> None:
    async with simulator.run() as sim:
        async with connect(sim) as client:
            await client.call("rsynctask.run", 1)
            sim.advance(600)
            assert (await client.call("rsynctask.query"))[0]["job"]["state"] == "SUCCESS"
            before = await client.call("system.reboot.info")
        await sim.reboot()
        async with connect(sim) as client:
            assert (await client.call("rsynctask.query"))[0]["job"] is None
            assert await client.call("core.get_jobs") == []
            assert (await client.call("system.info"))["uptime_seconds"] < 60
            assert (await client.call("system.reboot.info"))["boot_id"] != before["boot_id"]


async def test_a_reboot_that_was_ordered_happens() -> None:
    async with simulator.run(job_pace=0.0, downtime=0.01) as sim:
        boot, booted = sim.world.boot_id, asyncio.Event()
        sim.world.listeners.append(lambda change: booted.set() if change.kind == "boot" else None)
        async with connect(sim) as client:
            await client.call("core.subscribe", "system.reboot")
            await client.call("system.reboot", "for the test")
            async with asyncio.timeout(3):
                await booted.wait()
            assert (await client.event("system.reboot"))["fields"] == {"reason": "for the test"}
            with pytest.raises((ConnectionError, aiohttp.ClientError)):
                await client.call("core.ping")
        assert sim.world.boot_id != boot


async def test_bulk_makes_many_calls_in_one_job() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await client.call("core.set_options", {"legacy_jobs": False})
        ident = await client.send(
            "core.bulk", "service.update", [["cifs", {"enable": False}], ["nothing", {"enable": True}]]
        )
        rows = await client.answer(ident)
        assert [row["error"] is None for row in rows] == [True, False]
        assert not sim.world.services["cifs"].enable


async def test_an_update_downloads_installs_and_reboots_into_the_new_version() -> None:
    async with simulator.run(downtime=0.0) as sim:
        await sim.scenario("update_available")
        async with connect(sim) as client:
            status = await client.call("update.status")
            assert status["status"]["new_version"]["version"] == "25.10.7"
            await client.call("core.subscribe", "update.status")
            number = await client.call("update.run", {"reboot": False})
            sim.advance(2)
            event = await client.event("update.status")
            assert event["extra"]["status"]["update_download_progress"]["percent"] > 0
            sim.advance(60)
            assert (await _job(client, number))["result"] is True
            assert (await client.call("system.reboot.info"))["reboot_required_reasons"]
        await sim.reboot()
        async with connect(sim) as client:
            assert await client.call("system.version") == "TrueNAS-25.10.7"
            assert (await client.call("update.status"))["status"]["new_version"] is None

"""What each release shows before anybody logs in, and what changes when it is upgraded."""

from typing import Any

import aiohttp
import pytest

import simulator

from .client import connect, trust


@pytest.mark.parametrize(
    ("version", "status", "last", "boot_id"),
    [
        ("24.04", 404, None, 404),
        ("24.10", 404, None, 404),
        ("25.04", 200, "v25.04.2", 404),
        ("25.10", 200, "v25.10.5", 200),
        ("26", 200, "v26.0.0", 200),
        ("27", 200, "v27.0.0", 200),
    ],
)
async def test_detection(version: str, status: int, last: str | None, boot_id: int) -> None:
    async with simulator.run(version) as sim, aiohttp.ClientSession() as http:

        async def get(path: str) -> tuple[int, str, Any]:
            async with http.get(sim.url + path, ssl=trust(sim), allow_redirects=False) as reply:
                body = await (reply.json() if reply.content_type == "application/json" else reply.text())
                return reply.status, reply.content_type, body

        found, kind, body = await get("/api/versions")
        assert (found, kind) == (status, "application/json" if status == 200 else "text/html")
        assert last is None or body[-1] == last
        assert (await get("/api/boot_id"))[0] == boot_id
        assert (await get("/"))[0] == 302
        assert (await get("/ui/"))[0] == 200
        assert (await get("/api/v1.0"))[0] == 404


async def test_an_older_endpoint_speaks_the_older_shape() -> None:
    async with simulator.run("26") as sim:
        async with connect(sim, path="/api/v25.10.1") as client:
            assert "all_sed" not in (await client.call("pool.query"))[0]
            assert await client.call("pool.is_upgraded", 1) is True
        async with connect(sim, path="/api/v26.0.0") as client:
            assert "all_sed" in (await client.call("pool.query"))[0]


async def test_upgrading_drops_everybody_and_changes_the_methods() -> None:
    async with simulator.run("25.04") as sim:
        async with connect(sim) as client:
            assert await client.call("zfs.snapshot.query", [], {"count": True}) > 0
            await sim.set_version("25.10")
            with pytest.raises((ConnectionError, aiohttp.ClientError)):
                await client.call("core.ping")
        async with connect(sim) as client:
            assert await client.call("system.version") == "TrueNAS-25.10.6"
            assert await client.call("pool.snapshot.query", [], {"count": True}) > 0


@pytest.mark.parametrize("version", ["24.04", "24.10", "25.04", "25.10", "26"])
async def test_details_that_trip_clients_up(version: str) -> None:
    async with simulator.run(version) as sim, connect(sim) as client:
        pool = (await client.call("pool.query"))[0]
        assert isinstance(pool["guid"], str)
        assert isinstance(pool["fragmentation"], str)
        assert pool["scan"]["end_time"]["$date"] > 0
        assert (await client.call("disk.query"))[1]["pool"] is None
        assert (await client.call("disk.query", [], {"extra": {"pools": True}}))[1]["pool"] == "tank"
        certificate = (await client.call("certificate.query"))[1]
        assert certificate["until"].split()[0] in {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
        provider = (await client.call("cloudsync.query"))[0]["credentials"]["provider"]
        assert provider == "B2" if version.startswith("24") else provider["type"] == "B2"
        services = {row["service"] for row in await client.call("service.query")}
        assert ("smartd" in services) == (version in ("24.04", "24.10", "25.04"))
        used = (await client.call("pool.dataset.query", [["id", "=", "tank"]], {"get": True}))["used"]
        assert used["parsed"] == int(used["rawvalue"])
        graphs = {row["name"]: row for row in await client.call("reporting.netdata_graphs")}
        assert ("Serial: " in graphs["disktemp"]["identifiers"][0]) == (not version.startswith("24"))


async def test_apps_are_charts_on_24_04() -> None:
    async with simulator.run("24.04") as sim, connect(sim) as client:
        row = (await client.call("chart.release.query", [["name", "=", "plex"]]))[0]
        assert (row["status"], row["pod_status"]) == ("ACTIVE", {"available": 1, "desired": 1})
        await client.call("chart.release.scale", "plex", {"replica_count": 0})
        sim.advance(60)
        row = (await client.call("chart.release.query", [["name", "=", "plex"]]))[0]
        assert (row["status"], row["pod_status"]["desired"]) == ("STOPPED", 0)

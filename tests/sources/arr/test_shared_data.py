"""The vendors' own interface descriptions and recorded replies, where they are at hand: every request fits them."""

from datetime import UTC, datetime
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.arr.apps import APPS, SONARR, App
from custom_components.home_server_monitor.sources.arr.client import ArrClient
from custom_components.home_server_monitor.sources.arr.coordinator import HOLDING
from custom_components.home_server_monitor.sources.arr.importing import IMPORTED_BY
from custom_components.home_server_monitor.sources.arr.model import about, check, mount, root
from custom_components.home_server_monitor.sources.arr.queue import joined, row_of
from custom_components.home_server_monitor.sources.records import rows

DATA = next(
    (found for folder in Path(__file__).resolve().parents if (found := folder / "shared/data").is_dir()),
    Path("shared/data"),
)
SPECS = {
    ("Sonarr", "v3"): "sonarr-v3",
    ("Sonarr", "v5"): "sonarr-v5",
    ("Radarr", "v3"): "radarr-v3",
    ("Lidarr", "v1"): "lidarr-v1",
    ("Readarr", "v1"): "readarr-v1",
    ("Prowlarr", "v1"): "prowlarr-v1",
}


@cache
def spec(name: str) -> dict[str, Any]:
    path = DATA / "openapi" / f"{name}.openapi.json"
    if not path.exists():
        pytest.skip(f"NOT CHECKED against the vendor: {path.name} is not on this machine")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


class Noted:
    """A transport that answers what the client can read, and notes what it was asked."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.asked: list[tuple[str, str, dict[str, Any], Any]] = []

    async def get(self, path: str, query: Any = None) -> Any:
        self.asked.append(("get", path, dict(query or {}), None))
        if re.search(r"(queue|history|wanted/\w+)$", path):
            return {"totalRecords": 0, "records": []}
        if (
            re.search(r"(status|command/\d+|badges|config/downloadclient)$", path)
            and "indexerstatus" not in path
        ):
            return {"appName": self.app.name, "version": "1.0", "status": "completed"}
        return []

    async def send(
        self, verb: str, path: str, query: Any = None, body: Any = None, *, also: int = 200
    ) -> Any:
        self.asked.append((verb.lower(), path, dict(query or {}), body))
        return {"id": 7}


async def ask_everything(client: ArrClient) -> None:
    app, day = client.app, datetime(2026, 11, 30, tzinfo=UTC)
    await client.status()
    await client.health()
    await client.backup()
    await client.release()
    await client.history(20)
    await client.command_state(7)
    if app.indexers:
        await client.indexers()
        await client.failures()
        await client.test_all("indexer")
    if app.queue:
        await client.queue_brief()
        await client.queue()
        await client.roots()
        await client.wanted()
        await client.wanted_rows("missing", 5)
        await client.wanted_rows("cutoff", 5)
        await client.calendar(day, day)
        await client.history(20, download="AB")
    if app.queue and app.writes:
        await client.remove(7, from_client=False, blocklist=True)
        await client.grab(7)
        for name in (app.search, app.missing, app.cutoff, app.refresh, "Backup"):
            await client.command(name)
        await client.test_all("downloadclient")
    if app.queue and app.writes and client.api in HOLDING:
        await client.set_handling({**await client.handling(), "id": 1})
    if app.name in IMPORTED_BY and client.api == "v3":
        await client.manual_import("AB")


@pytest.mark.parametrize(("app", "api"), SPECS, ids=lambda value: value)
async def test_every_request_is_one_that_the_vendor_describes(app: str, api: str) -> None:
    described = spec(SPECS[app, api])
    transport: Any = Noted(APPS[app.lower()])
    client = ArrClient(transport)
    client.app, client.api = transport.app, api
    await ask_everything(client)
    assert len(transport.asked) >= 9
    wrong = [each for each in (complaint(described, *asked) for asked in transport.asked) if each]
    assert wrong == []


def complaint(
    described: dict[str, Any], verb: str, path: str, query: dict[str, Any], body: Any
) -> str | None:
    """Say what the description has against a request."""
    for template, verbs in described["paths"].items():
        if not re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), f"/{path}"):
            continue
        if "{" in template and f"/{path}" in described["paths"]:
            continue
        if verb not in verbs:
            return f"{verb} {path}: only {sorted(verbs)}"
        known = {
            each["name"]: each["schema"]
            for each in verbs[verb].get("parameters", ())
            if each["in"] == "query"
        }
        for name, value in query.items():
            if name not in known:
                return f"{verb} {path}: there is no {name}"
            if not fits(known[name], value):
                return f"{verb} {path}: {name}={value!r} is no {known[name]}"
        return f"{verb} {path}: no body" if body is not None and "requestBody" not in verbs[verb] else None
    return f"{verb} {path}: no such path"


def fits(schema: dict[str, Any], value: Any) -> bool:
    match schema.get("type"):
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return False
    if schema.get("format") == "date-time":
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(value)))
    return isinstance(value, str)


def test_a_request_that_nobody_describes_is_found() -> None:
    described = spec("radarr-v3")
    assert complaint(described, "get", "api/v3/queue", {"includeUnknownSeriesItems": True}, None)
    assert complaint(described, "get", "api/v3/queue", {"pageSize": "ten"}, None)
    assert complaint(described, "post", "api/v3/queue", {}, None)
    assert complaint(described, "get", "api/v3/nothing", {}, None)
    assert complaint(described, "get", "api/v3/queue", {"pageSize": 10}, None) is None


def recorded(name: str) -> Any:
    path = DATA / "arr/exportarr/arr/testdata" / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED against a real reply: {path.name} is not on this machine")
    return json.loads(path.read_text())


@pytest.mark.parametrize("name", ["common/v3_queue.json", "common/v1_queue.json"])
def test_recorded_queues_are_read_whole(name: str) -> None:
    found = [row_of(APPS["radarr"], row) for row in recorded(name)["records"]]
    assert len(found) == 3
    (one,) = joined(found).values()
    assert one.blocked
    assert len(one.rows) == 3


def test_other_recorded_replies_are_read_whole() -> None:
    assert about(recorded("common/v3_system_status.json")).app == "Radarr"
    assert len(rows(recorded("common/v3_health.json"), check).items) == 1
    assert rows(recorded("common/v3_rootfolder.json"), root).skipped == 0
    assert [*rows(recorded("common/v3_diskspace.json"), mount).items] == ["/", "/data"]


async def test_bazarr_as_it_was_recorded() -> None:
    class Bazarr(Noted):
        async def get(self, path: str, query: Any = None) -> Any:
            return recorded(f"bazarr/{path.rpartition('api/')[2].replace('/', '_')}.json")

    transport: Any = Bazarr(SONARR)
    client = ArrClient(transport)
    client.app = APPS["bazarr"]
    await client.status()
    assert client.about.app == "Bazarr"
    assert [each.message for each in (await client.health()).items.values()] == [
        "some/path: incorrectly configured!!!"
    ]
    assert (await client.wanted()).missing == 144

"""What is asked of each Arr in each version, and recorded replies, where they are at hand."""

from datetime import UTC, datetime
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
from tests import vendors

DATA = next(
    (found for folder in Path(__file__).resolve().parents if (found := folder / "shared/data").is_dir()),
    Path("shared/data"),
)
VERSIONS = (
    ("sonarr", "v3"),
    ("sonarr", "v5"),
    ("radarr", "v3"),
    ("lidarr", "v1"),
    ("readarr", "v1"),
    ("prowlarr", "v1"),
)


class Noted:
    """A transport that answers what the client can read, and notes what it was asked."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.asked: list[tuple[str, str, dict[str, Any], Any]] = []

    async def get(self, path: str, query: Any = None) -> Any:
        self.asked.append(("get", path, dict(query or {}), None))
        if re.search(r"(queue|history|wanted/\w+)$", path):
            return {"totalRecords": 0, "records": []}
        if path.endswith("config/downloadclient"):
            return {"enableCompletedDownloadHandling": True, "autoRedownloadFailed": True}
        if re.search(r"(status|command/\d+|badges)$", path) and "indexerstatus" not in path:
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
        await client.command(app.search, **{app.things: [1]})
        for name in (app.missing, app.cutoff, app.refresh, "Backup"):
            await client.command(name)
        await client.test_all("downloadclient")
    if app.queue and app.writes and client.api in HOLDING:
        await client.set_handling({**await client.handling(), "id": 1})
    if app.name in IMPORTED_BY and client.api == "v3":
        await client.manual_import("AB")


async def test_every_request_is_one_that_was_held_against_the_vendor() -> None:
    for name, api in VERSIONS:
        transport: Any = Noted(APPS[name])
        client = ArrClient(transport)
        client.app, client.api = transport.app, api
        await ask_everything(client)
        assert len(transport.asked) >= 9
        vendors.check(
            vendors.line_of(client.app.name, f"{verb.upper()} /{re.sub(r'/\d+', '/{id}', path)}", query, body)
            for verb, path, query, body in transport.asked
        )


def test_a_request_that_was_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HSM_ADD_REQUESTS", raising=False)
    vendors.check(["Radarr GET /ping"])
    for query in ({"page": 1}, {"includeUnknownSeriesItems": True}):
        with pytest.raises(AssertionError, match="no vendor"):
            vendors.check([vendors.line_of("Radarr", "GET /api/v3/queue", query, None)])


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

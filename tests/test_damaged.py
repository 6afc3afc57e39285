"""What was kept is damaged, or says something that nobody foresaw: it counts as unknown, and keeps nothing from going on."""

import asyncio
import base64
from datetime import UTC, datetime
import logging
from types import SimpleNamespace
from typing import Any
import zlib

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from yarl import URL

from custom_components.home_server_monitor.calendar import HsmCalendar
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.kept import KeptFile
from custom_components.home_server_monitor.packed import days_of, days_text
from custom_components.home_server_monitor.sources import certificates
from custom_components.home_server_monitor.sources.containers.accepting import Acceptances, packed
from custom_components.home_server_monitor.sources.containers.audit import Accepted
from custom_components.home_server_monitor.sources.containers.audit_case import Grade
from custom_components.home_server_monitor.sources.containers.live_change import shown
from custom_components.home_server_monitor.sources.containers.own_yard import Alone
from custom_components.home_server_monitor.sources.containers.publication import publication_of
from custom_components.home_server_monitor.sources.containers.registry import NotKnown
from custom_components.home_server_monitor.sources.errors import CannotConnect, NotSupported
from custom_components.home_server_monitor.sources.known import KNOWN


@pytest.mark.parametrize("kept", [[], {"rows": 1}, {"rows": [{}]}])
async def test_a_kept_file_of_another_shape_begins_anew(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, kept: Any
) -> None:
    file = KeptFile(hass, "things", "nas", lambda: {"rows": []}, 1.0)
    taken: list[Any] = []

    def take(stored: Any) -> None:
        taken.append(sorted(row["id"] for row in stored["rows"]))

    key = file._store.key
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": kept}
    with caplog.at_level(logging.ERROR):
        await file.load(take)
    assert taken == []
    assert "begins anew" in caplog.text
    await file.save()
    assert hass_storage[key]["data"] == {"rows": []}


def test_days_that_cannot_be_read_are_none() -> None:
    good = days_text([20000, 20001, 20005])
    assert list(days_of(good) or ()) == [20000, 20001, 20005]
    whole = base64.b64decode(good[1:])
    cut = good[0] + base64.b64encode(whole[:-4]).decode()
    far = good[0] + base64.b64encode(zlib.compress((2**31 - 1).to_bytes(4, "little") * 2)).decode()
    half = good[0] + base64.b64encode(zlib.compress(b"abc")).decode()
    for text in (
        None,
        "",
        "f" + good[1:],
        good[0] + "???",
        cut,
        far,
        half,
        days_text([5, 5]),
        days_text([5, 4]),
    ):
        assert days_of(text) is None, text


async def test_what_was_accepted_and_cannot_be_read_is_open_again() -> None:
    saved: list[Any] = []

    async def save(rows: list[dict[str, Any]]) -> None:
        saved[:] = rows

    until = datetime(2027, 1, 1, tzinfo=UTC)
    good = Accepted(container="web", check="root", reason="known", grade=Grade.HIGH, until=until)
    row = packed(good)
    for rows in (
        None,
        {"web": row},
        [None, 5, {}, {**row, "until": "soon"}, {**row, "until": 5}, {**row, "until": "2027-01-01T00:00:00"}],
        [{**row, "grade": "purple"}, {**row, "grade": None}],
    ):
        found = Acceptances(save)
        found.load(rows)
        assert list(found) == [], rows
    found.load([row])
    assert found.find("web", "root") == good

    async def full(rows: list[dict[str, Any]]) -> None:
        raise OSError(28, "No space left on device")

    # what could not be written down is not so
    found._save = full
    with pytest.raises(OSError, match="No space"):
        await found.remove("web", "root")
    assert found.find("web", "root") == good
    found._save = save
    await found.remove("web", "root")
    assert (list(found), saved) == ([], [])


@pytest.mark.parametrize(
    ("product", "data", "url"),
    [
        ("Transmission", {"host": "nas", "port": 9091, "path": "/transmission/rpc"}, "http://nas:9091"),
        ("Transmission", {"host": "nas", "port": "443", "ssl": True, "path": "/web/"}, "https://nas/web/"),
        ("NZBGet", {"host": "nas"}, "http://nas"),
        ("NZBGet", {"host": "nas", "port": "none"}, None),
        ("NZBGet", {"host": "nas", "port": [1]}, None),
        ("NZBGet", {"port": 6789}, None),
        ("NUT server", {"host": "nas"}, "nut://nas:3493"),
        ("NUT server", {"host": "nas", "port": "x"}, None),
        ("NUT server", {}, None),
        ("Plex", {"server_config": {"url": "http://plex:32400"}}, "http://plex:32400"),
        ("Plex", {"server_config": "?"}, None),
    ],
)
def test_the_address_that_an_integration_of_core_keeps(product: str, data: Any, url: str | None) -> None:
    kind = {"NUT server": "ups"}.get(product)
    (row,) = (each for each in KNOWN if each.product == product or (kind and each.kind == kind))
    assert row.core is not None
    assert row.core.url(data) == url


async def test_without_other_systems_nothing_is_put_back_and_nothing_spared() -> None:
    alone: Any = Alone()
    assert await alone.datasets(["/mnt/tank"]) == ()
    assert not await alone.has_snapshot("nas", "tank", "a")
    assert await alone.snapshot_seen("nas", "tank", "a") is None
    for does in (alone.snapshot, alone.roll_back, alone.is_as_in):
        with pytest.raises(NotSupported):
            await does("nas", "tank", "a")
    assert await alone.answers(SimpleNamespace()) is None
    assert alone.spared("web", frozenset()) is None
    assert (alone.lent("1"), alone.kept_id("web-old")) == (False, None)
    # and no update is approved in advance
    assert not await alone.permitted(SimpleNamespace())


@pytest.mark.parametrize(
    ("manifest", "config", "version"),
    [
        (
            {"config": {"digest": "sha256:c"}},
            {"config": {"Labels": {"org.opencontainers.image.version": "2"}}},
            "2",
        ),
        ({"config": {"digest": "sha256:c"}}, {"config": {"Labels": []}}, None),
        ({"config": {"digest": "sha256:c"}}, ["no", "table"], ...),
        ({"config": {"digest": 5}}, {}, ...),
        ({"config": {"digest": "sha256:c"}}, NotKnown("gone"), ...),
        ({"manifests": "?"}, {}, ...),
    ],
)
async def test_what_a_registry_tells(manifest: Any, config: Any, version: Any) -> None:
    class Registry:
        async def read(self, reference: Any, path: str) -> Any:
            found = manifest if path.startswith("manifests/") else config
            if isinstance(found, Exception):
                raise found
            return found

    told = await publication_of(SimpleNamespace(), "sha256:d", Registry(), "x86_64")  # type: ignore[arg-type]
    assert (... if told is None else told.version) == version


def test_a_restart_policy_is_compared_as_engines_mean_it() -> None:
    keys = ("Memory", "RestartPolicy")
    assert shown({"Memory": -1, "RestartPolicy": {"Name": ""}}, keys) == shown(
        {"Memory": 0, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}, keys
    )
    assert shown({}, keys) != shown({"RestartPolicy": {"Name": "always"}}, keys)


async def test_a_server_that_is_mute_in_the_handshake_is_given_up(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await goes.wait()
        writer.close()

    monkeypatch.setattr(certificates, "ANSWERED_WITHIN", 0.05)
    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        with pytest.raises(CannotConnect, match="No answer in time"):
            await certificates.certificate_of(session, URL(f"https://127.0.0.1:{port}"))
        goes.set()
    # who hangs up, and who is not there
    with pytest.raises(CannotConnect):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            await certificates.certificate_of(session, URL(f"https://127.0.0.1:{port}"))
    for raised, expected in (
        (TimeoutError(), CannotConnect),
        (RuntimeError("Session is closed"), CannotConnect),
    ):
        with pytest.raises(expected), certificates.translated(None):
            raise raised
    with pytest.raises(RuntimeError, match="a bug of ours"), certificates.translated(None):
        raise RuntimeError("a bug of ours")


async def test_a_calendar_that_cannot_be_read_says_so(hass: HomeAssistant) -> None:
    async def between(*args: Any) -> Any:
        raise CannotConnect("No answer in time")

    calendar: Any = SimpleNamespace(
        entity_description=SimpleNamespace(between=between), coordinator=SimpleNamespace()
    )
    now = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(HomeAssistantError) as error:
        await HsmCalendar.async_get_events(calendar, hass, now, now)
    assert (error.value.translation_domain, error.value.translation_key) == (DOMAIN, "listing_failed")
    assert error.value.translation_placeholders == {"error": "No answer in time"}

"""Numbers that no server means, in every place of every answer: no look crashes, and what is shown can be written down."""

from collections.abc import AsyncIterator, Callable, Iterable
import contextlib
from datetime import UTC, datetime
import math
from typing import Any

import aiohttp
from homeassistant.helpers.json import json_bytes
import pytest
from yarl import URL

from custom_components.home_server_monitor.sources.arr import (
    assemble as arr_assemble,
    entities as arr_entities,
    glance as arr_glance,
    listings as arr_listings,
    rules as arr_rules,
)
from custom_components.home_server_monitor.sources.arr.client import ArrClient
from custom_components.home_server_monitor.sources.arr.judging import Judging
from custom_components.home_server_monitor.sources.arr.learning import Learned
from custom_components.home_server_monitor.sources.arr.polled import Reading, feeds_of
from custom_components.home_server_monitor.sources.arr.signals import Limits
from custom_components.home_server_monitor.sources.arr.strikes import Strikes
from custom_components.home_server_monitor.sources.arr.transport import Transport
from custom_components.home_server_monitor.sources.downloads import (
    entities as download_entities,
    glance as download_glance,
    lending,
    listing as download_listing,
    rules as download_rules,
)
from custom_components.home_server_monitor.sources.errors import ClientError
from custom_components.home_server_monitor.sources.feeds import Feed, Feeds
from custom_components.home_server_monitor.sources.plex import (
    assemble as plex_assemble,
    entities as plex_entities,
    glance as plex_glance,
    listings as plex_listings,
    rules as plex_rules,
)
from custom_components.home_server_monitor.sources.plex.client import PlexClient, headers_of
from custom_components.home_server_monitor.sources.plex.converting import Conversions
from custom_components.home_server_monitor.sources.web import JsonTransport
import simulator
from simulator.media.mooring import Media

from .downloads.conftest import GIB, in_thread, opened

EVIL = (1e308, -1e308, float("nan"), 2**63 - 1, 10**400, -(2**63), "1e308", "-1", True, [5], {"a": 1})
NOW = datetime(2026, 11, 30, tzinfo=UTC)
# that there is an answer at all
KEPT = frozenset({"rid", "size", "totalRecords"})


def twisted(value: Any, evil: Any, key: str = "") -> Any:
    """An answer with another value instead of each number."""
    if isinstance(value, dict):
        return {name: twisted(each, evil, name) for name, each in value.items()}
    if isinstance(value, list):
        return [twisted(each, evil, key) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str) and not value.replace(".", "").removeprefix("-").isdecimal():
        return value
    return value if key == "rid" else evil


def twisting(web: Any) -> Callable[[Any], None]:
    """Have all answers twisted; returns what says with which value."""
    parsed, now = web.parsed, [None]

    async def twist(answer: Any) -> Any:
        found = await parsed(answer)
        return found if now[0] is None else twisted(found, now[0])

    web.parsed = twist
    return lambda evil: now.__setitem__(0, evil)


def written(*shown: Any) -> None:
    """See that it goes over Home Assistant's own sockets."""
    for each in shown:
        json_bytes(each)


def numbers(tables: Any, data: Any) -> None:
    """See that every entity can show its value."""
    for table in (each for tables_of in tables.values() for each in tables_of):
        for item in table.objects(data).values():
            for description in table.descriptions:
                if (value := getattr(description, "value", None)) is None:
                    continue
                if isinstance(found := value(item), int | float):
                    assert math.isfinite(float(found)), description.key


@pytest.mark.parametrize(
    ("kind", "version"),
    [("qbittorrent", "5.1.0"), ("sabnzbd", "5.1.3"), ("transmission", "4.1.3"), ("nzbget", "21.0")],
)
async def test_a_download_client(socket_enabled: None, kind: str, version: str) -> None:
    async with opened(kind, version) as pair:
        for number in range(3):
            pair.world.grab(kind, f"T{number}", size=GIB, cap=1.0)
        for evil in EVIL:
            client: Any = pair.again()
            twisting(client.wire)(evil)
            try:
                data = await client.look()
            except ClientError:
                continue
            written(download_glance.glance(data), download_listing.listing(data, {}))
            written(dict(data.limits), data.left, data.line.down, data.pause)
            numbers(download_entities.TABLES, data)
            for finding in download_rules.judge("c", "C", data):
                written(finding.evidence)
            for name in data.limits:
                assert client.kept(data.limits[name]) >= 0
            with contextlib.suppress(ClientError):
                await client.look_item(next(iter(pair.world.downloads)))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as found:
        yield found


async def refreshed(feeds: Feeds, found: Iterable[Feed]) -> None:
    """Read all, whatever becomes of each."""
    with contextlib.suppress(ClientError):
        await feeds.refresh(found, 20.0)


async def test_the_arrs(socket_enabled: None, session: aiohttp.ClientSession, caplog: Any) -> None:
    async with simulator.run(profile="frozen", tls=False, arrs=True) as sim:
        for name in ("sonarr", "radarr", "prowlarr"):
            transport = Transport(session, URL(sim.arrs.url(name)), sim.arrs.key(name), in_thread)
            client, twist = ArrClient(transport), twisting(transport)
            await client.meet()
            for evil in EVIL:
                twist(evil)
                clock = iter(range(0, 10**6, 600))
                found = feeds_of(client, Reading(client, lambda c=clock: float(next(c)), lambda: NOW))
                feeds, judging = Feeds(found), Judging(Strikes(), Learned(), Limits())
                await refreshed(feeds, found)
                data = arr_assemble.assemble(client, feeds, NOW)
                for mono in (0.0, 600.0, 1200.0):
                    data, _ = judging.take(data, [], NOW, mono)
                judging.learn(feeds.value("history") or () if client.app.queue else ())
                case = arr_rules.Case(source="a", data=data, now=NOW, signals=judging.found.signals)
                written(*(each.evidence for each in arr_rules.judge(case)))
                written(arr_glance.glance(data, judging), data.downloading)
                for key in ("queue", "history", "wanted", "indexers", "report"):
                    with contextlib.suppress(ClientError):
                        written(await arr_listings.listing(client, data, judging, key, {}))
                numbers(arr_entities.TABLES, data)
    assert "Reading" not in caplog.text, "a fault of ours is logged with its feed"


async def test_plex(socket_enabled: None, session: aiohttp.ClientSession, caplog: Any) -> None:
    async with simulator.run(profile="frozen", tls=False, media=Media(plex=True)) as sim:
        stage = sim.quay.face("plex")
        for way in ("", "hardware", "fallback"):
            stage.theatre.play(way=way, remote=True)
        transport = JsonTransport(
            session, URL(sim.quay.url("plex")), headers_of(stage.token, "0" * 32), in_thread
        )
        client, twist = PlexClient(transport), twisting(transport)
        for evil in EVIL:
            twist(evil)
            found = [
                Feed(key=key, fetch=getattr(client, key), every=60.0)
                for key in ("about", "streams", "sections", "activities", "preferences", "release")
            ]
            feeds = Feeds(found)
            await refreshed(feeds, found)
            try:
                data = plex_assemble.assemble(feeds)
            except ClientError:
                continue
            conversions, known = Conversions(), plex_listings.circumstances(data)
            for clock in (0.0, 60.0):
                conversions.see(data, known, clock, "2026-11-30")
            written(
                plex_glance.glance(data),
                [plex_listings._stream(each, known) for each in data.streams.values()],
            )
            written(*(each.evidence for each in plex_rules.judge("p", data)))
            written(*(each.evidence for each in plex_rules.badly_converted("p", data, known, conversions)))
            numbers(plex_entities.TABLES, data)
    assert "Reading" not in caplog.text, "a fault of ours is logged with its feed"


def test_what_is_changed_for_a_while_ends() -> None:
    for evil in EVIL:
        assert 60 <= lending.lasting({"minutes": evil}, 60.0) <= 7 * 86_400
    assert lending.lasting({"minutes": 5}, 60.0) == 300
    assert lending.lasting({}, 60.0) == 3600

"""Our clients against real servers: Debian's qBittorrent and Transmission, which download from a peer of the test's own."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
import time
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState, Trouble
from custom_components.home_server_monitor.sources.downloads.client import DownloadClient, Secrets
from custom_components.home_server_monitor.sources.downloads.making import MADE, which
from custom_components.home_server_monitor.sources.downloads.model import ALT_DOWN, DOWN, UP, Product
from custom_components.home_server_monitor.sources.downloads.qbittorrent import QBittorrent
from custom_components.home_server_monitor.sources.downloads.transmission import Transmission
from custom_components.home_server_monitor.sources.downloads.wire import LockedOut, Wire
from custom_components.home_server_monitor.sources.errors import AuthFailed, CallFailed
from tests.downloaders import PASSWORD, USER, NoClients, RealClient, Torrent, Tracker, install, running
from tests.engine import open_sockets

from .conftest import in_thread

KIB, MIB = 1 << 10, 1 << 20
SLOW = 200 * KIB


@dataclass
class Pier:
    """Both servers, the tracker between them, and our client of each."""

    servers: dict[str, RealClient]
    tracker: Tracker
    session: aiohttp.ClientSession
    qbittorrent: QBittorrent
    transmission: Transmission

    def client(self, kind: str) -> DownloadClient:
        """Return ours of a kind."""
        return self.qbittorrent if kind == "qbittorrent" else self.transmission

    def made(self, kind: str, secrets: Secrets) -> DownloadClient:
        """Return another one of ours."""
        return MADE[Product(kind)](Wire(self.session, URL(self.servers[kind].url), in_thread), secrets)

    async def add(self, kind: str, torrent: Torrent, *, paused: bool = False) -> None:
        """Add a torrent, as an Arr would."""
        if kind == "transmission":
            document = base64.b64encode(torrent.document).decode()
            await self.transmission._call("torrent-add", metainfo=document, paused=paused)
            return
        await self.qbittorrent.read_limits()
        form = aiohttp.FormData()
        form.add_field(
            "torrents", torrent.document, filename="a.torrent", content_type="application/x-bittorrent"
        )
        form.add_field("paused", "true" if paused else "false")
        form.add_field("category", "sonarr")
        headers = self.qbittorrent.session._headers()
        url = f"{self.servers[kind].url}/api/v2/torrents/add"
        async with self.session.post(url, data=form, headers=headers) as answer:
            assert answer.status == 200

    async def is_in(self, kind: str, key: str, *states: DownloadState) -> bool:
        """Return whether a download is in one of these states."""
        found = await self.client(kind).look_item(key)
        return found is not None and found.state in states

    async def done(self, kind: str, key: str) -> int:
        """Return how many bytes of a download are there."""
        found = await self.client(kind).look_item(key)
        return found.done if found is not None else 0


async def until(reached: Callable[[], Any], limit: float = 15.0) -> None:
    end = time.monotonic() + limit
    while not await reached():
        assert time.monotonic() < end, "not in time"
        await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RealClient]]:
    """Both servers, for all tests of this file."""
    open_sockets()
    try:
        install()
    except NoClients as err:
        pytest.skip(f"NO REAL DOWNLOAD CLIENT: {err}")
    folder: Path = tmp_path_factory.mktemp("clients")
    with (
        running("qbittorrent", folder / "qbittorrent") as one,
        running("transmission", folder / "transmission") as two,
    ):
        yield {"qbittorrent": one, "transmission": two}


@pytest.fixture
async def pier(servers: dict[str, RealClient], socket_enabled: None) -> AsyncIterator[Pier]:
    """Both, with nothing in them and no limits."""
    open_sockets()
    tracker = Tracker()
    secrets = Secrets(USER, PASSWORD)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        ours = [
            MADE[Product(kind)](Wire(session, URL(server.url), in_thread), secrets)
            for kind, server in servers.items()
        ]
        found = Pier(servers, tracker, session, ours[0], ours[1])  # type: ignore[arg-type]
        yield found
        for each in ours:
            for key in (await each.look()).items:
                await each.remove(key, delete_data=True)
            for name in (DOWN, UP):
                await each.set_limit(name, 0)
            await each.set_alternative(False)
    tracker.close()


BOTH = pytest.mark.parametrize("kind", ["qbittorrent", "transmission"])


@BOTH
async def test_it_is_known_and_seen(pier: Pier, kind: str) -> None:
    client = pier.client(kind)
    assert await which(client.wire) is Product(kind)
    torrent = Torrent.make("Private.2024.mkv", 64 * KIB, pier.tracker, private=True)
    pier.tracker.unknown.add(torrent.id)
    await pier.add(kind, torrent)

    async def told() -> bool:
        found = (await client.look()).items.get(torrent.id)
        return found is not None and found.trouble is Trouble.UNREGISTERED and found.private is True

    await until(told)
    seen = await client.look()
    assert seen.version.startswith({"qbittorrent": "4.5", "transmission": "3.00"}[kind])
    assert (seen.whole, seen.items.keys()) == (True, {torrent.id})
    item = seen.items[torrent.id]
    assert (item.name, item.size, item.state) == (torrent.name, 64 * KIB, DownloadState.STALLED)
    assert (seen.line.free or 0) > MIB
    # but for the disk, on which others write as well
    again = await client.look()
    assert replace(again, line=seen.line) == seen


@BOTH
async def test_a_pause_holds_a_real_download_and_lets_it_go_on(pier: Pier, kind: str) -> None:
    client = pier.client(kind)
    await client.set_limit(DOWN, client.kept(SLOW))
    # with which qBittorrent lets slow ones run beside those that may
    await pier.qbittorrent._prefer({"dont_count_slow_torrents": True})
    torrent = Torrent.make("Served.2024.mkv", 2 * MIB, pier.tracker, served=True)
    await pier.add(kind, torrent)

    async def flows() -> bool:
        return await pier.done(kind, torrent.id) > 0

    await until(flows)
    before = await client.read_pause()
    limits = dict(await client.read_limits())
    assert not client.is_paused(before)
    if client.pauses_by_limits:
        await client.set_limit(DOWN, client.kept(1))
    else:
        await client.set_pause(client.paused_from(before))
    assert client.is_paused(await client.read_pause())

    async def rests() -> bool:
        # what was asked for already still comes
        held = await pier.done(kind, torrent.id)
        await asyncio.sleep(1.5)
        return await pier.done(kind, torrent.id) == held

    await until(rests)
    assert await pier.done(kind, torrent.id) < 2 * MIB
    # Transmission's own mean of the speed falls to nothing in its own time
    await until(lambda: pier.is_in(kind, torrent.id, DownloadState.QUEUED, DownloadState.STALLED))
    if client.pauses_by_limits:
        await client.set_limit(DOWN, limits[DOWN])
    else:
        await client.set_pause(before)
    assert (await client.read_pause(), dict(await client.read_limits())) == (before, limits)
    # it finds its peer again in its own time
    await until(lambda: pier.is_in(kind, torrent.id, DownloadState.DOWNLOADING, DownloadState.STALLED))


@BOTH
async def test_limits_are_kept_over_a_restart_of_the_server(pier: Pier, kind: str) -> None:
    client = pier.client(kind)
    for name in client.limits:
        wanted = client.kept(3_000_123)
        await client.set_limit(name, wanted)
        assert (await client.read_limits())[name] == wanted
    await client.set_alternative(True)
    seen = await client.look()
    assert (seen.line.alternative, seen.line.down_limit) == (True, seen.limits[ALT_DOWN])
    pier.servers[kind].stop()
    pier.servers[kind].start()
    again = await client.look()
    assert (dict(again.limits), again.line.alternative) == (dict(seen.limits), True)


@BOTH
async def test_one_download(pier: Pier, kind: str) -> None:
    client = pier.client(kind)
    torrent = Torrent.make("One.2024.mkv", 64 * KIB, pier.tracker)
    await pier.add(kind, torrent, paused=True)
    await until(lambda: pier.is_in(kind, torrent.id, DownloadState.PAUSED))
    await client.look()
    await client.resume_item(torrent.id)
    await until(lambda: pier.is_in(kind, torrent.id, DownloadState.STALLED, DownloadState.DOWNLOADING))
    await client.pause_item(torrent.id)
    await until(lambda: pier.is_in(kind, torrent.id, DownloadState.PAUSED))
    (pier.servers[kind].saved / torrent.name).write_bytes(torrent.content)
    await client.check_files(torrent.id)

    async def found() -> bool:
        return await pier.done(kind, torrent.id) == 64 * KIB

    await until(found)
    elsewhere = pier.servers[kind].saved.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    await client.move(torrent.id, str(elsewhere))

    async def moved() -> bool:
        seen = await client.look_item(torrent.id)
        there = seen is not None and seen.folder == str(elsewhere) and seen.state is not DownloadState.MOVING
        return there and (elsewhere / torrent.name).exists()

    await until(moved)
    with pytest.raises(CallFailed):
        await client.move(torrent.id, "")
    await client.remove(torrent.id, delete_data=False)
    assert await client.look_item(torrent.id) is None
    assert torrent.id not in (await client.look()).items
    assert (elsewhere / torrent.name).exists()


@BOTH
async def test_a_wrong_password_is_tried_twice_at_most(pier: Pier, kind: str) -> None:
    wrong = pier.made(kind, Secrets(USER, "wrong"))
    for _ in range(5):
        with pytest.raises(AuthFailed):
            await wrong.look()
    # the right one is not locked out by that
    assert (await pier.made(kind, Secrets(USER, PASSWORD)).look()).whole


async def test_a_ban_is_told_as_a_ban(pier: Pier) -> None:
    """Others have tried wrong passwords from this address: ours is right, and still is not let in."""
    await pier.qbittorrent.look()
    for _ in range(6):
        form = {"username": USER, "password": "guess"}
        await pier.qbittorrent.wire.ask("POST", "api/v2/auth/login", form=form)
    fresh = pier.made("qbittorrent", Secrets(USER, PASSWORD))
    for _ in range(3):
        with pytest.raises(LockedOut, match="locked this address out"):
            await fresh.look()
    assert fresh.wire.calls == 2, "one question and one login, and then it is left alone for a while"
    assert (await pier.qbittorrent.look()).whole, "a session that was there goes on"
    pier.servers["qbittorrent"].stop()
    pier.servers["qbittorrent"].start()
    assert (await pier.made("qbittorrent", Secrets(USER, PASSWORD)).look()).whole

"""Every client in every release: what is seen, limits and pauses in its own units, and what is done with a download."""

from dataclasses import replace

import pytest

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState, Trouble
from custom_components.home_server_monitor.sources.downloads.making import which
from custom_components.home_server_monitor.sources.downloads.model import ALT_DOWN, ALT_UP, DOWN, UP
from custom_components.home_server_monitor.sources.errors import CallFailed, NotSupported
from simulator.media import Fate, State
from simulator.media.flow import INCOMPLETE, LOCKED

from .conftest import GIB, Pair, opened

TRACKER = "https://tracker.example/announce/a-secret-passkey"


def busy(pair: Pair) -> dict[str, str]:
    """Give a client one download of each kind that it can have; returns their ids by name."""
    world, name = pair.world, pair.face.name
    found = {
        "running": world.grab(
            name, "Harbour.S01E01", size=4 * GIB, category="sonarr", cap=5e6, tracker=TRACKER
        )
    }
    if pair.client.product.protocol == "torrent":
        pair.face.client.max_active = -1
        found["private"] = world.grab(name, "Tide.2024", size=2 * GIB, private=True, tracker=TRACKER)
        found["stalled"] = world.grab(
            name, "Quay.S01E02", size=GIB, fate=Fate.STALLS, turns_at=0.0, tracker=TRACKER
        )
        found["unknown"] = world.grab(
            name, "Gone.2019", size=GIB, fate=Fate.UNREGISTERED, turns_at=0.0, private=True, tracker=TRACKER
        )
        found["magnet"] = world.grab(name, "Magnet.2018", size=GIB, fate=Fate.METADATA)
        found["broken"] = world.grab(name, "Files.2021", size=GIB, done=0.9 * GIB, fate=Fate.LOSES_FILES)
        found["seeding"] = world.grab(
            name, "Old.2019", size=GIB, done=GIB, state=State.SEEDING, tracker=TRACKER
        )
    else:
        found["waiting"] = world.grab(name, "Harbour.S01E02", size=4 * GIB, category="sonarr")
        found["failed"] = world.grab(name, "Gone.2019", size=GIB, state=State.FAILED, error=INCOMPLETE)
        found["locked"] = world.grab(
            name, "Locked.2018", size=GIB, done=GIB, state=State.FAILED, error=LOCKED
        )
        found["done"] = world.grab(name, "Done.S01E01", size=GIB, done=GIB, state=State.COMPLETED)
    world.step(2)
    return {key: each.id for key, each in found.items()}


async def test_it_is_known_by_its_answers(pair: Pair) -> None:
    assert await which(pair.wire()) is pair.client.product
    assert pair.face.logins == 0


async def test_what_is_seen(pair: Pair) -> None:
    ids = busy(pair)
    for _ in range(3):
        seen = await pair.client.look()
    items = {name: seen.items[key] for name, key in ids.items()}
    assert seen.version == pair.face.client.version
    assert (seen.whole, seen.skipped) == (True, 0)
    assert seen.line.down > 1_000_000
    assert seen.line.free == pytest.approx(pair.world.free(pair.face.client.save_path), rel=0.001)
    running = items["running"]
    assert (running.name, running.state, running.category) == (
        "Harbour.S01E01",
        DownloadState.DOWNLOADING,
        "sonarr",
    )
    assert running.size == pytest.approx(4 * GIB, rel=0.001)
    assert 0 < running.progress < 0.1
    states = {name: each.state for name, each in items.items()}
    troubles = {name: each.trouble for name, each in items.items() if each.trouble}
    if pair.client.product.protocol == "torrent":
        assert states["stalled"] is states["unknown"] is DownloadState.STALLED
        assert states["magnet"] is DownloadState.METADATA
        assert states["broken"] is DownloadState.FAILED
        assert states["seeding"] is DownloadState.SEEDING
        assert troubles == {"unknown": Trouble.UNREGISTERED, "broken": Trouble.MISSING_FILES}
        assert [name for name, each in items.items() if each.private] == ["private", "unknown"]
        assert items["private"].tracker == "tracker.example"
        assert "passkey" not in repr(seen)
        assert seen.line.up > 0
    else:
        assert states["waiting"] is DownloadState.QUEUED
        assert states["done"] is DownloadState.COMPLETED
        assert troubles == {"failed": Trouble.INCOMPLETE, "locked": Trouble.PASSWORD}
        assert all(each.private is None for each in items.values())


async def test_nothing_new_is_the_same_snapshot(pair: Pair) -> None:
    busy(pair)
    # releases that do not say whether a torrent is private are asked about a few at a time
    for _ in range(3):
        before = await pair.client.look()
    assert await pair.client.look() == before
    pair.world.step(1)
    assert await pair.client.look() != before


async def test_a_cycle_takes_few_calls(pair: Pair) -> None:
    busy(pair)
    for _ in range(4):
        await pair.client.look()
    before = pair.client.wire.calls
    await pair.client.look()
    assert pair.client.wire.calls - before <= {"qbittorrent": 1, "nzbget": 3}.get(pair.client.product, 2)


async def test_limits_are_bytes_a_second_everywhere(pair: Pair) -> None:
    client, there = pair.client, pair.face.client
    fields = {DOWN: "down_limit", UP: "up_limit", ALT_DOWN: "alt_down", ALT_UP: "alt_up"}
    for name in client.limits:
        wanted = client.kept(3_000_123)
        await client.set_limit(name, wanted)
        assert getattr(there, fields[name]) == wanted
        assert (await client.read_limits())[name] == wanted
        assert (await client.look()).limits[name] == wanted
    await client.set_limit(DOWN, 0)
    assert (await client.read_limits())[DOWN] == there.down_limit == 0
    assert (await client.look()).line.down_limit == 0
    assert client.kept(1) <= client.step
    assert client.kept(0) == 0


async def test_the_pause_leaves_every_download_as_it_was(pair: Pair) -> None:
    client = pair.client
    ids = busy(pair)
    resting = pair.world.grab(pair.face.name, "Rests", size=GIB)
    pair.world.pause(resting.id)
    before = await client.read_pause()
    assert not client.is_paused(before)
    if client.pauses_by_limits:
        await client.set_limit(DOWN, client.kept(1))
    else:
        await client.set_pause(client.paused_from(before))
    pair.world.step(10)
    assert pair.world.speed(pair.face.name)[0] < 10
    assert client.is_paused(await client.read_pause())
    seen = await client.look()
    assert seen.line.paused
    assert seen.items[ids["running"]].state is not DownloadState.PAUSED
    if client.pauses_by_limits:
        await client.set_limit(DOWN, 0)
    else:
        await client.set_pause(before)
    pair.world.step(10)
    assert pair.world.speed(pair.face.name)[0] > 1_000_000
    assert not (await client.look()).line.paused
    assert resting.state is State.PAUSED


async def test_one_download_is_paused_resumed_and_removed(pair: Pair) -> None:
    client = pair.client
    key = busy(pair)["running"]
    await client.look()
    await client.pause_item(key)
    found = await client.look_item(key)
    assert found is not None
    assert found.state is DownloadState.PAUSED
    await client.resume_item(key)
    pair.world.step(1)
    found = await client.look_item(key)
    assert found is not None
    assert found.state in (DownloadState.DOWNLOADING, DownloadState.QUEUED)
    assert replace(found, speed=0) in [
        replace(each, speed=0) for each in (await client.look()).items.values()
    ]
    free = pair.world.free(pair.face.client.save_path)
    await client.remove(key, delete_data=True)
    assert await client.look_item(key) is None
    assert key not in (await client.look()).items
    assert pair.world.free(pair.face.client.save_path) > free
    assert await client.look_item("0" * 40) is None


async def test_what_is_complete_is_moved(pair: Pair) -> None:
    if not pair.client.moves:
        with pytest.raises(NotSupported):
            await pair.client.move("1", "/slow")
        return
    key = busy(pair)["seeding"]
    await pair.client.look()
    await pair.client.move(key, "/slow")
    found = await pair.client.look_item(key)
    assert found is not None
    if pair.client.shows_moves:
        assert found.state is DownloadState.MOVING
    pair.world.step(3600)
    found = await pair.client.look_item(key)
    assert found is not None
    assert (found.folder, found.state) == ("/slow", DownloadState.SEEDING)
    with pytest.raises(CallFailed):
        await pair.client.move(key, "")


async def test_what_is_over_is_removed_without_its_files(pair: Pair) -> None:
    ids = busy(pair)
    key = ids.get("done") or ids["seeding"]
    free = pair.world.free("/downloads/x")
    await pair.client.look()
    await pair.client.remove(key, delete_data=False)
    assert key not in pair.world.downloads
    assert pair.world.free("/downloads/x") == free


async def test_alternative_limits(pair: Pair) -> None:
    client = pair.client
    if not client.alternative:
        with pytest.raises(NotSupported):
            await client.set_alternative(True)
        return
    assert not await client.read_alternative()
    await client.set_alternative(True)
    assert await client.read_alternative()
    seen = await client.look()
    assert seen.line.alternative
    assert seen.line.down_limit == pytest.approx(10 << 20, rel=0.05)
    await client.set_alternative(True)
    assert pair.face.client.alt_on


async def test_deltas_lose_nothing(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.1.0") as pair:
        keys = [pair.world.grab("qbittorrent", f"T{number}", size=GIB).id for number in range(30)]
        first = await pair.client.look()
        assert len(first.items) == 30
        pair.world.remove(keys[0], delete_data=True)
        added = pair.world.grab("qbittorrent", "New", size=GIB)
        pair.world.step(1)
        second = await pair.client.look()
        assert second.items.keys() == {*keys[1:], added.id}
        rids = [call.query["rid"] for call in pair.face.calls.calls if call.path.endswith("maindata")]
        assert rids == ["0", "1"]
        # a server that was started anew knows nothing of what it said
        pair.face.forget_sessions()
        pair.world.remove(keys[1], delete_data=True)
        third = await pair.client.look()
        assert third.items.keys() == {*keys[2:], added.id}
        assert pair.face.logins == 2

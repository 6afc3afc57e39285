"""The media world: bytes flow under limits and pauses, downloads meet their fate, disks fill up."""

import pytest

from simulator.clock import Clock
from simulator.media import Client, Disk, Event, Fate, MediaWorld, State

MIB, GIB = 1 << 20, 1 << 30


@pytest.fixture
def world() -> MediaWorld:
    world = MediaWorld(Clock(moving=False), line_down=50 * MIB, line_up=5 * MIB)
    world.clients["qbittorrent"] = Client(
        "qbittorrent", "qbittorrent", "5.1.0", "/downloads", categories={"tv": "/downloads/tv"}
    )
    world.clients["sabnzbd"] = Client("sabnzbd", "sabnzbd", "4.5.0", "/usenet", servers={"news.example": ""})
    world.disks = [Disk("/downloads", 100 * GIB), Disk("/usenet", 100 * GIB), Disk("/data", 1000 * GIB)]
    return world


def told(world: MediaWorld) -> list[tuple[str, str]]:
    events: list[tuple[str, str]] = []

    def note(event: Event) -> None:
        events.append((event.kind, event.download.name))

    world.listeners.append(note)
    return events


def test_a_grab_downloads_at_the_limit_and_is_imported(world: MediaWorld) -> None:
    events = told(world)
    client = world.clients["qbittorrent"]
    client.down_limit = 4 * MIB
    download = world.grab("qbittorrent", "Harbour.S01E01", category="tv", size=1 * GIB, cap=30 * MIB)
    assert len(download.id) == 40
    assert download.path == "/downloads/tv/Harbour.S01E01"
    world.step(64)
    assert download.done == pytest.approx(256 * MIB)
    assert world.speed("qbittorrent")[0] == 4 * MIB
    client.alt_on, client.alt_down = True, 2 * MIB
    world.step(64)
    assert download.done == pytest.approx(384 * MIB)
    client.alt_on = False
    world.step(1000)
    assert download.state is State.SEEDING
    assert world.speed("qbittorrent")[1] > 0
    assert world.free("/downloads") == 99 * GIB
    world.imported(download.id, "/data/Harbour", copy=True)
    assert (world.free("/data"), world.free("/downloads")) == (999 * GIB, 99 * GIB)
    assert world.remove(download.id, delete_data=True)
    assert world.free("/downloads") == 100 * GIB
    assert not world.remove(download.id, delete_data=True)
    assert [kind for kind, _ in events] == ["grabbed", "finished", "imported", "removed"]


def test_one_long_step_ends_where_many_short_ones_do(world: MediaWorld) -> None:
    def fill(world: MediaWorld) -> None:
        world.clients["sabnzbd"].quota = 3 * GIB
        for number, fate in enumerate((Fate.FINE, Fate.STALLS, Fate.SLOW, Fate.FINE)):
            world.grab("qbittorrent", f"torrent {number}", size=(number + 1) * GIB, fate=fate)
        for number, fate in enumerate((Fate.FAILS, Fate.FINE, Fate.PASSWORD)):
            world.grab("sabnzbd", f"post {number}", size=2 * GIB, fate=fate)

    fill(world)
    other = MediaWorld(Clock(moving=False), line_down=world.line_down, line_up=world.line_up)
    other.disks = [Disk(disk.path, disk.size) for disk in world.disks]
    other.clients = {
        "qbittorrent": Client("qbittorrent", "qbittorrent", "5.1.0", "/downloads"),
        "sabnzbd": Client("sabnzbd", "sabnzbd", "4.5.0", "/usenet", servers={"news.example": ""}),
    }
    fill(other)
    world.step(600)
    for _ in range(600):
        other.step(1)
    mine, others = list(world.downloads.values()), list(other.downloads.values())
    assert [each.state for each in mine] == [each.state for each in others]
    for left, right in zip(mine, others, strict=True):
        assert left.done == pytest.approx(right.done, rel=0.01)
    # the quota ended it before the last one could fail
    assert [each.state for each in mine[4:]] == [State.FAILED, State.COMPLETED, State.DOWNLOADING]


@pytest.mark.parametrize(
    ("client", "fate", "state"),
    [
        ("qbittorrent", Fate.STALLS, State.STALLED),
        ("qbittorrent", Fate.METADATA, State.METADATA),
        ("qbittorrent", Fate.UNREGISTERED, State.STALLED),
        ("qbittorrent", Fate.LOSES_FILES, State.ERRORED),
        ("sabnzbd", Fate.FAILS, State.FAILED),
        ("sabnzbd", Fate.PASSWORD, State.FAILED),
    ],
)
def test_each_meets_its_fate(world: MediaWorld, client: str, fate: Fate, state: State) -> None:
    download = world.grab(client, "Harbour.2019", size=1 * GIB, fate=fate)
    world.step(3600)
    assert download.state is state
    assert bool(download.tracker_error) is (fate is Fate.UNREGISTERED)
    assert bool(download.error) is (state in (State.ERRORED, State.FAILED))
    before = download.done
    world.step(3600)
    assert download.done == before


def test_pauses_queues_and_a_lost_line_hold_what_runs(world: MediaWorld) -> None:
    client = world.clients["qbittorrent"]
    first, second = (world.grab("qbittorrent", name, size=50 * GIB) for name in ("one", "two"))
    client.max_active = 1
    world.step(1)
    assert (first.state, second.state) == (State.DOWNLOADING, State.QUEUED)
    client.max_active = 0
    world.step(10)
    assert world.speed("qbittorrent") == (0.0, 0.0)
    assert (first.state, second.state) == (State.QUEUED, State.QUEUED)
    client.max_active = -1
    client.connection = "disconnected"
    world.step(1)
    assert (first.state, first.down) == (State.STALLED, 0.0)
    client.connection = "connected"
    world.step(1)
    assert first.down == second.down > 0
    assert world.pause(first.id)
    world.step(10)
    assert (first.state, first.down) == (State.PAUSED, 0.0)
    assert world.resume(first.id)
    assert first.state is State.DOWNLOADING
    post = world.grab("sabnzbd", "post", size=1 * GIB)
    world.clients["sabnzbd"].paused = True
    world.step(10)
    assert post.done == 0


def test_a_full_disk_ends_torrents_and_pauses_news(world: MediaWorld) -> None:
    world.disks[0].other = 99 * GIB
    world.disks[1].other = 99 * GIB
    torrent = world.grab("qbittorrent", "one", size=5 * GIB)
    post = world.grab("sabnzbd", "post", size=5 * GIB)
    world.step(3600)
    assert torrent.state is State.ERRORED
    assert "space" in torrent.error
    assert world.clients["sabnzbd"].paused
    assert world.clients["sabnzbd"].warnings
    assert 0 < post.done < post.size
    world.disks[0].other = 0
    world.resume(torrent.id)
    world.step(3600)
    assert torrent.state is State.SEEDING


def test_moving_takes_as_long_as_a_disk_needs(world: MediaWorld) -> None:
    download = world.grab("qbittorrent", "one", size=18 * GIB, done=18 * GIB, state=State.SEEDING)
    world.move(download.id, "/data/seed")
    world.step(60)
    assert (download.state, download.save_path) == (State.MOVING, "/downloads")
    world.step(60)
    assert (download.state, download.save_path) == (State.SEEDING, "/data/seed")


def test_streams_take_the_upload_from_what_seeds(world: MediaWorld) -> None:
    world.grab("qbittorrent", "one", size=GIB, done=GIB, state=State.SEEDING, wanted=50 * MIB)
    world.step(1)
    assert world.speed("qbittorrent")[1] == 5 * MIB
    world.streams["plex"] = 4 * MIB
    world.step(1)
    assert world.speed("qbittorrent")[1] == 1 * MIB

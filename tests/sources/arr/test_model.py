"""What the Arrs answer becomes items: shapes of the recorded replies of several versions, and what none should send."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.arr.address import normalise
from custom_components.home_server_monitor.sources.arr.apps import LIDARR, RADARR, READARR, SONARR
from custom_components.home_server_monitor.sources.arr.learning import Learned
from custom_components.home_server_monitor.sources.arr.model import (
    Event,
    airing,
    backups,
    check,
    event,
    release,
)
from custom_components.home_server_monitor.sources.arr.push import closes, news
from custom_components.home_server_monitor.sources.arr.queue import Item, brief, joined, left_of, row_of
from custom_components.home_server_monitor.sources.web import below

# the shape of a recorded row of Radarr 5, with names of our own
RADARR_ROW: dict[str, Any] = {
    "movieId": 91,
    "languages": [],
    "quality": {"quality": {"id": 7, "name": "Bluray-1080p"}, "revision": {"version": 2}},
    "customFormats": [{"id": 6, "name": "Special Edition"}],
    "customFormatScore": 1880,
    "size": 24397988960,
    "title": "Low.Tide.2024.1080p",
    "sizeleft": 0,
    "timeleft": "00:00:00",
    "estimatedCompletionTime": "2026-10-17T23:23:09Z",
    "status": "completed",
    "trackedDownloadStatus": "warning",
    "trackedDownloadState": "downloading",
    "statusMessages": [{"title": "Low.Tide.2024.1080p", "messages": ["Manual Import required."]}],
    "errorMessage": "",
    "downloadId": "SABnzbd_nzo_asdf1234",
    "protocol": "usenet",
    "downloadClient": "SABnzbd",
    "indexer": "Some Indexer",
    "outputPath": "/media/Low.Tide",
    "id": 8537983,
}


def test_a_recorded_row() -> None:
    found = row_of(RADARR, RADARR_ROW)
    assert (found.key, found.download, found.things) == (
        "sabnzbd_nzo_asdf1234",
        "SABnzbd_nzo_asdf1234",
        (91,),
    )
    assert found.blocked, "completed with a warning and a reason: it waits for somebody"
    assert (found.until, found.messages, found.quality) == (
        timedelta(0),
        ("Manual Import required.",),
        "Bluray-1080p",
    )


def test_one_row_per_episode_is_one_download_and_its_size_counts_once() -> None:
    rows = [
        RADARR_ROW
        | {
            "movieId": None,
            "seriesId": 3,
            "episodeId": number,
            "seasonNumber": 2,
            "id": number,
            "downloadId": "AB" * 20,
        }
        for number in (11, 12, 13)
    ]
    (found,) = joined(row_of(SONARR, row) for row in rows).values()
    assert (found.things, found.rows, found.series, found.season) == ((11, 12, 13), (11, 12, 13), 3, 2)
    assert found.size == 24397988960
    assert found.key == "ab" * 20


def test_version_5_gives_one_row_with_other_names() -> None:
    row = {
        "id": 5,
        "title": "Nine.Bridges.S01",
        "seriesId": 3,
        "episodeIds": [301, 302],
        "seasonNumbers": [1],
        "sizeLeft": 1024.0,
        "timeLeft": "1.02:03:04",
        "size": 4096,
        "status": "downloading",
        "trackedDownloadState": "downloading",
        "downloadId": "CD" * 20,
        "protocol": "torrent",
    }
    found = row_of(SONARR, row)
    assert (found.things, found.season, found.left) == ((301, 302), 1, 1024)
    assert found.until == timedelta(days=1, hours=2, minutes=3, seconds=4)


@pytest.mark.parametrize(
    ("app", "state", "blocked", "failed"),
    [
        (LIDARR, "ImportFailed", True, False),
        (READARR, "DownloadFailed", False, True),
        (LIDARR, "downloadFailedPending", False, True),
        (RADARR, "ImportBlocked", True, False),
        (SONARR, "importPending", True, False),
        (SONARR, "imported", False, False),
    ],
)
def test_older_words_and_other_capitals(app: Any, state: str, blocked: bool, failed: bool) -> None:
    found = row_of(app, RADARR_ROW | {"trackedDownloadState": state, "status": "Completed"})
    assert (found.blocked, found.failed) == (blocked, failed)


def test_rows_without_a_download_stay_apart() -> None:
    """Planned ones share no id, and nobody may think them one."""
    rows = [
        {"id": 1, "title": "a", "status": "delay"},
        {"id": 2, "title": "b", "downloadId": None, "status": "delay"},
    ]
    found = joined(row_of(SONARR, row) for row in rows)
    assert set(found) == {"row-1", "row-2"}
    assert all(each.planned and not each.orphaned for each in found.values())


@pytest.mark.parametrize("wrong", [{}, {"title": None}, {"title": ["x"]}])
def test_a_row_without_a_title_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        row_of(SONARR, wrong)


@pytest.mark.parametrize(
    "more",
    [
        {"size": "much", "sizeleft": None, "timeleft": 7},
        {"statusMessages": "x", "quality": 3, "episodeIds": {}},
        {"statusMessages": [{"title": 3}, None, {"messages": [None, {"x": 1}]}]},
        {"added": "yesterday", "status": 4, "protocol": None, "id": "x"},
        {"size": 1e400, "sizeleft": float("nan")},
    ],
)
def test_nonsense_in_a_row_costs_only_what_it_says(more: dict[str, Any]) -> None:
    found = row_of(SONARR, {"title": "x", "downloadId": "AA", "episodeId": 4, **more})
    assert isinstance(found, Item)
    assert found.things == (4,) or "episodeIds" in more


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:01:02", 62),
        ("2.00:00:00", 172800),
        ("00:00:03.5000000", 3),
        ("soon", None),
        (None, None),
        (5, None),
        ("", None),
    ],
)
def test_time_that_is_left(text: Any, seconds: int | None) -> None:
    found = left_of(text)
    assert (found.total_seconds() if found is not None else None) == seconds


def test_the_short_form_and_small_things() -> None:
    assert brief({"totalCount": 3, "unknownCount": 1, "unknownErrors": True}).errors
    assert brief({"totalCount": -3}).total == 0
    assert check({"source": "A", "type": "Weird", "message": "m"})[1].level == "warning"
    assert check({"source": "A", "type": "ERROR", "message": "m", "wikiUrl": {"x": 1}})[1].page is None
    newest = backups([{"time": "2026-01-01T00:00:00Z"}, {"time": "2026-02-01T00:00:00Z"}, {"time": 0}, None])
    assert newest is not None
    assert newest.made.month == 2
    assert backups("x") is None
    assert release([{"version": "2", "latest": True}, {"version": "1", "installed": True}]).latest == "2"
    assert release([{"version": "2", "latest": True, "installed": True}]).latest is None
    found = airing(
        {
            "id": 1,
            "title": "Salt",
            "inCinemas": "2026-05-01T00:00:00Z",
            "digitalRelease": "2026-04-01T00:00:00Z",
        }
    )
    assert found is not None
    assert (found[1].begins.month, found[1].whole_day) == (4, True)
    assert airing({"id": 1, "title": "Salt"}) is None


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("192.168.1.20:8989", "http://192.168.1.20:8989"),
        ("https://media.home/sonarr/", "https://media.home/sonarr"),
        ("https://media.home/sonarr/activity/queue", "https://media.home/sonarr"),
        ("http://nas:7878/movie/12?x=1#y", "http://nas:7878"),
        ("http://nas/a/b/api/v3/queue", "http://nas/a/b"),
    ],
)
def test_addresses(typed: str, url: str) -> None:
    assert str(normalise(typed)) == url
    assert str(below(normalise(typed), "api")).endswith("/api")
    assert "//api" not in str(below(normalise(typed), "api"))


@pytest.mark.parametrize("typed", ["ftp://x", "http://", "http://user:secret@host"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError):
        normalise(typed)


def test_frames() -> None:
    told = '{"type":1,"target":"receiveMessage","arguments":[{"name":"queue","body":{"action":"sync"}}]}'
    other = '{"type":1,"target":"receiveMessage","arguments":[{"name":"series"}]}'
    assert [*news(f'{told}\x1e{other}\x1e{{"type":6}}\x1e')] == ["queue"]
    for junk in (
        "",
        "\x1e",
        "nonsense",
        "[1]",
        '{"type":1}',
        '{"type":1,"target":"receiveMessage","arguments":{}}',
    ):
        assert [*news(junk)] == []
    assert closes('{"type":7,"allowReconnect":true}\x1e')
    assert not closes(told)


# Who fails how often


def happened(number: int, kind: str, download: str, **more: Any) -> Event:
    data = {"indexer": "Good", "downloadClientName": "qbittorrent", "releaseGroup": "NTb"} | more
    row = {
        "id": number,
        "date": "2026-11-01T00:00:00Z",
        "eventType": kind,
        "sourceTitle": "x",
        "downloadId": download,
        "data": data,
    }
    return event("movieId", row)[1]


def test_what_fails_more_often_than_others_is_suggested_with_its_evidence() -> None:
    learned = Learned()
    events, number = [], 0
    for index in range(40):
        bad = index % 4 == 0
        for kind in ("grabbed", "downloadFailed" if bad else "downloadFolderImported"):
            number += 1
            events.append(
                happened(
                    number, kind, f"d{index}", **({"indexer": "Bad", "releaseGroup": "X"} if bad else {})
                )
            )
    assert learned.note(events)
    assert not learned.note(events), "nothing counts twice"
    found = {(each.side, each.name): each for each in learned.advice()}
    assert found.keys() == {("indexer", "Bad"), ("group", "X")}
    assert (found["indexer", "Bad"].failed, found["indexer", "Bad"].ended, found["indexer", "Bad"].share) == (
        10,
        10,
        1.0,
    )
    again = Learned()
    again.load(learned.dump())
    assert again.dump() == learned.dump()


def test_a_pack_is_grabbed_once_and_its_own_failure_counts_once() -> None:
    learned = Learned()
    learned.note([happened(number, "grabbed", "pack") for number in (1, 2, 3)])
    learned.failed("pack", "import_sample", 5.0)
    learned.note([happened(4, "downloadFailed", "pack")])
    (row,) = (row for row in learned.rows() if row["kind"] == "group")
    assert (row["grabbed"], row["failed"], row["reasons"]) == (1, 1, {"import_sample": 1})


def test_memory_is_bounded_and_a_history_that_begins_anew_is_followed() -> None:
    learned = Learned()
    for number in range(1, 3000):
        learned.note(
            [happened(number, "grabbed", f"d{number}", releaseGroup=f"g{number}", indexer=f"i{number % 7}")]
        )
    assert len(learned.tallies["group"]) == 150
    assert len(learned.open) == 500
    assert max(each.grabbed for each in learned.tallies["indexer"].values()) < 200
    learned.note([happened(5, "grabbed", "new")])
    assert learned.note([happened(6, "grabbed", "newer")])
    for junk in (
        None,
        7,
        {"tallies": 3},
        {"tallies": {"group": {"x": [1]}}},
        {"newest": "x", "open": {"a": [1]}},
    ):
        empty = Learned()
        empty.load(junk)
        assert empty.rows() == []


def test_an_event_needs_an_id_and_a_date() -> None:
    for wrong in ({}, {"id": 1}, {"id": 1, "date": "x"}):
        with pytest.raises(ValueError):
            event("movieId", wrong)
    assert happened(1, "grabbed", "AB").at == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "GET https://indexer.example/api?t=search&apikey=0123456789abcdef&q=x failed",
            "apikey=…&q=x failed",
        ),
        ("https://t.example/rss?passkey=abcdef123456", "passkey=…"),
        ("http://user:secret@nas:8080/ refused", "http://…@nas:8080/ refused"),
        ("Not enough free space", "Not enough free space"),
        ("<b>Bad</b>\u202e\n x", "Bad x"),
    ],
)
def test_no_key_stands_in_what_everybody_is_shown(told: str, shown: str) -> None:
    found = row_of(RADARR, RADARR_ROW | {"errorMessage": told, "statusMessages": [{"messages": [told]}]})
    for each in (found.error, found.messages[0], check({"source": "A", "message": told})[1].message):
        assert each.replace("  ", " ").endswith(shown)
        assert not {"0123456789abcdef", "abcdef123456", "secret"} & set(
            each.replace("=", " ").replace(":", " ").replace("@", " ").split()
        )

"""Records of any shape: one that cannot be read costs itself, and a whole answer that is wrong costs one look."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState, Item, Trouble
from custom_components.home_server_monitor.sources.downloads import (
    lending,
    nzbget_parse,
    qbittorrent_parse,
    sabnzbd_parse,
    transmission_parse,
)
from custom_components.home_server_monitor.sources.downloads.client import Secrets
from custom_components.home_server_monitor.sources.downloads.qbittorrent import QBittorrent
from custom_components.home_server_monitor.sources.downloads.qbittorrent_parse import Asked
from custom_components.home_server_monitor.sources.downloads.troubles import of_disk, of_tracker, of_usenet
from custom_components.home_server_monitor.sources.errors import ClientError
from custom_components.home_server_monitor.sources.records import MAX_ROWS, rows

from .conftest import GIB, Pair, opened

PARSERS = {
    "qbittorrent": lambda row: (str(row["hash"]), qbittorrent_parse.item(str(row["hash"]), row, Asked())),
    "sabnzbd queue": lambda row: sabnzbd_parse.queued(row, paused=False),
    "sabnzbd history": sabnzbd_parse.finished,
    "transmission": transmission_parse.item,
    "nzbget queue": lambda row: nzbget_parse.queued(row, paused=False),
    "nzbget history": nzbget_parse.finished,
}
GOOD: Mapping[str, dict[str, Any]] = {
    "qbittorrent": {
        "hash": "ab" * 20,
        "name": "N",
        "size": 5,
        "amount_left": 2,
        "state": "downloading",
        "tags": "a, b",
    },
    "sabnzbd queue": {
        "nzo_id": "SABnzbd_nzo_1",
        "filename": "N",
        "mb": "5",
        "mbleft": "2",
        "status": "Downloading",
    },
    "sabnzbd history": {
        "nzo_id": "SABnzbd_nzo_1",
        "name": "N",
        "bytes": 5,
        "status": "Failed",
        "fail_message": "x",
    },
    "transmission": {
        "hashString": "ab" * 20,
        "name": "N",
        "sizeWhenDone": 5,
        "leftUntilDone": 2,
        "status": 4,
    },
    "nzbget queue": {"NZBID": 3, "NZBName": "N", "Status": "DOWNLOADING", "FileSizeLo": 5, "FileSizeHi": 0},
    "nzbget history": {"NZBID": 3, "Name": "N", "Status": "FAILURE/PAR", "FileSizeLo": 5, "FileSizeHi": 0},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", PARSERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_record_with_anything_in_it_costs_itself_at_most(kind: str, data: st.DataObject) -> None:
    good = GOOD[kind]
    bad = {key: data.draw(ANYTHING) if data.draw(st.booleans()) else value for key, value in good.items()}
    other = {**good, "hash": "cd" * 20, "hashString": "cd" * 20, "nzo_id": "SABnzbd_nzo_2", "NZBID": 4}
    found = rows([bad, other], PARSERS[kind])
    assert len(found.items) + found.skipped == 2
    assert other_id(kind) in found.items
    for each in found.items.values():
        assert isinstance(each, Item)
        assert 0 <= each.progress <= 1
        assert each.size >= 0 <= each.done


def other_id(kind: str) -> str:
    return "4" if kind.startswith("nzbget") else "SABnzbd_nzo_2" if kind.startswith("sab") else "cd" * 20


@pytest.mark.parametrize("fault", ["null", "malformed", "empty", "html", "cut", "drop", "status", "replace"])
async def test_a_wrong_answer_costs_one_look(pair: Pair, fault: str) -> None:
    pair.world.grab(pair.face.name, "Harbour", size=GIB, cap=1.0)
    before = await pair.client.look()
    pair.face.faults.add(fault, value=[1, "two", None])
    for _ in range(2):
        with pytest.raises(ClientError):
            await pair.client.look()
    pair.face.faults.clear()
    again = await pair.client.look()
    assert again.items.keys() == before.items.keys()
    assert again.whole


async def test_one_bad_torrent_costs_itself(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.1.0") as pair:
        keys = [pair.world.grab("qbittorrent", f"T{number}", size=GIB).id for number in range(3)]
        rows_of = pair.face._rows
        pair.face._rows = lambda: {
            **rows_of(),
            keys[0]: {"name": None, "size": "x"},
            "nonsense": {"state": 7},
        }
        seen = await pair.client.look()
        assert seen.items.keys() == set(keys[1:])
        assert (seen.whole, seen.skipped) == (False, 2)
        pair.face._rows = rows_of
        for _ in range(2):
            seen = await pair.client.look()
        assert (seen.items.keys(), seen.whole) == (set(keys), True)


@pytest.mark.parametrize(
    ("route", "part"),
    [
        ("/api/history", "items"),
        ("/api/status", "servers"),
    ],
)
async def test_of_sabnzbd_the_queue_stays_whatever_the_rest_answers(
    socket_enabled: None, route: str, part: str
) -> None:
    async with opened("sabnzbd", "4.5.0") as pair:
        key = pair.world.grab("sabnzbd", "Harbour", size=GIB, cap=1.0).id
        pair.face.faults.add("html", route)
        seen = await pair.client.look()
        assert key in seen.items
        assert seen.whole is (part == "servers")


async def test_of_qbittorrent_the_torrents_stay_without_the_preferences(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.1.0") as pair:
        key = pair.world.grab("qbittorrent", "Harbour", size=GIB).id
        pair.face.faults.add("html", "/api/v2/app/preferences")
        seen = await pair.client.look()
        assert key in seen.items
        assert dict(seen.limits) == {}, "what is not known is not no limit"
        pair.face.faults.clear()
        assert len((await pair.client.look()).limits) == 4


def test_sizes_as_sabnzbd_writes_them() -> None:
    for said, size in (
        ("1.5 G", 3 << 29),
        ("0 ", 0),
        ("0 B", 0),
        ("217.6 M", round(217.6 * (1 << 20))),
        ("", 0),
    ):
        assert sabnzbd_parse.units(said) == size


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("Torrent not registered with this tracker.", Trouble.UNREGISTERED),
        ("unregistered torrent", Trouble.UNREGISTERED),
        ("InfoHash not found.", Trouble.UNREGISTERED),
        ("Connection refused", Trouble.TRACKER),
        ("", None),
    ],
)
def test_what_trackers_say(said: str, trouble: Trouble | None) -> None:
    assert of_tracker(said) is trouble


def test_what_clients_say() -> None:
    assert of_disk("No data found! Ensure your drives are connected") is Trouble.MISSING_FILES
    assert of_disk("Permission denied (/data)") is Trouble.PERMISSION
    assert of_disk("something new") is Trouble.OTHER
    assert of_usenet("Aborted, cannot be completed - https://sabnzbd.org/not-complete") is Trouble.INCOMPLETE
    assert of_usenet("Unpacking failed, archive requires a password") is Trouble.PASSWORD
    assert of_usenet("Repair failed, not enough repair blocks (9 short)") is Trouble.UNPACK
    assert of_usenet("") is Trouble.OTHER


def test_states_that_nobody_knows_yet() -> None:
    row = {**GOOD["qbittorrent"], "state": "hoveringDL"}
    assert qbittorrent_parse.item("ab" * 20, row, Asked()).state is DownloadState.UNKNOWN


async def test_a_pause_of_qbittorrent_ends_also_where_somebody_set_something_beside_it(
    socket_enabled: None,
) -> None:
    """Else nothing would be downloaded for ever, and nobody would know why."""
    for queueing, kept in ((True, {"uploads": 7}), (False, {"uploads": 7, "torrents": 9})):
        async with opened("qbittorrent", "5.1.0") as pair:
            client: Any = pair.client
            paused = lending.settings(client, lambda: None)[lending.PAUSED]
            await client._prefer({"queueing_enabled": queueing})
            before = await paused.read(lending.ALL)
            left = client.paused_from(before)
            await client.set_pause(left)
            names = {"uploads": "max_active_uploads", "torrents": "max_active_torrents"}
            await client._prefer({names[key]: value for key, value in kept.items()})
            seen = await paused.read(lending.ALL)
            assert paused.same(left, seen), "it is as it was left, in what pauses it"
            await paused.set_leased(lending.ALL, before)
            assert await paused.read(lending.ALL) == {**before, **kept}
            # who lets it download again in their own way has said what they want
            await client.set_pause({**left, "downloads": 2})
            assert not paused.same(left, await paused.read(lending.ALL))


async def test_what_is_read_while_it_is_written_is_read_again(socket_enabled: None) -> None:
    """Else one that downloads again is taken for paused for minutes, and is not paused when the power fails."""
    async with opened("qbittorrent", "5.1.0") as pair:
        client: Any = pair.client
        before = await client.read_pause()
        await client.set_pause(client.paused_from(before))
        assert (await client.look()).line.paused
        get, post = client._get, client._post

        async def written_meanwhile(path: str, **more: Any) -> Any:
            """The answer is from before the order, and comes after it."""
            found = await get(path, **more)
            if path == "app/preferences":
                client._get = get
                await client.set_pause(before)
            return found

        async def read_meanwhile(path: str, **more: Any) -> Any:
            """A look comes before the order arrives."""
            await client.look()
            return await post(path, **more)

        client._get = written_meanwhile
        client._preferences_at = None
        await client.look()
        assert not (await client.look()).line.paused
        await client.set_pause(client.paused_from(before))
        client._post = read_meanwhile
        await client.set_pause(before)
        assert not (await client.look()).line.paused


async def test_a_restarted_qbittorrent_is_spoken_to_in_its_own_words(socket_enabled: None) -> None:
    async with opened("qbittorrent", "4.5.2") as pair:
        key = pair.world.grab("qbittorrent", "Harbour", size=GIB, cap=1.0).id
        await pair.client.look()
        pair.face.forget_sessions()
        assert await pair.client.look_item(key) is not None
        await pair.client.pause_item(key)
        assert (await pair.client.look()).items[key].state is DownloadState.PAUSED


async def test_what_grows_with_each_answer_is_not_kept(socket_enabled: None) -> None:
    client: Any = QBittorrent(None, Secrets())  # type: ignore[arg-type]
    for number in range(300):
        await client._take(
            {
                "rid": number,
                "server_state": {f"new{number}": 1, "dl_info_speed": number},
                "torrents": {f"{number}-{each}": 7 for each in range(30)},
                "torrents_removed": 5,
            }
        )
    assert client._state == {"dl_info_speed": 299}
    assert len(client._skipped) == MAX_ROWS

"""The journal: what it says is there is on the disk, and what is not is not believed."""

import asyncio
import os
from pathlib import Path
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian import journal_files
from custom_components.home_server_monitor.guardian.journal import Journal, JournalFailed, secret_in
from custom_components.home_server_monitor.guardian.journal_files import NAME, Replay

from .fake import START, inline


async def opened(folder: Path, **more: Any) -> tuple[Journal, Replay]:
    journal = Journal(folder, more.pop("run", inline), "0123abcd", **({"clock": lambda: START} | more))
    return journal, await journal.open()


def said(replay: Replay) -> dict[tuple[str, str], Any]:
    return {key: dict(entry.value) for key, entry in replay.entries.items() if key[0] != "instance"}


async def test_the_last_line_of_a_thing_wins(tmp_path: Path) -> None:
    journal, replay = await opened(tmp_path)
    assert replay.fresh
    for number in range(3):
        await journal.append("a", "x", {"number": number})
    await journal.append("b", "x", {"text": "ä\n"})
    other, replay = await opened(tmp_path)
    assert not replay.fresh
    assert said(replay) == {("a", "x"): {"number": 2}, ("b", "x"): {"text": "ä\n"}}
    assert replay.last == START
    newest = await other.read(2)
    assert [(each.kind, each.n) for each in newest] == [("b", 5), ("a", 4)]
    assert [each.kind for each in await other.read(9, {"a"})] == ["a"] * 3
    assert await other.append("c", "x", {}) == 6
    assert (tmp_path / NAME).stat().st_mode & 0o77 == 0


def files(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


@pytest.mark.parametrize("cut", [1, 5, 30])
async def test_a_torn_last_line(tmp_path: Path, cut: int) -> None:
    journal, _ = await opened(tmp_path)
    await journal.append("a", "x", {"number": 1})
    await journal.append("a", "x", {"number": 2})
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-cut])
    again, replay = await opened(tmp_path)
    assert (replay.torn, replay.damaged) == (True, 0)
    assert said(replay) == {("a", "x"): {"number": 1}}
    await again.append("a", "x", {"number": 3})
    assert said((await opened(tmp_path))[1]) == {("a", "x"): {"number": 3}}


@pytest.mark.parametrize(
    "junk", [b"{", b"null", b"\xff\xfe", b'{"n":1}', b'{"n":"x","at":1,"k":"a","id":"x","v":{}}']
)
async def test_a_bad_line_in_the_middle(tmp_path: Path, junk: bytes) -> None:
    journal, _ = await opened(tmp_path)
    await journal.append("a", "x", {"number": 1})
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes() + junk + b"\n")
    await journal.append("a", "y", {"number": 2})
    again, replay = await opened(tmp_path)
    assert (replay.damaged, len(said(replay))) == (1, 2)
    await again.settle()
    assert (await opened(tmp_path))[1].damaged == 0


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = await opened(tmp_path)
    await journal.append("a", "x", {"number": 1})
    before = (tmp_path / NAME).read_bytes()
    real = journal_files.put

    def full(handle: int, data: bytes) -> None:
        os.write(handle, data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal_files, "put", full)
    with pytest.raises(JournalFailed, match="No space"):
        await journal.append("a", "x", {"number": 2})
    assert journal.broken
    assert (tmp_path / NAME).read_bytes() == before
    monkeypatch.setattr(journal_files, "put", real)
    await journal.append("a", "y", {"number": 3})
    assert not journal.broken
    assert said((await opened(tmp_path))[1]) == {("a", "x"): {"number": 1}, ("a", "y"): {"number": 3}}


async def test_a_line_that_failed_but_is_there_does_not_count(tmp_path: Path) -> None:
    journal, _ = await opened(tmp_path)

    def lose(line: Any, written: bool) -> None:
        if written:
            raise OSError(5, "Input/output error")

    journal.on_append = lose
    with pytest.raises(JournalFailed):
        await journal.append("standing", "x", {"number": 1})
    journal.on_append = None
    await journal.append("a", "y", {"number": 2})
    again, replay = await opened(tmp_path)
    assert said(replay) == {("a", "y"): {"number": 2}}
    assert [each.kind for each in await again.read(9)] == ["a", "instance"]


async def test_a_disk_that_does_not_answer(tmp_path: Path) -> None:
    gate, hangs = asyncio.Event(), False

    async def slow(work: Any) -> Any:
        if hangs:
            await gate.wait()
        return work()

    journal, _ = await opened(tmp_path, run=slow, deadline=0.01)
    hangs = True
    with pytest.raises(JournalFailed, match="in time"):
        await journal.append("a", "x", {})
    hangs = False
    with pytest.raises(JournalFailed, match="under way"):
        await journal.append("a", "y", {})
    gate.set()
    while journal.broken:
        await asyncio.sleep(0)
        try:
            await journal.append("a", "z", {})
        except JournalFailed:
            continue
    assert list(said((await opened(tmp_path))[1])) == [("a", "z")]


async def test_the_caller_goes_away(tmp_path: Path) -> None:
    journal, _ = await opened(tmp_path)
    task = asyncio.create_task(journal.append("a", "x", {}))
    await asyncio.sleep(0)
    task.cancel()
    await journal.close()
    assert list(said((await opened(tmp_path))[1])) == [("a", "x")]
    with pytest.raises(JournalFailed):
        await journal.append("a", "y", {})


async def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "journal", inline, "x")
    with pytest.raises(JournalFailed):
        await journal.open()
    with pytest.raises(JournalFailed):
        await journal.append("a", "x", {})
    assert not await Journal(tmp_path / "none", inline, "x").exists()
    good, _ = await opened(tmp_path / "good")
    assert await good.exists()
    (tmp_path / "good" / NAME).unlink()
    with pytest.raises(JournalFailed):
        await good.append("a", "x", {})


@pytest.mark.parametrize(
    "value",
    [
        {"password": "x"},
        {"deep": [{"API_KEY": "x"}]},
        {"a": {"env": {}}},
        {"auth_token": "x"},
        {"a": object()},
        {"a": float("nan")},
        {"a": "x" * 300_000},
    ],
)
async def test_what_does_not_belong_in_it(tmp_path: Path, value: Any) -> None:
    journal, _ = await opened(tmp_path)
    with pytest.raises(ValueError):
        await journal.append("a", "x", value)
    assert said((await opened(tmp_path))[1]) == {}
    assert secret_in({"keys": 1, "tokens": 2}) is None


async def test_a_new_file_begins_with_what_counts(tmp_path: Path) -> None:
    now = START
    journal, _ = await opened(tmp_path, clock=lambda: now, rotate_at=4000)
    await journal.append("lease", "kept", {"over": False})
    await journal.append("lease", "ended", {"over": True})
    await journal.append("token", "late", {"until": START + 10})
    now += 2 * 24 * 3600
    for number in range(100):
        await journal.append("a", "x", {"number": number})
    await journal.close()
    assert len(files(tmp_path, "journal-*.jsonl")) in range(1, 11)
    again, replay = await opened(tmp_path, clock=lambda: now)
    assert said(replay) == {("lease", "kept"): {"over": False}, ("a", "x"): {"number": 99}}
    lines = await again.read(1000)
    assert [each.value["number"] for each in lines if each.kind == "a"] == list(range(99, -1, -1))
    assert {each.id for each in lines} == {"x", "kept", "ended", "late", "0123abcd"}
    assert not files(tmp_path, "*.new")


async def test_no_room_for_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = await opened(tmp_path, rotate_at=500)

    def full(self: Path, target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    for number in range(20):
        await journal.append("a", str(number), {})
    await journal.close()
    monkeypatch.undo()
    assert len(said((await opened(tmp_path))[1])) == 20
    assert not files(tmp_path, "*.new")


async def test_old_files_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(self: Path, target: Any) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    now = START
    journal, _ = await opened(tmp_path, clock=lambda: now, rotate_at=300)
    for number in range(60):
        now += 24 * 3600
        await journal.append("a", "x", {"number": number, "over": True})
    await journal.close()
    assert len(files(tmp_path, "journal-*.jsonl")) == journal_files.KEPT_FILES


_LINES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 9)), max_size=12)


@given(lines=_LINES, cut=st.integers(0, 80))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_any_cut_leaves_a_beginning(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")

    async def write() -> None:
        journal, _ = await opened(folder)
        for kind, name, number in lines:
            await journal.append(kind, name, {"number": number})

    async def read() -> Replay:
        return (await opened(folder))[1]

    asyncio.run(write())
    path = folder / NAME
    data = path.read_bytes()
    head = data.index(b"\n") + 1
    data = data[: max(head, len(data) - cut)]
    path.write_bytes(data)
    left = data.count(b"\n") - 1
    wanted = {(kind, name): {"number": number} for kind, name, number in lines[:left]}
    assert said(asyncio.run(read())) == wanted

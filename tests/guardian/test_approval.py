"""Buttons: a tap counts once, for one record in one state, by one of its people."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian import approval
from custom_components.home_server_monitor.guardian.approval import (
    KNOWN_FOR,
    MOST,
    MOST_REFUSED,
    Problem,
    Redeemed,
    Tokens,
    binding,
)
from custom_components.home_server_monitor.guardian.journal import JournalFailed
from custom_components.home_server_monitor.guardian.journal_files import NAME
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR

from .fake import ADMIN, START, FakeAction, FakeSource, Guardian, World

VERBS = ("approve", "snooze", "why")
PHONE = "notify.mobile_app_phone"
NOW = START


class Setup:
    """Tokens of one guardian, and what their records are bound to."""

    def __init__(self, folder: Path) -> None:
        self.bound: dict[str, str] = {"r": "proposed:1", "f": "firing"}
        self.guardian = Guardian(folder, FakeSource(FakeAction(World())))
        self.tokens = Tokens(self.guardian.journal, self.bound.get)

    async def start(self, now: float = NOW) -> Setup:
        self.tokens.load(await self.guardian.journal.open(), now)
        return self

    async def mint(self, about: str = "r", who: str = "ada", **more: Any) -> dict[str, str]:
        return await self.tokens.mint(about, more.pop("verbs", VERBS), PHONE, {who}, NOW + HOUR, NOW)


async def test_a_tap_counts_once(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    tokens = await it.mint()
    assert set(tokens) == set(VERBS)
    assert len(set(tokens.values())) == 3
    assert it.tokens.redeem(tokens["approve"], "ada", NOW) == Redeemed("r", "approve", PHONE, "ada")
    assert it.tokens.redeem(tokens["approve"], "ada", NOW) is Problem.USED


async def test_a_tap_that_says_another_verb_was_edited(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    tokens = await it.mint()
    assert it.tokens.redeem(tokens["approve"], "ada", NOW, "deny") is Problem.UNKNOWN
    assert it.tokens.redeem(tokens["why"], "ada", NOW, "approve") is Problem.UNKNOWN
    # a stranger learns nothing from it
    assert it.tokens.redeem(tokens["why"], "bo", NOW, "approve") is Problem.WRONG_PERSON
    assert isinstance(it.tokens.redeem(tokens["approve"], "ada", NOW, "approve"), Redeemed)


async def test_siblings_die_with_it(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    first, second, other = await it.mint(), await it.mint(who="bo"), await it.mint("f")
    assert isinstance(it.tokens.redeem(first["why"], "ada", NOW), Redeemed)
    assert it.tokens.redeem(first["why"], "ada", NOW) is Problem.USED
    assert isinstance(it.tokens.redeem(second["snooze"], "bo", NOW), Redeemed)
    for tokens, who in ((first, "ada"), (second, "bo")):
        for verb in VERBS:
            assert it.tokens.redeem(tokens[verb], who, NOW) is Problem.USED
    assert isinstance(it.tokens.redeem(other["approve"], "ada", NOW), Redeemed)


async def test_what_does_not_count(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    tokens = await it.mint()
    token = tokens["approve"]
    for wrong in ("", "x", token[:-1], token + "x", token.swapcase()):
        assert it.tokens.redeem(wrong, "ada", NOW) is Problem.UNKNOWN
    assert it.tokens.redeem(token, "eve", NOW) is Problem.WRONG_PERSON
    assert it.tokens.redeem(token, "ada", NOW + HOUR) is Problem.EXPIRED
    it.bound["r"] = "approved:1"
    assert it.tokens.redeem(token, "ada", NOW) is Problem.SUPERSEDED
    del it.bound["r"]
    assert it.tokens.redeem(token, "ada", NOW) is Problem.SUPERSEDED
    it.bound["r"] = "proposed:1"
    assert isinstance(it.tokens.redeem(token, "ada", NOW), Redeemed)


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    used, fresh = await it.mint(), await it.mint("f")
    it.tokens.redeem(used["approve"], "ada", NOW)
    await it.tokens.save()
    text = (tmp_path / NAME).read_text()
    assert not any(token in text for token in (*used.values(), *fresh.values()))
    again = await Setup(tmp_path).start()
    assert again.tokens.redeem(used["approve"], "ada", NOW) is Problem.USED
    assert isinstance(again.tokens.redeem(fresh["approve"], "ada", NOW), Redeemed)


async def test_what_is_late_or_used_is_known_for_a_week(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    used, fresh = await it.mint(), await it.mint("f")
    it.tokens.redeem(used["approve"], "ada", NOW)
    await it.tokens.save()
    for later, shown in ((DAY, True), (HOUR + KNOWN_FOR - 1, True), (HOUR + KNOWN_FOR + 1, False)):
        now = NOW + later
        late = await Setup(tmp_path).start(now)
        # a new file of the journal begins with what a late tap is answered with
        it.guardian.journal._files.rotate(now, 10_000 + int(later))
        assert (late.tokens.about(used["approve"]) == "r") is shown
        problems = [late.tokens.redeem(tokens["approve"], "ada", now) for tokens in (used, fresh)]
        assert problems == ([Problem.USED, Problem.EXPIRED] if shown else [Problem.UNKNOWN] * 2)


async def test_only_so_many_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval, "MOST_KNOWN", 5)
    it = await Setup(tmp_path).start()
    tokens = [await it.mint("f") for _ in range(7)]
    assert it.tokens.about(tokens[1]["why"]) is None
    assert it.tokens.about(tokens[2]["why"]) == "f"


async def test_a_damaged_journal_gives_no_buttons(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    tokens = await it.mint()
    path = tmp_path / NAME
    path.write_bytes(b"junk\n" + path.read_bytes())
    again = await Setup(tmp_path).start()
    assert again.tokens.redeem(tokens["approve"], "ada", NOW) is Problem.SUPERSEDED


async def test_nobody_who_may_no_buttons(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    assert await it.tokens.mint("r", VERBS, PHONE, (), NOW + HOUR, NOW) == {}
    assert await it.mint("unknown") == {}

    def full(line: Any, written: bool) -> None:
        raise OSError(28, "full")

    it.guardian.journal.on_append = full
    with pytest.raises(JournalFailed):
        await it.mint()


async def test_a_storm_is_counted_and_not_written(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    token = (await it.mint())["approve"]
    good = [it.tokens.redeem(token, "ada", NOW) for _ in range(1000)]
    assert sum(isinstance(each, Redeemed) for each in good) == 1
    await it.tokens.save()
    taps = await it.guardian.journal.read(1000, {"tap"})
    assert len(taps) == MOST_REFUSED
    assert it.tokens.refused == 999
    tokens = [await it.mint("f") for _ in range(MOST + 5)]
    assert it.tokens.redeem(tokens[0]["why"], "ada", NOW) is Problem.SUPERSEDED
    assert isinstance(it.tokens.redeem(tokens[-1]["why"], "ada", NOW), Redeemed)
    again = await Setup(tmp_path).start()
    assert again.tokens.redeem(tokens[0]["why"], "ada", NOW) is Problem.SUPERSEDED


async def test_taps_at_the_same_moment_are_written_once(tmp_path: Path) -> None:
    it = await Setup(tmp_path).start()
    token = (await it.mint())["approve"]

    async def tap() -> None:
        it.tokens.redeem(token, "ada", NOW)
        await it.tokens.save()

    await asyncio.gather(*(tap() for _ in range(10)))
    taps = await it.guardian.journal.read(1000, {"tap"})
    assert [each.value["count"] for each in reversed(taps)] == list(range(1, 10))
    # one that could not be written is written later, and what was used meanwhile with it
    other = await it.mint("f")

    def full(line: Any, written: bool) -> None:
        raise OSError(28, "full")

    it.guardian.journal.on_append = full
    it.tokens.redeem(other["snooze"], "ada", NOW)
    await it.tokens.save()
    it.guardian.journal.on_append = None
    await it.tokens.save()
    again = await Setup(tmp_path).start()
    assert again.tokens.redeem(other["snooze"], "ada", NOW) is Problem.USED


async def test_what_a_button_is_bound_to(tmp_path: Path) -> None:
    world = World()
    it = await Guardian(tmp_path, FakeSource(FakeAction(world))).start()
    record = await it.propose()
    ended = await it.done()
    assert ended.id == record.id
    world.values["tank"] = 1
    other = await it.propose()
    assert len({binding(record), binding(ended), binding(other)}) == 3
    assert ADMIN.id not in binding(record)

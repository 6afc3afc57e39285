"""What is remembered of updates, over a restart too."""

from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.aftermath import SILENT_AFTER, Aftermath

from .judged import NAME

HOUR, DAY = 3600.0, 86400.0


class Memory:
    """An aftermath with a clock that a test moves, and a count of what was saved."""

    def __init__(self, stored: object = None) -> None:
        self.now, self.saved = 1_000_000.0, 0
        self.of = Aftermath(self._save, lambda: self.now)
        self.of.load(stored)

    def _save(self) -> None:
        self.saved += 1


def test_a_window_is_open_for_so_many_hours_and_survives_a_restart() -> None:
    memory = Memory()
    memory.of.note_updated(NAME, "b", NAME)
    again = Memory(memory.of.dump())
    again.now += 5 * HOUR
    assert set(again.of.seen(6).watched) == {NAME}
    assert not again.of.seen(5).watched
    assert not again.of.seen(0).watched
    # a clock that was wrong
    again.now -= 9 * DAY
    assert again.of.seen(6).watched


def test_an_application_is_silent_once_it_answered_and_then_did_not_for_minutes() -> None:
    memory = Memory()
    memory.of.note_updated(NAME, "b", NAME)
    for _ in range(2 * SILENT_AFTER):
        memory.of.note_answer(NAME, answers=False)
    assert not memory.of.seen(6).silent
    memory.of.note_answer(NAME, answers=True)
    again = Memory(memory.of.dump())
    for number in range(SILENT_AFTER):
        assert not again.of.seen(6).silent, number
        again.of.note_answer(NAME, answers=False)
    assert again.of.seen(6).silent == {NAME}
    again.of.note_answer(NAME, answers=True)
    assert not again.of.seen(6).silent


def test_what_went_back_is_watched_no_more_and_its_data_is_offered_for_a_week() -> None:
    memory = Memory()
    memory.of.note_updated(NAME, "b", NAME)
    memory.of.note_updated("inside", "c", NAME)
    memory.of.note_back([NAME, "inside"], "hsm-0123abcd-update-9")
    again = Memory(memory.of.dump())
    assert not again.of.updated
    assert again.of.seen(6).back[NAME].snapshot == "hsm-0123abcd-update-9"
    again.now += 6.9 * DAY
    again.of.forget()
    assert again.of.back
    again.now += 0.2 * DAY
    again.of.forget()
    assert (again.of.back, again.saved) == ({}, 1)
    # without a snapshot there is nothing to offer; an update that goes through ends the offer
    memory.of.note_back([NAME])
    assert not memory.of.back
    memory.of.note_back([NAME], "x")
    memory.of.note_updated(NAME, "d", NAME)
    assert not memory.of.back
    memory.of.note_back([NAME], "x")
    memory.of.note_data_back(NAME)
    assert not memory.of.back


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"updated": 1},
        {"updated": [1, {"name": "x"}], "back": [None]},
        {"back": [{"name": [], "at": 1.0, "snapshot": "s"}]},
        {"updated": [{"name": "x", "at": "1", "container": "c", "wanted": "x"}]},
        {"updated": [{"name": "x", "at": float("nan"), "container": "c", "wanted": "x"}]},
    ],
)
def test_what_cannot_be_read_may_be_lost(stored: Any) -> None:
    memory = Memory(stored)
    assert not memory.of.updated
    assert not memory.of.back

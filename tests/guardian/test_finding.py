"""The life of a finding, over restarts, lost sources and clocks that jump."""

from collections.abc import Callable
from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Proposal
from custom_components.home_server_monitor.guardian.finding import (
    Change,
    Finding,
    Register,
    State,
    Tracked,
    finding_id,
)

from .home import CRITICAL, DAY, HIGH, INFO, NOON, WARNING, found, key

ERRORS = found("pool_errors", WARNING)
HOT = found("disk_hot", HIGH, "disk:a")
DEGRADED = found("pool_unprotected", CRITICAL)


def register(*findings: Finding, now: float = NOON) -> Register:
    """Return a register that has seen an empty source, and then these."""
    made = Register()
    made.observe("nas", (), now - 1)
    made.observe("nas", findings, now)
    return made


def again(stored: Register) -> Register:
    """Return what a restart makes of it."""
    made = Register()
    made.load(json.loads(json.dumps(stored.dump())))
    return made


def of(known: Register, finding: Finding) -> Tracked:
    return known.tracked[key(finding)]


def test_the_id_is_that_of_source_rule_and_object() -> None:
    assert finding_id("a", "b", "c") == key(replace(found("b", HIGH, "c", "a"), placeholders={"x": "y"}))
    assert len({finding_id("a", "b", "c"), finding_id("ab", "", "c"), finding_id("a", "bc", "")}) == 3
    assert set(finding_id("ä", "\ud800", "c")) <= set("0123456789abcdef")


def test_raised_and_over() -> None:
    known = register()
    assert known.observe("nas", [ERRORS], NOON) == [Change("raised", key(ERRORS))]
    assert known.observe("nas", [ERRORS], NOON + 10) == []
    assert known.observe("nas", [], NOON + 20) == [Change("resolved", key(ERRORS))]
    gone = of(known, ERRORS)
    assert (gone.first_seen, gone.last_seen, gone.resolved_at, gone.count) == (NOON, NOON + 10, NOON + 20, 1)
    assert known.observe("nas", [ERRORS], NOON + 30) == [Change("raised", key(ERRORS))]
    assert (of(known, ERRORS).count, of(known, ERRORS).first_seen, of(known, ERRORS).since) == (
        2,
        NOON,
        NOON + 30,
    )


def test_it_must_be_there_for_a_while_and_be_gone_for_a_while() -> None:
    known = register(HOT)
    assert of(known, HOT).state is State.PENDING
    assert known.next_due() == NOON + 300
    assert known.tick(NOON + 299) == []
    assert known.tick(NOON + 300) == [Change("raised", key(HOT))]
    assert known.observe("nas", [], NOON + 400) == []
    assert known.next_due() == NOON + 1000
    known.observe("nas", [HOT], NOON + 500)
    known.observe("nas", [], NOON + 600)
    assert known.tick(NOON + 1199) == []
    assert known.tick(NOON + 1200) == [Change("resolved", key(HOT))]
    assert known.next_due() is None


def test_what_does_not_last_never_was() -> None:
    known = register(HOT)
    assert known.observe("nas", [], NOON + 10) == []
    assert not known.tracked


def test_between_the_thresholds_it_stays_and_is_not_raised() -> None:
    between = replace(HOT, holds=True, severity=WARNING)
    known = register(between)
    assert not known.tracked
    known.observe("nas", [HOT], NOON)
    known.observe("nas", [HOT], NOON + 300)
    assert known.observe("nas", [between], NOON + 2000) == []
    assert known.tick(NOON + 9000) == []
    assert (of(known, HOT).state, of(known, HOT).severity) == (State.FIRING, HIGH)


def test_between_the_thresholds_nothing_ripens() -> None:
    known = register(HOT)
    known.observe("nas", [replace(HOT, holds=True)], NOON + 200)
    assert known.tick(NOON + 400) == []


def test_the_table_caps_the_severity() -> None:
    full = found("pool_full", CRITICAL)
    assert of(register(full), full).severity is HIGH


def test_of_two_of_one_id_the_worse_counts() -> None:
    known = register(found("pool_errors", WARNING), found("pool_errors", HIGH), found("pool_errors", INFO))
    assert of(known, ERRORS).severity is HIGH


def test_a_first_look_is_marked_and_waits_for_nothing() -> None:
    known = Register()
    assert known.observe("nas", [HOT], NOON) == [Change("raised", key(HOT))]
    known.observe("nas", [HOT, ERRORS], NOON)
    assert (of(known, HOT).baseline, of(known, ERRORS).baseline) == (True, False)
    known = again(known)
    known.observe("nas", [HOT, DEGRADED], NOON)
    assert not of(known, DEGRADED).baseline


def test_the_guardians_own_findings_have_no_first_look() -> None:
    known = Register()
    lost = found("source_lost", WARNING, "host:nas", "guardian:home")
    known.observe("guardian:home", [lost], NOON)
    assert not of(known, lost).baseline


def test_a_lost_source_leaves_its_findings_as_they_are() -> None:
    known = register(ERRORS, HOT)
    known.freeze("nas")
    assert known.tick(NOON + DAY) == []
    assert of(known, ERRORS).frozen
    assert known.next_due() is None
    changes = known.observe("nas", [HOT], NOON + DAY)
    assert set(changes) == {Change("raised", key(HOT)), Change("resolved", key(ERRORS))}
    assert not any(tracked.frozen for tracked in known.tracked.values())


def test_a_removed_source_takes_its_findings_with_it() -> None:
    known = register(ERRORS, HOT)
    assert known.drop("nas", NOON + 5) == [Change("resolved", key(ERRORS))]
    assert of(known, ERRORS).ended == "removed"
    assert key(HOT) not in known.tracked
    known.observe("nas", [ERRORS], NOON + 10)
    assert of(known, ERRORS).baseline


def test_an_acknowledgement_ends_with_the_occurrence() -> None:
    known = register(ERRORS)
    assert known.acknowledge(key(ERRORS), "Ann", NOON)
    assert not known.acknowledge(key(ERRORS), "Ben", NOON)
    assert known.silence(of(known, ERRORS)) == "acknowledged"
    known.observe("nas", [], NOON)
    known.observe("nas", [ERRORS], NOON)
    assert known.silence(of(known, ERRORS)) is None


@pytest.mark.parametrize(
    "silence",
    [
        lambda known: known.acknowledge(key(ERRORS), "Ann", NOON),
        lambda known: known.snooze(key(ERRORS), NOON + DAY, "Ann", NOON),
        lambda known: known.dismiss(key(ERRORS), "Ann", "old cable", NOON),
    ],
)
def test_who_silenced_less_hears_of_more(silence: Callable[[Register], bool]) -> None:
    known = register(ERRORS)
    assert silence(known)
    known.observe("nas", [found("pool_errors", INFO)], NOON)
    known.observe("nas", [ERRORS], NOON)
    assert known.silence(of(known, ERRORS))
    assert known.observe("nas", [found("pool_errors", HIGH)], NOON) == [Change("severer", key(ERRORS))]
    assert known.silence(of(known, ERRORS)) is None


def test_a_snooze_ends() -> None:
    known = register(ERRORS)
    assert not known.snooze(key(ERRORS), NOON - 1, "Ann", NOON)
    assert known.snooze(key(ERRORS), NOON + 3600, "Ann", NOON)
    assert known.next_due() == NOON + 3600
    assert known.tick(NOON + 3599) == []
    assert known.tick(NOON + 3600) == [Change("unsnoozed", key(ERRORS))]


def test_a_snooze_is_as_long_as_it_was_meant_when_the_clock_is_set_back() -> None:
    known = register(ERRORS)
    known.snooze(key(ERRORS), NOON + 3600, "Ann", NOON)
    known.tick(NOON - 300 * DAY)
    assert known.next_due() == NOON - 300 * DAY + 3600


def test_dismissed_stays_so_unless_it_comes_back_worse() -> None:
    known = register(ERRORS)
    assert known.dismiss(key(ERRORS), "Ann", "old cable", NOON)
    assert not known.dismiss(key(ERRORS), "Ann", "old cable", NOON)
    known.observe("nas", [], NOON)
    known = again(known)
    known.observe("nas", [ERRORS], NOON + 30 * DAY)
    assert known.silence(of(known, ERRORS)) == "dismissed"
    known.observe("nas", [], NOON + 30 * DAY)
    known.observe("nas", [found("pool_errors", HIGH)], NOON + 30 * DAY)
    assert known.silence(of(known, ERRORS)) is None


def test_what_was_silenced_can_be_taken_back() -> None:
    known = register(ERRORS)
    assert not known.reopen(key(ERRORS))
    known.dismiss(key(ERRORS), "Ann", "", NOON)
    assert known.reopen(key(ERRORS))
    assert known.silence(of(known, ERRORS)) is None


def test_all_notes_of_a_kind_are_accepted_those_to_come_too() -> None:
    note, other = found("pool_errors", INFO), found("pool_errors", INFO, "pool:two")
    known = register(note)
    assert known.accept("pool_errors", "Ann", NOON)
    assert not known.accept("pool_errors", "Ann", NOON)
    known = again(known)
    known.observe("nas", [note, other], NOON)
    assert [known.silence(of(known, one)) for one in (note, other)] == ["accepted", "accepted"]
    known.observe("nas", [ERRORS], NOON)
    assert known.silence(of(known, ERRORS)) is None


@pytest.mark.parametrize(
    "verb",
    [
        lambda known: known.acknowledge("no", "Ann", NOON),
        lambda known: known.snooze("no", NOON + 1, "Ann", NOON),
        lambda known: known.dismiss("no", "Ann", "", NOON),
        lambda known: known.reopen("no"),
    ],
)
def test_an_unknown_id_is_an_error(verb: Callable[[Register], bool]) -> None:
    with pytest.raises(KeyError):
        verb(register())


def test_more_than_four_changes_in_an_hour_flap() -> None:
    known = register()
    kinds = []
    for number in range(8):
        now = NOON + number * 120
        kinds += [
            change.kind for change in known.observe("nas", [ERRORS], now) + known.observe("nas", [], now + 60)
        ]
    assert kinds == ["raised", "resolved", "raised", "resolved", "flapping"]
    assert known.tick(NOON + 7 * 120 + 60 + 1799) == []
    assert known.tick(NOON + 7 * 120 + 60 + 1800) == [Change("steady", key(ERRORS))]


def test_slow_changes_do_not_flap() -> None:
    known = register()
    kinds = []
    for number in range(10):
        now = NOON + number * 2000
        kinds += [
            change.kind
            for change in known.observe("nas", [ERRORS], now) + known.observe("nas", [], now + 1000)
        ]
    assert "flapping" not in kinds


def test_it_all_outlives_a_restart() -> None:
    proposal = Proposal(action="start_scrub", target="tank", params={"deep": True})
    errors = replace(
        ERRORS, proposal=proposal, placeholders={"pool": "tank"}, evidence={"read": 1, "odd": {3}}
    )
    known = register(errors, HOT, DEGRADED)
    known.acknowledge(key(errors), "Ann", NOON)
    known.snooze(key(HOT), NOON + 3600, "Ben", NOON)
    known.dismiss(key(DEGRADED), "Cy", "known", NOON)
    stored = known.dump()
    fresh = again(known)
    assert fresh.tracked[key(errors)].finding == replace(errors, evidence={"read": 1, "odd": [3]})
    assert all(tracked.frozen for tracked in fresh.tracked.values())
    fresh.observe("nas", [errors, HOT, DEGRADED], NOON)
    assert fresh.dump() == stored


@pytest.mark.parametrize(
    "damage",
    [
        {"severity": 9},
        {"state": "odd"},
        {"since": "soon"},
        {"since": float("nan")},
        {"since": float("inf")},
        {"finding": None},
        {"finding": {"source": "nas"}},
        {"acknowledged": {"who": "Ann"}},
        {"changed": 3},
        {"told_severity": "bad"},
    ],
)
def test_a_damaged_row_costs_only_itself(damage: dict[str, Any]) -> None:
    stored = register(ERRORS, DEGRADED).dump()
    stored["tracked"][0] |= damage
    known = Register()
    known.load(stored)
    assert list(known.tracked) == [key(DEGRADED)]


@pytest.mark.parametrize(
    "stored", [{}, {"tracked": None}, {"known": 3, "accepted": [1], "tracked": [1, None, "x"]}, [], None]
)
def test_nonsense_is_an_empty_register(stored: Any) -> None:
    known = Register()
    known.load(stored)
    assert not known.tracked


def test_a_stored_moment_in_the_future_counts_as_now() -> None:
    known = again(register(HOT, DEGRADED, now=NOON + 300 * DAY))
    known.observe("nas", [HOT, DEGRADED], NOON)
    assert known.tick(NOON + 300) == [Change("raised", key(HOT))]
    assert of(known, DEGRADED).since == NOON


def test_what_is_over_is_kept_for_a_week_and_not_without_end() -> None:
    many = [found("pool_errors", HIGH, f"pool:{number}") for number in range(700)]
    known = register(*many)
    known.observe("nas", [], NOON)
    known.tick(NOON)
    assert len(known.tracked) == 500
    known.dismiss(next(iter(known.tracked)), "Ann", "", NOON)
    known.tick(NOON + 8 * DAY)
    assert len(known.tracked) == 1, "what was dismissed is remembered"


def test_a_big_snapshot_can_be_taken_in_pieces() -> None:
    many = [found("pool_errors", HIGH, f"pool:{number}") for number in range(1200)]
    known = register()
    pieces = list(known.observing("nas", many, NOON))
    assert [len(piece) for piece in pieces] == [500, 500, 200]

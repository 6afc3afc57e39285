"""What is told, when, how often, and what is not."""

import time
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Node
from custom_components.home_server_monitor.guardian.notice import Bucket, Settings

from .home import CRITICAL, DAY, HIGH, INFO, NODES, NOON, WARNING, Home, at, found, key, kinds, local, pushes

DEGRADED = found("pool_unprotected", CRITICAL)
ERRORS = found("pool_errors", HIGH)
TESTED = found("self_test_failed", HIGH, "disk:a")
CRASHED = found("app_crashed", HIGH, "app:dns", "pi")
LOST = found("source_lost", CRITICAL, "host:nas", "guardian:home")


def test_critical_is_told_at_once_through_silence() -> None:
    home = Home(now=at(3))
    [notice] = home.sees(DEGRADED)
    assert (notice.kind, notice.critical, notice.ids, notice.lead) == (
        "raised",
        True,
        (key(DEGRADED),),
        key(DEGRADED),
    )


def test_critical_repeats_after_15_minutes_1_hour_and_every_4_until_acknowledged() -> None:
    home = Home(quiet=None)
    home.sees(DEGRADED)
    told = [(home.now, notice) for _ in range(600) for notice in pushes(home.wait(60))]
    assert [round((when - NOON) / 60) for when, _ in told] == [15, 75, 315, 555]
    assert kinds(notice for _, notice in told) == ["escalated", "repeated", "repeated", "repeated"]
    assert {notice.lead for _, notice in told} == {key(DEGRADED)}
    home.register.acknowledge(key(DEGRADED), "Ann", home.now)
    assert not pushes(home.wait(2 * DAY))


def test_high_is_collected_for_30_seconds_and_told_once_per_host_and_area() -> None:
    home = Home()
    assert not home.sees(ERRORS)
    assert not home.wait(20)
    assert not home.sees(ERRORS, TESTED, source="nas")
    [notice] = home.wait(10)
    assert set(notice.ids) == {key(ERRORS)}
    assert not notice.critical
    assert home.of(TESTED).inhibited_by == key(ERRORS)
    assert not home.wait(3600)


def test_two_areas_are_two_notices() -> None:
    home = Home()
    home.sees(ERRORS)
    home.sees(CRASHED, source="pi")
    told = home.wait(150)
    assert [notice.ids for notice in told] == [(key(ERRORS),), (key(CRASHED),)]


def test_high_at_night_waits_for_the_morning() -> None:
    home = Home(now=at(23))
    home.sees(ERRORS)
    assert not home.until(at(7, 29, day=1))
    told = home.until(at(7, 31, day=1))
    assert kinds(told) == ["raised"], "the digest of that moment would only repeat it"


def test_the_digest_of_the_morning_does_not_repeat_what_is_told_beside_it() -> None:
    home = Home(now=at(23))
    late = found("scrub_overdue", WARNING)
    home.sees(ERRORS, late)
    told, digest = home.until(at(7, 31, day=1))
    assert (told.ids, digest.kind, digest.ids) == ((key(ERRORS),), "digest", (key(late),))
    [digest] = home.until(at(7, 31, day=2))
    assert set(digest.open) == {key(ERRORS), key(late)}


def test_what_came_back_before_morning_is_one_digest_line() -> None:
    home = Home(now=at(23))
    home.sees(ERRORS)
    home.wait(3600)
    home.sees()
    [digest] = home.until(at(8, day=1))
    assert (digest.kind, digest.resolved, digest.new, digest.open) == ("digest", (key(ERRORS),), (), ())


def test_warning_is_for_the_digest_only_and_info_for_nobody() -> None:
    home = Home()
    late = found("scrub_overdue", WARNING)
    note = found("same_batch", INFO)
    home.sees(late, note)
    told = home.until(at(12, day=2))
    assert kinds(told) == ["digest", "digest"]
    assert (told[0].new, told[0].open) == ((key(late),), ())
    assert (told[1].new, told[1].open) == ((), (key(late),))


def test_the_end_is_told_where_the_start_was_and_replaces_it() -> None:
    home = Home()
    home.sees(DEGRADED)
    home.sees()
    [end] = home.wait(60)
    assert (end.kind, end.lead, end.critical, end.rest) == ("resolved", key(DEGRADED), False, ())
    assert not home.wait(3600)


def test_the_end_of_what_was_never_told_is_not_told() -> None:
    home = Home()
    home.sees(ERRORS)
    home.wait(10)
    home.sees()
    assert not home.wait(3600)


def test_the_end_of_one_of_several_names_what_is_still_open() -> None:
    home = Home()
    full, errors = found("pool_full", HIGH, "pool:two"), found("pool_errors", HIGH, "pool:two")
    home.sees(full, errors)
    [start] = home.wait(30)
    home.sees(full)
    [end] = home.wait(30)
    assert (end.ids, end.rest, end.lead) == ((key(errors),), (key(full),), start.lead)
    home.sees()
    [last] = home.wait(700)
    assert (last.ids, last.rest, last.lead) == ((key(full),), (), start.lead)


def test_worse_than_told_is_told_at_once_under_the_same_tag() -> None:
    home = Home()
    home.sees(found("pool_unprotected", HIGH))
    home.wait(30)
    home.now = at(23)
    [notice] = home.sees(DEGRADED)
    assert (notice.kind, notice.critical, notice.lead) == ("severer", True, key(DEGRADED))
    assert not home.sees(found("pool_unprotected", HIGH))
    assert not home.sees(DEGRADED), "going up and down is not news"


def test_what_is_explained_is_not_told_until_its_cause_is_over() -> None:
    home = Home()
    plex = found("app_crashed", HIGH, "container:1", "engine")
    home.register.observe("engine", (), home.now)
    [notice] = home.sees(LOST, source="guardian:home")
    assert notice.ids == (key(LOST),)
    home.sees(plex, source="engine")
    home.register.acknowledge(key(LOST), "Ann", home.now)
    assert not home.wait(3600)
    assert home.of(plex).inhibited_by == key(LOST)
    home.sees(source="guardian:home")
    told = home.wait(120)
    assert kinds(told) == ["resolved", "raised"]
    assert told[1].ids == (key(plex),)


def test_the_end_is_told_although_it_is_explained_by_now() -> None:
    home = Home()
    home.register.observe("engine", (), home.now)
    plex = found("app_crashed", HIGH, "app:plex", "engine")
    home.sees(plex, source="engine")
    home.wait(90)
    home.sees(LOST, source="guardian:home")
    home.sees(source="engine")
    assert "resolved" in kinds(home.wait(200))


def test_snoozed_is_told_again_when_the_snooze_ends() -> None:
    home = Home()
    home.sees(ERRORS)
    home.wait(30)
    home.register.snooze(key(ERRORS), home.now + 3600, "Ann", home.now)
    assert not home.wait(3599)
    [again] = home.wait(40)
    assert (again.kind, again.lead) == ("repeated", key(ERRORS))
    assert not pushes(home.wait(7200))


@pytest.mark.parametrize("verb", ["snooze", "dismiss"])
def test_the_end_of_what_is_silenced_is_not_pushed(verb: str) -> None:
    home = Home()
    home.sees(DEGRADED)
    if verb == "snooze":
        home.register.snooze(key(DEGRADED), home.now + DAY, "Ann", home.now)
    else:
        home.register.dismiss(key(DEGRADED), "Ann", "I know", home.now)
    home.sees()
    assert not home.wait(3600)


def test_the_end_of_what_somebody_took_on_is_told() -> None:
    home = Home()
    home.sees(DEGRADED)
    home.register.acknowledge(key(DEGRADED), "Ann", home.now)
    home.sees()
    assert kinds(home.wait(60)) == ["resolved"]


def test_a_first_look_is_one_summary_and_only_critical_is_told_singly() -> None:
    home = Home("pi")
    full, note = found("pool_full", HIGH), found("same_batch", INFO)
    [critical] = home.sees(DEGRADED, full, note)
    assert critical.ids == (key(DEGRADED),)
    [summary] = home.wait(40)
    assert (summary.kind, summary.ids) == ("summary", (key(full), key(note)))
    home.sees(DEGRADED)
    home.sees(DEGRADED, full)
    assert not home.wait(700)
    home.sees(DEGRADED)
    home.wait(700)
    home.sees(DEGRADED, full)
    assert "raised" in kinds(home.wait(40)), "what comes back after the first look is news"


def test_a_first_look_at_notes_only_is_silent() -> None:
    home = Home("pi")
    home.sees(found("same_batch", INFO))
    assert not home.wait(3600)


def test_after_a_start_only_critical_is_told_then_one_summary() -> None:
    home = Home()
    home.started = home.now
    assert kinds(home.sees(DEGRADED)) == ["raised"]
    home.sees(CRASHED, source="pi")
    home.sees(DEGRADED, found("pool_full", HIGH))
    assert not home.wait(85)
    [summary] = home.wait(40)
    assert (summary.kind, len(summary.ids)) == ("summary", 2)


def test_a_host_that_has_just_booted_holds_its_children_but_not_critical_storage() -> None:
    home = Home()
    home.booted = {"host:nas": home.now - 60}
    crash = found("app_crashed", HIGH, "app:plex")
    assert kinds(home.sees(DEGRADED, crash)) == ["raised"]
    assert not pushes(home.wait(539))
    home.register.acknowledge(key(DEGRADED), "Ann", home.now)
    told = home.wait(120)
    assert kinds(told) == ["summary"]
    assert told[0].ids == (key(crash),)


def test_a_boot_in_the_future_of_a_wrong_clock_holds_nothing() -> None:
    home = Home()
    home.booted = {"host:nas": home.now + DAY}
    home.sees(found("pool_full", HIGH))
    assert kinds(home.wait(40)) == ["raised"]


def test_a_planned_reboot_is_silent_for_its_time_only() -> None:
    home = Home()
    home.alerts.expect_silence("host:nas", home.now + 900)
    assert not home.sees(LOST, source="guardian:home")
    assert not home.wait(890)
    [notice] = home.wait(20)
    assert (notice.kind, notice.critical) == ("raised", True)


def test_flapping_is_one_notice_then_silence_until_steady() -> None:
    home = Home(quiet=None)
    errors = found("pool_errors", HIGH)
    told = []
    for _ in range(30):
        told += home.sees(errors) + home.wait(60) + home.sees() + home.wait(60)
    assert kinds(pushes(told)).count("flapping") == 1
    assert len(pushes(told)) <= 6
    assert kinds(home.wait(1900)) == ["resolved"]


def test_flapping_critical_is_told_once_and_when_it_stays_again() -> None:
    home = Home(quiet=None)
    told = []
    for _ in range(12):
        told += home.sees(found("scan_errors", CRITICAL)) + home.wait(60) + home.sees() + home.wait(60)
    assert kinds(told).count("flapping") == 1
    home.sees(found("scan_errors", CRITICAL))
    assert kinds(home.wait(4000)) == ["escalated"]


def test_not_more_than_20_an_hour_and_the_rest_is_in_the_digest() -> None:
    home = Home(now=at(8))
    told = []
    findings = []
    for number in range(40):
        findings.append(found("pool_full", HIGH, f"pool:{number}"))
        told += home.sees(*findings) + home.wait(31)
    assert 20 <= len(told) <= 28
    [digest] = home.until(at(8, day=1))
    assert {key for notice in told for key in notice.ids} | set(digest.new) == {key(one) for one in findings}
    assert not {key for notice in told for key in notice.ids} & set(digest.new)
    assert len(home.sees(*findings, DEGRADED)) == 1, "critical is never limited"


@pytest.mark.parametrize("severity", [HIGH, CRITICAL])
def test_10000_at_once_are_one_notice_in_no_time(severity: int) -> None:
    home = Home(
        nodes=(
            *NODES,
            *(Node(id=f"pool:{number}", kind="pool", runs_on="host:nas") for number in range(5000)),
        )
    )
    rules = ("pool_unprotected", "self_test_failed")
    findings = [
        found(rules[number % 2], CRITICAL if severity == CRITICAL else HIGH, f"pool:{number}")
        for number in range(10_000)
    ]
    # of this process alone: others may be at work beside it
    before = time.process_time()
    told = home.sees(*findings) + home.wait(31)
    assert time.process_time() - before < 1.0
    assert [len(notice.ids) for notice in told] == [10_000]
    told = home.sees() + home.wait(100)
    assert len(told) <= 2
    assert sum(len(notice.ids) for notice in told) == 10_000
    home.look()
    assert len(home.register.tracked) <= 500


def test_a_storm_over_hosts_and_areas_is_one_notice() -> None:
    nodes = [Node(id=f"host:{number}", kind="host") for number in range(6)]
    home = Home(nodes=nodes)
    home.sees(*(found("pool_full", HIGH, f"host:{number}") for number in range(6)))
    [notice] = home.wait(40)
    assert len(notice.ids) == 6


def test_nothing_is_repeated_after_a_restart_and_nothing_lost() -> None:
    home = Home()
    home.sees(DEGRADED)
    home.restart()
    assert not home.look()
    assert not home.sees(DEGRADED)
    assert kinds(home.wait(900)) == ["escalated"]
    home.restart()
    home.sees()
    assert kinds(home.wait(100)) == ["resolved"]


def test_what_was_not_told_before_a_restart_is_told_after_it() -> None:
    home = Home(now=at(23))
    home.sees(ERRORS)
    home.restart(down=DAY / 2)
    home.sees(ERRORS)
    assert kinds(home.wait(200)) == ["summary"]
    assert home.of(ERRORS).told_severity is HIGH


def test_the_digest_is_caught_up_after_a_night_without_us() -> None:
    home = Home(now=at(23))
    late = found("scrub_overdue", WARNING)
    home.sees(late)
    home.restart(down=11 * 3600)
    home.sees(late)
    [digest] = home.wait(200)
    assert digest.new == (key(late),)
    assert not home.wait(6 * 3600)


def test_a_digest_on_demand_leaves_the_one_of_the_morning() -> None:
    home = Home()
    late = found("scrub_overdue", WARNING)
    home.sees(late)
    assert home.alerts.digest(home.now).new == (key(late),)
    [digest] = home.until(at(8, day=1))
    assert digest.new == (key(late),)


@pytest.mark.parametrize("jump", [-400 * DAY, -3600.0, -1.0, 3600.0, 400 * DAY])
def test_a_clock_that_jumps_loses_nothing_and_repeats_little(jump: float) -> None:
    home = Home(quiet=None)
    home.sees(DEGRADED)
    home.now += jump
    told = home.sees(DEGRADED) + home.look() + home.wait(DAY)
    assert 6 <= len(pushes(told)) <= 10
    assert home.sees(found("scan_errors", CRITICAL), DEGRADED)


def test_the_clock_goes_back_while_something_is_collected() -> None:
    home = Home(quiet=None)
    home.sees(ERRORS)
    home.now -= 300 * DAY
    home.look()
    assert kinds(home.wait(60)) == ["raised"]


def test_the_clock_goes_back_in_a_planned_reboot() -> None:
    home = Home()
    home.alerts.expect_silence("host:nas", home.now + 900)
    home.now -= 300 * DAY
    home.sees(LOST, source="guardian:home")
    assert kinds(home.wait(7300))[0] == "raised"


def test_the_clock_goes_back_and_digests_go_on() -> None:
    home = Home()
    home.sees(found("scrub_overdue", WARNING))
    home.wait(DAY)
    home.now -= 300 * DAY
    home.look()
    assert kinds(home.wait(3 * DAY)) == ["digest"] * 3


def test_digest_and_silence_outlive_a_restart() -> None:
    home = Home()
    late = found("scrub_overdue", WARNING)
    home.sees(late)
    home.until(at(9, day=1))
    home.alerts.expect_silence("host:nas", home.now + 900)
    home.restart()
    home.sees(late)
    home.sees(LOST, source="guardian:home")
    assert not home.wait(860)
    assert kinds(home.wait(30)) == ["raised"]


@pytest.mark.parametrize(
    "stored", [{}, {"digest": 3, "silences": [1], "bucket": "x"}, {"digest": {"day": "x", "at": 1}}, None]
)
def test_nonsense_is_as_if_nothing_was_stored(stored: Any) -> None:
    home = Home()
    home.alerts.load(stored)
    assert kinds(home.sees(DEGRADED)) == ["raised"]


def test_practice_is_told_at_once_at_night() -> None:
    home = Home(now=at(2))
    assert kinds(
        home.sees(found("practice", HIGH, "server:home", "guardian:home"), source="guardian:home")
    ) == ["raised"]


def test_a_frozen_finding_is_not_told() -> None:
    home = Home()
    home.sees(DEGRADED)
    home.register.freeze("nas")
    assert not pushes(home.wait(DAY / 4))
    assert kinds(home.sees(DEGRADED)) == ["escalated"]


@pytest.mark.parametrize(
    ("quiet", "minute", "is_quiet"),
    [
        ((1350, 450), 1349, False),
        ((1350, 450), 1350, True),
        ((1350, 450), 449, True),
        ((1350, 450), 450, False),
        ((60, 120), 59, False),
        ((60, 120), 119, True),
        ((60, 120), 120, False),
        (None, 0, False),
        ((60, 60), 60, False),
    ],
)
def test_the_quiet_hours(quiet: tuple[int, int] | None, minute: int, is_quiet: bool) -> None:
    settings = Settings(local=local, quiet=quiet)
    now = at(0, minute) + 30
    assert settings.is_quiet(now) is is_quiet
    end = settings.quiet_end(now)
    assert now < end <= now + DAY
    assert local(end)[1] == settings.digest_minute


def test_the_bucket_fills_with_time_that_passes_and_not_with_time_that_goes_back() -> None:
    bucket = Bucket()
    assert [bucket.take(NOON) for _ in range(21)] == [True] * 20 + [False]
    assert not bucket.take(NOON - DAY)
    assert not bucket.take(NOON - DAY + 100)
    assert bucket.take(NOON - DAY + 300)

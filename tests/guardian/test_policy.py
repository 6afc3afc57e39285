"""Who may, and what happens by itself."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Actor, Plan, Risk, Step
from custom_components.home_server_monitor.guardian.policy import (
    Act,
    Affairs,
    Mode,
    Policy,
    Settings,
    Standing,
    Window,
    looser,
)
from custom_components.home_server_monitor.guardian.remediation import DAY, HOUR, Record, State

from .fake import ADMIN, GUEST, REPAIRS, START

CHAT = Actor(kind="telegram", id="1:2")
RULES = Settings(automatic=frozenset({"scrub_overdue"}))
CALM = Affairs(now=START, mode=Mode.ACT, hold=False, installed=START - 8 * DAY)


def record(risk: Risk = Risk.LOW, **more: Any) -> Record:
    plan = Plan(
        action="start_scrub",
        target="tank",
        fingerprint="",
        steps=(Step(order="x"),),
        risk=risk,
        touches=frozenset({"pool:tank"}),
    )
    return Record(
        id="r", source="nas", action="start_scrub", target="tank", name="tank", rule="scrub_overdue", plan=plan,
        state=State.PROPOSED, created=START, expires=START + HOUR, proposed_by=ADMIN, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("actor", "risk", "settings", "key"),
    [
        (ADMIN, Risk.LOW, Settings(), None),
        (ADMIN, Risk.MEDIUM, Settings(), None),
        (ADMIN, Risk.HIGH, Settings(), "high_risk_needs_repairs"),
        (REPAIRS, Risk.HIGH, Settings(), None),
        (ADMIN, Risk.LOW, Settings(approvers=frozenset({"other"})), "not_an_approver"),
        (GUEST, Risk.LOW, Settings(), "not_an_approver"),
        (GUEST, Risk.LOW, Settings(approvers=frozenset({"guest"})), "not_an_approver"),
        (GUEST, Risk.LOW, Settings(low_approvers=frozenset({"guest"})), None),
        (GUEST, Risk.MEDIUM, Settings(low_approvers=frozenset({"guest"})), "not_an_approver"),
        (CHAT, Risk.LOW, Settings(), "not_an_approver"),
        (CHAT, Risk.MEDIUM, Settings(telegram=frozenset({"1:2"})), None),
        (CHAT, Risk.HIGH, Settings(telegram=frozenset({"1:2"})), "not_an_approver"),
        (Actor(kind="user", id="", admin=True), Risk.LOW, Settings(), "not_an_approver"),
        (Actor(kind="system", id="system", admin=True), Risk.LOW, Settings(), "not_an_approver"),
    ],
)
def test_who_may_approve(actor: Actor, risk: Risk, settings: Settings, key: str | None) -> None:
    refusal = Policy(settings).may_approve(record(risk), actor, Mode.ASK, hold=False, typed="tank")
    assert (refusal and refusal.key) == key


STANDING = Standing(id="s", action="start_scrub", selector="tank", by=ADMIN, at=START)


@pytest.mark.parametrize(
    ("affairs", "key"),
    [
        ({}, None),
        ({"hold": True}, "hold_is_on"),
        ({"mode": Mode.ASK}, "asks_first"),
        ({"mode": Mode.WATCH}, "asks_first"),
        ({"mode": Mode.WATCH, "standings": (STANDING,)}, "watch_only"),
        ({"mode": Mode.ASK, "standings": (STANDING,)}, None),
        ({"installed": START - 6 * DAY}, "observing_first"),
        ({"installed": START + DAY}, "observing_first"),
        ({"installed": START - 6 * DAY, "standings": (STANDING,)}, None),
        ({"obstacle": "pool_degraded"}, "pool_degraded"),
        ({"obstacle": "pool_degraded", "standings": (STANDING,)}, "pool_degraded"),
        ({"open_breakers": {"scrub_overdue"}}, "breaker_open"),
        ({"acts": [Act(START - 30 * 60, "nas tank", False)]}, "cooling_down"),
        ({"acts": [Act(START - 61 * 60, "nas tank", False)]}, None),
        ({"acts": [Act(START - 61 * 60, "nas tank", True)]}, "cooling_down"),
        ({"acts": [Act(START - 121 * 60, "nas tank", True)]}, None),
        ({"acts": [Act(START + 9 * HOUR, "nas tank", False)]}, "cooling_down"),
        ({"acts": [Act(START - h * HOUR, "nas tank", False) for h in (5, 10, 15)]}, "budget_spent"),
        ({"acts": [Act(START - h * HOUR, "nas tank", False) for h in (5, 10, 25)]}, None),
        ({"acts": [Act(START - 60, f"nas {n}", False) for n in range(5)]}, "budget_spent"),
        ({"acts": [Act(START - 60, f"nas {n}", False) for n in range(4)]}, None),
    ],
)
def test_what_happens_by_itself(affairs: dict[str, Any], key: str | None) -> None:
    refusal = Policy(RULES).may_run_automatically(record(), replace(CALM, **affairs))
    assert (refusal and refusal.key) == key


def test_only_low_risk_of_a_rule_that_is_allowed() -> None:
    policy = Policy(RULES)
    for each in (record(Risk.MEDIUM), replace(record(), rule="other"), replace(record(), rule="")):
        refusal = policy.may_run_automatically(each, CALM)
        assert refusal is not None
        assert refusal.key == "not_automatic"
    medium = record(Risk.MEDIUM)
    assert policy.may_run_automatically(medium, replace(CALM, standings=(STANDING,))) is None
    protected = Policy(replace(RULES, protected=frozenset({"pool:tank"})))
    assert protected.may_run_automatically(record(), CALM) is not None


def test_high_risk_is_approved_in_advance_only_as_one_exact_plan() -> None:
    policy, high = Policy(RULES), record(Risk.HIGH)
    exact = replace(STANDING, source=high.source, params=dict(high.params))
    for general in (
        STANDING,
        replace(exact, params=None),
        replace(exact, selector="*"),
        replace(exact, source="*"),
    ):
        assert policy.may_run_automatically(high, replace(CALM, standings=(general,))) is not None
    assert policy.may_run_automatically(high, replace(CALM, standings=(exact,))) is None


@pytest.mark.parametrize(
    ("change", "covers"),
    [
        ({}, True),
        ({"selector": "*"}, True),
        ({"selector": "other"}, False),
        ({"action": "reboot"}, False),
        ({"source": "nas"}, True),
        ({"source": "other"}, False),
        ({"rule": "scrub_overdue"}, True),
        ({"rule": "other"}, False),
        ({"params": {}}, True),
        ({"params": {"force": True}}, False),
        ({"revoked": "admin"}, False),
        ({"lapsed": "why"}, False),
    ],
)
def test_what_a_standing_approval_covers(change: dict[str, Any], covers: bool) -> None:
    assert replace(STANDING, **change).covers(record()) is covers


def test_windows() -> None:
    night = Window(frozenset({6}), 23 * 60, 2 * 60)
    assert night.holds(6, 23 * 60)
    assert night.holds(0, 60)
    assert not night.holds(0, 2 * 60)
    assert not night.holds(0, 23 * 60)
    day = Window(frozenset({0, 1}), 60, 120)
    assert day.holds(1, 60)
    assert not day.holds(1, 120)
    assert not day.holds(2, 90)
    policy = Policy(Settings(windows=(day,)), lambda now: (1, int(now)))
    assert policy.in_window(90)
    only = replace(STANDING, windows_only=True)
    affairs = replace(CALM, standings=(only,), now=START)
    refusal = policy.may_run_automatically(record(), affairs)
    assert refusal is not None
    assert refusal.key == "not_in_window"
    # 1970-01-01 was a Thursday
    assert Policy().local(0) == (3, 0)


def test_modes() -> None:
    assert looser(Mode.ACT, Mode.ASK)
    assert looser(Mode.ASK, Mode.WATCH)
    assert not looser(Mode.ASK, Mode.ASK)

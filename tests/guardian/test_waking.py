"""The table of what may wake people covers every rule, and holds to who may be woken."""

import ast
from pathlib import Path

from custom_components.home_server_monitor.guardian import waking
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.guardian.waking import AREAS, TABLE, waking_of

SOURCES = Path(waking.__file__).parent.parent / "sources"
OWN = {
    "source_lost",
    "journal_missing",
    "journal_failed",
    "standing_lapsed",
    "breaker_open",
    "nobody_approves",
    "options_gone",
    "phones_alike",
    "foreign_guardian",
    "clock_jumped",
    "watching_itself",
    "practice",
}
MAY_BE_CRITICAL = {
    # data loss under way, or one fault away without redundancy
    "pool_unavailable",
    "pool_unprotected",
    "pool_errors_lost",
    "scan_errors",
    "self_test_failed",
    "disk_failing",
    "disk_reports_failure",
    # a UPS that runs empty
    "ups_low",
    "ups_shutdown",
    # or nobody knows for how long it does not
    "ups_lost_on_battery",
    # and the plan for it, which tells of those
    "power_outage",
    # out of reach for ten minutes
    "source_lost",
}


def emitted(text: str) -> set[str]:
    """Return the rules that a module's calls name: every text in the value of `rule=`."""
    return {
        part.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg == "rule"
        for part in ast.walk(node.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def test_how_rules_are_read() -> None:
    assert emitted('make(rule="a" if lost else "b", object="c")\nFinding(rule="d")') == {"a", "b", "d"}


def test_every_rule_of_every_source_is_in_the_table() -> None:
    rules = set().union(*(emitted(path.read_text()) for path in SOURCES.glob("*/*.py")))
    assert len(rules) > 15, "the rules are read no more"
    assert rules <= TABLE.keys()


def test_the_guardians_own_rules_are_in_the_table() -> None:
    assert TABLE.keys() >= OWN


def test_what_may_ever_be_critical() -> None:
    assert {rule for rule, row in TABLE.items() if row.most is Severity.CRITICAL} == MAY_BE_CRITICAL


def test_a_rule_that_nobody_entered_wakes_nobody_at_night() -> None:
    assert waking_of("something_new").most < Severity.CRITICAL


def test_the_rows_make_sense() -> None:
    for rule, row in TABLE.items():
        assert row.area in AREAS, rule
        assert row.cause_of <= AREAS, rule
        assert row.covers <= TABLE.keys() - {rule}, rule
        assert row.hold >= 0 <= row.keep, rule
        assert row.cause_of or not row.cause, rule
        # what is critical is told at once anyway; what tells itself has a rhythm of its own
        assert not (row.at_once and row.most is Severity.CRITICAL) or row.self_told, rule
    assert not any("ups" in row.cause_of or "guardian" in row.cause_of for row in TABLE.values())

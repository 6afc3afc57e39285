"""What each rule of containers finds, how bad it says it is, what it proposes, and what it leaves alone."""

import ast
from collections.abc import Iterator
from dataclasses import replace
import re
from typing import Any

import pytest

from custom_components.home_server_monitor.edge.texts import TITLE
from custom_components.home_server_monitor.guardian.contract import Finding, Severity
from custom_components.home_server_monitor.guardian.waking import TABLE
from custom_components.home_server_monitor.sources.containers.aftermath import After
from custom_components.home_server_monitor.sources.containers.audit import Report
from custom_components.home_server_monitor.sources.containers.audit_case import Check, Grade
from custom_components.home_server_monitor.sources.containers.look import Look
from custom_components.home_server_monitor.sources.containers.model import (
    DiskUse,
    Image,
    Space,
    State,
    Volume,
)
from custom_components.home_server_monitor.sources.containers.quota import Measure

from ...ground.texts import placeholders
from ...ground.tree import PACKAGE, read_json
from .judged import (
    ENDED,
    EXAMPLES,
    GIB,
    LOOP,
    NAME,
    NOW,
    OOM,
    SICK,
    SINCE,
    UPDATED,
    container,
    engine,
    findings,
    kept,
    look,
    over,
)

TEXTS = read_json(PACKAGE / "translations/en.json")
ROOM = PACKAGE / "sources/containers"
# what fits beside the time in a notification on a phone
ON_A_PHONE = 40
SEVERITY = {
    "container_loop": Severity.HIGH,
    "container_ended": Severity.HIGH,
    "container_fails_since_update": Severity.HIGH,
    "container_unhealthy": Severity.HIGH,
    "container_out_of_memory": Severity.WARNING,
    "container_flapping": Severity.WARNING,
    "container_over_quota": Severity.WARNING,
    "container_leaks": Severity.WARNING,
    "host_link_full": Severity.WARNING,
}
PROPOSED = {
    "container_loop": "stop_container",
    "container_ended": "start_container",
    "container_fails_since_update": "roll_back_container",
    "data_newer_than_container": "roll_back_data",
    "container_unhealthy": "restart_container",
    "old_container_kept": "remove_kept_container",
    "container_over_quota": "limit_container",
    "container_leaks": "restart_container",
    "host_link_full": "pause_container",
}


def one(rule: str) -> Finding:
    """Return the finding of a rule's example."""
    (finding,) = [each for each in EXAMPLES[rule]() if each.rule == rule]
    return finding


def rules_of_the_code() -> Iterator[str]:
    """Yield every text in the files of rules that is the name of a rule with texts."""
    for path in ROOM.glob("*rules.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.keyword(arg="rule", value=ast.Constant(value=str(rule))):
                    yield rule
                case ast.Call(
                    func=ast.Name(id="_of_engine" | "_of_member"), args=[_, ast.Constant(value=str(rule)), *_]
                ):
                    yield rule
                case ast.Call(func=ast.Attribute(attr="about"), args=[ast.Constant(value=str(rule)), *_]):
                    yield rule


def words(finding: Finding) -> tuple[str, str]:
    """Return title and description as they are told."""
    filled = dict(finding.placeholders)
    if cause := finding.evidence.get("cause"):
        filled["cause"] = TEXTS["common"][f"cause_{cause}"].format(**filled)
    text = TEXTS["issues"][finding.rule]
    return text["title"].format(**filled), text["description"].format(**filled)


def test_every_rule_has_an_example_and_a_row_of_waking() -> None:
    found = set(rules_of_the_code())
    assert len(found) >= 10
    assert found == EXAMPLES.keys()
    assert found <= TABLE.keys()


@pytest.mark.parametrize("rule", EXAMPLES)
def test_an_example_is_of_its_rule_alone(rule: str) -> None:
    assert {each.rule for each in EXAMPLES[rule]()} == {rule}


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_finding_is_told(rule: str) -> None:
    title, description = words(one(rule))
    assert len(title) <= ON_A_PHONE <= TITLE, title
    assert not title.endswith((".", "!"))
    meaning, _, advice = description.partition("\n")
    assert re.fullmatch(r"[A-Z0-9].{10,}\.", meaning), "the first line says what it means for me"
    assert len(advice) > 10, "the second line says what is proposed"
    assert not re.search(r"None|\{|\?", title + description)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_what_a_rule_tells_is_said(rule: str) -> None:
    text = TEXTS["issues"][rule]
    said = placeholders(text["title"]) | placeholders(text["description"])
    finding = one(rule)
    assert said - {"cause"} <= finding.placeholders.keys()
    if "cause" in said:
        said |= placeholders(TEXTS["common"][f"cause_{finding.evidence['cause']}"])
    assert finding.placeholders.keys() - said <= {"name", "count"}


@pytest.mark.parametrize("rule", EXAMPLES)
def test_how_bad_it_is(rule: str) -> None:
    finding = one(rule)
    assert finding.severity is SEVERITY.get(rule, Severity.INFO)
    # the table cuts nothing off that a rule means
    assert finding.severity <= TABLE[rule].most


@pytest.mark.parametrize("rule", EXAMPLES)
def test_what_is_proposed(rule: str) -> None:
    found = one(rule).proposal
    assert (found.action if found else None) == PROPOSED.get(rule)
    if found:
        assert TABLE[rule].decision
        assert f"verb_{found.action}" in TEXTS["common"]
        assert f"what_{found.action}" in TEXTS["common"]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_nothing_is_judged_by_what_is_old(rule: str) -> None:
    """Each example, with a listing that is out of date."""
    state = State.EXITED if rule in ("container_ended", "container_out_of_memory") else State.RUNNING
    data = engine(container(state=state), stale=frozenset({"containers"}))
    looks = {"container_loop": LOOP, "container_ended": [look(0.0), ENDED], "container_unhealthy": [SICK]}
    assert not findings(data, *looks.get(rule, [look(0.0), OOM]))


def test_a_healthy_engine_has_no_findings() -> None:
    data = engine(
        container(),
        images={"sha256:1": Image(id="sha256:1", created=NOW)},
        disk=DiskUse(images=Space(10 * GIB, 4 * GIB)),
        volumes={"v": Volume(name="v", anonymous=True, refs=1, size=90 * GIB)},
        audit=Report(name="", open=()),
        audits={NAME: Report(name=NAME, open=(Check("endless_log", "", Grade.LOW),))},
        score=99,
    )
    assert not findings(data, look(0.0), look(60.0))


@pytest.mark.parametrize("policy", ["no", None])
def test_what_is_not_meant_to_stay_up_may_end(policy: str | None) -> None:
    data = engine(container(state=State.EXITED, restart_policy=policy))
    assert not findings(data, look(0.0), ENDED)


def test_what_was_stopped_by_hand_is_no_trouble() -> None:
    data = engine(container(state=State.EXITED))
    assert not findings(data, look(0.0), look(60.0, status="exited", exit_code=143))


TROUBLES: dict[str, list[Look]] = {
    "container_loop": LOOP,
    "container_ended": [look(0.0), ENDED],
    "container_unhealthy": [SICK],
    "container_out_of_memory": [look(0.0), OOM],
}


@pytest.mark.parametrize("rule", TROUBLES)
def test_after_an_update_going_back_is_proposed_while_the_old_one_is_there(rule: str) -> None:
    """One problem is told once, as what fails since the update; its plain rule says nothing then."""
    gone = {**SINCE, "kept": frozenset[str]()}
    for more, action in ((SINCE, "roll_back_container"), (gone, PROPOSED.get(rule))):
        (finding,) = findings(engine(container()), *TROUBLES[rule], **more)
        assert finding.rule == "container_fails_since_update"
        assert (finding.proposal and finding.proposal.action) == action
        assert finding.placeholders["ago"] == "40 min"
        assert "40 min" in words(finding)[1]


@pytest.mark.parametrize("rule", TROUBLES)
def test_outside_the_window_no_update_is_blamed(rule: str) -> None:
    """Nor is it for another container that has the name since."""
    other = {NAME: replace(UPDATED, container="f" * 64)}
    for after in (After(), After(watched=other)):
        (finding,) = findings(engine(container()), *TROUBLES[rule], after=after, kept=frozenset({NAME}))
        assert finding.rule == rule
        assert (finding.proposal and finding.proposal.action) == PROPOSED.get(rule)


def test_one_restart_is_enough_and_what_lives_in_its_network_goes_back_with_it() -> None:
    follower = {NAME: replace(UPDATED, wanted="gluetun")}
    more: dict[str, Any] = {"after": After(watched=follower), "kept": frozenset({"gluetun"})}
    (finding,) = findings(engine(container()), look(0.0), look(60.0, restarts=1), **more)
    assert (finding.severity, finding.evidence["cause"]) == (Severity.WARNING, "restarted")
    assert finding.proposal is not None
    assert finding.proposal.target == "gluetun"
    assert not findings(engine(container()), look(0.0), look(60.0, restarts=1), kept=frozenset({NAME}))


def test_an_application_that_fell_silent() -> None:
    """Only while it runs: what was stopped on purpose has nothing to say."""
    silent = replace(SINCE["after"], silent=frozenset({NAME}))
    more = {**SINCE, "after": silent}
    (finding,) = findings(engine(container()), look(0.0), look(60.0), **more)
    assert finding.evidence["cause"] == "no_answer"
    stopped = look(60.0, status="exited", exit_code=143)
    assert not findings(engine(container(state=State.EXITED)), look(0.0), stopped, **more)
    assert not findings(engine(container()), look(0.0), look(60.0), **SINCE)


def test_what_is_well_after_its_update_is_not_told() -> None:
    assert not findings(engine(container()), look(0.0), look(60.0), **SINCE)


def test_an_old_container_is_kept_for_a_week_without_a_word() -> None:
    assert not findings(kept(6))
    assert findings(kept(7))


def test_only_a_whole_audit_is_told() -> None:
    (finding,) = EXAMPLES["engine_audit"]()
    assert finding.placeholders == {"name": "media", "score": "60", "count": "1", "serious": "1"}
    data = engine(
        container(), audit=Report(name="", open=()), audits={NAME: Report(name=NAME, open=())}, score=100
    )
    bad = Report(name=NAME, open=(Check("privileged", "5.5", Grade.CRITICAL),))
    assert not findings(data)
    assert not findings(replace(data, audits={NAME: bad}, score=None))
    assert not findings(replace(data, audits={NAME: Report(name=NAME, open=(), accepted=bad.open)}))


@pytest.mark.parametrize(
    ("measure", "value", "limit", "host", "action", "lines"),
    [
        (Measure.CPU, 187.0, 100.0, {}, "limit_container", "cpus: 1"),
        # there is no such limit any more: the next step
        (Measure.CPU, 390.0, 400.0, {}, "restart_container", "cpus: 4"),
        (Measure.MEMORY, 1.5 * GIB, GIB, {}, "limit_container", "mem_limit: 1024m, memswap_limit: 1024m"),
        (
            Measure.MEMORY,
            1.5 * GIB,
            GIB,
            {"Memory": 2**29},
            "restart_container",
            "mem_limit: 1024m, memswap_limit: 1024m",
        ),
        (Measure.PIDS, 900.0, 500.0, {}, "limit_container", "pids_limit: 500"),
        (Measure.RESTARTS, 7.0, 5.0, {}, "stop_container", "restart: on-failure:5"),
        # the engine cannot limit it: a pause that ends by itself
        (Measure.NETWORK, 90e6, 12.5e6, {}, "pause_container", "-"),
        # what is written stays written
        (Measure.LOG, 50_000.0, 11_574.0, {}, None, 'logging:, options:, max-size: "10m", max-file: "3"'),
    ],
)
def test_the_ladder_of_a_quota(
    measure: Measure, value: float, limit: float, host: dict[str, int], action: str | None, lines: str
) -> None:
    (finding,) = findings(engine(container()), over={NAME: over(measure, value, limit, host)})
    assert (finding.proposal.action if finding.proposal else None) == action
    if action == "pause_container":
        assert finding.proposal is not None
        assert finding.proposal.params == {"minutes": 60}
    assert finding.placeholders["lines"] == lines
    title, description = words(finding)
    assert len(title) <= ON_A_PHONE
    assert "{" not in description

"""Texts whose keys are computed: of findings, entities, actions and refusals."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.edge.actions import ACTIONS
from custom_components.home_server_monitor.edge.entities import NUMBERS
from custom_components.home_server_monitor.edge.texts import Texts
from custom_components.home_server_monitor.edge.views import risk_text
from custom_components.home_server_monitor.guardian.contract import ForAWhile, Outcome, Plan, Risk, Step
from custom_components.home_server_monitor.plays.disk_risk.entities import (
    BINARY as DISK_PROBLEMS,
    SENSORS as OF_DISKS,
)
from custom_components.home_server_monitor.plays.power_plan.showing import VALUES as OF_POWER
from custom_components.home_server_monitor.plays.tiering.showing import OF_HOLD, OF_ROOM, SWITCH
from custom_components.home_server_monitor.plays.uplink.entities import LINE, RATES as OF_THE_LINE, SPARED
from custom_components.home_server_monitor.service_tables import ACTS, LISTINGS, PREVIEW
from custom_components.home_server_monitor.sources.arr.entities import TABLES as OF_ARRS
from custom_components.home_server_monitor.sources.containers.entities import TABLES as OF_CONTAINERS
from custom_components.home_server_monitor.sources.downloads.entities import TABLES as OF_DOWNLOADS
from custom_components.home_server_monitor.sources.plex.entities import TABLES as OF_PLEX
from custom_components.home_server_monitor.sources.smart.entities import TABLES as OF_SMART
from custom_components.home_server_monitor.sources.truenas.entities import TABLES as OF_TRUENAS
from custom_components.home_server_monitor.sources.ups.entities import TABLES as OF_UPS

from .ground.texts import actions, placeholders
from .ground.tree import PACKAGE, read_json
from .sources.truenas.build import EXAMPLES

TEXTS = read_json(PACKAGE / "translations/en.json")
TRUENAS = PACKAGE / "sources/truenas"
# what fits beside the time in a notification on a phone
TITLE = 40


def syntax(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def literals(node: ast.expr | None) -> set[str]:
    """Return the strings that an expression can be."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return literals(body) | literals(orelse)
        case ast.Lambda(body=body):
            return literals(body)
    return set()


def rules_of_the_code() -> set[str]:
    """Return every rule that the files of rules can name, where it is used or chosen."""
    nodes = [node for path in TRUENAS.glob("*rules.py") for node in syntax(path)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    named = [each.value for call in calls for each in call.keywords if each.arg == "rule"]
    chosen = [
        node.value.elts[0]
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Tuple)
        and "rule" in {each.id for each in ast.walk(node.targets[0]) if isinstance(each, ast.Name)}
    ]
    return set().union(*(literals(value) for value in [*named, *chosen]))


def refusals_of_the_code() -> set[str]:
    """Return every key with which an action can refuse, written out or computed."""
    found: set[str] = set()
    for path in (*TRUENAS.glob("*.py"), *(PACKAGE / "guardian").glob("*.py")):
        for node in syntax(path):
            match node:
                case ast.Call(func=ast.Name(id="Refusal"), args=[key, *_]):
                    found |= literals(key)
                case ast.keyword(arg="allowed", value=value):
                    found |= literals(value)
                case ast.FunctionDef(name=name) if name.startswith("_may_") or name == "refusal":
                    returned = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
                    found |= set().union(*(literals(each.value) for each in returned))
    return found


def test_every_rule_has_an_example() -> None:
    found = rules_of_the_code()
    assert len(found) > 15
    assert found == EXAMPLES.keys()


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_finding_is_told(rule: str) -> None:
    (finding,) = [each for each in EXAMPLES[rule]() if each.rule == rule]
    title = TEXTS["issues"][rule]["title"].format(**finding.placeholders)
    description = TEXTS["issues"][rule]["description"].format(**finding.placeholders)

    assert len(title) <= TITLE, title
    assert not title.endswith((".", "!"))
    meaning, _, proposal = description.partition("\n")
    assert re.fullmatch(r"[A-Z].{10,}\.", meaning), "the first line says what it means for me"
    assert len(proposal) > 10, "the second line says what is proposed"
    assert "None" not in title + description


@pytest.mark.parametrize("rule", EXAMPLES)
def test_what_a_rule_tells_is_said(rule: str) -> None:
    """A placeholder that no text uses would be lost on the person."""
    (finding,) = [each for each in EXAMPLES[rule]() if each.rule == rule]
    said = placeholders(TEXTS["issues"][rule]["title"]) | placeholders(TEXTS["issues"][rule]["description"])
    assert said <= finding.placeholders.keys()
    assert finding.placeholders.keys() - said <= {"kind", "status"}


def test_every_refusal_is_told() -> None:
    keys = refusals_of_the_code()
    assert {"own_path", "target_changed", "scan_running", "nothing_to_upgrade", "snapshot_held"} <= keys
    keys |= {f"action_{outcome}" for outcome in Outcome if outcome is not Outcome.SUCCEEDED}
    assert not keys - TEXTS["exceptions"].keys()


@pytest.mark.parametrize("key", sorted(refusals_of_the_code()))
def test_a_refusal_uses_what_it_is_given(key: str) -> None:
    given = {
        "own_path": {"target", "reason"},
        "already_decided": {"state"},
        "breaker_open": {"rule"},
        "approver_gone": {"who"},
        "container_state": {"target", "state"},
        "snapshot_missing": {"target", "dataset"},
        "data_not_back": {"target", "dataset"},
        "data_shared": {"target", "dataset", "other"},
        "newer_snapshots": {"target", "dataset", "names", "count"},
    }.get(key, {"target"})
    assert placeholders(TEXTS["exceptions"][key]["message"]) <= given


GUARDIAN = {
    "sensor": {
        *(number.key for number in NUMBERS),
        LINE,
        *(rate.key for rate in OF_THE_LINE),
        *(value.key for value in OF_POWER),
    },
    "binary_sensor": {"problem", SPARED, "power_runtime_short"},
    "event": {"alerts"},
    "select": {"mode"},
    "switch": {"hold", SWITCH},
    "button": {"practise"},
}


def described() -> Iterator[tuple[str, str, Any, set[str]]]:
    """Yield platform, text key, description and placeholders of every entity that has a name of its own."""
    for platform, tables in (
        *OF_TRUENAS.items(),
        *OF_CONTAINERS.items(),
        *OF_SMART.items(),
        *OF_ARRS.items(),
        *OF_DOWNLOADS.items(),
        *OF_PLEX.items(),
        *OF_UPS.items(),
    ):
        for table in tables:
            named = {"name"} if table.kind in ("dataset", "service", "interface", "certificate") else set()
            named = {"root": {"path"}, "library": {"library"}}.get(table.kind, named)
            for each in table.descriptions:
                key = each.translation_key or (None if each.device_class else each.key)
                if key is not None:
                    yield platform.value, key, each, named
    for own, descriptions in (
        ("sensor", OF_DISKS),
        ("binary_sensor", DISK_PROBLEMS),
        ("sensor", (*OF_ROOM, *OF_HOLD)),
    ):
        for each in descriptions:
            yield own, each.translation_key or each.key, each, set()


def test_every_entity_has_a_name() -> None:
    wanted: dict[str, set[str]] = {}
    for platform, key, _, named in described():
        wanted.setdefault(platform, set()).add(key)
        assert placeholders(TEXTS["entity"][platform][key]["name"]) == named, key
    for platform, names in GUARDIAN.items():
        wanted.setdefault(platform, set()).update(names)
    assert wanted == {platform: set(names) for platform, names in TEXTS["entity"].items()}


def test_every_state_has_a_text() -> None:
    for platform, key, each, _ in described():
        if options := getattr(each, "options", None):
            assert set(TEXTS["entity"][platform][key]["state"]) == set(options), key


def test_a_translated_unit_is_the_only_one() -> None:
    for platform, key, each, _ in described():
        if "unit_of_measurement" in TEXTS["entity"][platform][key]:
            assert each.native_unit_of_measurement is None, key


def test_icons_of_entities() -> None:
    icons = read_json(PACKAGE / "icons.json")["entity"]
    without = [
        f"{platform}.{key}"
        for platform, key, each, _ in described()
        if each.device_class is None and key not in icons.get(platform, {})
    ]
    assert not without


def test_actions_are_described_as_they_are_registered() -> None:
    registered = {row.name: row.fields for row in ACTS} | {row.name: row.fields for row in LISTINGS}
    of_devices = {*registered, "preview"}
    registered |= {name: fields for name, _, fields, _ in ACTIONS} | {"preview": PREVIEW}
    written = actions(PACKAGE / "services.yaml")
    assert registered.keys() == written.keys()
    for name, fields in registered.items():
        have = written[name]["fields"]
        on = "device_id" if name in of_devices else "server"
        assert {on, *map(str, fields)} == set(have), name
        assert have[on].get("required", False) is (name in of_devices)
        for marker in fields:
            body = have[str(marker)]
            assert body.get("required", False) is (type(marker).__name__ == "Required"), f"{name}.{marker}"
            default = getattr(marker, "default", None)
            assert body.get("default") == (default() if callable(default) and default() is not ... else None)


async def test_a_risk_is_said_by_what_is_done(hass: HomeAssistant) -> None:
    """A setting that stays is no change for a while, and an interruption is none for good."""
    texts = Texts(hass)
    await texts.async_load()
    given: dict[str, Any] = {"action": "any", "target": "", "fingerprint": ""}
    lent = Step(order="pause", lease=ForAWhile(setting="paused", target="", value=True, lasts=60))
    said = {
        risk_text(texts, Plan(**given, steps=steps, risk=risk, takes_away=takes_away))
        for steps, risk, takes_away in (
            ([], Risk.LOW, False),
            ([], Risk.MEDIUM, False),
            ([], Risk.MEDIUM, True),
            ([lent], Risk.MEDIUM, True),
            ([lent], Risk.HIGH, True),
        )
    }
    assert said == {
        TEXTS["common"][f"risk_{key}"] for key in ("low", "medium", "medium_away", "medium_lent", "high")
    }

"""The blueprints as files, and what may be wrong with one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.errors import BlueprintException
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.util.yaml import load_yaml
from homeassistant.util.yaml.input import extract_inputs

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "blueprints" / "automation" / "home_server_monitor"
FILES = sorted(FOLDER.glob("*.yaml"))
NAMES = [path.stem for path in FILES]
REPOSITORY = "https://github.com/home-server-monitor/home-server-monitor"
MIN_VERSION = "2026.10.0"


def source_url(name: str) -> str:
    """Return the address from which a blueprint is imported."""
    return f"{REPOSITORY}/blob/main/blueprints/automation/home_server_monitor/{name}.yaml"


def load(name: str) -> dict[str, Any]:
    """Return a blueprint as Home Assistant's loader reads it."""
    data = load_yaml(str(FOLDER / f"{name}.yaml"))
    assert isinstance(data, dict)
    return data


def sections(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sections of a blueprint by name."""
    yield from data["blueprint"]["input"].items()


def flaws(name: str, data: dict[str, Any]) -> list[str]:
    """Return everything that is wrong with a blueprint, in words."""
    try:
        blueprint = Blueprint(
            data, expected_domain="automation", path=f"{name}.yaml", schema=AUTOMATION_BLUEPRINT_SCHEMA
        )
    except BlueprintException as err:
        return [str(err)]
    found = list(blueprint.validate() or [])
    head = data["blueprint"]
    if head.get("source_url") != source_url(name):
        found.append("source_url does not lead to this file")
    if head.get("homeassistant", {}).get("min_version") != MIN_VERSION:
        found.append("min_version is not the oldest supported one")
    if not head.get("description"):
        found.append("no description")
    given = set()
    for key, section in sections(data):
        if "input" not in section:
            found.append(f"{key} stands in no section")
            continue
        found += [
            f"section {key} has no {what}"
            for what in ("name", "icon", "description")
            if not section.get(what)
        ]
        for field, about in section["input"].items():
            given.add(field)
            found += [
                f"{field} has no {what}" for what in ("name", "description", "selector") if what not in about
            ]
            if section.get("collapsed") and "default" not in about:
                found.append(f"{field} is hidden in a collapsed section and has no default")
    body = {key: value for key, value in data.items() if key != "blueprint"}
    found += [f"{field} is asked for and not used" for field in sorted(given - extract_inputs(body))]
    return found

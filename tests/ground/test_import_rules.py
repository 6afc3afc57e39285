"""The rules of who may import whom hold for the tree, and every one of them can fail."""

from pathlib import Path

import pytest

from . import rules
from .tree import PACKAGE, modules

HOUSE = {
    "__init__.py": "from homeassistant.core import HomeAssistant\nfrom . import plays\nfrom .plays.uplink import Uplink",
    "const.py": "from typing import Final",
    "coordinator.py": "from homeassistant.helpers import update_coordinator",
    "history.py": "from homeassistant.helpers.storage import Store",
    "sensor.py": "from .sources import KINDS\nfrom .sources.ups.entities import SENSORS",
    "sources/__init__.py": "from . import ups, plex\nfrom .ups import KIND",
    "sources/errors.py": "class CannotConnect(Exception): ...",
    "sources/kind.py": "from homeassistant.const import Platform",
    "sources/ups/__init__.py": "import homeassistant\nfrom ..kind import ServiceKind\nfrom .client import UpsClient",
    "sources/ups/client.py": "from ...const import A\nfrom ..errors import CannotConnect\nfrom .model import Ups",
    "sources/ups/model.py": "from dataclasses import dataclass",
    "sources/ups/rules.py": "from ...guardian.contract import Finding\nfrom .model import Ups",
    "sources/ups/coordinator.py": "from homeassistant import core\nfrom ...coordinator import C\nfrom . import client",
    "sources/ups/entities.py": "from homeassistant.components.sensor import SensorEntityDescription",
    "sources/plex/__init__.py": "",
    "sources/plex/model.py": "",
    "sources/plex/client.py": "",
    "guardian/__init__.py": "",
    "guardian/contract.py": "from dataclasses import dataclass",
    "guardian/capabilities.py": "from .contract import Plan",
    "guardian/house.py": "from homeassistant.core import HomeAssistant\nfrom .alerts import Alerts",
    "guardian/alerts.py": "from . import contract",
    "plays/__init__.py": "from . import uplink",
    "plays/uplink.py": "from ..sources.plex.model import S\nfrom ..guardian.house import House\nimport homeassistant",
    "prediction/__init__.py": "",
    "prediction/model.py": "import gzip",
}


def house(folder: Path, changes: dict[str, str]) -> Path:
    """Write a small integration that keeps every rule, with `changes`."""
    for name, source in (HOUSE | changes).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def test_the_tree_keeps_the_rules() -> None:
    assert not rules.broken(PACKAGE)


def test_a_tree_that_keeps_the_rules(tmp_path: Path) -> None:
    assert not rules.broken(house(tmp_path, {}))


BREAKS = [
    ("free_of_home_assistant", "sources/ups/client.py", "import homeassistant.const"),
    ("free_of_home_assistant", "sources/ups/model.py", "def f():\n    from homeassistant.util import dt"),
    (
        "free_of_home_assistant",
        "sources/ups/rules.py",
        "if TYPE_CHECKING:\n    from homeassistant import core",
    ),
    ("free_of_home_assistant", "sources/ups/wire/frames.py", "import homeassistant"),
    ("free_of_home_assistant", "prediction/model.py", "from homeassistant.core import HomeAssistant"),
    ("free_of_home_assistant", "guardian/__init__.py", "import homeassistant"),
    ("free_of_home_assistant", "guardian/alerts.py", "import homeassistant.core as core"),
    ("free_of_it_at_second_hand", "sources/ups/client.py", "from .coordinator import UpsCoordinator"),
    ("free_of_it_at_second_hand", "sources/ups/client.py", "from ...history import DailyHistory"),
    ("free_of_it_at_second_hand", "guardian/alerts.py", "from .. import history"),
    ("free_of_it_at_second_hand", "sources/ups/model.py", "from ... import DOMAIN"),
    ("free_of_it_at_second_hand", "sources/ups/model.py", "from ..kind import ServiceKind"),
    ("sources_keep_apart", "sources/ups/rules.py", "from ..plex.model import Session"),
    ("sources_keep_apart", "sources/ups/coordinator.py", "from .. import plex"),
    ("sources_keep_apart", "sources/ups/__init__.py", "from ..plex import KIND"),
    ("sources_keep_apart", "sources/ups/entities.py", "from .. import KINDS"),
    (
        "sources_keep_apart",
        "sources/ups/flow.py",
        "import custom_components.home_server_monitor.sources.plex.client as c",
    ),
    ("sources_take_the_contract", "sources/ups/rules.py", "from ...guardian.alerts import Alerts"),
    ("sources_take_the_contract", "sources/ups/coordinator.py", "from ...guardian import house"),
    ("guardian_knows_no_source", "guardian/alerts.py", "from ..sources.ups.model import Ups"),
    ("guardian_knows_no_source", "guardian/house.py", "from ..sources.kind import ServiceKind"),
    ("guardian_knows_no_source", "guardian/house.py", "from ..plays import uplink"),
    ("plays_take_models", "plays/uplink.py", "from ..sources.plex.client import PlexClient"),
    ("plays_take_models", "plays/uplink.py", "from ..sources import KINDS"),
    ("only_setup_takes_plays", "sensor.py", "from .plays.uplink import Uplink"),
    ("only_setup_takes_plays", "sources/ups/rules.py", "from ...plays import uplink"),
    ("platforms_take_tables", "sensor.py", "from .sources.ups.client import UpsClient"),
    ("platforms_take_tables", "binary_sensor.py", "from .sources.ups import client"),
]


@pytest.mark.parametrize(("rule", "name", "source"), BREAKS)
def test_a_break_is_found(tmp_path: Path, rule: str, name: str, source: str) -> None:
    found = rules.broken(house(tmp_path, {name: source}))
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert any(complaint.startswith(f"{rule}: {module}:") for complaint in found), found


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule.__name__ for rule in rules.RULES} == {rule for rule, _, _ in BREAKS}


def test_which_files_are_to_be_free(tmp_path: Path) -> None:
    free = {
        module.name
        for module in modules(house(tmp_path, {})).values()
        if rules.knows_no_home_assistant(module)
    }
    assert free == {
        "sources.ups.client",
        "sources.ups.model",
        "sources.ups.rules",
        "sources.plex.model",
        "sources.plex.client",
        "guardian",
        "guardian.contract",
        "guardian.capabilities",
        "guardian.alerts",
        "prediction",
        "prediction.model",
    }

"""Trains, judges and exports the disk model that the integration ships; see docs/prediction.md."""

import importlib.util
from pathlib import Path
import sys
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "custom_components" / "home_server_monitor"


def _stand_in() -> None:
    """Make `prediction` importable without Home Assistant, which the integration's own package imports."""
    name = "custom_components.home_server_monitor"
    if name in sys.modules or importlib.util.find_spec("homeassistant") is not None:
        return
    for each, path in (("custom_components", PACKAGE.parent), (name, PACKAGE)):
        module = ModuleType(each)
        module.__path__ = [str(path)]
        sys.modules[each] = module


_stand_in()

"""What writes and asks nobody is called from one place only."""

import ast
from pathlib import Path

import pytest

from .tree import PACKAGE, modules

# methods of capabilities that write, and who may call them: what runs a step that was approved
WRITES = {
    "snapshot_dataset",
    "roll_back_dataset",
    "set_leased",
}
RUNNERS = {
    ("guardian", "runner"),
    ("guardian", "remediation"),
    ("guardian", "leases"),
    # hands on a step of an update, which the runner sends
    ("plays", "safe_update"),
}


def calls(package: Path) -> list[str]:
    """Return where a write is taken from an object, by its name or by a string of it, outside the runners."""
    return [
        f"{module.name}:{node.lineno}"
        for module in modules(package).values()
        if module.parts not in RUNNERS
        for node in ast.walk(module.syntax)
        if (isinstance(node, ast.Attribute) and node.attr in WRITES)
        or (isinstance(node, ast.Constant) and node.value in WRITES)
    ]


def test_only_the_runner_calls_what_writes() -> None:
    assert calls(PACKAGE) == []


@pytest.mark.parametrize(
    "source",
    [
        "async def act(nas):\n    await nas.snapshot_dataset('tank', 'x')",
        "def act(nas):\n    return getattr(nas, 'snapshot_dataset')",
        "def act(house):\n    found = house.source.snapshot_dataset",
    ],
)
def test_a_call_is_found(tmp_path: Path, source: str) -> None:
    (tmp_path / "services.py").write_text(source)
    assert calls(tmp_path) == ["services:2"]
    (tmp_path / "guardian").mkdir()
    (tmp_path / "services.py").rename(tmp_path / "guardian" / "runner.py")
    assert calls(tmp_path) == []

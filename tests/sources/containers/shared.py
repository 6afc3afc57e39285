"""What real engines answered, where it is at hand: tests read it and skip, loudly, where it is not."""

import json
from pathlib import Path
from typing import Any

import pytest

_WHERE = Path("shared/data/docker")
# beside the repository, or beside the folder that holds it
DATA = next((up / _WHERE for up in Path(__file__).resolve().parents if (up / _WHERE).is_dir()), _WHERE)
ENGINES = (
    "docker-20.10.24-cgroup1-overlay2",
    "docker-28.5.2-cgroup1-overlay2",
    "docker-28.5.2-cgroup1-containerd-min144",
    "docker-28.5.2-cgroup2-vm",
    "podman-4.3.1-runc",
    "podman-5.8.6-runc",
)
DOCKERS = tuple(engine for engine in ENGINES if engine.startswith("docker"))
INSPECTED = ("web", "dep", "crash", "sick", "limit", "web_stopped_renamed", "web_naive_recreated")


def recorded(engine: str, name: str) -> Any:
    """Return a recorded reply of an engine."""
    return _load(DATA / "recorded" / engine / f"{name}.json")


def from_a_peer(name: str) -> Any:
    """Return an inspection that another project tests with, made by a real engine."""
    return _load(DATA / "watchtower_mocks" / f"{name}.json")


def _load(path: Path) -> Any:
    if not path.exists():
        pytest.skip(f"NOT CHECKED against a real reply: {path} is not on this machine")
    return json.loads(path.read_text())

"""What changed on an engine, whoever changed it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.changes import Comparing
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Containers,
    Image,
    Limits,
    Mount,
    State,
)
from custom_components.home_server_monitor.sources.containers.view import shown
from tests.ground.texts import placeholders
from tests.ground.tree import PACKAGE, read_json

from .judged import ENGINE, INSTANCE, NAME, NOW, SOURCE, container

TEXTS = read_json(PACKAGE / "translations/en.json")["common"]
WHOLE = frozenset({"containers", "images"})
IMAGES = {
    "sha256:1": Image(id="sha256:1", version="4.0.1"),
    "sha256:2": Image(id="sha256:2", version="4.0.9"),
}
BEFORE = container(inspected=True, started=NOW)
ANEW = replace(BEFORE, id="b" * 64, started=NOW + timedelta(minutes=5))
OTHER = container(id="d" * 64, name="plex", inspected=True, started=NOW)


def snapshot(*containers: Container, elsewhere: str = "", **more: Any) -> Containers:
    """Return a whole snapshot of these containers; one of them, by id, may be another source's."""
    data = Containers(
        **{
            "engine": ENGINE,
            "containers": {each.name: each for each in containers},
            "images": IMAGES,
            "complete": WHOLE,
            **more,
        }
    )
    return replace(data, shown=shown(data, frozenset({elsewhere}), {}, {}))


def told(*snapshots: Containers) -> list[str]:
    """Return the keys of all that is told, snapshot by snapshot; the first one tells nothing."""
    comparing = Comparing(SOURCE)
    assert not comparing.take(snapshots[0])
    return [change.key for each in snapshots[1:] for change in comparing.take(each)]


# by key, what is there then, and the object that it is told of
CASES: dict[str, tuple[Containers, str]] = {
    "container_image": (snapshot(replace(ANEW, image_id="sha256:2")), f"member:{SOURCE}:{NAME}"),
    "container_recreated": (snapshot(ANEW), f"member:{SOURCE}:{NAME}"),
    "container_settings": (
        snapshot(replace(BEFORE, restart_policy="no", limits=Limits(memory=1))),
        f"member:{SOURCE}:{NAME}",
    ),
    "container_added": (snapshot(BEFORE, OTHER), f"member:{SOURCE}:plex"),
    "container_removed": (snapshot(), f"member:{SOURCE}:{NAME}"),
    "engine_version": (snapshot(BEFORE, engine=replace(ENGINE, version="29.0.0")), f"host:{SOURCE}"),
}


@pytest.mark.parametrize("key", CASES)
def test_a_change_is_told_once(key: str) -> None:
    after, node = CASES[key]
    comparing = Comparing(SOURCE)
    comparing.take(snapshot(BEFORE))
    (change,) = comparing.take(after)
    assert (change.key, change.object) == (key, node)
    assert placeholders(TEXTS[f"change_{key}"]) == change.placeholders.keys()
    assert not comparing.take(after)


def test_an_image_is_named_by_its_version_and_a_setting_by_its_name() -> None:
    comparing = Comparing(SOURCE)
    comparing.take(snapshot(BEFORE))
    changed = replace(ANEW, image_id="sha256:2", mounts=(Mount("bind", "/a", None, "/b", True),))
    image, settings = comparing.take(snapshot(changed))
    assert (image.placeholders["old"], image.placeholders["new"]) == ("4.0.1", "4.0.9")
    assert settings.placeholders["settings"] == "mounts"


def test_every_change_has_a_text_and_every_text_a_change() -> None:
    ours = ("change_container_", "change_engine_")
    assert {key for key in TEXTS if key.startswith(ours)} == {
        f"change_{key}" for key in (*CASES, "engine_restarted")
    }


def test_an_engine_that_restarts_starts_all_of_its_containers() -> None:
    """One that is started anew says nothing of the engine, nor do all, one by one over hours."""
    hour = timedelta(hours=1)
    both = snapshot(BEFORE, OTHER)
    one = snapshot(replace(BEFORE, started=NOW + hour), OTHER)
    slowly = snapshot(replace(BEFORE, started=NOW + hour), replace(OTHER, started=NOW + 3 * hour))
    assert told(both, one, slowly) == []
    down = snapshot(replace(BEFORE, state=State.EXITED), replace(OTHER, state=State.EXITED))
    up = snapshot(*(replace(each, started=NOW + 5 * hour) for each in (BEFORE, OTHER)))
    assert told(both, down, up, up) == ["engine_restarted"]
    # looked at one by one
    half = snapshot(replace(BEFORE, started=NOW + 5 * hour), OTHER)
    assert told(both, half, up, up) == ["engine_restarted"]


def test_an_update_under_way_is_no_removal() -> None:
    """For a moment nobody has the name; what stands aside says that somebody will."""
    parked = replace(BEFORE, name=f"{NAME}-hsm-{INSTANCE}-old-1", state=State.EXITED, restart_policy="no")
    new = replace(ANEW, image_id="sha256:2", inspected=False, restart_policy=None)
    assert told(
        snapshot(BEFORE),
        snapshot(replace(new, name=f"{NAME}-hsm-{INSTANCE}-new-1", state=State.CREATED), parked),
        snapshot(new, parked),
        snapshot(replace(new, inspected=True, restart_policy="unless-stopped"), parked),
    ) == ["container_image"]


@pytest.mark.parametrize(
    "after",
    [
        snapshot(replace(BEFORE, image="sha256:1")),
        snapshot(replace(BEFORE, state=State.EXITED)),
        snapshot(stale=frozenset({"containers"}), complete=frozenset()),
        # a listing of which a record could not be read lacks what is there
        snapshot(complete=frozenset()),
        # the NAS tells of what is its own
        snapshot(replace(ANEW, image_id="sha256:2"), elsewhere=ANEW.id),
        # images that nobody named come and go with their containers
        snapshot(replace(BEFORE, mounts=(Mount("volume", "/v", "e" * 64, "/data", True),))),
    ],
)
def test_what_is_no_change(after: Containers) -> None:
    assert told(snapshot(BEFORE), after, after) == []

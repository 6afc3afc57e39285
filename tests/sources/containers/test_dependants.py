"""Which containers are created anew after another one, and in which order."""

from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.dependants import dependants_of
from custom_components.home_server_monitor.sources.containers.merge import resolved
from custom_components.home_server_monitor.sources.containers.model import Container
from custom_components.home_server_monitor.sources.containers.parse import inspected

from .shared import DOCKERS, recorded


def container(name: str, *joins: str, **more: Any) -> Container:
    values: dict[str, Any] = {
        "image": "x",
        "image_id": None,
        "state": None,
        "id": f"id-{name}",
        "joins": joins,
    }
    return Container(name=name, **values | more)


GLUETUN = container("gluetun")


def names(*containers: Container) -> list[str]:
    return [each.name for each in dependants_of([GLUETUN, *containers], GLUETUN)]


def test_what_uses_its_network() -> None:
    found = names(container("sonarr"), container("qbittorrent", "gluetun"), container("by-id", "id-gluetun"))
    assert found == ["by-id", "qbittorrent"]


def test_what_uses_it_through_another_one_comes_after_that() -> None:
    assert names(container("a", "b"), container("b", "gluetun"), container("c", "id-a")) == ["b", "a", "c"]


def test_what_waits_for_a_service_comes_after_it() -> None:
    found = names(
        container("a", "gluetun", project="media", service="a", depends_on=("z",)),
        container("b", "gluetun", project="other", service="b", depends_on=("z",)),
        container("z", "gluetun", project="media", service="z"),
    )
    assert found == ["b", "z", "a"]


def test_a_circle_is_cut() -> None:
    found = names(
        container("a", "gluetun", project="p", service="a", depends_on=("b",)),
        container("b", "gluetun", project="p", service="b", depends_on=("a",)),
    )
    assert found == ["a", "b"]


def test_nothing_depends_on_itself() -> None:
    alone = container("gluetun", "gluetun")
    assert dependants_of([alone], alone) == ()


@pytest.mark.parametrize("engine", DOCKERS)
def test_the_containers_of_the_recordings(engine: str) -> None:
    found = [inspected(recorded(engine, f"inspect_{name}")) for name in ("web", "dep", "crash", "sick")]
    known = resolved({each.name: each for each in found})
    web = known["hsmprobe-web"]
    assert [each.name for each in dependants_of(known.values(), web)] == ["hsmprobe-dep"]

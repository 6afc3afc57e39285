"""The entities of an engine: one table per kind of object and platform."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.const import Platform

from ....entity import ObjectTable
from ..model import Containers
from . import container, engine
from .devices import container_device, engine_device, stack_device


def _itself(data: Containers) -> Mapping[str, Containers]:
    return {"": data}


def _table(
    kind: str, feed: str, objects: Callable[[Containers], Mapping[str, Any]], **more: Any
) -> Callable[[tuple[Any, ...]], ObjectTable[Containers, Any]]:
    def table(descriptions: tuple[Any, ...]) -> ObjectTable[Containers, Any]:
        return ObjectTable(kind=kind, feed=feed, objects=objects, descriptions=descriptions, **more)

    return table


_engine = _table("", "engine", _itself, device=engine_device, keep=True)
_container = _table("container", "containers", lambda data: data.shown, device=container_device)
_stack = _table("stack", "stacks", lambda data: data.stacks, device=stack_device)

TABLES: Mapping[Platform, tuple[ObjectTable[Containers, Any], ...]] = {
    Platform.SENSOR: (
        _engine(engine.SENSORS),
        _container(container.SENSORS),
        _stack(engine.STACK_SENSORS),
    ),
    Platform.BINARY_SENSOR: (_container(container.BINARY),),
    Platform.SWITCH: (_container(container.SWITCHES), _stack(engine.STACK_SWITCHES)),
    Platform.BUTTON: (
        _engine(engine.BUTTONS),
        _container(container.BUTTONS),
        _stack(engine.STACK_BUTTONS),
    ),
    Platform.UPDATE: (_container(container.UPDATES),),
}
PLATFORMS = tuple(sorted(TABLES))

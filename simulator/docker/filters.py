"""The `filters` of a query: a JSON map of lists, or of maps as very old clients send them."""

from collections.abc import Callable
import json
import re
from typing import Any

from simulator.engine import Container, Engine, EngineError
from simulator.engine.model import Event

type Filters = dict[str, list[str]]

_STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
_HEALTH = ("none", "starting", "healthy", "unhealthy")
_OF_CONTAINERS = frozenset(
    {
        *("ancestor", "before", "expose", "exited", "health", "id", "isolation", "is-task", "label", "name"),
        *("network", "publish", "since", "status", "volume"),
    }
)


def read_filters(engine: Engine, text: str | None) -> Filters:
    """Parse; EngineError in the engine's words where it is no filter."""
    if not text:
        return {}
    modern = engine.release.modern
    try:
        found = json.loads(text)
    except ValueError as error:
        words = (
            "invalid filter" if modern else f"invalid character '{text[0]}' looking for beginning of value"
        )
        raise EngineError(400 if modern else 500, words) from error
    if not isinstance(found, dict):
        raise EngineError(400, "invalid filter")
    return {key: [str(value) for value in values] for key, values in found.items()}


def check_container_filters(engine: Engine, filters: Filters) -> None:
    """Refuse what no listing of containers knows."""
    modern = engine.release.modern
    for key in filters:
        if key not in _OF_CONTAINERS:
            raise EngineError(400, f"{'i' if modern else 'I'}nvalid filter '{key}'")
    for value in filters.get("status", ()):
        if value not in _STATES:
            words = f"invalid value for state ({value}): must be one of {', '.join(_STATES)}"
            raise EngineError(
                400,
                f"invalid filter 'status={value}': {words}" if modern else f"Invalid filter 'status={value}'",
            )
    for value in filters.get("health", ()):
        if value not in _HEALTH:
            words = f"invalid value for health ({value}): must be one of {', '.join(_HEALTH)}"
            raise EngineError(
                400,
                f"invalid filter 'health={value}': {words}"
                if modern
                else f"Unrecognised filter value for health: {value}",
            )


def fits_container(engine: Engine, container: Container, filters: Filters) -> bool:
    """Whether a container is wanted."""
    if not filters:
        return True
    health = container.health.status if container.health else "none"
    tests: dict[str, Callable[[str], bool]] = {
        "status": lambda value: value == container.state,
        "health": lambda value: value == health,
        "id": container.ident.startswith,
        "name": lambda value: _search(value, container.name),
        "label": lambda value: _has_label(container.labels, value),
        "network": lambda value: any(
            value in (name, end.network_ident) for name, end in container.endpoints.items()
        ),
        "volume": lambda value: any(value in (mount.name, mount.target) for mount in container.mounts),
        "ancestor": lambda value: (
            value in (container.reference, container.image.ident)
            or engine.find_image(value) is container.image
        ),
        "exited": lambda value: container.state == "exited" and value == str(container.exit_code),
    }
    return all(any(tests[key](value) for value in values) for key, values in filters.items() if key in tests)


def _search(pattern: str, name: str) -> bool:
    """A regular expression that is looked for anywhere, with and without the slash of the name."""
    try:
        expression = re.compile(pattern)
    except re.error:
        return False
    return bool(expression.search(name) or expression.search(f"/{name}"))


def _has_label(labels: dict[str, Any], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def fits_event(event: Event, filters: Filters) -> bool:
    """Whether an event is wanted; an unknown filter is ignored, `health_status` fits both of its kinds."""
    if not filters:
        return True
    name = event.attributes.get("name", "")
    tests: dict[str, Callable[[str], bool]] = {
        "type": lambda value: value == event.kind,
        "event": lambda value: event.action == value or event.action.startswith(f"{value}:"),
        "container": lambda value: (
            event.kind == "container" and (value.removeprefix("/") == name or event.ident.startswith(value))
        ),
        "image": lambda value: value in (event.origin, event.ident, name),
        "volume": lambda value: event.kind == "volume" and event.ident == value,
        "network": lambda value: event.kind == "network" and value in (event.ident, name),
        "label": lambda value: _has_label(event.attributes, value),
    }
    return all(any(tests[key](value) for value in values) for key, values in filters.items() if key in tests)

"""Paths and who answers them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import re
from typing import Any

from .replies import Reply

type Handler = Callable[..., Awaitable[Reply] | Reply]

_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


def _expression(pattern: str) -> re.Pattern[str]:
    """`{id}` is one part of a path, `{name+}` one or more of them."""
    text = ""
    end = 0
    for found in _PARAMETER.finditer(pattern):
        text += re.escape(pattern[end : found.start()])
        text += f"(?P<{found[1]}>.+)" if found[2] else f"(?P<{found[1]}>[^/]+)"
        end = found.end()
    return re.compile(text + re.escape(pattern[end:]) + r"/?\Z")


@dataclass(frozen=True, slots=True)
class Route:
    """One call of an API; `name` is how it is counted."""

    verb: str
    pattern: str
    handler: Handler
    expression: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", _expression(self.pattern))

    @property
    def name(self) -> str:
        """Verb and path with its parameters' names: `GET /containers/{id}/json`."""
        return f"{self.verb} {self.pattern.replace('+}', '}')}"

    @property
    def write(self) -> bool:
        """Whether it changes something."""
        return self.verb not in ("GET", "HEAD")


class Routes:
    """Every route of a face; the first that fits wins."""

    def __init__(self, *routes: Route) -> None:
        self._by_verb: dict[str, list[Route]] = {}
        for route in routes:
            self._by_verb.setdefault(route.verb, []).append(route)

    def find(self, verb: str, path: str) -> tuple[Route, dict[str, Any]] | None:
        """The route and its parameters; None where there is no such call."""
        for route in self._by_verb.get(verb, ()):
            if found := route.expression.match(path):
                return route, found.groupdict()
        return None

    @property
    def names(self) -> list[str]:
        """How all of them are counted."""
        return [route.name for routes in self._by_verb.values() for route in routes]

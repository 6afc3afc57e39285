"""What a row of the tables of actions says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def _the_object(key: str, data: Mapping[str, Any]) -> str:
    return key


def _nothing(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """An action that changes something.

    kind: what kind of device it takes ("" for the service's own); fields: what else it takes; target: what is
    acted on, from the device's identity and the fields; params: what the action is given.
    """

    name: str
    kind: str
    fields: Mapping[Any, Any] = field(default_factory=dict)
    action: Callable[[Mapping[str, Any]], str] | None = None
    target: Callable[[str, Mapping[str, Any]], str] = _the_object
    params: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """An action that answers with a list, read from the snapshot or asked for; `admin` where it may leak.

    key: the name of the list in the answer; of: the kind of service that has it; kind: what kind of device it takes
    ("" for the service's own); called: the action's name where that is not `list_<key>`.
    """

    key: str
    of: str = "truenas"
    kind: str = ""
    called: str = ""
    fields: Mapping[Any, Any] = field(default_factory=dict)
    admin: bool = False

    @property
    def name(self) -> str:
        """Return the name of the action."""
        return self.called or f"list_{self.key}"

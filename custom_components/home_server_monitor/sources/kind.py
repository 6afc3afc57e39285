"""ServiceKind: the row that a folder offers; set-up and the config flow know a kind of service only by its row."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import voluptuous as vol

if TYPE_CHECKING:
    from ..coordinator import HsmConfigEntry, ServiceCoordinator
    from ..entity import ObjectTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What a tested connection revealed.

    `unique_id` is what the system itself guarantees, or None where it guarantees nothing. `data` is what the
    entry keeps. `found` fills the placeholders of the flow's last page.
    """

    title: str
    unique_id: str | None
    data: dict[str, Any]
    found: dict[str, str] = field(default_factory=dict)


def _url_in(data: Mapping[str, Any]) -> str | None:
    return data.get("url")


def _url_typed(url: str) -> dict[str, Any]:
    return {"url": url}


def counted(count: object, thing: str) -> str:
    """Return how many there are: `1 pool`, `3 pools`, `? pools` where nobody knows."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


class FlowError(Exception):
    """The connection was tested and failed: an error key of the flow, the field that it belongs to, placeholders."""

    def __init__(
        self, key: str, placeholders: Mapping[str, str] | None = None, *, field: str = "base"
    ) -> None:
        super().__init__(key)
        self.key = key
        self.field = field
        self.placeholders = dict(placeholders or {})


class Question(Exception):
    """A person must decide before the probe can go on.

    The flow shows the step `step` with `placeholders` and, when it is confirmed, probes again with `answer` merged
    into the data and `step` in the set of answered questions.
    """

    def __init__(
        self, step: str, placeholders: Mapping[str, str], answer: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(step)
        self.step = step
        self.placeholders = dict(placeholders)
        self.answer = dict(answer or {})


class Choice(Exception):
    """A person must choose before the probe can go on.

    The flow shows the step `step` with one field of that name; what is chosen goes into the data under it.
    options: words for people by the value that is kept.
    """

    def __init__(
        self, step: str, options: Mapping[str, str], placeholders: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(step)
        self.step = step
        self.options = dict(options)
        self.placeholders = dict(placeholders or {})


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceKind:
    """One kind of system.

    key: the menu key and the value of `entry.data["kind"]`.
    product: what people call such a system.
    schema: the fields of the form; also shown, without `secrets`, by reconfigure.
    secrets: the fields that reauth asks for and that are never shown again.
    probe: tests data, given the steps that were answered; raises FlowError and Question.
    make: builds the coordinator of an entry; does not connect.
    platforms: loaded and unloaded for the entry.
    tables: what entities there are, by platform.
    options: the schema of the options, or None for a kind without any.
    options_of: the same for one entry, where it offers what is there, such as its containers.
    has_options: whether one entry has any, by its data alone: Home Assistant asks once, also before it is loaded.
    wrong_options: what is wrong with options that were typed, by field, as keys of the texts.
    host: the field whose host a discovered one is compared with.
    address: the address in the data of an entry, and typed: the fields of the form for an address that was discovered.
    same: the fields that are alike where it is the same one, for a system that guarantees no identity.
    parts: whether one that was only made and fetched once can give back what is lent, when its entry is removed.
    """

    key: str
    product: str
    schema: vol.Schema
    secrets: frozenset[str]
    probe: Callable[[HomeAssistant, Mapping[str, Any], frozenset[str]], Awaitable[Probe]]
    make: Callable[[HomeAssistant, HsmConfigEntry], ServiceCoordinator[Any]]
    platforms: tuple[Platform, ...]
    tables: Mapping[Platform, tuple[ObjectTable[Any, Any], ...]]
    options: vol.Schema | None = None
    options_of: Callable[[HsmConfigEntry], vol.Schema] | None = None
    has_options: Callable[[Mapping[str, Any]], bool] = lambda data: True
    wrong_options: Callable[[Mapping[str, Any]], dict[str, str]] = lambda given: {}
    parts: bool = False
    host: str = "url"
    address: Callable[[Mapping[str, Any]], str | None] = _url_in
    typed: Callable[[str], dict[str, Any]] = _url_typed
    same: tuple[str, ...] = ("url",)

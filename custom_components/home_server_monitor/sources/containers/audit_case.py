"""What every check of the audit gets to see, and what it says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
import re
from typing import Any

from .raw import Json, name_of, table, text, words
from .reference import parsed

# placeholders that change by themselves
_GROWS = ("days", "count")


class Grade(IntEnum):
    """How much a check weighs; compares."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Fix:
    """What would mend it: `live` is the body of an update that is in force at once, until it is created anew.

    take_out and put_in: the lines of the service in the compose file that make it last.
    """

    live: Mapping[str, Any] | None = None
    take_out: tuple[str, ...] = ()
    put_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Something that could be safer: its texts are `audit_<key>_title`, `_meaning` and `_change`.

    cis: the number in the CIS Docker Benchmark 1.6, empty where it has none; expected: whether this image is known
    to need it. A value of the environment is never in it.
    """

    key: str
    cis: str
    grade: Grade
    placeholders: Mapping[str, str] = field(default_factory=dict)
    fix: Fix | None = None
    expected: bool = False

    @property
    def identity(self) -> str:
        """Return what it is about: another path or port is another one, another day is not."""
        about = sorted(value for name, value in self.placeholders.items() if name not in _GROWS)
        return "|".join((self.key, *about))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A container under audit.

    inspect: of the container; image: `GET /images/{id}/json` of what it runs; info: `GET /info`; memory and pids: the
    most that it was seen to use; processes: what runs in it, where that was asked; looping: whether it keeps ending;
    update_since: since when there is a newer image.
    """

    inspect: Json
    image: Json
    info: Json
    now: datetime
    memory: int | None = None
    pids: int | None = None
    processes: tuple[str, ...] | None = None
    looping: bool = False
    update_since: datetime | None = None

    @property
    def host(self) -> dict[str, Any]:
        """Return the `HostConfig`."""
        return table(self.inspect.get("HostConfig"))

    @property
    def config(self) -> dict[str, Any]:
        """Return the `Config`."""
        return table(self.inspect.get("Config"))

    @property
    def name(self) -> str:
        """Return the name."""
        return name_of(self.inspect)

    @property
    def privileged(self) -> bool:
        """Whether it may do anything, which makes most other checks beside the point."""
        return self.host.get("Privileged") is True

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return table(self.inspect.get("State")).get("Running") is True

    def security_option(self, name: str) -> str | None:
        """Return the value of one of its security options, written with `=` or, as before, with `:`."""
        for each in words(self.host.get("SecurityOpt")):
            key, value = re.match(r"([^=:]*)[=:]?(.*)", each, re.DOTALL).groups()  # type: ignore[union-attr]
            if key == name:
                return str(value)
        return None

    def engine_has(self, name: str) -> bool:
        """Whether the engine says that it has a security feature."""
        return any(f"name={name}" in each.split(",") for each in words(self.info.get("SecurityOptions")))

    def is_one_of(self, known: re.Pattern[str]) -> bool:
        """Whether its image is a known one, by the last part of the repository or the whole of it."""
        reference = parsed(text(self.config.get("Image")))
        repository = reference.repository if reference else ""
        return bool(known.fullmatch(repository) or known.fullmatch(repository.rpartition("/")[2]))


type Rule = Callable[[Subject], Iterator[Check]]

"""What a Plex Media Server shows, as immutable values, parsed one record at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from ..records import Row, at, instant, integer, name, number, text, word
from .streams import Stream, truth

_MAPPINGS: Final = frozenset({"mapped", "mapping", "waiting", "failed", "unknown", "unmapped"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it is, which it tells everybody."""

    machine: str
    version: str
    claimed: bool | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What it says of itself to its owner.

    mapping: whether its port can be reached from outside, as Plex sees it; plex_pass: whether the features that are
    paid for are there; claimed: whether it has an owner.
    """

    name: str
    version: str
    machine: str
    platform: str = ""
    mapping: str | None = None
    signed_in: bool | None = None
    plex_pass: bool | None = None
    claimed: bool | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the four numbers of the version, as 1.42.1.10060-4e8b05daf has them; fewer where it has fewer."""
        found = []
        for part in self.version.partition("-")[0].split("."):
            if not part.isdigit():
                break
            found.append(int(part))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Section:
    """A library. refreshing: it is being scanned."""

    key: str
    title: str
    kind: str
    refreshing: bool
    scanned: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that it does by itself. progress: in percent, None where it does not say."""

    key: str
    kind: str
    title: str
    progress: int | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """One setting. value: as it is, or None where it hides it."""

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Release:
    """What it knows of newer releases. latest: None where it runs the newest one that it knows."""

    latest: str | None


@dataclass(frozen=True, slots=True)
class Plex:
    """The snapshot of one server. preferences: by their keys in lower case, for their spelling differs by release.

    hardware_share: of the streams of 30 days that were converted, how many the chip encoded, in percent.
    """

    about: About
    streams: Mapping[str, Stream] = field(default_factory=lambda: MappingProxyType({}))
    sections: Mapping[str, Section] = field(default_factory=lambda: MappingProxyType({}))
    activities: Mapping[str, Activity] = field(default_factory=lambda: MappingProxyType({}))
    preferences: Mapping[str, Preference] = field(default_factory=lambda: MappingProxyType({}))
    release: Release | None = None
    hardware_share: float | None = None
    stale: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()

    @property
    def transcoding(self) -> tuple[Stream, ...]:
        """Return the streams whose picture is made anew."""
        return tuple(each for each in self.streams.values() if each.converts_video)

    @property
    def on_hardware(self) -> int:
        """Return how many of those a graphics chip encodes."""
        return sum(bool(each.transcode and each.transcode.encoder) for each in self.transcoding)

    def bandwidth(self, *, remote: bool) -> int:
        """Return what the streams that play take, bytes a second, in the house or out of it."""
        return sum(each.bandwidth for each in self.streams.values() if each.remote is remote and each.plays)

    @property
    def scanning(self) -> bool:
        """Return whether a library is being scanned."""
        return any(each.refreshing for each in self.sections.values())

    def preference(self, key: str) -> Any:
        """Return the value of a setting, None where it is not known."""
        found = self.preferences.get(key.lower())
        return found.value if found else None


def identity(body: Row) -> Identity:
    """Parse `/identity`. Raises KeyError, TypeError, ValueError."""
    row = body["MediaContainer"]
    return Identity(name(row["machineIdentifier"]), name(row["version"]), truth(row.get("claimed")))


def about(body: Row) -> About:
    """Parse `/`. Raises KeyError, TypeError, ValueError."""
    row = body["MediaContainer"]
    return About(
        name=text(row.get("friendlyName")) or "Plex",
        version=name(row["version"]),
        machine=name(row["machineIdentifier"]),
        platform=text(row.get("platform")) or "",
        mapping=word(row.get("myPlexMappingState"), _MAPPINGS, "unknown"),
        signed_in={"ok": True, None: None}.get(row.get("myPlexSigninState"), False),
        plex_pass=truth(row.get("myPlexSubscription")),
    )


def section(row: Row) -> tuple[str, Section]:
    """Parse a library of `/library/sections/all`. Raises KeyError, TypeError, ValueError."""
    key = name(row["key"])
    return key, Section(
        key,
        text(row.get("title")) or key,
        text(row.get("type")) or "",
        truth(row.get("refreshing")) is True,
        instant(row.get("scannedAt")),
    )


def activity(row: Row) -> tuple[str, Activity]:
    """Parse something of `/activities`. Raises KeyError, TypeError, ValueError."""
    key, progress = name(row["uuid"]), integer(row.get("progress"))
    return key, Activity(
        key,
        text(row.get("type")) or "",
        text(row.get("title")) or "",
        progress if progress is not None and 0 <= progress <= 100 else None,
    )


def preference(row: Row) -> tuple[str, Preference]:
    """Parse a setting of `/:/prefs`. Raises KeyError, TypeError, ValueError."""
    key = name(row["id"])
    return key.lower(), Preference(key, _plain(row.get("value")))


def release(body: Row) -> Release:
    """Parse `/updater/status`. Raises KeyError, TypeError."""
    row = body["MediaContainer"]
    return Release(text(at(row, "Release", 0, "version")))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value[:2000]
    if isinstance(value, bool):
        return value
    return integer(value) if isinstance(value, int) else number(value) if isinstance(value, float) else None

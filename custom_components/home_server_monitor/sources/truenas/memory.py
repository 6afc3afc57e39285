"""What a NAS forgets over a reboot and we keep: last good scrubs, last successes, known disks, when errors rose."""

from collections.abc import Callable, Container, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import rises
from .storage import Vdev

# seconds since 1970 of the year 2200: what is beyond it is damage
LATEST = 7_258_118_400


def _sane(value: Any) -> bool:
    """Return whether a number can be an instant or a count."""
    return isinstance(value, str) or 0 <= value < LATEST


SAME_BOOT = 60.0
# devices of pools that are remembered
SEATS = 4096
# seconds for which an app that is being made need not be listed yet
BEING_MADE = 1800.0


@dataclass(frozen=True, slots=True)
class Upgraded:
    """An upgrade from here. at: seconds since 1970; before: the version; snapshot: its name in each of the datasets."""

    at: float
    before: str
    snapshot: str = ""
    datasets: tuple[str, ...] = ()


def _taken(stored: list[Any]) -> tuple[str, tuple[str, ...]]:
    """Return the snapshot and its datasets as they were saved; none where that was before they were."""
    match stored:
        case [str() as snapshot, list() as datasets] if snapshot:
            return snapshot, tuple(each for each in datasets if isinstance(each, str))
    return "", ()


@dataclass(slots=True)
class Memory:
    """Small facts that may be lost; `changed` is called when there is something new to save.

    met: other Home Assistants that an action of ours met here, and when; not saved.
    """

    changed: Callable[[], None] = lambda: None
    scrubs: dict[str, float] = field(default_factory=dict)
    successes: dict[str, float] = field(default_factory=dict)
    disks: dict[str, str] = field(default_factory=dict)
    # by the guid of a device of a pool: the disk behind it, which a device that is gone does not always say
    seats: dict[str, str] = field(default_factory=dict)
    errors: dict[str, rises.Rises] = field(default_factory=dict)
    booted: datetime | None = None
    met: dict[str, float] = field(default_factory=dict)
    # by app
    upgraded: dict[str, Upgraded] = field(default_factory=dict)
    # apps that were made from here, and when
    installed: dict[str, float] = field(default_factory=dict)

    def load(self, data: Any) -> None:
        """Take over what was saved; anything of another shape is left out."""
        for part, kind in (
            ("scrubs", (int, float)),
            ("successes", (int, float)),
            ("installed", (int, float)),
            ("disks", str),
            ("seats", str),
        ):
            stored = data.get(part) if isinstance(data, Mapping) else None
            if isinstance(stored, Mapping):
                getattr(self, part).update(
                    {
                        str(key): value
                        for key, value in stored.items()
                        if isinstance(value, kind) and _sane(value)
                    }
                )

        upgraded = data.get("upgraded") if isinstance(data, Mapping) else None
        for app, seen in upgraded.items() if isinstance(upgraded, Mapping) else ():
            match seen:
                case [int() | float() as at, str() as before, *taken] if _sane(at):
                    self.upgraded[str(app)] = Upgraded(float(at), before, *_taken(taken))

        errors = data.get("errors") if isinstance(data, Mapping) else None
        for guid, seen in errors.items() if isinstance(errors, Mapping) else ():
            if found := rises.stored(seen):
                self.errors[str(guid)] = found

    def save(self) -> dict[str, Any]:
        """Return what is to be saved."""
        return {
            "scrubs": dict(self.scrubs),
            "successes": dict(self.successes),
            "installed": dict(self.installed),
            "disks": dict(self.disks),
            "seats": dict(self.seats),
            "errors": {guid: list(seen) for guid, seen in self.errors.items()},
            "upgraded": {app: list(astuple(seen)) for app, seen in self.upgraded.items()},
        }

    def newest(self, part: dict[str, float], key: str, seen: datetime | None) -> datetime | None:
        """Return the newer of what is remembered and what is seen, and remember it."""
        known = part.get(key)
        # a clock that is ahead must not hide what is overdue
        seen = min(seen, datetime.now(UTC)) if seen else None
        if seen is not None and (known is None or seen.timestamp() > known):
            known = part[key] = seen.timestamp()
            self.changed()
        return None if known is None else datetime.fromtimestamp(known, UTC)

    def count_errors(self, guid: str, total: int, now: float, days: rises.Rises) -> None:
        """Note how many errors a pool has. days: what is known of it where nothing is remembered."""
        seen = self.errors.setdefault(guid, days)
        if rises.note(seen, total, now):
            self.changed()

    def boot(self, seen: datetime | None) -> datetime | None:
        """Return when the NAS started: it computes that anew each time, so a few seconds are no new start."""
        if seen is not None and (
            self.booted is None or abs((seen - self.booted).total_seconds()) > SAME_BOOT
        ):
            self.booted = seen
        return self.booted

    def meet(self, disks: Mapping[str, str]) -> None:
        """Remember disks (identity to a name for people)."""
        if any(self.disks.get(key) != shown for key, shown in disks.items()):
            self.disks.update(disks)
            self.changed()

    def keep_installed(self, apps: Container[str], now: float) -> None:
        """Forget which apps were made from here of those that are gone: one of that name is somebody else's then."""
        gone = [app for app, at in self.installed.items() if app not in apps and now - at > BEING_MADE]
        for app in gone:
            del self.installed[app]
        if gone:
            self.changed()

    def note_upgrade(self, app: str, done: Upgraded) -> None:
        """Remember an upgrade, for as long as it can be taken back."""
        self.upgraded[app] = done
        self.changed()

    def forget_upgrade(self, app: str) -> bool:
        """Forget an upgrade that was taken back; returns whether there was one."""
        if self.upgraded.pop(app, None) is None:
            return False
        self.changed()
        return True

    def note_install(self, app: str, at: float) -> None:
        """Remember that an app was made from here. at: seconds since 1970."""
        self.installed[app] = at
        self.changed()

    def seat(self, seats: Mapping[str, str]) -> None:
        """Remember the disks behind the devices of pools (guid to identity); the newest only."""
        if any(self.seats.get(guid) != identity for guid, identity in seats.items()):
            self.seats.update(seats)
            for guid in list(self.seats)[:-SEATS]:
                del self.seats[guid]
            self.changed()

    def identity_of(self, leaf: Vdev) -> str | None:
        """Return which known disk a device of a pool is that is gone."""
        return leaf.missing if leaf.missing in self.disks else self.seats.get(leaf.guid)

    def forget_disk(self, identity: str) -> bool:
        """Forget a disk that the user removed, or that was replaced; returns whether it was known."""
        if self.disks.pop(identity, None) is None:
            return False
        self.changed()
        return True

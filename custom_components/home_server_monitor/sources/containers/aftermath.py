"""What came after updates: those that are watched for a while, and those that went back and left newer data behind."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
import math
from typing import Any

from .causes import Cause, Trouble, trouble
from .gate import Result, Terms, watch
from .look import Look

HOUR = 3600.0
# for how long what goes wrong is put down to an update, in hours; an option
WATCHED_HOURS = 24
# for how long going back is offered, container and data alike
OFFERED = 7 * 86400.0
# an application that answered is taken for silent after so many questions, a minute apart
SILENT_AFTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """An update that went through. All of it is JSON.

    at: seconds since 1970; container: the id of the new one; wanted: the name of the one that was updated, with which
    this one goes back; answered: whether the application in it was ever seen to answer.
    """

    name: str
    at: float
    container: str
    wanted: str
    answered: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBack:
    """An update that was taken back, before which a snapshot of its data was taken. All of it is JSON.

    at: seconds since 1970; snapshot: the name that it has in each dataset.
    """

    name: str
    at: float
    snapshot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An image that was tried in a container and put back. All of it is JSON.

    at: seconds since 1970; digest: of the image; reason: a key `gate_…` of the texts, empty where a person put it back.
    """

    name: str
    at: float
    digest: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What is known of updates that may have gone wrong since. watched: those whose window is open, by container.

    silent: those whose application answered, and answers no more; back: those that were taken back.
    """

    watched: Mapping[str, Updated] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    back: Mapping[str, WentBack] = field(default_factory=dict)


class Aftermath:
    """What is remembered of the updates of one engine. save: is told whenever that changed; clock: since 1970."""

    def __init__(self, save: Callable[[], None], clock: Callable[[], float]) -> None:
        self._save = save
        self._clock = clock
        self.updated: dict[str, Updated] = {}
        self.back: dict[str, WentBack] = {}
        # until another one went through
        self.tried: dict[str, Tried] = {}
        # the ids of the containers that updates kept, by their names
        self.kept: dict[str, str] = {}
        # how often in a row an application did not answer
        self._silences: dict[str, int] = {}

    def load(self, stored: object) -> None:
        """Take what was saved; what cannot be read may be lost."""
        rows = stored if isinstance(stored, Mapping) else {}
        self.updated = {each.name: each for each in _read(Updated, rows.get("updated"))}
        self.back = {each.name: each for each in _read(WentBack, rows.get("back"))}
        self.tried = {each.name: each for each in _read(Tried, rows.get("tried"))}
        kept = rows.get("kept")
        self.kept = {str(name): str(key) for name, key in kept.items()} if isinstance(kept, dict) else {}

    def dump(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "updated": [asdict(each) for each in self.updated.values()],
            "back": [asdict(each) for each in self.back.values()],
            "tried": [asdict(each) for each in self.tried.values()],
            "kept": dict(self.kept),
        }

    def note_updated(self, name: str, container: str, wanted: str, digest: str = "") -> None:
        """An update went through: its container is watched from now on."""
        self.updated[name] = Updated(
            name=name, at=self._clock(), container=container, wanted=wanted, digest=digest
        )
        self.tried.pop(name, None)
        self.back.pop(name, None)
        self._silences.pop(name, None)
        self._save()

    def note_kept(self, name: str, container: str) -> None:
        """An update kept its old container under a name. container: its id."""
        self.kept[name] = container
        self._save()

    def forget_kept(self, present: Container[str]) -> None:
        """Drop the containers that are not there any more; present: the names of all that are."""
        gone = [name for name in self.kept if name not in present]
        for name in gone:
            del self.kept[name]
        if gone:
            self._save()

    def note_tried(self, name: str, digest: str, reason: str = "") -> None:
        """An image did not stay in a container."""
        self.tried[name] = Tried(name=name, at=self._clock(), digest=digest, reason=reason)
        self._save()

    def note_back(self, names: Iterable[str], snapshot: str = "") -> None:
        """An update was taken back, the first name being the one that was wanted; snapshot: of before the update."""
        first, *others = names
        for name in (first, *others):
            self.updated.pop(name, None)
        self.back.pop(first, None)
        if snapshot:
            self.back[first] = WentBack(name=first, at=self._clock(), snapshot=snapshot)
        self._save()

    def note_data_back(self, name: str) -> None:
        """Its data is as it was before the update: nothing is left to offer."""
        if self.back.pop(name, None):
            self._save()

    def note_answer(self, name: str, *, answers: bool) -> None:
        """Its application was asked."""
        if (known := self.updated.get(name)) is None:
            return
        self._silences[name] = 0 if answers else self._silences.get(name, 0) + 1
        if answers and not known.answered:
            self.updated[name] = replace(known, answered=True)
            self._save()

    def forget(self) -> None:
        """Drop what is too old to be offered."""
        old, before = self._clock() - OFFERED, (len(self.updated), len(self.back))
        self.updated = {name: each for name, each in self.updated.items() if each.at >= old}
        self.back = {name: each for name, each in self.back.items() if each.at >= old}
        if before != (len(self.updated), len(self.back)):
            self._save()

    def watched(self, hours: float) -> list[Updated]:
        """Return those whose window is open; one of the future, after a clock was wrong, counts as new."""
        now = self._clock()
        return [each for each in self.updated.values() if now - each.at < hours * HOUR]

    def seen(self, hours: float) -> After:
        """Return what rules judge, where windows are open for so many hours."""
        watched = {each.name: each for each in self.watched(hours)}
        silent = (
            name
            for name, each in watched.items()
            if each.answered and self._silences.get(name, 0) >= SILENT_AFTER
        )
        return After(watched=watched, silent=frozenset(silent), back=dict(self.back))


def failing(looks: Sequence[Look], updated: Updated, *, silent: bool) -> Trouble | None:
    """Return what is wrong with the container that an update made, by the looks at it, or None.

    Also a single restart counts, and one process that was ended for want of memory. What a person stopped does not.
    """
    own = [look for look in looks if look.id == updated.container]
    if not own:
        return None
    if (found := trouble(own)) is not None:
        return found
    judgement = watch(own, Terms())
    if judgement.result is Result.FAILED and judgement.reason == "restarted":
        count = own[-1].restarts or 1
        return Trouble("restarted", Cause("restarted", {"times": str(count)}), own[-1].at, count)
    return Trouble("silent", Cause("no_answer"), own[-1].at) if silent and own[-1].running else None


def _read[Row: Updated | WentBack | Tried](kind: type[Row], rows: object) -> Iterable[Row]:
    for row in rows if isinstance(rows, list) else ():
        try:
            found = kind(**row)
            hash(found)
            good = math.isfinite(found.at + 0.0)
        except TypeError, ValueError:
            continue
        if good:
            yield found

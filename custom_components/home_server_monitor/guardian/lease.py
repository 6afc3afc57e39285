"""One change for a while: who wanted it, until when, and the value to which it returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
from typing import Any

# what an approved record wants lasts over a restart until its end; any other owner says anew what it wants
OF_RECORD = "record:"


class Returned(StrEnum):
    """What became of the end of a lease.

    returned: set back by us; back: it was so already; foreign: somebody else has changed it, so it was left alone;
    gone: what it was about is no more; kept: another wish still holds it; later: it is tried again; forgotten: a
    person said that it stays; not_done: it was never begun.
    """

    RETURNED = "returned"
    BACK = "back"
    FOREIGN = "foreign"
    GONE = "gone"
    KEPT = "kept"
    LATER = "later"
    FORGOTTEN = "forgotten"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Lease:
    """One wish. owner: who wants it; ends: seconds since 1970; by: who stands behind it, in words."""

    id: str
    value: Any
    owner: str
    ends: float
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that we hold. original: before us; left: as we set it last; before: what it was before that write.

    name: what it is about in words; sure: whether that write was answered in this life of the process.
    """

    source: str
    kind: str
    target: str
    name: str
    original: Any
    left: Any
    before: Any
    leases: tuple[Lease, ...]
    sure: bool = False

    @property
    def id(self) -> str:
        """Return its name in the journal."""
        return change_id(self.source, self.kind, self.target)

    def due(self, now: float) -> bool:
        """Return whether a wish has ended, or all have."""
        return not self.leases or any(each.ends <= now for each in self.leases)

    def pack(self, returned: Returned | None = None) -> dict[str, Any]:
        """Return it as the journal holds it. returned: how it ended."""
        return {
            "source": self.source,
            "kind": self.kind,
            "target": self.target,
            "name": self.name,
            "original": self.original,
            "left": self.left,
            "before": self.before,
            "leases": [
                {"id": each.id, "value": each.value, "owner": each.owner, "ends": each.ends, "by": each.by}
                for each in self.leases
            ],
            "returned": returned and returned.value,
            "over": returned is not None,
        }


def change_id(source: str, kind: str, target: str) -> str:
    """Return what makes two wishes about one value."""
    return json.dumps([source, kind, target])


def unpack(raw: Mapping[str, Any]) -> Change:
    """Return the change that was packed. Raises KeyError, TypeError or ValueError on what is none."""
    return Change(
        source=raw["source"],
        kind=raw["kind"],
        target=raw["target"],
        name=raw["name"],
        original=raw["original"],
        left=raw["left"],
        before=raw["before"],
        leases=tuple(
            Lease(each["id"], each["value"], each["owner"], float(each["ends"]), each["by"])
            for each in raw["leases"]
        ),
    )

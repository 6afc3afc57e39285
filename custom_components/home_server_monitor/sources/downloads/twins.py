"""Two entries may be one download client, say by its address and by its name.

What the first lends would be the original to the second, which gave that back in the end, so that the client stayed
throttled. So only the older entry takes limits and pauses. No client tells who it is; what it downloads does. While it
has nothing to tell, what was known last holds, and a limit that is just what another entry lent is not taken for the
original.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from ...guardian.contract import Finding, Severity
from .model import Downloader
from .nodes import client_node

# of all downloads of two entries, the part that both have, above which they are one client
MOST = 0.5


class Entry(Protocol):
    """One entry of a download client."""

    id: str
    name: str

    @property
    def data(self) -> Downloader | None:
        """Return what was seen last, None before that."""
        ...


class Loan(Protocol):
    """A value that is lent, as the guardian keeps it."""

    @property
    def source(self) -> str:
        """Return the id of whose value it is."""
        ...

    @property
    def kind(self) -> str:
        """Return the name of its setting."""
        ...

    @property
    def target(self) -> str:
        """Return which of them it is."""
        ...

    @property
    def name(self) -> str:
        """Return what it is about in words."""
        ...

    @property
    def left(self) -> Any:
        """Return what it was set to."""
        ...


def one_client(mine: Downloader | None, theirs: Downloader | None) -> bool | None:
    """Return whether two snapshots are of one client, None where nobody can tell.

    They are seconds apart, so that not all need be in both. Some clients only number their downloads: names count too.
    """
    if mine is None or theirs is None:
        return None
    if (mine.product, mine.version) != (theirs.product, theirs.version):
        return False
    if not mine.items or not theirs.items:
        return None
    here, there = ({(key, each.name) for key, each in seen.items.items()} for seen in (mine, theirs))
    return len(here & there) > MOST * len(here | there)


class Twins:
    """Which other entries are the same client as this one."""

    def __init__(self, mine: Entry) -> None:
        self._mine = mine
        self._same: set[str] = set()

    def first(self, older: Iterable[Entry]) -> str | None:
        """Return the name of an older entry that is the same client, None where there is none."""
        found = None
        for other in older:
            if (same := one_client(self._mine.data, other.data)) is not None:
                (self._same.add if same else self._same.discard)(other.id)
            if found is None and other.id in self._same:
                found = other.name
        return found

    def lent_by(
        self, changes: Iterable[Loan], others: Iterable[Entry], setting: str, target: str, value: Any
    ) -> str | None:
        """Return who lent exactly this value of what may be this client, None where nobody did.

        changes: all that is lent; one whose entry is away counts. No limit at all (0) is nobody's loan.
        """
        if not value:
            return None
        known = {each.id: each for each in others}
        for change in changes:
            if change.source == self._mine.id or (change.kind, change.target) != (setting, target):
                continue
            other = known.get(change.source)
            differs = other is not None and one_client(self._mine.data, other.data) is False
            if change.left == value and not differs:
                return change.name if other is None else other.name
        return None


def finding_of(mine: Entry, other: str) -> Finding:
    """Return what is told of an entry that is the same client as another one."""
    return Finding(
        source=mine.id,
        rule="downloads_connected_twice",
        severity=Severity.WARNING,
        object=client_node(mine.id),
        placeholders={"client": mine.name, "other": other},
    )

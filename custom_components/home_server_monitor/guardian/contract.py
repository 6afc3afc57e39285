"""The types that sources and guardian share: what is seen and what is wrong; beside it, in `acting`, what may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from .acting import (
    SYSTEM,
    Action,
    Actor,
    Blocked,
    ForAWhile,
    JudgesUndo,
    NotDone,
    Outcome,
    Plan,
    Proposal,
    Receipt,
    Refusal,
    Refused,
    RepeatsUndo,
    Resume,
    Risk,
    Step,
    Stepwise,
    Verdict,
)

__all__ = [
    "SYSTEM",
    "Action",
    "Actor",
    "Blocked",
    "Change",
    "Finding",
    "ForAWhile",
    "JudgesUndo",
    "Missing",
    "Node",
    "NotDone",
    "Outcome",
    "Plan",
    "Proposal",
    "Receipt",
    "Refusal",
    "Refused",
    "RepeatsUndo",
    "Resume",
    "Risk",
    "Severity",
    "Source",
    "Step",
    "Stepwise",
    "Verdict",
]


class Severity(IntEnum):
    """How bad it is; compares."""

    INFO = 0
    WARNING = 1
    HIGH = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong now. `placeholders` fill the texts `issues.<rule>`; `object` is a node id.

    `holds`: the value is back below what raises it, but not below what clears it: keeps a finding that is there, at
    its severity, and raises none.
    """

    source: str
    rule: str
    object: str
    severity: Severity
    placeholders: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    proposal: Proposal | None = None
    holds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that somebody or something changed. `placeholders` fill the text `common.change_<key>`."""

    object: str
    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What cannot be seen of a system, and what it would light. `placeholders` fill the text `common.missing_<key>`."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A thing that others depend on. Nodes that share an alias are one thing; never joined by name.

    label: its name for people; booted: when a host started, seconds since 1970.
    """

    id: str
    kind: str
    aliases: frozenset[str] = frozenset()
    runs_on: str | None = None
    needs: frozenset[str] = frozenset()
    label: str = ""
    booted: float | None = None


class Source(Protocol):
    """A watched system, as the guardian sees it."""

    id: str
    kind: str
    name: str

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now: there is a complete snapshot since its start, and it answers."""
        ...

    @property
    def checked(self) -> float | None:
        """Return when it was last asked and answered, seconds since 1970; also where nothing had changed."""
        ...

    @property
    def missing(self) -> Sequence[Missing]:
        """Return what cannot be seen: for want of a right, or because this version does not offer it."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong, judged on the newest complete snapshot."""
        ...

    @property
    def nodes(self) -> Sequence[Node]:
        """Return what depends on what inside this system."""
        ...

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return what may be done here."""
        ...

    def changes_since_last(self) -> Sequence[Change]:
        """Return what changed since this was last asked; each change is returned once."""
        ...

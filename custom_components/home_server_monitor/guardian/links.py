"""What a person says runs on what, where no source can know it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .topology import Topology

# no name of a dataset, an app or a machine has it
_BETWEEN = " > "


@dataclass(frozen=True, slots=True)
class Link:
    """That one thing runs on another; both are node ids."""

    upper: str
    lower: str

    @classmethod
    def of(cls, text: object) -> Self | None:
        """Return the link that `str` gave, or None."""
        upper, between, lower = str(text).partition(_BETWEEN)
        return cls(upper, lower) if between and upper and lower else None

    def __str__(self) -> str:
        """Return it as options hold it."""
        return f"{self.upper}{_BETWEEN}{self.lower}"


def links_of(texts: Iterable[object]) -> tuple[Link, ...]:
    """Return the links of options, without what is damaged."""
    return tuple(link for text in texts if (link := Link.of(text)) is not None)


def wrong(link: Link, topology: Topology) -> str | None:
    """Return why a link cannot be added to a topology: same_object, or runs_in_a_ring."""
    upper, lower = topology.canonical(link.upper), topology.canonical(link.lower)
    if upper == lower:
        return "same_object"
    return "runs_in_a_ring" if lower in topology.dependants(upper) else None

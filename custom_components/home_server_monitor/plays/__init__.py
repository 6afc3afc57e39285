"""What joins several systems, one story per file."""

from typing import Any

from ..guardian.house import House
from .safe_update import Around


def join(house: House, source: Any) -> None:
    """Let the plays take part in what a newly attached source does."""
    if source.kind == "containers":
        source.yard.around = Around(house, source)

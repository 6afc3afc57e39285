"""What joins several systems, one story per file."""

from typing import Any

from ..guardian.house import House
from .safe_update import Around
from .update_all import UpdateAll
from .update_policy import ApprovePolicy


def join(house: House, source: Any) -> None:
    """Let the plays take part in what a newly attached source does."""
    if source.kind == "containers":
        source.yard.around = Around(house, source)
        source.add_action(UpdateAll(house, source))
        source.add_action(ApprovePolicy(house, source))

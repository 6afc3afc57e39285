"""What there is newer for each container, what will become of it, and why: the rows of a response."""

from collections.abc import Callable, Mapping
from typing import Any

from .model import Containers, Watched
from .offers import Offer
from .policies import Policy
from .view import installed, latest, release_notes, unknown

# why something is left out, in words
type Why = Callable[[str, Mapping[str, str]], str]


def update_rows(data: Containers, offer: Offer, why: Why, said: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return one row for each container.

    next: `together` with the weekly offer, `by_itself` in the maintenance hours, `by_hand` only; None where there is
    nothing newer, where that is not known, or where it is never updated. unknown: why that is not known; unknown_text:
    the same in words, which `said` returns by the key of a text.
    """
    asked, due = ({each.name for each in some} for some in (offer.asked, offer.due))
    left = {each.name: why(each.reason, {"target": each.name, **each.details}) for each in offer.left}

    def next_of(name: str, item: Watched) -> str | None:
        if name in asked:
            return "together"
        if name in due:
            return "by_itself"
        newer = item.update is not None and item.update.available
        return "by_hand" if newer and item.policy != Policy.NEVER else None

    return [
        {
            "container": name,
            "image": item.container.image,
            "policy": str(item.policy),
            "installed": installed(item),
            "latest": latest(item),
            "published": _at(item, "published"),
            "first_seen": _at(item, "seen"),
            "checked": _at(item, "checked"),
            "release_notes": release_notes(item),
            "next": next_of(name, item),
            "left_out": left.get(name),
            "unknown": unknown(item),
            "unknown_text": said(f"update_unknown_{reason}") if (reason := unknown(item)) else None,
        }
        for name, item in sorted(data.shown.items())
    ]


def _at(item: Watched, field: str) -> str | None:
    found = getattr(item.update, field) if item.update else None
    return found.isoformat(timespec="seconds") if found else None

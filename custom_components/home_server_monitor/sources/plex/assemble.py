"""One snapshot from what each feed has read last."""

from typing import Any

from ..errors import BadResponse
from ..feeds import Feeds
from ..records import Rows
from .model import Plex

# listings of which the whole says what is not there any more
_LISTS = frozenset({"streams", "sections", "activities", "preferences"})


def assemble(feeds: Feeds) -> Plex:
    """Return what is known now. Raises BadResponse before it said who it is."""
    stale = feeds.stale_keys
    if (about := feeds.value("about")) is None:
        raise BadResponse(feeds.report()["about"]["error"] or "It does not say who it is")

    def listed(key: str) -> Rows[Any]:
        found: Rows[Any] | None = feeds.value(key)
        return found or Rows()

    return Plex(
        about=about,
        streams=listed("streams").items,
        sections=listed("sections").items,
        activities=listed("activities").items,
        preferences=listed("preferences").items,
        release=feeds.value("release"),
        stale=stale,
        complete=frozenset(key for key in _LISTS if key not in stale and not listed(key).skipped),
    )

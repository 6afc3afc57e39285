"""One snapshot from what each feed has read last."""

from datetime import datetime
from typing import Any

from ..feeds import Feeds
from ..records import Rows
from .client import ArrClient
from .model import Arr, Wanted
from .queue import Queue

# listings of which the whole says what is not there any more
_LISTS = frozenset({"health", "roots"})


def assemble(client: ArrClient, feeds: Feeds, now: datetime) -> Arr:
    """Return what is known now."""
    known = feeds.report().keys()
    stale = feeds.stale_keys

    def value(key: str) -> Any:
        return feeds.value(key) if key in known else None

    def listed(key: str) -> Rows[Any]:
        found: Rows[Any] | None = value(key)
        return found or Rows()

    queue: Queue = value("queue") or Queue()
    indexers = value("indexers") or {}
    whole = {key for key in _LISTS & known if key not in stale and not listed(key).skipped}
    if "queue" in known and "queue" not in stale and queue.whole and not queue.skipped:
        whole.add("queue")
    return Arr(
        about=value("status") or client.about,
        queue=queue,
        checks=listed("health").items,
        roots=listed("roots").items,
        airings=value("calendar") or (),
        wanted=value("wanted") or Wanted(),
        backup=value("backup"),
        release=value("release"),
        indexers=indexers,
        failing=sum(each.fails(now) for each in indexers.values()),
        stale=stale,
        complete=frozenset(whole),
    )

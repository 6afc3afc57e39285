"""An Arr at a glance, for the dashboard: out of the snapshot, so that looking at it asks nothing."""

from collections.abc import Mapping
from typing import Any, Final

from .judging import Judging
from .model import Arr
from .queue import Item

# items that are worth a look; the whole queue is listed by an action of its own
MOST: Final = 20


def glance(data: Arr, judging: Judging) -> Mapping[str, Any]:
    """Return its numbers, and what of its queue is stuck or under way, the stuck first."""
    known = {"queue": "queue" not in data.stale, "wanted": "wanted" not in data.stale}
    items = sorted(data.queue.items.values(), key=lambda each: (not _is_stuck(each, data), each.title))
    return {
        "part": "apps",
        "app": data.about.app,
        "queue": len(data.queue.items) if known["queue"] else None,
        "stuck": data.stuck if known["queue"] else None,
        "missing": data.wanted.missing if known["wanted"] else None,
        "problems": sum(each.level in ("warning", "error") for each in data.checks.values()),
        "items": [_row(each, data, judging) for each in items[:MOST]] if known["queue"] else [],
    }


def told_of(data: Arr, judging: Judging) -> dict[str, Any]:
    """Return what helps to find a fault, for the diagnostics: counts and words of its own, no titles."""
    queue = data.queue
    return {
        "app": data.about.app,
        "version": data.about.version,
        "docker": data.about.docker,
        "queue_length": len(queue.items),
        "queue_whole": queue.whole,
        "skipped": queue.skipped,
        "states": sorted({f"{each.status}/{each.state}/{each.health}" for each in queue.items.values()}),
        "outage": judging.found.outage,
        "frozen": len(judging.found.frozen),
        "strikes": sorted([each.kind, each.count] for each in judging.strikes.records.values()),
    }


def _row(item: Item, data: Arr, judging: Judging) -> dict[str, Any]:
    signal = judging.found.signals.get(item.key)
    row = judging.row(item.key)
    return {
        "title": item.title,
        "state": _state(item),
        "stuck": _is_stuck(item, data),
        "problem": row["problem"],
        "said": (signal.said if signal else "") or item.error,
        "client": item.client,
        "size": item.size,
        "left": item.left,
        "time_left": int(item.until.total_seconds()) if item.until is not None else None,
    }


def _is_stuck(item: Item, data: Arr) -> bool:
    return item.key in data.suspects or item.blocked or item.failed


def _state(item: Item) -> str:
    """Return how far it is: planned, loading, waiting, importing, blocked or failed."""
    if item.failed:
        return "failed"
    if item.blocked:
        return "blocked"
    if item.planned:
        return "planned"
    if item.loading:
        return "waiting" if item.status in ("queued", "paused") else "loading"
    return "importing"

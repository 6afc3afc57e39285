"""What is listed for a response: the queue with what is held against it, the history, what is wanted, the report."""

from collections.abc import Mapping
from typing import Any

from ..errors import NotSupported
from ..records import Row, instant, integer, text
from .client import ArrClient
from .judging import Judging
from .model import Arr, Event, above_of
from .queue import Item

MOST = 1000


async def listing(
    client: ArrClient, data: Arr, judging: Judging, key: str, fields: Mapping[str, Any]
) -> list[Any]:
    """Return a listing by its name. Raises ClientError; NotSupported where this app has no such list."""
    limit = int(fields.get("limit", 100))
    match key:
        case "queue" if client.app.queue:
            return [_item(each, judging) for each in [*data.queue.items.values()][:limit]]
        case "history" if client.api:
            return [_event(each) for each in await client.history(limit)]
        case "wanted" if client.app.queue:
            return [
                _wanted(row) for row in await client.wanted_rows(str(fields.get("kind", "missing")), limit)
            ]
        case "indexers" if client.app.indexers:
            return [
                {
                    "id": each.key,
                    "name": each.name,
                    "enabled": each.enabled,
                    "protocol": each.protocol,
                    "not_asked_until": each.until.isoformat() if each.until else None,
                    "fails_since": each.since.isoformat() if each.since else None,
                }
                for each in data.indexers.values()
            ]
        case "report" if client.app.queue:
            return report(judging)
    raise NotSupported(f"{client.app.name} has no such list")


def report(judging: Judging) -> list[dict[str, Any]]:
    """Return who failed how often, with what is suggested and what that rests on."""
    advised = {(each.side, each.name): each for each in judging.learned.advice()}
    rows = judging.learned.rows()
    for row in rows:
        found = advised.get((row["kind"], row["name"]))
        row["suggestion"] = found and f"advice_{found.side}"
        if found is not None:
            row["evidence"] = {
                "failed": found.failed,
                "of": found.ended,
                "percent": round(100 * found.share),
                "usual_percent": round(100 * found.usual),
                "mostly": found.reason,
            }
    return sorted(rows, key=lambda row: row["suggestion"] is None)


def _item(item: Item, judging: Judging) -> dict[str, Any]:
    return {
        "id": item.key,
        "title": item.title,
        "status": item.status,
        "state": item.state,
        "size": item.size,
        "left": item.left,
        "time_left": str(item.until) if item.until is not None else None,
        "added": item.added.isoformat() if item.added else None,
        "protocol": item.protocol,
        "client": item.client,
        "indexer": item.indexer,
        "quality": item.quality,
        "items": list(item.things),
        "planned": item.planned,
        "messages": list(item.messages),
        "error": item.error,
        **judging.row(item.key),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at.isoformat(),
        "event": event.kind,
        "title": event.title,
        "download": event.download,
        "indexer": event.indexer,
        "client": event.client,
        "group": event.group,
        "message": event.message,
    }


def _wanted(row: Row) -> dict[str, Any]:
    aired = instant(row.get("airDateUtc")) or instant(row.get("releaseDate")) or instant(row.get("inCinemas"))
    season, episode = integer(row.get("seasonNumber")), integer(row.get("episodeNumber"))
    return {
        "id": integer(row.get("id")),
        "title": text(row.get("title")),
        "of": above_of(row),
        "season": season,
        "episode": episode,
        "released": aired.isoformat() if aired else None,
    }

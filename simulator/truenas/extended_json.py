"""JSON as the middleware speaks it: dates, times and sets are wrapped in `$` objects."""

import datetime as dt
import json
from typing import Any


def _wrap(value: object) -> object:
    if isinstance(value, dt.datetime):
        return {"$date": int(value.timestamp() * 1000)}
    if isinstance(value, dt.date):
        return {"$type": "date", "$value": value.isoformat()}
    if isinstance(value, dt.time):
        return {"$time": value.strftime("%H:%M:%S")}
    if isinstance(value, set | frozenset):
        return {"$set": sorted(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _unwrap(value: dict[str, Any]) -> object:
    if len(value) != 1:
        return value
    if "$date" in value:
        return dt.datetime.fromtimestamp(value["$date"] / 1000, dt.UTC)
    if "$time" in value:
        return dt.time.fromisoformat(value["$time"])
    if "$set" in value:
        return set(value["$set"])
    return value


def dumps(value: object) -> str:
    """To text."""
    return json.dumps(value, default=_wrap)


def loads(text: str) -> Any:
    """From text; raises ValueError."""
    return json.loads(text, object_hook=_unwrap)


def stamp(seconds: float) -> dt.datetime:
    """Epoch seconds as the server sends them, to the millisecond."""
    return dt.datetime.fromtimestamp(round(seconds, 3), dt.UTC)

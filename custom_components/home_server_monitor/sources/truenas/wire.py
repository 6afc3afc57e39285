"""JSON as TrueNAS writes it: plain JSON plus a few tagged values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
import json
from typing import Any

from ..errors import BadResponse

LAST_YEAR = 2200


def decode(text: str) -> Any:
    """Return the value of one frame, with dates, times and sets decoded.

    `NaN` and `Infinity` become None. Raises BadResponse on what is not JSON or is nested absurdly.
    """
    try:
        if "\\ud" in text or "\\uD" in text:
            # half a surrogate pair cannot be written by anybody after us
            text = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace").decode()
        return json.loads(text, object_hook=_tagged, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as err:
        raise BadResponse("Not JSON") from err


def _tagged(value: dict[str, Any]) -> Any:
    """Decode `{"$date": ms}`, `{"$time": "HH:MM:SS"}`, `{"$set": […]}` and `{"$type": "date", …}`."""
    if len(value) == 1:
        if "$date" in value:
            return instant(value["$date"])
        if "$set" in value and isinstance(value["$set"], list):
            return value["$set"]
        if "$time" in value:
            try:
                return time.fromisoformat(value["$time"])
            except TypeError, ValueError:
                return None
    elif value.get("$type") == "date" and len(value) == 2:
        try:
            return date.fromisoformat(value["$value"])
        except KeyError, TypeError, ValueError:
            return None
    return value


def instant(value: Any) -> datetime | None:
    """Return a UTC instant from milliseconds, seconds as text, ISO text or a decoded date; else None.

    What lies outside 1970 to 2200 is no instant that a server means.
    """
    try:
        found = _instant(value)
        found = found.astimezone(UTC) if found else None
    except ValueError, OverflowError, OSError:
        return None
    return found if found and 1970 <= found.year <= LAST_YEAR else None


def _instant(value: Any) -> datetime | None:
    if isinstance(value, Mapping) and "$date" in value:
        value = value["$date"]
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, str):
        if value.isdecimal():
            return datetime.fromtimestamp(int(value[:20]), UTC)
        found = datetime.fromisoformat(value[:60])
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None

"""Moments and spans, as the engine writes them."""

import datetime as dt

NEVER = "0001-01-01T00:00:00Z"


def moment(at: float | None) -> str:
    """RFC 3339 with nanoseconds; the year 1 for never."""
    if at is None:
        return NEVER
    whole, rest = divmod(int(at * 1e9), 1_000_000_000)
    text = dt.datetime.fromtimestamp(whole, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{rest:09d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def span(seconds: float) -> str:
    """`Less than a second`, `3 hours`, `2 weeks`."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"
    minutes = int(seconds / 60)
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{hours // 24 // 365} years"


def parse_time(text: str) -> float:
    """Seconds since the epoch of a query: a number, with a fraction perhaps, or RFC 3339. ValueError otherwise."""
    try:
        return float(text)
    except ValueError:
        return dt.datetime.fromisoformat(text).timestamp()

"""The five cron fields that TrueNAS keeps for each task, and when they come round next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache


@cache
def _matches(field: str, value: int, low: int) -> bool:
    for part in field.split(","):
        span, _, step = part.partition("/")
        every = int(step or 1)
        if span == "*":
            if (value - low) % every == 0:
                return True
            continue
        first, _, last = span.partition("-")
        if int(first) <= value <= int(last or first) and (value - int(first)) % every == 0:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Strings as cron has them; `dow` counts Monday as 1 and Sunday as 7."""

    minute: str = "0"
    hour: str = "*"
    dom: str = "*"
    month: str = "*"
    dow: str = "*"

    def after(self, moment: float) -> float:
        """The first full minute after `moment` (epoch seconds, UTC) that matches."""
        at = datetime.fromtimestamp(moment, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for _ in range(5000):
            if not (
                _matches(self.month, at.month, 1)
                and _matches(self.dom, at.day, 1)
                and _matches(self.dow, at.isoweekday(), 1)
            ):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif not _matches(self.hour, at.hour, 0):
                at = at.replace(minute=0) + timedelta(hours=1)
            elif not _matches(self.minute, at.minute, 0):
                at += timedelta(minutes=1)
            else:
                return at.timestamp()
        raise ValueError(f"{self} never comes round")

"""When safe updates are offered together: once a week, for as long as somebody may think about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAY = 86400.0
EVERY = 7 * DAY
# on the last day it is gone, so that the next one is a new one, whatever was said to this one
OPEN = 6 * DAY
# a machine without a battery for its clock starts in 1970, until the network tells it the time
SET = 1577836800.0


@dataclass(slots=True)
class Weekly:
    """Whether this week's offer is open. opened: seconds since 1970; closed: whether it was dealt with."""

    opened: float = 0.0
    closed: bool = False

    def begin(self, now: float) -> bool:
        """Open the next one where a week has passed; returns whether. A clock that went back opens none twice."""
        if now < SET:
            return False
        self.opened = min(self.opened, now)
        if now - self.opened < EVERY:
            return False
        self.opened, self.closed = now, False
        return True

    def is_open(self, now: float) -> bool:
        """Return whether it may be shown."""
        return not self.closed and 0 <= now - self.opened < OPEN

    def load(self, row: Any) -> None:
        """Take what was kept."""
        if isinstance(row, Mapping) and isinstance(at := row.get("opened"), int | float):
            self.opened, self.closed = float(at), row.get("closed") is True

    def dump(self) -> dict[str, Any]:
        """Return what is kept."""
        return {"opened": self.opened, "closed": self.closed}

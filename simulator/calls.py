"""What the server was asked, for tests to count."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Call:
    """One call. `at` is the server's clock; `refused` names the reason where it was refused."""

    method: str
    params: list[Any]
    at: float
    session: str
    write: bool
    refused: str | None = None


class CallLog:
    """All calls, and the refused ones again on their own; the oldest go after a while."""

    def __init__(self, keep: int = 200_000) -> None:
        self._keep = keep
        self.calls: list[Call] = []
        self.refusals: list[Call] = []

    def add(self, call: Call) -> None:
        """Note a call."""
        self.calls.append(call)
        if len(self.calls) > self._keep:
            del self.calls[: self._keep // 2]

    def refuse(self, call: Call, reason: str) -> None:
        """Note that it was refused."""
        call.refused = reason
        self.refusals.append(call)
        if len(self.refusals) > self._keep:
            del self.refusals[: self._keep // 2]

    def clear(self) -> None:
        """Forget everything."""
        self.calls.clear()
        self.refusals.clear()

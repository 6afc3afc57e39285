"""Small protocols through which one system's action or play uses another system."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class SmartReading:
    """Raw SMART of one drive as its source gave it; `raw` keeps the source's own shape."""

    serial: str
    taken: datetime
    origin: str
    raw: Mapping[str, Any] | list[Any]


@runtime_checkable
class ReadsSmart(Protocol):
    """A system that can read SMART without waking a disk."""

    async def read_smart(self) -> Mapping[str, SmartReading]:
        """Return readings by serial; a disk that sleeps or has none is left out."""
        ...


@runtime_checkable
class SnapshotsDatasets(Protocol):
    """A system that can take a snapshot of a dataset."""

    async def snapshot_dataset(self, dataset: str, name: str) -> str:
        """Return the full name of the new snapshot. Raises ClientError.

        It writes and asks nobody: only the guardian's runner may call it, for a step that was approved.
        """
        ...

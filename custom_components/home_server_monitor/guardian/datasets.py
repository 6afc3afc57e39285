"""Capabilities of systems that keep datasets: snapshots of them, and the way back to one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from .belonging import OfSource


@runtime_checkable
class SnapshotsDatasets(OfSource, Protocol):
    """A system that can take a snapshot of a dataset."""

    @property
    def names(self) -> frozenset[str]:
        """Return the names and addresses under which this machine is reached, in lower case."""
        ...

    def app_containers(self) -> Mapping[str, str]:
        """Return the names of its apps by the ids of their containers."""
        ...

    def dataset_of(self, path: str) -> str | None:
        """Return the dataset that holds a path of this machine, or None where that is not known."""
        ...

    async def snapshot_dataset(self, dataset: str, name: str) -> str:
        """Return the full name of the new snapshot. Raises ClientError, and Refused where none may be taken.

        It writes and asks nobody: only the guardian's runner may call it, for a step that was approved.
        """
        ...

    async def has_snapshot(self, dataset: str, name: str) -> bool:
        """Ask whether a dataset has a snapshot of this name. Raises ClientError."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotSeen:
    """A snapshot of a dataset; `newer` are the names of those taken since, `size` is what it holds, in bytes."""

    name: str
    taken: datetime | None
    newer: tuple[str, ...] = ()
    size: int | None = None


@runtime_checkable
class RollsBackDatasets(Protocol):
    """A system that can put a dataset back to a snapshot."""

    async def snapshot_seen(self, dataset: str, name: str) -> SnapshotSeen | None:
        """Return a snapshot, or None where there is none. Raises ClientError, and Refused where that is not sure."""
        ...

    async def is_as_in(self, dataset: str, name: str) -> bool:
        """Return whether a dataset holds what its snapshot holds, as far as sizes tell. Raises ClientError."""
        ...

    async def roll_back_dataset(self, dataset: str, name: str) -> None:
        """Put a dataset back to its newest snapshot. Raises ClientError; NotDone where surely nothing was done.

        It writes and asks nobody: only the guardian's runner may call it, for a step that was approved.
        """
        ...

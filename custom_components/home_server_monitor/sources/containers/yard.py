"""What the update of a container knows of the source that it belongs to, and of the other systems around it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ...guardian.capabilities import SnapshotSeen
from ...guardian.contract import Refusal
from .member import Member
from .model import Container
from .nodes import Storage
from .policies import Written
from .raw import Json
from .workshop import Workshop


class Around(Protocol):
    """What other systems add to an update."""

    async def datasets(self, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Return (source, dataset) for the datasets behind paths of the engine's host, where that can be told."""
        ...

    def storage(self) -> Storage:
        """Return what finds the storage under paths of the engine's host, as it is known now."""
        ...

    async def snapshot(self, source: str, dataset: str, name: str) -> str:
        """Take a snapshot and return its full name. Raises ClientError, NotDone and Refused."""
        ...

    async def has_snapshot(self, source: str, dataset: str, name: str) -> bool:
        """Ask whether there is a snapshot of that name. Raises ClientError."""
        ...

    async def snapshot_seen(self, source: str, dataset: str, name: str) -> SnapshotSeen | None:
        """Return a snapshot with what is newer. Raises ClientError, and Refused where that is not sure."""
        ...

    async def is_as_in(self, source: str, dataset: str, name: str) -> bool:
        """Return whether a dataset holds what its snapshot holds, as far as sizes tell. Raises ClientError."""
        ...

    async def roll_back(self, source: str, dataset: str, name: str) -> None:
        """Put a dataset back to its newest snapshot. Raises ClientError."""
        ...

    async def answers(self, container: Container) -> bool | None:
        """Return whether the service in a container answers, or None where none that we know of is in it."""
        ...

    def spared(self, name: str, touches: frozenset[str]) -> Refusal | None:
        """Return why nobody may update a container, whoever approves it: what is protected."""
        ...

    def lent(self, container_id: str) -> bool:
        """Return whether something of a container is changed for a while: a limit, that it is paused or off a network."""
        ...

    def kept_id(self, name: str) -> str | None:
        """Return the id of the container that an update kept under a name, by the journal."""
        ...

    async def permitted(self, written: Written) -> bool:
        """Return whether an admin approved in advance what is written about updates, to the letter."""
        ...


class Yard(Protocol):
    """The source as the update sees it."""

    @property
    def id(self) -> str:
        """Return the id of the source."""
        ...

    @property
    def instance(self) -> str:
        """Return the eight hex digits that our names on a server carry."""
        ...

    @property
    def workshop(self) -> Workshop:
        """Return where containers are made."""
        ...

    @property
    def around(self) -> Around:
        """Return what other systems add."""
        ...

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        ...

    @property
    def gate_stable(self) -> float:
        """Return for how many seconds one without a health check must run."""
        ...

    def member(self, name: str) -> Container | None:
        """Return a container as it was listed last."""
        ...

    def dependants(self, name: str) -> Sequence[Container]:
        """Return those in its namespaces, in the order in which they are made anew."""
        ...

    async def refusal(self, inspect: Json) -> Refusal | None:
        """Return why a container may not be made anew here. Raises ClientError."""
        ...

    def touched(self, name: str) -> frozenset[str]:
        """Return the node ids of all that stands still meanwhile."""
        ...

    def is_never(self, name: str) -> bool:
        """Return whether the options, or its label, say that a container is never updated from here."""
        ...

    def is_database(self, inspect: Json) -> bool:
        """Return whether a container keeps a database, whose files are whole only while it stands still."""
        ...

    async def answers(self, container: Container) -> bool | None:
        """Return whether the application in a container answers, or None where nobody knows how to ask it."""
        ...

    def updated(self, member: Member, *, container: str, wanted: str, digests: Sequence[str] = ()) -> None:
        """Take note of an update that went through: what goes wrong from now on may come of it.

        container: the id of the new one; wanted: the name of the one that was updated, with which it goes back.
        """
        ...

    def kept_id(self, name: str) -> str | None:
        """Return the id of the container that an update from here kept under a name, as it was noted then."""
        ...

    async def holder(self, name: str, port: int) -> str:
        """Return which container other than this one has a port of the machine, "" for none. Raises ClientError."""
        ...

    async def went_back(
        self, names: Sequence[str], stamp: str, digests: Sequence[str] = (), reason: str = ""
    ) -> None:
        """Take note of an update that was taken back, the wanted name first; stamp: that its names carry.

        digests: under which the image came that was not well; reason: a key `gate_…` of the texts.
        """
        ...

    def snapshot_before(self, name: str) -> str | None:
        """Return the name of the snapshot of before the update that was taken back last, while that is offered."""
        ...

    def writers(self, name: str) -> Mapping[str, Sequence[str]]:
        """Return, of all other containers, the paths on the host that they may write to."""
        ...

    def data_back(self, name: str) -> None:
        """Take note that the data of a container is as it was before its update."""
        ...

    async def relist(self) -> None:
        """Read the containers anew, so that everybody sees what has changed."""
        ...

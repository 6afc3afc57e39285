"""Small protocols of what people watch on, and of engines that know what that is given."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from .capabilities import Service


class Streaming(Protocol):
    """Something that is watched. bandwidth: bytes a second that are reserved for it; who watches what is not in it."""

    @property
    def key(self) -> str:
        """Return what tells it from others that go on now."""
        ...

    @property
    def remote(self) -> bool:
        """Return whether it leaves the house."""
        ...

    @property
    def relayed(self) -> bool:
        """Return whether it goes by way of somebody else's server, which the line at home carries all the same."""
        ...

    @property
    def plays(self) -> bool:
        """Return whether it goes on, and is not paused."""
        ...

    @property
    def bandwidth(self) -> int:
        """Return what is reserved for it."""
        ...


@runtime_checkable
class PlaysStreams(Protocol):
    """A system that people watch something on."""

    id: str

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now."""
        ...

    @property
    def knows_streams(self) -> bool:
        """Return whether the newest listing of what is watched is of now."""
        ...

    def streams(self) -> Sequence[Streaming]:
        """Return what is watched, as it was seen last, without asking."""
        ...


@runtime_checkable
class ConvertsVideo(Protocol):
    """A system that makes pictures anew while somebody watches, on a graphics chip where it has one."""

    id: str

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def places(self) -> frozenset[str]:
        """Return the node ids of the addresses and ports at which it is reached."""
        ...

    def take_chip(self, passed: bool | None) -> None:
        """Take note whether a chip is passed into its container; None where that is not known."""
        ...


@runtime_checkable
class PassesDevices(Protocol):
    """An engine that knows which devices its containers are given."""

    id: str

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now."""
        ...

    def services(self) -> Sequence[Service]:
        """Return the services that there are, running or not, as they were seen last, without asking."""
        ...

    async def devices_of(self, container: str) -> frozenset[str]:
        """Ask which paths of its host a container is given, `/dev` for all. Raises ClientError."""
        ...

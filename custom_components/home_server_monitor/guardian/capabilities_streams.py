"""Small protocols of what people watch on, and of what the machine below it gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable

from .acting import Proposal
from .belonging import Judged, JudgedSource, OfSource

# an address that stands for all of a machine
EVERY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - it is compared, nothing is bound

# An action of every source that pauses containers; its target is a container's name. params: `minutes`, after which it
# goes on by itself.
PAUSE_CONTAINER: Final = "pause_container"


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

    @property
    def file(self) -> str:
        """Return what is read, as it is called inside of its server, to see on what that lies; empty where nobody knows."""
        ...


@runtime_checkable
class PlaysStreams(JudgedSource, Protocol):
    """A system that people watch something on."""

    @property
    def places(self) -> frozenset[str]:
        """Return the node ids of the addresses and ports at which it is reached."""
        ...

    @property
    def knows_streams(self) -> bool:
        """Return whether the newest listing of what is watched is of now."""
        ...

    def streams(self) -> Sequence[Streaming]:
        """Return what is watched, as it was seen last, without asking."""
        ...


class Hindrance(StrEnum):
    """Why a container may not use the graphics chip that it is given.

    user: its user is in no group that may open the device; folder: the devices are mounted as a folder, which shows
    them and permits nothing; read: they may only be read.
    """

    USER = "user"
    FOLDER = "folder"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a container is given by its machine.

    devices: paths on the machine, `/dev` for all of them; hindrance: why it may not use the graphics chip among them;
    user: as it is started, empty for the one of its image; groups: those that it is given beside its own.
    mounts: paths on the machine by paths inside; memory: bytes by paths inside of what is kept in memory, None without
    limit; root: where on the machine that lies which is on none of them, None where nobody knows.
    """

    devices: frozenset[str] = frozenset()
    hindrance: Hindrance | None = None
    user: str = ""
    groups: tuple[str, ...] = ()
    mounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    memory: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Where one port of a container is open on its machine.

    whole_host: it shares the network of its machine, so that all its ports are; addresses: those of the machine at
    which it is published, `0.0.0.0` for all, each with the port there.
    """

    whole_host: bool = False
    addresses: tuple[tuple[str, int], ...] = ()

    @property
    def everywhere(self) -> bool:
        """Return whether it is open in every network that its machine is in."""
        return self.whole_host or any(address == EVERY_ADDRESS for address, _ in self.addresses)


class Medium(StrEnum):
    """What something is kept on. small: memory, and too little of it for what is converted."""

    DISKS = "disks"
    FLASH = "flash"
    MEMORY = "memory"
    SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the machine and the engine below know of a server that converts video; None is not known.

    chip: whether a graphics chip is passed in; temp: the folder inside in which it keeps what it converts; temp_on:
    what that is on, and where: the pool, or the size; better: a folder inside that is quicker; processor:
    its name, empty where it is not known; idle: whether it has time; exposure: of its port.
    """

    chip: bool | None = None
    hindrance: Hindrance | None = None
    user: str = ""
    groups: tuple[str, ...] = ()
    temp: str = ""
    temp_on: Medium | None = None
    where: str = ""
    better: str = ""
    processor: str = ""
    idle: bool | None = None
    exposure: Exposure | None = None


@runtime_checkable
class LimitsQuality(JudgedSource, Protocol):
    """A system whose streams to the outside can be held to a quality, by an action of its own."""

    def offer_quality(self, most: int) -> Proposal | None:
        """Return what holds each stream to so many kbit a second; None where it is held to that or less already."""
        ...


@runtime_checkable
class PausesContainers(JudgedSource, Protocol):
    """An engine with the action `pause_container`."""

    name: str

    @property
    def pauses_containers(self) -> bool:
        """Return whether it can."""
        ...


@runtime_checkable
class ConvertsVideo(OfSource, Protocol):
    """A system that makes pictures anew while somebody watches, on a graphics chip where it has one."""

    @property
    def places(self) -> frozenset[str]:
        """Return the node ids of the addresses and ports at which it is reached."""
        ...

    @property
    def temp_folder(self) -> str | None:
        """Return the folder in which it keeps what it converts, as it is called inside; None where it is not known."""
        ...

    def take_surroundings(self, found: Surroundings) -> None:
        """Take note of what is known around it."""
        ...


@runtime_checkable
class KnowsContainers(JudgedSource, Protocol):
    """An engine that knows what its containers are given, and where they are open."""

    @property
    def machine(self) -> str | None:
        """Return the name or address of its machine, where that is known."""
        ...

    def runs(self, container: str) -> bool:
        """Return whether a container runs here, by its id."""
        ...

    def busy(self, container: str) -> float | None:
        """Return which share of the machine's processor a container took when it was measured last, 0 to 1."""
        ...

    def exposure(self, container: str, port: int) -> Exposure | None:
        """Return where a port of a container is open; None where that is not known."""
        ...

    async def given(self, container: str) -> Given:
        """Ask what a container is given. Raises ClientError."""
        ...


@runtime_checkable
class KnowsMedia(Judged, Protocol):
    """A system that knows what its paths are kept on, and what processor it has."""

    @property
    def processor(self) -> str:
        """Return the name of its processor, empty where it is not known."""
        ...

    @property
    def names(self) -> frozenset[str]:
        """Return the names and addresses under which this machine is reached, in lower case."""
        ...

    def app_containers(self) -> Mapping[str, str]:
        """Return the names of its apps by the ids of their containers."""
        ...

    def medium_of(self, path: str) -> tuple[Medium, str] | None:
        """Return what a path of this machine is kept on, and the name of that; None where it is not known."""
        ...

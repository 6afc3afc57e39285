"""What is asked of a system that watches a UPS, and of a server that has settings of its own for one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from .belonging import JudgedSource, OfSource
from .contract import Node

# what takes the power from all that hangs on a UPS, as NUT calls it
CUTS: Final = ("shutdown.return", "shutdown.stayoff", "shutdown.reboot", "load.off", "load.off.delay")


class Mains(StrEnum):
    """Whether a UPS is fed. UNKNOWN is not "fed": nobody may act on it either way."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


def mains_of(tokens: Collection[str]) -> Mains:
    """Return what the words of `ups.status` say of mains.

    OL says that mains is there, whatever stands beside it: `OL OB`, `OL LB`, `OL OFF`, `OL DISCHRG` and `ALARM OL FSD`
    are all in public dumps. Neither OL nor OB (`TRIM` alone, nothing at all) says nothing. Nor does WAIT.
    """
    if "WAIT" in tokens:
        return Mains.UNKNOWN
    if "OL" in tokens:
        return Mains.PRESENT
    return Mains.ABSENT if "OB" in tokens else Mains.UNKNOWN


@runtime_checkable
class WatchesPower(JudgedSource, Protocol):
    """One UPS: whether what hangs on it is fed, and for how long its battery lasts.

    looks: how often it was read, so that two readings that are equal are told from one.
    """

    name: str
    looks: int

    @property
    def power_unit(self) -> Any:
        """Return the UPS as it was seen last, without asking: a `Unit` of `sources.ups.model`.

        There is one also while nothing is heard; it says itself whether that is so.
        """
        ...

    @property
    def unit_node(self) -> str:
        """Return its node id: what hangs on it runs on it or needs it, or a person says so in the options."""
        ...


@runtime_checkable
class HoldsPrimary(Protocol):
    """A UPS whose primary can be made to wait with its shutdown, for as long as its HOSTSYNC."""

    @property
    def may_hold(self) -> bool:
        """Return whether there is an account that may log in, as it was when that was last tested."""
        ...

    async def hold_primary(self) -> None:
        """Log in as one that draws power from this UPS, if that is not so already. Raises ClientError."""
        ...

    async def holds_primary(self) -> bool:
        """Ask whether the login still counts: upsd ends it with its connection."""
        ...

    async def release_primary(self) -> None:
        """Log out: the primary need not wait any longer. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsService:
    """How a server itself is set to deal with its UPS; None is not known.

    primary: whether the UPS hangs on it, rather than on another machine; identifier: what its upsd calls it.
    at_once_on_battery: whether it shuts down `timer` seconds after mains fails, else when the battery is low.
    hostsync: how long its upsmon waits for logins, in seconds. remote: whether its upsd answers others, on `port`.
    host: the other machine, where it is no primary. running: whether the service runs.
    """

    primary: bool | None = None
    identifier: str | None = None
    at_once_on_battery: bool | None = None
    timer: float | None = None
    hostsync: float | None = None
    remote: bool | None = None
    host: str | None = None
    port: int | None = None
    running: bool | None = None


@runtime_checkable
class HasUpsService(OfSource, Protocol):
    """A server with a UPS service of its own."""

    name: str

    @property
    def hangs_on(self) -> frozenset[str]:
        """Return the node ids of the UPS that feeds it, by every name of its server."""
        ...

    @property
    def ups_service(self) -> UpsService | None:
        """Return how it is set, as it was seen last; None where that is not known."""
        ...


@runtime_checkable
class TriesFactoryPassword(JudgedSource, Protocol):
    """A UPS whose server was asked whether it lets its primary in with the password that TrueNAS sets at first.

    factory_password: whether it does; None where nobody asked, or nobody can say.
    """

    factory_password: bool | None
    nodes: Sequence[Node]

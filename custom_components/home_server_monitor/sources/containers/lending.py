"""What may be changed of a container for a while: that it is paused, that it is off a network, and its limits.

Each is bound to the container's id: one that is made anew meanwhile is another one, and is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, override

from ...guardian.capabilities import OnOff, Setting
from ...guardian.contract import ForAWhile
from ..errors import CallFailed
from .client import EngineClient
from .endpoints import networks
from .limiting import restoring
from .live_change import shown as settings_of
from .model import Container, Containers, State
from .raw import Json, table, text
from .yard import Yard

PAUSED, OFF_NETWORK, LIMITED = "container_paused", "container_off_network", "container_limited"
STOPPED = "container_stopped"

LEAST_MINUTES, MOST_MINUTES = 1.0, 7 * 24 * 60.0
# states in which nothing of a container runs
STILL = frozenset({State.CREATED, State.EXITED, State.DEAD})
NOT_FOUND = 404
# what a limit is compared by, where several fields make it
_MEASURES = ("Memory", "NanoCpus", "CpuQuota", "PidsLimit")

type See = Callable[[], Containers]


def lasting(params: Mapping[str, Any], minutes: float) -> float:
    """Return for how many seconds something is changed; minutes: where nothing is said."""
    given = params.get("minutes")
    wanted = float(given) if isinstance(given, int | float) else minutes
    return min(max(wanted, LEAST_MINUTES), MOST_MINUTES) * 60


def pause_of(container_id: str, params: Mapping[str, Any]) -> ForAWhile | None:
    """Return the pause for so many `minutes`; None for one that lasts."""
    if "minutes" not in params:
        return None
    return ForAWhile(setting=PAUSED, target=container_id, value=True, lasts=lasting(params, 60))


def stop_of(container_id: str, params: Mapping[str, Any]) -> ForAWhile | None:
    """Return the stop for so many `minutes`; None for one that lasts."""
    if "minutes" not in params:
        return None
    return ForAWhile(setting=STOPPED, target=container_id, value=True, lasts=lasting(params, 60))


class _OfContainer(Setting):
    """What all have in common: the container is read by its id, and is no more once that is gone."""

    def __init__(self, client: EngineClient, yard: Yard, see: See) -> None:
        self._client = client
        self._yard = yard
        self._see = see

    async def _inspect(self, container_id: str) -> Json | None:
        try:
            return await self._client.inspect(container_id)
        except CallFailed as err:
            if err.code == NOT_FOUND:
                return None
            raise

    def _seen(self, container_id: str) -> Container | None:
        found = self._see().containers.values()
        return next((each for each in found if each.id == container_id), None)


class ContainerPaused(_OfContainer, OnOff):
    """Whether a container is paused; one that has ended is not."""

    @override
    async def read(self, target: str) -> bool | None:
        inspect = await self._inspect(target)
        return None if inspect is None else table(inspect.get("State")).get("Status") == State.PAUSED

    @override
    def shown(self, target: str) -> bool | None:
        found = self._seen(target)
        return None if found is None else found.state is State.PAUSED

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        if await self.read(target) is not bool(value):
            await (self._client.pause(target) if value else self._client.unpause(target))
            await self._yard.relist()


class ContainerStopped(_OfContainer, OnOff):
    """Whether a container stands still; one that the engine starts by itself meanwhile is back."""

    @override
    async def read(self, target: str) -> bool | None:
        inspect = await self._inspect(target)
        return None if inspect is None else table(inspect.get("State")).get("Status") in STILL

    @override
    def shown(self, target: str) -> bool | None:
        found = self._seen(target)
        return None if found is None else found.state in STILL

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        if await self.read(target) is not bool(value):
            await (self._client.stop(target) if value else self._client.start(target))
            await self._yard.relist()


class OffNetwork(_OfContainer):
    """How a container is in a network: what was set of it there, or False where it is not in it.

    A target is the container's id and the name of the network.
    """

    @override
    async def read(self, target: str) -> Any:
        container_id, _, network = target.partition(" ")
        inspect = await self._inspect(container_id)
        return None if inspect is None else ends_of(inspect, self._client).get(network, False)

    @override
    def shown(self, target: str) -> Any:
        container_id, _, network = target.partition(" ")
        found = self._seen(container_id)
        if found is None:
            return None
        return {} if network in found.networks else False

    @override
    def same(self, left: Any, seen: Any) -> bool:
        # a list tells that it is in a network, and not how
        return (left is None) == (seen is None) and (left is False) == (seen is False)

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return False if any(each is False for each in values) else values[0]

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        container_id, _, network = target.partition(" ")
        if self.same(value, await self.read(target)):
            return
        if value is False:
            await self._client.disconnect(network, container_id)
        else:
            await self._client.connect(network, container_id, value)
        await self._yard.relist()


class ContainerLimited(_OfContainer):
    """The limits of a container, as the engine names them; 0 is none. A target is the id and the names of the fields."""

    @override
    async def read(self, target: str) -> Any:
        container_id, _, fields = target.partition(" ")
        inspect = await self._inspect(container_id)
        return None if inspect is None else settings_of(table(inspect.get("HostConfig")), fields.split(","))

    @override
    def shown(self, target: str) -> Any:
        # a look from afar tells too little of limits to suspect anybody: they are read when they are due
        return None if self._seen(target.partition(" ")[0]) is None else ...

    @override
    def same(self, left: Any, seen: Any) -> bool:
        if left is ... or seen is ...:
            return left is not None and seen is not None
        return bool(left == seen)

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return min(values, key=_tightness)

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        if value == await self.read(target):
            return
        info = await self._yard.workshop.about()
        await self._client.update(target.partition(" ")[0], restoring(value, value, info))
        await self._yard.relist()


def _tightness(limits: Mapping[str, Any]) -> float:
    """Return a number that is smaller the less it leaves; no limit is the largest."""
    found = next((limits[key] for key in _MEASURES if limits.get(key)), 0)
    return float(found) if found else float("inf")


def ends_of(inspect: Json, client: EngineClient) -> dict[str, Any]:
    """Return what was set of each network that a container is in, by name; nothing where its network is not its own."""
    raw = table(table(inspect.get("NetworkSettings")).get("Networks"))
    found = networks(inspect, text(client.transport.version) or "1.41")
    return {
        name: {**found.endpoints, **found.later}.get(name, {}) for name in raw if name not in ("host", "none")
    }


def settings(client: EngineClient, yard: Yard, see: See) -> dict[str, Setting]:
    """Return all that may be changed for a while, by name."""
    return {
        PAUSED: ContainerPaused(client, yard, see),
        STOPPED: ContainerStopped(client, yard, see),
        OFF_NETWORK: OffNetwork(client, yard, see),
        LIMITED: ContainerLimited(client, yard, see),
    }

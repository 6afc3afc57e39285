"""What this way to the engine may do: a socket proxy, or Portainer, may keep parts of it dark.

Readings are tried on a real container where there is one. Orders are tried on a container that cannot exist, or in a
form that the engine turns down: what gets that far is allowed, and nothing is ever done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import CallFailed, CannotConnect, ClientError, NotSupported, PermissionDenied
from .client import EngineClient
from .model import Container, Engine

# the id of a container, an image and a network that nobody has
NOBODY = "0" * 64
# no registry is asked for what is no reference
NO_REFERENCE = "Not:::A:Reference"
# what is slow is not denied: a proxy refuses at once
SOON = 5.0


class Feature(StrEnum):
    """What may be allowed or denied by itself."""

    LIST = "list"
    INSPECT = "inspect"
    STATS = "stats"
    LOGS = "logs"
    TOP = "top"
    INFO = "info"
    IMAGES = "images"
    VOLUMES = "volumes"
    DISK_USE = "disk_use"
    EVENTS = "events"
    DISTRIBUTION = "distribution"
    EXEC = "exec"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    PAUSE = "pause"
    UPDATE = "update"
    CREATE = "create"
    RENAME = "rename"
    REMOVE = "remove"
    PULL = "pull"
    TAG = "tag"
    NETWORK = "network"


READINGS = frozenset([*Feature][: [*Feature].index(Feature.EXEC)])
ORDERS = frozenset(Feature) - READINGS
# replacing a container takes all of these
REPLACING = frozenset(
    {
        Feature.INSPECT,
        Feature.IMAGES,
        Feature.START,
        Feature.STOP,
        Feature.UPDATE,
        Feature.CREATE,
        Feature.RENAME,
        Feature.REMOVE,
        Feature.PULL,
        Feature.TAG,
        Feature.NETWORK,
    }
)


@dataclass(frozen=True, slots=True)
class Access:
    """What was found: `denied` for certain, `unknown` where nothing could be learned; all else is allowed."""

    denied: frozenset[Feature] = frozenset()
    unknown: frozenset[Feature] = frozenset()

    def may(self, *features: Feature) -> bool:
        """Return whether none of these is denied."""
        return self.denied.isdisjoint(features)

    @property
    def dark(self) -> tuple[Feature, ...]:
        """Return the readings that stay dark, in their order."""
        return tuple(feature for feature in Feature if feature in READINGS & self.denied)

    @property
    def read_only(self) -> bool:
        """Return whether no order at all is allowed."""
        return self.denied >= ORDERS


type Try = Callable[[EngineClient, str], Awaitable[Any]]


def _reading(path: str, *, query: dict[str, Any] | None = None, about: bool = False) -> Try:
    """Try a reading; `about` says that it is about one container."""

    async def attempt(client: EngineClient, container: str) -> None:
        parts = (container,) if about else ()
        await client.transport.read(path, *parts, query=query, deadline=SOON)

    return attempt


def _order(verb: str, path: str, *parts: str, query: dict[str, Any] | None = None, body: Any = None) -> Try:
    """Try an order that cannot be carried out."""

    async def attempt(client: EngineClient, _: str) -> None:
        await client.transport.order(verb, path, *parts, query=query, body=body, deadline=SOON)

    return attempt


async def _disk_use(client: EngineClient, _: str) -> None:
    """Try to measure the least that can be measured, which Docker before 23 cannot choose."""
    query = {"type": "build-cache"} if client.api >= (1, 42) else {}
    await client.transport.read("/system/df", query=query, deadline=SOON)


_NONE_OF = {"filters": {"name": [NOBODY]}}
_TRIES: dict[Feature, Try] = {
    Feature.LIST: _reading("/containers/json", query={"all": True, **_NONE_OF}),
    Feature.INSPECT: _reading("/containers/{id}/json", about=True),
    Feature.STATS: _reading("/containers/{id}/stats", query={"stream": False, "one-shot": True}, about=True),
    Feature.LOGS: _reading("/containers/{id}/logs", query={"stdout": True, "tail": 1}, about=True),
    Feature.TOP: _reading("/containers/{id}/top", about=True),
    Feature.INFO: _reading("/info"),
    Feature.IMAGES: _reading("/images/json", query={"filters": {"reference": [NOBODY[:8]]}}),
    Feature.VOLUMES: _reading("/volumes", query=_NONE_OF),
    Feature.DISK_USE: _disk_use,
    Feature.EVENTS: _reading("/events", query={"since": 1, "until": 1}),
    Feature.DISTRIBUTION: _reading(f"/distribution/{NO_REFERENCE}/json"),
    Feature.EXEC: _order("POST", "/containers/{id}/exec", NOBODY, body={}),
    Feature.START: _order("POST", "/containers/{id}/start", NOBODY),
    Feature.STOP: _order("POST", "/containers/{id}/stop", NOBODY),
    Feature.RESTART: _order("POST", "/containers/{id}/restart", NOBODY),
    Feature.PAUSE: _order("POST", "/containers/{id}/pause", NOBODY),
    Feature.UPDATE: _order("POST", "/containers/{id}/update", NOBODY, body={}),
    # neither this name nor no configuration is accepted
    Feature.CREATE: _order("POST", "/containers/create", query={"name": "-"}),
    Feature.RENAME: _order("POST", "/containers/{id}/rename", NOBODY, query={"name": NOBODY[:12]}),
    Feature.REMOVE: _order("DELETE", "/containers/{id}", NOBODY),
    Feature.PULL: _order("POST", "/images/create", query={"fromImage": NO_REFERENCE, "tag": "-"}),
    Feature.TAG: _order("POST", "/images/{name}/tag", f"sha256:{NOBODY}", query={"repo": "hsm", "tag": "x"}),
    Feature.NETWORK: _order("POST", "/networks/{id}/connect", NOBODY, body={"Container": NOBODY}),
}


async def probe(
    client: EngineClient, engine: Engine, containers: Iterable[Container] = (), *, portainer: bool = False
) -> Access:
    """Find out what is allowed. Raises CannotConnect and AuthFailed where nothing can be found out.

    Orders are not tried at podman, which is only read. Through `portainer` a key that is no admin's is denied
    whatever is about a container that does not exist, which then says nothing.
    """
    real = next((item.id for item in containers if item.running), None)
    await client.ping()
    wanted = READINGS if engine.kind == "podman" else frozenset(Feature)
    answers = await asyncio.gather(*(_answer(client, feature, real) for feature in wanted))
    denied = {feature for feature, answer in zip(wanted, answers, strict=True) if answer is False}
    unknown = {feature for feature, answer in zip(wanted, answers, strict=True) if answer is None}
    if portainer:
        guessed = {
            feature for feature in denied if feature in ORDERS or (real is None and _is_about(feature))
        }
        denied, unknown = denied - guessed, unknown | guessed
    if engine.kind == "podman":
        denied |= ORDERS
    return Access(frozenset(denied), frozenset(unknown))


def _is_about(feature: Feature) -> bool:
    return feature in (Feature.INSPECT, Feature.STATS, Feature.LOGS, Feature.TOP)


async def _answer(client: EngineClient, feature: Feature, container: str | None) -> bool | None:
    """Return whether a feature is allowed, None where nothing was learned. Raises ClientError where all is lost."""
    try:
        await _TRIES[feature](client, container or NOBODY)
    except PermissionDenied, NotSupported:
        return False
    except CallFailed:
        # the engine itself answered
        return True
    except CannotConnect:
        return True if feature is Feature.DISK_USE else None
    except ClientError:
        return None
    return True

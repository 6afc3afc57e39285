"""What can go wrong with the containers behind a Portainer, and what a person then sees of them: ours, and core's."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.warp import Warp

ONE = "sonarr"
LIST, INSPECT, STATS = (
    "docker/containers/json",
    "docker/containers/{id}/json",
    "docker/containers/{id}/stats",
)
# seconds for which a fault goes on: four cycles of core, eight of ours
LASTS = 240.0
# and for which it is waited until all is back
HEALS = 400.0

NO_VALUE = (STATE_UNAVAILABLE, STATE_UNKNOWN)

type Step = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """begin switches it on, again what is repeated every 10 s while it lasts.

    dark: what ours may lose meanwhile: nothing, what belongs to one container, or everything.
    """

    begin: Step
    dark: Literal["nothing", "one", "all"]
    again: Step | None = None
    # seconds until ours is whole again; a rate needs two samples, and those of one container come in their round
    heals: float = 45.0
    # and until all that is lost is shown as lost: two ticks of 30 s, and the 15 s that the second may take
    shows: float = 75.0
    # after it a new key must be given: the entry is loaded anew
    reload: bool = False


def _at_one(kind: str, route: str, **more: Any) -> Step:
    async def begin(house: Any) -> None:
        house.harbour.portainer.faults.add(kind, route, target=ONE, **more)

    return begin


def _at_all(kind: str, route: str = "*", **more: Any) -> Step:
    async def begin(house: Any) -> None:
        house.harbour.portainer.faults.add(kind, route, **more)

    return begin


async def _black_hole(house: Any) -> None:
    house.harbour.wire("portainer").set_black_hole(True)


async def _cut(house: Any) -> None:
    house.harbour.docker.feeds.cut()


async def _buffered(house: Any) -> None:
    house.harbour.portainer.buffered = True
    await _cut(house)


async def _flood(house: Any) -> None:
    engine = house.harbour.engine
    for _ in range(400):
        engine.tell(engine.names[ONE], "start")
    await asyncio.sleep(0)


async def _nothing(house: Any) -> None:
    return


async def _news(house: Any) -> None:
    """Something happened to the one: who looks at what has news looks at it."""
    engine = house.harbour.engine
    engine.tell(engine.names[ONE], "update")


_OF_ONE: dict[str, tuple[str, dict[str, Any]]] = {
    "404": ("status", {"status": 404, "message": "No such container"}),
    "500": ("status", {"status": 500}),
    "hangs": ("hang", {}),
    "null": ("null", {}),
    "malformed": ("malformed", {}),
}

FAULTS: dict[str, Fault] = {
    **{
        f"one container, {words}: {name}": Fault(_at_one(kind, route, **more), "one", _news, heals=150.0)
        for words, route in (("inspected", INSPECT), ("sampled", STATS))
        for name, (kind, more) in _OF_ONE.items()
    },
    **{
        f"one container, its row in the list: {name}": Fault(_at_one(kind, LIST, **more), "one", heals=150.0)
        for name, (kind, more) in _OF_ONE.items()
        if name in ("null", "malformed")
    },
    **{
        f"the list: {name}": Fault(_at_all(kind, LIST, **more), "all", heals=45.0)
        for name, (kind, more) in _OF_ONE.items()
    },
    "the engine hangs": Fault(_at_all("hang", "docker/*"), "all", heals=30.0),
    "black hole": Fault(_black_hole, "all", heals=30.0),
    "Portainer: 401": Fault(_at_all("status", status=401, message="Invalid JWT token"), "all", reload=True),
    "Portainer: 403": Fault(_at_all("status", status=403, message="Access denied"), "all", reload=True),
    "Portainer: 502": Fault(_at_all("status", status=502), "all", heals=30.0),
    # stacks are listed once a minute, and must fail twice
    "Portainer: a page": Fault(_at_all("html"), "all", shows=150.0),
    "events: cut every 10 s": Fault(_cut, "nothing", _cut),
    "events: held back": Fault(_buffered, "nothing", _news),
    "events: a flood": Fault(_nothing, "nothing", _flood),
}


async def heal(house: Any) -> None:
    """End every fault."""
    house.harbour.portainer.faults.clear()
    house.harbour.wire("portainer").set_black_hole(False)
    house.harbour.portainer.buffered = False


class Watched:
    """The entities of one entry, by the container that they belong to."""

    def __init__(self, hass: HomeAssistant, warp: Warp, entry: MockConfigEntry, names: set[str]) -> None:
        self.hass, self.warp, self.entry = hass, warp, entry
        devices = {
            each.id: each.name or ""
            for each in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        }
        self.container_of = {
            each.entity_id: name if (name := devices.get(each.device_id or "", "")) in names else ""
            for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        }
        self.darkened: dict[str, float] = {}
        self.baseline = self.available()
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)

    @callback
    def _changed(self, event: Event[Any]) -> None:
        new = event.data["new_state"]
        if new is None or new.state in NO_VALUE:
            self.darkened.setdefault(event.data["entity_id"], self.warp.monotonic())

    def available(self) -> set[str]:
        """Return what has a value."""
        return {
            entity
            for entity in self.container_of
            if (state := self.hass.states.get(entity)) is not None and state.state not in NO_VALUE
        }

    @property
    def lost(self) -> set[str]:
        """Return what lost its value since the fault began."""
        return self.baseline & self.darkened.keys()

    def blanked(self) -> set[str]:
        """Return the containers that lost everything."""
        mine: dict[str, set[str]] = {}
        for entity in self.baseline:
            if name := self.container_of[entity]:
                mine.setdefault(name, set()).add(entity)
        return {name for name, entities in mine.items() if entities <= self.lost}


async def suffer(watched: Watched, house: Any, fault: Fault) -> dict[str, Any]:
    """Let a fault last, end it, wait until all is back; returns a row of the table. healed_s is None where it is not."""
    watched.darkened.clear()
    portainer = house.harbour.portainer
    portainer.calls.clear()
    began = watched.warp.monotonic()
    await fault.begin(house)
    while watched.warp.monotonic() - began < LASTS:
        if fault.again is not None:
            await fault.again(house)
        await asyncio.sleep(10)
    row: dict[str, Any] = {
        "affected": len(watched.lost),
        "of": len(watched.baseline),
        "containers": len(watched.blanked()),
        "shown_s": round(max(watched.darkened[each] for each in watched.lost) - began, 1)
        if watched.lost
        else None,
        "requests_a_minute": round(portainer.calls.total.calls * 60 / LASTS),
    }
    await heal(house)
    if fault.reload:
        await watched.hass.config_entries.async_reload(watched.entry.entry_id)
    ended = watched.warp.monotonic()
    while not watched.baseline <= watched.available() and watched.warp.monotonic() - ended < HEALS:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    back = watched.baseline <= watched.available()
    row["healed_s"] = round(watched.warp.monotonic() - ended, 1) if back else None
    return row

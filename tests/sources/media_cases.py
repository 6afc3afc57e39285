"""What can go wrong with media services, and what a person then sees of them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.warp import Warp

# seconds for which a fault goes on, and for which it is waited until all is back
LASTS, HEALS = 120.0, 400.0
NO_VALUE = (STATE_UNAVAILABLE, STATE_UNKNOWN)
# what each is asked most: that alone may hang as well
MAIN = {
    "sonarr": "GET /api/v3/queue",
    "radarr": "GET /api/v3/queue",
    "prowlarr": "GET /api/v1/indexer",
    "qbittorrent": "GET /api/v2/sync/maindata",
    "sabnzbd": "GET /api/queue",
    "plex": "GET /status/sessions",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an HTTP face. of: all that a service is asked, or what it is asked most.

    dark: what may be lost meanwhile: nothing, some, or everything. shows, heals: seconds until that shows, of some
    until the first does, and until all is back.
    """

    kind: str
    more: dict[str, Any] = field(default_factory=dict)
    of: Literal["all", "main"] = "all"
    dark: Literal["nothing", "some", "all"] = "all"
    # two cycles of 30 s, the second of which may take 15 s; a wrong answer must come twice
    shows: float = 95.0
    heals: float = 30.0


# what a proxy answers, or an app that only half is up
_WORDS = {"records": [], "totalRecords": 7, "MediaContainer": {"size": 9}, "slots": None, "rid": "x"}
# a page, or anything else than what was asked for: each feed that is due then costs itself, and is
# asked again 25 s later at the next tick of 30 s
_SOME: dict[str, Any] = {"dark": "some", "heals": 55.0}
FAULTS: dict[str, Fault] = {
    "no answer: refused": Fault("drop"),
    "no answer: hangs": Fault("hang"),
    "hangs in the middle of an answer": Fault("stall"),
    "an answer after 4 s": Fault("delay", {"seconds": 4.0}, dark="nothing"),
    "an answer after 25 s": Fault("delay", {"seconds": 25.0}),
    "cut in the middle of an answer": Fault("cut"),
    "502 for a while": Fault("status", {"status": 502}),
    # what a key that is refused costs: it is tried again after 5 min
    "401 for a while": Fault("status", {"status": 401}, heals=330.0),
    "403 for a while": Fault("status", {"status": 403}, dark="some", heals=130.0),
    # of Plex's own page it means that the token is of another server
    "404 for a while": Fault("status", {"status": 404}, dark="some", heals=330.0),
    "500": Fault("status", {"status": 500}, **_SOME),
    "leads to a login": Fault("status", {"status": 307}, **_SOME),
    "a page with status 200": Fault("html", **_SOME),
    "half a document": Fault("malformed", **_SOME),
    "nothing": Fault("empty", **_SOME),
    "20 MiB": Fault("huge", {"size": 20 << 20}, **_SOME),
    "another document": Fault("replace", {"value": _WORDS}, **_SOME),
    "a list of anything": Fault("replace", {"value": [7, "x", None, {}]}, **_SOME),
    # which of Prowlarr is asked each 5 min
    "its main answer hangs": Fault("hang", of="main", shows=LASTS, dark="some", heals=55.0),
    "its main answer is refused": Fault(
        "status", {"status": 403}, of="main", shows=LASTS, dark="some", heals=130.0
    ),
    "its main answer fails": Fault("status", {"status": 500}, of="main", shows=LASTS, **_SOME),
}


class Watched:
    """The entities of one entry: what they showed before, what they lost, and what they showed that was never so."""

    def __init__(self, hass: HomeAssistant, warp: Warp, name: str, entry: MockConfigEntry, face: Any) -> None:
        self.hass, self.warp, self.name, self.entry, self.face = hass, warp, name, entry, face
        found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        self.entities = {each.entity_id for each in found if not each.disabled}
        self.darkened: dict[str, float] = {}
        self.false: dict[str, str] = {}
        self.baseline: dict[str, str] = {}
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)

    @callback
    def _changed(self, event: Event[Any]) -> None:
        entity, new = event.data["entity_id"], event.data["new_state"]
        if entity not in self.baseline:
            return
        if new is None or new.state in NO_VALUE:
            self.darkened.setdefault(entity, self.warp.monotonic())
        elif new.state != self.baseline[entity]:
            self.false[entity] = f"{new.state} and not {self.baseline[entity]}"

    def shown(self) -> dict[str, str]:
        """Return what has a value, with it."""
        states = {entity: self.hass.states.get(entity) for entity in self.entities}
        return {
            entity: state.state
            for entity, state in states.items()
            if state is not None and state.state not in NO_VALUE
        }

    def begin(self) -> None:
        """Take what is shown now as true."""
        self.darkened.clear()
        self.false.clear()
        self.baseline = self.shown()
        self.face.calls.clear()

    @property
    def back(self) -> bool:
        """Return whether all is shown again that was before."""
        return self.baseline.items() <= self.shown().items()


async def suffer(all_of_them: list[Watched], warp: Warp, fault: Fault) -> dict[str, dict[str, Any]]:
    """Let all of them suffer the same at once, and wait until each is back; returns a row for each."""
    for each in all_of_them:
        each.begin()
        route = "*" if fault.of == "all" else MAIN[each.name]
        each.face.faults.add(fault.kind, route, **fault.more)
    began = warp.monotonic()
    await asyncio.sleep(LASTS)
    rows = {each.name: _row(each, began) for each in all_of_them}
    for each in all_of_them:
        each.face.faults.clear()
    await _heal(all_of_them, rows, warp, max(HEALS, fault.heals))
    return rows


def _row(each: Watched, began: float) -> dict[str, Any]:
    return {
        "affected": len(each.darkened),
        "of": len(each.baseline),
        "first_s": round(min(each.darkened.values()) - began, 1) if each.darkened else None,
        "shown_s": round(max(each.darkened.values()) - began, 1) if each.darkened else None,
        "requests_a_minute": round(each.face.calls.total.calls * 60 / LASTS, 1),
        "writes": [call.route for call in each.face.calls.writes if not harmless(call)],
    }


def harmless(call: Any) -> bool:
    """Whether something that is sent as a write changes nothing: a login, the greeting of a socket."""
    return any(word in call.route.lower() for word in ("login", "negotiate"))


async def _heal(
    all_of_them: list[Watched], rows: dict[str, dict[str, Any]], warp: Warp, limit: float
) -> None:
    """Note for each after how many seconds all is back; None where it is not within the limit."""
    ended, left = warp.monotonic(), list(all_of_them)
    while left and warp.monotonic() - ended < limit:
        for each in [each for each in left if each.back]:
            left.remove(each)
            rows[each.name] |= {"healed_s": round(warp.monotonic() - ended, 1), "false": dict(each.false)}
        await asyncio.sleep(0.5)
    for each in left:
        rows[each.name] |= {"healed_s": None, "false": dict(each.false)}

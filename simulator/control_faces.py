"""The switchboard's part for engine, Portainer and registry: calls that are counted, faults, cables."""

import html
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .harbour import FACES
from .serving import HTTP_FAULTS, Face, HttpCall

if TYPE_CHECKING:
    from .harbour import Harbour
    from .simulation import Simulation
    from .wire import Wire

WIRE_FAULTS = ("black_hole", "half_open", "slow_bytes")


def call_row(call: HttpCall) -> dict[str, Any]:
    """One request, as `GET /calls?face=…` lists it."""
    return {
        "route": call.route,
        "path": call.path,
        "query": call.query,
        "target": call.target,
        "at": call.at,
        "write": call.write,
        "body": call.body,
        "status": call.status,
    }


class FaceControl:
    """See the module."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    @property
    def _harbour(self) -> Harbour:
        if not self._sim.has_harbour:
            raise web.HTTPNotFound(text="There are no containers here")
        return self._sim.harbour

    def face(self, name: str) -> Face:
        """A face by its name."""
        if name in (quay := self._sim.quay).names:
            return quay.face(name)
        if name not in FACES:
            raise web.HTTPBadRequest(text=f"face: one of {', '.join((*FACES, *quay.names))}")
        return self._harbour.face(name)

    def _wire(self, name: str) -> Wire:
        quay = self._sim.quay
        return quay.wire(name) if name in quay.names else self._harbour.wire(name)

    def page(self) -> str:
        """Where the faces answer, for the switchboard's page."""
        harbour = self._harbour
        rows = (
            f"Docker {harbour.engine.release.version}: {harbour.docker_url}",
            f"Portainer {harbour.portainer.version}: {harbour.portainer_url}, key {harbour.portainer.key}",
            f"Registry: {harbour.registry_url}",
        )
        return f"<p>{'<br>'.join(html.escape(row) for row in rows)}</p>"

    def calls(self, name: str, *, writes: bool) -> list[dict[str, Any]]:
        """Every request to a face, or those that change something."""
        calls = self.face(name).calls
        return [call_row(call) for call in (calls.writes if writes else calls.calls)]

    async def count(self, request: web.Request) -> web.Response:
        """`GET /calls/count?face=docker`: by route, with the most at once and those under way."""
        calls = self.face(request.query.get("face", "docker")).calls
        rows = {
            route: {"calls": count.calls, "most_at_once": count.most_at_once}
            for route, count in calls.counts.items()
            if count.calls
        }
        return web.json_response(
            {
                "calls": calls.total.calls,
                "most_at_once": calls.total.most_at_once,
                "under_way": calls.total.now,
                "routes": rows,
                "statuses": {str(status): number for status, number in sorted(calls.statuses().items())},
            }
        )

    async def count_anew(self, request: web.Request) -> web.Response:
        """`POST /calls/clear?face=docker`: forget the requests so far; those under way still count as at once."""
        self.face(request.query.get("face", "docker")).calls.clear()
        return web.json_response({})

    def on_call(self, name: str, body: dict[str, Any]) -> list[str]:
        """A fault of a face: `{"face", "route", "fault", "target", "n", "count", …}`; `fault` null clears."""
        face = self.face(name)
        route, nth, kind = body.pop("route", "*"), body.pop("n", 1), body.pop("fault", None)
        pid = body.pop("kill_pid", None)
        if pid is not None:
            face.faults.add("kill", route, pid=int(pid), nth=nth, **{"count": 1, **body})
        elif kind in WIRE_FAULTS:
            self._of_wire(name, kind, on=bool(body.get("on", True)))
        elif kind in HTTP_FAULTS:
            face.faults.add(kind, route, nth=nth, **body)
        elif kind is None:
            face.faults.clear(route=None if route == "*" else route)
            if route == "*":
                for each in WIRE_FAULTS:
                    self._of_wire(name, each, on=False)
        else:
            raise web.HTTPBadRequest(text=f"No fault {kind}")
        return [fault.kind for fault in face.faults.active]

    def _of_wire(self, name: str, kind: str, *, on: bool) -> None:
        wire = self._wire(name)
        match kind:
            case "black_hole":
                wire.set_black_hole(on)
            case "half_open":
                wire.set_half_open(on)
            case "slow_bytes":
                wire.set_slow(on)

    async def cable(self, name: str, *, plugged: bool) -> None:
        """Plug a face's cable in or out."""
        self.face(name)
        wire = self._wire(name)
        await (wire.start() if plugged else wire.stop())

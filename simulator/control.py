"""The switchboard: a small HTTP API, and a page with a button for each scenario."""

import html
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .control_faces import FaceControl
from .faults import CALL_FAULTS, SERVER_FAULTS
from .scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from .simulation import Simulation

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Simulated home server</title>
<style>body{{font:16px system-ui;max-width:50em;margin:2em auto;padding:0 1em}}
li{{list-style:none;margin:.4em 0}}button{{min-width:4.5em}}</style></head><body>
<h1>Simulated home server</h1><p>{url}, {version}</p>{more}<ul>{rows}</ul>
<p><button onclick="post('/clock',{{advance:3600}})">One hour later</button>
<button onclick="post('/clock',{{advance:86400}})">One day later</button>
<button onclick="post('/profile/idle-noise')">Idle noise</button>
<button onclick="post('/profile/frozen')">Frozen</button>
<button onclick="post('/reset')">Reset</button></p><pre id="out"></pre>
<script>
async function post(path, body) {{
  const reply = await fetch(path, {{method: "POST", body: JSON.stringify(body || {{}})}});
  document.getElementById("out").textContent = path + " " + reply.status + " " + await reply.text();
}}
</script></body></html>"""
_ROW = """<li>{on}<button onclick="post('/scenario/{name}/off')">Off</button> <b>{name}</b> {about}</li>"""
_ON = """<button onclick="post('/scenario/{name}',{params})">{words}</button> """


def _row(name: str, kind: type[Scenario]) -> str:
    """One scenario with its buttons, in HTML."""
    on = "".join(
        _ON.format(name=name, params=html.escape(json.dumps(params)), words=html.escape(words))
        for words, params in kind.buttons.items()
    )
    return _ROW.format(on=on, name=name, about=html.escape(kind.about))


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    try:
        body = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"Not JSON: {error}") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="A JSON object is wanted")
    return body


class Control:
    """See the module."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self.faces = FaceControl(sim)

    async def page(self, _request: web.Request) -> web.Response:
        """`GET /`."""
        rows = "\n".join(_row(name, kind) for name, kind in SCENARIOS.items())
        more = self.faces.page() if self._sim.has_harbour else ""
        text = _PAGE.format(
            url=self._sim.url, version=self._sim.truenas.release.version, more=more, rows=rows
        )
        return web.Response(text=text, content_type="text/html")

    async def scenarios(self, _request: web.Request) -> web.Response:
        """`GET /scenarios`: name → what it is."""
        return web.json_response({name: kind.about for name, kind in SCENARIOS.items()})

    async def scenario(self, request: web.Request) -> web.Response:
        """`POST /scenario/{name}`."""
        name = request.match_info["name"]
        if name not in SCENARIOS:
            raise web.HTTPNotFound(text=f"No scenario {name}")
        try:
            await self._sim.scenario(name, **await _body(request))
        except (KeyError, TypeError, ValueError) as error:
            self._sim.scenarios.pop(name, None)
            raise web.HTTPBadRequest(text=f"{name}: {error}") from error
        return web.json_response({"on": sorted(self._sim.scenarios)})

    async def scenario_off(self, request: web.Request) -> web.Response:
        """`POST /scenario/{name}/off`."""
        name = request.match_info["name"]
        if name not in SCENARIOS:
            raise web.HTTPNotFound(text=f"No scenario {name}")
        await self._sim.scenario_off(name)
        return web.json_response({"on": sorted(self._sim.scenarios)})

    async def clock(self, request: web.Request) -> web.Response:
        """`POST /clock {"advance": seconds}`."""
        seconds = (await _body(request)).get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise web.HTTPBadRequest(text="advance: seconds, not negative")
        self._sim.advance(float(seconds))
        return web.json_response({"now": self._sim.world.clock.now()})

    async def profile(self, request: web.Request) -> web.Response:
        """`POST /profile/{idle-noise|frozen}`."""
        name = request.match_info["name"]
        if name == "idle-noise":
            self._sim.set_profile("idle-noise")
        elif name == "frozen":
            self._sim.set_profile("frozen")
        else:
            raise web.HTTPNotFound(text=f"No profile {name}")
        return web.json_response({"profile": name})

    async def on_call(self, request: web.Request) -> web.Response:
        """`POST /on_call {"method", "n", "kill_pid" | "fault", "count", …}`; `{"fault": null}` clears. `face`: see there."""
        body = await _body(request)
        if (face := body.pop("face", None)) is not None:
            try:
                return web.json_response({"active": self.faces.on_call(face, body)})
            except (TypeError, ValueError) as error:
                raise web.HTTPBadRequest(text=str(error)) from error
        method, nth, kind = body.pop("method", "*"), body.pop("n", 1), body.pop("fault", None)
        pid = body.pop("kill_pid", None)
        try:
            if pid is not None:
                self._sim.faults.kill(method, int(pid), nth=nth, count=1, **body)
            elif kind in SERVER_FAULTS:
                self._sim.faults.server(kind)
            elif kind in CALL_FAULTS:
                self._sim.faults.add(kind, method, nth=nth, **body)
            elif kind is None:
                self._sim.faults.clear(method=None if method == "*" else method)
            else:
                raise web.HTTPBadRequest(text=f"No fault {kind}")
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({"active": [fault.kind for fault in self._sim.faults.active]})

    async def cable(self, request: web.Request) -> web.Response:
        """`POST /cable {"plugged": true | false}`: without it connections break and new ones are refused."""
        body = await _body(request)
        plugged = body.get("plugged")
        if not isinstance(plugged, bool):
            raise web.HTTPBadRequest(text="plugged: true or false")
        if (face := body.get("face")) is not None:
            await self.faces.cable(face, plugged=plugged)
            return web.json_response({"plugged": plugged})
        await (self._sim.start_listening() if plugged else self._sim.stop_listening())
        return web.json_response({"plugged": plugged})

    async def frame(self, request: web.Request) -> web.Response:
        """`POST /frame {"text", "times"}`: send a frame that nobody asked for to all sockets."""
        body = await _body(request)
        text, times = body.get("text"), body.get("times", 1)
        if not isinstance(text, str) or not isinstance(times, int):
            raise web.HTTPBadRequest(text="text: a string, times: a number")
        for _ in range(times):
            await self._sim.send_raw(text)
        return web.json_response({"times": times})

    async def reset(self, _request: web.Request) -> web.Response:
        """`POST /reset`."""
        await self._sim.reset()
        return web.json_response({})

    async def calls(self, request: web.Request) -> web.Response:
        """`GET /calls`, with `writes=1` only those that change something."""
        writes = request.query.get("writes") == "1"
        if (face := request.query.get("face")) is not None:
            return web.json_response(self.faces.calls(face, writes=writes))
        return web.json_response(
            [
                {
                    "method": call.method,
                    "params": call.params,
                    "at": call.at,
                    "session": call.session,
                    "write": call.write,
                    "refused": call.refused,
                }
                for call in self._sim.calls
                if call.write or not writes
            ],
            dumps=lambda value: json.dumps(value, default=str),
        )

    async def state(self, _request: web.Request) -> web.Response:
        """`GET /state`."""
        sim, world = self._sim, self._sim.world
        return web.json_response(
            {
                "version": world.version_suffix or sim.truenas.release.version,
                "now": world.clock.now(),
                "uptime": world.uptime(),
                "profile": "idle-noise" if world.clock.moving else "frozen",
                "sessions": sim.sessions,
                "logins": sim.logins,
                "calls": len(sim.calls),
                "writes": sum(call.write for call in sim.calls),
                "refusals": len(sim.refusals),
                "wakeups": world.wakeups,
                "pools": {pool.name: pool.status for pool in world.pools},
                "disks": len(world.present_disks()),
                "apps": {app.name: app.state for app in world.apps.values()},
                "alerts": [alert.klass for alert in world.alerts.values()],
                "jobs": {str(job.number): f"{job.method} {job.state}" for job in world.jobs.all.values()},
                "scenarios": sorted(sim.scenarios),
                "faults": [fault.kind for fault in sim.faults.active],
                "containers": sim.harbour.state() if sim.has_harbour else None,
            }
        )


def control_app(sim: Simulation) -> web.Application:
    """The switchboard's routes."""
    control = Control(sim)
    app = web.Application()
    app.add_routes(
        [
            web.get("/", control.page),
            web.get("/scenarios", control.scenarios),
            web.get("/calls", control.calls),
            web.get("/calls/count", control.faces.count),
            web.post("/calls/clear", control.faces.count_anew),
            web.get("/state", control.state),
            web.post("/scenario/{name}", control.scenario),
            web.post("/scenario/{name}/off", control.scenario_off),
            web.post("/clock", control.clock),
            web.post("/profile/{name}", control.profile),
            web.post("/on_call", control.on_call),
            web.post("/cable", control.cable),
            web.post("/frame", control.frame),
            web.post("/reset", control.reset),
        ]
    )
    return app

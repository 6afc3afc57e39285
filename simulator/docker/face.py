"""The Engine API as a server: versions, routes, refusals."""

import re
from typing import Any, override

from simulator.engine import Engine, EngineError, NotModifiedError
from simulator.engine.releases import text
from simulator.serving import Face, Raw, Reply, Route, Routes
from simulator.serving.asked import Asked
from simulator.serving.routes import Handler

from .events import Feeds
from .reading import Reading
from .writing import Writing

_VERSIONED = re.compile(r"/v(\d+)\.(\d+)(/.*)\Z")


class Docker(Face):
    """One engine's API.

    `sample_pace` times the seconds between two samples of what a container uses, `df_seconds` is how long counting
    the disk takes; `blocked` are beginnings of paths that a proxy of the socket denies, and with `read_only` it
    denies everything that changes something.
    """

    def __init__(self, engine: Engine, *, latency: float = 0.0, sample_pace: float = 1.0) -> None:
        super().__init__(engine.now, latency=latency)
        self.engine = engine
        self.sample_pace = sample_pace
        self.df_seconds = 0.0
        self.df_running = 0
        self.blocked: tuple[str, ...] = ()
        self.read_only = False
        self.feeds = Feeds(lambda: self.engine)
        self.routes = _routes(Reading(self), Writing(self))

    def attach(self, engine: Engine) -> None:
        """Speak for this engine from now on."""
        self.feeds.cut()
        self.engine = engine
        self.now = engine.now

    @override
    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        release = self.engine.release
        asked.api = release.api
        if found := _VERSIONED.match(asked.path):
            asked.api = (int(found[1]), int(found[2]))
            asked.path = found[3]
            if asked.api > release.api:
                words = f"too new. Maximum supported API version is {text(release.api)}"
                return self.refuse(400, f"client version {text(asked.api)} is {words}")
            if asked.api < release.oldest:
                words = f"too old. Minimum supported API version is {text(release.oldest)}"
                more = "please upgrade your client to a newer version"
                line = f"client version {text(asked.api)} is {words}, {more}\n"
                return Raw(line.encode(), 400, content_type="text/plain; charset=utf-8")
        return self._denied(asked) or super().locate(asked)

    def _denied(self, asked: Asked) -> Reply | None:
        """What a proxy in front of the socket does not let through."""
        if asked.path.startswith(self.blocked) or (self.read_only and asked.verb not in ("GET", "HEAD")):
            page = b"<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"
            return Raw(page, 403, content_type="text/html")
        return None

    @override
    async def handle(self, route: Route, asked: Asked) -> Reply:
        release = self.engine.release
        try:
            reply = await super().handle(route, asked)
        except EngineError as error:
            reply = self.refuse(error.status, error.message)
        except NotModifiedError:
            reply = Raw(status=304)
        reply.headers = {
            **reply.headers,
            "Api-Version": text(release.api),
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Server": f"Docker/{release.version} (linux)",
        }
        return reply

    @override
    def targets(self, asked: Asked) -> frozenset[str]:
        ident = asked.parameters.get("id") or asked.parameters.get("name")
        if ident is None:
            return frozenset()
        container = self.engine.containers.get(ident) or self.engine.names.get(ident)
        names = {str(ident)}
        if container is not None:
            names |= {container.ident, container.name}
        return frozenset(names)

    @override
    def shown(self, asked: Asked) -> str | None:
        ident = asked.parameters.get("id") or asked.parameters.get("name")
        container = self.engine.containers.get(ident or "")
        return container.name if container else ident


def _routes(reading: Reading, writing: Writing) -> Routes:
    gets: dict[str, Handler] = {
        "/_ping": reading.ping,
        "/version": reading.version,
        "/info": reading.info,
        "/events": reading.events,
        "/system/df": reading.disk_use,
        "/containers/json": reading.containers,
        "/containers/{id}/json": reading.inspect,
        "/containers/{id}/stats": reading.stats,
        "/containers/{id}/logs": reading.logs,
        "/containers/{id}/top": reading.top,
        "/containers/{id}/changes": reading.changes,
        "/exec/{id}/json": reading.inspect_exec,
        "/images/json": reading.images,
        "/images/{name+}/json": reading.inspect_image,
        "/distribution/{name+}/json": reading.distribution,
        "/networks": reading.networks,
        "/networks/{id}": reading.inspect_network,
        "/volumes": reading.volumes,
        "/volumes/{name}": reading.inspect_volume,
    }
    posts: dict[str, Handler] = {
        "/containers/create": writing.create,
        "/containers/{id}/start": writing.start,
        "/containers/{id}/stop": writing.stop,
        "/containers/{id}/restart": writing.restart,
        "/containers/{id}/kill": writing.kill,
        "/containers/{id}/pause": writing.pause,
        "/containers/{id}/unpause": writing.unpause,
        "/containers/{id}/rename": writing.rename,
        "/containers/{id}/update": writing.update,
        "/containers/{id}/wait": writing.wait,
        "/containers/{id}/exec": writing.create_exec,
        "/exec/{id}/start": writing.start_exec,
        "/images/create": writing.pull,
        "/images/prune": writing.prune_images,
        "/images/{name+}/tag": writing.tag,
        "/networks/create": writing.create_network,
        "/networks/{id}/connect": writing.connect,
        "/networks/{id}/disconnect": writing.disconnect,
        "/volumes/create": writing.create_volume,
    }
    deletes: dict[str, Handler] = {
        "/containers/{id}": writing.remove,
        "/images/{name+}": writing.remove_image,
        "/networks/{id}": writing.remove_network,
        "/volumes/{name}": writing.remove_volume,
    }
    return Routes(
        Route("HEAD", "/_ping", reading.ping),
        *(Route("GET", pattern, handler) for pattern, handler in gets.items()),
        *(Route("POST", pattern, handler) for pattern, handler in posts.items()),
        *(Route("DELETE", pattern, handler) for pattern, handler in deletes.items()),
    )

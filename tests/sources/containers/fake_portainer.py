"""A Portainer in front of a real engine, with the habits of the real one that hurt: what is not sent is emptied."""

from collections.abc import AsyncIterator
import contextlib
from dataclasses import dataclass, field
import ssl
from typing import Any

from aiohttp import web

from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from tests.engine import Engine

from .front import passed_on, serving

KEY = "ptr_abcdefgh12345678"


def refused(status: int, message: str, details: str = "details") -> web.Response:
    """Answer as Portainer explains itself."""
    return web.json_response({"message": message, "details": details}, status=status)


@dataclass
class Portainer:
    """Its state, and what it was sent."""

    url: str = ""
    stacks: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)
    orders: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    registry_auth: list[str] = field(default_factory=list)
    role: int = 1
    engine_down: bool = False
    keys: int = 0

    @web.middleware
    async def guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Let in who has the key and nothing else that tells who it is."""
        if request.path == "/api/endpoints" or request.path.endswith("/version"):
            self.keys += "X-API-Key" in request.headers
        if request.path == "/api/system/status":
            return await handler(request)
        if "Cookie" in request.headers or "Origin" in request.headers:
            return refused(403, "Forbidden - origin invalid")
        if "Authorization" in request.headers:
            return refused(403, "api key and auth header are not allowed at the same time")
        if request.headers.get("X-API-Key") != KEY:
            return refused(401, "Invalid JWT token", "Unauthorized")
        return await handler(request)

    async def status(self, request: web.Request) -> web.Response:
        """Tell everybody the version."""
        return web.json_response({"Version": "2.33.5", "InstanceID": "f00d"})

    async def me(self, request: web.Request) -> web.Response:
        """Tell whose key it is."""
        return web.json_response({"Id": 1, "Username": "admin", "Role": self.role})

    async def environments(self, request: web.Request) -> web.Response:
        """List environments of all kinds."""
        assert request.query["excludeSnapshots"] == "true"
        kinds = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7}
        return web.json_response(
            [
                {
                    "Id": number,
                    "Name": f"env{number}",
                    "Type": kind,
                    "Status": 2 if number == 4 else 1,
                    "ContainerEngine": "podman" if number == 2 else "docker",
                    "TLSConfig": {"TLSKey": "s3cret"},
                }
                for number, kind in kinds.items()
            ]
        )

    async def registries(self, request: web.Request) -> web.Response:
        """List the registries of an environment."""
        return web.json_response([{"Id": 7, "URL": "ghcr.io/me", "Password": "s3cret"}, {"Id": None}, None])

    async def list_stacks(self, request: web.Request) -> web.Response:
        """List stacks; no list at all where there is none."""
        assert '"EndpointID": 1' in request.query["filters"]
        if not self.stacks:
            return web.Response(status=204)
        return web.json_response([*self.stacks.values()])

    async def stack(self, request: web.Request) -> web.Response:
        """Tell one stack."""
        found = self.stacks.get(int(request.match_info["id"]))
        return web.json_response(found) if found else refused(404, "Unable to find a stack")

    async def file(self, request: web.Request) -> web.Response:
        """Tell the file of a stack."""
        return web.json_response({"StackFileContent": self.files[int(request.match_info["id"])]})

    async def order(self, request: web.Request) -> web.Response:
        """Change a stack as the real one does: what is not sent is emptied."""
        found = self.stacks[int(request.match_info["id"])]
        body = await request.json() if request.body_exists else {}
        self.orders.append((f"{request.method} {request.path}", dict(request.query), body))
        verb = request.path.rpartition("/")[2]
        if verb in ("start", "stop"):
            wanted = 1 if verb == "start" else 2
            if found["Status"] == wanted:
                return refused(400, f"Stack is already {'active' if wanted == 1 else 'inactive'}")
            found["Status"] = wanted
            return web.json_response(found)
        found["Env"] = body.get("Env")
        if verb == "redeploy":
            found["GitConfig"]["ReferenceName"] = body.get("RepositoryReferenceName", "")
            if not body.get("RepositoryAuthentication"):
                found["GitConfig"]["Authentication"] = None
        else:
            found["GitConfig"] = None
            self.files[found["Id"]] = body["StackFileContent"]
        return web.json_response(found)


@contextlib.asynccontextmanager
async def portainer(
    engine: Engine | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Portainer]:
    """Run one, whose first environment is this engine."""
    found = Portainer()
    address = normalise(engine.url if engine else "tcp://127.0.0.1:1")

    async def docker(request: web.Request) -> web.StreamResponse:
        if request.match_info["id"] != "1":
            return refused(
                404, "Unable to find an environment with the specified identifier inside the database"
            )
        if found.engine_down:
            return refused(500, "Unable to proxy the request via the Docker socket")
        if auth := request.headers.get("X-Registry-Auth"):
            found.registry_auth.append(auth)
        return await passed_on(request, session, str(address.url).rstrip("/") + "/")

    application = web.Application(middlewares=[found.guard], client_max_size=1 << 30)
    application.router.add_get("/api/system/status", found.status)
    application.router.add_get("/api/users/me", found.me)
    application.router.add_get("/api/endpoints", found.environments)
    application.router.add_get("/api/endpoints/{id}/registries", found.registries)
    application.router.add_route("*", "/api/endpoints/{id}/docker/{path:.*}", docker)
    application.router.add_get("/api/stacks", found.list_stacks)
    application.router.add_get("/api/stacks/{id}", found.stack)
    application.router.add_get("/api/stacks/{id}/file", found.file)
    application.router.add_put("/api/stacks/{id}", found.order)
    application.router.add_put("/api/stacks/{id}/git/redeploy", found.order)
    application.router.add_post("/api/stacks/{id}/{verb:start|stop}", found.order)
    async with open_session(address) as session, serving(application, tls) as url:
        found.url = url
        yield found

"""Portainer's own API, and its way through to the engine."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
import re
from typing import Any, override

import orjson

from simulator.engine import EngineError
from simulator.household import Household
from simulator.noise import digest
from simulator.serving import Face, Json, Raw, Reply, Route, Routes, Stream
from simulator.serving.asked import Asked

from .about import snapshot_row, version_row
from .engines import Behind, BehindError, Simulated
from .environments import AGENT, Environment, default_environments, environment_row
from .stacks import Stacks

_VERSION = re.compile(r"/v\d+\.\d+(?=/)")
BUFFER = 4096


class Portainer(Face):
    """One Portainer. `version` is 2.27 or 2.33; `buffered` holds streams back until there is a block of them.

    `alone`: it manages its engine and nothing else.
    `engine_calls` names what goes through to the engine, so that it is counted call by call.
    It lets nobody in but with `key` (an administrator's) or `user_key` (a user's without rights on the engine).
    """

    def __init__(
        self,
        household: Household,
        behind: Behind,
        engine_calls: Routes,
        *,
        version: str = "2.33",
        buffered: bool = False,
        alone: bool = False,
        latency: float = 0.0,
    ) -> None:
        super().__init__(household.engine.now, latency=latency)
        self.household = household
        self.behind = behind
        self._engine_calls = engine_calls
        self.version = {"2.27": "2.27.9", "2.33": "2.33.2"}.get(version, version)
        self.buffered = buffered
        seed = household.seed
        self.key = f"ptr_{digest(seed, 'portainer', 'key')[:43]}="
        self.user_key = f"ptr_{digest(seed, 'portainer', 'user')[:43]}="
        text = digest(seed, "portainer", "instance")
        self.instance = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"
        self._alone = alone
        self.environments = self._environments()
        self.hidden_labels: dict[str, str] = {}
        stacks = Stacks(self)
        self.routes = Routes(
            Route("GET", "/api/system/status", self.status),
            Route("GET", "/api/status", self.status),
            Route("GET", "/api/system/version", self.own_version),
            Route("GET", "/api/users/me", self.me),
            Route("GET", "/api/endpoints", self.list_environments),
            Route("GET", "/api/endpoints/{number}", self.environment),
            Route("POST", "/api/endpoints/{number}/snapshot", self.snapshot),
            Route("GET", "/api/endpoints/{number}/registries", self.registries),
            *stacks.routes(),
            *(
                Route(verb, "/api/endpoints/{number}/docker/{path+}", self.through)
                for verb in ("GET", "HEAD", "POST", "PUT", "DELETE")
            ),
        )

    def attach(self, household: Household) -> None:
        """Speak for this household from now on."""
        self.household = household
        self.now = household.engine.now
        self.environments = self._environments()
        self.hidden_labels.clear()

    def _environments(self) -> list[Environment]:
        return [each for each in default_environments() if each.engine or not self._alone]

    # Who may come in

    @override
    def refuse(self, status: int, message: str) -> Reply:
        return Json({"message": message, "details": message}, status)

    @override
    def locate(self, asked: Asked) -> tuple[Route, dict[str, Any]] | Reply:
        found = self.routes.find(asked.verb, asked.path)
        if found is None:
            return Raw(b"404 page not found\n", 404, content_type="text/plain; charset=utf-8")
        if found[0].handler == self.status:
            return found
        if (refusal := self._refusal(asked)) is not None:
            return refusal
        return found

    def _refusal(self, asked: Asked) -> Reply | None:
        key = asked.headers.get("X-API-Key")
        if asked.headers.get("Cookie"):
            # whoever sends a cookie is a browser, and is asked where it comes from
            return Raw(b"Forbidden - origin invalid\n", 403, content_type="text/plain; charset=utf-8")
        if key and asked.headers.get("Authorization"):
            words = "api key and auth header are not allowed at the same time"
            return Raw(f"Forbidden - {words}\n".encode(), 403, content_type="text/plain; charset=utf-8")
        if not key:
            return Json({"message": "A valid authorization token is missing", "details": "Unauthorized"}, 401)
        if key not in (self.key, self.user_key):
            return Json({"message": "Invalid JWT token", "details": "Invalid JWT token"}, 401)
        return None

    def is_admin(self, asked: Asked) -> bool:
        """Whether the key is an administrator's."""
        return asked.headers.get("X-API-Key") == self.key

    # Portainer itself

    def status(self, _asked: Asked) -> Reply:
        """`GET /api/system/status`: public."""
        return Json({"Version": self.version, "InstanceID": self.instance})

    def own_version(self, _asked: Asked) -> Reply:
        """`GET /api/system/version`."""
        return Json(version_row(self.version))

    def me(self, asked: Asked) -> Reply:
        """`GET /api/users/me`."""
        admin = self.is_admin(asked)
        return Json(
            {"Id": 1 if admin else 2, "Username": "admin" if admin else "guest", "Role": 1 if admin else 2}
        )

    # Environments

    def find(self, number: str) -> Environment:
        """An environment; EngineError where there is none."""
        for environment in self.environments:
            if str(environment.number) == number:
                return environment
        words = "Unable to find an environment with the specified identifier inside the database"
        raise EngineError(404, words)

    def list_environments(self, asked: Asked) -> Reply:
        """`GET /api/endpoints`."""
        rows = self.environments if self.is_admin(asked) else []
        excluded = asked.flag("excludeSnapshots")
        count = str(len(rows))
        return Json(
            [environment_row(each, None if excluded else self._snapshot(each)) for each in rows],
            headers={"X-Total-Count": count, "X-Total-Available": count},
        )

    def environment(self, asked: Asked, number: str) -> Reply:
        """`GET /api/endpoints/{id}`."""
        environment = self.find(number)
        if not self.is_admin(asked):
            return self.refuse(403, "Permission denied to access environment")
        return Json(environment_row(environment, self._snapshot(environment)))

    def _snapshot(self, environment: Environment) -> dict[str, Any] | None:
        return snapshot_row(self.household) if environment.engine else None

    def snapshot(self, asked: Asked, number: str) -> Reply:
        """`POST /api/endpoints/{id}/snapshot`."""
        self.find(number)
        return Raw(status=204) if self.is_admin(asked) else self.refuse(403, "Access denied")

    def registries(self, _asked: Asked, number: str) -> Reply:
        """`GET /api/endpoints/{id}/registries`."""
        self.find(number)
        row = {
            "Id": 1,
            "Type": 3,
            "Name": "home",
            "URL": self.household.store.host,
            "BaseURL": "",
            "Authentication": False,
        }
        return Json([row])

    # The engine

    async def through(self, asked: Asked, number: str, path: str) -> Reply:
        """`/api/endpoints/{id}/docker/…`."""
        environment = self.find(number)
        if not self.is_admin(asked):
            return self.refuse(403, "Permission denied to access environment")
        if environment.kind == AGENT and not environment.engine:
            return Raw(status=502)
        if not environment.engine:
            return self.refuse(500, "Unable to proxy the request via the Docker socket")
        inner = Asked(asked.verb, f"/{path}", asked.query, asked.headers, asked.raw, asked.lists, inside=True)
        try:
            reply = await self.behind.answer(inner)
        except BehindError:
            if environment.kind == AGENT:
                return Raw(status=502)
            return self.refuse(500, "Unable to proxy the request via the Docker socket")
        if isinstance(reply, Stream):
            return self._held_back(reply) if self.buffered else reply
        return self._rewritten(self._inner_path(asked) or "", asked, reply)

    def _held_back(self, reply: Stream) -> Stream:
        """As older releases do with a socket: copied block by block, never flushed."""

        async def blocks() -> AsyncGenerator[bytes]:
            held = b""
            async with aclosing(reply.chunks) as chunks:
                async for chunk in chunks:
                    held += chunk
                    while len(held) >= BUFFER:
                        yield held[:BUFFER]
                        held = held[BUFFER:]
            if held:
                yield held

        return Stream(blocks(), reply.content_type, reply.status, reply.headers)

    def _rewritten(self, path: str, asked: Asked, reply: Reply) -> Reply:
        """Listings and details of containers carry who may see them; hidden ones are left out."""
        if reply.status != 200 or asked.verb != "GET" or not path.startswith("/containers/"):
            return reply
        listing = path == "/containers/json"
        if not listing and not path.endswith("/json"):
            return reply
        assert not isinstance(reply, Stream)
        try:
            value = orjson.loads(reply.body())
        except ValueError:
            return reply
        for row in value if listing and isinstance(value, list) else [value]:
            if isinstance(row, dict):
                row["Portainer"] = {"ResourceControl": _CONTROL}
        if listing and self.hidden_labels and isinstance(value, list):
            value = [row for row in value if not self._is_hidden(row)]
        return Json(value, reply.status, reply.headers)

    def _is_hidden(self, row: Any) -> bool:
        labels = row.get("Labels") if isinstance(row, dict) else None
        return any((labels or {}).get(key) == value for key, value in self.hidden_labels.items())

    @override
    async def handle(self, route: Route, asked: Asked) -> Reply:
        try:
            return await super().handle(route, asked)
        except EngineError as error:
            return self.refuse(error.status, error.message)

    @override
    def name_of(self, route: Route, asked: Asked) -> str:
        path = self._inner_path(asked)
        if path is None:
            return route.name
        found = self._engine_calls.find(asked.verb, path)
        return f"{asked.verb} docker{found[0].name.partition(' ')[2] if found else path}"

    @override
    def is_listing(self, asked: Asked) -> bool:
        return asked.verb == "GET" and self._inner_path(asked) == "/containers/json"

    def _inner_path(self, asked: Asked) -> str | None:
        path = asked.parameters.get("path")
        return _VERSION.sub("", f"/{path}") if path else None

    @override
    def shown(self, asked: Asked) -> str | None:
        path = asked.parameters.get("path")
        return f"/{path}" if path else asked.parameters.get("number")

    @override
    def targets(self, asked: Asked) -> frozenset[str]:
        parts = {part for value in asked.parameters.values() for part in str(value).split("/")}
        containers = self.household.engine.containers
        return frozenset(parts | {containers[part].name for part in parts if part in containers})

    async def close(self) -> None:
        """Let go of a real engine."""
        await self.behind.close()
        await asyncio.sleep(0)


_CONTROL = {
    "Id": 1,
    "ResourceId": "",
    "SubResourceIds": [],
    "Type": 1,
    "UserAccesses": [],
    "TeamAccesses": [],
    "Public": False,
    "AdministratorsOnly": True,
    "System": False,
}

__all__ = ["Portainer", "Simulated"]

"""A client of HTTP faces as plain as can be: a status and what came."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from typing import Any

import aiohttp

import simulator


@dataclass(frozen=True)
class Answer:
    """What came; `value` is the JSON document, or the text where it is none."""

    status: int
    value: Any
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The words of an error."""
        return str(self.value["message"])


class Http:
    """Requests to one face."""

    def __init__(self, session: aiohttp.ClientSession, url: str, **headers: str) -> None:
        self.session, self.url, self.headers = session, url, headers

    async def ask(self, verb: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Send a request and read the answer to its end."""
        params = {key.rstrip("_"): str(value) for key, value in query.items()}
        async with self.session.request(
            verb, self.url + path, json=body, params=params, headers=self.headers, ssl=False
        ) as reply:
            content = await reply.read()
            try:
                value = json.loads(content)
            except ValueError:
                value = content.decode(errors="replace")
            return Answer(reply.status, value, reply.headers, content)

    async def get(self, path: str, **query: Any) -> Any:
        """The document of a call that must succeed."""
        answer = await self.ask("GET", path, **query)
        assert answer.status == 200, answer
        return answer.value

    async def post(self, path: str, body: Any = None, **query: Any) -> Answer:
        """A POST, whatever comes of it."""
        return await self.ask("POST", path, body, **query)

    async def do(self, path: str, body: Any = None, **query: Any) -> Any:
        """A POST that must succeed."""
        answer = await self.ask("POST", path, body, **query)
        assert answer.status < 300, answer
        return answer.value

    async def delete(self, path: str, **query: Any) -> Answer:
        """A DELETE, whatever comes of it."""
        return await self.ask("DELETE", path, **query)


@dataclass(frozen=True)
class Yard:
    """A running simulation with its three faces."""

    sim: simulator.Simulation
    docker: Http
    portainer: Http
    registry: Http
    board: Http

    @property
    def harbour(self) -> simulator.Harbour:
        """Engine, Portainer, registry."""
        return self.sim.harbour

    async def scenario(self, name: str, **params: Any) -> None:
        """Switch a scenario on, as a person would."""
        answer = await self.board.post(f"/scenario/{name}", params)
        assert answer.status == 200, answer

    async def off(self, name: str) -> None:
        """And off."""
        answer = await self.board.post(f"/scenario/{name}/off")
        assert answer.status == 200, answer


@asynccontextmanager
async def yard(
    profile: simulator.simulation.Profile = "frozen", *, secure: bool = False, **asked: Any
) -> AsyncGenerator[Yard]:
    """A simulation with containers; `asked` as `simulator.Containers` takes it, `secure` NAS and Portainer."""
    containers = simulator.Containers(**{"pace": 0.05, **asked})
    async with (
        simulator.run(tls=secure, profile=profile, containers=containers) as sim,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        harbour = sim.harbour
        key = {"X-API-Key": harbour.portainer.key}
        yield Yard(
            sim,
            Http(session, harbour.docker_url),
            Http(session, harbour.portainer_url, **key),
            Http(session, harbour.registry_url),
            Http(session, sim.control_url),
        )

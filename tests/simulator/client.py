"""A client as plain as can be: one WebSocket, one call at a time, events kept."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import ssl
from typing import Any

import aiohttp

from simulator import Simulation, tls


class CallFailedError(Exception):
    """An error frame."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error)[:400])
        self.code = error.get("code")
        data = error.get("data") or error
        self.errno = data.get("error")
        self.extra: Any = data.get("extra")
        self.reason = data.get("reason")


class Client:
    """JSON-RPC or, with `ddp`, the older protocol."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, ddp: bool = False) -> None:
        self.ws = ws
        self.ddp = ddp
        self.events: list[dict[str, Any]] = []
        self._next = 0

    async def send(self, method: str, *params: Any) -> str:
        """Send a call, and do not wait."""
        self._next += 1
        ident = f"c{self._next}"
        if self.ddp:
            await self.ws.send_json({"msg": "method", "id": ident, "method": method, "params": list(params)})
        else:
            await self.ws.send_json({"jsonrpc": "2.0", "id": ident, "method": method, "params": list(params)})
        return ident

    async def frame(self, deadline: float = 3.0) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(deadline):
            message = await self.ws.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"{message.type!r} {message.data!r} {message.extra!r}")
        found: dict[str, Any] = json.loads(message.data)
        return found

    async def answer(self, ident: str, deadline: float = 3.0) -> Any:
        """The answer to that call; events on the way are kept."""
        while True:
            frame = await self.frame(deadline)
            if frame.get("id") == ident and frame.get("msg") in (None, "result"):
                if "error" in frame:
                    raise CallFailedError(frame["error"])
                return frame["result"]
            self.events.append(frame.get("params", frame))

    async def call(self, method: str, *params: Any, deadline: float = 3.0) -> Any:
        """Call and wait."""
        return await self.answer(await self.send(method, *params), deadline)

    async def event(self, collection: str, deadline: float = 3.0) -> dict[str, Any]:
        """The next event of a collection (kept or coming)."""
        while True:
            for event in self.events:
                if str(event.get("collection", "")).split(":")[0] == collection:
                    self.events.remove(event)
                    return event
            frame = await self.frame(deadline)
            self.events.append(frame.get("params", frame))

    async def login(self, sim: Simulation, key: str | None = None) -> None:
        """Log in with a key, the full administrator's unless another one is given."""
        assert await self.call("auth.login_with_api_key", key or sim.api_key) is True


def trust(sim: Simulation) -> ssl.SSLContext | bool:
    """What a client session needs to accept the simulator's certificate."""
    return tls.client_context(sim.certificate) if sim.certificate else True


@asynccontextmanager
async def connect(
    sim: Simulation,
    *,
    path: str | None = None,
    login: bool = True,
    key: str | None = None,
    autoping: bool = True,
) -> AsyncGenerator[Client]:
    """A connected client, logged in unless told otherwise; DDP where there is nothing else."""
    ddp = path == "/websocket" or (path is None and not sim.truenas.release.rpc)
    path = path or ("/websocket" if ddp else "/api/current")
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(
            sim.url + path,
            ssl=trust(sim),
            autoping=autoping,
            max_msg_size=64 << 20,
            timeout=aiohttp.ClientWSTimeout(ws_close=0.2),
        )
        client = Client(ws, ddp)
        if ddp:
            await ws.send_json({"msg": "connect", "version": "1", "support": ["1"]})
            assert (await client.frame())["msg"] == "connected"
        if login and path == "/api/v27.0.0":
            answer = await client.call(
                "auth.login_ex",
                {"mechanism": "API_KEY_PLAIN", "username": sim.username, "api_key": sim.api_key},
            )
            assert answer["response_type"] == "SUCCESS"
        elif login:
            await client.login(sim, key)
        try:
            yield client
        finally:
            await ws.close()

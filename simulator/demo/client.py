"""Talks to a Home Assistant over REST and its WebSocket, as a browser does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import json
from typing import Any

import aiohttp

ANSWER_WITHIN = 30.0  # seconds
FLOWS = "/api/config/config_entries/flow"


class ApiError(Exception):
    """A request was refused."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


class WebSocket:
    """A logged-in connection: commands with answers, and the events of subscriptions."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def read(self) -> None:
        """Sort what arrives, until the connection ends."""
        async for raw in self._socket:
            received = json.loads(raw.data)
            for message in received if isinstance(received, list) else [received]:
                if message["type"] == "event":
                    self.events.put_nowait(message["event"])
                elif (answer := self._answers.pop(message["id"], None)) is not None and not answer.done():
                    # who asked may have gone meanwhile
                    answer.set_result(message)

    async def call(self, command: str, **data: Any) -> Any:
        """Send a command; returns its result. Raises ApiError."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "type": command, **data})
        message = await asyncio.wait_for(answer, ANSWER_WITHIN)
        if message["type"] == "result" and not message["success"]:
            raise ApiError(400, json.dumps(message["error"]))
        return message.get("result")


@dataclass(frozen=True, slots=True)
class Flow:
    """A step of a config flow, as it came over the wire."""

    client: Client
    shown: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """`menu`, `form`, `create_entry` or `abort`."""
        return str(self.shown["type"])

    @property
    def step(self) -> str:
        """The step's id; empty at the end."""
        return str(self.shown.get("step_id") or "")

    @property
    def errors(self) -> Mapping[str, str]:
        """Field → key of the error."""
        return self.shown.get("errors") or {}

    @property
    def placeholders(self) -> Mapping[str, str]:
        """What the texts of the step are filled with."""
        return self.shown.get("description_placeholders") or {}

    async def answer(self, **fields: Any) -> Flow:
        """Send the form back."""
        flow_id = self.shown["flow_id"]
        return Flow(self.client, await self.client.request("POST", f"{FLOWS}/{flow_id}", fields))

    async def close(self) -> None:
        """Close the dialog."""
        await self.client.request("DELETE", f"{FLOWS}/{self.shown['flow_id']}")


class Client:
    """A user of a Home Assistant."""

    def __init__(self, session: aiohttp.ClientSession, url: str, tokens: Mapping[str, Any] | None = None):
        self._session = session
        self.url = url
        self.tokens: Mapping[str, Any] = tokens or {}

    async def request(self, method: str, path: str, body: Any = None, *, form: bool = False) -> Any:
        """Send a request; returns what the JSON of the answer says, else its bytes. Raises ApiError."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if self.tokens else {}
        async with asyncio.timeout(ANSWER_WITHIN):
            async with self._session.request(
                method,
                self.url + path,
                json=None if form else body,
                data=body if form else None,
                headers=headers,
            ) as response:
                content = await response.read()
                if response.status >= 400:
                    raise ApiError(response.status, content.decode(errors="replace"))
                return json.loads(content) if content and "json" in response.content_type else content

    @asynccontextmanager
    async def websocket(self) -> AsyncIterator[WebSocket]:
        """Connect and log in."""
        async with self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            assert (await socket.receive_json())["type"] == "auth_required"
            await socket.send_json({"type": "auth", "access_token": self.tokens["access_token"]})
            assert (await socket.receive_json())["type"] == "auth_ok"
            connection = WebSocket(socket)
            reader = asyncio.create_task(connection.read())
            try:
                yield connection
            finally:
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader

    async def onboard(self, name: str, username: str, password: str) -> None:
        """Make the owner, as the first page of the onboarding does."""
        page = f"{self.url}/"
        person = {"name": name, "username": username, "password": password, "language": "en"}
        answer = await self.request("POST", "/api/onboarding/users", {"client_id": page, **person})
        await self._take_tokens(answer["auth_code"])

    async def log_in(self, username: str, password: str) -> None:
        """Log in as the log-in page does."""
        page = {"client_id": f"{self.url}/"}
        start = {**page, "handler": ["homeassistant", None], "redirect_uri": page["client_id"]}
        flow = await self.request("POST", "/auth/login_flow", start)
        answer = await self.request(
            "POST",
            f"/auth/login_flow/{flow['flow_id']}",
            {**page, "username": username, "password": password},
        )
        if answer["type"] != "create_entry":
            raise ApiError(401, json.dumps(answer))
        await self._take_tokens(answer["result"])

    async def _take_tokens(self, code: str) -> None:
        fields = {"grant_type": "authorization_code", "code": code, "client_id": f"{self.url}/"}
        self.tokens = await self.request("POST", "/auth/token", fields, form=True)

    async def start_flow(self, domain: str) -> Flow:
        """Open the dialog that adds an integration."""
        body = {"handler": domain, "show_advanced_options": False}
        return Flow(self, await self.request("POST", FLOWS, body))

    async def states(self) -> dict[str, dict[str, Any]]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in await self.request("GET", "/api/states")}

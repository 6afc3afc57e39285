"""The two WebSocket protocols of TrueNAS, as pure translators between calls and frames."""

from dataclasses import dataclass
import json
from typing import Any, NamedTuple, Protocol, override

from ..errors import BadResponse, CallFailed, CannotConnect, ClientError, NotSupported, PermissionDenied
from .wire import decode

EACCES = 13
ENOMETHOD = 201
ENOTAUTHENTICATED = 207
TOO_MANY_CALLS = -32000
METHOD_NOT_FOUND = -32601


class NoSuchMethod(NotSupported):
    """The server says that it has no such method: not there, or not there yet."""


class Unsubscribed(NamedTuple):
    """The server ended a subscription by itself."""

    collection: str


class SessionLost(CannotConnect):
    """The server no longer knows this session: log in again on a new connection."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call as the server reports it; `code` is its errno or JSON-RPC code."""

    code: int | None
    reason: str

    def as_error(self, method: str) -> ClientError:
        """Return the exception of the client family for this failure."""
        if self.code == EACCES:
            return PermissionDenied(method)
        if self.code == ENOTAUTHENTICATED:
            return SessionLost("The session has ended")
        if self.code in (ENOMETHOD, METHOD_NOT_FOUND):
            return NoSuchMethod(f"No method {method}")
        return CallFailed(method, self.reason, self.code)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to call `id`: a result, or a failure."""

    id: str
    result: Any = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A pushed change: `kind` is added, changed or removed."""

    collection: str
    kind: str
    id: Any
    fields: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """A frame to send back at once (the older protocol's ping)."""

    text: str


type Frame = Answer | Event | Reply | Unsubscribed | None


class Dialect(Protocol):
    """How calls are written and frames are read."""

    greeting: str | None

    def call(self, call_id: str, method: str, params: list[Any]) -> str:
        """Return the frame of a call."""
        ...

    def subscribe(self, call_id: str, name: str) -> str:
        """Return the frame that subscribes to a collection; it is answered like a call."""
        ...

    def read(self, text: str) -> Frame:
        """Return what a frame means, or None for one that is of no interest."""
        ...


def _event(message: dict[str, Any]) -> Event | None:
    if not isinstance(collection := message.get("collection"), str):
        return None
    fields = message.get("fields")
    return Event(
        collection=collection.split(":", 1)[0],
        kind=str(message.get("msg", "")).lower(),
        id=message.get("id"),
        fields=fields if fields is not None else message.get("extra"),
    )


class JsonRpc(Dialect):
    """JSON-RPC 2.0 as of 25.04 (`/api/current` and its versioned siblings)."""

    greeting = None

    @override
    def call(self, call_id: str, method: str, params: list[Any]) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})

    @override
    def subscribe(self, call_id: str, name: str) -> str:
        return self.call(call_id, "core.subscribe", [name])

    @override
    def read(self, text: str) -> Frame:
        message = decode(text)
        if not isinstance(message, dict):
            raise BadResponse("Not a JSON-RPC message")
        if "method" in message:
            params = message.get("params")
            if message["method"] == "collection_update" and isinstance(params, dict):
                return _event(params)
            if message["method"] == "notify_unsubscribed" and isinstance(params, dict):
                return Unsubscribed(str(params.get("collection")))
            return None
        if not isinstance(call_id := message.get("id"), str):
            return None
        if (error := message.get("error")) is not None:
            return Answer(call_id, failure=self._failure(error))
        return Answer(call_id, message.get("result"))

    @staticmethod
    def _failure(error: Any) -> Failure:
        if not isinstance(error, dict):
            return Failure(None, "Unknown error")
        code = error.get("code")
        data = error.get("data")
        reason = str(error.get("message", "Unknown error"))
        if isinstance(data, dict):
            reason = str(data.get("reason") or reason)
            if isinstance(data.get("error"), int):
                code = data["error"]
        return Failure(code if isinstance(code, int) else None, reason)


class Ddp(Dialect):
    """The older protocol on `/websocket`: the only one of 24.04 and 24.10."""

    greeting = json.dumps({"msg": "connect", "version": "1", "support": ["1"]})

    @override
    def call(self, call_id: str, method: str, params: list[Any]) -> str:
        return json.dumps({"msg": "method", "id": call_id, "method": method, "params": params})

    @override
    def subscribe(self, call_id: str, name: str) -> str:
        return json.dumps({"msg": "sub", "id": call_id, "name": name})

    @override
    def read(self, text: str) -> Frame:
        message = decode(text)
        if not isinstance(message, dict):
            raise BadResponse("Not a message of this protocol")
        match message.get("msg"):
            case "connected":
                return Answer("connect", message.get("session"))
            case "failed":
                return Answer("connect", failure=Failure(None, "The protocol was refused"))
            case "result" if isinstance(message.get("id"), str):
                if (error := message.get("error")) is not None:
                    return Answer(message["id"], failure=self._failure(error))
                return Answer(message["id"], message.get("result"))
            case "ready" if isinstance(message.get("subs"), list) and message["subs"]:
                return Answer(str(message["subs"][0]))
            case "nosub":
                return Answer(str(message.get("id")), failure=self._failure(message.get("error")))
            case "added" | "changed" | "removed":
                return _event(message)
            case "ping":
                return Reply(
                    json.dumps({"msg": "pong", "id": message["id"]} if "id" in message else {"msg": "pong"})
                )
        return None

    @staticmethod
    def _failure(error: Any) -> Failure:
        if not isinstance(error, dict):
            return Failure(None, "Unknown error")
        code = error.get("error")
        return Failure(code if isinstance(code, int) else None, str(error.get("reason") or "Unknown error"))

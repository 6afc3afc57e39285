"""JSON-RPC 2.0 frames, as the middleware has them from 25.04 on."""

from typing import Any

from .errors import EINVAL, CallError, InvalidError, errname
from .extended_json import dumps, loads
from .session import Subscription

INVALID_JSON = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
TOO_MANY_CALLS = -32000
CALL_ERROR = -32001

_KEYS = {"jsonrpc", "method", "params", "id"}


class BadRequestError(Exception):
    """A frame that is no request."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def parse(text: str) -> tuple[Any, str, list[Any]]:
    """(id, method, params); raises BadRequestError."""
    try:
        message = loads(text)
    except ValueError as error:
        raise BadRequestError(INVALID_JSON, str(error)) from error
    if isinstance(message, list):
        raise BadRequestError(INVALID_JSON, "Batch messages are not supported yet")
    if not isinstance(message, dict):
        raise BadRequestError(INVALID_JSON, "Invalid Message Format")
    if (
        message.get("jsonrpc") != "2.0"
        or not isinstance(message.get("method"), str)
        or not isinstance(message.get("params", []), list)
        or not isinstance(message.get("id"), int | float | str | None)
        or message.keys() - _KEYS
    ):
        raise BadRequestError(INVALID_REQUEST, "Invalid request")
    return message.get("id"), message["method"], message.get("params", [])


def _data(number: int, reason: str, extra: object, kind: str) -> dict[str, Any]:
    return {
        "error": number,
        "errname": errname(number),
        "reason": reason,
        "trace": {
            "class": kind,
            "frames": [],
            "formatted": f"{kind}: {reason}",
            "repr": f"{kind}({reason!r})",
        },
        "extra": extra,
    }


class JsonRpc:
    """Frames that go out."""

    def result(self, ident: Any, value: Any) -> str:
        """An answer."""
        return dumps({"jsonrpc": "2.0", "result": value, "id": ident})

    def error(self, ident: Any, code: int, message: str, data: dict[str, Any] | None = None) -> str:
        """A refusal."""
        error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        return dumps({"jsonrpc": "2.0", "error": error, "id": ident})

    def failure(self, ident: Any, error: CallError | InvalidError) -> str:
        """A call that failed, or whose parameters do not fit."""
        if isinstance(error, InvalidError):
            data = _data(EINVAL, str(error), error.errors, "ValidationErrors")
            return self.error(ident, INVALID_PARAMS, "Invalid params", data)
        data = _data(error.errno, str(error), error.extra, "CallError")
        return self.error(ident, CALL_ERROR, "Method call error", data)

    def event(self, verb: str, collection: str, ident: Any, fields: Any, extra: Any) -> str:
        """`collection_update`; a removal carries no fields."""
        params: dict[str, Any] = {"msg": verb, "collection": collection}
        if ident is not None:
            params["id"] = ident
        if fields is not None and verb != "removed":
            params["fields"] = fields
        if extra:
            params["extra"] = extra
        return dumps({"jsonrpc": "2.0", "method": "collection_update", "params": params})

    def ended(self, subscription: Subscription, reason: str) -> str | None:
        """`notify_unsubscribed`."""
        error = _data(EINVAL, reason, None, "CallError") if reason else None
        params = {"collection": subscription.text, "error": error}
        return dumps({"jsonrpc": "2.0", "method": "notify_unsubscribed", "params": params})

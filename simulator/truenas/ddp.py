"""The older protocol on `/websocket`: connect, method, sub, ping; the only one before 25.04."""

from typing import Any

from .errors import CallError, InvalidError, errname
from .extended_json import dumps
from .session import Subscription


class Ddp:
    """Frames that go out."""

    def connected(self, session: str) -> str:
        """The answer to `connect`."""
        return dumps({"msg": "connected", "session": session})

    def result(self, ident: Any, value: Any) -> str:
        """An answer."""
        return dumps({"id": ident, "msg": "result", "result": value})

    def failure(self, ident: Any, error: CallError | InvalidError) -> str:
        """A call that failed; validation lists (attribute, message, errno)."""
        extra: object
        if isinstance(error, InvalidError):
            kind, number, reason, extra = "ValidationErrors", 22, str(error), error.errors
        else:
            kind, number, reason, extra = "CallError", error.errno, str(error), error.extra
        body = {
            "error": number,
            "errname": errname(number),
            "type": "VALIDATION" if isinstance(error, InvalidError) else None,
            "reason": reason,
            "trace": {
                "class": kind,
                "frames": [],
                "formatted": f"{kind}: {reason}",
                "repr": f"{kind}({reason!r})",
            },
            "extra": extra,
        }
        return dumps({"id": ident, "msg": "result", "error": body})

    def event(self, verb: str, collection: str, ident: Any, fields: Any, extra: Any) -> str:
        """`added`, `changed` or `removed`."""
        message: dict[str, Any] = {"msg": verb, "collection": collection}
        if ident is not None:
            message["id"] = ident
        if fields is not None and verb != "removed":
            message["fields"] = fields
        if extra:
            message["extra"] = extra
        return dumps(message)

    def ended(self, subscription: Subscription, reason: str) -> str | None:
        """`nosub`."""
        return dumps(
            {"msg": "nosub", "id": subscription.ident, "error": {"reason": reason} if reason else None}
        )

"""What can go wrong when talking to a system: the one exception family of all clients."""

from ..guardian.contract import NotDone
from .sentence import sentence


class ClientError(Exception):
    """Base of all client errors; its text never holds a secret."""


class CannotConnect(ClientError):
    """No answer: refused, unreachable, timed out, or the connection was lost."""


class NotSent(CannotConnect, NotDone):
    """There was no connection, so nothing was sent."""


class Standby(CannotConnect):
    """One of a pair that takes no logins, because the other one is at work."""


class CertificateRejected(CannotConnect):
    """The server's certificate is not the one that is trusted; `found` is its SHA-256 in hex."""

    def __init__(self, found: str, expected: str | None) -> None:
        super().__init__("The certificate is not the trusted one")
        self.found = found
        self.expected = expected


class InsecureTransport(ClientError):
    """The address is plain http on a server that revokes keys which arrive that way."""


class AuthFailed(ClientError):
    """The server does not accept the credentials; `revoked` where it says that they once were good."""

    def __init__(self, message: str, *, revoked: bool = False) -> None:
        super().__init__(message)
        self.revoked = revoked


class PermissionDenied(ClientError, NotDone):
    """The credentials are good but lack the right to call `method`."""

    def __init__(self, method: str) -> None:
        super().__init__(f"Not allowed to call {method}")
        self.method = method


class NotSupported(ClientError, NotDone):
    """This version of the server has no such thing, or is not supported at all."""


class BadResponse(ClientError):
    """The server answered something that is not what its interface promises."""


class CallFailed(BadResponse):
    """The server understood the call and reports that it failed."""

    def __init__(self, method: str, reason: str, code: int | None = None) -> None:
        super().__init__(f"{method}: {sentence(reason) or 'it gives no reason'}")
        self.method = method
        self.reason = reason
        self.code = code

"""The ways in which the middleware says no."""

import errno

EACCES = errno.EACCES
EBUSY = errno.EBUSY
EINVAL = errno.EINVAL
ENOENT = errno.ENOENT
EFAULT = errno.EFAULT
ETOOMANYREFS = errno.ETOOMANYREFS
ENOMETHOD = 201
EDATASETISLOCKED = 205
ENOTAUTHENTICATED = 207

_OWN_NAMES = {
    201: "ENOMETHOD",
    202: "ESERVICESTARTFAILURE",
    203: "EALERTCHECKERUNAVAILABLE",
    204: "EREMOTENODEERROR",
    205: "EDATASETISLOCKED",
    206: "EINVALIDRRDTIMESTAMP",
    207: "ENOTAUTHENTICATED",
    208: "ESSLCERTVERIFICATIONERROR",
    209: "EREBOOTREQUIRED",
    210: "EHAUNAVAILABLE",
}


def errname(number: int) -> str:
    """The symbol of an error number, the middleware's own ones included."""
    return _OWN_NAMES.get(number) or errno.errorcode.get(number, "EUNKNOWN")


class CallError(Exception):
    """A method that was run, or could have been, and failed."""

    def __init__(self, reason: str, number: int = EFAULT, extra: object = None) -> None:
        super().__init__(f"[{errname(number)}] {reason}")
        self.reason = reason
        self.errno = number
        self.extra = extra


class NotFoundError(CallError):
    """No row, or no object, with that id."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} does not exist", ENOENT)


class InvalidError(Exception):
    """Parameters that do not fit: (attribute, message, errno) each."""

    def __init__(self, errors: list[tuple[str, str, int]]) -> None:
        super().__init__(
            "\n".join(f"[{errname(number)}] {attribute}: {text}" for attribute, text, number in errors)
        )
        self.errors = errors


class UnknownMethodError(Exception):
    """Not in this release, or not on this endpoint."""


class TooManyCallsError(Exception):
    """More calls wait on one connection than the server allows."""

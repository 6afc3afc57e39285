"""The lines of the NUT protocol (TCP 3493): how they are written, read, and what its errors mean. Pure.

Source: Network UPS Tools' `docs/net-protocol.txt` and upsd 2.8.0 itself.
"""

import re
from typing import Final

from ...guardian.contract import NotDone
from ..errors import BadResponse, CallFailed, ClientError, NotSupported, PermissionDenied

PORT: Final = 3493
# names of UPSes, variables and commands; whatever else a line could hold might be a second command
_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,127}")
_PIECES: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+))', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
MAX_VALUE: Final = 256


class Refused(BadResponse):
    """upsd answered `ERR <code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"upsd answers {code}")
        self.code = code


class DataStale(Refused):
    """The driver is there and has said nothing for upsd's MAXAGE (15 s by default): what is known is old."""


class DriverGone(Refused):
    """upsd is there, and the driver of this UPS is not."""


class UnknownUps(Refused):
    """upsd has no UPS of this name."""


class AccessDenied(Refused):
    """The name, the password, or the right that the command wants is wrong: upsd does not say which."""


class TurnedAway(CallFailed, NotDone):
    """An order that never reached the UPS, because nobody speaks for it now."""


_ERRORS: Final[dict[str, type[Refused]]] = {
    "DATA-STALE": DataStale,
    "DRIVER-NOT-CONNECTED": DriverGone,
    "UNKNOWN-UPS": UnknownUps,
    "ACCESS-DENIED": AccessDenied,
    "INVALID-USERNAME": AccessDenied,
    "INVALID-PASSWORD": AccessDenied,
}


def named(value: str) -> str:
    """Return a name that may stand in a line. Raises ValueError for anything else, such as a line break."""
    if not _NAME.fullmatch(value):
        raise ValueError("Not a name of the NUT protocol")
    return value


def quoted(value: str) -> str:
    """Return a text as an argument. Raises ValueError where it holds a line break or is too long."""
    if _CONTROL.search(value) or len(value) > MAX_VALUE:
        raise ValueError("Not a text of the NUT protocol")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def pieces(line: str) -> list[str]:
    r"""Return the words of a line, without quotes and with `\"` and `\\` decoded. Raises BadResponse."""
    found, at, text = [], 0, line.rstrip()
    while at < len(text):
        match = _PIECES.match(text, at)
        if match is None:
            raise BadResponse("upsd answers a line that cannot be read")
        piece = match[1] if match[1] is not None else match[2]
        found.append(_ESCAPED.sub(r"\1", piece))
        at = match.end()
    return found


def answer(line: str) -> list[str]:
    """Return the words of a reply. Raises Refused for `ERR …` and BadResponse for what is no reply."""
    words = pieces(line)
    if not words:
        raise BadResponse("upsd answers an empty line")
    if words[0] == "ERR":
        code = words[1] if len(words) > 1 else "nothing more"
        raise _ERRORS.get(code, Refused)(code[:60])
    return words


def not_done(err: Refused, what: str) -> ClientError:
    """Return what a refusal means for an order that was sent."""
    match err:
        case AccessDenied():
            return PermissionDenied(what)
        case DataStale() | DriverGone():
            return TurnedAway(what, str(err))
        case Refused(code="CMD-NOT-SUPPORTED" | "VAR-NOT-SUPPORTED" | "READONLY"):
            return NotSupported(f"This UPS has no {what}")
        case Refused(code="USERNAME-REQUIRED" | "PASSWORD-REQUIRED"):
            return PermissionDenied(what)
    return CallFailed(what, str(err))

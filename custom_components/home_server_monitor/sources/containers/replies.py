"""Answers of an engine, of Portainer, or of a proxy in front of either: JSON in pieces, and errors by their meaning."""

import asyncio
import json
import re
import time
from typing import Any

from ...guardian.contract import NotDone
from ..errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    ClientError,
    InsecureTransport,
    NotSupported,
    PermissionDenied,
)
from ..records import at, text
from .redact import redacted

# seconds of reading in one go, and the size from which that matters
TURN = 0.005
LARGE = 256 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
# what the engine answers in a registry's name; a refusal there is not about us
_REGISTRY_CALLS = ("POST /images/create", "GET /distribution/")
_DENIED = re.compile(r"\b(denied|forbidden|not allowed|unauthori[sz]ed)\b", re.IGNORECASE)
_ENGINE_AWAY = re.compile(
    r"unable to (proxy the request|get the active tunnel)|docker daemon running", re.IGNORECASE
)


class TurnedDown(CallFailed, NotDone):
    """The engine understood the order and turned it down, so nothing was done; `code` is the HTTP status."""


class VersionRefused(NotSupported):
    """The engine does not speak this version of its interface: it was replaced by another one."""


async def decode(body: bytes) -> Any:
    """Return the value of a JSON answer; a long list is read in pieces, so that it does not hold the loop.

    `NaN` and `Infinity` become None. Raises BadResponse on what is not JSON or is nested absurdly.
    """
    words = body.decode("utf-8-sig", "replace")
    try:
        if len(words) < LARGE or not words.lstrip().startswith("["):
            return _DECODER.decode(words)
        return await _elements(words)
    except (ValueError, RecursionError) as err:
        raise BadResponse("Not JSON") from err


async def _elements(words: str) -> list[Any]:
    """Return the elements of a list. Raises ValueError."""
    found: list[Any] = []
    position = _after_space(words, words.index("[") + 1)
    end = words[position : position + 1] == "]"
    until = time.monotonic() + TURN
    while not end:
        value, position = _DECODER.raw_decode(words, _after_space(words, position))
        found.append(value)
        position = _after_space(words, position)
        end = words[position : position + 1] == "]"
        if not end and words[position : position + 1] != ",":
            raise ValueError("Not a list")
        position += not end
        if time.monotonic() > until:
            await asyncio.sleep(0)
            until = time.monotonic() + TURN
    if words[position + 1 :].strip():
        raise ValueError("More than a list")
    return found


def _after_space(words: str, position: int) -> int:
    found = _SPACE.match(words, position)
    return found.end() if found else position


def error_of(call: str, status: int, body: bytes) -> ClientError:
    """Return what a status of 300 and more means.

    `call` is the verb and the path with its blanks, as in `GET /containers/{id}/json`. An engine explains itself
    with `{"message"}`, Portainer adds `details`; whatever else comes is from something in front of them.
    """
    answer = _answer(body)
    reason = redacted(text(at(answer, "message"), 500) or text(at(answer, "cause"), 500) or "")
    if status < 400:
        return BadResponse("The server sends elsewhere; nothing is sent there")
    if status == 401 and not call.startswith(_REGISTRY_CALLS):
        return AuthFailed("Not accepted")
    if status == 403 and _is_denial(call, answer, reason):
        return PermissionDenied(call)
    if status in (502, 503, 504) or (status == 500 and _ENGINE_AWAY.search(reason)):
        return CannotConnect(f"The engine behind this address is away (HTTP {status})")
    if status == 400 and b"HTTP request to an HTTPS server" in body[:200]:
        return InsecureTransport("This port speaks https")
    # the engine writes this one as plain text where it is too old for the client
    if status == 400 and b"client version" in body[:200]:
        return VersionRefused(call)
    if status in (405, 501) or (status == 404 and reason in ("page not found", "Not Found", "")):
        return NotSupported(call)
    kind = TurnedDown if status < 500 else CallFailed
    return kind(call, reason or f"HTTP {status}", status)


def _answer(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError, RecursionError:
        return None


def _is_denial(call: str, answer: Any, reason: str) -> bool:
    """Whether a 403 is about our rights.

    The engine itself answers so where a registry refuses, and where it cannot do something with a network, such as
    giving out an address that is in use.
    """
    if not isinstance(answer, dict) or "details" in answer:
        return True
    if call.startswith(_REGISTRY_CALLS):
        return False
    return call.startswith("GET ") or bool(_DENIED.search(reason))

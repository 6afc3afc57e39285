"""What a system says went wrong, as the one sentence of it that a person can use."""

import errno
import os
import re

LONGEST = 120
# what is looked through; a trace of more is not read to its end
MOST = 20_000
_TRACE = "Traceback (most recent call last)"
_DATED = re.compile(r"^\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*\s*")
_LEVEL = re.compile(r"^(?:ERROR|CRITICAL|FATAL|NOTICE|WARNING|INFO|DEBUG)\b\s*:?\s*(?::\s*)?")
_SERIOUS = re.compile(r"\b(?:ERROR|CRITICAL|FATAL)\b")
# [EFAULT], [Errno 28], CallError:, middlewared.service_exception.CallError:
_CODE = re.compile(r"^\[(E[A-Z0-9]{2,}|Errno -?\d+)\]\s*:?\s*")
_KIND = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Failure)(?:\s*:\s*|$)")
_CALLED = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception)\((?:-?\d+,\s*)?(['\"])(.*)\1\)$", re.DOTALL)
_EMPTY = re.compile(r"^(?:Error|Failed|failed|error)\s*:\s*")
# names and passwords in addresses, what follows a question mark, and what looks like a key
_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
_QUERY = re.compile(r"(https?://[^\s?]+)\?\S+")
_KEY = re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_+]{32,}={0,2}")
# indexers and trackers take their keys in addresses, and errors quote addresses
_SECRET = re.compile(
    r"(?i)\b(api_?key|pass_?key|auth_?key|torrent_pass|access_token|token|rsskey|secret|r|key)=[^&\s'\"<>]{6,}"
)
_SENTENCE = re.compile(r"(?<=[a-z)\"'])\. (?=[A-Z])")


def sentence(said: object, longest: int = LONGEST) -> str | None:
    """Return what a person can use of an error text: no trace, no number, no key in it; None where nothing is left."""
    if not isinstance(said, str) or not (lines := _lines(said[-MOST:] if _TRACE in said else said[:MOST])):
        return None
    line, code = _bare(_telling(lines, traced=_TRACE in said))
    line = _KEY.sub("…", _QUERY.sub(r"\1", _LOGIN.sub("", line)))
    line = _SENTENCE.split(" ".join(line.split()))[0].strip(" .:;,")
    if not line:
        line = _words(code)
    if not line:
        return None
    line = line[0].upper() + line[1:] if line.split(" ", 1)[0].isalpha() else line
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def without_keys(said: str) -> str:
    """Return a text without what looks like a key, or like a name and a password in an address."""
    return _KEY.sub("…", _SECRET.sub(r"\1=…", _LOGIN.sub("…@", said)))


def _lines(said: str) -> list[str]:
    return [line for line in said.replace("\\n", "\n").splitlines() if line.strip()]


def _telling(lines: list[str], *, traced: bool) -> str:
    """Return the line that says it: the last of a trace, the last serious one of a log, else the first."""
    if traced:
        whole = [line for line in lines if not line[0].isspace() and _TRACE not in line]
        return whole[-1] if whole else ""
    if any(_DATED.match(line) for line in lines):
        serious = [line for line in lines if _SERIOUS.search(line)]
        return (serious or lines)[-1]
    return lines[0]


def _bare(line: str) -> tuple[str, str]:
    """Return a line without what only a programmer reads, and the code that was in it."""
    line, code = line.strip(), ""
    for _ in range(6):
        before = line
        line = _LEVEL.sub("", _DATED.sub("", line))
        if (found := _CODE.match(line)) is not None:
            code, line = code or found[1], line[found.end() :]
        if (called := _CALLED.match(line)) is not None:
            line = called[2]
        line = _EMPTY.sub("", _KIND.sub("", line))
        if line == before:
            break
    return line, code


def _words(code: str) -> str:
    """Return what a bare code means."""
    number = code.removeprefix("Errno ") if code.startswith("Errno ") else getattr(errno, code, 0)
    # a bad address is what the server says of everything
    known = int(number) in errno.errorcode and int(number) != errno.EFAULT
    return os.strerror(int(number)) if known else ""

"""Two streams in one: eight bytes of header before each piece, unless there is a terminal."""

from collections.abc import Iterable

from simulator.engine.logs import Line

from .times import moment

STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}


def frame(stream: str, text: bytes) -> bytes:
    """One piece."""
    return bytes((STREAMS[stream], 0, 0, 0)) + len(text).to_bytes(4) + text


def framed(lines: Iterable[Line], *, times: bool, plain: bool) -> bytes:
    """Lines as the API sends them; `plain` for a container with a terminal."""
    pieces = []
    for at, stream, text in lines:
        line = f"{moment(at)} {text}\n" if times else f"{text}\n"
        pieces.append(line.encode() if plain else frame(stream, line.encode()))
    return b"".join(pieces)

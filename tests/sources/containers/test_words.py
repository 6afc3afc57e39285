"""What containers and engines say, split and without secrets."""

import struct

import pytest

from custom_components.home_server_monitor.sources.containers.frames import split
from custom_components.home_server_monitor.sources.containers.redact import HIDDEN, redacted
from custom_components.home_server_monitor.sources.containers.replies import LARGE, decode
from custom_components.home_server_monitor.sources.errors import BadResponse


@pytest.mark.parametrize(
    "words",
    [
        "DB_PASSWORD=hunter2",
        "DB_PASSWORD = 'hunter2 or more'",
        '{"api_key": "hunter2"}',
        "Authorization: Bearer hunter2hunter2",
        "curl -H 'X-Api-Key: hunter2'",
        "postgres://me:hunter2@db/app",
        "--token=hunter2 --verbose",
        "sent Bearer hunter2hunter2 to it",
        "MY_SECRET_VALUE: hunter2,",
        "key ptr_hunter2hunter2 was used",
        "eyJhunter2hunter2.eyJhunter2hunter2.hunter2",
    ],
)
def test_secrets_are_hidden(words: str) -> None:
    found = redacted(words)
    assert "hunter2" not in found
    assert HIDDEN in found


@pytest.mark.parametrize(
    "words",
    [
        "listening on 0.0.0.0:8080",
        "http://nas:8989/api",
        "the monkey ate 3 bananas",
        "keyboard: us",
        "user=me id=7",
    ],
)
def test_other_words_stay(words: str) -> None:
    assert redacted(words) == words


def frame(stream: int, words: bytes) -> bytes:
    """Return a frame."""
    return struct.pack(">BxxxL", stream, len(words)) + words


def test_frames() -> None:
    body = frame(1, b"out ") + frame(2, b"err ") + frame(1, "é".encode()[:1]) + frame(1, "é".encode()[1:])
    found = split(body, terminal=False)
    assert (found.stdout, found.stderr, found.both) == ("out é", "err ", "out err é")


def test_frames_that_are_cut() -> None:
    assert split(frame(1, b"whole") + frame(1, b"part")[:-2], terminal=False).stdout == "wholepa"
    assert split(frame(1, b"whole") + b"\x01\x00", terminal=False).stdout == "whole"


def test_a_terminal_has_no_frames() -> None:
    assert split(b"\x01\x00 as it is", terminal=True).stdout == "\x01\x00 as it is"


@pytest.mark.parametrize("length", [0, 1, LARGE])
async def test_a_list_is_the_same_in_one_piece_and_in_many(length: int) -> None:
    words = b' \n[ {"a": [1, "]", NaN]} ,\t"%s" ]\n ' % (b"x" * length)
    assert await decode(words) == [{"a": [1, "]", None]}, "x" * length]


@pytest.mark.parametrize(
    "words", [b"[1,]", b"[1 2]", b"[1", b"[,", b"[1] 2", b"[", b"[" * 100_000, b'["\xff"', b""]
)
async def test_what_is_no_json(words: bytes) -> None:
    for body in (words, words[:1] + b" " * LARGE + words[1:]):
        with pytest.raises(BadResponse):
            await decode(body)

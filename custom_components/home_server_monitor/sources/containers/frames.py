"""Output of a container: frames that tell stdout from stderr, or plain text where it has a terminal."""

from dataclasses import dataclass
import struct

HEADER = struct.Struct(">BxxxL")
STDOUT, STDERR = 1, 2


@dataclass(frozen=True, slots=True)
class Output:
    """What a command or a container wrote, in two streams and in the order in which it came."""

    stdout: str
    stderr: str
    both: str


def split(body: bytes, *, terminal: bool) -> Output:
    """Return the output in an answer; a last frame that is not whole counts as far as it came.

    Which of the two forms it is, the container's `Config.Tty` says: not every engine tells it in a header.
    """
    if terminal:
        words = body.decode("utf-8", "replace")
        return Output(words, "", words)
    streams: dict[int, bytearray] = {STDOUT: bytearray(), STDERR: bytearray()}
    both = bytearray()
    position = 0
    while position + HEADER.size <= len(body):
        stream, length = HEADER.unpack_from(body, position)
        position += HEADER.size
        part = body[position : position + length]
        position += length
        streams[STDERR if stream == STDERR else STDOUT] += part
        both += part
    return Output(
        *(bytes(found).decode("utf-8", "replace") for found in (streams[STDOUT], streams[STDERR], both))
    )

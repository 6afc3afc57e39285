"""What a handler answers, before it is bytes on a wire."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(slots=True)
class Json:
    """A JSON document; Go's encoder ends it with a line feed."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def body(self) -> bytes:
        """The bytes."""
        return orjson.dumps(self.value, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(slots=True)
class Raw:
    """Bytes as they are: a text, a page, nothing at all."""

    content: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None

    def body(self) -> bytes:
        """The bytes."""
        return self.content


@dataclass(slots=True)
class Stream:
    """Chunks that come as things happen."""

    chunks: AsyncGenerator[bytes]
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


type Reply = Json | Raw | Stream

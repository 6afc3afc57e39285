"""A request, as handlers see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass
class Asked:
    """One request; `path` is what the routes look at, `route` what was found for it.

    `inside`: it came from another face of the same process, and has had its delay already.
    """

    verb: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    lists: dict[str, list[str]] = field(default_factory=dict)
    api: tuple[int, int] = (0, 0)
    inside: bool = False
    route: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def read(cls, request: web.Request) -> Asked:
        """Read a request to its end."""
        raw = await request.read() if request.can_read_body else b""
        lists: dict[str, list[str]] = {}
        for key, value in request.query.items():
            lists.setdefault(key, []).append(value)
        return cls(request.method, request.path, dict(request.query), request.headers, raw, lists)

    @cached_property
    def body(self) -> Any:
        """The JSON document that was sent, or None where there is none that can be read."""
        try:
            return json.loads(self.raw) if self.raw.strip() else None
        except ValueError:
            return None

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a form that was sent, each once."""
        if "form-urlencoded" not in self.headers.get("Content-Type", ""):
            return {}
        return dict(parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True))

    def all(self, name: str) -> frozenset[str]:
        """Every value that the query gives a name."""
        return frozenset(self.lists.get(name, ()))

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean of the query, read as Go reads it."""
        if name not in self.query:
            return default
        return self.query[name].strip().lower() not in ("", "0", "no", "false", "none")

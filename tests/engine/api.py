"""The engine's interface as plainly as a test needs it to set the stage; nothing of the integration is in it."""

from collections.abc import Mapping
import contextlib
from dataclasses import dataclass
import http.client
import json
from pathlib import Path
import socket
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket in the file system."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Refused(Exception):
    """The engine refused what a test needs."""


@dataclass(frozen=True, slots=True)
class Api:
    """Asks an engine, at a unix socket or at a `tcp://` address, and waits for the answer."""

    address: Path | str

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if isinstance(self.address, Path):
            return _UnixConnection(self.address, timeout)
        parts = urlsplit(self.address)
        return http.client.HTTPConnection(parts.hostname or "", parts.port or 2375, timeout=timeout)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Return the status and the answer: its value, or its lines where there are several, or its text."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        connection = self._connection(timeout)
        try:
            target = path + (f"?{urlencode(query, doseq=True)}" if query else "")
            connection.request(method, target, data, {"Content-Type": kind, **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        return response.status, _value(text)

    def must(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Return the answer of a call that has to go well. Raises Refused."""
        status, answer = self.call(method, path, body, **more)
        lines = answer if isinstance(answer, list) else [answer]
        if status >= 400 or any(isinstance(line, dict) and "errorDetail" in line for line in lines):
            raise Refused(f"{method} {path}: {status} {answer}")
        return answer

    def remove_containers(self, prefix: str = "") -> None:
        """Remove the containers whose names begin with this, and their anonymous volumes."""
        for item in self.must("GET", "/containers/json", query={"all": 1}):
            if any(name.startswith(f"/{prefix}") for name in item["Names"]):
                # one that another one removes meanwhile is gone as well
                self.call("DELETE", f"/containers/{item['Id']}", query={"force": 1, "v": 1})

    def remove_everything(self, prefix: str) -> None:
        """Remove the containers, networks, volumes and images whose names begin with this."""
        self.remove_containers(prefix)
        for network in self.must("GET", "/networks"):
            if network["Name"].startswith(prefix):
                self.call("DELETE", f"/networks/{network['Id']}")
        for volume in self.must("GET", "/volumes")["Volumes"] or ():
            if volume["Name"].startswith(prefix):
                self.call("DELETE", f"/volumes/{volume['Name']}")
        for image in self.must("GET", "/images/json"):
            for tag in image["RepoTags"] or ():
                if f"/{prefix}" in f"/{tag}":
                    self.call("DELETE", f"/images/{quote(tag, safe='/:')}", query={"force": 1})


def _value(text: str) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(text) if text else None
    with contextlib.suppress(ValueError):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return text

"""Names of images: `host/path:tag@digest`, as people write them and as engines keep them."""

from dataclasses import dataclass
import re
from typing import Self

from .errors import EngineError

_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\Z")
_TAG = re.compile(r"\w[\w.-]{0,127}\Z")
HUB = "docker.io"


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed name; `host` is None for Docker Hub."""

    host: str | None
    path: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; EngineError in the engine's words where it is none."""
        rest, _, digest = text.partition("@")
        host, slash, path = rest.partition("/")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            host, path = "", rest
        path, colon, tag = path.partition(":")
        if path != path.lower():
            raise EngineError(400, "invalid reference format: repository name must be lowercase")
        if not _PATH.match(path) or (colon and not _TAG.match(tag)):
            raise EngineError(400, "invalid reference format")
        if host == HUB:
            host, path = "", path.removeprefix("library/")
        return cls(host or None, path, tag or None, digest or None)

    @property
    def repository(self) -> str:
        """As the engine shows it: `ghcr.io/owner/name`, `plexinc/pms-docker`, `redis`."""
        return f"{self.host}/{self.path}" if self.host else self.path

    @property
    def tagged(self) -> str:
        """With its tag, `latest` where none was given."""
        return f"{self.repository}:{self.tag or 'latest'}"

    def __str__(self) -> str:
        if self.digest:
            return f"{self.repository}{f':{self.tag}' if self.tag else ''}@{self.digest}"
        return self.tagged

    @property
    def remote(self) -> str:
        """The path at its registry: official images live in `library/`."""
        return self.path if self.host or "/" in self.path else f"library/{self.path}"

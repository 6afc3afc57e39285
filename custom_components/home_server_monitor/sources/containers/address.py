"""Where an engine answers: a socket in the file system, an address, or a place behind Portainer."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
import re

from yarl import URL

PLAIN_PORT, TLS_PORT = 2375, 2376
# an engine takes any host in a request over its socket
_SOCKET_HOST = URL("http://docker")
_BARE_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is what requests begin with; `socket` is the path of a unix socket, over which they then go."""

    url: URL
    socket: str | None = None

    @property
    def host(self) -> str:
        """Return what stands for the one host that is asked: all that goes there shares its places."""
        return self.socket or f"{self.url.host}:{self.url.port}"

    @property
    def encrypted(self) -> bool:
        """Return whether nobody on the way can read or change what is said."""
        return self.socket is not None or self.url.scheme == "https"

    def environment(self, number: int) -> Address:
        """Return where the engine of one of Portainer's environments answers."""
        return replace(self, url=self.url / f"api/endpoints/{number}/docker")


def spelt(typed: str) -> str:
    """Return an address that a person typed with its scheme."""
    text = typed.strip()
    if text.startswith("/"):
        return f"unix://{text}"
    return text if "://" in text else f"tcp://{text}"


def normalise(typed: str, *, tls: bool = False) -> Address:
    """Return the address that a person typed: `unix://`, `tcp://`, `http(s)://`, a path, or a host and its port.

    `tls` says that there is a client certificate. Raises ValueError where it is none of these, or holds a password.
    """
    text = typed.strip()
    if text.startswith(("unix://", "/")):
        path = text.removeprefix("unix://")
        if not path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise ValueError("Not the path of a socket")
        return Address(_SOCKET_HOST, path)
    if "://" not in text:
        if not _BARE_HOST.fullmatch(text):
            raise ValueError("Not an address")
        text = f"tcp://{text}"
    url = URL(text)
    if url.scheme not in ("tcp", "http", "https") or not url.host:
        raise ValueError("Not an address")
    if url.user or url.password or url.query or url.fragment:
        raise ValueError("An address without user, password or query is wanted")
    port = url.explicit_port
    if url.scheme == "tcp":
        tls = tls or port == TLS_PORT
        scheme, port = ("https", port or TLS_PORT) if tls else ("http", port or PLAIN_PORT)
    else:
        scheme = "https" if tls else url.scheme
    return Address(URL.build(scheme=scheme, host=url.host, port=port, path=url.path.rstrip("/")))

"""What Home Assistant itself stands on, and what is therefore never taken away from here."""

from collections.abc import Iterable
import contextlib
from dataclasses import dataclass
import ipaddress
from pathlib import Path
import re
import socket

_CONTAINER_ID = re.compile(r"(?:docker|containers|libpod)[/-]([0-9a-f]{64})")

# what Docker names a container after that is not named otherwise: the first digits of its id
SHORT_ID = 12
_SHORT = re.compile(rf"[0-9a-f]{{{SHORT_ID}}}")

# why something is needed that takes Home Assistant down with itself
RUNS_IN = "Home Assistant runs in it"


def container_node(container_id: str) -> str:
    """Return the node id of a container, the same from every source that sees it."""
    return f"container:{container_id}"


def endpoint_node(host: str, port: int) -> str:
    """Return the node id of an address and port."""
    return f"endpoint:{host.lower()}:{port}"


def ups_node(host: str, port: int, ups: str) -> str:
    """Return the node id of a UPS, by its name and the address of the server that speaks for it."""
    return f"upsd:{host.lower()}:{port}:{ups}"


def address_node(host: str) -> str:
    """Return the node id of a machine by a name or address that it alone has."""
    return f"address:{host.lower()}"


def is_loopback(host: str) -> bool:
    """Return whether an address or name means whatever machine it is said on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def named_node(name: str) -> str:
    """Return the node id by which a person names an app or a container, however they spell it."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"name:{slug.removeprefix('ix-')}"


def machine_node(uuid: str) -> str:
    """Return the node id of a virtual machine, by the UUID that it shows to its own system."""
    return f"machine:{uuid.lower()}"


@dataclass(frozen=True, slots=True)
class OwnPath:
    """Node ids that Home Assistant needs, each with the reason in words."""

    needed: frozenset[tuple[str, str]] = frozenset()

    @property
    def home(self) -> frozenset[str]:
        """Return what it runs in: what takes it down with itself."""
        return frozenset(node for node, reason in self.needed if reason == RUNS_IN)

    def stands_on(self, touched: Iterable[str]) -> str | None:
        """Return why one of these may not be taken away, or None."""
        reasons = dict(self.needed)
        return next((reasons[node] for node in touched if node in reasons), None)


def own_container() -> str | None:
    """Return the id of the container that this process runs in, or None outside of one. Blocks on /proc."""
    for path in ("/proc/self/mountinfo", "/proc/self/cgroup"):
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if match := _CONTAINER_ID.search(text):
            return match[1]
    return None


def own_short_id() -> str | None:
    """Return the first digits of the id of the container that this runs in, where it is named after them, or None."""
    name = socket.gethostname().lower()
    return name if _SHORT.fullmatch(name) else None


def own_machine() -> str | None:
    """Return the UUID of the machine that this process runs on, virtual or not. Blocks on /sys; needs root."""
    try:
        return Path("/sys/class/dmi/id/product_uuid").read_text(encoding="ascii").strip() or None
    except OSError, ValueError:
        return None


def own_pod() -> str | None:
    """Return the name of the Kubernetes pod (a 24.04 app) that this process runs in, or None. Blocks on /proc."""
    try:
        inside = "kubepods" in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return socket.gethostname() if inside else None


def addresses_of(host: str) -> frozenset[str]:
    """Return a host name and the addresses that it resolves to, so that both spellings match. Blocks on DNS."""
    found = {host.lower()}
    with contextlib.suppress(OSError, ValueError):
        found |= {str(ipaddress.ip_address(info[4][0])) for info in socket.getaddrinfo(host, None)}
    return frozenset(found)

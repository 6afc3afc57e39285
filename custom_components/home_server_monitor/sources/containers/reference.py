"""References of images, as people type them and as registries want them."""

from dataclasses import dataclass
import ipaddress
import re

HUB, HUB_API = "docker.io", "registry-1.docker.io"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference: the registry's host, the repository in it, the tag, and the digest of one that is pinned."""

    host: str
    repository: str
    tag: str
    digest: str | None = None

    @property
    def name(self) -> str:
        """Return what stands before the tag, with the host."""
        return f"{self.host}/{self.repository}"

    @property
    def api(self) -> str:
        """Return the host that answers for the registry."""
        return HUB_API if self.host == HUB else self.host


def parsed(typed: str) -> Reference | None:
    """Return a reference with what is left out filled in; None where it names no image, as a bare id does not."""
    if _DIGEST.fullmatch(typed):
        return None
    name, _, digest = typed.partition("@")
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, rest
    else:
        host, path = HUB, name
    path, _, tag = path.partition(":")
    if host in (HUB, f"index.{HUB}"):
        host = HUB
        path = path if "/" in path else f"library/{path}"
    if not (_HOST.fullmatch(host) and _NAME.fullmatch(path) and _TAG.fullmatch(tag or "latest")):
        return None
    if digest and not _DIGEST.fullmatch(digest):
        return None
    return Reference(host, path, tag or "latest", digest or None)


def repository_of(typed: str) -> str:
    """Return the repository of a reference, without its registry; what was typed where it names none."""
    found = parsed(typed)
    return found.repository if found else typed


def digest_of(pinned: str) -> str | None:
    """Return the digest in `repository@sha256:…`."""
    found = pinned.rpartition("@")[2]
    return found if _DIGEST.fullmatch(found) else None


def is_loopback(host: str) -> bool:
    """Whether a registry is on the engine's own machine, which need not be ours."""
    bare = _bare(host)
    if bare == "localhost":
        return True
    address = _address(bare)
    return address is not None and address.is_loopback


def may_be_plain(host: str, insecure: tuple[str, ...]) -> bool:
    """Whether the engine takes images of this registry over plain http: loopback, and what it lists as insecure."""
    if is_loopback(host) or host in insecure or _bare(host) in insecure:
        return True
    if (address := _address(_bare(host))) is None:
        return False
    return any(
        address in network
        for item in insecure
        if (network := _network(item)) is not None and network.version == address.version
    )


def _bare(host: str) -> str:
    return host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None

"""The parts of an image reference such as `ghcr.io/owner/app:1.2@sha256:…`."""

from dataclasses import dataclass

HUB = "docker.io"
_OFFICIAL = "library/"


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference: an official image of Docker Hub is `docker.io` and `library/name`."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None


def parse(reference: str) -> Reference:
    """Return the parts of a reference as somebody typed it; one that only names an id has it as its repository."""
    rest, _, digest = reference.partition("@")
    head, slash, path = rest.partition("/")
    if slash and (set(head) & {".", ":"} or head == "localhost"):
        registry = HUB if head in ("index.docker.io", HUB) else head
    else:
        registry, path = HUB, rest
    repository, _, tag = path.partition(":")
    if registry == HUB and "/" not in repository:
        repository = _OFFICIAL + repository
    return Reference(registry, repository, tag or None, digest or None)

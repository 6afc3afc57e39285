"""A port of the machine that somebody else has: what the engine says where it cannot publish one, and who has it."""

from collections.abc import Iterable
import re

from .model import Container

# 20.10: "Bind for 0.0.0.0:80 failed: port is already allocated", "listen tcp4 0.0.0.0:80: bind: address already in
# use"; 28: "failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use"
_TAKEN = re.compile(
    r"(?:bind for|listen \w+|host port(?: for)?) (?:\[[^\]\s]*\])?[^\s\[]*?:(\d{1,5})(?=[\s:/]).*"
    r"(?:already allocated|already in use)",
    re.IGNORECASE,
)


def taken_port(error: str) -> int | None:
    """Return the port that a container cannot be started for, by what the engine says, or None."""
    found = _TAKEN.search(error)
    return int(found[1]) if found else None


def holder_of(containers: Iterable[Container], port: int, name: str) -> str:
    """Return the container that has published a port, other than this one; empty where none has."""
    return next(
        (
            each.name
            for each in containers
            if each.running and each.name != name and any(own.host_port == port for own in each.ports)
        ),
        "",
    )

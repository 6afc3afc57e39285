"""The names of what an update keeps beside a container: they carry the Home Assistant that left it there."""

from collections.abc import Iterable
import re

# of seconds since 1970: what is longer is no time of ours, whoever gave such a name
_DIGITS = 12
# <name>-hsm-<eight hex digits of the Home Assistant>-<what>[-<time>]
_LEFTOVER = re.compile(r"(?P<name>.+)-hsm-(?P<instance>[0-9a-f]{8})-(?:new|old|failed)(?:-\d+)?")


def leftover(name: str) -> tuple[str, str] | None:
    """Return the name of the container that something was kept from, and whose it is, or None."""
    match = _LEFTOVER.fullmatch(name)
    return (match["name"], match["instance"]) if match else None


def kept_of(name: str, names: Iterable[str], instance: str) -> str | None:
    """Return the newest container that our update of this one kept, or None."""
    return next(iter(all_kept_of(name, names, instance)), None)


def all_kept_of(name: str, names: Iterable[str], instance: str) -> list[str]:
    """Return what is called like a container that our updates of this one kept, the newest first."""
    start = f"{name}-hsm-{instance}-old-"
    found = [
        each
        for each in names
        if each.startswith(start)
        and each.removeprefix(start).isdecimal()
        and len(each) <= len(start) + _DIGITS
    ]
    return sorted(found, key=lambda each: int(each.removeprefix(start)), reverse=True)

"""What a container is given by its machine: devices, what it may do with them, folders and memory; and where it is open."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...guardian.capabilities_streams import EVERY_ADDRESS, Exposure, Given, Hindrance
from ..records import Row
from .container import Container
from .raw import table, tables, text, words

# what stands for all of them, and for those of NVIDIA, which are asked for and not named
ALL_DEVICES, NVIDIA = "/dev", "nvidia"
# the kernel's graphics, by path and by number
GRAPHICS, NUMBER = "/dev/dri", "226"
SHM = "/dev/shm"  # noqa: S108 - it is read about, nothing is written there
_ROOT = frozenset({"", "0", "root"})
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "b": 1}


def given_in(inspected: Row, root: str | None = None) -> Given:
    """Return what a container is given, from an inspection of it. root: where its engine keeps what is on no mount."""
    host = table(inspected.get("HostConfig"))
    user = text(table(inspected.get("Config")).get("User"))
    return Given(
        devices=devices_in(inspected),
        hindrance=_hindrance(inspected, host, user),
        user=user,
        groups=tuple(words(host.get("GroupAdd")))[:20],
        mounts={
            text(each.get("Destination")): text(each.get("Source"))
            for each in tables(inspected.get("Mounts"))
            if each.get("Type") != "tmpfs" and text(each.get("Source")).startswith("/")
        },
        memory=dict(_memory(inspected, host)),
        root=root,
    )


def devices_in(inspected: Row) -> frozenset[str]:
    """Return the paths on the host that a container is given, from all that is known of it."""
    host = inspected.get("HostConfig")
    if not isinstance(host, dict):
        return frozenset()
    found = {text(each.get("PathOnHost")) for each in tables(host.get("Devices"))}
    mounts = {text(each.get("Source")) for each in tables(inspected.get("Mounts"))}
    found |= {each for each in mounts if each == ALL_DEVICES or each.startswith(f"{ALL_DEVICES}/")}
    if host.get("Privileged") is True:
        found.add(ALL_DEVICES)
    if tables(host.get("DeviceRequests")):
        found.add(NVIDIA)
    return frozenset(found - {""})


def _hindrance(inspected: Row, host: Mapping[str, Any], user: str) -> Hindrance | None:
    """Return why it may not use the graphics that it is given; None where it may, or nobody can tell from here."""
    if host.get("Privileged") is True or tables(host.get("DeviceRequests")):
        return None
    passed = [each for each in tables(host.get("Devices")) if _is_graphics(text(each.get("PathOnHost")))]
    mounted = any(_is_graphics(text(each.get("Source"))) for each in tables(inspected.get("Mounts")))
    if not passed:
        return Hindrance.FOLDER if mounted and not _allowed_by_number(host) else None
    # podman leaves it out where all is permitted
    may = [text(each.get("CgroupPermissions")) or "rwm" for each in passed]
    if not any("r" in each and "w" in each for each in may):
        return Hindrance.READ
    name, _, own = user.partition(":")
    if name in _ROOT:
        # images that start as root put their own user into the group of the device
        return None
    groups = {*words(host.get("GroupAdd")), own} - {"", name}
    return None if groups else Hindrance.USER


def _is_graphics(path: str) -> bool:
    return path in (ALL_DEVICES, GRAPHICS) or path.startswith(f"{GRAPHICS}/")


def _allowed_by_number(host: Mapping[str, Any]) -> bool:
    """Return whether a rule lets it read and write devices of that kind, such as `c 226:* rwm`."""
    for rule in words(host.get("DeviceCgroupRules")):
        kind, _, rest = rule.partition(" ")
        number, _, may = rest.partition(" ")
        major = number.partition(":")[0]
        if kind in ("a", "c") and major in ("*", NUMBER) and "r" in may and "w" in may:
            return True
    return False


def _memory(inspected: Row, host: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    """Yield what is kept in memory: its own shared memory, which is small unless somebody said more, and mounts."""
    size = host.get("ShmSize")
    yield SHM, size if isinstance(size, int) and size > 0 else 64 << 20
    for path, options in table(host.get("Tmpfs")).items():
        yield path, _size(text(options))
    for each in tables(host.get("Mounts")):
        if each.get("Type") == "tmpfs":
            limit = table(each.get("TmpfsOptions")).get("SizeBytes")
            yield text(each.get("Target")), limit if isinstance(limit, int) and limit > 0 else None
    for each in tables(inspected.get("Mounts")):
        # the memory of the machine, of which half may be taken
        if text(each.get("Source")) == SHM or text(each.get("Source")).startswith(f"{SHM}/"):
            yield text(each.get("Destination")), None


def _size(options: str) -> int | None:
    """Return the limit among the options of a tmpfs, such as `rw,size=2g`; None where there is none, or a share."""
    for option in options.split(","):
        key, _, value = option.strip().partition("=")
        number = value.rstrip("kmgbKMGB")
        if key == "size" and number.isdecimal():
            return int(number) * _UNITS.get(value[len(number) : len(number) + 1].lower() or "b", 1)
    return None


def exposure_of(owner: Container, port: int) -> Exposure | None:
    """Return where a port is open. owner: the container whose network it is; None before that was inspected."""
    if owner.network == "host":
        return Exposure(whole_host=True)
    if not owner.inspected:
        return None
    return Exposure(
        addresses=tuple(
            dict.fromkeys(
                (EVERY_ADDRESS if each.host_ip is None else each.host_ip, each.host_port)
                for each in owner.ports
                if each.port == port and each.protocol == "tcp" and each.host_port
            )
        )
    )

"""What of the host a container can reach: folders, sockets and devices."""

from collections.abc import Iterator
import posixpath
import re
from typing import Any

from .audit_case import Check, Fix, Grade, Subject
from .raw import tables, text, words

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock")
_SPEAKS_WITH_THE_ENGINE = re.compile(
    r"portainer.*|portainer/agent|docker-socket-proxy|socket-proxy|sockguard|dockerproxy|watchtower|dozzle|diun|wud"
    r"|drydock|dockge|traefik|homepage|glances|netdata|autoheal|docker-autoheal|yacht|komodo-periphery|periphery"
    r"|dockhand|beszel-agent|hassio-supervisor|.*-hassio-supervisor|lazydocker|cup|tugtainer|nginx-proxy|swag"
)
# whoever writes there can become the host's root
_SYSTEM = (
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/proc",
    "/root",
    "/run",
    "/sys",
    "/usr",
    "/var/lib/docker",
    "/var/run",
)
# a socket in it works also where the folder may only be read
_HOLDS_SOCKETS = ("/run", "/var/run")
# of what is in these a single file may be enough
_WITH_CHILDREN = ("/boot", "/etc", "/lib", "/proc", "/root", "/sys", "/usr", "/var/lib/docker")
_POOL = re.compile(r"/mnt(?:/[^/]+)?|/volume\d+|/srv|/media|/home")
_SHARED = ("shared", "rshared")

_DISKS = re.compile(
    r"/dev/(?:sd|nvme|hd|vd|xvd|md|dm-|mapper|disk|sg|zd|zfs|mem$|kmem$|kmsg$|port$|core$|loop)"
)
_USUAL = re.compile(
    r"/dev/(?:dri|kfd|tty(?:USB|ACM|AMA|S)\d*|serial|net/tun|nvidia|apex|video\d|media\d|snd|bus/usb|usb|fuse|null|zero"
    r"|random|urandom|rtc|rfkill|hidraw|input|uinput|cec\d|vchiq|vcsm-cma|hailo|accel|shm|ttyprintk)"
)
_READS_DISKS = re.compile(r"scrutiny.*|.*smartctl.*|telegraf|netdata|glances|beszel-agent")


def sockets(subject: Subject) -> Iterator[Check]:
    """The engine's own socket: whoever speaks with it is root on the host, also where it may only be read."""
    for mount in _binds(subject):
        source = text(mount.get("Source"))
        if posixpath.basename(source) not in _SOCKETS:
            continue
        known = subject.is_one_of(_SPEAKS_WITH_THE_ENGINE)
        grade = Grade.HIGH if known else Grade.CRITICAL
        yield Check(
            "engine_socket",
            "5.32",
            grade,
            {"path": source},
            Fix(
                take_out=("volumes:", f"  - {_line(subject, mount)}"),
                put_in=("environment:", "  DOCKER_HOST: tcp://socket-proxy:2375"),
            ),
            expected=known,
        )


def folders(subject: Subject) -> Iterator[Check]:
    """Folders of the host's own system, or a whole pool."""
    for mount in _binds(subject):
        source = posixpath.normpath(text(mount.get("Source")) or "?")
        writes = mount.get("RW") is not False
        if posixpath.basename(source) in _SOCKETS or not (found := _grade(source, writes)):
            continue
        key, grade = found
        line = _line(subject, mount)
        # another mode than to be read only stands where that would stand
        put_in = ("volumes:", f"  - {line}:ro") if writes and line.count(":") == 1 else ()
        yield Check(
            key, "5.6", grade, {"path": source}, Fix(take_out=("volumes:", f"  - {line}"), put_in=put_in)
        )


def _grade(source: str, writes: bool) -> tuple[str, Grade] | None:
    """Return key and grade of a mounted folder, or None where it is nothing special."""
    holds = [path for path in _SYSTEM if source in ("/", path) or path.startswith(f"{source}/")]
    if holds:
        if writes:
            return "system_folder", Grade.CRITICAL
        return "system_folder_read", Grade.HIGH if set(holds) & set(_HOLDS_SOCKETS) else Grade.MEDIUM
    if writes and any(source.startswith(f"{path}/") for path in _WITH_CHILDREN):
        return "system_file", Grade.MEDIUM
    if _POOL.fullmatch(source):
        return "whole_pool", Grade.HIGH if writes else Grade.MEDIUM
    return None


def propagation(subject: Subject) -> Iterator[Check]:
    """Mounts that it makes appear on the host as well."""
    for mount in tables(subject.inspect.get("Mounts")):
        if mount.get("Propagation") in _SHARED:
            shown = {"path": text(mount.get("Source"))}
            lines = ("volumes:", f"  - {_line(subject, mount)}")
            yield Check("shared_mounts", "5.20", Grade.MEDIUM, shown, Fix(take_out=lines))


def devices(subject: Subject) -> Iterator[Check]:
    """Devices of the host: disks and memory are worse than what a program is made for."""
    if subject.privileged:
        return
    paths = [text(each.get("PathOnHost")) for each in tables(subject.host.get("Devices"))]
    paths += [
        text(mount.get("Source"))
        for mount in _binds(subject)
        if text(mount.get("Source")).startswith("/dev/")
    ]
    for path in dict.fromkeys(paths):
        lines = Fix(take_out=("devices:", f"  - {path}"))
        if _DISKS.match(path):
            known = subject.is_one_of(_READS_DISKS)
            grade = Grade.MEDIUM if known else Grade.HIGH
            yield Check("raw_device", "5.18", grade, {"device": path}, lines, expected=known)
        elif _USUAL.match(path):
            yield Check("device", "5.18", Grade.INFO, {"device": path}, lines, expected=True)
        else:
            yield Check("device", "5.18", Grade.MEDIUM, {"device": path}, lines)
    if tables(subject.host.get("DeviceRequests")):
        yield Check("device", "5.18", Grade.INFO, {"device": "GPU"}, expected=True)


def device_rules(subject: Subject) -> Iterator[Check]:
    """Whole kinds of devices, also such as are plugged in later."""
    for rule in words(subject.host.get("DeviceCgroupRules")):
        lines = Fix(take_out=("device_cgroup_rules:", f"  - '{rule}'"))
        everything = rule.replace(" ", "").startswith(("a*:*", "b*:*"))
        key, grade = ("all_devices", Grade.HIGH) if everything else ("device_kind", Grade.LOW)
        yield Check(key, "", grade, {"rule": rule}, lines)


def _binds(subject: Subject) -> Iterator[dict[str, Any]]:
    return (each for each in tables(subject.inspect.get("Mounts")) if each.get("Type") == "bind")


def _line(subject: Subject, mount: dict[str, Any]) -> str:
    """Return a mount as somebody typed it, as far as that is known."""
    target = text(mount.get("Destination"))
    for typed in words(subject.host.get("Binds")):
        if typed.split(":")[1:2] == [target]:
            return typed
    return f"{text(mount.get('Source'))}:{target}" + (":ro" if mount.get("RW") is False else "")


RULES = (sockets, folders, propagation, devices, device_rules)

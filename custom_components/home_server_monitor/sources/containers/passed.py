"""Which devices of its host a container is given."""

from ..records import Row
from .raw import tables, text

# what stands for all of them, and for those of NVIDIA, which are asked for and not named
ALL_DEVICES, NVIDIA = "/dev", "nvidia"


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

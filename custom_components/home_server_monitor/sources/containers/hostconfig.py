"""The `HostConfig` of a container as it is created anew: copied whole, but for what only looks as if it were set."""

from collections.abc import Mapping
from typing import Any

from .leftovers import leftover
from .raw import Json, items, table, tables, text, words
from .volumes import mounts

JOINED = "container:"
_MODES = ("NetworkMode", "IpcMode", "PidMode")
# what the engine refuses for a container in the network of another one
_OF_THE_NETWORK = ("PortBindings", "PublishAllPorts", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "Links")
_NEVER = ("ContainerIDFile", "ConsoleSize")


def host_config(inspect: Json, info: Json, names: Mapping[str, str], podman: bool) -> dict[str, Any]:
    """Return the `HostConfig` part of a create body.

    info: `GET /info`; names: of all containers by their full ids.
    """
    host = table(inspect.get("HostConfig"))
    body = {key: value for key, value in host.items() if value is not None and key not in _NEVER}
    body |= {mode: resolved(text(host.get(mode)), names) for mode in _MODES if host.get(mode)}
    body |= mounts(inspect)
    if host.get("Runtime") == info.get("DefaultRuntime"):
        body.pop("Runtime", None)
    if host.get("MemorySwappiness") in (-1, 0):
        body.pop("MemorySwappiness", None)
    # without an address and a port it publishes nothing, and newer engines complain
    body["PortBindings"] = {
        port: where for port, where in table(host.get("PortBindings")).items() if items(where)
    }
    if links := words(host.get("Links")):
        body["Links"] = [_link(each) for each in links]
    if lenders := words(host.get("VolumesFrom")):
        body["VolumesFrom"] = [_lender(each, names) for each in lenders]
    if podman:
        _for_podman(body)
    if text(body.get("NetworkMode")).startswith(JOINED):
        for key in _OF_THE_NETWORK:
            body.pop(key, None)
    return {key: value for key, value in body.items() if key not in ("Binds", "Mounts") or value}


def resolved(mode: str, names: Mapping[str, str]) -> str:
    """Return a mode that joins another container by that one's name, which survives its being created anew."""
    return JOINED + _named(mode.removeprefix(JOINED), names) if mode.startswith(JOINED) else mode


def _named(container_id: str, names: Mapping[str, str]) -> str:
    """Return the name of a container; that of its successor where it was kept from an update."""
    name = names.get(container_id, container_id)
    kept = leftover(name)
    return kept[0] if kept else name


def _link(link: str) -> str:
    """Return `/a:/me/alias`, as an inspection shows it, as `a:alias`."""
    other, _, alias = link.partition(":")
    return f"{other.removeprefix('/')}:{alias.rpartition('/')[2]}"


def _lender(source: str, names: Mapping[str, str]) -> str:
    other, colon, mode = source.partition(":")
    return _named(other, names) + colon + mode


def _for_podman(body: dict[str, Any]) -> None:
    """Take out what podman tells of itself and then refuses."""
    if body.get("NanoCpus"):
        body.pop("CpuPeriod", None)
        body.pop("CpuQuota", None)
    if devices := tables(body.get("Devices")):
        body["Devices"] = [
            {**each, "CgroupPermissions": each.get("CgroupPermissions") or "rwm"} for each in devices
        ]

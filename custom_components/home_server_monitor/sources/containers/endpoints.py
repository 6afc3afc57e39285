"""The networks of a container as it is created anew: what somebody set of them, never what the engine gave."""

from dataclasses import dataclass, field
import ipaddress
from typing import Any

from .hostconfig import JOINED
from .raw import Json, api_number, short_id, table, text, words

# several networks in one create body, each with a MAC address that was the container's before
SEVERAL = (1, 44)
# aliases hold only what was set
CLEAN_ALIASES = (1, 45)
GATEWAY_PRIORITY = (1, 48)
DEFAULT = ("default", "bridge", "")
_GENERATED = "02:42:"


@dataclass(frozen=True, slots=True)
class Networks:
    """`mode` is the network that the container is created in, `endpoints` the part of the create body.

    `later` are the networks that must be connected before the start; `mac` is the address of the container where
    the engine wants it beside its networks.
    """

    mode: str
    endpoints: dict[str, Any] = field(default_factory=dict)
    later: dict[str, Any] = field(default_factory=dict)
    mac: str = ""


def networks(inspect: Json, api_version: str) -> Networks:
    """Return the networks of a container."""
    api = api_number(api_version)
    mode = text(table(inspect.get("HostConfig")).get("NetworkMode"))
    if mode in ("host", "none") or mode.startswith(JOINED):
        return Networks(mode)
    found = {
        name: table(raw) for name, raw in table(table(inspect.get("NetworkSettings")).get("Networks")).items()
    }
    main = _main(mode, found)
    if main is None:
        return Networks(mode)
    if mode not in DEFAULT or main != "bridge":
        mode = main
    mac = _mac(inspect, found[main], api)
    ends = {name: _endpoint(inspect, raw, api) for name, raw in sorted(found.items())}
    if api < SEVERAL:
        later = {name: end for name, end in ends.items() if name != main}
        return Networks(mode, {main: ends[main]}, later, mac)
    if mac:
        ends[main]["MacAddress"] = mac
    return Networks(mode, ends)


def _main(mode: str, found: dict[str, dict[str, Any]]) -> str | None:
    """Return the network of `NetworkMode`, which may name it by its id.

    Where the container was taken out of that one, any other: the engine would put it back there otherwise.
    """
    if mode in found:
        return mode
    if mode in DEFAULT and "bridge" in found:
        return "bridge"
    by_id = (name for name, raw in found.items() if mode and text(raw.get("NetworkID")).startswith(mode))
    return next(by_id, min(found) if found else None)


def _endpoint(inspect: Json, raw: Json, api: tuple[int, int]) -> dict[str, Any]:
    """Return what was set of one network."""
    config = {key: value for key, value in table(raw.get("IPAMConfig")).items() if value}
    noise = {short_id(inspect)}
    if api < CLEAN_ALIASES:
        noise.add(text(table(inspect.get("Config")).get("Hostname")))
    end: dict[str, Any] = {
        "IPAMConfig": config,
        "Aliases": [each for each in words(raw.get("Aliases")) if each not in noise],
        "Links": words(raw.get("Links")),
        "DriverOpts": table(raw.get("DriverOpts")),
    }
    if api >= GATEWAY_PRIORITY:
        end["GwPriority"] = raw.get("GwPriority")
    if api >= SEVERAL and _has_a_maker(text(raw.get("MacAddress"))):
        end["MacAddress"] = raw["MacAddress"]
    return {key: value for key, value in end.items() if value}


def _mac(inspect: Json, end: Json, api: tuple[int, int]) -> str:
    """Return the MAC address that was set for the main network, or an empty text.

    `Config.MacAddress` holds what was set. Before API 1.44 tools that create containers anew have written there
    what the engine had made of the IP address.
    """
    found = text(table(inspect.get("Config")).get("MacAddress"))
    if api < SEVERAL and found.lower() == _made_of(text(end.get("IPAddress"))):
        return ""
    return found


def _made_of(address: str) -> str | None:
    """Return the MAC address that the engine makes of an IPv4 address."""
    try:
        octets = ipaddress.IPv4Address(address).packed
    except ValueError:
        return None
    return _GENERATED + ":".join(f"{octet:02x}" for octet in octets)


def _has_a_maker(mac: str) -> bool:
    """Whether a MAC address carries the number of a maker of hardware: no engine ever makes up such a one."""
    try:
        first = int(mac.partition(":")[0], 16)
    except ValueError:
        return False
    return not first & 0b10

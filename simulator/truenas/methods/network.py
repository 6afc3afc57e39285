"""Interfaces and the network at a glance."""

from typing import Any

from simulator.network import Interface
from simulator.truenas.context import Context
from simulator.truenas.releases import Method, listing, role

type Row = dict[str, Any]


def _state(interface: Interface) -> Row:
    aliases: list[Row] = [{"type": "LINK", "address": interface.mac}]
    if interface.address:
        head = interface.address.rsplit(".", 1)[0]
        aliases.append(
            {
                "type": "INET",
                "address": interface.address,
                "netmask": interface.netmask,
                "broadcast": f"{head}.255",
            }
        )
    speed = f"{interface.speed}Mb/s Twisted Pair" if interface.up else ""
    return {
        "name": interface.name,
        "orig_name": interface.name,
        "description": "",
        "mtu": 1500,
        "cloned": False,
        "flags": ["BROADCAST", "MULTICAST", "UP", *(["RUNNING", "LOWER_UP"] if interface.up else [])],
        "nd6_flags": [],
        "capabilities": ["rx-checksumming", "tx-checksumming"],
        "link_state": "LINK_STATE_UP" if interface.up else "LINK_STATE_DOWN",
        "media_type": "Ethernet",
        "media_subtype": "autoselect",
        "active_media_type": "Ethernet",
        "active_media_subtype": speed,
        "supported_media": [],
        "media_options": None,
        "link_address": interface.mac,
        "permanent_link_address": interface.mac,
        "hardware_link_address": interface.mac,
        "rx_queues": 4,
        "tx_queues": 4,
        "aliases": aliases,
        "vrrp_config": None,
    }


def interfaces(ctx: Context, _extra: Row) -> list[Row]:
    """`interface.query`."""
    return [
        {
            "id": one.name,
            "name": one.name,
            "fake": False,
            "type": "PHYSICAL",
            "state": _state(one),
            "aliases": [{"type": "INET", "address": one.address, "netmask": one.netmask}]
            if one.address
            else [],
            "ipv4_dhcp": False,
            "ipv6_auto": False,
            "description": "",
            "mtu": None,
        }
        for one in ctx.world.interfaces
    ]


def summary(ctx: Context) -> Row:
    """`network.general.summary`."""
    return {
        "ips": {
            one.name: {"IPV4": [f"{one.address}/{one.netmask}"], "IPV6": []}
            for one in ctx.world.interfaces
            if one.address
        },
        "default_routes": ["192.168.1.1"],
        "nameservers": ["192.168.1.1"],
    }


TABLE: tuple[Method, ...] = (
    *listing("interface.query", interfaces, role("NETWORK_INTERFACE_READ")),
    Method("network.general.summary", summary, role("NETWORK_GENERAL_READ")),
)

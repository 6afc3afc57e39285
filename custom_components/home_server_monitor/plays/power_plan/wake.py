"""Wakes a machine: the magic packet, to everybody on the local network."""

import contextlib
import re
import socket
from typing import Final

PORT: Final = 9
EVERYBODY: Final = "255.255.255.255"


def packet(mac: str) -> bytes:
    """Return what a network card of this address wakes its machine on."""
    address = bytes.fromhex(re.sub(r"[^0-9A-Fa-f]", "", mac))
    return b"\xff" * 6 + address * 16


def wake(mac: str, host: str = EVERYBODY, port: int = PORT) -> bool:
    """Send it; returns whether it left. Blocks, shortly."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        link.sendto(packet(mac), (host, port))
        return True
    return False

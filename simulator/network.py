"""Interfaces and certificates."""

from dataclasses import dataclass


@dataclass(slots=True)
class Interface:
    """A network port; rates are bytes per second."""

    name: str
    mac: str
    address: str | None
    netmask: int
    speed: int
    rx_rate: float
    tx_rate: float
    up: bool = True


@dataclass(slots=True)
class Certificate:
    """A certificate in the server's store."""

    number: int
    name: str
    common: str
    san: tuple[str, ...]
    not_before: float
    not_after: float
    renew_days: int = 10
    acme: bool = False

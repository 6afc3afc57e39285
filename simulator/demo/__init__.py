"""A real Home Assistant beside the simulated home server, and a client that talks to it as a browser does."""

from .client import ApiError, Client, Flow, WebSocket
from .processes import HomeAssistant, SimulatedServer, free_port
from .steps import add_containers, add_truenas, wait_for

__all__ = [
    "ApiError",
    "Client",
    "Flow",
    "HomeAssistant",
    "SimulatedServer",
    "WebSocket",
    "add_containers",
    "add_truenas",
    "free_port",
    "wait_for",
]

"""Sockets are allowed here: everything runs over real ones, on loopback."""

import pytest


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """pytest-homeassistant-custom-component blocks them elsewhere."""

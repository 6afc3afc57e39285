"""A client of the real engine."""

from collections.abc import AsyncIterator

import pytest

from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.transport import Transport, open_session
from tests.engine import Engine


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[EngineClient]:
    """A client that has found out whom it talks to."""
    address = normalise(engine.url)
    async with open_session(address) as session:
        found = EngineClient(Transport(session, address))
        await found.negotiate()
        yield found

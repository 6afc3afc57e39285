"""The same story with the simulator's Portainer in front of the real engine: it is all that Home Assistant knows of."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import simulator
from simulator.harbour import Containers
from tests.engine import Engine

from .conftest import engine_entry
from .test_story import RUNS, SICK, Story, story  # noqa: F401 - a fixture


@pytest.fixture
async def house(engine: Engine, socket_enabled: None) -> AsyncIterator[Any]:
    """A Portainer that manages the real engine and nothing else."""
    containers = Containers(engine_url=engine.url, alone=True, count=1)
    async with simulator.run(tls=False, profile="frozen", containers=containers) as running:
        yield running


@pytest.fixture
def way(house: Any) -> MockConfigEntry:
    """The entry that leads through Portainer."""
    portainer = house.harbour.portainer
    return engine_entry(house.harbour.portainer_url, api_key=portainer.key, environment=2)


async def test_through_portainer_a_bad_image_is_taken_back(story: Story, house: Any) -> None:  # noqa: F811
    before, inside = story.look("app"), story.look("inside")["Id"]
    story.publish(SICK, RUNS, word="bad")
    await story.offered()
    house.harbour.portainer.calls.clear()
    with pytest.raises(HomeAssistantError):
        await story.install()
    after = story.look("app")
    assert (after["Id"], after["State"]["Running"]) == (before["Id"], True)
    assert after["Mounts"] == before["Mounts"]
    assert story.look("inside")["Id"] == inside
    assert "precious" in story.shell("cat /data/file")
    # nothing of it went past Portainer: it made the new container, and removed it again
    asked = house.harbour.portainer.calls.counts
    assert asked["POST docker/containers/create"].calls == 1
    assert asked["DELETE docker/containers/{id}"].calls >= 1
    await story.hass.async_block_till_done()
    (told,) = story.pushes
    assert "was put back" in told["message"]
    assert "its health check fails" in told["message"]

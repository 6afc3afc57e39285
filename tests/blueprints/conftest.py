"""Fixtures of the tests that run blueprints."""

from collections.abc import AsyncIterator
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from .kit import Kit


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """A configuration of its own, since blueprints are copied into it."""
    return str(tmp_path)


@pytest.fixture
async def kit(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[Kit]:
    """A Home Assistant at noon on a Tuesday."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2027-01-12 12:00:00+00:00")
    kit = Kit(hass, freezer)
    yield kit
    await kit.end()

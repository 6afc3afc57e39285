"""What is known of the line and of what goes over it, as the sources showed it last."""

from collections.abc import Sequence
from typing import Any

from homeassistant.const import UnitOfDataRate
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.unit_conversion import DataRateConverter

from ...edge.settings import Settings
from .rules import Load


def speed(hass: HomeAssistant, settings: Settings) -> float | None:
    """Return the upload that was measured, else the given one, bytes a second; None where nobody knows."""
    state = hass.states.get(settings.upload_sensor) if settings.upload_sensor else None
    if state is not None:
        try:
            unit = state.attributes.get("unit_of_measurement")
            found = DataRateConverter.convert(float(state.state), unit, UnitOfDataRate.BYTES_PER_SECOND)
        except ValueError, HomeAssistantError:
            # it shows nothing, or something else than a speed
            found = 0.0
        if 0 < found < float("inf"):
            return found
    return settings.upload or None


def load_of(line: float | None, players: Sequence[Any], clients: Sequence[Any]) -> Load | None:
    """Return what goes up, None where it is not known what the line carries.

    players: sources that play streams; clients: those that upload.
    """
    if line is None:
        return None
    streams = tuple(
        float(each.bandwidth)
        for source in players
        if source.judged and source.knows_streams
        for each in source.streams()
        if each.remote and each.plays
    )
    uploads = {source.name: float(source.line().up) for source in clients if source.judged}
    return Load(line=line, streams=streams, uploads=uploads)

"""The `filters` of Portainer's own listings."""

import json

from simulator.engine import EngineError


def endpoint_filter(text: str | None) -> int | None:
    """The environment that is asked for; None for all."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise EngineError(400, "Invalid query parameter: filters") from error
    number = found.get("EndpointID") if isinstance(found, dict) else None
    return number if isinstance(number, int) else None

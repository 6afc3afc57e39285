"""Diagnostics: everything that helps to find a fault, nothing that names a person, a machine or a secret."""

from collections.abc import Mapping
import hashlib
import re
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_API_KEY, CONF_NAME, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .const import CONF_FINGERPRINT
from .coordinator import HsmConfigEntry

TO_REDACT = {
    CONF_API_KEY,
    CONF_URL,
    CONF_USERNAME,
    CONF_FINGERPRINT,
    CONF_NAME,
    "title",
    "unique_id",
    "server",
    "own_path",
    "addresses",
    "hostname",
    "serial",
    "identity",
    "identifier",
    "missing",
    "guid",
    "path",
    "uuid",
    "text",
    "error",
    "detail",
    "source",
    "object",
    "placeholders",
    "evidence",
    "proposal",
    "ups",
    "containers",
    "product",
    "manufacturer",
}
_IP = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b", re.IGNORECASE)


def _short(key: str) -> str:
    """Return a stand-in for an identity that stays the same within one download."""
    return f"#{hashlib.sha256(key.encode()).hexdigest()[:8]}"


# mappings whose keys are names, serials or guids
_KEYED = {
    "pools",
    "disks",
    "datasets",
    "snapshots",
    "tasks",
    "apps",
    "machines",
    "shares",
    "certificates",
    "alerts",
}


def _anonymous(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {_short(name): item for name, item in value.items()}
        if key in _KEYED and isinstance(value, Mapping)
        else value
        for key, value in data.items()
    }


def _scrub(value: Any, secrets: tuple[str, ...]) -> Any:
    """Replace addresses and the entry's own secrets wherever they stand in a text."""
    if isinstance(value, Mapping):
        return {_scrub(key, secrets): _scrub(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrub(item, secrets) for item in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "**REDACTED**")
        return _IP.sub("**REDACTED**", value)
    return value


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: HsmConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of one entry."""
    found: dict[str, Any] = {"entry": async_redact_data(entry.as_dict(), TO_REDACT)}
    if (source := entry.runtime_data) is not None:
        report = source.diagnose()
        report["snapshot"] = _anonymous(report["snapshot"])
        found["source"] = async_redact_data(report, TO_REDACT)
        found["last_update_success"] = source.last_update_success
    secrets = tuple(
        value
        for key, value in entry.data.items()
        if key in TO_REDACT and isinstance(value, str) and len(value) > 3
    )
    cleaned: dict[str, Any] = _scrub(found, secrets)
    return cleaned

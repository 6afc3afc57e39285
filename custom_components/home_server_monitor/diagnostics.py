"""Diagnostics: everything that helps to find a fault, nothing that names a person, a machine or a secret."""

from collections.abc import Mapping
import hashlib
import ipaddress
import re
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_API_KEY, CONF_HOST, CONF_NAME, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .const import CONF_FINGERPRINT
from .coordinator import HsmConfigEntry, ServiceCoordinator
from .edge.diagnosing import diagnosed
from .edge.guardian import Guardian
from .edge.settings import APPROVERS, DEAD_MAN, LINKS, LOW_APPROVERS, NAMES, PHONES, PROTECTED, TELEGRAM
from .kinds import KINDS
from .sources.containers.options import PROBES
from .sources.containers.policies import FIELDS as UPDATES

# what each kind of service is shown, whatever it calls it
OF_KINDS = frozenset(secret for kind in KINDS.values() for secret in kind.secrets)
TO_REDACT = {
    *OF_KINDS,
    # which names this Home Assistant to Plex
    "client_id",
    CONF_API_KEY,
    CONF_HOST,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_FINGERPRINT,
    # client certificates and their keys
    "tls",
    CONF_NAME,
    # options that name a person or a thing, and an address that is a secret
    APPROVERS,
    LOW_APPROVERS,
    PHONES,
    TELEGRAM,
    DEAD_MAN,
    PROTECTED,
    LINKS,
    NAMES,
    # of an engine: lines with addresses of applications, which may hold a key, and lists of containers
    PROBES,
    *UPDATES.values(),
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
    "pool",
    "key",
    "id",
    "discovery_keys",
    "reboot_reasons",
    "product",
    "manufacturer",
    "portals",
}
SECRETS = (*OF_KINDS, CONF_API_KEY, CONF_HOST, CONF_PASSWORD, CONF_URL, CONF_USERNAME, CONF_FINGERPRINT)
# versions look like addresses
PLAIN = frozenset({"version", "latest", "available", "release"})
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{4,}")


def _no_address(match: re.Match[str]) -> str:
    try:
        ipaddress.ip_address(match[0].strip(".:") if match[0].count(":") < 2 else match[0])
    except ValueError:
        return match[0]
    return "**REDACTED**"


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
    "members",
    "stacks",
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
        return {
            _scrub(key, secrets): item if key in PLAIN and isinstance(item, str) else _scrub(item, secrets)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_scrub(item, secrets) for item in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "**REDACTED**")
        return _ADDRESS.sub(_no_address, value)
    return value


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: HsmConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of one entry."""
    found: dict[str, Any] = {"entry": async_redact_data(entry.as_dict(), TO_REDACT)}
    # an entry that failed to load has none, and is the one whose diagnostics are asked for
    source = getattr(entry, "runtime_data", None)
    if isinstance(source, Guardian):
        found["guardian"] = diagnosed(source)
    elif isinstance(source, ServiceCoordinator):
        report = source.diagnose()
        if "snapshot" in report:
            report["snapshot"] = _anonymous(report["snapshot"])
        found["source"] = async_redact_data(report, TO_REDACT)
        found["last_update_success"] = source.last_update_success
    secrets = tuple(
        value
        for key in SECRETS
        if isinstance(value := entry.data.get(key), str)
        and len(value) > 3
        # a host that is one word may be any word
        and (key != CONF_HOST or "." in value or ":" in value)
    )
    cleaned: dict[str, Any] = _scrub(found, secrets)
    return cleaned

"""What a person must do, as issues of Home Assistant's repairs."""

from collections.abc import Iterable, Sequence

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, HOME
from .fingerprint import in_groups
from .guardian.plain import plain

CERTIFICATE_CHANGED = "certificate_changed"
MISSING_RIGHTS = "missing_rights"
SERVER_MISSING = "server_missing"
PREDICTION_OFF = "prediction_off"
DISKS_UNREAD, DISKS_WAITING = "disks_unread", "disks_waiting"


@callback
def raise_certificate_changed(hass: HomeAssistant, entry: ConfigEntry, old: str | None, new: str) -> None:
    """Tell that a server shows another certificate than the pinned one; both as SHA-256 in hex.

    `old` is None where the system's authorities vouched for it until now.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{CERTIFICATE_CHANGED}_{entry.entry_id}",
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=CERTIFICATE_CHANGED,
        translation_placeholders={
            "name": entry.title,
            "old": in_groups(old) if old else "none (an authority vouched for it)",
            "new": in_groups(new),
        },
        data={"entry_id": entry.entry_id, "old": old, "new": new},
    )


@callback
def clear_certificate_changed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The pinned certificate is back."""
    ir.async_delete_issue(hass, DOMAIN, f"{CERTIFICATE_CHANGED}_{entry.entry_id}")


@callback
def raise_missing_rights(
    hass: HomeAssistant, entry: ConfigEntry, roles: Iterable[str], dark: Iterable[str]
) -> None:
    """Tell which roles the key lacks, and what stays dark without them, in words."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{MISSING_RIGHTS}_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=MISSING_RIGHTS,
        translation_placeholders={
            "name": entry.title,
            "roles": ", ".join(roles),
            "dark": "\n".join(f"- {each}" for each in dark),
        },
    )


@callback
def clear_missing_rights(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The key has all that it needs."""
    ir.async_delete_issue(hass, DOMAIN, f"{MISSING_RIGHTS}_{entry.entry_id}")


@callback
def raise_server_missing(hass: HomeAssistant, server: str = HOME, name: str = "") -> None:
    """Tell that services hang on a server that was deleted.

    server: its unique id; name: how it was called, which the issue remembers over restarts.
    """
    issue_id = _server_missing(server)
    known = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    name = name or str((known.data if known and known.data else {}).get("name") or "Home")
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=SERVER_MISSING,
        translation_placeholders={"name": plain(name)},
        data={"server": server, "name": name},
    )


@callback
def clear_server_missing(hass: HomeAssistant, server: str = HOME) -> None:
    """The server is there, or nothing hangs on it."""
    ir.async_delete_issue(hass, DOMAIN, _server_missing(server))


def _server_missing(server: str) -> str:
    return SERVER_MISSING if server == HOME else f"{SERVER_MISSING}_{server}"


@callback
def raise_prediction_off(hass: HomeAssistant, fault: str) -> None:
    """Tell that the disk model cannot be used; `fault` is missing, damaged or other_format."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        PREDICTION_OFF,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=PREDICTION_OFF,
        translation_placeholders={"fault": fault.replace("_", " ")},
    )


@callback
def clear_prediction_off(hass: HomeAssistant) -> None:
    """The disk model is there."""
    ir.async_delete_issue(hass, DOMAIN, PREDICTION_OFF)


@callback
def raise_disks_unread(
    hass: HomeAssistant, server: str, name: str, devices: Sequence[str], installer: str | None
) -> None:
    """Tell that nothing reads SMART of the disks of a machine; its flow shows how that is changed.

    devices: kernel names; installer: id of the source that can install something that reads them.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{DISKS_UNREAD}_{server}",
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=DISKS_UNREAD,
        translation_placeholders={
            "name": name,
            "disks": ", ".join(f"/dev/{device}" for device in devices) or "?",
            "compose": _compose(devices),
        },
        data={"server": server, "source": installer},
    )


@callback
def raise_disks_waiting(hass: HomeAssistant, server: str, name: str) -> None:
    """Tell that something can read the disks, and has not handed over a reading yet."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{DISKS_UNREAD}_{server}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=DISKS_WAITING,
        translation_placeholders={"name": name},
    )


@callback
def clear_disks_unread(hass: HomeAssistant, server: str) -> None:
    """Something reads them, or the server is gone."""
    ir.async_delete_issue(hass, DOMAIN, f"{DISKS_UNREAD}_{server}")


def _compose(devices: Sequence[str]) -> str:
    """Return what runs Scrutiny with these disks, as a YAML file for Compose."""
    lines = [
        "services:",
        "  scrutiny:",
        "    image: ghcr.io/analogj/scrutiny:master-omnibus",
        "    restart: unless-stopped",
        "    cap_add: [SYS_RAWIO, SYS_ADMIN]",
        '    ports: ["31054:8080"]',
        "    volumes:",
        "      - /run/udev:/run/udev:ro",
        "      - scrutiny-config:/opt/scrutiny/config",
        "      - scrutiny-data:/opt/scrutiny/influxdb",
        "    devices:",
        *(f"      - /dev/{device}" for device in devices),
        "volumes:",
        "  scrutiny-config:",
        "  scrutiny-data:",
    ]
    return "```yaml\n" + "\n".join(lines) + "\n```"

"""The throw-away configuration."""

import json
from pathlib import Path

# `default_config` is avoided: much of it wants hardware or the internet.
YAML = """\
homeassistant:
  name: Demo
  latitude: 52.37
  longitude: 4.89
  elevation: 0
  unit_system: metric
  time_zone: UTC
  currency: EUR
  country: NL
automation: !include automations.yaml
history:
logbook:
mobile_app:
recorder:
  commit_interval: 1
  purge_keep_days: 7
logger:
  default: warning
  logs:
    custom_components.home_server_monitor: info
    haffmpeg: critical
    homeassistant.loader: error
"""
# What stands in YAML under `http:` is only a trial that Home Assistant takes back with a restart after
# five minutes, so the settings are put where its own page would store them.
HTTP = {
    "cors_allowed_origins": ["https://cast.home-assistant.io"],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": True,
    "ssl_profile": "modern",
    "use_x_frame_options": True,
    "created_at": "2026-01-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
}


def write_configuration(config: Path, components: Path) -> None:
    """Write the configuration; the integration is linked to, so that an edit counts after a restart."""
    (config / ".storage").mkdir(parents=True)
    (config / "configuration.yaml").write_text(YAML)
    # its other steps would add services that live on the internet
    steps = {"done": ["core_config", "analytics", "integration"]}
    (config / ".storage/onboarding").write_text(
        json.dumps({"version": 4, "key": "onboarding", "data": steps})
    )
    (config / "automations.yaml").write_text("[]\n")
    (config / "custom_components").symlink_to(components)


def write_http(config: Path, host: str, port: int) -> None:
    """Write the address to listen on."""
    settings = HTTP | {"server_host": [host], "server_port": port}
    store = {
        "version": 2,
        "minor_version": 2,
        "key": "http",
        "data": {"stable": settings, "pending": None, "yaml_migration_done": True},
    }
    (config / ".storage/http").write_text(json.dumps(store))

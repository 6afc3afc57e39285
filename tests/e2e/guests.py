"""Integrations that exist only for tests, in a configuration that holds ours as well."""

from pathlib import Path

from simulator.demo import HomeAssistant
from simulator.demo.configuration import write_configuration
from simulator.demo.processes import ROOT

HERE = Path(__file__).parent


def invite(hass: HomeAssistant, folder: str, *domains: str) -> None:
    """Write the configuration of a Home Assistant with `hsm_<folder>` in it, and other domains that it needs."""
    write_configuration(hass.config, ROOT / "custom_components")
    components = hass.config / "custom_components"
    components.unlink()
    components.mkdir()
    ours = ROOT / "custom_components/home_server_monitor"
    (components / ours.name).symlink_to(ours)
    (components / f"hsm_{folder}").symlink_to(HERE / folder)
    with (hass.config / "configuration.yaml").open("a") as file:
        file.writelines(f"{domain}:\n" for domain in (*domains, f"hsm_{folder}"))

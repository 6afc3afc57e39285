"""Works out what this Home Assistant stands on; the guardian's own_path holds the rule, this the looking."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import DATA_INSTANCE
from yarl import URL

from .const import CONF_KIND, CONF_OWN_PATH, DOMAIN, KIND_SERVER
from .guardian.own_path import (
    OwnPath,
    addresses_of,
    container_node,
    endpoint_node,
    named_node,
    own_container,
    own_pod,
)


async def async_derive_own_path(hass: HomeAssistant) -> OwnPath:
    """Return what Home Assistant needs: its container, its addresses, its database, and what its user named."""
    urls = (hass.config.external_url, hass.config.internal_url)
    endpoints = [(URL(url), "Home Assistant is reached through it") for url in urls if url]
    if (
        (recorder := hass.data.get(DATA_INSTANCE))
        and "://" in recorder.db_url
        and "sqlite" not in recorder.db_url
    ):
        endpoints.append((URL(recorder.db_url), "Home Assistant's database is on it"))
    named = [
        name
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data.get(CONF_KIND) == KIND_SERVER
        for name in entry.options.get(CONF_OWN_PATH, ())
    ]
    return await hass.async_add_executor_job(_look, endpoints, named)


def _look(endpoints: list[tuple[URL, str]], named: list[str]) -> OwnPath:
    """Blocks on /proc and on name resolution."""
    found: set[tuple[str, str]] = {
        (named_node(name), "it is on the list of what Home Assistant stands on") for name in named
    }
    if container := own_container():
        found.add((container_node(container), "Home Assistant runs in it"))
    if pod := own_pod():
        # an app of 24.04 is a release, and its pods are named after it
        found |= {
            (named_node(pod[:end]), "Home Assistant runs in it") for end in range(len(pod)) if pod[end] == "-"
        }
    for url, reason in endpoints:
        if url.host and url.port:
            found |= {(endpoint_node(host, url.port), reason) for host in addresses_of(url.host)}
    return OwnPath(frozenset(found))

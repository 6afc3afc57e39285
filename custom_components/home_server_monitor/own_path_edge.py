"""Works out what this Home Assistant stands on; the guardian's own_path holds the rule, this the looking."""

import asyncio
from collections.abc import Callable
import re

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import DATA_INSTANCE
from yarl import URL

from .const import CONF_OWN_PATH, DOMAIN
from .guardian.own_path import (
    RUNS_IN,
    OwnPath,
    addresses_of,
    container_node,
    endpoint_node,
    machine_node,
    named_node,
    own_container,
    own_machine,
    own_pod,
    own_short_id,
)

# databases whose port need not be written
PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432, "postgres": 5432}
LOOKING = 5.0


async def async_derive_own_path(hass: HomeAssistant) -> OwnPath:
    """Return what Home Assistant needs: its container or machine, its addresses, its database, what its user named."""
    wanted = [(hass.config.external_url, "Home Assistant is reached through it")]
    wanted.append((hass.config.internal_url, "Home Assistant is reached through it"))
    if recorder := hass.data.get(DATA_INSTANCE):
        wanted.append((recorder.db_url, "Home Assistant's database is on it"))
    endpoints = [(*place, reason) for url, reason in wanted if (place := _place(url))]
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    named = [name for entry in entries for name in entry.options.get(CONF_OWN_PATH, ())]
    hosts = {host for entry in entries if (host := URL(str(entry.data.get(CONF_URL, ""))).host)}
    try:
        async with asyncio.timeout(LOOKING):
            return await hass.async_add_executor_job(_look, endpoints, named, hosts)
    except TimeoutError:
        # names do not resolve: what needs no resolving is still held, addresses as they are spelled
        return await hass.async_add_executor_job(_look, endpoints, named, hosts, _as_spelled)


def _place(url: str | None) -> tuple[str, int] | None:
    """Return host and port of a URL; a database's may have characters that no URL parser takes."""
    if not url or not (
        match := re.match(r"^([a-z]+)[a-z0-9+]*://(?:.*@)?(\[[^\]]+\]|[^/:@?]+)(?::(\d+))?", url)
    ):
        return None
    port = int(match[3]) if match[3] else PORTS.get(match[1]) or {"https": 443, "http": 80}.get(match[1])
    return (match[2].strip("[]"), port) if port else None


def _as_spelled(host: str) -> frozenset[str]:
    return frozenset({host.lower()})


def _look(
    endpoints: list[tuple[str, int, str]],
    named: list[str],
    hosts: set[str],
    resolve: Callable[[str], frozenset[str]] = addresses_of,
) -> OwnPath:
    """Blocks on /proc, /sys and name resolution. `hosts` are the servers as their entries spell them."""
    found = {(named_node(name), "it is on the list of what Home Assistant stands on") for name in named}
    if container := own_container():
        found.add((container_node(container), RUNS_IN))
    if short := own_short_id():
        found.add((container_node(short), RUNS_IN))
    if machine := own_machine():
        found.add((machine_node(machine), RUNS_IN))
    if pod := own_pod():
        # an app of 24.04 is a release, and its pods are named after it
        found |= {(named_node(pod[:end]), RUNS_IN) for end in range(len(pod)) if pod[end] == "-"}
    spelled = {host: resolve(host) for host in hosts} if endpoints else {}
    for host, port, reason in endpoints:
        mine = resolve(host)
        same = {other for other, addresses in spelled.items() if not mine.isdisjoint(addresses)}
        found |= {(endpoint_node(each, port), reason) for each in mine | same}
    return OwnPath(frozenset(found))

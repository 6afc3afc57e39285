"""Who watches what in the benchmarks: ours, and core's own integrations, each with its config entries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

# all of them are loaded before memory is measured
import homeassistant.components.portainer
import homeassistant.components.qbittorrent
import homeassistant.components.sonarr  # noqa: F401
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME

type Told = dict[str, str]

# the engine of the simulated Portainer
ENVIRONMENT = 2
ARRS = ("sonarr", "radarr", "prowlarr", "sonarr-4k", "radarr-4k")
CLIENTS = ("qbittorrent", "sabnzbd", "transmission", "nzbget")
MEDIA = (*ARRS, *CLIENTS, "plex")


async def _at_once(entry: Any) -> None:
    """Return: it looks at everything during set-up."""


async def _first_look(entry: Any) -> None:
    await entry.runtime_data.first_look


def _well(data: Any) -> bool:
    """Return whether the last update of an entry's coordinator, or of each of them, succeeded."""
    found = [getattr(data, each.name) for each in fields(data)] if is_dataclass(data) else [data]
    return all(each.last_update_success for each in found)


@dataclass(frozen=True, slots=True)
class Watcher:
    """One who watches. faces: whose requests are counted.

    warm: minutes until its figures are steady; a value of ours is written after 5 min at the latest. all_on: entities
    that are off by default are on, where it asks for nothing without them.
    """

    entries: Callable[[Told], list[MockConfigEntry]]
    faces: tuple[str, ...]
    warm: int
    looked: Callable[[Any], Awaitable[None]] = _at_once
    well: Callable[[Any], bool] = _well
    all_on: bool = False


def _ours(kind: str, title: str, **data: Any) -> MockConfigEntry:
    return MockConfigEntry(domain=DOMAIN, title=title, data={CONF_KIND: kind, CONF_SERVER: HOME, **data})


def our_engine(told: Told) -> list[MockConfigEntry]:
    """Return the entry of ours that watches a Portainer's engine."""
    data = {"url": told["portainer"], "api_key": told["portainer_key"], "environment": ENVIRONMENT}
    return [_ours("containers", "engine", **data)]


def core_portainer(told: Told) -> list[MockConfigEntry]:
    """Return the entry of core's `portainer` for the same."""
    data = {"url": told["portainer"], "api_token": told["portainer_key"], "verify_ssl": False}
    return [MockConfigEntry(domain="portainer", title="engine", unique_id="bench", version=5, data=data)]


def our_media(*names: str) -> Callable[[Told], list[MockConfigEntry]]:
    """Return what makes the entries of ours for these."""
    return lambda told: [_our(name, told) for name in names]


def _our(name: str, told: Told) -> MockConfigEntry:
    url = told[name]
    if name in ARRS:
        return _ours("arr", name, url=url, api_key=told[f"{name}_key"])
    if name == "plex":
        return _ours("plex", name, url=url, token=told["plex_token"], client_id="bench")
    secrets = {"username": told["download_user"], "password": told["download_password"]}
    if name == "sabnzbd":
        secrets = {"api_key": told["sabnzbd_key"]}
    return _ours("downloads", name, url=url, product=name, **secrets)


def core_sonarr(told: Told) -> list[MockConfigEntry]:
    """Return the entry of core's `sonarr`."""
    data = {"url": told["sonarr"], "api_key": told["sonarr_key"], "verify_ssl": False}
    return [MockConfigEntry(domain="sonarr", title="sonarr", version=2, data=data)]


def core_qbittorrent(told: Told) -> list[MockConfigEntry]:
    """Return the entry of core's `qbittorrent`."""
    data = {
        "url": told["qbittorrent"],
        "username": told["download_user"],
        "password": told["download_password"],
        "verify_ssl": False,
    }
    return [MockConfigEntry(domain="qbittorrent", title="qbittorrent", data=data)]


WATCHERS = {
    "ours": Watcher(our_engine, ("portainer",), 6, _first_look),
    "core": Watcher(core_portainer, ("portainer",), 2),
    "media": Watcher(our_media(*MEDIA), MEDIA, 6),
    "our-sonarr": Watcher(our_media("sonarr"), ("sonarr",), 6),
    "core-sonarr": Watcher(core_sonarr, ("sonarr",), 2, all_on=True),
    "our-qbittorrent": Watcher(our_media("qbittorrent"), ("qbittorrent",), 6),
    "core-qbittorrent": Watcher(core_qbittorrent, ("qbittorrent",), 2),
}

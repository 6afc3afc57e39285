"""Home Server Monitor: watches a home server and says what is wrong with it."""

from pathlib import Path
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_NAME, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, instance_id
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.helpers.typing import ConfigType

from .const import CONF_KIND, CONF_SERVER, DOMAIN, KIND_SERVER
from .coordinator import HsmConfigEntry, ServiceCoordinator
from .dashboard_edge import async_setup_dashboard
from .discovery import async_setup_discovery
from .edge.actions import async_setup_guardian_actions
from .edge.entities import SERVER_PLATFORMS
from .edge.guardian import Guardian
from .edge.house_key import HOUSE
from .edge.server import async_keep_desks, async_listen, async_return_all, async_setup_guardian
from .guardian.capabilities import ExplainsDisks, RetiresDisks
from .guardian.house import House
from .history import remove_unseen
from .issues import (
    clear_certificate_changed,
    clear_disks_unread,
    clear_missing_rights,
    clear_server_missing,
    raise_server_missing,
)
from .kinds import KINDS
from .objects import ObjectDevices
from .own_path_edge import async_derive_own_path
from .parting import async_give_back
from .plays import join, start
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Make the House and register the actions."""
    house = hass.data[HOUSE] = House((await instance_id.async_get(hass))[:8])

    async def own_path_changed(event: Event) -> None:
        house.own_path = await async_derive_own_path(hass)

    hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, own_path_changed)
    async_setup_services(hass)
    async_setup_guardian_actions(hass)
    async_listen(hass)
    async_keep_desks(hass)
    async_setup_dashboard(hass)
    async_setup_discovery(hass, house)
    folder = Path(hass.config.path(STORAGE_DIR, DOMAIN))
    await hass.async_add_executor_job(remove_unseen, folder, time.time())
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HsmConfigEntry) -> bool:
    """Set up the server or one of its services."""
    house = hass.data[HOUSE]
    if entry.data[CONF_KIND] == KIND_SERVER:
        return await _async_setup_server(hass, entry, house)
    kind = KINDS[entry.data[CONF_KIND]]
    coordinator = kind.make(hass, entry)
    coordinator.house = house
    entry.async_on_unload(coordinator.async_close)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    house.own_path = await async_derive_own_path(hass)
    _register_device(hass, entry, coordinator)
    entry.async_on_unload(house.attach(coordinator))
    join(house, coordinator)
    devices = ObjectDevices(hass, entry, coordinator)

    @callback
    def on_update() -> None:
        devices.async_check()
        house.updated(coordinator)

    await hass.config_entries.async_forward_entry_setups(entry, kind.platforms)
    entry.async_on_unload(coordinator.async_add_listener(on_update))
    on_update()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HsmConfigEntry) -> bool:
    """Unload one entry."""
    if entry.data[CONF_KIND] == KIND_SERVER:
        unloaded = await hass.config_entries.async_unload_platforms(entry, SERVER_PLATFORMS)
        if unloaded and isinstance(entry.runtime_data, Guardian):
            await entry.runtime_data.async_close()
        return unloaded
    return await hass.config_entries.async_unload_platforms(entry, KINDS[entry.data[CONF_KIND]].platforms)


async def async_remove_entry(hass: HomeAssistant, entry: HsmConfigEntry) -> None:
    """Offer to make the server again where its services are still there; take the entry's own issues along."""
    clear_certificate_changed(hass, entry)
    clear_missing_rights(hass, entry)
    of_a_server = entry.data[CONF_KIND] == KIND_SERVER
    server = str(entry.unique_id if of_a_server else entry.data[CONF_SERVER])
    if of_a_server:
        await async_return_all(hass, server)
        clear_disks_unread(hass, server)
    else:
        await async_give_back(hass, hass.data[HOUSE], entry)
    if not _services(hass, server):
        clear_server_missing(hass, server)
    elif of_a_server:
        raise_server_missing(hass, server, entry.title)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: HsmConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the user delete the device of what is no longer there; never that of the service itself."""
    coordinator = entry.runtime_data
    if not isinstance(coordinator, ServiceCoordinator):
        return _is_of_a_gone_disk(hass.data[HOUSE], entry, device)
    return all(
        domain != DOMAIN or coordinator.forget(identifier) for domain, identifier in device.identifiers
    )


@callback
def _is_of_a_gone_disk(house: House, entry: HsmConfigEntry, device: dr.AnyDeviceEntry) -> bool:
    """Return whether a device of a server's own shows a disk that nothing reads any more, or that was replaced."""
    start = f"{entry.unique_id or entry.entry_id}_disk_"
    serials = [name.removeprefix(start) for _, name in device.identifiers if name.startswith(start)]
    retired = {serial for each in house.capable(RetiresDisks) for serial in each.retired_disks()}
    left = [serial for serial in serials if serial not in retired]
    known = (each.explain_disk(serial) for each in house.capable(ExplainsDisks) for serial in left)
    return bool(serials) and not any(known)


async def _async_setup_server(hass: HomeAssistant, entry: HsmConfigEntry, house: House) -> bool:
    _server_device(hass, entry)
    clear_server_missing(hass, str(entry.unique_id))
    house.own_path = await async_derive_own_path(hass)
    entry.runtime_data = await async_setup_guardian(hass, entry, house)
    await start(hass, entry, house, entry.runtime_data)
    entry.async_on_unload(entry.add_update_listener(_async_options_changed))
    await hass.config_entries.async_forward_entry_setups(entry, SERVER_PLATFORMS)
    return True


async def _async_options_changed(hass: HomeAssistant, entry: HsmConfigEntry) -> None:
    house = hass.data[HOUSE]
    house.own_path = await async_derive_own_path(hass)
    # the entry may have been unloaded meanwhile
    if (guardian := house.guardian(entry.unique_id or entry.entry_id)) is not None:
        guardian.apply(entry.options)


def _services(hass: HomeAssistant, server: str) -> list[ConfigEntry[Any]]:
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    return [entry for entry in entries if entry.data.get(CONF_SERVER) == server]


@callback
def _server_device(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dr.DeviceEntry:
    return dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.unique_id or entry.entry_id)},
        name=entry.data.get(CONF_NAME, entry.title),
        manufacturer="Home Server Monitor",
        entry_type=dr.DeviceEntryType.SERVICE,
    )


@callback
def _register_device(
    hass: HomeAssistant, entry: HsmConfigEntry, coordinator: ServiceCoordinator[Any]
) -> None:
    """Register the service's device before its platforms, so that theirs can hang on it."""
    server = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, entry.data[CONF_SERVER])
    info = coordinator.device_info
    if server is not None:
        info["via_device_id"] = _server_device(hass, server).id
    else:
        raise_server_missing(hass, entry.data[CONF_SERVER])
    device = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, **info)
    coordinator.device_id = device.id

"""What is watched, pushed and done."""

from typing import Any

import pytest

from custom_components.home_server_monitor.const import DOMAIN
from simulator.demo import ApiError, Client, wait_for

from .conftest import HERE, House

ICON = HERE.parents[1] / "custom_components" / DOMAIN / "brand" / "icon.png"


async def test_entities_are_alive_on_devices_that_hang_together(nas: House) -> None:
    await nas.until("update.truenas_update", "off", "on")
    async with nas.owner.websocket() as socket:
        states = {each["entity_id"]: each for each in await socket.call("get_states")}
    assert states["sensor.tank_status"]["state"] == "online"
    assert float(states["sensor.tank_used"]["state"]) == pytest.approx(64, abs=2)
    assert "25.10" in states["sensor.truenas_version"]["state"]

    devices = await nas.devices()
    by_id = {device["id"]: device for device in devices.values()}
    (host,) = (key for key, each in devices.items() if each["via_device_id"] == devices["home"]["id"])
    parts = [each for key, each in devices.items() if key not in {"home", host}]
    assert {each["via_device_id"] for each in parts} == {devices[host]["id"]}
    disks = {each["serial_number"] for key, each in devices.items() if key.startswith(f"{host}_disk_")}
    assert disks >= {"WD-WCC7K4AA17XU", "WD-WCC7K4AA17XT", "ZR15K0XV"}

    entities = await nas.entities()
    owners = {"home", host}
    assert {each["unique_id"].partition("_")[0] for each in entities.values()} == owners
    temperatures = [
        entity_id
        for entity_id, each in entities.items()
        if by_id[each["device_id"]]["serial_number"] and each["translation_key"] == "temperature"
    ]
    assert len(temperatures) == 5
    assert all(20 < float(states[entity_id]["state"]) < 70 for entity_id in temperatures)


async def test_the_load_of_the_nas_is_pushed(nas: House) -> None:
    async def usage() -> float:
        state = await nas.state("sensor.truenas_cpu_usage")
        return 0.0 if state in ("unavailable", "unknown") else float(state)

    async def idle() -> bool:
        return 0 < await usage() < 30

    async def busy() -> bool:
        return await usage() > 60

    await wait_for("the CPU is idle", idle, within=30)
    await nas.control("POST", "/scenario/busy")
    try:
        await wait_for("the CPU is busy", busy, within=10)
    finally:
        await nas.control("POST", "/scenario/busy/off")


async def test_trouble_is_shown_within_seconds(nas: House) -> None:
    before = int(await nas.state("sensor.truenas_alerts"))
    await nas.control("POST", "/scenario/pool_degraded")
    try:
        await nas.until("sensor.tank_status", "degraded", within=5)
        await nas.until("sensor.truenas_alerts", str(before + 1), within=5)
    finally:
        await nas.control("POST", "/scenario/pool_degraded/off")
    await nas.until("sensor.tank_status", "online", within=5)
    await nas.until("sensor.truenas_alerts", str(before), within=5)


async def _tank(nas: House) -> str:
    entities = await nas.entities()
    return str(entities["sensor.tank_status"]["device_id"])


async def test_an_admin_starts_a_scrub(nas: House) -> None:
    pool = await _tank(nas)
    before = await nas.writes()
    answer = await nas.act(nas.owner, "start_scrub", device_id=pool)
    try:
        assert answer["outcome"] == "succeeded"
        assert len(await nas.writes()) == len(before) + 1
        await nas.until("sensor.tank_scrub_or_resilver", "scrubbing", within=5)
    finally:
        await nas.act(nas.owner, "stop_scrub", device_id=pool)
    await nas.until("sensor.tank_scrub_or_resilver", "canceled", within=5)


async def test_other_users_may_look_but_not_act(nas: House) -> None:
    async with nas.owner.websocket() as socket:
        made = await socket.call("config/auth/create", name="Guest", group_ids=["system-users"])
        user_id = made["user"]["id"]
        await socket.call(
            "config/auth_provider/homeassistant/create",
            user_id=user_id,
            username="guest",
            password="battery staple",
        )
        guest = Client(nas.session, nas.hass.url)
        await guest.log_in("guest", "battery staple")
        before, pool = await nas.writes(), await _tank(nas)
        with pytest.raises(ApiError, match=r"^400:.*admin"):
            await nas.act(guest, "start_scrub", device_id=pool)
        assert await nas.writes() == before
        nas_device = (await nas.devices())[_host(await nas.entities())]["id"]
        assert (await nas.act(guest, "list_pools", device_id=nas_device))["pools"]
        await socket.call("config/auth/delete", user_id=user_id)


def _host(entities: dict[str, dict[str, Any]]) -> str:
    return str(entities["sensor.truenas_version"]["unique_id"]).removesuffix("_version")


def _walk(value: Any, key: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for name, item in value.items() for pair in [(key, name), *_walk(item, name)]]
    if isinstance(value, list):
        return [pair for item in value for pair in _walk(item, key)]
    return [(key, str(value))]


async def test_diagnostics_give_nobody_away(nas: House) -> None:
    entry = (await nas.entries())["truenas"]
    found = await nas.owner.request("GET", f"/api/diagnostics/config_entry/{entry['entry_id']}")
    pairs = _walk(found["data"])
    assert ("version", "TrueNAS-25.10.6") in pairs
    host = _host(await nas.entities())
    devices = await nas.devices()
    serials = {each["serial_number"] for each in devices.values()} - {None}
    listed = await nas.act(nas.owner, "list_interfaces", device_id=devices[host]["id"])
    addresses = {address.split("/")[0] for each in listed["interfaces"] for address in each["addresses"]}
    assert len(serials) == 5
    assert addresses
    secrets = {
        nas.server.api_key,
        nas.server.api_key.partition("-")[2],
        nas.server.fingerprint,
        host,
        "127.0.0.1",
        *serials,
        *addresses,
    }
    text = "\n".join(f"{key} {value}" for key, value in pairs)
    assert not [secret for secret in secrets if secret in text]
    # the hostname is also the name of the kind
    assert {key for key, value in pairs if value == entry["title"]} <= {"kind", "data"}
    assert {key for key, value in pairs if value == nas.server.username} <= {"kind"}


async def test_the_icon_is_served(house: House) -> None:
    async with house.owner.websocket() as socket:
        token = (await socket.call("brands/access_token"))["token"]
    browser = Client(house.session, house.hass.url)
    path = f"/api/brands/integration/{DOMAIN}/icon.png"
    assert await browser.request("GET", f"{path}?token={token}") == ICON.read_bytes()
    with pytest.raises(ApiError, match=r"^403"):
        await browser.request("GET", path)

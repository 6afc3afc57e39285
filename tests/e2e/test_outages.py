"""What survives: an outage of the NAS, and a restart of Home Assistant."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from simulator.demo.steps import wait_for, wait_until_running, wait_until_up

from .conftest import House


async def test_a_nas_that_goes_away_is_unavailable_and_heals(nas: House) -> None:
    nas.expected = ["truenas does not answer"]  # once, however long it lasts
    nas.server.stop()
    try:
        await nas.until("sensor.tank_status", "unavailable", within=15)
        await nas.until("sensor.truenas_cpu_usage", "unavailable", within=5)
    finally:
        nas.server.start()
    await nas.until("sensor.tank_status", "online", within=45)
    entry = (await nas.entries())["truenas"]
    assert entry["state"] == "loaded"


async def test_a_restart_keeps_identities_and_history(nas: House) -> None:
    sensor = "sensor.truenas_load_1_min"

    async def registered() -> tuple[set[tuple[str, str, str]], set[str]]:
        entities = (await nas.entities()).values()
        return (
            {(each["entity_id"], each["unique_id"], each["device_id"]) for each in entities},
            {device["id"] for device in (await nas.devices()).values()},
        )

    before = await registered()
    nas.hass.stop()
    restart = datetime.now(UTC)
    nas.hass.start()
    await wait_until_up(nas.hass, nas.owner)
    await wait_until_running(nas.owner)
    await nas.until("sensor.tank_status", "online", within=15)
    assert await registered() == before

    # the same tokens, the same entries: nobody was asked to log in or to confirm anything
    assert {entry["state"] for entry in (await nas.entries()).values()} == {"loaded"}
    since = quote((restart - timedelta(hours=1)).isoformat())

    async def history() -> bool:
        (states,) = await nas.owner.request("GET", f"/api/history/period/{since}?filter_entity_id={sensor}")
        times = [
            datetime.fromisoformat(each["last_changed"])
            for each in states
            if each["state"] not in {"unavailable", "unknown"}
        ]
        return min(times) < restart < max(times)

    # the recorder writes what it hears a second later
    await wait_for("the history goes on", history, within=15)

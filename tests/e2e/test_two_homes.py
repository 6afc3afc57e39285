"""Two Home Assistants watch one NAS: each takes the other's acts for what somebody else did, and neither does harm twice."""

import asyncio
from collections.abc import AsyncIterator
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from simulator.demo import ApiError, Client, HomeAssistant, SimulatedServer, add_truenas, wait_for
from simulator.demo.steps import wait_until_running, wait_until_up

SCRUB = "pool.scrub.scrub"


class Home:
    """A Home Assistant with its owner."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        self.hass = HomeAssistant(folder)
        self.owner = Client(session, self.hass.url)

    async def settle_in(self, server: SimulatedServer) -> None:
        """Onboard the owner and add the NAS."""
        await wait_until_up(self.hass, self.owner)
        await self.owner.onboard("Owner", "owner", "correct horse")
        await wait_until_running(self.owner)
        await add_truenas(self.owner, server)

        async def look() -> bool:
            states = await self.owner.states()
            return bool(states.get("sensor.tank_status", {}).get("state") == "online")

        await wait_for("the NAS is watched", look)

    async def act(self, action: str, **data: Any) -> dict[str, Any]:
        """Call one of our actions and return its response. Raises ApiError."""
        path = f"/api/services/{DOMAIN}/{action}?return_response"
        return dict((await self.owner.request("POST", path, data))["service_response"])

    async def proposal(self) -> dict[str, Any]:
        """Wait for the proposal of a scrub."""

        async def look() -> dict[str, Any]:
            proposals = (await self.act("list_proposals"))["proposals"]
            return next((each for each in proposals if each["action"] == "start_scrub"), {})

        return await wait_for("a scrub is proposed", look, within=60)

    async def became(self, proposal: str) -> dict[str, Any]:
        """Return how a proposal ended."""

        async def look() -> dict[str, Any]:
            history = (await self.act("list_proposals"))["history"]
            found = next((each for each in history if each["id"] == proposal), {})
            return found if found.get("state") not in (None, "approved", "running", "verifying") else {}

        return await wait_for("the proposal has ended", look, within=30)

    async def finding(self, rule: str) -> dict[str, Any]:
        """Wait for a finding of this rule."""

        async def look() -> dict[str, Any]:
            findings = (await self.act("list_findings"))["findings"]
            return next((each for each in findings if each["rule"] == rule), {})

        return await wait_for(f"it finds {rule}", look, within=60)

    async def by_us(self, text: str) -> bool:
        """Return whether it takes a change that it logged for its own."""

        async def look() -> list[bool]:
            changes = (await self.act("list_changes"))["changes"]
            return [each["by_us"] for each in changes if text in each["text"]]

        return (await wait_for(f"it logs {text}", look, within=60))[0]

    async def device(self, entity: str) -> str:
        """Return the device of an entity."""
        async with self.owner.websocket() as socket:
            entities = await socket.call("config/entity_registry/list")
        return str(next(each["device_id"] for each in entities if each["entity_id"] == entity))


class Street:
    """Both homes and the NAS between them."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.server = SimulatedServer(folder, "--profile", "frozen")
        self.homes = [Home(folder / name, session) for name in ("one", "two")]

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        """Use the switchboard."""
        async with self.session.request(verb, self.server.control + path, json=body) as answer:
            answer.raise_for_status()
            return json.loads(await answer.text())

    async def writes(self) -> list[dict[str, Any]]:
        """Return the calls that would have changed something, with what came of them."""
        return list(await self.control("GET", "/calls?writes=1"))


@pytest.fixture
async def street(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Street]:
    """All three processes, ended whatever happens."""
    async with aiohttp.ClientSession() as session:
        street = Street(tmp_path, session)
        try:
            street.server.start()
            for home in street.homes:
                home.hass.start()
            await asyncio.gather(*(home.settle_in(street.server) for home in street.homes))
            yield street
        finally:
            for home in street.homes:
                home.hass.stop()
            street.server.stop()


async def test_two_homes_and_one_server(street: Street) -> None:
    one, two = street.homes
    await street.control("POST", "/scenario/checksum_errors")
    first, second = await asyncio.gather(one.proposal(), two.proposal())

    # both owners approve in the same second: one scrub runs, and neither says that two do
    answers = await asyncio.gather(
        one.act("approve", proposal=first["id"]),
        two.act("approve", proposal=second["id"]),
        return_exceptions=True,
    )
    assert all(isinstance(each, dict | ApiError) for each in answers), answers
    ended = await asyncio.gather(one.became(first["id"]), two.became(second["id"]))
    states = sorted(each["state"] for each in ended)
    assert "succeeded" in states, states
    assert all(each in ("succeeded", "failed", "cancelled", "superseded") for each in states), states
    orders = [call for call in await street.writes() if call["method"] == SCRUB]
    assert 1 <= len(orders) <= 2, orders
    # the second of two orders that crossed is turned away by the NAS, which says so itself
    jobs = (await street.control("GET", "/state"))["jobs"].values()
    scrubs = [job.removeprefix(SCRUB).strip() for job in jobs if job.startswith(f"{SCRUB} ")]
    assert len([state for state in scrubs if state != "FAILED"]) == 1, scrubs
    for each in ended:
        assert each["outcome"].startswith("Start scrub: "), each
        assert each["target"] not in each["outcome"], each

    # what only one of them does, the other takes for somebody else's act
    await one.act("stop_app", device_id=await one.device("sensor.plex_state"))
    assert await one.by_us("Plex was stopped") is True
    assert await two.by_us("Plex was stopped") is False

    # what one left there, the other does not touch, and says so
    nas = [await home.device("sensor.truenas_cpu_usage") for home in street.homes]
    await one.act("create_snapshot", device_id=nas[0], dataset="tank/documents")
    before = await street.writes()
    with pytest.raises(ApiError, match="nother Home Assistant"):
        await two.act("create_snapshot", device_id=nas[1], dataset="tank/documents")
    with pytest.raises(ApiError, match="nother Home Assistant"):
        await two.act("prune_snapshots", device_id=nas[1], dataset="tank/documents", keep=1)
    assert await street.writes() == before
    found = await two.finding("foreign_guardian")
    assert found["severity"] == "high"
    # where it left something itself, it goes on; its names are told apart by the second
    await asyncio.sleep(1.1)
    await one.act("create_snapshot", device_id=nas[0], dataset="tank/documents")
    assert len(await street.writes()) == len(before) + 1

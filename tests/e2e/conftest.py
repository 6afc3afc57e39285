"""One Home Assistant and one server for all tests here; each test talks to them over a session of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_socket

from simulator.demo import Client, HomeAssistant, SimulatedServer, add_truenas, wait_for
from simulator.demo.steps import DOMAIN, wait_until_running, wait_until_up

HERE = Path(__file__).parent
OWNER = ("owner", "correct horse")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder starts a Home Assistant."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass
class Processes:
    """What runs all the time, and what the owner of the Home Assistant logged in with."""

    hass: HomeAssistant
    server: SimulatedServer
    tokens: dict[str, Any] = field(default_factory=dict)


async def _onboard(both: Processes) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session:
        client = Client(session, both.hass.url)
        await wait_until_up(both.hass, client)
        await client.onboard("Owner", *OWNER)
        await wait_until_running(client)
        return dict(client.tokens)


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Both processes, the Home Assistant with an owner and nothing else."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("e2e")
    both = Processes(HomeAssistant(folder), SimulatedServer(folder, "--profile", "idle-noise"))
    try:
        both.hass.start()
        both.server.start()
        both.tokens = asyncio.run(_onboard(both))
        yield both
    finally:
        both.hass.stop()
        both.server.stop()


class House:
    """What a test sees: the owner's client, and the server's switchboard."""

    def __init__(self, both: Processes, session: aiohttp.ClientSession) -> None:
        """Log the owner in."""
        self.hass, self.server = both.hass, both.server
        self.session = session
        self.owner = Client(session, both.hass.url, both.tokens)
        self.expected: list[str] = []  # what each error says that this test brings into the log

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use the switchboard."""
        async with self.session.request(method, self.server.control + path, json=body or {}) as answer:
            answer.raise_for_status()
            return json.loads(await answer.text())

    async def writes(self) -> list[str]:
        """Return the calls that would have changed something on the server."""
        return [call["method"] for call in await self.control("GET", "/calls?writes=1")]

    async def entries(self) -> dict[str, dict[str, Any]]:
        """Return our config entries by kind, which their titles tell."""
        async with self.owner.websocket() as socket:
            found = await socket.call("config_entries/get", domain=DOMAIN)
        return {"server" if entry["title"] == "Home" else "truenas": entry for entry in found}

    async def remove(self, kind: str) -> None:
        """Delete a config entry, where there is one."""
        if entry := (await self.entries()).get(kind):
            await self.owner.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")

    async def devices(self) -> dict[str, dict[str, Any]]:
        """Return our devices by identifier."""
        async with self.owner.websocket() as socket:
            found = await socket.call("config/device_registry/list")
        return {
            identifier: device
            for device in found
            for domain, identifier in device["identifiers"]
            if domain == DOMAIN
        }

    async def entities(self) -> dict[str, dict[str, Any]]:
        """Return our entities, enabled or not, by entity id."""
        async with self.owner.websocket() as socket:
            found = await socket.call("config/entity_registry/list")
        return {each["entity_id"]: each for each in found if each["platform"] == DOMAIN}

    async def state(self, entity_id: str) -> str:
        """Return the state of an entity."""
        return str((await self.owner.request("GET", f"/api/states/{entity_id}"))["state"])

    async def until(self, entity_id: str, *states: str, within: float = 10.0) -> None:
        """Wait until an entity has one of these states."""

        async def look() -> bool:
            return await self.state(entity_id) in states

        await wait_for(f"{entity_id} is {' or '.join(states)}", look, within=within, pause=0.1)

    async def act(self, client: Client, action: str, **data: Any) -> dict[str, Any]:
        """Call one of our actions and return its response."""
        answer = await client.request("POST", f"/api/services/{DOMAIN}/{action}?return_response", data)
        return dict(answer["service_response"])


@pytest.fixture
async def house(both: Processes, socket_enabled: None) -> AsyncIterator[House]:
    """The house, as it is; an error of ours in the log that is not expected fails the test."""
    start = len(both.hass.log.read_text())
    async with aiohttp.ClientSession() as session:
        house = House(both, session)
        yield house
    lines = both.hass.log.read_text()[start:].splitlines()
    ours = (line for line in lines if "home_server_monitor" in line)
    wrong = [line for line in ours if " ERROR " in line or "blocking call" in line]
    assert len(wrong) == len(house.expected), wrong
    assert all(text in line for text, line in zip(house.expected, wrong, strict=True)), wrong


@pytest.fixture
async def nas(house: House) -> House:
    """The house with the NAS added to it, and alive."""
    if "truenas" not in await house.entries():
        await add_truenas(house.owner, house.server)
    await house.until("sensor.tank_status", "online", within=30)
    return house

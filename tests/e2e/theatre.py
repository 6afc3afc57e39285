"""A Home Assistant of its own for the dashboard, in which the stage plays the guardian, with a NAS to look at."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from simulator.demo import Client, HomeAssistant, SimulatedServer, add_truenas, wait_for
from simulator.demo.client import WebSocket
from simulator.demo.steps import DASHBOARD, hang_dashboard, wait_until_running, wait_until_up

from .guests import invite

GUEST = ("guest", "battery staple")
PATH = DASHBOARD


class Theatre:
    """What a test of the dashboard has: two users and the stage."""

    def __init__(self, owner: Client, guest: Client, session: aiohttp.ClientSession) -> None:
        self.owner, self.guest, self.session = owner, guest, session

    async def show(self, **answers: Any) -> None:
        """Set what the guardian answers."""
        await self.owner.request("POST", "/api/services/hsm_stage/show", answers)

    async def played(self) -> list[dict[str, Any]]:
        """Return which actions were called since this was last asked."""
        answer = await self.owner.request("POST", "/api/services/hsm_stage/played?return_response", {})
        return list(answer["service_response"]["played"])


def processes(folder: Path) -> tuple[HomeAssistant, SimulatedServer]:
    """Return both, not yet started, the stage beside the integration."""
    hass = HomeAssistant(folder)
    invite(hass, "stage", "frontend")
    return hass, SimulatedServer(folder, "--profile", "frozen")


async def raise_curtain(hass: HomeAssistant, server: SimulatedServer) -> list[Mapping[str, Any]]:
    """Onboard an owner and a guest, add the NAS, and make the dashboard as the settings do; returns their tokens."""
    async with aiohttp.ClientSession() as session:
        owner, guest = Client(session, hass.url), Client(session, hass.url)
        await wait_until_up(hass, owner)
        await owner.onboard("Owner", "owner", "correct horse")
        await wait_until_running(owner)
        await add_truenas(owner, server)
        async with owner.websocket() as socket:
            await _invite(socket)
        await hang_dashboard(owner)
        await guest.log_in(*GUEST)

        async def alive() -> bool:
            states = await owner.states()
            return states.get("sensor.tank_status", {}).get("state") == "online"

        await wait_for("the NAS is watched", alive)
        return [owner.tokens, guest.tokens]


async def _invite(socket: WebSocket) -> None:
    made = await socket.call("config/auth/create", name="Guest", group_ids=["system-users"])
    name, password = GUEST
    await socket.call(
        "config/auth_provider/homeassistant/create",
        user_id=made["user"]["id"],
        username=name,
        password=password,
    )


@asynccontextmanager
async def open_theatre(url: str, tokens: Sequence[Mapping[str, Any]]) -> AsyncIterator[Theatre]:
    """Let the owner and the guest in."""
    async with aiohttp.ClientSession() as session:
        owner, guest = (Client(session, url, each) for each in tokens)
        yield Theatre(owner, guest, session)

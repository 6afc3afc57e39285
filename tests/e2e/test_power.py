"""Mains fails, twice, on a real Home Assistant with a real upsd: load stops and comes back, then the NAS is asked, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
import signal
from typing import Any

import aiohttp
import pytest

from simulator.demo import Client, HomeAssistant, SimulatedServer, wait_for
from simulator.demo.phone import Phone, phone_of, register
from simulator.demo.steps import (
    DOMAIN,
    OPTIONS,
    add_containers,
    add_downloads,
    add_truenas,
    tell_phones,
    wait_until_running,
    wait_until_up,
)
from tests.nut import UPS, USERS, NoNut, RealNut, running

PHONE, FIX = "Pocket", "/api/repairs/issues/fix"
# the last one keeps a database
CHOSEN = ("caddy", "mosquitto", "immich_redis")


class Cellar:
    """A Home Assistant with a NAS, its engine, its download clients and a UPS that says what a test writes."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession, nut: RealNut) -> None:
        self.session, self.nut = session, nut
        self.hass = HomeAssistant(folder)
        self.server = SimulatedServer(folder, "--profile", "frozen")
        self.owner = Client(session, self.hass.url)

    async def begin(self) -> None:
        """Start both, and connect all that the plan is about."""
        self.hass.start()
        self.server.start()
        await wait_until_up(self.hass, self.owner)
        await self.owner.onboard("Owner", "owner", "correct horse")
        await wait_until_running(self.owner)
        await add_truenas(self.owner, self.server)
        await add_containers(self.owner, self.server)
        await add_downloads(self.owner, self.server)
        flow = await (await self.owner.start_flow(DOMAIN)).answer(next_step_id="ups")
        login = {"username": "ha", "password": USERS["ha"][0]}
        for _ in range(30):
            flow = await flow.answer(host="127.0.0.1", port=self.nut.port, **login)
            if flow.kind == "create_entry":
                return
            if flow.shown.get("errors"):
                # on a busy machine the driver is not heard for a moment
                await asyncio.sleep(1)
        raise AssertionError(dict(flow.shown))

    async def act(self, action: str, **data: Any) -> dict[str, Any]:
        """Call one of our actions as the owner and return its response."""
        path = f"/api/services/{DOMAIN}/{action}?return_response"
        return dict((await self.owner.request("POST", path, data))["service_response"])

    async def control(self, method: str, path: str) -> Any:
        """Use the switchboard."""
        async with self.session.request(method, self.server.control + path) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def calls(self, method: str) -> int:
        """Return how often the NAS was told something."""
        return [call["method"] for call in await self.control("GET", "/calls?writes=1")].count(method)

    async def choose(self, **power: Any) -> None:
        """Write the plan, as the form of the options does; what it does not name stays."""
        async with self.owner.websocket() as socket:
            entries = await socket.call("config_entries/get", domain=DOMAIN)
        (home,) = (each["entry_id"] for each in entries if each["title"] == "Home")
        flow = await self.owner.request("POST", OPTIONS, {"handler": home})
        parts: dict[str, Any] = {}
        for part in flow["data_schema"]:
            fields = {each["name"]: (each.get("description") or {}) for each in part["schema"]}
            parts[part["name"]] = {
                name: about["suggested_value"] for name, about in fields.items() if "suggested_value" in about
            } | {name: value for name, value in power.items() if name in fields}
        answer = await self.owner.request("POST", f"{OPTIONS}/{flow['flow_id']}", parts)
        assert answer["type"] == "create_entry", answer

    async def approve(self) -> str:
        """Approve the plan in Repairs, by typing its name where that is wanted; returns what was shown."""

        async def look() -> str:
            async with self.owner.websocket() as socket:
                issues = (await socket.call("repairs/list_issues"))["issues"]
            texts = {each["issue_id"]: str(each["translation_placeholders"]) for each in issues}
            return next((key for key, text in texts.items() if "Approve in advance" in text), "")

        issue = await wait_for("Repairs asks for the approval", look, within=60)
        shown = await self.owner.request("POST", FIX, {"handler": DOMAIN, "issue_id": issue})
        flow = f"{FIX}/{shown['flow_id']}"
        answer = await self.owner.request("POST", flow, {"next_step_id": "approve"})
        if answer["type"] == "form":
            wrong = await self.owner.request("POST", flow, {"name": "plan"})
            assert wrong["errors"] == {"name": "wrong_name"}
            answer = await self.owner.request("POST", flow, {"name": "Shutdown plan"})
        assert (answer["type"], answer["reason"]) == ("abort", "approved"), answer
        return str(shown["description_placeholders"]["what"])

    async def until(self, state: str, within: float = 60.0) -> None:
        """Wait until the plan is there."""
        entity = "sensor.home_shutdown_plan"

        async def look() -> bool:
            return bool((await self.owner.request("GET", f"/api/states/{entity}"))["state"] == state)

        await wait_for(f"the plan is {state}", look, within=within)

    async def running(self) -> set[str]:
        """Return those of the chosen containers that run, as their engine says."""
        server, found = self.server, set[str]()
        key = {"X-API-Key": server.portainer_key}
        async with self.session.get(f"{server.portainer}/api/endpoints", headers=key, ssl=False) as answer:
            places = [each["Id"] for each in await answer.json()]
        for place in places:
            path = f"{server.portainer}/api/endpoints/{place}/docker/containers/json"
            async with self.session.get(path, headers=key, ssl=False) as answer:
                rows = await answer.json() if answer.ok else []
            found |= {each["Names"][0].lstrip("/") for each in rows if each["State"] == "running"}
        return found & set(CHOSEN)

    async def die(self) -> None:
        """Kill Home Assistant as it is, by SIGKILL."""
        child = self.hass._child
        assert child is not None
        child.send_signal(signal.SIGKILL)

        async def dead() -> bool:
            return child.poll() is not None

        await wait_for("Home Assistant is dead", dead, within=20, pause=0.02)

    async def live(self) -> None:
        """Start it again."""
        self.hass.start()
        await wait_until_up(self.hass, self.owner)
        await wait_until_running(self.owner)

    async def ended(self) -> list[str]:
        """Return the chosen containers that were stopped, in that order."""
        rows = (await self.act("list_proposals"))["history"]
        mine = [each for each in rows if each["action"] == "stop_container" and each["state"] == "succeeded"]
        # the newest is listed first
        return [each["target"] for each in reversed(mine)]


@pytest.fixture
async def cellar(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Cellar]:
    """All processes, ended whatever happens."""
    try:
        # a driver that is late on a busy machine is not stale at once
        with running(tmp_path / "nut", maxage=15) as nut:
            async with aiohttp.ClientSession() as session:
                cellar = Cellar(tmp_path, session, nut)
                try:
                    await cellar.begin()
                    yield cellar
                finally:
                    cellar.hass.stop()
                    cellar.server.stop()
    except NoNut as err:
        pytest.skip(f"NO REAL UPS SERVER: {err}")


async def _nodes(cellar: Cellar) -> list[str]:
    """Return what the form offers of the chosen containers."""
    async with cellar.owner.websocket() as socket:
        entries = await socket.call("config_entries/get", domain=DOMAIN)
    (home,) = (each["entry_id"] for each in entries if each["title"] == "Home")
    flow = await cellar.owner.request("POST", OPTIONS, {"handler": home})
    (part,) = (part for part in flow["data_schema"] if part["name"] == "power")
    (field,) = (each for each in part["schema"] if each["name"] == "power_chosen")
    offered = {
        each["label"].split(" · ")[0]: each["value"] for each in field["selector"]["select"]["options"]
    }
    await cellar.owner.request("DELETE", f"{OPTIONS}/{flow['flow_id']}")
    return [offered[name] for name in CHOSEN]


async def _comes_back(cellar: Cellar, phone: Phone) -> None:
    """The first time mains comes back."""
    cellar.nut.say(ups_status="OB DISCHRG", battery_runtime="1320")
    push = await phone.until("the countdown is on the phone", "22 min left", within=30)
    assert phone.button(push, "cancel")["title"] == "Cancel"
    await wait_for("upsd counts us", lambda: _held(cellar), within=20)
    await phone.until("the load is stopped", "Paused or stopped: ", within=60)
    order = await cellar.ended()
    assert order[-1] == "immich_redis"
    assert set(order) == set(CHOSEN)
    await wait_for("upsd need not wait any more", lambda: _free(cellar), within=20)
    cellar.nut.say(ups_status="OL CHRG")
    done = await phone.until("all of it is back", "all restored", within=90)
    assert done["data"]["tag"] == push["data"]["tag"]
    assert done["message"].startswith("Power back after")
    await cellar.until("online")
    assert not (await cellar.act("list_leases"))["leases"]
    assert not await cellar.calls("system.shutdown")


async def _held(cellar: Cellar) -> bool:
    # a driver that is late on a busy machine is stale for a moment
    return f"NUMLOGINS {UPS} 1" in cellar.nut.ask(f"GET NUMLOGINS {UPS}")


async def _free(cellar: Cellar) -> bool:
    return f"NUMLOGINS {UPS} 0" in cellar.nut.ask(f"GET NUMLOGINS {UPS}")


async def _killed(cellar: Cellar) -> None:
    """Killed while it sheds the load, it brings all of it back where mains is there when it starts again."""
    assert await cellar.running() == set(CHOSEN)
    cellar.nut.say(ups_status="OB DISCHRG", battery_charge="90", battery_runtime="1320")

    async def sheds() -> bool:
        return await cellar.running() < set(CHOSEN)

    await wait_for("the first container is stopped", sheds, within=60, pause=0.05)
    await cellar.die()
    cellar.nut.say(ups_status="OL CHRG")
    await cellar.live()
    await cellar.until("online", within=240)
    assert await cellar.running() == set(CHOSEN)
    assert not (await cellar.act("list_leases"))["leases"]
    assert not await cellar.calls("system.shutdown")


async def _killed_committed(cellar: Cellar) -> None:
    """Killed after it asked the NAS, it knows that it did, although mains is still out and the battery nearly empty."""
    await cellar.die()
    cellar.nut.say(battery_charge="9", battery_runtime="60")
    await cellar.live()

    async def goes_on() -> bool:
        state = (await cellar.owner.request("GET", "/api/states/sensor.home_shutdown_plan"))["state"]
        return state in ("committed", "done")

    await wait_for("the plan goes on", goes_on, within=60)
    # several readings of a battery that is nearly empty
    await asyncio.sleep(5)
    assert await goes_on()
    assert await cellar.calls("system.shutdown") == 1


async def _stays_away(cellar: Cellar, phone: Phone) -> None:
    """The second time it does not: the NAS is asked once, before the battery is empty, while upsd waits for us."""
    cellar.nut.say(ups_status="OB DISCHRG", battery_charge="60")
    await wait_for("upsd counts us", lambda: _held(cellar), within=20)
    cellar.nut.say(battery_charge="18", battery_runtime="400")
    await phone.until("the NAS is asked", "was asked to shut down", within=90)

    async def asked() -> bool:
        return await cellar.calls("system.shutdown") == 1

    await wait_for("the NAS has the order", asked, within=20)


async def test_mains_fails_twice(cellar: Cellar) -> None:
    webhook = await register(cellar.owner, PHONE)
    await tell_phones(cellar.owner, PHONE)
    plan = {
        "power_chosen": await _nodes(cellar),
        "power_stages": ["downloads", "workloads"],
        "power_hold_off": 5,
        "power_countdown": 5,
    }
    async with phone_of(cellar.owner, PHONE, webhook) as phone:
        await cellar.choose(power_mode="prepare", **plan)
        assert "Shed and wait" in await cellar.approve()
        await _comes_back(cellar, phone)
    await _killed(cellar)
    async with phone_of(cellar.owner, PHONE, webhook) as phone:
        await cellar.choose(power_mode="decide", **plan)
        assert "Shut down" in await cellar.approve()
        await _stays_away(cellar, phone)
    await _killed_committed(cellar)
    lines = cellar.hass.log.read_text().splitlines()
    ours = (line for line in lines if "home_server_monitor" in line and " ERROR " in line)
    # that what was switched off does not answer is no fault
    wrong = [line for line in ours if "does not answer" not in line]
    assert not wrong, wrong

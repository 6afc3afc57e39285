"""Home Assistant dies by SIGKILL between the tap and the order, and as the order arrives; then it starts again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import signal
from typing import Any

import aiohttp
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from simulator.demo import ApiError, Client, HomeAssistant, SimulatedServer, add_truenas, wait_for
from simulator.demo.phone import Phone, phone_of, register
from simulator.demo.steps import tell_phones, wait_until_running, wait_until_up

SCRUB = "pool.scrub.scrub"
# what the clock of a resumed run would need to send an order a second time
QUIET = 20.0


class Mortal:
    """A Home Assistant that watches a NAS of its own, and a phone that outlives it."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        self.hass, self.server = HomeAssistant(folder), SimulatedServer(folder, "--profile", "frozen")
        self.session = session
        self.owner = Client(session, self.hass.url)
        self.webhook = ""

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        """Use the switchboard."""
        async with self.session.request(verb, self.server.control + path, json=body) as answer:
            answer.raise_for_status()
            return json.loads(await answer.text())

    async def writes(self) -> list[str]:
        """Return the calls that changed something on the server."""
        return [call["method"] for call in await self.control("GET", "/calls?writes=1")]

    async def settle_in(self) -> None:
        """Onboard the owner with a phone, and add the NAS."""
        self.hass.start()
        self.server.start()
        await wait_until_up(self.hass, self.owner)
        await self.owner.onboard("Owner", "owner", "correct horse")
        await wait_until_running(self.owner)
        await add_truenas(self.owner, self.server)
        self.webhook = await register(self.owner, "Pocket")
        await tell_phones(self.owner, "Pocket")
        await self.watching()

    async def watching(self) -> None:
        """Wait until the NAS is watched."""

        async def look() -> bool:
            states = await self.owner.states()
            return bool(states.get("sensor.tank_status", {}).get("state") == "online")

        await wait_for("the NAS is watched", look)

    @asynccontextmanager
    async def phone(self) -> AsyncIterator[Phone]:
        """The phone, which goes on trying until Home Assistant lets it in again."""
        await wait_until_up(self.hass, self.owner)

        async def known() -> bool:
            async with self.owner.websocket() as socket:
                try:
                    await socket.call("mobile_app/push_notification_channel", webhook_id=self.webhook)
                except ApiError:
                    return False
            return True

        await wait_for("the phone is let in", known, pause=0.1)
        async with phone_of(self.owner, "Pocket", self.webhook) as phone:
            yield phone

    @property
    def journal(self) -> Path:
        """Return where the journal is."""
        (found,) = (self.hass.config / DOMAIN).rglob("journal.jsonl")
        return found

    def states(self) -> list[str]:
        """Return the states of the newest record, as far as they are on the disk."""
        lines = [json.loads(line) for line in self.journal.read_bytes().split(b"\n")[:-1]]
        records = [line for line in lines if line["k"] == "remediation"]
        return [line["v"]["state"] for line in records if line["id"] == records[-1]["id"]]

    async def told(self) -> list[str]:
        """Return the journal in sentences, newest first."""
        path = f"/api/services/{DOMAIN}/list_journal?return_response"
        answer = await self.owner.request("POST", path, {})
        return [line["text"] for line in answer["service_response"]["journal"]]

    async def is_dead(self) -> None:
        """Wait until the process was ended by SIGKILL."""
        child = self.hass._child
        assert child is not None

        async def look() -> bool:
            return child.poll() is not None

        await wait_for("Home Assistant is dead", look, within=10, pause=0.02)
        assert child.returncode == -signal.SIGKILL
        await self.control("POST", "/on_call")

    @property
    def pid(self) -> int:
        """Return the process that runs now."""
        assert self.hass._child is not None
        return self.hass._child.pid


@pytest.fixture
async def mortal(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Mortal]:
    """Both processes, ended whatever happens."""
    async with aiohttp.ClientSession() as session:
        mortal = Mortal(tmp_path, session)
        try:
            await mortal.settle_in()
            yield mortal
        finally:
            mortal.hass.stop()
            mortal.server.stop()


async def test_killed_around_the_order_it_is_sent_once_and_told(mortal: Mortal) -> None:
    async with mortal.phone() as phone:
        await mortal.control("POST", "/scenario/checksum_errors")
        push = await phone.until("the phone shows the errors", "Pool tank:", within=60)

        # the order is approved, and read once more what it is for: nothing is sent yet
        await mortal.control("POST", "/on_call", method="pool.query", fault="delay", seconds=1.0)
        tap = asyncio.create_task(phone.tap(push, "approve"))

        async def approved() -> bool:
            return mortal.states()[-1] == "running"

        await wait_for("the approval is on the disk", approved, within=10, pause=0.01)
        mortal.hass._child.send_signal(signal.SIGKILL)
        await mortal.is_dead()
        await asyncio.gather(tap, return_exceptions=True)
    assert await mortal.writes() == []
    # the disk had the approval, and half of the line after it
    *whole, last, end = mortal.journal.read_bytes().split(b"\n")
    assert end == b""
    assert b'"state":"running"' in last
    mortal.journal.write_bytes(b"\n".join([*whole, last[: len(last) // 2]]))
    assert mortal.states()[-1] == "approved"

    mortal.hass.start()
    async with mortal.phone() as phone:
        done = await phone.until("the phone tells that nothing was done", "cancelled", within=30)
        assert done["data"]["tag"] == push["data"]["tag"]
        assert mortal.states()[-1] == "cancelled"
        await wait_until_running(mortal.owner)
        await mortal.watching()

        # the finding is still there: the same notification brings a proposal that can be approved
        await phone.tap(push, "why")
        why = await phone.until("the phone shows a new plan", "Start a scrub of pool tank", within=10)
        await mortal.control("POST", "/on_call", method=SCRUB, kill_pid=mortal.pid, when="before")
        tap = asyncio.create_task(phone.tap(why, "approve"))
        await mortal.is_dead()
        await asyncio.gather(tap, return_exceptions=True)
    assert await mortal.writes() == [SCRUB]
    assert mortal.states()[-1] == "running"
    with mortal.journal.open("ab") as file:
        file.write(b'{"n":9999,"at":17')

    mortal.hass.start()
    async with mortal.phone() as phone:
        done = await phone.until("the phone tells the outcome", "seen to have worked", within=30)
        assert done["data"]["tag"] == push["data"]["tag"]
        assert mortal.states()[-1] == "succeeded"
        await wait_until_running(mortal.owner)
        told = await mortal.told()
        assert any(text.startswith("Done: Start scrub") for text in told), told
        assert any(text.startswith("Cancelled: Start scrub") for text in told), told
        await asyncio.sleep(QUIET)
        assert await mortal.writes() == [SCRUB]
        assert len([each for each in phone.pushes if "seen to have worked" in each["message"]]) == 1
    log = mortal.hass.log.read_text()
    assert not [line for line in log.splitlines() if DOMAIN in line and " ERROR " in line]

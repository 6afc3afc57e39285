"""Home Assistant dies by SIGKILL at each line that one remediation writes: never executed twice, never lost, always told."""

import asyncio
from collections.abc import AsyncIterator
import json
from pathlib import Path
import re
from typing import Any

import aiohttp
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from simulator.demo import ApiError, wait_for
from simulator.demo.phone import Phone

from .guests import invite
from .test_killed import Mortal

TASK = re.compile(r"_task_([a-z_]+)_\d+_run_task$")
ORDERS = "orders"
# longer than a run that is taken up needs to send an order
QUIET = 6.0
OVER = "seen to have worked"
STAGE = "checking whether it worked"


class Doomed(Mortal):
    """A Home Assistant that can be told at which line of its journal it dies, and an automation that orders things."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        super().__init__(folder, session)
        invite(self.hass, "reaper")
        self.tasks: list[str] = []

    async def settle_in(self) -> None:
        """Do that, and add the automation."""
        await super().settle_in()
        async with self.owner.websocket() as socket:
            entities = await socket.call("config/entity_registry/list")
        # one task of each kind, so that each order is another one
        found = {TASK.search(each["unique_id"]): each["entity_id"] for each in entities}
        self.tasks = sorted({match[1]: entity for match, entity in found.items() if match}.values())
        trigger = {
            "trigger": "webhook",
            "webhook_id": ORDERS,
            "allowed_methods": ["POST"],
            "local_only": True,
        }
        press = {"action": "button.press", "target": {"entity_id": "{{ trigger.json.button }}"}}
        made = {"alias": "Orders", "triggers": [trigger], "actions": [press]}
        await self.owner.request("POST", f"/api/config/automation/config/{ORDERS}", made)
        await wait_for("Home Assistant has saved what it was told", self._saved)

    async def _saved(self) -> bool:
        path = self.hass.config / ".storage/core.config_entries"
        entries = json.loads(path.read_text())["data"]["entries"] if path.exists() else []
        telling = any(each["domain"] == DOMAIN and each["options"].get("phones") for each in entries)
        return telling and any(each["domain"] == "mobile_app" for each in entries)

    async def dies_at(self, **line: Any) -> None:
        """Say at which line it dies."""
        await self.owner.request("POST", "/api/services/hsm_reaper/wait", line)

    async def act(self, action: str, **data: Any) -> dict[str, Any]:
        """Call one of our actions and return its response."""
        path = f"/api/services/{DOMAIN}/{action}?return_response"
        return dict((await self.owner.request("POST", path, data))["service_response"])

    async def order(self) -> None:
        """Let the automation have a task run, which nobody stands behind: it is only proposed."""
        await self.owner.request("POST", f"/api/webhook/{ORDERS}", {"button": self.tasks.pop()})

    async def proposal(self) -> dict[str, Any]:
        """Return the open proposal."""

        async def look() -> dict[str, Any]:
            return next(iter((await self.act("list_proposals"))["proposals"]), {})

        return await wait_for("it is proposed", look, pause=0.1)

    async def became(self, record: str) -> str:
        """Return the state of a record."""
        listed = await self.act("list_proposals")
        return str(next(e["state"] for e in (*listed["proposals"], *listed["history"]) if e["id"] == record))

    async def button(self, record: str) -> str:
        """Return the action of a new button that approves it."""
        recipient = "notify.mobile_app_pocket"
        buttons = (await self.act("get_buttons", proposal=record, recipient=recipient))["buttons"]
        return str(next(e["action"] for e in buttons if e["action"].startswith("hsm:approve:")))

    async def tapped(self, phone: Phone, action: str, record: str) -> None:
        """Tap, and let it die of that."""
        await asyncio.gather(phone.fire(action, f"hsm-{record}"), return_exceptions=True)
        await self.is_dead()


@pytest.fixture
async def doomed(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Doomed]:
    """Both processes, ended whatever happens."""
    async with aiohttp.ClientSession() as session:
        doomed = Doomed(tmp_path, session)
        try:
            await doomed.settle_in()
            yield doomed
        finally:
            doomed.hass.stop()
            doomed.server.stop()


async def _told(phone: Phone, record: str, text: str) -> None:
    push = await phone.until(f"the phone says {text}", text, within=30)
    assert push["data"]["tag"] == f"hsm-{record}"
    phone.shown.clear()


async def _lives_on(doomed: Doomed, phone: Phone, before: str, at: dict[str, Any]) -> str:
    """Hear how the record of the life before ended, have another one approved, and die at a line of that."""
    await _told(phone, before, OVER)
    await doomed.watching()
    await doomed.order()
    record = str((await doomed.proposal())["id"])
    await doomed.dies_at(id=record, **at)
    await doomed.tapped(phone, await doomed.button(record), record)
    return record


async def test_killed_at_each_line(doomed: Doomed) -> None:
    # right after it was proposed: it is still there
    await doomed.dies_at(state="proposed")
    await asyncio.gather(doomed.order(), return_exceptions=True)
    await doomed.is_dead()

    # before the approval is on the disk: it was not given
    doomed.hass.start()
    async with doomed.phone() as phone:
        record = (await doomed.proposal())["id"]
        button = await doomed.button(record)
        await doomed.watching()
        await doomed.dies_at(id=record, state="approved", written=False)
        await doomed.tapped(phone, button, record)
    assert await doomed.writes() == []

    # before the answer to the order is on the disk; the button of then still works, once
    doomed.hass.start()
    async with doomed.phone() as phone:
        assert await doomed.became(record) == "proposed"
        await doomed.watching()
        await doomed.dies_at(id=record, state="running", receipt=True, written=False)
        await doomed.tapped(phone, button, record)
    assert len(await doomed.writes()) == 1

    # while it is looked at; once its end is on the disk and nobody was told; once that is on the disk as well
    for at in ({"state": "verifying"}, {"state": "succeeded"}, {"kind": "told"}):
        doomed.hass.start()
        async with doomed.phone() as phone:
            record = await _lives_on(doomed, phone, record, at)

    # after the line that says that an order is sent, and before it is
    doomed.hass.start()
    async with doomed.phone() as phone:
        await doomed.watching()
        await doomed.order()
        last = (await doomed.proposal())["id"]
        assert phone.pushes == [], "who was told is told again"
        await doomed.dies_at(id=last, state="running")
        await doomed.tapped(phone, await doomed.button(last), last)

    # nobody can know whether it was: it is looked at for as long as an answer may take, and never sent again
    doomed.hass.start()
    async with doomed.phone() as phone:
        await doomed.watching()
        with pytest.raises(ApiError, match=r"^400:.*decided already"):
            await doomed.act("approve", proposal=last)
        await asyncio.sleep(QUIET)
        assert await doomed.became(last) == "verifying"
        writes = await doomed.writes()
        assert len(writes) == len(set(writes)) == 4, writes
        assert len([text for text in await doomed.told() if text.startswith("Done: ")]) == 4
        # whether the phone still shows that it was approved depends on what was saved before the kill
        assert all(
            push["data"]["tag"] == f"hsm-{last}" and STAGE in push["message"] for push in phone.pushes
        ), phone.pushes
    log = doomed.hass.log.read_text()
    assert not [line for line in log.splitlines() if DOMAIN in line and " ERROR " in line]

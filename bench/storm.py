"""A storm: every disk of a NAS and 1,000 other objects fail at the same moment; figures go to standard output."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import gc
import time
from typing import Any
from unittest.mock import patch

import aiohttp
from aiohttp import ThreadedResolver
from homeassistant import loader
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.core import Context, HomeAssistant, ServiceCall
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from bench.case import entry_of
from bench.meters import Heartbeat
from bench.remote import Board, simulator
from bench.rows import Row, print_rows
from custom_components.home_server_monitor.const import CONF_KIND, DOMAIN, HOME
from custom_components.home_server_monitor.edge.buttons import buttons_for
from custom_components.home_server_monitor.edge.guardian import Guardian
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.guardian.contract import (
    Action,
    Change,
    Finding,
    Missing,
    Node,
    Severity,
)

DISKS = 64
OBJECTS = 1000
PHONE = "Pocket"
# longer than what is collected before it is told
TOLD_WITHIN = 45.0
# what comes after the first notification counts too
AFTER = 35.0


@dataclass
class Crowd:
    """A source of many objects on one host, all well until they fail."""

    id: str = "crowd"
    kind: str = "crowd"
    name: str = "Crowd"
    server: str = HOME
    judged: bool = True
    checked: float | None = None
    missing: Sequence[Missing] = ()
    findings: Sequence[Finding] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)

    @property
    def nodes(self) -> Sequence[Node]:
        """Return the objects."""
        return [Node(id=f"thing:{n}", kind="thing", label=f"Thing {n}") for n in range(OBJECTS)]

    def changes_since_last(self) -> Sequence[Change]:
        """Return nothing: nobody changed anything."""
        return ()

    def fail(self) -> None:
        """Let all of them fail."""
        self.findings = [
            Finding(
                source=self.id,
                rule="nas_alert",
                object=f"thing:{n}",
                severity=Severity.HIGH,
                placeholders={"name": f"Thing {n}", "title": f"Thing {n} failed", "text": "It failed"},
            )
            for n in range(OBJECTS)
        ]


@dataclass
class Phone:
    """A phone that takes every push at once."""

    entry: MockConfigEntry
    pushes: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    async def take(self, call: ServiceCall) -> None:
        """Note a push and when it came."""
        self.pushes.append((time.perf_counter(), dict(call.data)))


async def _phone(hass: HomeAssistant) -> tuple[Phone, str]:
    user = await hass.auth.async_create_user("Owner", group_ids=[GROUP_ID_ADMIN])
    data = {"device_name": PHONE, "user_id": user.id}
    entry = MockConfigEntry(domain="mobile_app", title=PHONE, data=data)
    entry.add_to_hass(hass)
    phone = Phone(entry)
    hass.services.async_register("notify", f"mobile_app_{PHONE.lower()}", phone.take)
    return phone, user.id


async def _until(look: Callable[[], bool], within: float) -> None:
    """Look until it is so. Raises TimeoutError."""
    end = time.monotonic() + within
    while not look():
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.02)


async def measure(hass: HomeAssistant, told: dict[str, str], board: Board) -> list[Row]:
    """Watch in peace, let everything fail, count what is told; then tap."""
    case = f"{DISKS} disks + {OBJECTS} fail"
    rows: list[Row] = []

    def row(metric: str, value: float, unit: str, budget: float | None = None) -> None:
        rows.append(Row(case=case, metric=metric, value=round(value, 3), unit=unit, budget=budget))

    phone, user = await _phone(hass)
    options = {"phones": [phone.entry.entry_id], "quiet_hours": False}
    server = MockConfigEntry(
        domain=DOMAIN, title="Home", unique_id=HOME, data={CONF_KIND: "server"}, options=options
    )
    server.add_to_hass(hass)
    entry = entry_of(told)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    guardian: Guardian = server.runtime_data
    source: Any = entry.runtime_data
    house, crowd = hass.data[HOUSE], Crowd()
    house.attach(crowd)
    house.updated(crowd)
    await asyncio.sleep(2.0)  # the first look
    calm = {each.id for each in guardian.open_findings()}
    phone.pushes.clear()
    gc.collect()

    async with Heartbeat() as heart:
        began = time.perf_counter()
        crowd.fail()
        house.updated(crowd)
        names = [disk.device for disk in source.data.disks.values() if disk.pool == "bulk1"]
        await asyncio.gather(*(board.post("/scenario/disk_failing", disk=name) for name in names))

        await _until(lambda: bool(phone.pushes), TOLD_WITHIN)
        await asyncio.sleep(AFTER)
    row("findings", len({each.id for each in guardian.open_findings()} - calm), "count")
    row("notifications", len(phone.pushes), "count", 1.0)
    row("failure to notification", phone.pushes[0][0] - began, "s", 35.0)
    row("longest gap of the loop", 1000 * heart.longest, "ms", 50.0)
    row("longest garbage collection", 1000 * heart.longest_gc, "ms")
    row("tap to order on the NAS", 1000 * await _tap(hass, guardian, board, phone, user), "ms", 1000.0)
    return rows


async def _tap(hass: HomeAssistant, guardian: Guardian, board: Board, phone: Phone, user: str) -> float:
    """Approve a scrub in the middle of all that; returns how long it took until the NAS had the order."""
    await board.post("/scenario/checksum_errors")

    def proposed() -> bool:
        return any(each.name == "tank" for each in guardian.desk.records.values())

    await _until(proposed, 30.0)
    record = next(each for each in guardian.desk.records.values() if each.name == "tank")
    shown = await buttons_for(guardian, record.finding, phone.entry.entry_id)
    assert shown is not None
    button = next(each for each in shown["buttons"] if each["action"].startswith("hsm:approve:"))
    assert not (await board.state())["writes"]
    began = time.perf_counter()
    hass.bus.async_fire(PHONE_EVENT, {"action": button["action"]}, context=Context(user_id=user))
    while not (await board.state())["writes"]:
        if time.perf_counter() - began > 10:
            raise TimeoutError("the order did not reach the NAS")
    return time.perf_counter() - began


async def run(folder: str) -> list[Row]:
    """Run the case with a configuration of its own: what an earlier run knew would be no news."""
    resolver = patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: ThreadedResolver()
    )
    async with (
        simulator("--disks", str(DISKS + 5), "--profile", "frozen") as told,
        aiohttp.ClientSession() as http,
        async_test_home_assistant(config_dir=folder) as hass,
    ):
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
        try:
            with resolver:
                return await measure(hass, told, Board(http, told))
        finally:
            await hass.async_stop(force=True)


if __name__ == "__main__":
    print_rows(run)

"""A disk that begins to fail, on a real Home Assistant with the model as it is shipped: one push, and what a tap brings."""

import re

from simulator.demo import wait_for
from simulator.demo.phone import phone_of, register
from simulator.demo.steps import add_scrutiny, tell_phones

from .conftest import House

# one disk of the mirror: its platters were scratched yesterday
SERIAL, LABEL, PHONE = "WD-WCC7K4AA17XT", "WD40EFRX 17XT", "Disks"


async def _tier(house: House) -> str:
    entities = await house.entities()
    found = [key for key, each in entities.items() if each["unique_id"].endswith(f"{SERIAL}_failure_tier")]
    return await house.state(found[0]) if found else ""


async def _finding(house: House) -> dict[str, str]:
    answer = await house.act(house.owner, "list_findings")
    return next((each for each in answer["findings"] if each["rule"] == "disk_failing"), {})


async def test_a_disk_that_turns_high_is_one_push_that_says_why(nas: House) -> None:
    webhook = await register(nas.owner, PHONE)
    await tell_phones(nas.owner, PHONE)
    await nas.control("POST", "/scenario/disk_ageing", {"kind": "overnight", "read_days_ago": 1})
    scrutiny = (await add_scrutiny(nas.owner, nas.server)).shown["result"]["entry_id"]
    try:
        async with phone_of(nas.owner, PHONE, webhook) as phone:

            async def judged() -> bool:
                return await _tier(nas) in ("stable", "watch")

            await wait_for("it was read once, which claims nothing", judged, within=30)
            assert not await _finding(nas)

            await nas.control("POST", "/scenario/disk_ageing", {"kind": "overnight"})
            await nas.owner.request("POST", f"/api/config/config_entries/entry/{scrutiny}/reload")

            async def risen() -> bool:
                return await _tier(nas) in ("high", "critical")

            await wait_for("it was read twice", risen, within=30)
            push = await phone.until("the phone shows the disk", f"Disk {LABEL} may fail", within=180)
            assert re.search(r"may fail: \d+(\.\d+)? % in 30 days$", push["title"]), push["title"]
            assert "4 TB in pool tank, mirror" in push["message"]
            assert re.search(r"sectors? .*rose from \d+ to \d+ in 30 days", push["message"]), push["message"]
            assert (await _finding(nas))["severity"] == "high", "its mirror can lose it: nobody is woken"

            await phone.tap(push, "why")
            why = await phone.until("the phone says more", "no guarantee", within=10)
            assert why["data"]["tag"] == push["data"]["tag"]
            await phone.tap(why, "acknowledge")

            async def seen() -> bool:
                return (await _finding(nas)).get("state") == "acknowledged"

            await wait_for("somebody has seen it", seen, within=10)
            told = [each for each in phone.pushes if LABEL in f"{each.get('title')}{each.get('message')}"]
            assert len(told) == 2, "the push, and the answer to the tap in its place"
    finally:
        await nas.control("POST", "/scenario/disk_ageing/off")
        await nas.owner.request("DELETE", f"/api/config/config_entries/entry/{scrutiny}")

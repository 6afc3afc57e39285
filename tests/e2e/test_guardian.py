"""The way of one problem: found, told on a real push channel, approved with a tap, done, seen to be done, written down."""

import asyncio
import time

import pytest

from custom_components.home_server_monitor.const import DOMAIN
from simulator.demo import ApiError, Client, wait_for
from simulator.demo.phone import Phone, phone_of, register
from simulator.demo.steps import tell_phones

from .conftest import House


@pytest.fixture(scope="session")
def webhooks() -> dict[str, str]:
    """The phones that are registered already."""
    return {}


async def _phone(house: House, webhooks: dict[str, str], name: str = "Pocket") -> str:
    if name not in webhooks:
        webhooks[name] = await register(house.owner, name)
    await tell_phones(house.owner, name)
    return webhooks[name]


async def test_a_problem_reaches_a_phone_and_a_tap_mends_it(nas: House, webhooks: dict[str, str]) -> None:
    webhook = await _phone(nas, webhooks)
    async with phone_of(nas.owner, "Pocket", webhook) as phone:
        before = len(await nas.writes())
        await nas.control("POST", "/scenario/checksum_errors")
        try:
            push = await phone.until("the phone shows the errors", "Pool tank:", within=60)
            assert "checksum" in push["title"]
            titles = [button["title"] for button in push["data"]["actions"]]
            assert titles[0] == "Start scrub"
            assert titles[1].startswith("Snooze")
            assert titles[2] == "Why"
            assert len([each for each in phone.pushes if each["data"]["tag"] == push["data"]["tag"]]) == 1

            await phone.tap(push, "why")
            why = await phone.until("the phone shows the plan", "Start a scrub of pool tank", within=5)
            assert [b["title"] for b in why["data"]["actions"]] == ["Start scrub", "Deny", "Acknowledge"]

            began = time.monotonic()
            await phone.tap(why, "approve")

            async def sent() -> bool:
                return len(await nas.writes()) > before

            await wait_for("the order is sent", sent, within=5, pause=0.02)
            took = time.monotonic() - began
            assert took < 1.0, f"from the tap to the call on the NAS: {took:.2f} s"
            done = await phone.until("the phone tells the outcome", "seen to have worked", within=20)
            assert done["data"]["tag"] == push["data"]["tag"]
            assert len(await nas.writes()) == before + 1

            # a second tap on the same button changes nothing, and says so
            await phone.fire(phone.button(why, "approve")["action"], why["data"]["tag"])
            await phone.until("the phone says that it was answered", "answered already", within=5)
            assert len(await nas.writes()) == before + 1
            journal = (await nas.act(nas.owner, "list_journal"))["journal"]
            texts = [line["text"] for line in journal]
            assert any(text.startswith("Approved by Owner: Start scrub") for text in texts), texts
            assert any(text.startswith("Done: Start scrub") for text in texts), texts
        finally:
            await nas.control("POST", "/scenario/checksum_errors/off")
            for entity, each in (await nas.entities()).items():
                if entity == "sensor.tank_status":
                    await _stop_scrub(nas, each["device_id"])


async def _stop_scrub(nas: House, device_id: str) -> None:
    try:
        await nas.act(nas.owner, "stop_scrub", device_id=device_id)
    except ApiError:
        return


async def test_the_exercise_goes_the_whole_way(nas: House, webhooks: dict[str, str]) -> None:
    webhook = await _phone(nas, webhooks, "Other")
    async with phone_of(nas.owner, "Other", webhook) as phone:
        before = await nas.writes()
        await nas.owner.request("POST", f"/api/services/{DOMAIN}/test_alert", {})
        push = await phone.until("the phone shows the exercise", "Practice", within=60)
        await phone.tap(push, "approve")
        await phone.until("the phone tells the outcome", "seen to have worked", within=10)
        assert await nas.writes() == before


async def test_a_guest_approves_nothing(nas: House, webhooks: dict[str, str]) -> None:
    async with nas.owner.websocket() as socket:
        made = await socket.call("config/auth/create", name="Visitor", group_ids=["system-users"])
        await socket.call(
            "config/auth_provider/homeassistant/create",
            user_id=made["user"]["id"],
            username="visitor",
            password="battery staple",
        )
    guest = Client(nas.session, nas.hass.url)
    await guest.log_in("visitor", "battery staple")
    # a phone of its own: one that was switched off in the middle of a message is slow to be heard again
    webhook = await _phone(nas, webhooks, "Second")
    hook = await register(guest, "Visitor")
    async with phone_of(nas.owner, "Second", webhook) as phone:
        await nas.owner.request("POST", f"/api/services/{DOMAIN}/test_alert", {})
        push = await phone.until("the phone shows the exercise", "Practice", within=60)
        stranger = Phone(guest, "Visitor", hook)
        await stranger.fire(phone.button(push, "approve")["action"], push["data"]["tag"])
        await asyncio.sleep(1)
        proposals = (await nas.act(nas.owner, "list_proposals"))["proposals"]
        assert any(each["action"] == "practise" for each in proposals)
        with pytest.raises(ApiError, match=r"^400:.*admin"):
            await nas.act(guest, "list_proposals")

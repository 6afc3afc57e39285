"""Problems that are answered elsewhere than on a phone: in Repairs, as a browser does it, and with a button in Telegram."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import json
import time
from typing import Any

import pytest

from custom_components.home_server_monitor.const import DOMAIN
from simulator.demo import ApiError, Client, wait_for
from simulator.demo.steps import OPTIONS

from .conftest import House

FIX = "/api/repairs/issues/fix"
# the bot's own event, which has no user behind it: Home Assistant fires it for who knows this address
BOT = "the-bot"
CALLBACK = "telegram_callback"
WITHIN = 1.0


async def _issue(nas: House, text: str) -> dict[str, Any]:
    """Return our issue that says this."""

    async def look() -> dict[str, Any]:
        async with nas.owner.websocket() as socket:
            issues = (await socket.call("repairs/list_issues"))["issues"]
        ours = (each for each in issues if each["domain"] == DOMAIN and each["is_fixable"])
        return next((each for each in ours if text in str(each["translation_placeholders"])), {})

    return await wait_for(f"an issue says {text}", look, within=60, pause=0.1)


async def _is_gone(nas: House, issue: dict[str, Any]) -> None:
    async def look() -> bool:
        async with nas.owner.websocket() as socket:
            issues = (await socket.call("repairs/list_issues"))["issues"]
        return issue["issue_id"] not in [each["issue_id"] for each in issues]

    await wait_for("the issue is gone", look, within=20, pause=0.1)


async def _sent(nas: House, before: int, decide: Callable[[], Awaitable[object]]) -> float:
    """Decide, and return how many seconds passed until the NAS had the order."""
    began = time.monotonic()
    deciding = asyncio.ensure_future(decide())

    async def look() -> bool:
        return len(await nas.writes()) > before

    await wait_for("the order is sent", look, within=10, pause=0.02)
    took = time.monotonic() - began
    await deciding
    return took


async def _ended(nas: House, proposal: str) -> dict[str, Any]:
    """Return a proposal once it has ended."""

    async def look() -> dict[str, Any]:
        listed = await nas.act(nas.owner, "list_proposals")
        found = [each for each in listed["history"] if each["id"] == proposal]
        over = [each for each in found if each["state"] not in ("approved", "running", "verifying")]
        return over[0] if over else {}

    return await wait_for("the proposal has ended", look, within=20, pause=0.1)


async def _told(nas: House) -> list[str]:
    return [line["text"] for line in (await nas.act(nas.owner, "list_journal"))["journal"]]


def _lines(nas: House, kind: str) -> list[dict[str, Any]]:
    """Return what the journal holds of a kind."""
    (journal,) = (nas.hass.config / DOMAIN).rglob("journal.jsonl")
    lines = (json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1])
    return [line["v"] for line in lines if line["k"] == kind]


async def _taps(nas: House, count: int) -> bool:
    return len(_lines(nas, "tap")) >= count


async def _visitor(nas: House) -> Client:
    """Return a user who is no admin."""
    async with nas.owner.websocket() as socket:
        made = await socket.call("config/auth/create", name="Neighbour", group_ids=["system-users"])
        login = {"username": "neighbour", "password": "battery staple"}
        await socket.call("config/auth_provider/homeassistant/create", user_id=made["user"]["id"], **login)
    visitor = Client(nas.session, nas.hass.url)
    await visitor.log_in("neighbour", "battery staple")
    return visitor


@pytest.fixture
async def errors(nas: House) -> AsyncIterator[None]:
    """Checksum errors on the mirror, and no scrub left behind."""
    await nas.control("POST", "/scenario/checksum_errors")
    yield
    await nas.control("POST", "/scenario/checksum_errors/off")
    pool = (await nas.entities())["sensor.tank_status"]
    try:
        await nas.act(nas.owner, "stop_scrub", device_id=pool["device_id"])
    except ApiError:
        return


@pytest.mark.usefixtures("errors")
async def test_a_problem_is_mended_from_repairs(nas: House) -> None:
    before = await nas.writes()
    issue = await _issue(nas, "checksum")
    shown = await nas.owner.request("POST", FIX, {"handler": DOMAIN, "issue_id": issue["issue_id"]})
    assert (shown["type"], shown["menu_options"]) == ("menu", ["approve", "deny", "acknowledge"])
    assert "Start a scrub of pool tank" in str(shown["description_placeholders"])
    (proposal,) = (
        each["id"]
        for each in (await nas.act(nas.owner, "list_proposals"))["proposals"]
        if each["action"] == "start_scrub"
    )

    # who is no admin decides nothing there
    visitor, flow = await _visitor(nas), f"{FIX}/{shown['flow_id']}"
    with pytest.raises(ApiError, match=r"^40[13]:"):
        await visitor.request("POST", FIX, {"handler": DOMAIN, "issue_id": issue["issue_id"]})
    with pytest.raises(ApiError, match=r"^40[13]:"):
        await visitor.request("POST", flow, {"next_step_id": "approve"})
    assert await nas.writes() == before

    answers: list[Any] = []

    async def approve() -> None:
        answers.append(await nas.owner.request("POST", flow, {"next_step_id": "approve"}))

    took = await _sent(nas, len(before), approve)
    assert took < WITHIN, f"from the decision to the order on the NAS: {took:.2f} s"
    assert (answers[0]["type"], answers[0]["reason"]) == ("abort", "approved")
    ended = await _ended(nas, proposal)
    assert (ended["state"], ended["by"], ended["via"]) == ("succeeded", "Owner", "repairs")
    await _is_gone(nas, issue)
    assert await nas.writes() == [*before, "pool.scrub.scrub"]
    told = await _told(nas)
    assert "Done: Start scrub: tank" in told
    assert any(text.startswith("Approved by Owner: Start scrub") for text in told), told

    # the dialog is over; it decides nothing a second time
    with pytest.raises(ApiError, match=r"^404:"):
        await nas.owner.request("POST", flow, {"next_step_id": "approve"})
    assert await nas.writes() == [*before, "pool.scrub.scrub"]


async def _tie(nas: House, *accounts: str) -> None:
    """Tie Telegram accounts to the owner, in the server's options."""
    server = (await nas.entries())["server"]["entry_id"]
    flow = await nas.owner.request("POST", OPTIONS, {"handler": server})
    approving = {"telegram": list(accounts)}
    answer = {part["name"]: {} for part in flow["data_schema"]} | {"approving": approving}
    done = await nas.owner.request("POST", f"{OPTIONS}/{flow['flow_id']}", answer)
    assert done["type"] == "create_entry", done


@pytest.fixture
async def bot(nas: House) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Something in Home Assistant that fires what the Telegram bot fires: an event that nobody stands behind."""
    names = ("id", "chat_instance", "data", "message", "chat_id", "user_id", "from_first", "from_last")
    action = {"event": CALLBACK, "event_data": {name: f"{{{{ trigger.json.{name} }}}}" for name in names}}
    trigger = {"trigger": "webhook", "webhook_id": BOT, "allowed_methods": ["POST"], "local_only": True}
    path = f"/api/config/automation/config/{BOT}"
    made = {"alias": "Bot", "mode": "queued", "max": 100, "triggers": [trigger], "actions": [action]}
    await nas.owner.request("POST", path, made)
    await _tie(nas, "42:7")

    async def tapped(data: str, user: object, chat: object) -> None:
        event = {"id": "1", "chat_instance": "1", "data": data, "message": {}, "chat_id": chat}
        event |= {"user_id": user, "from_first": "Ann", "from_last": "B"}
        await nas.owner.request("POST", f"/api/webhook/{BOT}", event)

    yield tapped
    await nas.owner.request("DELETE", path)
    await _tie(nas)


async def test_a_button_in_telegram_mends_a_problem(nas: House, bot: Callable[..., Awaitable[None]]) -> None:
    before = await nas.writes()
    await nas.control("POST", "/scenario/task_failing")
    # what was wrong with it is put right; it only has to run again
    await nas.control("POST", "/scenario/task_failing/off")

    async def look() -> dict[str, Any]:
        listed = await nas.act(nas.owner, "list_proposals")
        return next((each for each in listed["proposals"] if each["action"] == "run_task"), {})

    proposal = await wait_for("a run is proposed", look, within=90)
    wanted = {"finding": proposal["finding"], "recipient": "telegram:7"}
    buttons = (await nas.act(nas.owner, "get_buttons", **wanted))["buttons"]
    (run,) = (each["action"] for each in buttons if each["action"].startswith("hsm:approve:"))

    # another account, another chat, a group in which somebody else taps, and what is no number
    for user, chat in ((43, 7), (42, 8), (7, 42), ("42:7", ""), (None, None)):
        await bot(run, user, chat)
    # the right numbers, but a person fired it, who is no Telegram account
    event = {"data": run, "user_id": 42, "chat_id": 7}
    await nas.owner.request("POST", f"/api/events/{CALLBACK}", event)
    # edited ones: another number behind it, and another verb before it
    await bot(f"{run[:-1]}{'A' if run[-1] != 'A' else 'B'}", 42, 7)
    await bot(run.replace("approve", "deny"), 42, 7)
    await wait_for("all are written down", lambda: _taps(nas, 8), within=10)
    assert [each["problem"] for each in _lines(nas, "tap")].count("wrong_person") == 6
    assert await nas.writes() == before
    assert (await look())["id"] == proposal["id"]

    took = await _sent(nas, len(before), lambda: bot(run, 42, 7))
    assert took < WITHIN, f"from the tap to the order on the NAS: {took:.2f} s"
    ended = await _ended(nas, proposal["id"])
    assert (ended["state"], ended["by"], ended["via"]) == ("succeeded", "Telegram 42", "telegram")
    assert await nas.writes() == [*before, "cloudsync.sync"]
    for _ in range(3):
        await bot(run, 42, 7)
    await wait_for("all are written down", lambda: _taps(nas, 11), within=10)
    assert [each["problem"] for each in _lines(nas, "tap")].count("used") == 3
    assert await nas.writes() == [*before, "cloudsync.sync"]
    told = await _told(nas)
    assert any(text.startswith("Approved by Telegram 42: ") for text in told), told
    assert any(text.startswith("Done: ") for text in told), told

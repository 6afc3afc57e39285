"""Each channel is called as it must be called, and only where it was picked."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .kit import Kit

TITLE = "f00d: 14 checksum errors"
MESSAGE = "No data lost; the mirror repaired them.\nA scrub is proposed."


async def told(kit: Kit, severity: str = "critical", **inputs: Any) -> None:
    """Install the blueprint with the given channels for a finding of this severity."""
    await kit.install({"alert_notify": inputs})
    kit.finding(severity=severity)


async def test_nothing_picked_is_nothing_sent(kit: Kit) -> None:
    await told(kit)
    assert await kit.fire() == []


async def test_telegram(kit: Kit) -> None:
    await told(kit, telegram_chats=["-1007"])
    assert await kit.fire() == [
        ("telegram_bot.send_message", {
            "chat_id": -1007, "title": TITLE, "message": MESSAGE, "parse_mode": "plain_text",
            "inline_keyboard": [[["Start scrub", "hsm:approve:f00d-telegram:-1007"]]],
            "message_tag": "hsm-f00d", "disable_notification": False,
        }),
    ]  # fmt: skip
    assert await kit.fire("acknowledged") == []
    [(_, last)] = await kit.fire("resolved")
    assert last["disable_notification"] is True
    assert "inline_keyboard" not in last


async def test_telegram_with_several_bots(kit: Kit) -> None:
    await told(kit, telegram_chats=["7", "8"], telegram_bot="b0t")
    sent = await kit.fire()
    assert [(data["chat_id"], data["config_entry_id"]) for _, data in sent] == [(7, "b0t"), (8, "b0t")]


@pytest.mark.parametrize("kind", ["resolved", "acknowledged", "snoozed", "dismissed"])
async def test_telegram_changes_a_message_that_is_known(kit: Kit, kind: str) -> None:
    await told(kit, telegram_chats=["7"])
    await kit.fire()
    kit.extra = {"message_id": 4711}
    assert await kit.fire(kind) == [
        ("telegram_bot.edit_message", {
            "chat_id": 7, "title": TITLE, "message": MESSAGE, "parse_mode": "plain_text", "message_id": 4711,
            "inline_keyboard": [],
        }),
    ]  # fmt: skip


async def test_telegram_repeats_aloud_though_the_message_is_known(kit: Kit) -> None:
    await told(kit, telegram_chats=["7"])
    kit.extra = {"message_id": 4711}
    assert [action for action, _ in await kit.fire("repeated")] == ["telegram_bot.send_message"]
    assert [action for action, _ in await kit.fire("outcome")] == ["telegram_bot.edit_message"]


async def test_discord(kit: Kit) -> None:
    action = kit.channel("notify.my_bot")
    await told(kit, discord_action=action, discord_targets=["123456789012345678"])
    assert await kit.fire() == [
        (action, {"target": ["123456789012345678"], "message": f"```\n{TITLE}\n{MESSAGE}\n```"})
    ]
    kit.extra = {"title": "```@everyone **x**", "message": "y" * 5000}
    [(_, hostile)] = await kit.fire()
    assert hostile["message"].startswith("```\n'''@everyone")
    assert hostile["message"].count("```") == 2
    assert len(hostile["message"]) <= 2000


@pytest.mark.parametrize(
    ("severity", "least", "data"),
    [
        ("critical", "high", {"priority": 2, "retry": 60, "expire": 3600, "tags": ["hsm-f00d"]}),
        ("high", "high", {"priority": 1, "tags": ["hsm-f00d"]}),
        ("warning", "info", {"priority": 0, "tags": ["hsm-f00d"]}),
        ("info", "info", {"priority": -1, "tags": ["hsm-f00d"]}),
    ],
)
async def test_pushover(kit: Kit, severity: str, least: str, data: dict[str, Any]) -> None:
    action = kit.channel("notify.pushover")
    await told(kit, severity, pushover_action=action, pushover_least=least)
    assert await kit.fire() == [(action, {"title": TITLE, "message": MESSAGE, "data": data})]


async def test_pushover_stops_sounding(kit: Kit) -> None:
    action = kit.channel("notify.pushover")
    await told(kit, pushover_action=action, pushover_entry="acc0unt")
    await kit.fire()
    assert await kit.fire("acknowledged") == [("pushover.cancel", {"entry_id": "acc0unt", "tag": "hsm-f00d"})]
    sent = dict(await kit.fire("resolved"))
    assert set(sent) == {"pushover.cancel", action}
    assert sent[action]["data"] == {"priority": -1, "tags": ["hsm-f00d"]}


async def test_mail(kit: Kit) -> None:
    await told(kit, mail_recipients=["notify.mailto_ann"])
    kit.extra = {"url": "https://home.example/problems"}
    assert await kit.fire() == [
        ("smtp.send_message", {
            "entity_id": ["notify.mailto_ann"], "title": TITLE, "priority": "highest",
            "message": f"{MESSAGE}\n\nhttps://home.example/problems",
        }),
    ]  # fmt: skip
    assert len(await kit.fire("resolved")) == 1
    assert await kit.fire("snoozed") == []


async def test_ntfy(kit: Kit) -> None:
    await told(kit, ntfy_topics=["notify.topic"])
    assert await kit.fire() == [
        ("ntfy.publish", {
            "entity_id": ["notify.topic"], "title": TITLE, "message": MESSAGE, "markdown": False, "priority": 5,
            "sequence_id": "hsm-f00d",
        }),
    ]  # fmt: skip
    for kind in ("resolved", "acknowledged", "snoozed", "dismissed"):
        assert await kit.fire(kind) == [
            ("ntfy.clear", {"entity_id": ["notify.topic"], "sequence_id": "hsm-f00d"})
        ]


async def test_whatever_else_notifies(kit: Kit) -> None:
    action = kit.channel("notify.family")
    await told(kit, other_actions=[action], other_entities=["notify.kitchen"])
    sent = dict(await kit.fire())
    assert sent == {
        action: {"title": TITLE, "message": MESSAGE},
        "notify.send_message": {"entity_id": ["notify.kitchen"], "title": TITLE, "message": MESSAGE},
    }
    kit.told.add(action)
    assert [name for name, _ in await kit.fire()] == ["notify.send_message"]


async def test_lights_and_voice(kit: Kit) -> None:
    kit.channel("test.speak", None)
    words = "{{ kind }} {{ severity }} {{ critical }} {{ title }}"
    await told(kit, other_run=[{"action": "test.speak", "data": {"words": words}}])
    assert await kit.fire() == [("test.speak", {"words": f"raised critical True {TITLE}"})]


async def test_the_end_may_go_unsaid(kit: Kit) -> None:
    await told(kit, mail_recipients=["notify.mailto_ann"], telegram_chats=["7"], tell_end=False)
    assert len(await kit.fire()) == 2
    assert await kit.fire("resolved") == []


async def test_a_real_phone_has_the_notify_action_that_is_called(hass: HomeAssistant, kit: Kit) -> None:
    assert await async_setup_component(hass, "mobile_app", {})
    entry = MockConfigEntry(
        domain="mobile_app",
        title="Ann's Pixel 9 (work)",
        data={
            "app_data": {"push_websocket_channel": True}, "app_id": "io.example", "app_name": "App",
            "app_version": "1", "device_id": "d1", "device_name": "Ann's Pixel 9 (work)", "manufacturer": "Google",
            "model": "Pixel 9", "os_name": "Android", "os_version": "16", "supports_encryption": False,
            "user_id": "u1", "webhook_id": "w1",
        },
    )  # fmt: skip
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await kit.settle()
    from homeassistant.helpers import device_registry as dr

    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    await told(kit, phones=[device.id])
    await kit.fire()
    [recipient] = [
        asked["recipient"] for asked in kit.asked if asked["recipient"].startswith("notify.mobile_app")
    ]
    assert hass.services.has_service(*recipient.split("."))

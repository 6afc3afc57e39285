"""The blueprint that tells more phones and channels."""

from typing import Any

import pytest

from .kit import Kit

PLACE = "alert_notify"


async def installed(kit: Kit, **inputs: Any) -> str:
    """Install it for one phone and return the phone's notify action."""
    await kit.install({PLACE: {"phones": [kit.phone("Ann")], **inputs}})
    kit.finding()
    return kit.action("Ann")


async def test_one_phone_and_nothing_else(kit: Kit) -> None:
    phone = await installed(kit)
    assert await kit.fire() == [
        (phone, {
            "title": "f00d: 14 checksum errors",
            "message": "No data lost; the mirror repaired them.\nA scrub is proposed.",
            "data": {
                "tag": "hsm-f00d", "group": "home_server_monitor", "importance": "high", "channel": "alarm_stream",
                "ttl": 0, "priority": "high",
                "url": "/home-server/problems", "clickAction": "/home-server/problems",
                "push": {"interruption-level": "critical", "sound": {"name": "default", "critical": 1, "volume": 1.0}},
                "actions": [
                    {"action": f"hsm:approve:f00d-{phone}", "title": "Start scrub", "authenticationRequired": True,
                     "destructive": False},
                    {"action": "URI", "title": "Open", "uri": "/config/repairs"},
                ],
            },
        }),
    ]  # fmt: skip
    assert {"finding": "f00d", "recipient": phone} in kit.asked


@pytest.mark.parametrize(
    ("severity", "level", "urgent"), [("high", "time-sensitive", True), ("warning", "active", False)]
)
async def test_only_critical_ones_go_through_silence(
    kit: Kit, severity: str, level: str, urgent: bool
) -> None:
    await installed(kit)
    kit.finding(severity=severity)
    [(_, push)] = await kit.fire()
    assert push["data"]["push"] == {"interruption-level": level}
    assert push["data"]["channel"] == "Home Server Monitor"
    assert ("ttl" in push["data"]) is urgent


async def test_silence_may_be_kept(kit: Kit) -> None:
    await installed(kit, through_silence=False)
    [(_, push)] = await kit.fire()
    assert push["data"]["push"] == {"interruption-level": "time-sensitive"}
    assert push["data"]["channel"] == "Home Server Monitor"


async def test_a_phone_that_the_integration_tells_is_left_alone(kit: Kit) -> None:
    phone = await installed(kit)
    kit.told.add(phone)
    assert await kit.fire() == []
    assert await kit.fire("outcome") == []
    assert await kit.fire("resolved") == []


@pytest.mark.parametrize("kind", ["resolved", "acknowledged", "snoozed", "dismissed"])
async def test_what_is_over_is_taken_away(kit: Kit, kind: str) -> None:
    phone = await installed(kit)
    await kit.fire()
    assert await kit.fire(kind) == [(phone, {"message": "clear_notification", "data": {"tag": "hsm-f00d"}})]


async def test_what_is_over_is_taken_away_though_the_finding_is_forgotten(kit: Kit) -> None:
    phone = await installed(kit)
    await kit.fire()
    kit.unknown.add(phone)
    assert await kit.fire("resolved") == [
        (phone, {"message": "clear_notification", "data": {"tag": "hsm-f00d"}})
    ]


async def test_an_outcome_replaces_the_question(kit: Kit) -> None:
    await installed(kit)
    [(_, first)] = await kit.fire()
    [(_, then)] = await kit.fire("outcome")
    assert first["data"]["tag"] == then["data"]["tag"]
    assert then["data"]["push"]["interruption-level"] == "time-sensitive"


async def test_a_restart_in_between_loses_nothing(kit: Kit) -> None:
    phone = await installed(kit)
    await kit.fire()
    await kit.hass.services.async_call(
        "automation", "turn_off", {"entity_id": f"automation.{PLACE}"}, blocking=True
    )
    await kit.hass.services.async_call(
        "automation", "turn_on", {"entity_id": f"automation.{PLACE}"}, blocking=True
    )
    assert await kit.fire("resolved") == [
        (phone, {"message": "clear_notification", "data": {"tag": "hsm-f00d"}})
    ]


async def test_hours_are_not_decided_here(kit: Kit) -> None:
    await installed(kit)
    kit.finding(severity="high")
    kit.clock.move_to("2027-01-13 03:00:00+00:00")
    assert await kit.fire(held=True) == []
    assert len(await kit.fire()) == 1


@pytest.mark.parametrize(
    "changes", [{"kind": "digest"}, {"finding": None, "proposal": "01J", "tag": "hsm-01J"}, {"finding": None}]
)
async def test_what_belongs_to_others_is_not_told(kit: Kit, changes: dict[str, Any]) -> None:
    await installed(kit)
    assert await kit.fire(**changes) == []


async def test_several_at_once_are_one(kit: Kit) -> None:
    await installed(kit)
    many = [f"{number:04x}" for number in range(64)]
    [(_, push)] = await kit.fire("summary", many[0], findings=many)
    assert push["message"].endswith("\nand 63 more")
    kit.extra = {"count": 64}
    [(_, push)] = await kit.fire("summary", many[0], findings=many)
    assert "more" not in push["message"]


async def test_severity_routes(kit: Kit) -> None:
    phone = await installed(
        kit, phones_least="high", other_entities=["notify.kitchen"], other_least="warning"
    )
    kit.finding(severity="warning")
    assert [action for action, _ in await kit.fire()] == ["notify.send_message"]
    kit.finding(severity="high")
    assert sorted(action for action, _ in await kit.fire()) == [phone, "notify.send_message"]


async def test_one_that_fails_keeps_nothing_from_the_others(kit: Kit) -> None:
    phones = [kit.phone(name) for name in ("Ann", "Bob", "Eve")]
    await kit.install({PLACE: {"phones": ["no-such-device", *phones], "telegram_chats": ["7"],
                               "other_actions": ["notify.never_was"]}})  # fmt: skip
    kit.finding()
    kit.failing = {kit.action("Ann")}
    kit.unknown = {kit.action("Bob")}
    assert sorted(action for action, _ in await kit.fire()) == [
        kit.action("Eve"),
        "telegram_bot.send_message",
    ]


async def test_a_phone_that_was_renamed_here_is_still_found(kit: Kit) -> None:
    from homeassistant.helpers import device_registry as dr

    phone = kit.phone("Ann")
    dr.async_get(kit.hass).async_update_device(phone, name_by_user="Her phone")
    await kit.install({PLACE: {"phones": [phone]}})
    kit.finding()
    assert [action for action, _ in await kit.fire()] == [kit.action("Ann")]


@pytest.mark.parametrize(
    "text", ["['a', 'b']", "12", "{{ 1 / 0 }}", "</b> *_`@everyone", "null", 'it\'s "x" \\n']
)
async def test_no_text_is_taken_for_something_else(kit: Kit, text: str) -> None:
    phone = await installed(kit, telegram_chats=["7"], other_entities=["notify.kitchen"])
    kit.extra = {"title": text, "message": text}
    sent = dict(await kit.fire())
    assert {action: (data["title"], data["message"]) for action, data in sent.items()} == dict.fromkeys(
        (phone, "telegram_bot.send_message", "notify.send_message"), (text, text)
    )


async def test_a_stage_changes_what_is_shown_and_is_no_news(kit: Kit) -> None:
    discord = kit.channel("notify.my_bot")
    phone = await installed(kit, telegram_chats=["7"], discord_action=discord, discord_targets=["1"])
    await kit.fire()
    for state in ("approved", "running", "verifying"):
        sent = dict(await kit.goes_on(state=state))
        assert sent[phone]["data"]["tag"] == "hsm-f00d"
        assert discord not in sent
        # a message that cannot be changed is followed by one that says that it was ordered
        assert ("telegram_bot.send_message" in sent) is (state == "running")
    assert {discord, "telegram_bot.send_message", phone} == dict(await kit.fire("outcome")).keys()
    kit.extra = {"message_id": 4711}
    assert "telegram_bot.edit_message" in dict(await kit.goes_on(state="verifying"))

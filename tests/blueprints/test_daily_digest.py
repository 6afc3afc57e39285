"""The blueprint that sends a digest."""

from typing import Any

import pytest

from .kit import Kit

PLACE = "daily_digest"
MORNING = {"hours": 20, "seconds": 1}


async def installed(kit: Kit, **inputs: Any) -> str:
    """Install it for one phone and return the phone's notify action."""
    await kit.install({PLACE: {"phones": [kit.phone("Ann")], **inputs}})
    return kit.action("Ann")


async def test_at_eight_without_a_sound(kit: Kit) -> None:
    phone = await installed(kit)
    kit.finding()
    assert await kit.passes(hours=19) == []
    [(action, push)] = await kit.passes(hours=1, seconds=1)
    assert (action, push["title"], push["message"]) == (phone, kit.digest["title"], kit.digest["message"])
    assert push["data"]["tag"] == "hsm-digest"
    assert push["data"]["push"] == {"interruption-level": "passive"}


async def test_at_another_hour_on_other_days(kit: Kit) -> None:
    await installed(kit, at="21:30:00", weekdays=["thu"])
    kit.finding()
    days = [bool(await kit.passes(hours=9, minutes=30, seconds=1))]
    days += [bool(await kit.passes(hours=24)) for _ in range(6)]
    assert days == [False, False, True, False, False, False, False]


async def test_nothing_happened(kit: Kit) -> None:
    await installed(kit)
    assert await kit.passes(**MORNING) == []


async def test_nothing_happened_and_that_is_wanted(kit: Kit) -> None:
    await installed(kit, when_well=True)
    assert len(await kit.passes(**MORNING)) == 1


@pytest.mark.parametrize(
    ("state", "day", "sent"),
    [
        ("firing", "2027-01-01", 1),
        ("acknowledged", "2027-01-01", 1),
        ("resolved", "2027-01-12", 1),
        ("resolved", "2027-01-10", 0),
        ("dismissed", "2027-01-12", 0),
    ],
)
async def test_what_counts_as_something(kit: Kit, state: str, day: str, sent: int) -> None:
    await installed(kit)
    kit.finding(state=state, since=f"{day}T11:00:00+00:00")
    assert len(await kit.passes(**MORNING)) == sent


async def test_whom_the_integration_told_is_left_out(kit: Kit) -> None:
    kit.finding()
    kit.digest["told"] = [await installed(kit)]
    assert await kit.passes(**MORNING) == []


async def test_other_channels(kit: Kit) -> None:
    discord, other = kit.channel("notify.my_bot"), kit.channel("notify.pushover")
    await kit.install(
        {PLACE: {
            "telegram_chats": ["7"], "telegram_bot": "b0t", "mail_recipients": ["notify.mailto_ann"],
            "ntfy_topics": ["notify.topic"], "discord_action": discord, "discord_targets": ["1"],
            "other_actions": [other], "other_entities": ["notify.kitchen"],
        }}
    )  # fmt: skip
    kit.finding()
    sent = dict(await kit.passes(**MORNING))
    title, message = kit.digest["title"], kit.digest["message"]
    assert sent == {
        "telegram_bot.send_message": {
            "chat_id": 7, "config_entry_id": "b0t", "title": title, "message": message, "parse_mode": "plain_text",
            "message_tag": "hsm-digest", "disable_notification": True,
        },
        "smtp.send_message": {"entity_id": ["notify.mailto_ann"], "title": title, "message": message},
        "ntfy.publish": {
            "entity_id": ["notify.topic"], "title": title, "message": message, "markdown": False, "priority": 2,
            "sequence_id": "hsm-digest",
        },
        discord: {"target": ["1"], "message": f"```\n{title}\n{message}\n```"},
        other: {"title": title, "message": message},
        "notify.send_message": {"entity_id": ["notify.kitchen"], "title": title, "message": message},
    }  # fmt: skip

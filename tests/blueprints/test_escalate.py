"""The blueprint that tells a second person."""

from typing import Any

from homeassistant.core import CoreState
import pytest

from .kit import Kit

PLACE = "escalate"


async def installed(kit: Kit, **inputs: Any) -> str:
    """Install it for one phone and return the phone's notify action."""
    await kit.install({PLACE: {"phones": [kit.phone("Bob")], **inputs}})
    kit.finding()
    return kit.action("Bob")


async def test_nobody_reacts(kit: Kit) -> None:
    phone = await installed(kit)
    assert await kit.fire() == []
    assert await kit.passes(minutes=14) == []
    [(action, push)] = await kit.passes(minutes=1, seconds=1)
    assert action == phone
    assert push["title"] == "f00d: 14 checksum errors"
    assert push["message"].startswith("Nobody has reacted for 15 minutes.\nNo data lost")
    assert push["data"]["tag"] == "hsm-f00d"
    assert push["data"]["push"]["interruption-level"] == "critical"
    assert push["data"]["actions"][0]["action"] == f"hsm:approve:f00d-{phone}"
    assert await kit.passes(hours=5) == []


@pytest.mark.parametrize("state", ["acknowledged", "snoozed", "dismissed", "inhibited", "resolved"])
async def test_somebody_reacted(kit: Kit, state: str) -> None:
    await installed(kit)
    await kit.fire()
    kit.findings["f00d"]["state"] = state
    assert await kit.passes(minutes=16) == []


async def test_it_is_no_longer_that_bad(kit: Kit) -> None:
    await installed(kit)
    await kit.fire()
    kit.findings["f00d"]["severity"] = "warning"
    assert await kit.passes(minutes=16) == []


async def test_less_severe_ones_only_where_asked(kit: Kit) -> None:
    await installed(kit)
    kit.finding(severity="high")
    await kit.fire()
    assert await kit.passes(minutes=16) == []


async def test_high_ones_do_not_break_silence(kit: Kit) -> None:
    await installed(kit, least="high", after=5)
    kit.finding(severity="high")
    await kit.fire()
    [(_, push)] = await kit.passes(minutes=6)
    assert push["message"].startswith("Nobody has reacted for 5 minutes.")
    assert push["data"]["push"] == {"interruption-level": "time-sensitive"}


async def test_what_was_told_long_ago_and_got_worse_counts_from_then(kit: Kit) -> None:
    await installed(kit)
    kit.finding(severity="warning")
    await kit.fire()
    assert await kit.passes(days=3) == []
    kit.findings["f00d"]["severity"] = "critical"
    await kit.fire("severer")
    assert len(await kit.passes(minutes=16)) == 1


async def test_several_that_were_told_together_are_one(kit: Kit) -> None:
    await installed(kit)
    many = [f"{number:04x}" for number in range(64)]
    for ident in many:
        kit.finding(ident)
    await kit.fire("summary", many[0], findings=many)
    kit.findings[many[0]]["state"] = "acknowledged"
    [(_, push)] = await kit.passes(minutes=16)
    assert push["data"]["tag"] == f"hsm-{many[1]}"
    assert push["message"].endswith("\nand 62 more")


async def test_a_repeat_does_not_begin_another_wait(kit: Kit) -> None:
    await installed(kit)
    await kit.fire("repeated")
    assert await kit.passes(minutes=16) == []


async def test_it_goes_away(kit: Kit) -> None:
    phone = await installed(kit)
    await kit.fire()
    await kit.passes(minutes=16)
    assert await kit.fire("acknowledged") == [
        (phone, {"message": "clear_notification", "data": {"tag": "hsm-f00d"}})
    ]


async def test_a_phone_that_the_integration_tells_is_left_alone(kit: Kit) -> None:
    kit.told.add(await installed(kit))
    await kit.fire()
    assert await kit.passes(minutes=16) == []
    assert await kit.fire("resolved") == []


async def test_a_restart_in_the_wait_loses_nothing(kit: Kit) -> None:
    kit.hass.set_state(CoreState.not_running)
    kit.finding("01d1")
    kit.finding("01d2", state="acknowledged")
    kit.finding("01d3", severity="high")
    kit.clock.tick(600)
    phone = await installed(kit)
    del kit.findings["f00d"]
    await kit.starts()
    kit.finding("4e4")
    assert await kit.passes(minutes=14) == []
    kit.finding("4e5")
    [(action, push)] = await kit.passes(minutes=1, seconds=1)
    assert (action, push["data"]["tag"]) == (phone, "hsm-01d1")
    assert "more" not in push["message"]


async def test_other_ways_to_reach_somebody(kit: Kit) -> None:
    other = kit.channel("notify.pager")
    await kit.install({PLACE: {"telegram_chats": ["7"], "telegram_bot": "b0t", "other_actions": [other]}})
    kit.finding()
    await kit.fire()
    sent = dict(await kit.passes(minutes=16))
    assert set(sent) == {"telegram_bot.send_message", other}
    assert sent["telegram_bot.send_message"]["inline_keyboard"] == [
        [["Start scrub", "hsm:approve:f00d-telegram:7"]]
    ]
    assert sent["telegram_bot.send_message"]["parse_mode"] == "plain_text"
    assert sent[other]["title"] == "f00d: 14 checksum errors"

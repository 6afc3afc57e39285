"""All blueprints at once, for the same phones."""

from typing import Any

import pytest

from .files import NAMES
from .kit import Kit
from .test_away_mode_policy import mode, people

QUESTION: dict[str, Any] = {"finding": None, "proposal": "01J", "tag": "hsm-01J", "severity": "info"}


async def installed(kit: Kit) -> None:
    """Install all of them for Ann and Bob."""
    phones = [kit.phone("Ann"), kit.phone("Bob")]
    mode(kit, "act")
    people(kit, ann="home")
    await kit.install({name: {"phones": phones} for name in NAMES})
    kit.finding()


async def test_one_finding_is_one_push_a_phone(kit: Kit) -> None:
    await installed(kit)
    await kit.fire(proposal="01J")
    assert [len(kit.pushes(name)) for name in ("Ann", "Bob")] == [1, 1]
    kit.findings["f00d"]["state"] = "acknowledged"
    await kit.fire("acknowledged")
    await kit.passes(hours=1)
    kit.findings["f00d"]["state"] = "resolved"
    await kit.fire("resolved")
    await kit.passes(hours=1)
    assert [len(kit.pushes(name)) for name in ("Ann", "Bob")] == [1, 1]


async def test_every_push_of_a_finding_has_its_tag(kit: Kit) -> None:
    await installed(kit)
    await kit.fire()
    await kit.passes(minutes=16)
    await kit.fire("outcome", proposal="01J")
    await kit.fire("resolved")
    assert {data["data"]["tag"] for _, data in kit.sent} == {"hsm-f00d"}
    assert len(kit.pushes("Ann")) == 3
    for name in ("Ann", "Bob"):
        assert [data for action, data in kit.sent if action == kit.action(name)][-1][
            "message"
        ] == "clear_notification"


async def test_a_phone_that_the_integration_tells_gets_nothing(kit: Kit) -> None:
    await installed(kit)
    kit.told.add(kit.action("Ann"))
    await kit.fire(proposal="01J")
    await kit.fire(**QUESTION)
    await kit.passes(minutes=16)
    await kit.fire("resolved")
    assert [action for action, _ in kit.sent if action == kit.action("Ann")] == []
    assert kit.pushes("Bob") != []


async def test_a_question_without_a_finding_is_asked_once(kit: Kit) -> None:
    await installed(kit)
    await kit.fire(**QUESTION)
    assert [len(kit.pushes(name)) for name in ("Ann", "Bob")] == [1, 1]
    [push] = kit.pushes("Ann")
    assert push["data"]["tag"] == "hsm-01J"
    assert push["data"]["actions"][0]["action"] == "hsm:approve:01J-notify.mobile_app_ann"
    assert push["data"]["push"] == {"interruption-level": "active"}
    await kit.fire("outcome", **QUESTION)
    assert {data["data"]["tag"] for data in kit.pushes("Ann")} == {"hsm-01J"}
    kit.sent.clear()
    await kit.fire("dismissed", **QUESTION)
    assert kit.sent == [
        (kit.action(name), {"message": "clear_notification", "data": {"tag": "hsm-01J"}})
        for name in ("Ann", "Bob")
    ]


@pytest.mark.parametrize("message_id", [None, 4711])
async def test_a_question_in_telegram(kit: Kit, message_id: int | None) -> None:
    await kit.install({"confirm_remediation": {"telegram_chats": ["7"], "telegram_bot": "b0t"}})
    [(action, post)] = await kit.fire(**QUESTION)
    assert (action, post["inline_keyboard"]) == (
        "telegram_bot.send_message", [[["Start scrub", "hsm:approve:01J-telegram:7"]]]
    )  # fmt: skip
    assert (post["parse_mode"], post["message_tag"]) == ("plain_text", "hsm-01J")
    kit.extra = {"message_id": message_id}
    stages = [await kit.goes_on(state=state, **QUESTION) for state in ("approved", "running", "verifying")]
    assert [len(sent) for sent in stages] == ([1, 1, 1] if message_id else [0, 1, 0])
    [(action, _)] = await kit.fire("outcome", **QUESTION)
    assert action == ("telegram_bot.edit_message" if message_id else "telegram_bot.send_message")
    assert len(await kit.fire("dismissed", **QUESTION)) == (1 if message_id else 0)

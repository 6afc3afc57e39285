"""The blueprint that makes the mode stricter while nobody is home."""

from typing import Any

from homeassistant.core import CoreState
from homeassistant.helpers.entity import entity_sources
import pytest

from .kit import DOMAIN, Kit

PLACE = "away_mode_policy"
MODES = ["watch", "ask", "act"]


def mode(kit: Kit, now: str) -> str:
    """Let the server have a mode, under a name that an English installation would not give it."""
    for entity, options in (("select.a", ["x", "y"]), ("select.zuhause_modus", MODES), ("sensor.b", None)):
        entity_sources(kit.hass)[entity] = {"domain": DOMAIN}
        kit.hass.states.async_set(entity, now, {"options": options})
    return "select.zuhause_modus"


def people(kit: Kit, **where: str) -> None:
    """Say where everybody is."""
    for name, place in where.items():
        kit.hass.states.async_set(f"person.{name}", place)


async def installed(kit: Kit, now: str = "act", **inputs: Any) -> str:
    """Install it and return the entity of the mode."""
    found = mode(kit, now)
    people(kit, ann="home", bob="home")
    await kit.install({PLACE: inputs})
    return found


async def leave(kit: Kit, minutes: float = 11, **where: str) -> list[Any]:
    """Let people go, and return what is done about it."""
    people(kit, **where)
    await kit.settle()
    return await kit.passes(minutes=minutes)


async def test_everybody_left(kit: Kit) -> None:
    found = await installed(kit)
    assert await leave(kit, ann="not_home") == []
    assert await leave(kit, 9, bob="Work") == []
    assert await kit.passes(minutes=2) == [("select.select_option", {"entity_id": [found], "option": "ask"})]


@pytest.mark.parametrize(
    ("now", "away", "becomes"),
    [
        ("act", "ask", "ask"), ("act", "watch", "watch"), ("ask", "watch", "watch"),
        ("ask", "ask", None), ("watch", "ask", None), ("watch", "watch", None), ("unavailable", "watch", None),
    ],
)  # fmt: skip
async def test_only_ever_stricter(kit: Kit, now: str, away: str, becomes: str | None) -> None:
    await installed(kit, now, away_mode=away)
    sent = await leave(kit, ann="not_home", bob="not_home")
    assert [data["option"] for _, data in sent] == ([becomes] if becomes else [])


async def test_coming_home_changes_nothing(kit: Kit) -> None:
    found = await installed(kit)
    await leave(kit, ann="not_home", bob="not_home")
    kit.hass.states.async_set(found, "ask", {"options": MODES})
    assert await leave(kit, ann="home") == []


async def test_back_in_time(kit: Kit) -> None:
    await installed(kit)
    assert await leave(kit, 5, ann="not_home", bob="not_home") == []
    assert await leave(kit, 30, bob="home") == []


@pytest.mark.parametrize("place", ["unknown", "unavailable"])
async def test_somebody_whose_place_is_not_known_may_be_home(kit: Kit, place: str) -> None:
    await installed(kit)
    assert await leave(kit, ann="not_home", bob=place) == []


async def test_only_those_who_count(kit: Kit) -> None:
    await installed(kit, people=["person.ann"])
    assert len(await leave(kit, ann="not_home")) == 1


async def test_without_people_nobody_can_leave(kit: Kit) -> None:
    mode(kit, "act")
    await kit.install({PLACE: {}})
    assert await kit.passes(hours=1) == []


async def test_everybody_left_while_home_assistant_was_down(kit: Kit) -> None:
    kit.hass.set_state(CoreState.not_running)
    found = mode(kit, "act")
    people(kit, ann="not_home", bob="not_home")
    await kit.install({PLACE: {}})
    await kit.starts()
    assert await kit.passes(minutes=9) == []
    assert await kit.passes(minutes=2) == [("select.select_option", {"entity_id": [found], "option": "ask"})]


async def test_phones_are_told_what_changed(kit: Kit) -> None:
    await installed(kit, phones=[kit.phone("Ann")])
    [_, (action, push)] = await leave(kit, ann="not_home", bob="not_home")
    assert action == kit.action("Ann")
    assert push["title"] == "Home server: Ask me"
    assert (
        push["message"]
        == 'Nobody is home, so the mode is no longer "Act for me". An admin can change it back.'
    )
    assert push["data"]["clickAction"] == "/config/integrations/integration/home_server_monitor"


async def test_one_of_several_servers(kit: Kit) -> None:
    await installed(kit, mode_entity="select.second")
    kit.hass.states.async_set("select.second", "act", {"options": MODES})
    [(_, data)] = await leave(kit, ann="not_home", bob="not_home")
    assert data["entity_id"] == ["select.second"]

"""Plex in Home Assistant: what is shown, what is told, and what never leaves it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.capabilities_streams import Surroundings
from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.sources.plex.actions import shown


def state_of(hass: HomeAssistant, platform: str, key: str) -> Any:
    """Return the state of an entity by the end of its unique id."""
    found = [
        each.entity_id
        for each in er.async_get(hass).entities.values()
        if each.platform == DOMAIN and each.domain == platform and each.unique_id.endswith(f"_{key}")
    ]
    state = hass.states.get(found[0])
    assert state is not None
    return state


async def until(reached: Callable[[], bool]) -> None:
    """Wait until something is reached."""
    for _ in range(300):
        if reached():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not within 15 s")


async def shows(hass: HomeAssistant, platform: str, key: str, wanted: str) -> None:
    """Wait until an entity shows something."""
    await until(lambda: state_of(hass, platform, key).state == wanted)


async def test_who_watches_is_shown_as_numbers_only(hass: HomeAssistant, plex: Any, stage: Any) -> None:
    assert state_of(hass, "sensor", "streams").state == "0"
    # what it tells by itself, and not the next poll
    await until(lambda: plex.push.connected)
    stage.theatre.play("A Secret Film", user="Bertha", remote=True, way="hardware", hdr=True)
    stage.theatre.play("The Long Tide", way="fallback", speed=0.8)
    await shows(hass, "sensor", "streams", "2")
    await shows(hass, "sensor", "transcodes", "2")
    everywhere = json_dumps([each.as_dict() for each in hass.states.async_all()])
    assert "Secret" not in everywhere
    assert "Bertha" not in everywhere
    assert "Secret" not in json_dumps(plex.diagnose())
    used = plex.in_use({f"host:{plex.id}"})
    assert [(each.kind, each.name) for each in used] == [("streams", "2")]
    # for who may approve what they hold up, and in no text, event or state
    assert [(each.who, each.what) for each in used[0].viewers] == [
        ("Bertha", "A Secret Film"),
        ("Ann", "The Long Tide"),
    ]
    assert timedelta(minutes=116) < used[0].viewers[0].until - dt_util.utcnow() <= timedelta(minutes=118)
    assert "Bertha" not in f"{used}"
    # for admins it is a list, with how each is converted and why
    listed = {each["title"]: each for each in await plex.async_list("streams", {})}
    assert listed["A Secret Film"]["user"] == "Bertha"
    assert listed["A Secret Film"]["way"] == "hardware"
    assert listed["The Long Tide"]["way"] == "fallback"
    assert listed["The Long Tide"]["too_slow"] is True
    for key in list(stage.theatre.showings):
        stage.theatre.stop(key)
    await shows(hass, "sensor", "streams", "0")
    assert plex.in_use({f"host:{plex.id}"}) == ()


async def test_what_is_set_unsafely_is_found_with_its_setting(plex: Any, stage: Any) -> None:
    assert {each.evidence["cause"] for each in plex.findings} == {"plex_plain_from_outside"}
    stage.theatre.preferences |= {
        "secureConnections": 2,
        "allowedNetworks": "172.17.0.0/16",
        "logTokens": True,
        "DlnaEnabled": True,
        "customConnections": "http://plex.example:32400",
    }
    stage.theatre.version = "1.42.0.9975-0a1b2c3d4"
    await plex.async_look("about", "preferences")
    found = {each.evidence["cause"]: each for each in plex.findings}
    assert found.keys() == {
        "plex_vulnerable",
        "plex_insecure_connections",
        "plex_open_to_all",
        "plex_plain_address",
        "plex_tokens_in_logs",
        "plex_dlna",
    }
    assert "CVE-2025-34158" in found["plex_vulnerable"].placeholders["said"]
    proposal = found["plex_insecure_connections"].proposal
    assert (proposal.action, proposal.target, proposal.params) == (
        "plex_set",
        "secureConnections",
        {"value": 1},
    )
    assert found["plex_vulnerable"].proposal is None


async def test_a_setting_is_changed_verified_and_put_back(plex: Any, stage: Any) -> None:
    action = plex.actions["plex_set"]
    stage.theatre.preferences["secureConnections"] = 2
    plan = await action.plan("secureConnections", {"value": 1})
    # in the words of its pages
    assert (plan.before["shown"]["was"], plan.before["shown"]["becomes"]) == ("Disabled", "Preferred")
    assert shown("WanPerStreamMaxUploadRate", 8000) == "8 Mbit/s"
    assert await action.check(plan) is None
    receipt = await action.run(plan, 0)
    assert stage.theatre.preferences["secureConnections"] == 1
    assert (await action.verify(plan, [receipt])).outcome == "succeeded"
    await action.undo(plan, 0, receipt)
    assert stage.theatre.preferences["secureConnections"] == 2
    assert (await action.undone(plan)).outcome == "succeeded"
    # somebody else was quicker
    plan = await action.plan("secureConnections", {"value": 1})
    stage.theatre.preferences["secureConnections"] = 0
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "setting_changed"


async def test_how_streams_were_converted_is_listed_by_day(plex: Any) -> None:
    assert await plex.async_list("conversions", {}) == []
    plex.converted.load({"2026-11-28": {"software": 2}, "2026-11-29": {"hardware": 2, "fallback": 1}})
    assert await plex.async_list("conversions", {}) == [
        {
            "day": "2026-11-29",
            "converted": 3,
            "on_chip_percent": 67,
            "ways": {"hardware": 2, "fallback": 1},
        },
        {"day": "2026-11-28", "converted": 2, "on_chip_percent": 0, "ways": {"software": 2}},
    ]


async def test_a_library_is_scanned(plex: Any, stage: Any) -> None:
    action = plex.actions["plex_scan"]
    plan = await action.plan("2", {})
    assert plan.before["shown"]["library"] == "Series"
    assert await action.check(plan) is None
    receipt = await action.run(plan, 0)
    assert stage.theatre.libraries["2"].scanning
    assert (await action.verify(plan, [receipt])).outcome == "succeeded"
    # it is being scanned, and another one is not there
    for target, refused in (("2", "library_is_scanned"), ("9", "no_such_library")):
        with pytest.raises(Refused) as caught:
            await action.plan(target, {})
        assert caught.value.refusal.key == refused
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "library_is_scanned"
    # it is taken away meanwhile
    del stage.theatre.libraries["2"]
    refusal = await action.check(plan)
    assert refusal is not None
    assert refusal.key == "no_such_library"
    assert (await action.verify(plan, [receipt])).outcome == "failed"


async def test_a_refused_token_asks_for_a_new_one(
    hass: HomeAssistant, plex: Any, stage: Any, entry: MockConfigEntry
) -> None:
    stage.token = "another"
    for _ in range(2):
        plex.feeds.reset()
        await plex.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=False)
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]
    assert stage.token not in str(plex.last_exception)


async def test_a_chip_that_is_there_and_not_used_is_found(plex: Any, stage: Any) -> None:
    stage.theatre.preferences["HardwareAcceleratedCodecs"] = False
    await plex.async_look("about", "preferences")
    assert "plex_converts" not in {each.rule for each in plex.findings}
    plex.take_surroundings(Surroundings(chip=True))
    found = next(each for each in plex.findings if each.rule == "plex_converts")
    assert (found.evidence["cause"], found.evidence["chip_passed_in"]) == ("plex_chip_off", True)
    # what is offered is what its action takes
    plan = await plex.actions[found.proposal.action].plan(found.proposal.target, found.proposal.params)
    receipt = await plex.actions["plex_set"].run(plan, 0)
    assert (await plex.actions["plex_set"].verify(plan, [receipt])).outcome == "succeeded"
    assert "plex_converts" not in {each.rule for each in plex.findings}

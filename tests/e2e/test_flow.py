"""The dialog, as a browser sees it."""

import re

from simulator.demo.steps import DOMAIN

from .conftest import House

WRONG_KEY = f"1-{'x' * 64}"


async def test_the_dialog_leads_from_the_menu_to_a_watched_nas(house: House) -> None:
    await house.remove("truenas")
    await house.remove("server")
    flow = await house.owner.start_flow(DOMAIN)
    assert (flow.kind, flow.shown["menu_options"]) == (
        "menu",
        ["truenas", "containers", "downloads", "smart", "arr", "plex", "ups"],
    )

    flow = await flow.answer(next_step_id="truenas")
    fields = {each["name"]: each for each in flow.shown["data_schema"]}
    assert fields.keys() == {"url", "api_key", "username"}
    assert fields["api_key"]["selector"]["text"]["type"] == "password"

    flow = await flow.answer(url=house.server.url, api_key="not a key")
    assert (flow.step, flow.errors) == ("truenas", {"api_key": "malformed_key"})

    flow = await flow.answer(url=house.server.url, api_key=WRONG_KEY)
    assert flow.step == "trust_certificate"
    assert re.sub(r"[^0-9a-f]", "", flow.placeholders["sha256"].lower()) == house.server.fingerprint.lower()

    flow = await flow.answer()
    assert (flow.step, flow.errors) == ("truenas", {"api_key": "invalid_auth"})
    told = [each["description"] for each in flow.shown["data_schema"] if each["name"] == "url"]
    assert told == [{"suggested_value": house.server.url}]

    flow = await flow.answer(url=house.server.url, api_key=house.server.api_key)
    assert flow.step == "found"
    assert {key: flow.placeholders[key] for key in ("pools", "disks", "apps")} == {
        "pools": "3",
        "disks": "5",
        "apps": "8",
    }

    flow = await flow.answer()
    assert flow.kind == "create_entry"
    assert (await house.entries()).keys() == {"server", "truenas"}
    await house.until("sensor.tank_status", "online")


async def test_the_same_nas_is_not_added_again(nas: House) -> None:
    flow = await nas.owner.start_flow(DOMAIN)
    assert flow.shown["menu_options"] == [
        "truenas",
        "containers",
        "downloads",
        "smart",
        "arr",
        "plex",
        "ups",
        "server",
    ]
    flow = await flow.answer(next_step_id="truenas")
    flow = await flow.answer(url=nas.server.url, api_key=nas.server.api_key)
    flow = await flow.answer()
    assert (flow.kind, flow.shown["reason"]) == ("abort", "already_configured")


async def test_a_key_that_may_do_little_is_refused_by_name(house: House) -> None:
    flow = await house.owner.start_flow(DOMAIN)
    flow = await flow.answer(next_step_id="truenas")
    flow = await flow.answer(url=house.server.url, api_key=house.server.limited_key)
    flow = await flow.answer()
    assert (flow.step, flow.errors) == ("truenas", {"api_key": "not_allowed"})
    assert flow.placeholders["role"] == "READONLY_ADMIN"
    await flow.close()

"""Each phone is told by what is its own, over the real integration of the app, also where two have one name."""

from typing import Any

from homeassistant.components.mobile_app.const import DATA_PUSH_CHANNEL, DOMAIN as APP
from homeassistant.components.mobile_app.push_notification import PushChannel
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.settings import phones

from .test_guardian_edge import Household, home

__all__ = ["home"]


class Pocket:
    """A phone that is registered in the app's integration and connected to it."""

    def __init__(self, hass: HomeAssistant, name: str, user: MockUser, key: str) -> None:
        self.hass = hass
        self.pushes: list[dict[str, Any]] = []
        self.entry = MockConfigEntry(
            domain=APP,
            title=name,
            data={
                "app_data": {"push_websocket_channel": True},
                "app_id": "io.robbie.HomeAssistant",
                "app_name": "Home Assistant",
                "app_version": "2026.10",
                "device_id": f"device-{key}",
                "device_name": name,
                "manufacturer": "Maker",
                "model": "Model",
                "os_name": "OS",
                "os_version": "1",
                "supports_encryption": False,
                "user_id": user.id,
                "webhook_id": f"webhook-{key}",
            },
        )
        self.entry.add_to_hass(hass)

    @property
    def entry_id(self) -> str:
        return self.entry.entry_id

    async def connect(self) -> None:
        """Set it up, and open its channel as the app does."""
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()
        webhook = self.entry.data["webhook_id"]
        channel = PushChannel(self.hass, webhook, False, self.pushes.append, lambda: None)
        self.hass.data[APP][DATA_PUSH_CHANNEL][webhook] = channel

    def titles(self) -> list[str]:
        """Return what it was told."""
        return [str(push.get("title", push["message"])) for push in self.pushes]


@pytest.fixture
async def app(home: Household) -> None:
    """The integration of the app."""
    assert await async_setup_component(home.hass, "homeassistant", {})
    assert await async_setup_component(home.hass, APP, {})
    await home.hass.async_block_till_done()


@pytest.mark.usefixtures("app")
async def test_two_phones_of_one_name(home: Household, hass_admin_user: MockUser) -> None:
    old = Pocket(home.hass, "iPhone", hass_admin_user, "old")
    new = Pocket(home.hass, "iPhone", hass_admin_user, "new")
    for each in (old, new):
        await each.connect()
    known = phones(home.hass)
    actions = {known[each.entry_id].action for each in (old, new)}
    assert actions == {"", "mobile_app_iphone"}
    lacking, having = sorted((old, new), key=lambda each: known[each.entry_id].action)
    home.tell(lacking.entry_id)
    await home.errors()
    # nobody else is told, and the one that is told is it
    assert having.pushes == []
    assert lacking.titles() == ["Pool tank: 37 checksum errors"]
    await home.settle(200)
    (issue,) = (
        each
        for (domain, _), each in ir.async_get(home.hass).issues.items()
        if domain == DOMAIN and each.translation_key == "phones_alike"
    )
    assert issue.translation_placeholders == {"names": "iPhone"}
    assert not ir.async_get(home.hass).async_get_issue(DOMAIN, "nobody_told_home")


@pytest.mark.usefixtures("app")
async def test_each_with_its_own_buttons(home: Household, hass_admin_user: MockUser) -> None:
    ann = Pocket(home.hass, "Ann", hass_admin_user, "ann")
    await ann.connect()
    home.tell(ann.entry_id)
    await home.errors()
    (push,) = ann.pushes
    assert [each["title"] for each in push["data"]["actions"]] == ["Start scrub", "Snooze 24 h", "Why"]
    await home.tap(home.button(push, "approve"), hass_admin_user.id)
    assert home.scrubs() == 1
    assert "seen to have worked" in ann.pushes[-1]["message"]
    assert ann.pushes[-1]["data"]["tag"] == push["data"]["tag"]


@pytest.mark.usefixtures("app")
async def test_a_phone_that_was_renamed_in_its_app_is_still_reached(
    home: Household, hass_admin_user: MockUser
) -> None:
    """Its action keeps the name of before until Home Assistant registers the phones anew."""
    ann = Pocket(home.hass, "Ann", hass_admin_user, "ann")
    await ann.connect()
    home.hass.config_entries.async_update_entry(ann.entry, data={**ann.entry.data, "device_name": "Annas"})
    assert phones(home.hass)[ann.entry_id].action == "mobile_app_ann"
    home.tell(ann.entry_id)
    await home.errors()
    assert len(ann.pushes) == 1


@pytest.mark.usefixtures("app")
async def test_a_phone_that_is_away_gets_it_later_and_the_others_now(
    home: Household, hass_admin_user: MockUser
) -> None:
    ann = Pocket(home.hass, "Ann", hass_admin_user, "ann")
    await ann.connect()
    home.tell(ann.entry_id)
    channel = home.hass.data[APP][DATA_PUSH_CHANNEL].pop("webhook-ann")
    await home.errors()
    assert ann.pushes == []
    home.hass.data[APP][DATA_PUSH_CHANNEL]["webhook-ann"] = channel
    await home.settle(120)
    assert ann.titles() == ["Pool tank: 37 checksum errors"]


async def test_without_the_app_two_alike_cannot_be_told_apart(
    home: Household, hass_admin_user: MockUser
) -> None:
    ids = [home.phone("Ann", hass_admin_user), home.phone("Ann", hass_admin_user)]
    assert [phones(home.hass)[each].action for each in ids] == ["", ""]
    home.tell(*ids)
    await home.errors()
    assert home.pushes == []

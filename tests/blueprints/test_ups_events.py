"""The blueprint for power outages: edited in place, with Cancel, never beside what the integration tells itself."""

from typing import Any

from homeassistant.core import HomeAssistant
import voluptuous as vol

from .kit import PROGRESS, Kit, Sent

CANCEL = {"action": "hsm:cancel:token", "title": "Cancel"}


async def stage(kit: Kit, state: str, **more: Any) -> list[Sent]:
    """Tell a stage of an outage and return what was sent because of it."""
    return await kit.fire("outage", "f00d", PROGRESS, state=state, critical=False, **more)


async def test_an_outage_is_one_notification(kit: Kit, hass: HomeAssistant) -> None:
    for action in ("light.turn_on", "tts.speak", "script.failed", "script.back"):
        kit.channel(action, vol.Schema({}, extra=vol.ALLOW_EXTRA))
    kit.finding(rule="power_outage", severity="high")
    kit.extra = {"message": "On battery, 22 min left.", "buttons": [CANCEL]}
    told, other = kit.phone("Ann"), kit.phone("Bob")
    kit.told = {kit.action("Ann")}
    await kit.install(
        {
            "ups_events": {
                "phones": [told, other],
                "lights": ["light.hall"],
                "voice": "tts.home",
                "speakers": ["media_player.kitchen"],
                "when_failed": [{"action": "script.failed"}],
                "when_back": [{"action": "script.back"}],
            }
        }
    )
    sent = await stage(kit, "countdown")
    assert [action for action, _ in sent] == [
        kit.action("Bob"),
        "light.turn_on",
        "tts.speak",
        "script.failed",
    ]
    push, spoken = sent[0][1], sent[2][1]
    assert (push["message"], push["data"]["tag"]) == ("On battery, 22 min left.", "hsm-f00d")
    assert push["data"]["actions"] == [CANCEL]
    assert "alert_once" not in push["data"]
    assert spoken["message"] == "On battery, 22 min left."
    # what follows replaces it, quietly
    [(action, push)] = await stage(kit, "shed")
    assert (action, push["data"]["tag"], push["data"]["alert_once"]) == (kit.action("Bob"), "hsm-f00d", True)
    # what cannot wait sounds
    sent = await stage(kit, "low", severity="critical")
    assert "alert_once" in sent[0][1]["data"]
    sent = await kit.fire("outage", "f00d", PROGRESS, state="low", critical=True)
    assert (sent[0][1]["data"]["ttl"], sent[1][0]) == (0, "tts.speak")
    sent = await stage(kit, "power_back")
    assert [each for each, _ in sent] == [kit.action("Bob"), "tts.speak", "script.back"]
    # other stages are none of its business
    assert await kit.goes_on() == []
    kit.unknown = {kit.action("Bob")}
    assert await stage(kit, "restored") == []

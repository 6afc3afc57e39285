"""A client that is away, hung, slow or out of its mind: shown as such soon, well again soon, and never stormed."""

import asyncio
from typing import Any

import pytest

from tests.warp import Warp

from .test_home import Home, home

__all__ = ["home"]

# the two that are asked over GET are among the media services of test_media_faults.py
EVERY = [("transmission", "4.1.3"), ("nzbget", "21.0")]
SPEED = ("sensor", "download_speed")
# two cycles of 30 s, each of which may take 15 s
SHOWN, HEALED = 90.0, 30.0
FAULTS: list[dict[str, Any]] = [
    {"kind": "drop"},
    {"kind": "hang"},
    {"kind": "delay", "seconds": 25.0},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 502},
    {"kind": "html"},
    {"kind": "cut"},
    {"kind": "null"},
    {"kind": "huge", "size": 20 << 20},
]


async def one_fault(home: Home, warp: Warp, about: dict[str, Any]) -> None:
    """Let one fault come and go."""

    def unavailable() -> bool:
        return home.state(*SPEED) == "unavailable"

    fault = home.face.faults.add(**about)
    before = home.source.client.wire.calls
    start = warp.monotonic()
    await warp.until(unavailable, SHOWN, lambda: f": {about}")
    await asyncio.sleep(120)
    minutes = (warp.monotonic() - start) / 60
    asked = home.source.client.wire.calls - before
    assert asked <= 8 * minutes + 4, f"{about}: {asked} calls in {minutes:.1f} min"
    home.face.faults.remove(fault)
    await warp.until(lambda: not unavailable(), HEALED, lambda: f": {about}")


@pytest.mark.parametrize("home", EVERY, indirect=True, ids="-".join)
async def test_every_fault_is_shown_and_heals(home: Home, warp: Warp) -> None:
    for each in FAULTS:
        await one_fault(home, warp, each)
    assert home.face.failed == 0
    assert home.face.logins <= 2 * len(FAULTS)
    assert float(home.state(*SPEED)) == pytest.approx(5.0, rel=0.1)
    assert not [
        each for each in home.face.calls.writes if "login" not in each.path and "get" not in each.route
    ]


async def test_a_password_that_was_changed_asks_for_the_new_one(home: Home) -> None:
    home.face.password = "another"
    home.face.forget_sessions()
    await asyncio.sleep(300)
    flows = [each["context"]["source"] for each in home.hass.config_entries.flow.async_progress()]
    assert flows == ["reauth"]
    assert home.face.failed == 2, "and then it is left alone"


async def test_a_ban_asks_for_no_password(home: Home, warp: Warp) -> None:
    home.source.client.session._clock = warp.monotonic
    home.face.banned = True
    home.face._sessions.clear()
    await asyncio.sleep(600)
    assert home.hass.config_entries.flow.async_progress() == []
    assert home.face.failed == 0
    assert home.state(*SPEED) == "unavailable"
    findings = [each.finding.rule for each in home.server.runtime_data.open_findings()]
    assert findings == ["source_lost"]
    home.face.banned = False
    await asyncio.sleep(60)
    assert home.state(*SPEED) != "unavailable"

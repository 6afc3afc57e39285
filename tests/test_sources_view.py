"""What the dashboard is told of each source: when it was looked at, and what it cannot see."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.sources.errors import NotSupported
from custom_components.home_server_monitor.sources.feeds import Feed, Feeds
from custom_components.home_server_monitor.sources.truenas.dark import missing
from custom_components.home_server_monitor.sources.truenas.releases import V24_04, V25_04, V25_10

from .test_guardian_edge import Household, _ask, home

__all__ = ["home"]


async def looked(home: Household, user: MockUser) -> dict[str, Any]:
    found: dict[str, Any] = await _ask(home, "list_findings", user.id)
    return found


def age(checked: str) -> float:
    """Return how long ago that was, in seconds."""
    return clock.now() - datetime.fromisoformat(checked).timestamp()


def _judged(home: Household) -> dict[str, float]:
    """Return when each source was judged; what is known of disks grows old, so they are judged every 10 minutes."""
    checked = home.guardian.intake.checked
    return {source: at for source, at in checked.items() if not source.startswith("disks:")}


async def test_checked_moves_with_every_good_poll_and_costs_nothing(
    home: Household, hass_admin_user: MockUser
) -> None:
    await asyncio.sleep(300)
    if (left := 3600 - clock.now() % 3600) < 1000:
        # each hour a task of the NAS is due, which is news
        await asyncio.sleep(left + 60)
    judged = _judged(home)
    writes = async_capture_events(home.hass, EVENT_STATE_CHANGED)
    before = await looked(home, hass_admin_user)
    for _ in range(10):
        await asyncio.sleep(60)
        found = await looked(home, hass_admin_user)
        # a cycle of 15 s after a wait of 30 s
        assert age(found["checked"]) < 50
        assert found["checked"] == found["sources"][0]["checked"] > before["checked"]
        before = found
    # nothing had changed, so nothing was judged and nothing written
    assert _judged(home) == judged
    assert not [event.data["entity_id"] for event in writes]


async def test_a_source_that_is_silent_was_checked_when_it_last_answered(
    home: Household, hass_admin_user: MockUser
) -> None:
    await home.sim.stop_listening()
    await asyncio.sleep(600)
    found = await looked(home, hass_admin_user)
    (source,) = found["sources"]
    assert source["state"] == "lost"
    assert 500 < age(source["checked"]) < 700
    await home.sim.start_listening()
    await asyncio.sleep(90)
    assert age((await looked(home, hass_admin_user))["checked"]) < 50


async def test_what_is_missing_says_what_it_would_light(home: Household, hass_admin_user: MockUser) -> None:
    (source,) = (await looked(home, hass_admin_user))["sources"]
    (line,) = source["missing"]
    assert line.startswith("SMART values and self-tests: ")
    assert "would show disks" in line
    home.sim.faults.deny("app.query")
    home.nas.runtime_data.feeds.reset()
    await asyncio.sleep(90)
    (source,) = (await looked(home, hass_admin_user))["sources"]
    assert "apps: the key lacks APPS_READ, which would show it" in source["missing"]


class Reader:
    """A Scrutiny of the same server."""

    kind, id, name, judged = "smart", "smart", "Scrutiny", True

    def __init__(self, server: str) -> None:
        self.server = server

    async def read_smart(self, known: Collection[str] = ()) -> Mapping[str, Any]:
        return {}

    def listed_disks(self) -> None:
        return None

    async def smart_history(self, serial: str) -> Sequence[Any]:
        return ()


async def test_what_a_scrutiny_reads_is_not_missed(home: Household, hass_admin_user: MockUser) -> None:
    async def missed() -> list[str]:
        (source,) = (await looked(home, hass_admin_user))["sources"]
        return list(source["missing"])

    reader, elsewhere = Reader(home.guardian.id), Reader("another server")
    for source, lines in ((elsewhere, 1), (reader, 0)):
        detach = home.guardian.house.attach(source)
        assert len(await missed()) == lines
        source.judged = False
        # one that does not answer tells nothing
        assert len(await missed()) == 1
        detach()


async def test_a_source_that_is_not_set_up_misses_nothing_that_is_known(
    home: Household, hass_admin_user: MockUser
) -> None:
    assert await home.hass.config_entries.async_unload(home.nas.entry_id)
    (source,) = (await looked(home, hass_admin_user))["sources"]
    assert (source["state"], source["missing"]) == ("unloaded", [])


class Denied(Feeds):
    """Feeds of which some were denied."""

    def __init__(self, **methods: str) -> None:
        super().__init__([])
        self.methods = methods

    @property
    def denied(self) -> dict[str, str]:
        return self.methods


@pytest.mark.parametrize(
    ("release", "method", "lacks", "what"),
    [
        (V25_10, "app.query", "APPS_READ", "apps"),
        # a key of 24.x has no roles but a list of methods
        (V24_04, "chart.release.query", "chart.release.query", "apps"),
        (V24_04, "odd.method", "odd.method", "odd.method"),
    ],
)
def test_what_a_right_would_light(release: tuple[int, int], method: str, lacks: str, what: str) -> None:
    (found,) = missing(Denied(apps=method), release, temperatures=True)
    assert (found.key, found.placeholders["right"]) == ("right", lacks)
    assert found.placeholders["what"].startswith(what)


def test_nobody_should_raise_a_key_for_self_tests() -> None:
    assert missing(Denied(smart_tests="smart.test.results"), V25_04, temperatures=True) == []


async def test_what_a_version_does_not_have(nas: MockConfigEntry) -> None:
    async def fetch() -> None:
        raise NotSupported("24.04")

    feeds = Feeds([Feed(key=key, fetch=fetch, every=60.0) for key in ("cloud_backups", "roles", "reboot")])
    await feeds.refresh(feeds.due(), 5.0)
    assert [each.key for each in missing(feeds, V24_04, temperatures=False)] == [
        "cloud_backups",
        "reboot",
        "temperatures",
    ]

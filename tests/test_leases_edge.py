"""What is changed for a while, in Home Assistant: a scrub that is paused goes on by itself, unless it is not ours."""

import asyncio
from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.guardian.contract import Actor

from .seen import device_of
from .test_guardian_edge import Household, _ask, home

__all__ = ["home"]

# the shortest pause, in hours and in seconds
SHORT, QUARTER = 0.25, 900.0


async def _pause(home: Household, user: MockUser, **data: Any) -> dict[str, Any]:
    """Pause the scrub of tank, as an admin does by action; returns the lease."""
    device = device_of(home.hass, home.nas, f"pool_{home.sim.world.pool('tank').guid}")
    assert device is not None
    found = await _ask(home, "pause_scrub", user.id, device_id=device.id, **data)
    assert found["outcome"] == "succeeded"
    return (await _leases(home, user))[-1]


async def _leases(home: Household, user: MockUser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await _ask(home, "list_leases", user.id))["leases"]
    return found


def _scan(home: Household) -> Any:
    return home.sim.world.pool("tank").scan


def _starts(home: Household) -> int:
    """Return how often a scrub was ordered to begin or to go on."""
    return sum(call.params[1:] == ["START"] for call in home.sim.calls if call.method == "pool.scrub.scrub")


@pytest.fixture
async def scrubbing(home: Household) -> Household:
    """A household whose NAS scrubs a pool, slowly."""
    await home.sim.scenario("scrub_running")
    _scan(home).rate = 1.0
    await home.settle(90)
    return home


async def test_it_goes_on_by_itself(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    lease = await _pause(home, hass_admin_user, hours=SHORT)
    assert (lease["what"], lease["overdue"]) == ("pause of the scrub of pool tank", False)
    assert lease["by"] == hass_admin_user.name
    await home.settle(QUARTER - 60)
    assert _scan(home).paused_at is not None
    await home.settle(90)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)
    assert await _leases(home, hass_admin_user) == []
    lines = [each["text"] for each in (await _ask(home, "list_journal", hass_admin_user.id))["journal"]]
    told = [each.partition(":")[0] for each in lines if each.endswith("pause of the scrub of pool tank")]
    assert told[:2] == ["Over and set back", "To be set back"], lines
    assert told[2].startswith("Temporary, until")
    assert len(told) == 3


async def test_the_remedy_of_a_finding_says_when_it_goes_back(
    scrubbing: Household, hass_admin_user: MockUser
) -> None:
    home = scrubbing
    desk, source = home.guardian.desk, home.nas.runtime_data
    actor = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="phone")
    record = await desk.propose(
        source.id, "pause_scrub", str(home.sim.world.pool("tank").guid), actor=actor, name="tank"
    )
    assert "It goes back by itself after 12 h." in home.guardian.wording.plan(record, None)
    await desk.approve(record.id, actor)
    ended = await desk.wait(record.id)
    assert "It goes back by itself at " in home.guardian.wording.outcome(ended)


async def test_two_pauses(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    await _pause(home, hass_admin_user, hours=2 * SHORT)
    assert len(await _leases(home, hass_admin_user)) == 2
    await home.settle(1.5 * QUARTER)
    assert _scan(home).paused_at is not None
    assert len(await _leases(home, hass_admin_user)) == 1
    await home.settle(QUARTER)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)


async def test_home_assistant_restarts_meanwhile(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    lease = await _pause(home, hass_admin_user, hours=2 * SHORT)
    await home.settle(60)
    assert await home.hass.config_entries.async_unload(home.server.entry_id)
    # what a process that is killed takes with it
    home.hass.data["home_server_monitor"].desks.clear()
    await asyncio.sleep(QUARTER)
    assert await home.hass.config_entries.async_setup(home.server.entry_id)
    await home.settle(120)
    assert [each["id"] for each in await _leases(home, hass_admin_user)] == [lease["id"]]
    assert _scan(home).paused_at is not None
    await home.settle(QUARTER)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)


async def test_the_nas_is_away_when_it_ends(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    await home.sim.stop_listening()
    await home.settle(2 * QUARTER)
    rules = {each.finding.rule: each.finding.placeholders for each in home.guardian.open_findings()}
    assert rules["lease_overdue"]["reason"] == "the server is silent"
    await home.sim.start_listening()
    await home.settle(120)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)
    assert "lease_overdue" not in {each.finding.rule for each in home.guardian.open_findings()}


async def test_the_user_lets_it_go_on(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    _scan(home).paused_at = None
    await home.settle(120)
    assert await _leases(home, hass_admin_user) == []
    # and pauses it anew: that one is the user's
    _scan(home).paused_at = home.sim.world.clock.now()
    await home.settle(2 * QUARTER)
    assert (_scan(home).paused_at is None, _starts(home)) == (False, 0)
    assert not any(each.finding.rule.startswith("lease_") for each in home.guardian.open_findings())


async def test_the_user_pauses_it_anew_while_nobody_looks(
    scrubbing: Household, hass_admin_user: MockUser
) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    await home.sim.stop_listening()
    await home.settle(60)
    _scan(home).paused_at = home.sim.world.clock.now()
    await home.sim.start_listening()
    await home.settle(2 * QUARTER)
    assert (_scan(home).paused_at is None, _starts(home)) == (False, 0)
    rules = {each.finding.rule: each.finding.placeholders for each in home.guardian.open_findings()}
    assert rules["lease_foreign"]["target"] == "tank"


async def test_the_user_stops_it(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    now = home.sim.world.clock.now()
    _scan(home).state, _scan(home).end, _scan(home).paused_at = "CANCELED", now, None
    await home.settle(2 * QUARTER)
    assert (_scan(home).state, _starts(home)) == ("CANCELED", 0)
    assert await _leases(home, hass_admin_user) == []


async def test_it_goes_on_after_a_reboot_of_the_nas(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    await home.settle(60)
    await home.sim.scenario("reboot")
    await home.settle(240)
    # a paused scrub counts its pause from the import of its pool
    _scan(home).paused_at = home.sim.world.clock.now()
    await home.settle(2 * QUARTER)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)


async def test_stop_all_actions_keeps_no_return(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)
    admin = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="entity")
    await home.guardian.desk.hold(True, admin)
    await home.settle(1.2 * QUARTER)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)


async def test_a_full_disk_keeps_no_return(scrubbing: Household, hass_admin_user: MockUser) -> None:
    home = scrubbing
    await _pause(home, hass_admin_user, hours=SHORT)

    def full(line: Any, written: bool) -> None:
        raise OSError(28, "No space left on device")

    home.guardian.desk.journal.on_append = full
    await home.settle(1.2 * QUARTER)
    assert (_scan(home).paused_at, _starts(home)) == (None, 1)
    assert any(each.finding.rule == "journal_failed" for each in home.guardian.open_findings())
    home.guardian.desk.journal.on_append = None
    await home.settle(60)


async def test_an_admin_ends_it_or_leaves_it(
    scrubbing: Household, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    home = scrubbing
    lease = await _pause(home, hass_admin_user)
    with pytest.raises(ServiceValidationError):
        await _ask(home, "end_lease", hass_read_only_user.id, lease=lease["id"])
    with pytest.raises(ServiceValidationError):
        await _ask(home, "list_leases", hass_read_only_user.id)
    ended = await _ask(home, "end_lease", hass_admin_user.id, lease=lease["id"])
    assert (ended["returned"], _scan(home).paused_at) == ("returned", None)
    lease = await _pause(home, hass_admin_user, hours=SHORT)
    left = await _ask(home, "end_lease", hass_admin_user.id, lease=lease["id"], forget=True)
    assert left["returned"] == "forgotten"
    await home.settle(2 * QUARTER)
    assert _scan(home).paused_at is not None
    with pytest.raises(ServiceValidationError) as refused:
        await _ask(home, "end_lease", hass_admin_user.id, lease=lease["id"])
    assert refused.value.translation_key == "no_such_lease"
    # and paused it is, by nobody of ours: that is not lent once more
    with pytest.raises(ServiceValidationError) as refused:
        await home.hass.services.async_call(
            "button",
            "press",
            {"entity_id": "button.tank_start_scrub"},
            blocking=True,
            context=Context(user_id=None),
        )
    assert refused.value.translation_key == "proposed_only"

"""The upgrade of an app: well and kept, or taken back; watched after it, with the way back at hand for a week."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.guardian.contract import Proposal, Severity
from custom_components.home_server_monitor.sources.truenas.memory import Memory
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from tests.test_services import House
from tests.warp import Warp

from .build import NOW, app, findings

FOLDER = "/mnt/media/series"


@pytest.fixture(autouse=True)
def _time(warp: Warp) -> None:
    """Jobs and looks take no real time."""


@pytest.fixture
def home(hass: HomeAssistant, nas: MockConfigEntry, sim: Any, hass_admin_user: MockUser) -> House:
    """A NAS on which Sonarr writes to a dataset."""
    found = House(hass, nas, sim, hass_admin_user)
    found.sim.world.apps["sonarr"].containers[0].mounts = ((FOLDER, "/tv"), ("/mnt/.ix-apps/x", "/config"))
    return found


def snapshots(home: House) -> list[str]:
    """Return the snapshots of ours."""
    return [key for key in home.sim.world.snapshots if "-update-" in key]


def calls(home: House, method: str) -> list[Any]:
    """Return what was sent by a method."""
    return [call.params for call in home.sim.calls if call.method == method]


def button(home: House) -> Any:
    """Return the state of the button that rolls Sonarr back, or None where there is none."""
    unique_id = f"{home.source.id}_app_sonarr_rollback_app"
    entity = er.async_get(home.hass).async_get_entity_id("button", "home_server_monitor", unique_id)
    return home.hass.states.get(entity) if entity else None


async def test_a_good_version_stays_and_can_be_gone_back_from(home: House) -> None:
    """Its folder of the NAS gets a snapshot first; its own volumes are TrueNAS's matter."""
    old = home.sim.world.apps["sonarr"].version
    assert button(home) is None
    await home.sim.scenario("app_update", app="sonarr", version="9.9.9")
    assert (await home.call("upgrade_app", home.device("app_sonarr")))["version"] == "9.9.9"
    (snapshot,) = snapshots(home)
    assert snapshot.startswith("media/series@hsm-")
    await home.hass.async_block_till_done()
    assert button(home).state != "unavailable"
    answer = await home.call("rollback_app", home.device("app_sonarr"))
    assert answer["outcome"] == "succeeded"
    assert home.sim.world.apps["sonarr"].version == old
    # what was written since stays
    ((_, wanted),) = calls(home, "app.rollback")
    assert wanted == {"app_version": old[0], "rollback_snapshot": False}
    await home.source.async_look("apps")
    await home.hass.async_block_till_done()
    assert button(home).state == "unavailable"


async def test_a_version_that_does_not_run_is_taken_back(home: House) -> None:
    """With the data of its own volumes, which only the broken version has written to."""
    old = home.sim.world.apps["sonarr"].version
    await home.sim.scenario("app_update", app="sonarr", version="9.9.9", broken=True)
    await home.failed("action_rolled_back", "upgrade_app", home.device("app_sonarr"))
    now = home.sim.world.apps["sonarr"]
    assert (now.version, now.state) == (old, "RUNNING")
    ((_, wanted),) = calls(home, "app.rollback")
    assert wanted == {"app_version": old[0], "rollback_snapshot": True}
    assert button(home) is None


async def test_a_service_that_answered_must_answer_again(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs, and says nothing: it is taken back."""
    old = home.sim.world.apps["sonarr"].version

    async def answers(app: Any) -> bool:
        return bool(app.version == old[0])

    monkeypatch.setattr(home.source, "app_answers", answers)
    await home.sim.scenario("app_update", app="sonarr", version="9.9.9")
    await home.failed("action_rolled_back", "upgrade_app", home.device("app_sonarr"))
    assert home.sim.world.apps["sonarr"].version == old


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_snapshot_whose_answer_is_lost_is_looked_for(home: House, *, arrived: bool) -> None:
    """It is ordered once; where it is not there, nothing is upgraded."""
    await home.sim.scenario("app_update", app="sonarr", version="9.9.9")
    lose = home.sim.faults.drop if arrived else home.sim.faults.hang
    lose("pool.snapshot.create", count=1)
    if arrived:
        await home.call("upgrade_app", home.device("app_sonarr"))
    else:
        await home.failed("action_rolled_back", "upgrade_app", home.device("app_sonarr"))
    assert len(calls(home, "pool.snapshot.create")) == 1
    assert len(calls(home, "app.upgrade")) == arrived


async def test_what_cannot_be_undone_is_refused(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer image of the same version: TrueNAS keeps nothing to go back to."""
    same = home.sim.world.apps["sonarr"].version
    home.sim.world.apps["sonarr"].latest = same
    await home.source.async_look("apps")
    await home.refused("no_way_back", "upgrade_app", home.device("app_sonarr"))
    await home.refused("no_way_back", "rollback_app", home.device("app_sonarr"))
    assert home.sim.world.apps["sonarr"].version == same


@pytest.mark.parametrize(
    ("state", "unhealthy", "rule"),
    [
        ("crashed", (), "app_fails_since_upgrade"),
        ("running", ("db",), "app_fails_since_upgrade"),
        ("running", (), None),
        ("stopped", ("db",), None),
    ],
)
def test_what_fails_after_its_upgrade_is_told_as_that(
    state: str, unhealthy: tuple[str, ...], rule: str | None
) -> None:
    """Within a day; the finding of every other day is a plain one."""
    for ago, wanted in ((timedelta(minutes=40), rule), (timedelta(hours=25), None)):
        data = TrueNas(apps={"plex": app(state=state, unhealthy=unhealthy, before="1.0", upgraded=NOW - ago)})
        found = findings(data)
        if wanted:
            (finding,) = found
            assert (finding.rule, finding.severity) == (wanted, Severity.HIGH)
            assert finding.placeholders["ago"] == "40 min"
            assert finding.proposal == Proposal(action="rollback_app", target="plex")
        else:
            assert {each.rule for each in found} <= {"app_crashed"}


def test_an_upgrade_is_remembered_over_a_restart() -> None:
    memory = Memory()
    memory.upgraded["plex"] = (1.0, "1.0")
    again = Memory()
    again.load(memory.save())
    assert again.upgraded == memory.upgraded
    again.load({"upgraded": {"a": [1], "b": "x", "c": ["1", 2]}})
    assert again.upgraded == memory.upgraded

"""The upgrade of an app: well and kept, or taken back; watched after it, with the way back at hand for a week."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.guardian.contract import (
    Actor,
    Outcome,
    Proposal,
    Receipt,
    Refused,
    Risk,
    Severity,
)
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.errors import ClientError
from custom_components.home_server_monitor.sources.truenas import app_data_back
from custom_components.home_server_monitor.sources.truenas.memory import Memory, Upgraded
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from tests.test_services import House
from tests.warp import Warp

from .build import NOW, app, findings

FOLDER = "/mnt/media/series"
ROLL_BACK = "pool.snapshot.rollback"
WRITES = ("app.stop", "app.start", ROLL_BACK)


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


def button(home: House, key: str = "rollback_app") -> Any:
    """Return the state of a button of Sonarr, or None where there is none."""
    unique_id = f"{home.source.id}_app_sonarr_{key}"
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
    memory.upgraded["plex"] = Upgraded(1.0, "1.0", "hsm-0123abcd-update-1", ("tank/a", "tank/b"))
    again = Memory()
    again.load(json.loads(json.dumps(memory.save())))
    assert again.upgraded == memory.upgraded
    again.load({"upgraded": {"a": [1], "b": "x", "c": ["1", 2], "d": [1, "1.0"], "e": [1, "1.0", None, 3]}})
    # what was written before there were snapshots in it
    assert again.upgraded == {**memory.upgraded, "d": Upgraded(1.0, "1.0"), "e": Upgraded(1.0, "1.0")}


GIB = 1024**3


async def act(home: House, user: MockUser) -> Record:
    """Approve putting the data back by typing the name, as in Repairs, and wait for its end."""
    actor = Actor(kind="user", id=user.id, name="Ada", admin=True, via="repairs")
    desk = home.hass.data[HOUSE].guardian("home").desk
    record = await desk.propose(home.source.id, "roll_back_app_data", "sonarr", {}, actor=actor)
    assert record.risk is Risk.HIGH
    await desk.approve(record.id, actor, typed=record.name)
    ended: Record = await desk.wait(record.id)
    return ended


async def gone_back(home: House) -> Any:
    """Upgrade, let the newer version write, and go back; returns the dataset."""
    dataset = home.sim.world.datasets["media/series"]
    await home.sim.scenario("app_update", app="sonarr", version="9.9.9")
    await home.call("upgrade_app", home.device("app_sonarr"))
    dataset.own += GIB
    await home.call("rollback_app", home.device("app_sonarr"))
    await home.source.async_look("apps")
    return dataset


async def test_its_data_goes_back_by_an_approval_of_its_own(home: House, hass_admin_user: MockUser) -> None:
    """Offered once the old version runs again on newer data; it stands still meanwhile, and then nothing is left."""
    before = home.sim.world.own_bytes(home.sim.world.datasets["media/series"])
    await home.refused("no_snapshot_of_before", "roll_back_app_data", home.device("app_sonarr"))
    dataset = await gone_back(home)
    await home.hass.async_block_till_done()
    assert home.sim.world.own_bytes(dataset) == before + GIB
    assert button(home, "roll_back_app_data").state != "unavailable"
    (found,) = (each for each in home.source.findings if each.rule == "data_newer_than_app")
    assert found.proposal == Proposal(action="roll_back_app_data", target="sonarr")
    await home.refused("proposed_in_repairs", "roll_back_app_data", home.device("app_sonarr"))
    assert home.sim.world.own_bytes(dataset) == before + GIB
    ended = await act(home, hass_admin_user)
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict)
    assert ended.plan.before["shown"]["datasets"] == "media/series"
    assert ended.plan.before["shown"]["since"].endswith("UTC")
    assert home.sim.world.own_bytes(dataset) == before
    assert home.sim.world.apps["sonarr"].state == "RUNNING"
    sent = [call.method for call in home.sim.calls if call.method in WRITES]
    assert sent[-3:] == ["app.stop", ROLL_BACK, "app.start"]
    assert button(home, "roll_back_app_data").state == "unavailable"
    assert not [each for each in home.source.findings if each.rule == "data_newer_than_app"]


async def test_what_is_newer_or_used_by_another_stays(home: House, hass_admin_user: MockUser) -> None:
    dataset = await gone_back(home)
    held = home.sim.world.own_bytes(dataset)
    home.sim.world.add_snapshot("media/series", "auto-1", home.sim.world.clock.now())
    await home.refused("newer_snapshots", "roll_back_app_data", home.device("app_sonarr"))
    del home.sim.world.snapshots["media/series@auto-1"]
    other = next(each for name, each in home.sim.world.apps.items() if name != "sonarr")
    other.containers[0].mounts = ((FOLDER, "/tv"),)
    await home.source.async_look("apps")
    await home.refused("data_shared", "roll_back_app_data", home.device("app_sonarr"))
    assert home.sim.world.own_bytes(dataset) == held


async def test_it_runs_again_whatever_goes_wrong(home: House, hass_admin_user: MockUser) -> None:
    """The server refuses in the middle, for a snapshot came meanwhile: the app runs, and nothing is lost."""
    dataset = await gone_back(home)
    held = home.sim.world.own_bytes(dataset)
    stop = home.source.client.call

    async def snapshot_meanwhile(method: Any, *args: Any) -> Any:
        answer = await stop(method, *args)
        if method.name == "app.stop":
            home.sim.world.add_snapshot("media/series", "auto-1", home.sim.world.clock.now())
        return answer

    home.source.client.call = snapshot_meanwhile
    ended = await act(home, hass_admin_user)
    home.source.client.call = stop
    assert (ended.state, ended.reason) == (State.ROLLED_BACK, "not_done"), ended.details
    assert home.sim.world.apps["sonarr"].state == "RUNNING"
    assert home.sim.world.own_bytes(dataset) == held


async def test_a_data_back_that_meets_something_else_says_what(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look of it, with the app and its data in a state that nobody expected."""
    monkeypatch.setattr(app_data_back, "LOOKS", 3)
    await gone_back(home)
    action, world = home.source.actions["roll_back_app_data"], home.sim.world
    plan = await action.plan("sonarr", {})
    stop, back, start = range(3)
    sonarr = world.apps["sonarr"]

    async def refusal(step: int) -> str | None:
        found = await action.ready(plan, step)
        return found.key if found else None

    # the order to stop was answered, and it runs on
    assert await refusal(back) == "app_runs"
    # it is not started on data that is not seen to be back; what cannot be read is not back
    assert await refusal(start) == "data_not_back"
    home.sim.faults.error("pool.dataset.query")
    with pytest.raises(ClientError):
        await refusal(start)
    home.sim.faults.active.clear()
    # protected between approval and order
    with monkeypatch.context() as patched:
        patched.setattr(home.source, "unprotected", lambda datasets: [])
        with pytest.raises(Refused, match="protected"):
            await action.run(plan, back)
    # only the stop has an inverse, and none is sent to what runs
    assert [await action.undo(plan, step, None) for step in (start, back, stop)] == [None] * 3
    assert (await action.undone(plan)).outcome is Outcome.SUCCEEDED
    sonarr.state = "DEPLOYING"
    refused = await action.check(plan)
    assert refused is not None
    assert refused.key == "container_state"
    sonarr.state = "RUNNING"
    # an answer that was lost says nothing, for the sizes may have been the same before
    lost = [Receipt(stop, {}), Receipt(back, {"lost": True}), Receipt(start, {})]
    assert (await action.verify(plan, lost)).outcome is Outcome.INCONCLUSIVE
    monkeypatch.setattr(app_data_back, "GATE", 5.0)
    for state, reason in (("CRASHED", "gate_ended"), ("DEPLOYING", "gate_not_steady")):
        sonarr.state = state
        verdict = await action.verify(plan, lost)
        assert (verdict.outcome, verdict.facts["reason"]) == (Outcome.FAILED, reason)
        assert (await action.undone(plan)).outcome is Outcome.FAILED
    del world.apps["sonarr"]
    assert await refusal(back) == "no_such_target"
    assert (await action.verify(plan, lost)).facts["reason"] == "gate_gone"
    with pytest.raises(Refused, match="no_such_target"):
        await action.undo(plan, stop, None)
    with pytest.raises(Refused, match="no_such_target"):
        await action.plan("sonarr", {})
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert (await action.undone(plan)).outcome is Outcome.INCONCLUSIVE

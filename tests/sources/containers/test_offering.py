"""Safe updates as one offer, in a real Home Assistant core on the simulated engine: weekly, by hand, and by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.edge.settings import DAYS
from custom_components.home_server_monitor.guardian.contract import Actor, Refused
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.containers import updates
import simulator
from simulator.harbour import Containers

from .conftest import engine_entry
from .household import at_home, hurry

ALWAYS = {
    "window_days": list(DAYS),
    "window_from": "00:00:00",
    "window_to": "00:00:00",
}


class Place:
    """A Home Assistant with a home and the simulated engine."""

    def __init__(self, hass: HomeAssistant, house: Any, entry: MockConfigEntry, user: MockUser) -> None:
        self.hass, self.house, self.entry, self.user = hass, house, entry, user
        self.pushes: list[dict[str, Any]] = []

    @property
    def source(self) -> Any:
        """The source as it is now."""
        return self.entry.runtime_data

    @property
    def guardian(self) -> Any:
        """The guardian as it is now."""
        return self.hass.data[HOUSE].guardian("home")

    @property
    def records(self) -> list[Record]:
        """All records, the oldest first."""
        return sorted(self.guardian.desk.records.values(), key=lambda each: each.id)

    def record(self, action: str) -> Record:
        """Return the newest record of an action."""
        return [each for each in self.records if each.action == action][-1]

    def rules(self) -> dict[str, dict[str, str]]:
        """Return what is offered: the placeholders by rule."""
        found = self.guardian.register.firing()
        return {
            each.finding.rule: dict(each.finding.placeholders)
            for each in found
            if each.finding.rule.startswith("updates_")
        }

    def publish(self, name: str, version: str = "", days: float = 30.0, **acts: Any) -> None:
        """Push a newer image of a container, made so many days ago."""
        household = self.house.harbour.household
        service = household.services[name]
        behaviour = replace(service.acts, ready_after=0.0, **acts)
        at = datetime.now(UTC) - timedelta(days=days)
        household.publish(service, version or f"{service.version}.1", acts=behaviour, at=at.timestamp())

    async def look(self) -> None:
        """Ask all registries, as happens a few times a day, and have the guardian look."""
        # nobody here saw what was the newest before: its own age is all that is known
        self.source.newest.updates.clear()
        for reference in self.source.newest.wanted(self.source.data.containers):
            self.source.newest.ask_soon(reference)
        for _ in range(len(self.source.data.containers) + 2):
            await self.source.meanwhile.look_for_updates()
        await self.settle()

    async def settle(self) -> None:
        """Let the guardian judge and say what it has to say."""
        self.hass.data[HOUSE].updated(self.source)
        await self.guardian.intake._judge()
        await self.guardian.tick()
        await self.hass.async_block_till_done()
        speaker = self.guardian.speaker
        while speaker._offers._waiting or speaker._planning:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await speaker.idle()

    async def call(self, name: str, response: bool = False, **data: Any) -> Any:
        """Call one of our actions as the admin."""
        return await self.hass.services.async_call(
            DOMAIN,
            name,
            data,
            blocking=True,
            return_response=response,
            context=Context(user_id=self.user.id),
        )

    async def approve(self, record: Record) -> Record:
        """Approve a proposal as the admin and wait for its end."""
        await self.call("approve", proposal=record.id)
        async with asyncio.timeout(60):
            ended: Record = await self.guardian.desk.wait(record.id)
        await self.settle()
        return ended

    def update(self, name: str) -> Any:
        """Return the state of a container's update entity."""
        unique_id = f"{self.entry.unique_id}_container_{name}_container_update"
        entity = er.async_get(self.hass).async_get_entity_id("update", DOMAIN, unique_id)
        return self.hass.states.get(entity or "")

    def count(self) -> int:
        """Return how many updates the engine is said to have."""
        entity = er.async_get(self.hass).async_get_entity_id(
            "sensor", DOMAIN, f"{self.entry.unique_id}_updates_available"
        )
        return int(self.hass.states.get(entity or "").state)

    def image(self, name: str) -> str:
        """Return the version of the image that a container runs."""
        labels = self.house.harbour.engine.names[name].image.config["Labels"]
        return str(labels["org.opencontainers.image.version"])

    async def options(self, **options: Any) -> None:
        """Change the options of the engine."""
        self.hass.config_entries.async_update_entry(self.entry, options={"update_cool_down": 3, **options})
        await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done()
        await self.source.first_look


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[Any]:
    """A simulated home server in which what takes time takes little."""
    async with simulator.run(profile="frozen", containers=Containers(pace=0.005, count=6)) as running:
        for name in ("prowlarr", "radarr", "sonarr"):
            container = running.harbour.engine.names[name]
            container.image.behaviour = replace(container.behaviour, ready_after=0.0)
            container.config["Healthcheck"] = {"Test": ["CMD", "true"], "Interval": 10**8, "Timeout": 10**9}
        yield running


@pytest.fixture
async def place(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    server_entry: MockConfigEntry,
    house: Any,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Place]:
    """All is set up; the registry is asked as one elsewhere would be, and only when a test wants it."""
    hurry(monkeypatch, every=0.02, again=0.1, stable=0.1)
    monkeypatch.setattr(updates, "is_loopback", lambda host: False)
    entry = engine_entry(house.harbour.docker_url)
    found = Place(hass, house, entry, hass_admin_user)
    async with at_home(hass, server_entry, entry, hass_admin_user) as found.pushes:
        yield found


async def test_once_a_week_all_that_is_safe_is_one_proposal(place: Place) -> None:
    """It lists what, from, to, and what is left out and why; approved it is done in order and told once."""
    told = async_capture_events(place.hass, "home_server_monitor_alert")
    place.publish("sonarr", "4.0.16")
    place.publish("sabnzbd", "4.5.4")
    place.publish("radarr", "6.0.0")
    place.publish("prowlarr", "2.0.6", days=1)
    await place.look()
    assert place.rules()["updates_ready"]["count"] == "2"
    assert not place.pushes
    proposal = place.record("update_containers")
    assert proposal.state is State.PROPOSED
    (issue,) = [
        each
        for each in ir.async_get(place.hass).issues.values()
        if each.data and each.data["proposal"] == proposal.id
    ]
    assert issue.is_fixable
    shown = (await place.call("list_proposals", response=True))["proposals"][0]
    assert "sabnzbd 4.5.3 → 4.5.4, sonarr 4.0.15.2941 → 4.0.16" in shown["what"]
    assert "radarr: a new major version, 5.27.5.10198 → 6.0.0" in shown["what"]
    assert "prowlarr: published lately, 2 days more" in shown["what"]
    listed = await place.call("list_updates", response=True, device_id=place.source.device_id)
    rows = {each["container"]: each for each in listed["updates"]}
    assert {name: each["next"] for name, each in rows.items() if each["next"]} == {
        "prowlarr": "by_hand",
        "radarr": "by_hand",
        "sabnzbd": "together",
        "sonarr": "together",
    }
    assert rows["prowlarr"]["left_out"] == "published lately, 2 days more"
    assert (rows["sonarr"]["policy"], rows["sonarr"]["latest"], rows["sonarr"]["left_out"]) == (
        "ask",
        "4.0.16",
        None,
    )
    assert rows["sonarr"]["published"] < rows["prowlarr"]["published"]

    ended = await place.approve(proposal)
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.verdict, ended.receipts)
    assert [place.image(each) for each in ("sabnzbd", "sonarr", "radarr")] == [
        "4.5.4",
        "4.0.16",
        "5.27.5.10198",
    ]
    parts = [each for each in place.records if each.part_of == ended.id]
    assert [each.target for each in parts] == ["sabnzbd", "sonarr"]
    assert parts[0].entered(State.SUCCEEDED) <= parts[1].entered(State.RUNNING)
    assert "Updated and well: sabnzbd, sonarr." in place.guardian.wording.outcome(ended)
    outcomes = [each for each in told if each.data["kind"] == "outcome"]
    assert [each.data["proposal"] for each in outcomes] == [ended.id]

    # not again in this week, whatever is published
    place.publish("prowlarr", "2.0.7")
    await place.look()
    assert place.update("prowlarr").state == "on"
    assert "updates_ready" not in place.rules()


async def test_the_first_that_does_not_go_through_is_the_last(place: Place) -> None:
    """It is put back, the rest is not begun, and that image is left alone until there is another one."""
    for name in ("prowlarr", "radarr", "sonarr"):
        acts = {"exits_after": 0.05, "exit_code": 3} if name == "radarr" else {}
        place.publish(name, **acts)
    await place.look()
    ended = await place.approve(place.record("update_containers"))
    assert ended.state is State.FAILED
    assert (place.image("prowlarr"), place.image("radarr"), place.image("sonarr")) == (
        "2.0.5.5160.1",
        "5.27.5.10198",
        "4.0.15.2941",
    )
    said = place.guardian.wording.outcome(ended)
    assert "Updated and well: prowlarr." in said
    assert "radarr was put back and runs as before." in said
    assert "Not begun: sonarr." in said
    (push,) = place.pushes
    assert "Not begun: sonarr." in push["message"]
    assert place.source.offering.failed.keys() == {"radarr"}
    await place.look()
    assert [each.name for each in place.source.offering.offer.safe] == ["sonarr"]
    place.publish("radarr", "5.28.0")
    await place.look()
    assert [each.name for each in place.source.offering.offer.safe] == ["radarr", "sonarr"]


async def test_what_somebody_has_seen_to_stays_so_over_a_restart(place: Place) -> None:
    """Until all registries were asked again nobody knows, and what was said holds; an offer that expired is renewed."""
    place.publish("sonarr", "4.0.16")
    await place.look()
    first = place.record("update_containers")
    await place.guardian.desk.book.move(first.id, State.PROPOSED, State.EXPIRED, _admin(place))
    await place.settle()
    assert place.record("update_containers").id != first.id
    assert place.record("update_containers").state is State.PROPOSED
    (tracked,) = [each for each in place.guardian.register.firing() if each.finding.rule == "updates_ready"]
    await place.guardian.answers.acknowledge(tracked, _admin(place))
    await place.hass.config_entries.async_reload(place.entry.entry_id)
    await place.source.first_look
    await place.settle()
    assert place.rules()["updates_ready"]["names"] == "sonarr 4.0.15.2941 → 4.0.16"
    await place.look()
    (same,) = [each for each in place.guardian.register.firing() if each.finding.rule == "updates_ready"]
    assert (same.count, same.acknowledged) == (tracked.count, tracked.acknowledged)
    assert same.acknowledged is not None


async def test_a_button_updates_all_that_is_safe(place: Place) -> None:
    """At any time; without anything safe it says so."""
    entity = er.async_get(place.hass).async_get_entity_id(
        "button", DOMAIN, f"{place.entry.unique_id}_update_containers"
    )

    async def press() -> None:
        await place.hass.services.async_call(
            "button",
            "press",
            {"entity_id": entity},
            blocking=True,
            context=Context(user_id=place.user.id),
        )

    with pytest.raises(ServiceValidationError) as error:
        await press()
    assert error.value.translation_key == "nothing_safe"
    place.publish("sonarr")
    await place.look()
    await press()
    assert place.image("sonarr") == "4.0.15.2941.1"


async def test_what_was_skipped_is_left_out(place: Place) -> None:
    """Home Assistant's own skip counts, for the version that was skipped."""
    place.publish("sonarr", "4.0.16")
    await place.look()
    assert place.update("sonarr").attributes["latest_version"] == "4.0.16"
    await place.hass.services.async_call(
        "update", "skip", {"entity_id": place.update("sonarr").entity_id}, blocking=True
    )
    await place.settle()
    assert place.source.offering.offer.safe == ()
    assert [(each.name, each.reason) for each in place.source.offering.offer.left] == [("sonarr", "skipped")]
    place.publish("sonarr", "4.0.17")
    await place.look()
    assert [each.after for each in place.source.offering.offer.safe] == ["4.0.17"]


async def test_a_snapshot_that_is_wanted_and_cannot_be_taken(place: Place) -> None:
    """Nothing is touched, and it is said which data would be without."""
    place.publish("sonarr")
    await place.look()
    state = place.update("sonarr")
    assert state.attributes["supported_features"] & 8
    with pytest.raises(ServiceValidationError) as error:
        await place.hass.services.async_call(
            "update",
            "install",
            {"entity_id": state.entity_id, "backup": True},
            blocking=True,
            context=Context(user_id=place.user.id),
        )
    assert error.value.translation_key == "no_snapshot_of"
    assert place.image("sonarr") == "4.0.15.2941"


async def test_what_is_never_updated(place: Place) -> None:
    """Nothing newer is shown, and an update is refused."""
    await place.options(update_never=["sonarr"])
    place.publish("sonarr")
    await place.look()
    assert place.update("sonarr").state == "off"
    assert place.count() == 0
    place.publish("radarr")
    await place.look()
    assert place.count() == 1
    assert not [each for each in place.source.newest.updates if "sonarr" in each]
    with pytest.raises(Refused) as refused:
        await place.source.actions["update_container"].plan("sonarr", {})
    assert refused.value.refusal.key == "never_updated"


async def test_progress_is_shown_whoever_began_it(place: Place) -> None:
    """In percent of its steps, while it is under way and not afterwards."""
    place.publish("sonarr")
    await place.look()
    seen: list[Any] = []
    place.hass.bus.async_listen(
        "state_changed",
        lambda event: (
            seen.append(event.data["new_state"])
            if event.data["entity_id"] == place.update("sonarr").entity_id
            else None
        ),
    )
    await place.approve(place.record("update_containers"))
    percent = [each.attributes["update_percentage"] for each in seen if each.attributes["in_progress"]]
    known = [each for each in percent if each is not None]
    assert len(known) > 5
    assert known == sorted(known)
    assert 0 < known[0] < known[-1] < 100
    # until it is known how it ends, it stays on the page of updates as the one that ran before
    under_way = [each for each in seen if each.attributes["in_progress"]]
    assert {each.state for each in under_way} == {"on"}
    assert len({each.attributes["installed_version"] for each in under_way}) == 1
    now = place.update("sonarr")
    assert (now.state, now.attributes["in_progress"]) == ("off", False)
    assert now.attributes["installed_version"] != under_way[0].attributes["installed_version"]


async def test_by_itself_only_under_an_approval_of_exactly_that_policy(place: Place) -> None:
    """Asked for until an admin approved it; then in the window; and what is written anew is asked for again."""
    await place.guardian.desk.set_mode(Mode.ASK, _admin(place))
    await place.options(update_automatic=["sonarr"])
    place.publish("sonarr")
    await place.look()
    assert set(place.rules()) == {"updates_ready", "updates_unapproved"}
    assert place.rules()["updates_unapproved"]["names"] == "sonarr"
    server = place.guardian.entry
    place.hass.config_entries.async_update_entry(server, options={**server.options, **ALWAYS})
    await place.hass.async_block_till_done()
    tracked = next(
        each for each in place.guardian.register.firing() if each.finding.rule == "updates_unapproved"
    )
    record = await place.guardian.proposals.propose_for(tracked)
    shown = place.guardian.wording.plan(record, tracked)
    assert "By itself, in the maintenance hours: sonarr" in shown[0]
    assert "Ask, once a week together" in shown[0]
    assert (await place.approve(record)).state is State.SUCCEEDED
    (standing,) = place.guardian.desk.helm.standings.values()
    assert (standing.windows_only, standing.by.id, standing.source) == (True, place.user.id, place.source.id)

    # the approval itself counted as an act here, after which there is a pause
    policy = place.guardian.desk.policy
    policy.settings = replace(policy.settings, cool_down=0.0)
    await place.look()
    assert set(place.rules()) >= {"updates_due"}
    await place.settle()
    due = next(each for each in reversed(place.records) if each.params.get("policy"))
    async with asyncio.timeout(30):
        ended = await place.guardian.desk.wait(due.id)
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.verdict)
    assert ended.actor.kind == "standing"
    assert place.image("sonarr") == "4.0.15.2941.1"

    await place.options(update_automatic=["radarr", "sonarr"])
    await place.look()
    assert place.guardian.desk.helm.standings[standing.id].lapsed == "policy_changed"
    assert "standing_lapsed" in {each.finding.rule for each in place.guardian.register.firing()}
    place.publish("radarr")
    await place.look()
    assert place.rules()["updates_unapproved"]["names"] == "radarr"
    assert place.image("radarr") == "5.27.5.10198"


async def test_it_is_approved_in_advance_in_no_other_way(place: Place) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await place.call("grant_standing", action="update_containers", target="*")
    assert error.value.translation_key == "standing_by_policy"


async def test_what_changed_since_it_was_shown_is_left_out(place: Place) -> None:
    """An image that was pushed after the approval is not pulled, for nobody was shown it; nor one skipped since."""
    place.publish("prowlarr", "2.0.6")
    place.publish("radarr", "5.27.6")
    place.publish("sonarr", "4.0.16")
    await place.look()
    proposal = place.record("update_containers")
    place.publish("sonarr", "4.0.17")
    before = place.house.harbour.engine.names["sonarr"].ident

    def skip(record: Record) -> None:
        if record.part_of == proposal.id and record.state is State.RUNNING and record.step == 0:
            entity = {"entity_id": place.update("radarr").entity_id}
            place.hass.async_create_task(place.hass.services.async_call("update", "skip", entity))

    # while the first of them is under way
    told = place.guardian.desk.book.on_change
    place.guardian.desk.on_change(lambda record: (told(record), skip(record)))
    ended = await place.approve(proposal)
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.verdict)
    assert [each.target for each in place.records if each.part_of == ended.id] == ["prowlarr"]
    images = [place.image(each) for each in ("prowlarr", "radarr", "sonarr")]
    assert images == ["2.0.6", "5.27.5.10198", "4.0.15.2941"]
    assert place.house.harbour.engine.names["sonarr"].ident == before
    said = place.guardian.wording.outcome(ended)
    assert "Updated and well: prowlarr." in said
    assert "radarr: you skipped 5.27.6; sonarr: a newer one came since it was shown: 4.0.17" in said
    # that one is asked for as soon as it is old enough, without waiting for a week
    assert [each.reason for each in place.source.offering.offer.left if each.name == "sonarr"] == ["cooling"]
    await place.look()
    assert "sonarr 4.0.15.2941 → 4.0.17" in place.rules()["updates_ready"]["names"]
    assert place.record("update_containers").id != proposal.id
    assert place.record("update_containers").state is State.PROPOSED


async def test_who_wants_all_actions_stopped_stops_the_rest(place: Place) -> None:
    """The one under way is finished or taken back by itself; the next one is not begun."""
    for name in ("prowlarr", "radarr", "sonarr"):
        place.publish(name)
    await place.look()
    proposal = place.record("update_containers")

    def watch(record: Record) -> None:
        if record.part_of == proposal.id and record.state is State.SUCCEEDED:
            place.guardian.desk.helm.hold = True

    told = place.guardian.desk.book.on_change
    place.guardian.desk.on_change(lambda record: (told(record), watch(record)))
    ended = await place.approve(proposal)
    assert (ended.state, ended.reason) == (State.FAILED, "hold_is_on")
    assert (place.image("prowlarr"), place.image("radarr")) == ("2.0.5.5160.1", "5.27.5.10198")
    said = place.guardian.wording.outcome(ended)
    assert "Updated and well: prowlarr." in said
    assert "Not begun: radarr, sonarr." in said


def _admin(place: Place) -> Any:
    return Actor(kind="user", id=place.user.id, name="Ada", admin=True, via="action")


async def test_who_asks_need_not_wait_for_hours(place: Place) -> None:
    await async_setup_component(place.hass, "homeassistant", {})
    await place.look()
    assert place.hass.states.get("update.radarr_update").state == "off"
    place.publish("radarr", "9.9")
    # nothing is due for hours
    await place.source.meanwhile.look_for_updates()
    await place.settle()
    assert place.hass.states.get("update.radarr_update").state == "off"
    await place.hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": "update.radarr_update"}, blocking=True
    )
    await place.source.meanwhile.look_for_updates()
    await place.settle()
    assert place.hass.states.get("update.radarr_update").state == "on"

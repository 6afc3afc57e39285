"""A disk that may fail is replaced: what a person reads on the phone, in order, and what stays quiet meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeassistant.core import Event
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge import own_answers
from custom_components.home_server_monitor.edge.speaker import EVENT, PROGRESS
from custom_components.home_server_monitor.guardian.contract import Actor, Refused
from custom_components.home_server_monitor.guardian.finding import Tracked
from custom_components.home_server_monitor.guardian.tracked import State as Life
from custom_components.home_server_monitor.plays.disk_risk import play
from custom_components.home_server_monitor.plays.disk_risk.removal import devices_of
from custom_components.home_server_monitor.prediction import forest
from custom_components.home_server_monitor.prediction.tiers import Tier
import simulator
from tests.orders import ADMIN
from tests.plays.small_model import write
from tests.plays.test_disk_risk import scrutiny_entry
from tests.test_guardian_edge import Household, _as, _ask, _fix, home

__all__ = ["home"]

OLD = "WD-WCC7K4AA17XT"
TITLE = "Replacing disk WD40EFRX 17XT"


@pytest.fixture
async def sim(socket_enabled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A simulated TrueNAS 25.10 with a Scrutiny that has seen a disk of its mirror die for three weeks."""
    model = write(tmp_path / "small.json.gz")
    monkeypatch.setattr(play, "load", lambda: forest.load(model))
    async with simulator.run(version="25.10", profile="frozen", scrutiny=True) as running:
        await running.scenario("disk_ageing", disk="sdc", kind="slow_death")
        yield running


@pytest.fixture
async def failing(home: Household, hass_admin_user: MockUser) -> Household:
    """The household, whose phone was told that a disk may fail."""
    home.tell(home.phone("Ann", hass_admin_user))
    entry = scrutiny_entry(home.sim)
    entry.add_to_hass(home.hass)
    assert await home.hass.config_entries.async_setup(entry.entry_id)
    await home.settle(400)
    return home


class Channels:
    """What channels of blueprints are told, and what they are answered when they ask: a Telegram chat and a list."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.events: list[tuple[str, Any]] = []
        self.shown: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        home.tell(*home.guardian.settings.phones, telegram=["42:7"])
        for name in (EVENT, PROGRESS):
            home.hass.bus.async_listen(name, self._asks)

    async def _asks(self, event: Event) -> None:
        data = event.data
        if data["kind"] != "outcome":
            return
        cards = [
            await _ask(self.home, "get_buttons", None, finding=data["finding"], recipient=recipient)
            for recipient in ("telegram:7", "notify.family")
        ]
        self.shown.append((event.event_type, dict(data), cards[0]))
        assert cards[1]["message"] == cards[0]["message"]
        if cards[0]["message_id"] is None:
            sent = {"chat_id": 7, "message_id": 4711, "message_tag": data["tag"], "bot": {}}
            self.home.hass.bus.async_fire("telegram_sent", sent)

    async def heard(self, texts: list[str], tag: str) -> None:
        """Each stage is theirs with the words of the phone, replaces what they show, and ends with a message of its own."""
        assert [card["message"] for _, _, card in self.shown] == texts
        assert (
            {data["tag"] for _, data, _ in self.shown} == {card["tag"] for _, _, card in self.shown} == {tag}
        )
        assert [kind for kind, _, _ in self.shown] == [*[PROGRESS] * (len(texts) - 1), EVENT]
        assert [data["state"] for _, data, _ in self.shown] == [
            "running", "offline", "out", "inserted", *["resilvering"] * 4, "done",
        ]  # fmt: skip
        assert {data["severity"] for _, data, _ in self.shown} == {"high"}
        assert [card["message_id"] for _, _, card in self.shown] == [None, *[4711] * (len(texts) - 2), None]
        buttons = [[each["title"] for each in card["buttons"]] for _, _, card in self.shown]
        assert buttons == [*[["Not replacing it"]] * (len(texts) - 1), []]
        assert self.home.guardian.wording.logged(self.shown[-1][1]) == f"{TITLE}. {texts[-1]}"


async def step(home: Household, count: int = 1, **params: Any) -> None:
    """Let the person at the server do the next step."""
    for _ in range(count):
        await home.sim.scenario("disk_replacement", **params)
    await home.settle(75)


async def rebuilt(home: Household, percent: float) -> None:
    """Let so much be rebuilt, and that be seen and told."""
    scan, told = home.sim.world.pool("tank").scan, len(home.pushes)
    scan.start = home.sim.world.clock.now() - percent / 100 * scan.total / scan.rate
    await home.until(lambda: len(home.pushes) > told, 400)


def shown(push: dict[str, Any]) -> tuple[str, str]:
    """Return what a push says."""
    return push.get("title", ""), push["message"]


async def test_all_of_it_is_one_notification(failing: Household, hass_admin_user: MockUser) -> None:
    home = failing
    (first,) = home.pushes
    channels = Channels(home)
    await home.tap(home.button(first, "why"), hass_admin_user.id)
    assert [each["title"] for each in home.shown("Ann")["data"]["actions"]] == [
        "Ordered", "I am replacing it", "Acknowledge", "Snooze 24 h",
    ]  # fmt: skip
    await home.tap(home.button(home.shown("Ann"), "replacing"), hass_admin_user.id)
    until = home.guardian.register.tracked[finding(home, "disk_replacing").id].finding.placeholders["until"]
    for _ in range(4):
        await step(home)
    pool = finding(home, "pool_unprotected")
    assert pool.inhibited_by == finding(home, "disk_replacing").id
    # that it is out has not made it worse, nor another disk
    gone = finding(home, "disk_failing")
    assert (gone.severity.name, gone.finding.placeholders["disk"]) == ("HIGH", "WD40EFRX 17XT")
    assert gone.inhibited_by == finding(home, "disk_replacing").id
    for percent in (25.1, 50.1, 75.1, 100.1):
        await rebuilt(home, percent)
    assert [shown(each) for each in home.pushes[2:]] == [
        (
            TITLE,
            (
                f"Mock User is replacing it. Until {until} its loss is expected and not told; that of a second disk is.\n"
                "1. In TrueNAS: Storage, the devices of pool tank (Manage Devices or View VDEVs), the disk that ends in"
                " 17XT, Offline.\n"
                "2. Take out the disk whose label ends in 17XT. Read the label first.\n"
                "3. Put in the new one, of at least 4 TB.\n"
                "4. In TrueNAS, in the same place: the disk that is missing, Replace, the new one.\n"
                "5. Wait for the resilver. It is told here."
            ),
        ),
        (TITLE, "It is offline. Take out the disk whose label ends in 17XT."),
        (
            TITLE,
            (
                "It is out. Put in the new one, of at least 4 TB; then, in TrueNAS, choose the disk that is missing,"
                " Replace, and the new one."
            ),
        ),
        (
            TITLE,
            "A new disk is there: WD40EFZX 9K1D, 4 TB. In TrueNAS choose the old one, Replace, and this one.",
        ),
        (TITLE, "WD40EFZX 9K1D takes its place. Resilver: 0 %, about 4 h to go."),
        (TITLE, "WD40EFZX 9K1D takes its place. Resilver: 25 %, about 3 h to go."),
        (TITLE, "WD40EFZX 9K1D takes its place. Resilver: 50 %, about 2 h to go."),
        (TITLE, "WD40EFZX 9K1D takes its place. Resilver: 75 %, about 60 min to go."),
        (TITLE, "Replaced by WD40EFZX 9K1D, resilvered, 0 errors."),
    ]
    assert {each["data"]["tag"] for each in home.pushes} == {first["data"]["tag"]}
    sounds = [each["data"].get("alert_once") is not True for each in home.pushes[2:]]
    assert sounds == [True, *[False] * 7, True], "only the answer and the end make a sound"
    await channels.heard([each["message"] for each in home.pushes[2:]], first["data"]["tag"])
    await ended(home, hass_admin_user)


async def ended(home: Household, user: MockUser) -> None:
    """Afterwards: old findings end without a word, the old device is offered for removal, its days are kept."""
    home.pushes.clear()
    await home.settle(310)
    # an hour later
    for tracked in home.guardian.register.tracked.values():
        tracked.missing_since = tracked.missing_since and tracked.missing_since - 3700
    await home.settle(75)
    assert home.pushes == []
    rules = {each.finding.rule for each in home.guardian.open_findings() if OLD in each.finding.object}
    assert rules == {"disk_replaced"}
    lines = [row["text"] for row in (await _ask(home, "list_journal", user.id))["journal"]]
    assert "Disk WD40EFRX 17XT was replaced by WD40EFZX 9K1D; errors: 0" in lines
    assert any(line.startswith("Disk WD40EFRX 17XT is being replaced by Mock User") for line in lines)
    (issue,) = offered(home)
    assert issue.is_fixable
    registry = dr.async_get(home.hass)
    known = (DOMAIN, f"{home.nas.unique_id}_disk_{OLD}")
    assert registry.async_get_device_by_identifier(known, home.nas.entry_id) is not None
    record = home.hass.data[DOMAIN].source("disks:home").records[OLD]
    days = len(record._history.rows())
    await own_answers.take(home.guardian, finding(home, "disk_replaced"), "remove", ADMIN)
    await home.settle(60)
    assert registry.async_get_device_by_identifier(known, home.nas.entry_id) is None
    assert offered(home) == []
    # Scrutiny goes on listing it, and shows it no more
    assert any(drive.serial == OLD for drive in scrutiny(home).data.drives.values())
    assert devices_of(home.hass, OLD) == []
    assert len(record._history.rows()) == days > 20


def scrutiny(home: Household) -> Any:
    """Return what is known of Scrutiny."""
    (entry,) = (each for each in home.hass.config_entries.async_entries(DOMAIN) if each.title == "Scrutiny")
    return entry.runtime_data


def offered(home: Household) -> list[Any]:
    """Return the repair in which the device of the old disk can be removed."""
    return [
        each
        for each in ir.async_get(home.hass).issues.values()
        if (each.translation_placeholders or {}).get("title") == "Disk WD40EFRX 17XT was replaced"
    ]


def finding(home: Household, rule: str) -> Tracked:
    """Return the one open finding of a rule."""
    (found,) = (each for each in home.guardian.open_findings() if each.finding.rule == rule)
    return found


async def test_a_second_disk_is_critical(failing: Household, hass_admin_user: MockUser) -> None:
    """Also after a restart in between, the loss of this disk is expected, and that of no other."""
    home = failing
    answer = await _ask(home, "disk_replacing", hass_admin_user.id, disk="17XT")
    assert answer["steps"][0].startswith("1. In TrueNAS: Storage, the devices of pool tank")
    await step(home, 2)
    await home.guardian.async_save()
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    await home.settle(300)
    assert finding(home, "pool_unprotected").inhibited_by == finding(home, "disk_replacing").id
    assert finding(home, "disk_missing").inhibited_by == finding(home, "disk_replacing").id
    home.pushes.clear()
    # the other one of the mirror begins to lose data
    await home.sim.scenario("checksum_errors", disk="sdb")
    await home.settle(75)
    assert [each["title"] for each in home.pushes] == ["Pool tank: 37 checksum errors"]
    assert home.pushes[0]["data"]["push"]["interruption-level"] == "critical"
    home.pushes.clear()
    await home.sim.scenario("pool_degraded", disk="sdb")
    await home.settle(75)
    assert finding(home, "pool_unavailable").inhibited_by is None
    assert any("not usable" in each["title"] for each in home.pushes)


async def test_who_does_not_replace_it_is_alarmed_again(
    failing: Household, hass_admin_user: MockUser
) -> None:
    home = failing
    await _ask(home, "disk_replacing", hass_admin_user.id, disk="17XT")
    await step(home, 2)
    home.pushes.clear()
    await _ask(home, "disk_replacing", hass_admin_user.id, disk="17XT", stop=True)
    await home.settle(75)
    assert shown(home.pushes[0]) == (TITLE, "Mock User does not replace it: its loss is told again.")
    assert "Pool tank: no protection left" in [each.get("title") for each in home.pushes]
    # the same, where nobody says so: after two weeks, whatever the clock says
    await _ask(home, "disk_replacing", hass_admin_user.id, disk="17XT")
    await home.settle(5)
    home.pushes.clear()
    promised = home.hass.data[DOMAIN].source("disks:home").tending.promises.replacing
    until = promised[OLD].until
    for days in (15, -15):
        home.put_clock(days)
        await home.settle(400)
        assert not any("was not replaced" in each["message"] for each in home.pushes)
        until += days * 86400
        assert abs(promised[OLD].until - until) < 1
    assert finding(home, "pool_unprotected").inhibited_by == finding(home, "disk_replacing").id
    home.pushes.clear()
    promised[OLD] = replace(promised[OLD], until=0.0)
    await home.settle(400)
    assert home.pushes[0]["message"].startswith("It was not replaced by")
    assert "Pool tank: no protection left" in [each.get("title") for each in home.pushes]


async def ordered(home: Household, user: MockUser) -> None:
    """What is ordered is quiet until it is worse, or late; then it is told with one line more."""
    promised = home.hass.data[DOMAIN].source("disks:home").tending.promises.ordered
    for told in (
        "It got worse since Mock User ordered its replacement on ",
        "Mock User ordered its replacement on ",
    ):
        await home.tap(home.button(home.pushes[-1], "why"), user.id)
        await home.tap(home.button(home.pushes[-1], "ordered"), user.id)
        assert home.pushes[-1]["message"] == "clear_notification"
        home.pushes.clear()
        await home.settle(60)
        assert home.pushes == []
        assert finding(home, "disk_failing").snoozed is not None
        assert not [
            each for each in ir.async_get(home.hass).issues.values() if each.translation_key == "answers"
        ]
        answer = await _ask(home, "explain_disk", user.id, disk="17XT")
        assert (answer["ordered"]["by"], answer["ordered"]["state"]) == ("Mock User", "ordered")
        if told.startswith("It got worse"):
            promised[OLD] = replace(promised[OLD], tier=Tier(promised[OLD].tier - 1))
        else:
            promised[OLD] = replace(promised[OLD], until=0.0)
        await home.settle(400)
        (again,) = home.pushes
        assert again["title"].startswith("Disk WD40EFRX 17XT may fail")
        assert again["message"].partition("\n")[2].startswith(told)
    lines = [row["text"] for row in (await _ask(home, "list_journal", user.id))["journal"]]
    assert (
        sum(line.startswith("Replacement of disk WD40EFRX 17XT ordered by Mock User") for line in lines) == 3
    )


async def repaired(home: Household) -> None:
    """Repairs takes the same answers."""
    flow = await _fix(home, finding(home, "disk_failing").id)
    shown_first = await flow.async_step_init()
    assert shown_first["menu_options"] == ["ordered", "replacing", "acknowledge", "dismiss"]
    named = shown_first["description_placeholders"]
    assert named["title"].startswith("Disk WD40EFRX 17XT may fail: ")
    assert (await flow.async_step_dismiss({"reason": " "}))["errors"] == {"reason": "no_reason"}
    form = await flow.async_step_replacing()
    assert "2. Take out the disk whose label ends in 17XT." in form["description_placeholders"]["steps"]
    assert (await flow.async_step_replacing({}))["type"] is FlowResultType.CREATE_ENTRY
    await home.settle(5)
    flow = await _fix(home, finding(home, "disk_replacing").id)
    assert (await flow.async_step_init())["menu_options"] == ["stop"]
    assert (await flow.async_step_stop())["type"] is FlowResultType.CREATE_ENTRY
    await home.settle(5)
    assert not any(each.finding.rule == "disk_replacing" for each in home.guardian.open_findings())


async def not_answered(home: Household, monkeypatch: pytest.MonkeyPatch, users: dict[str, Any]) -> None:
    """Repairs answers nothing for nobody, nothing that is not asked, and nothing that is over."""
    tracked = finding(home, "disk_failing")
    flow = await _fix(home, tracked.id)

    async def told(step: str, given: dict[str, str] | None = None) -> tuple[str, str]:
        shown = await getattr(flow, f"async_step_{step}")(given)
        said = shown.get("description_placeholders") or {}
        return shown.get("reason", shown["type"]), said.get("reason", "")

    with monkeypatch.context() as patched:
        for name, reason in (("nobody", "not_an_admin"), ("guest", "refused")):
            _as(patched, users[name])
            assert (await told("replacing", {}))[0] == reason
            assert (await told("dismiss", {"reason": "known"}))[0] == "not_an_admin"
        _as(patched, users["admin"])
        # what is answered to another finding is no answer to this one
        for step in ("stop", "remove", "cancel"):
            assert await told(step) == ("refused", home.guardian.texts.refusal("nothing_to_answer", {}))
        assert home.guardian.register.silence(tracked) is None
        assert not [each for each in home.guardian.open_findings() if each.finding.rule == "disk_replacing"]
        # a button of the same sort on a phone
        home.pushes.clear()
        ann = Actor(kind="user", id=users["admin"].id, name="Ann", admin=True, via="phone")
        await home.guardian.answers._answer("stop", None, tracked, ann)
        await home.settle(5)
        assert shown(home.pushes[-1])[1] == home.guardian.texts.refusal("nothing_to_answer", {})
        # over meanwhile
        tracked.state = Life.RESOLVED
        for step in ("init", "replacing", "ordered", "dismiss"):
            assert (await told(step))[0] == "finding_gone"
        assert (await told("acknowledge"))[0] == "create_entry"
        tracked.state = Life.FIRING
        assert home.guardian.register.silence(tracked) is None
        # and taken care of in two other ways
        assert (await told("acknowledge"))[0] == "create_entry"
        assert home.guardian.register.silence(tracked) == "acknowledged"
        home.guardian.register.reopen(tracked.id)
        assert (await told("dismiss", {"reason": "known"}))[0] == "create_entry"
        assert home.guardian.register.silence(tracked) == "dismissed"
        home.guardian.register.reopen(tracked.id)
        assert (await told("ordered"))[0] == "create_entry"
        assert home.guardian.register.silence(tracked) == "snoozed"
        home.guardian.register.reopen(tracked.id)
        del home.hass.data[DOMAIN].source("disks:home").tending.promises.ordered[OLD]
        await home.settle(5)


async def stopped_meanwhile(home: Household, admin: Actor) -> None:
    """Who taps "I am not" before "I am" was taken in, or while others are told, has the last word."""
    tending, intake = home.hass.data[DOMAIN].source("disks:home").tending, home.guardian.intake
    at_once = intake.at_once

    async def stopping(source: Any) -> None:
        await at_once(source)
        await tending.stop(OLD, admin)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(intake, "at_once", stopping)
        await tending.replace_disk(OLD, admin)
    assert tending.promises.replacing == {}
    # two are late; the second one is stopped while that is said of the first
    await tending.replace_disk(OLD, admin)
    late = replace(tending.promises.replacing[OLD], until=0.0)
    tending.promises.replacing |= {"FIRST": replace(late, serial="FIRST"), OLD: late}
    tending.promises.replacing = dict(sorted(tending.promises.replacing.items()))
    note = home.guardian.note

    said = []

    async def noting(what: str, value: Any) -> None:
        said.append(what)
        await note(what, value)
        if what == "disk_late" and OLD in tending.promises.replacing:
            await tending.stop(OLD, admin)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(home.guardian, "note", noting)
        await tending.follow()
    assert tending.promises.replacing == {}
    assert said == ["disk_late", "disk_kept"]
    await home.settle(75)


async def refused_to(home: Household, guest: Actor) -> None:
    """Only administrators expect a loss."""
    tracked = finding(home, "disk_failing")
    with pytest.raises(Refused) as refused:
        await own_answers.take(home.guardian, tracked, "replacing", guest)
    assert refused.value.refusal.key == "admin_only"
    message = home.guardian.compose.why(
        tracked, None, [], "/", own=own_answers.buttons_of(home.guardian, tracked)
    )
    shown_to = await home.guardian.speaker.delivery.buttons(message, "guest", [guest])
    assert [each["title"] for each in shown_to] == ["Ordered", "Acknowledge"]


async def test_the_alarm_of_a_pool_is_answered_the_same_way(
    failing: Household, hass_admin_user: MockUser
) -> None:
    """One disk of the mirror drops out; who replaces it is not called again every few hours."""
    home = failing
    home.pushes.clear()
    await home.sim.scenario("pool_degraded", disk=OLD)
    await home.settle(75)
    alarm = home.pushes[-1]
    assert alarm["title"] == "Pool tank: no protection left"
    assert alarm["data"]["push"]["interruption-level"] == "critical"
    await home.tap(home.button(alarm, "why"), hass_admin_user.id)
    assert "Ordered" not in [each["title"] for each in home.pushes[-1]["data"]["actions"]]
    await home.tap(home.button(home.pushes[-1], "replacing"), hass_admin_user.id)
    title, text = shown(home.pushes[-1])
    assert (title, home.pushes[-1]["data"]["tag"]) == (TITLE, alarm["data"]["tag"])
    assert text.splitlines()[1] == "1. Take out the disk whose label ends in 17XT. Read the label first."
    home.pushes.clear()
    await home.settle(1200)
    assert home.pushes == [], "not even after a quarter of an hour"


async def test_who_may_answer_what_and_where(
    failing: Household,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _as(monkeypatch, hass_admin_user)
    await refused_to(failing, Actor(kind="user", id=hass_read_only_user.id, name="Guest", via="phone"))
    (first,) = failing.pushes
    users = {"nobody": None, "guest": hass_read_only_user, "admin": hass_admin_user}
    await not_answered(failing, monkeypatch, users)
    await repaired(failing)
    # nobody replaces it: it is told as before
    await failing.settle(75)
    await stopped_meanwhile(
        failing, Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="phone")
    )
    assert shown(failing.pushes[-1])[0] == first["title"]
    await ordered(failing, hass_admin_user)

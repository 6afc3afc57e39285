"""One problem is one message, whoever reports it; its end says what is still wrong, or leaves that to what says it."""

from dataclasses import replace
from typing import Any

from homeassistant.components.lovelace.dashboard import LovelaceStorage
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Finding, Node, Severity
from custom_components.home_server_monitor.guardian.remediation import State

from .test_guardian_edge import Household, _ask, home
from .test_guardian_lifecycle import Watched

__all__ = ["home"]

WARNING, HIGH, CRITICAL = Severity.WARNING, Severity.HIGH, Severity.CRITICAL
POOL, DISK = "pool:attic", "disk:one"
NODES = (
    Node(id="host:attic", kind="host", label="attic"),
    Node(id=POOL, kind="pool", label="box", runs_on="host:attic", needs=frozenset({DISK, "disk:two"})),
    Node(id=DISK, kind="disk", label="ONE", runs_on="host:attic"),
    Node(id="disk:two", kind="disk", label="TWO", runs_on="host:attic"),
    Node(id="alert:attic:1", kind="alert", runs_on="host:attic", needs=frozenset({POOL})),
)
SHOWN = {"pool": "box", "devices": "ONE", "disk": "ONE", "errors": "3 read errors", "device": "ONE"}
ALERT = {"title": "Volume Status", "text": "Pool box is DEGRADED"}


def wrong(rule: str, severity: Severity = HIGH, node: str = POOL, **more: Any) -> Finding:
    """Return a finding of the source in the attic."""
    shown = {**SHOWN, "repairer": "mirror", **ALERT, "temperature": "61"}
    return Finding(source="attic", rule=rule, object=node, severity=severity, placeholders=shown, **more)


VOLUME = wrong("nas_alert", node="alert:attic:1", evidence={"told_by": ["pool_degraded", "pool_unprotected"]})


class Attic:
    """A second server, whose troubles the test chooses."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.source = Watched(home.guardian.id, [])
        self.source.nodes = NODES
        home.guardian.house.attach(self.source)

    async def has(self, *found: Finding, wait: float = 40.0) -> list[str]:
        """Let these be wrong now; returns the titles of what was pushed since."""
        self.home.pushes.clear()
        self.source.findings = list(found)
        self.home.guardian.house.updated(self.source)
        await self.home.settle(wait)
        return self.titles()

    def titles(self) -> list[str]:
        """Return what was pushed, `-` for what was taken away."""
        return [str(push.get("title", "-")) for push in self.home.pushes]


@pytest.fixture
async def attic(home: Household, hass_admin_user: MockUser) -> Attic:
    """The second server, past its first look."""
    home.tell(home.phone("Ann", hass_admin_user))
    found = Attic(home)
    await found.has()
    return found


@pytest.mark.parametrize("disk", ["sdc", "sdd"])
async def test_a_missing_disk_is_one_message(home: Household, hass_admin_user: MockUser, disk: str) -> None:
    """The disk is gone, its pool is worse for it, and the NAS says so as well."""
    home.tell(home.phone("Ann", hass_admin_user))
    await home.sim.scenario("disk_missing", disk=disk)
    await home.settle(300)
    (push,) = home.pushes
    assert push["title"].startswith("Pool ")
    rules = {each.finding.rule for each in home.guardian.open_findings()}
    assert "disk_missing" in rules
    assert "nas_alert" not in rules


async def test_the_alert_of_the_nas_that_comes_first_is_collected_with_what_explains_it(attic: Attic) -> None:
    assert await attic.has(VOLUME, wait=10) == []
    assert await attic.has(VOLUME, wrong("disk_missing", node=DISK), wait=5) == []
    told = await attic.has(wrong("pool_degraded"), wrong("disk_missing", node=DISK))
    assert told == ["Pool box: degraded"]
    assert await attic.has(wrong("pool_degraded"), wrong("disk_missing", node=DISK), wait=200) == []


async def test_what_was_told_already_gives_way_to_what_explains_it(attic: Attic) -> None:
    assert await attic.has(wrong("disk_missing", node=DISK)) == ["A disk is missing"]
    told = await attic.has(wrong("pool_unprotected", CRITICAL), wrong("disk_missing", node=DISK))
    assert told == ["Pool box: no protection left", "-"]
    # the pool is well again and the disk still missing: it is told once more, by itself
    told = await attic.has(wrong("disk_missing", node=DISK), wait=150)
    assert sorted(told) == ["A disk is missing", "Over: Pool box: no protection left"]


async def test_what_became_worse_is_not_called_over(attic: Attic) -> None:
    assert await attic.has(wrong("pool_degraded")) == ["Pool box: degraded"]
    assert (await attic.has(wrong("pool_unprotected", CRITICAL)))[:1] == ["Pool box: no protection left"]
    await attic.has(wrong("pool_unprotected", CRITICAL), wait=150)
    assert not [title for title in attic.titles() if title.startswith("Over")]
    assert await attic.has(wait=150) == ["Over: Pool box: no protection left"]


async def test_the_end_says_what_is_still_as_bad_on_the_same_thing(attic: Attic) -> None:
    errors = wrong("pool_errors_unprotected")
    assert await attic.has(errors) == ["Pool box: 3 read errors"]
    (tracked,) = (each for each in attic.home.guardian.open_findings() if each.finding == errors)
    await _ask(attic.home, "acknowledge", None, finding=tracked.id)
    await attic.home.settle(1)
    await attic.has(errors, wrong("scan_errors", CRITICAL), wait=60)
    told = await attic.has(errors, wait=60)
    assert told == ["Over: Pool box: unrepaired errors (?)"]
    assert "Still open: Pool box: 3 read errors" in attic.home.pushes[0]["message"]


async def test_what_is_worse_and_known_comes_first(attic: Attic) -> None:
    worse = wrong("scan_errors", CRITICAL)
    await attic.has(worse)
    (tracked,) = (each for each in attic.home.guardian.open_findings() if each.finding == worse)
    await _ask(attic.home, "acknowledge", None, finding=tracked.id)
    await attic.home.settle(1)
    assert await attic.has(worse, wrong("scrub_at_risk")) == ["Pool box: scrub strains weak disks"]
    told = await attic.has(worse, wait=60)
    assert told == ["Now: Pool box: unrepaired errors (?)"]
    assert attic.home.pushes[0]["message"].startswith("Over: Pool box: scrub strains weak disks\n")


async def test_a_channel_of_a_blueprint_reads_the_same(attic: Attic) -> None:
    await attic.has(wrong("pool_degraded"))
    (first,) = (each for each in attic.home.guardian.open_findings() if each.finding.source == "attic")
    await attic.has(wrong("pool_unprotected", CRITICAL), wait=150)
    found = await _ask(attic.home, "get_buttons", None, finding=first.id, recipient="notify.discord")
    assert found["title"] == "Now: Pool box: no protection left"
    assert found["buttons"] == []


async def test_a_disk_that_cooled_is_over_while_its_pool_makes_errors(attic: Attic) -> None:
    hot = wrong("disk_hot", node=DISK)
    assert await attic.has(hot, wait=400) == ["Disk ONE too hot: 61 °C"]
    told = await attic.has(wrong("pool_full", WARNING), wait=700)
    assert told == ["Over: Disk ONE too hot: 61 °C"]
    assert "Still open: Pool box" in attic.home.pushes[0]["message"]


async def test_a_failed_task_is_told_in_a_sentence(home: Household, hass_admin_user: MockUser) -> None:
    """Not by its number in C, and without the trace that only its makers can read."""
    error = (
        "Traceback (most recent call last):\n  File 'x.py', line 1, in run\n"
        "middlewared.service_exception.CallError: [EFAULT] Dataset tank/photos is locked\n"
    )
    await home.sim.scenario("task_failing", error=error)
    await home.settle(120)
    found = (await _ask(home, "list_findings", hass_admin_user.id))["findings"]
    (shown,) = (each for each in found if each["rule"] == "task_failed")
    assert shown["advice"].endswith(": Dataset tank/photos is locked")
    texts = str(await _ask(home, "digest", hass_admin_user.id)) + str(shown)
    assert "EFAULT" not in texts
    assert "Traceback" not in texts


async def test_what_is_not_listed_in_repairs_is_on_the_dashboard_that_there_is(home: Household) -> None:
    assert await async_setup_component(home.hass, "lovelace", {})
    await Attic(home).has(
        *(wrong("self_test_failed", node=f"disk:{number}") for number in range(12)), wait=20
    )
    key = (DOMAIN, "more_findings_home")
    issues = ir.async_get(home.hass).issues
    assert issues[key].translation_key == "more_findings"
    lovelace = home.hass.data["lovelace"]
    for path, kind in (("other", "custom:something"), ("nas", "custom:home-server-monitor")):
        item = {"id": path, "url_path": path, "title": f"My {path}", "mode": "storage"}
        lovelace.dashboards[path] = LovelaceStorage(home.hass, item)
        await lovelace.dashboards[path].async_save({"strategy": {"type": kind}})
    await home.settle(1)
    assert issues[key].translation_key == "more_findings_on_dashboard"
    assert issues[key].translation_placeholders["dashboard"] == "My nas"
    await lovelace.dashboards["nas"].async_save({"views": []})
    await home.settle(1)
    assert issues[key].translation_key == "more_findings"


async def test_what_a_finding_offers_no_more_is_taken_back_until_it_does_again(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    tracked = await home.errors()
    offered = home.record()
    approve = home.button(home.shown("Ann"), "approve")
    nas = home.nas.runtime_data
    found = tuple(nas.findings)
    unsure = [replace(each, holds=True, proposal=None) for each in found]
    with monkeypatch.context() as patched:
        patched.setattr(type(nas), "findings", unsure)
        home.guardian.house.updated(nas)
        await home.settle(2)
        assert home.guardian.desk.records[offered.id].state is State.SUPERSEDED
        assert (await _ask(home, "list_proposals", hass_admin_user.id))["proposals"] == []
        listed = (await _ask(home, "list_findings", hass_admin_user.id))["findings"]
        assert [each["proposal"] for each in listed if each["id"] == tracked.id] == [None]
        await home.tap(approve, hass_admin_user.id)
        assert home.scrubs() == 0
        await home.settle(60)
        assert home.record().id == offered.id
    home.guardian.house.updated(nas)
    await home.settle(5)
    assert (home.record().id != offered.id, home.record().state) == (True, State.PROPOSED)

"""The guardian at its seams: our own acts and planned silence, storms, sources that go, entries that are reloaded."""

import asyncio
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.guardian.contract import Actor, Change, Finding, Severity

from .test_guardian_edge import Household, home

__all__ = ["home"]


def _many(source: str, count: int) -> list[Finding]:
    return [
        Finding(source=source, rule="task_failed", object=f"task:{number}", severity=Severity.WARNING)
        for number in range(count)
    ]


class Watched:
    """A source of the guardian's that says what it is told to say."""

    kind = "truenas"
    judged = True
    name = "Attic"

    def __init__(self, server: str, findings: list[Finding], name: str = "attic") -> None:
        self.id, self.server, self.findings = name, server, findings
        self.nodes: tuple[Any, ...] = ()
        self.actions: dict[str, Any] = {}

    def changes_since_last(self) -> tuple[Change, ...]:
        return ()


async def test_what_we_did_ourselves_is_ours(home: Household, hass_admin_user: MockUser) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    (row,) = home.guardian.changes.note(
        home.record().source,
        [Change(object=f"pool:{home.record().target}", key="scrub_started", placeholders={})],
        clock.now(),
    )
    assert row.ours


async def test_a_planned_reboot_is_silence_that_nobody_is_woken_for(
    home: Household, hass_admin_user: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> None:
        """It does not come back."""

    monkeypatch.setattr(home.sim.wire, "start", never)
    home.tell(home.phone("Ann", hass_admin_user))
    actor = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="repairs")
    desk, source = home.guardian.desk, home.nas.runtime_data
    record = await desk.propose(source.id, "reboot", "", {"reason": "kernel"}, actor=actor, name="NAS")
    await desk.approve(record.id, actor, typed="NAS")
    await home.settle(15 * 60)
    assert desk.records[record.id].sent
    assert [push["title"] for push in home.pushes if "silent since" in push["title"]] == []
    assert any(each.finding.rule == "source_lost" for each in home.guardian.open_findings())
    await home.settle(30 * 60)
    assert [push["title"] for push in home.pushes if "silent since" in push["title"]]
    monkeypatch.undo()
    await home.sim.start_listening()
    await desk.wait(record.id)


async def test_ten_thousand_findings_leave_the_loop_free(home: Household) -> None:
    source = Watched(home.guardian.id, [])
    end = home.guardian.house.attach(source)
    home.guardian.house.updated(source)
    await home.settle()
    source.findings = _many(source.id, 10_000)
    refreshed: list[float] = []
    listener = home.guardian.listen(lambda: refreshed.append(time.monotonic()))
    home.guardian.house.updated(source)
    await home.settle(20)
    assert len(home.guardian.open_findings()) > 10_000
    # one look, not one for each of them
    assert len(refreshed) < 20
    listener()
    end()


async def test_a_source_that_went_while_it_was_to_be_judged(home: Household) -> None:
    source = Watched(home.guardian.id, _many("attic", 1))
    end = home.guardian.house.attach(source)
    home.guardian.house.updated(source)
    end()
    await home.settle()
    assert not [each for each in home.guardian.open_findings() if each.finding.source == "attic"]


async def test_who_was_removed_while_the_server_was_away_says_nothing_any_more(home: Household) -> None:
    def said() -> set[str]:
        return {each.finding.source for each in home.guardian.open_findings()}

    await home.errors()
    here, entries = {home.nas.unique_id}, home.hass.config_entries
    end = home.guardian.house.attach(attic := Watched(home.guardian.id, _many("attic", 1)))
    home.guardian.house.updated(attic)
    await home.settle()
    assert said() >= {"attic", *here}
    assert await entries.async_unload(home.server.entry_id)
    end()
    assert await entries.async_setup(home.server.entry_id)
    await home.settle()
    assert "attic" not in said()
    assert said() >= here, "and who is still there does"


async def test_a_source_that_cannot_be_judged_keeps_no_other_from_it(
    home: Household, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Watched):
        @property
        def nodes(self) -> Any:
            raise RuntimeError("odd")

        @nodes.setter
        def nodes(self, value: Any) -> None:
            pass

    sources = (Broken(home.guardian.id, [], "broken"), Watched(home.guardian.id, _many("attic", 1)))
    for source in sources:
        home.guardian.house.attach(source)
        home.guardian.house.updated(source)
    await home.settle()
    assert [each for each in home.guardian.open_findings() if each.finding.source == "attic"]
    assert "cannot be judged" in caplog.text


async def test_an_act_that_hangs_keeps_nobody_from_looking(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = asyncio.Event()
    monkeypatch.setattr(home.guardian.desk, "tick", hangs.wait)
    home.guardian.entry.async_create_background_task(home.hass, home.guardian.tick(), "hangs")
    await asyncio.sleep(1)
    await home.guardian.answers.practise()
    await home.settle(5)
    assert any(each.finding.rule == "practice" for each in home.guardian.open_findings())
    hangs.set()


async def test_what_is_late_overwrites_nothing_after_an_unload(
    home: Household, hass_storage: dict[str, Any]
) -> None:
    old = home.guardian
    await home.errors()
    assert await home.hass.config_entries.async_reload(home.server.entry_id)
    old.register.tracked.clear()
    old.notify()
    await home.settle(60)
    (stored,) = (each for key, each in hass_storage.items() if "/guardian/" in key)
    assert stored["data"]["register"]["tracked"]

"""A disk starts to fail during a scrub, at night, with an automatic update due of what stands on its pool."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.guardian.policy import Mode
from custom_components.home_server_monitor.guardian.remediation import State
from tests.sources.containers.test_offering import ALWAYS, Place
from tests.warp import Warp

from .disk_home import LABEL, disk_home

# it keeps its photos on the pool of that disk
ONE = "immich_server"


async def test_one_message_in_the_morning_and_no_work_on_that_pool(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    warp: Warp,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The update waits, with its reason, nobody is woken, and nothing strains the disks a second time."""
    options = {"update_cool_down": 3, "update_automatic": [ONE]}
    async with disk_home(hass, server_entry, warp, tmp_path, monkeypatch, containers=True, **options) as home:
        place = Place(hass, home.sim, home.engine, hass_admin_user)
        ann = Actor(kind="user", id=hass_admin_user.id, name="Ann", admin=True, via="action")
        await home.guardian.desk.set_mode(Mode.ASK, ann)
        phone = home.phone("Ann", hass_admin_user)
        home.quiet(phone, minutes=15, **ALWAYS)
        morning = dt_util.utcnow().replace(second=0, microsecond=0) + timedelta(minutes=15)
        assert not home.rules() & {"disk_failing", "disk_reports_failure"}, "one reading is none"

        # a scrub reads the pool from end to end, and meets what is broken
        await home.sim.scenario("scrub_running", pool="tank")
        disk = home.sim.world.disk("sdc")
        home.sim.world.leaf_of(disk).read_errors += 14
        home.sim.world.raise_alert(
            "SMARTUncorrectedErrors", "CRITICAL", f"Disk sdc ({disk.serial}) has errors.", {"device": "sdc"}
        )
        await home.read_again()
        assert home.rules() >= {"disk_failing", "pool_errors", "nas_alert"}
        assert "scrub_at_risk" not in home.rules(), "the other half of the mirror is well"

        # an update that an admin approved in advance is due, and the maintenance hours are on
        before = place.image(ONE)
        place.publish(ONE)
        await place.look()
        tracked = next(
            each for each in home.guardian.register.firing() if each.finding.rule == "updates_unapproved"
        )
        asked = await home.guardian.proposals.propose_for(tracked)
        assert (await place.approve(asked)).state is State.SUCCEEDED
        policy = home.guardian.desk.policy
        policy.settings = replace(policy.settings, cool_down=0.0)
        await place.look()
        assert "updates_due" in place.rules()
        await home.settle(120)
        due = place.record("update_containers")
        assert (due.state, due.params["policy"]["automatic"]) == (State.PROPOSED, [ONE])
        assert place.image(ONE) == before
        shown = await hass.services.async_call(
            DOMAIN, "list_proposals", {}, blocking=True, return_response=True,
            context=Context(user_id=hass_admin_user.id),
        )  # fmt: skip
        (row,) = (each for each in shown["proposals"] if each["id"] == due.id)
        assert LABEL in row["not_now"]
        assert home.guardian.wording.plan(due, None)[0] == row["not_now"]

        # nobody is woken; in the morning it is one message
        assert home.pushes == []
        left = (morning - dt_util.utcnow()).total_seconds()
        assert left > 60
        await asyncio.sleep(left - 5)
        assert home.pushes == []
        await home.settle(65)
        (push,) = home.pushes
        assert f"Disk {LABEL} may fail" in push["message"]
        assert "Pool tank: 14 read errors" in push["message"]

        # the scrub ends; it has read everything, and nothing reads it once more
        scan = home.sim.world.pool("tank").scan
        scan.start -= scan.total / scan.rate
        await home.settle(90)
        assert home.sim.world.pool("tank").scan.state == "FINISHED"
        assert not [each for each in place.records if each.action == "start_scrub"]
        assert home.scrubs() == 0
        assert len(home.pushes) == 1
        assert place.image(ONE) == before

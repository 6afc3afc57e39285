"""What did not change between two polls stays the same object: nobody compares a thousand containers deeply."""

from datetime import timedelta
from typing import Any

from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.sources.containers.audit import Accepted
from custom_components.home_server_monitor.sources.containers.audit_case import Grade
from custom_components.home_server_monitor.sources.containers.model import State

ONE = "sonarr"


async def test_only_what_changed_is_made_anew(docker: MockConfigEntry, house: Any) -> None:
    source = docker.runtime_data
    await source.async_look()
    before = source.data
    await source.async_look()
    assert {name for name in before.shown if source.data.shown[name] is not before.shown[name]} == set()
    async with source.access.session.post(f"{docker.data['url']}/containers/{ONE}/pause") as reply:
        assert reply.status == 204
    await source.async_look()
    changed = {name for name in before.shown if source.data.shown[name] is not before.shown[name]}
    assert changed == {ONE}
    assert source.data.shown[ONE].container.state is State.PAUSED
    assert before.shown[ONE].container.state is State.RUNNING


async def test_what_was_accepted_counts_from_the_next_moment(docker: MockConfigEntry) -> None:
    """A report that is kept is not kept from what an admin decides about it."""
    source = docker.runtime_data
    name, check = next(
        (name, each.open[0])
        for name, each in source.data.audits.items()
        if each.open and each.open[0].grade > Grade.INFO
    )
    before = source.data.shown[name].score
    until = dt_util.utcnow() + timedelta(days=1)
    decided = Accepted(container=name, check=check.identity, reason="known", grade=check.grade, until=until)
    await source.accepted.add(decided)
    source.show()
    assert check not in source.data.audits[name].open
    assert source.data.shown[name].score > before
    await source.accepted.remove(name, check.identity)
    source.show()
    assert check in source.data.audits[name].open
    assert source.data.shown[name].score == before

"""Who approved something for later, or in advance, and may not approve it any more when it would begin."""

from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.guardian.policy import Policy, Settings, Standing
from custom_components.home_server_monitor.guardian.remediation import HOUR, State

from .fake import ADMIN, FakeAction, FakeSource, Guardian, World
from .test_uses import LATER


@pytest.fixture
def world() -> World:
    return World()


async def _guardian(folder: Path, world: World) -> Guardian:
    source = FakeSource(FakeAction(world))
    return await Guardian(folder, source, policy=Policy(Settings(windows=(LATER,)))).start()


async def _approved_for_later(tmp_path: Path, world: World) -> tuple[Guardian, str]:
    it = await _guardian(tmp_path, world)
    record = await it.propose()
    await it.desk.approve(record.id, ADMIN, waits="window")
    return it, record.id


@pytest.mark.parametrize("now", [None, replace(ADMIN, admin=False)], ids=("gone", "demoted"))
async def test_what_waits_on_the_word_of_a_former_admin_ends(
    tmp_path: Path, world: World, now: Actor | None
) -> None:
    it, record = await _approved_for_later(tmp_path, world)

    async def today(user_id: str) -> Actor | None:
        assert user_id == ADMIN.id
        return now

    await it.desk.look_at_people(today)
    ended = it.desk.records[record]
    assert (ended.state, ended.reason) == (State.CANCELLED, "approver_gone")
    assert ended.details == {"who": "Ada"}
    it.now += 3 * HOUR
    await it.desk.tick()
    assert world.writes == []


async def test_what_waits_on_the_word_of_an_admin_goes_on(tmp_path: Path, world: World) -> None:
    it, record = await _approved_for_later(tmp_path, world)

    async def today(user_id: str) -> Actor | None:
        return ADMIN

    await it.desk.look_at_people(today)
    it.now += 3 * HOUR
    await it.desk.tick()
    assert (await it.desk.wait(record)).state is State.SUCCEEDED


@pytest.mark.parametrize("now", [None, replace(ADMIN, admin=False)], ids=("gone", "demoted"))
async def test_what_a_former_admin_granted_ends_until_it_is_granted_again(
    tmp_path: Path, world: World, now: Actor | None
) -> None:
    it = await _guardian(tmp_path, world)
    granted = await it.desk.helm.grant(Standing(id="", action="mend", selector="*", by=ADMIN, at=it.now))

    async def today(user_id: str) -> Actor | None:
        return now

    await it.desk.look_at_people(today)
    ended = it.desk.helm.standings[granted.id]
    assert ended.lapsed == "giver_gone"
    assert not it.desk.helm.is_granted_again(ended)
    await it.desk.helm.grant(replace(granted, id=""))
    assert it.desk.helm.is_granted_again(ended)

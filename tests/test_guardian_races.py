"""Several people answer at the same moment: one answer counts, one order leaves, and everybody hears what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import product
from random import Random
from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.core import Context
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.answers import MOST_ANSWERS
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.guardian.remediation import Record, State

from .holds import BESIDE_OTHERS, Holds
from .test_guardian_edge import Household, _ask, home

__all__ = ["home"]

FIX = "/api/repairs/issues/fix"
CREATE = "pool.snapshot.create"
# rounds of each combination of answers, with other delays each time
ROUNDS = 4
# seconds that the loop may be held
HOLD = 0.05 * BESIDE_OTHERS
WAYS = ("ann", "bea", "repairs")
DECIDED = {"approve": State.SUCCEEDED, "deny": State.DENIED}


class Family:
    """Two admins with a phone each, and a browser that shows Repairs."""

    def __init__(self, home: Household, browser: Any, users: dict[str, str], chance: Random) -> None:
        self.home, self.browser, self.users, self.chance = home, browser, users, chance
        self.number = 0

    async def proposal(self) -> Record:
        """Return a new proposal that Repairs shows."""
        self.number += 1
        admin = Actor(kind="user", id="somebody", name="Cid", admin=True, via="entity")
        record = await self.home.guardian.desk.propose(
            self.home.nas.runtime_data.id,
            "create_snapshot",
            f"tank@round{self.number}",
            {"recursive": False},
            actor=admin,
        )
        self.home.guardian.notify()
        return record

    async def buttons(self, record: Record) -> dict[tuple[str, str], str]:
        """Return the actions of all buttons by whose phone and what they say."""
        found = {}
        for who in ("ann", "bea"):
            asked = {"proposal": record.id, "recipient": f"notify.mobile_app_{who}"}
            for button in (await _ask(self.home, "get_buttons", None, **asked))["buttons"]:
                found[who, button["action"].split(":")[1]] = button["action"]
        return found

    async def open(self, record: Record) -> str:
        """Open the issue in a browser; returns where its answers go."""
        asked = {"handler": DOMAIN, "issue_id": f"finding_{record.id}"}
        shown = await (await self.browser.post(FIX, json=asked)).json()
        assert shown["type"] == "menu", shown
        return f"{FIX}/{shown['flow_id']}"

    async def tap(self, who: str, action: str) -> None:
        """Tap, as the app says it."""
        self.home.hass.bus.async_fire(
            PHONE_EVENT, {"action": action}, context=Context(user_id=self.users[who])
        )

    async def choose(self, flow: str, verb: str) -> dict[str, Any]:
        """Choose in the dialog; returns what it shows then."""
        return dict(await (await self.browser.post(flow, json={"next_step_id": verb})).json())

    async def later(self, what: Callable[[], Awaitable[Any]]) -> Any:
        """Do something after a few turns of the loop, or milliseconds."""
        for _ in range(self.chance.choice((0, 0, 1, 2, 5, 10, 30))):
            await asyncio.sleep(0)
        await asyncio.sleep(self.chance.choice((0.0, 0.0, 0.001, 0.003, 0.01, 0.05)))
        return await what()

    def ordered(self, record: Record) -> int:
        """Return how many orders of a proposal reached the NAS."""
        name = record.target.partition("@")[2]
        calls = [call for call in self.home.sim.calls if call.method == CREATE]
        return len([call for call in calls if call.params[0]["name"] == name])

    def heard(self, who: str) -> str:
        """Return all that a phone was shown."""
        return "\n".join(str(push["message"]) for push in self.home.pushes if push["to"].lower() == who)


@pytest.fixture
async def family(home: Household, hass_admin_user: MockUser, hass_client: Any) -> Family:
    """The family, with a dialog that is real and a source of delays that is the same each time."""
    assert await async_setup_component(home.hass, "repairs", {})
    bea = await home.hass.auth.async_create_user("Bea", group_ids=[GROUP_ID_ADMIN])
    home.tell(home.phone("Ann", hass_admin_user), home.phone("Bea", bea))  # type: ignore[arg-type]
    return Family(home, await hass_client(), {"ann": hass_admin_user.id, "bea": bea.id}, Random(7))


@pytest.mark.parametrize("verbs", list(product(DECIDED, repeat=3)), ids="-".join)
async def test_of_three_answers_at_once_one_counts(family: Family, verbs: tuple[str, ...]) -> None:
    said = dict(zip(WAYS, verbs, strict=True))
    for _ in range(ROUNDS):
        record = await family.proposal()
        buttons, flow = await family.buttons(record), await family.open(record)
        family.home.pushes.clear()
        answers: dict[str, Callable[[], Awaitable[Any]]] = {
            "ann": lambda: family.tap("ann", buttons["ann", said["ann"]]),  # noqa: B023
            "bea": lambda: family.tap("bea", buttons["bea", said["bea"]]),  # noqa: B023
            "repairs": lambda: family.choose(flow, said["repairs"]),  # noqa: B023
        }
        order = family.chance.sample(WAYS, 3)
        done = dict(
            zip(order, await asyncio.gather(*(family.later(answers[each]) for each in order)), strict=True)
        )
        await family.home.settle(15)
        _check_one_winner(family, family.home.guardian.desk.records[record.id], said, done["repairs"])


def _check_one_winner(family: Family, ended: Record, said: dict[str, str], shown: dict[str, Any]) -> None:
    decisions = [state for state, *_ in ended.history if state in ("approved", "denied")]
    assert len(decisions) == 1, ended.history
    verb = "approve" if decisions == ["approved"] else "deny"
    assert ended.state is DECIDED[verb], ended
    assert family.ordered(ended) == (verb == "approve")
    assert ended.actor is not None
    winner = ended.actor.via if ended.actor.via == "repairs" else _whose(family, ended.actor.id)
    assert said[winner] == verb, (winner, verb, said)
    # the dialog says that it was done where it was, and else that nothing was
    done = shown["type"] == "create_entry" or shown["reason"] == "approved"
    assert done is (winner == "repairs"), (shown, winner)
    if winner != "repairs":
        assert shown["reason"] in ("refused", "proposal_gone"), shown
    for who in ("ann", "bea"):
        text = family.heard(who)
        if who == winner:
            assert ("seen to have worked" if verb == "approve" else "denied by") in text, (who, text)
        else:
            assert any(each in text for each in ("answered already", "decided already")), (who, text)


def _whose(family: Family, user: str) -> str:
    return next(who for who, known in family.users.items() if known == user)


@pytest.mark.parametrize("first", DECIDED)
async def test_who_is_slower_changes_nothing_about_the_problem(family: Family, first: str) -> None:
    """One approves the scrub and one denies it, in the same turn of the loop."""
    home, last = family.home, "deny" if first == "approve" else "approve"
    tracked = await home.errors()
    for who in ("Ann", "Bea"):
        await family.tap(who.lower(), home.button(home.shown(who), "why"))
        await home.settle(5)
    said = {"ann": home.button(home.shown("Ann"), first), "bea": home.button(home.shown("Bea"), last)}
    home.pushes.clear()
    for who, action in said.items():
        await family.tap(who, action)
    await home.settle(30)
    assert home.record().state is DECIDED[first]
    assert home.scrubs() == (first == "approve")
    assert "answered already" in family.heard("bea")
    # who denied cares for it some other way; who was too late with that does not
    assert (home.guardian.register.silence(tracked) == "acknowledged") is (first == "deny")


async def test_a_storm_of_taps_does_nothing_and_holds_nobody_up(
    family: Family, hass_read_only_user: MockUser
) -> None:
    """A thousand within a second: used, forged, edited, somebody else's, and such as are no buttons at all."""
    home, chance = family.home, family.chance
    await home.errors()
    used = home.button(home.shown("Ann"), "approve")
    await family.tap("ann", used)
    await home.settle(30)
    assert home.scrubs() == 1
    record = await family.proposal()
    live = await family.buttons(record)
    approve = live["bea", "approve"]
    taps = [
        (used, "ann"),
        (used, "bea"),
        (approve, "ann"),
        (approve, "guest"),
        (approve.replace("approve", "deny"), "bea"),
        (approve.replace("approve", "why"), "bea"),
        (approve[:-1] + ("A" if approve[-1] != "A" else "B"), "bea"),
        (f"{approve}\n", "bea"),
        (f"hsm:approve:{'x' * 22}", "ann"),
        ("hsm:approve:" + "x" * 100_000, "ann"),
        (f"hsm:erase:{approve.rpartition(':')[2]}", "bea"),
    ]
    family.users["guest"] = hass_read_only_user.id
    writes = len([call for call in home.sim.calls if call.write])
    size = home.guardian.desk.journal._files.path.stat().st_size
    home.pushes.clear()
    with Holds() as holds:
        for number in range(1000):
            action, who = chance.choice(taps)
            await family.tap(who, action)
            if number % 5 == 0:
                await asyncio.sleep(0.001)
        await home.guardian.speaker.idle()
    await home.settle(15)
    assert len([call for call in home.sim.calls if call.write]) == writes
    assert home.guardian.desk.records[record.id].state is State.PROPOSED
    assert holds.longest < HOLD
    # each of them was answered, but not a thousand times; the journal is not filled with it either
    for who in ("ann", "bea"):
        assert 1 <= len([push for push in home.pushes if push["to"].lower() == who]) <= MOST_ANSWERS
    assert not [push for push in home.pushes if push["to"].lower() == "guest"]
    assert home.guardian.desk.journal._files.path.stat().st_size - size < 50_000
    # the button that all of it was aimed at still works, once, for whom it was made
    await home.settle(120)
    await family.tap("bea", approve)
    await home.settle(15)
    assert home.guardian.desk.records[record.id].state is State.SUCCEEDED
    assert family.ordered(record) == 1

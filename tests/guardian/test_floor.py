"""What may run at the same time: one action on a target, one of high risk on a host, nothing on a host that goes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Node, Refused, Risk
from custom_components.home_server_monitor.guardian.policy import Policy
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.guardian.topology import Topology

from .fake import ADMIN, REPAIRS, FakeAction, FakeSource, Guardian, World
from .home import NODES

# a machine on the NAS, in which an engine runs a container
HOUSE = Topology(
    (
        *NODES,
        Node(id="machine:nas:vm_1", kind="machine", runs_on="host:nas", aliases=frozenset({"machine:uuid"})),
        Node(id="host:engine", kind="host", runs_on="machine:uuid"),
        Node(id="app:engine:web", kind="container", runs_on="host:engine"),
    )
)


class Both:
    """Two sources at one desk: the NAS, and what runs in a machine on it."""

    def __init__(self, world: World) -> None:
        touches = frozenset({"host:nas"})
        self.gate = asyncio.Event()
        self.actions = [
            FakeAction(world),
            FakeAction(world, "reboot", risk=Risk.HIGH, touches=touches),
            FakeAction(world, "prune", risk=Risk.HIGH),
        ]
        for action in self.actions:
            action.verify_gate = self.gate
        self.nas = FakeSource(*self.actions)
        self.engine = FakeSource(*self.actions[:1], id="engine")
        self.pi = FakeSource(*self.actions[:1], id="pi")


async def begun(it: Guardian, source: str, action: str, target: str, **more: Any) -> Record:
    record = await it.desk.propose(source, action, target, {}, actor=ADMIN, name=target or "NAS")
    return await it.desk.approve(record.id, REPAIRS, typed=record.name, **more)


async def refused(it: Guardian, source: str, action: str, target: str) -> tuple[str, Any]:
    with pytest.raises(Refused) as error:
        await begun(it, source, action, target)
    return error.value.refusal.key, error.value.refusal.placeholders.get("target")


async def household(tmp_path: Path, both: Both) -> Guardian:
    policy = Policy(topology=lambda: HOUSE)
    return await Guardian(tmp_path, both.nas, policy=policy, others=(both.engine, both.pi)).start()


async def test_nothing_begins_on_a_host_that_goes(tmp_path: Path) -> None:
    world = World()
    both = Both(world)
    it = await household(tmp_path, both)
    reboot = await begun(it, "nas", "reboot", "")
    assert await refused(it, "nas", "mend", "tank") == ("host_taken", "NAS")
    assert await refused(it, "engine", "mend", "web") == ("host_taken", "NAS")
    assert await refused(it, "nas", "prune", "tank") == ("busy", "tank")
    # what is elsewhere, or was only approved for later, is no obstacle
    elsewhere = await begun(it, "pi", "mend", "dns")
    waits = await begun(it, "nas", "mend", "data", waits="in_use")
    await it.desk.tick()
    assert it.desk.records[waits.id].state is State.APPROVED
    assert world.writes == [":0", "dns:0"]
    both.gate.set()
    assert (await it.desk.wait(reboot.id)).state is State.SUCCEEDED
    await it.desk.wait(elsewhere.id)
    await asyncio.sleep(0)
    await it.desk.tick()
    assert (await it.desk.wait(waits.id)).state is State.SUCCEEDED
    assert (await it.desk.wait((await begun(it, "engine", "mend", "web")).id)).state is State.SUCCEEDED


@pytest.mark.parametrize(("source", "target"), [("nas", "tank"), ("engine", "web"), ("nas", "unheard of")])
async def test_a_host_does_not_go_while_something_is_done_on_it(
    tmp_path: Path, source: str, target: str
) -> None:
    world = World()
    both = Both(world)
    it = await household(tmp_path, both)
    first = await begun(it, source, "mend", target)
    assert await refused(it, "nas", "reboot", "") == ("host_in_use", target)
    # which is no reason to forget about it
    (open_one,) = (each for each in it.desk.records.values() if each.action == "reboot")
    assert open_one.state is State.PROPOSED
    both.gate.set()
    await it.desk.wait(first.id)
    await asyncio.sleep(0)
    await it.desk.approve(open_one.id, REPAIRS, typed="NAS")
    await it.desk.wait(open_one.id)
    assert world.writes == [f"{target}:0", ":0"]


async def test_what_is_done_elsewhere_keeps_no_host(tmp_path: Path) -> None:
    both = Both(World())
    it = await household(tmp_path, both)
    await begun(it, "pi", "mend", "dns")
    # of high risk, but no host goes with it
    prune = await begun(it, "nas", "prune", "tank")
    await begun(it, "nas", "mend", "data")
    assert await refused(it, "nas", "reboot", "") == ("busy", "NAS")
    both.gate.set()
    await it.desk.wait(prune.id)


async def test_it_holds_over_a_restart(tmp_path: Path) -> None:
    world = World()
    both = Both(world)
    first = await household(tmp_path, both)
    reboot = await begun(first, "nas", "reboot", "")
    await first.end()
    again = await household(tmp_path, both)
    assert again.desk.records[reboot.id].state is State.VERIFYING
    assert await refused(again, "engine", "mend", "web") == ("host_taken", "NAS")
    both.gate.set()
    await again.desk.wait(reboot.id)
    await asyncio.sleep(0)
    await begun(again, "engine", "mend", "web")
    assert world.writes == [":0", "web:0"]


async def test_what_goes_with_another_is_left_alone_whoever_sees_it(tmp_path: Path) -> None:
    """One engine over two ways: a container is one thing, and so are those that live in its network."""
    world, gate = World(), asyncio.Event()
    touches = frozenset({"member:socket:vpn", "member:socket:seed"})
    remake = FakeAction(world, "remake", touches=touches, takes_away=True)
    remake.verify_gate = gate
    here = FakeSource(remake, FakeAction(world), id="socket")
    there = FakeSource(FakeAction(world, "restart"), id="portainer")
    seen = [
        Node(
            id=f"member:{way}:{name}",
            kind="container",
            runs_on="host:socket",
            aliases=frozenset({f"c:{name}"}),
        )
        for way in ("socket", "portainer")
        for name in ("vpn", "seed", "other")
    ]
    house = Topology((Node(id="host:socket", kind="host"), *seen))
    it = await Guardian(tmp_path, here, policy=Policy(topology=lambda: house), others=(there,)).start()
    first = await begun(it, "socket", "remake", "vpn")
    assert await refused(it, "portainer", "restart", "vpn") == ("busy", "vpn")
    assert await refused(it, "portainer", "restart", "seed") == ("busy", "seed")
    assert await refused(it, "socket", "mend", "seed") == ("busy", "seed")
    await begun(it, "portainer", "restart", "other")
    gate.set()
    await it.desk.wait(first.id)
    await asyncio.sleep(0)
    await it.desk.wait((await begun(it, "portainer", "restart", "seed")).id)

"""What is protected: nothing is done to it, and nothing is taken away from under it, whoever asks and however."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Node, Plan, Refused, Risk, Step
from custom_components.home_server_monitor.guardian.policy import Mode, Policy, Settings, Standing
from custom_components.home_server_monitor.guardian.reach import reach_of
from custom_components.home_server_monitor.guardian.remediation import DAY, State
from custom_components.home_server_monitor.guardian.topology import Topology

from .fake import ADMIN, REPAIRS, START, FakeAction, FakeSource, Guardian, World
from .home import NODES

HOUSE = (
    *NODES,
    Node(id="dataset:nas:tank", kind="dataset", runs_on="pool:tank", label="tank"),
    Node(id="dataset:nas:tank/a", kind="dataset", runs_on="pool:tank", label="tank/a"),
    Node(id="dataset:nas:tank/a/b", kind="dataset", runs_on="pool:tank", label="tank/a/b"),
    Node(id="share:nas:1", kind="share", runs_on="dataset:nas:tank/a", needs=frozenset({"service:nas:cifs"})),
    Node(id="service:nas:cifs", kind="service", runs_on="host:nas", label="SMB"),
    Node(id="engine:1", kind="engine", runs_on="host:nas", aliases=frozenset({"app:nas:docker"})),
)
LOW: dict[str, Any] = {"risk": Risk.LOW}
TAKES: dict[str, Any] = {"risk": Risk.MEDIUM, "takes_away": True}
HIGH: dict[str, Any] = {"risk": Risk.HIGH}


def plan(target: str, *touches: str, **more: Any) -> Plan:
    return Plan(
        action="x",
        target=target,
        fingerprint="",
        steps=(Step(order="x"),),
        touches=frozenset(touches),
        **(LOW | more),
    )


def policy(protected: Iterable[str]) -> Policy:
    topology = Topology(HOUSE)
    return Policy(Settings(protected=frozenset(protected)), topology=lambda: topology)


@pytest.mark.parametrize(
    ("protected", "what", "key"),
    [
        # nothing is done to it, harmless or not, however it is named
        ("pool:tank", plan("tank"), "protected"),
        ("disk:a", plan("a"), "protected"),
        ("app:plex", plan("plex", "app:plex", **TAKES), "protected"),
        ("container:1", plan("plex", "app:plex"), "protected"),
        ("engine:1", plan("docker", **TAKES), "protected"),
        ("host:nas", plan("", "host:nas", **HIGH), "protected"),
        ("dataset:nas:tank/a", plan("tank/a@monday"), "protected"),
        ("member:nas:web", plan("web"), "protected"),
        # what it stands on is not taken away
        ("app:plex", plan("", "host:nas", **HIGH), "protected_near"),
        ("share:nas:1", plan("cifs", **TAKES), "protected_near"),
        ("share:nas:1", plan("tank/a@monday", **HIGH), "protected_near"),
        ("app:plex", plan("tank", **TAKES), "protected_near"),
        # and nothing of what it is made of
        ("pool:tank", plan("tank/a/b@monday", **HIGH), "protected_near"),
        ("dataset:nas:tank/a", plan("tank/a/b", **HIGH), "protected_near"),
        # what takes nothing away may be done below and above it
        ("app:plex", plan("tank"), None),
        ("share:nas:1", plan("cifs"), None),
        ("pool:tank", plan("tank/a@monday"), None),
        # what stands on it is somebody else
        ("host:nas", plan("plex", "app:plex", **TAKES), None),
        ("pool:tank", plan("plex", "app:plex", **TAKES), None),
        ("dataset:nas:tank/a/b", plan("tank/a", **HIGH), None),
        ("app:dns", plan("", "host:nas", **HIGH), None),
        ("gone:1", plan("tank", **TAKES), None),
    ],
)
def test_what_is_refused(protected: str, what: Plan, key: str | None) -> None:
    refusal = policy([protected]).spare("nas", what)
    assert (refusal and refusal.key) == key


def test_the_reason_names_what_is_protected() -> None:
    refusal = policy(["app:nas:docker", "service:nas:cifs"]).spare("nas", plan("", "host:nas", **HIGH))
    assert refusal is not None
    assert refusal.placeholders == {"target": "app:nas:docker"}
    refusal = policy(["service:nas:cifs"]).spare("nas", plan("cifs"))
    assert refusal is not None
    assert refusal.placeholders == {"target": "SMB"}


def test_where_it_happens() -> None:
    topology = Topology(HOUSE)
    assert reach_of(topology, "nas", plan("plex", "app:plex")).hosts == ("host:nas",)
    assert reach_of(topology, "nas", plan("unheard of")).hosts == ("host:nas",)
    assert reach_of(Topology(), "nas", plan("", "host:nas")).hosts == ("host:nas",)


async def test_every_way_to_do_it(tmp_path: Path) -> None:
    world = World()
    it = await Guardian(tmp_path, FakeSource(FakeAction(world))).start()
    open_one, waiting = await it.propose(), await it.propose("other")
    await it.desk.approve(waiting.id, ADMIN, waits="in_use")
    it.policy.settings = Settings(protected=frozenset({"pool:tank", "pool:other"}))
    for attempt in (
        it.propose(params={"a": 1}),
        it.desk.simulate(open_one.id, ADMIN),
        it.desk.plan("nas", "mend", "tank", {}),
        it.desk.approve(open_one.id, REPAIRS, typed="tank"),
    ):
        with pytest.raises(Refused) as error:
            await attempt
        assert error.value.refusal.key == "protected"
    await it.desk.tick()
    ended = it.desk.records
    assert {ended[each.id].state for each in (open_one, waiting)} == {State.SUPERSEDED}
    assert ended[waiting.id].reason == "protected"
    assert world.writes == []
    it.policy.settings = Settings()
    assert (await it.done()).state is State.SUCCEEDED


async def test_a_standing_approval_is_no_way_around(tmp_path: Path) -> None:
    world = World()
    it = await Guardian(tmp_path, FakeSource(FakeAction(world))).start()
    await it.desk.set_mode(Mode.ACT, ADMIN)
    it.desk.helm.installed = START - 30 * DAY
    await it.desk.helm.grant(Standing(id="", action="mend", selector="*", by=ADMIN, at=START))
    record = await it.propose()
    it.policy.settings = replace(it.policy.settings, protected=frozenset({"pool:tank"}))
    with pytest.raises(Refused) as error:
        await it.desk.run_automatically(record.id)
    assert error.value.refusal.key == "protected"
    assert world.writes == []


async def test_what_is_open_is_withdrawn_at_once(tmp_path: Path) -> None:
    it = await Guardian(tmp_path, FakeSource(FakeAction(World()))).start()
    mine, other = await it.propose(), await it.propose("other")
    it.policy.settings = Settings(protected=frozenset({"pool:tank"}))
    await it.desk.reconsider()
    assert it.desk.records[mine.id].state is State.SUPERSEDED
    assert it.desk.records[mine.id].details == {"target": "pool:tank"}
    assert it.desk.records[other.id].state is State.PROPOSED

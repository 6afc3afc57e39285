"""What other systems add to an update of a container."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.own_path import endpoint_node
from custom_components.home_server_monitor.plays.safe_update import Around
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Containers,
    Port,
    State,
)
from custom_components.home_server_monitor.sources.errors import (
    CannotConnect,
    NotSupported,
    PermissionDenied,
)

APP = Container(
    id="c-1",
    name="sonarr",
    image="sonarr:4",
    image_id="sha256:1",
    state=State.RUNNING,
    ports=(Port(None, 8989, 8989, "tcp"),),
)


class Nas:
    """A NAS with one dataset, that takes snapshots unless its key may not."""

    kind, name, judged = "truenas", "nas", True

    def __init__(self, id: str, server: str = "home", names: tuple[str, ...] = ("nas.lan",)) -> None:
        self.id, self.server, self.names = id, server, frozenset(names)
        self.apps: dict[str, str] = {}
        self.taken: list[str] = []
        self.may = True

    def app_containers(self) -> Mapping[str, str]:
        return self.apps

    def dataset_of(self, path: str) -> str | None:
        return "tank/sonarr" if path.startswith("/mnt/tank/sonarr") else None

    async def snapshot_dataset(self, dataset: str, name: str) -> str:
        if not self.may:
            raise PermissionDenied("pool.snapshot.create")
        self.taken.append(f"{dataset}@{name}")
        return self.taken[-1]

    async def has_snapshot(self, dataset: str, name: str) -> bool:
        return f"{dataset}@{name}" in self.taken


class Service:
    """A service that is reached at a port."""

    kind, name, judged = "arr", "sonarr", True

    def __init__(self, answer: bool | Exception, server: str = "home") -> None:
        self.id, self.server = "sonarr", server
        self.places = frozenset({endpoint_node("nas.lan", 8989)})
        self.answer = answer

    async def answers(self) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def around(*sources: Any, machine: str | None = "NAS.lan", protected: tuple[str, ...] = ()) -> Around:
    """Return what is around an engine on that machine."""
    house = House()
    for source in sources:
        house.attach(source)
    policy = SimpleNamespace(settings=SimpleNamespace(protected=frozenset(protected)))
    house.guardians["home"] = SimpleNamespace(desk=SimpleNamespace(policy=policy))
    engine = SimpleNamespace(server="home", machine=machine, data=Containers(containers={"sonarr": APP}))
    return Around(house, engine)


PATHS = ["/mnt/tank/sonarr/config", "/mnt/tank/sonarr/config/db", "/var/lib/docker/volumes/x/_data"]


async def test_the_datasets_of_the_nas_that_the_engine_runs_on() -> None:
    """Each once, and only of a NAS that is known to be that machine, of the same home."""
    other, far = Nas("other", names=("other.lan",)), Nas("far", server="cabin")
    assert await around(Nas("nas"), other, far).datasets(PATHS) == (("nas", "tank/sonarr"),)
    assert await around(Nas("nas"), machine=None).datasets(PATHS) == ()


async def test_a_nas_whose_app_is_a_container_of_the_engine_is_its_machine() -> None:
    """Through Portainer nobody knows the machine; the id of a container is proof enough."""
    nas = Nas("nas", names=())
    nas.apps = {"c-1": "sonarr"}
    assert await around(nas, machine=None).datasets(PATHS) == (("nas", "tank/sonarr"),)


async def test_a_protected_dataset_is_left_alone() -> None:
    """Not even a snapshot is taken of it."""
    found = around(Nas("nas"), protected=("dataset:nas:tank/sonarr",))
    assert await found.datasets(PATHS) == ()


async def test_what_holds_a_container_is_known_also_where_nobody_may_touch_it() -> None:
    nas = Nas("nas")
    found = around(nas, protected=("dataset:nas:tank/sonarr",))
    assert found.storage()(PATHS) == {"dataset:nas:tank/sonarr"}
    nas.may = False
    found = around(nas)
    with pytest.raises(PermissionDenied):
        await found.snapshot("nas", "tank/sonarr", "x")
    assert found.storage()(PATHS) == {"dataset:nas:tank/sonarr"}, "a key without a right is no other machine"
    assert around(nas, machine=None).storage()(PATHS) == frozenset()


async def test_a_key_that_may_not_take_snapshots_is_asked_once() -> None:
    """The first attempt fails and says so; the next plan does without."""
    nas = Nas("nas")
    found = around(nas)
    assert await found.snapshot("nas", "tank/sonarr", "x") == "tank/sonarr@x"
    assert await found.has_snapshot("nas", "tank/sonarr", "x")
    assert not await found.has_snapshot("nas", "tank/sonarr", "y")
    nas.may = False
    with pytest.raises(PermissionDenied):
        await found.snapshot("nas", "tank/sonarr", "y")
    assert await found.datasets(PATHS) == ()
    with pytest.raises(NotSupported):
        await found.snapshot("nas", "tank/sonarr", "z")
    with pytest.raises(NotSupported):
        await found.has_snapshot("nas", "tank/sonarr", "z")


@pytest.mark.parametrize(("answer", "seen"), [(True, True), (False, False), (CannotConnect("away"), False)])
async def test_the_service_in_the_container_is_asked(answer: bool | Exception, seen: bool) -> None:
    """It is found by the port that it is reached at."""
    assert await around(Service(answer)).answers(APP) is seen
    assert await around(Service(answer, server="cabin")).answers(APP) is None
    assert await around().answers(APP) is None


def _record(**more: Any) -> Any:
    members = [{"old": "c-0", "parked": "sonarr-hsm-1-old-7"}, {"old": "c-9", "parked": "tor-hsm-1-old-7"}]
    row = {"source": "engine", "action": "update_container", "members": members, **more}
    before = {"members": row["members"]}
    return SimpleNamespace(source=row["source"], action=row["action"], plan=SimpleNamespace(before=before))


async def test_only_what_the_journal_noted_is_known_as_kept() -> None:
    """A name alone proves nothing: it is of this engine, by an update, with the id that was written down."""
    found = around(Nas("nas"))
    found._engine.id = "engine"
    desk = found._house.guardians["home"].desk
    desk.records = {
        "1": _record(source="other", members=[{"old": "bad", "parked": "sonarr-hsm-1-old-7"}]),
        "2": _record(action="restart_container", members=[{"old": "bad", "parked": "sonarr-hsm-1-old-7"}]),
        "3": _record(members=()),
        "4": _record(),
    }
    assert found.kept_id("sonarr-hsm-1-old-7") == "c-0"
    assert found.kept_id("tor-hsm-1-old-7") == "c-9"
    assert found.kept_id("sonarr") is None
    desk.leases = SimpleNamespace(changes={"a": SimpleNamespace(target="c-1 bridge")})
    assert (found.lent("c-1"), found.lent("c-12"), found.lent("c")) == (True, False, False)
    # where the server's entry is not loaded nobody noted, protects or approved anything
    found._house.guardians.clear()
    assert found.kept_id("sonarr-hsm-1-old-7") is None
    assert (found.spared("sonarr", frozenset()), found.lent("c-1")) == (None, False)
    assert not await found.permitted(SimpleNamespace())  # type: ignore[arg-type]


class Rolling(Nas):
    """One that can put datasets back."""

    async def snapshot_seen(self, dataset: str, name: str) -> Any:
        return SimpleNamespace(name=name)

    async def is_as_in(self, dataset: str, name: str) -> bool:
        return True

    async def roll_back_dataset(self, dataset: str, name: str) -> None:
        self.taken.append(f"back {dataset}@{name}")


async def test_what_is_protected_is_not_put_back_either() -> None:
    nas = Rolling("nas")
    with pytest.raises(Refused, match="protected"):
        await around(nas, protected=("dataset:nas:tank/sonarr",)).roll_back("nas", "tank/sonarr", "x")
    assert nas.taken == []
    await around(nas).roll_back("nas", "tank/sonarr", "x")
    assert nas.taken == ["back tank/sonarr@x"]
    # neither by one that cannot, nor on one that is another machine
    for source, wanted in ((Nas("nas"), "nas"), (nas, "other")):
        with pytest.raises(NotSupported):
            await around(source).roll_back(wanted, "tank/sonarr", "x")

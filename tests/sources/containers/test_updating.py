"""The update of a container on a real engine, run by the guardian's desk: it works, or all is as it was."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, override

import pytest

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.containers import gating
from custom_components.home_server_monitor.sources.containers.going_back import LetGoAction, RollBackAction
from custom_components.home_server_monitor.sources.containers.model import Container
from custom_components.home_server_monitor.sources.containers.updating import UpdateAction
from custom_components.home_server_monitor.sources.errors import CannotConnect
from tests.engine import Engine
from tests.guardian.fake import ADMIN, Guardian

from .bench_yard import Alone, EngineYard, source_of
from .household import hurry

HEALTHY = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/true"]'
SICK = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/false"]'
RUNS = 'CMD ["/bin/sleep", "100000"]'
ENDS = 'CMD ["/bin/sh", "-c", "echo I cannot; exit 3"]'
VOLUME = "VOLUME /data"


class Workplace:
    """One engine, one guardian, and containers that belong to this test."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.yard = EngineYard(engine)
        self.guardian = Guardian(
            folder,
            source_of(UpdateAction(self.yard), RollBackAction(self.yard), LetGoAction(self.yard)),
            sleep=asyncio.sleep,
        )

    def image(self, *changes: str, app: str = "app") -> str:
        """Make version 1 and push it."""
        reference = self.engine.image(app, "1", *changes, files={"etc/mine": app})
        self.engine.push(reference)
        return reference

    def publish(self, *changes: str, app: str = "app") -> None:
        """Push something newer under the same reference; the engine itself keeps the old one under it."""
        reference = self.engine.reference(app)
        old = self.engine.api.must("GET", f"/images/{reference}/json")["Id"]
        self.engine.image(app, "1", *changes, files={"etc/mine": app, "etc/newer": "yes"})
        self.engine.push(reference)
        repository, _, tag = reference.rpartition(":")
        self.engine.api.must("POST", f"/images/{old}/tag", query={"repo": repository, "tag": tag})

    def look(self, suffix: str) -> Any:
        """Inspect a container of this test."""
        return self.engine.api.must("GET", f"/containers/{self.engine.name(suffix)}/json")

    def shell(self, suffix: str, command: str) -> str:
        """Run a command inside a container and return what it says."""
        api, name = self.engine.api, self.engine.name(suffix)
        body = {"AttachStdout": True, "Cmd": ["/bin/sh", "-c", command]}
        found = api.must("POST", f"/containers/{name}/exec", body)["Id"]
        return str(api.must("POST", f"/exec/{found}/start", {"Detach": False, "Tty": True}))

    def names(self) -> list[str]:
        """Return what the containers of this test are called, without its prefix."""
        prefix = f"/{self.engine.prefix}"
        found = self.engine.api.must("GET", "/containers/json", query={"all": 1})
        return sorted(
            each["Names"][0].removeprefix(prefix) for each in found if each["Names"][0].startswith(prefix)
        )

    async def update(self) -> Record:
        """Update the container."""
        return await self.act("update_container")

    async def act(self, action: str, suffix: str = "app") -> Record:
        """Propose and approve an action, and wait for its end."""
        await self.yard.relist()
        record = await self.guardian.propose(self.engine.name(suffix), action, source="engine")
        await self.guardian.desk.approve(record.id, ADMIN)
        async with asyncio.timeout(90):
            return await self.guardian.desk.wait(record.id)


@pytest.fixture
async def work(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workplace]:
    """A workplace whose gate looks often."""
    hurry(monkeypatch)
    found = Workplace(engine, tmp_path)
    await found.guardian.start()
    yield found
    await found.guardian.end()


async def test_a_good_image_goes_through(work: Workplace) -> None:
    """The new one runs under the name, with the volumes of the old one, which is kept and stands still."""
    image = work.image(HEALTHY, RUNS, VOLUME)
    old = work.engine.run("app", image, HostConfig={"RestartPolicy": {"Name": "always"}})
    work.shell("app", "echo precious > /data/file")
    work.publish(HEALTHY, RUNS, VOLUME)
    ended = await work.update()
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict, ended.step)
    new = work.look("app")
    assert new["Id"] != old
    assert new["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert "yes" in work.shell("app", "cat /etc/newer")
    assert "precious" in work.shell("app", "cat /data/file")
    kept = [name for name in work.names() if "-hsm-" in name]
    assert len(kept) == 1
    parked = work.look(kept[0])
    assert (parked["Id"], parked["State"]["Running"]) == (old, False)
    assert parked["HostConfig"]["RestartPolicy"]["Name"] == "no"


@pytest.mark.parametrize("change", [SICK, ENDS], ids=["unhealthy", "ends"])
async def test_a_bad_image_is_taken_back(work: Workplace, change: str) -> None:
    """The old container runs again: the same one, the same volumes, nothing left over."""
    image = work.image(HEALTHY, RUNS, VOLUME)
    old = work.engine.run("app", image, HostConfig={"RestartPolicy": {"Name": "unless-stopped"}})
    before = work.look("app")
    work.shell("app", "echo precious > /data/file")
    work.publish(*((SICK, RUNS, VOLUME) if change is SICK else (HEALTHY, ENDS, VOLUME)))
    ended = await work.update()
    assert ended.state is State.ROLLED_BACK, ended
    after = work.look("app")
    assert (after["Id"], after["State"]["Running"]) == (old, True)
    assert after["Mounts"] == before["Mounts"]
    assert after["HostConfig"]["RestartPolicy"] == before["HostConfig"]["RestartPolicy"]
    assert "precious" in work.shell("app", "cat /data/file")
    assert work.names() == ["app"]
    assert after["Config"]["Image"] == image
    assert work.engine.api.must("GET", f"/images/{image}/json")["Id"] == before["Image"]


async def test_what_lives_in_its_network_follows(work: Workplace) -> None:
    """A downloader behind a VPN runs in the new one's network, and on its own image."""
    image = work.image(HEALTHY, RUNS)
    vpn = work.engine.run("app", image)
    inside = work.engine.run("torrent", image, HostConfig={"NetworkMode": f"container:{vpn}"})
    work.publish(HEALTHY, RUNS)
    ended = await work.update()
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict, ended.step)
    new, follower = work.look("app"), work.look("torrent")
    assert follower["Id"] != inside
    assert follower["HostConfig"]["NetworkMode"] == f"container:{new['Id']}"
    assert follower["Image"] != new["Image"]
    assert follower["State"]["Running"] is True
    # by its name: what is created by an id could not be updated from here any more, and the name is the newest one's
    assert (follower["Config"]["Image"], new["Config"]["Image"]) == (image, image)
    assert work.engine.api.must("GET", f"/images/{image}/json")["Id"] == new["Image"]
    assert (await work.act("update_container", "torrent")).state is State.SUCCEEDED
    assert work.look("torrent")["Image"] == new["Image"]


async def test_nothing_newer_changes_nothing(work: Workplace) -> None:
    """The pull brings what is there already: nothing is stopped, and that is said."""
    old = work.engine.run("app", work.image(HEALTHY, RUNS))
    ended = await work.update()
    assert (ended.state, ended.reason) == (State.ROLLED_BACK, "nothing_newer")
    assert work.look("app")["Id"] == old
    assert work.look("app")["State"]["Running"] is True
    assert not [path for path in work.yard.workshop.writes if "/stop" in path]


class Storage(Alone):
    """A NAS under the engine, that takes a snapshot or does not, and whose answer is lost."""

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes
        self.asked: list[str] = []
        self.there: set[str] = set()

    @override
    async def datasets(self, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
        return (("nas", "tank/app"),)

    @override
    async def snapshot(self, source: str, dataset: str, name: str) -> str:
        self.asked.append(f"{dataset}@{name}")
        self.there |= {self.asked[-1]} if self.takes else set()
        raise CannotConnect("the connection was cut")

    @override
    async def has_snapshot(self, source: str, dataset: str, name: str) -> bool:
        return f"{dataset}@{name}" in self.there


@pytest.mark.parametrize("takes", [True, False])
async def test_a_snapshot_whose_answer_is_lost_is_looked_for(
    work: Workplace, monkeypatch: pytest.MonkeyPatch, takes: bool
) -> None:
    """It is ordered once. Where it is there the update goes on; where it is not, nothing was stopped for it."""
    monkeypatch.setattr(gating, "LOOK_EVERY", 0.05)
    old = work.engine.run("app", work.image(HEALTHY, RUNS))
    work.publish(HEALTHY, RUNS)
    work.yard.around = Storage(takes=takes)
    ended = await work.update()
    assert len(work.yard.around.asked) == 1
    if takes:
        assert ended.state is State.SUCCEEDED, (ended.reason, ended.details)
        return
    assert (ended.state, ended.reason) == (State.ROLLED_BACK, "snapshot_missing")
    assert (work.look("app")["Id"], work.names()) == (old, ["app"])
    assert not [path for path in work.yard.workshop.writes if "/stop" in path]


class Talking(Alone):
    """An application that answers in its old container, or in none."""

    def __init__(self, *old: str) -> None:
        self.old = old
        self.api: Any = None

    @override
    async def answers(self, container: Container) -> bool | None:
        there = await asyncio.to_thread(self.api.must, "GET", f"/containers/{container.name}/json")
        return there["Id"] in self.old


@pytest.mark.parametrize("talks", [True, False])
async def test_an_application_that_answered_must_answer_again(work: Workplace, *, talks: bool) -> None:
    """One that was silent before its update is no reason to take that back."""
    old = work.engine.run("app", work.image(HEALTHY, RUNS))
    work.publish(HEALTHY, RUNS)
    work.yard.gate_timeout = 4.0
    work.yard.around = Talking(*([old] if talks else []))
    work.yard.around.api = work.engine.api
    ended = await work.update()
    if talks:
        assert ended.state is State.ROLLED_BACK
        assert ended.verdict is not None
        assert ended.verdict.facts["reason"] == "gate_no_answer"
        assert (work.look("app")["Id"], work.names()) == (old, ["app"])
    else:
        assert ended.state is State.SUCCEEDED, (ended.reason, ended.details)


async def test_what_must_not_be_updated_is_refused(work: Workplace) -> None:
    """A container that removes itself when it stops would be gone."""
    work.engine.run("app", work.image(HEALTHY, RUNS), HostConfig={"AutoRemove": True})
    with pytest.raises(Refused) as refused:
        await work.update()
    assert refused.value.refusal.key == "removes_itself"


async def test_an_update_is_rolled_back_while_the_old_one_is_kept(work: Workplace) -> None:
    """The old container runs again with what lives in its network, and the newer ones are gone."""
    image = work.image(HEALTHY, RUNS, VOLUME)
    old = work.engine.run("app", image, HostConfig={"RestartPolicy": {"Name": "always"}})
    inside = work.engine.run("torrent", image, HostConfig={"NetworkMode": f"container:{old}"})
    work.publish(HEALTHY, RUNS, VOLUME)
    assert (await work.update()).state is State.SUCCEEDED
    work.shell("app", "echo newer > /data/file")
    ended = await work.act("roll_back_container")
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details, ended.verdict, ended.step)
    assert work.names() == ["app", "torrent"]
    assert (work.look("app")["Id"], work.look("torrent")["Id"]) == (old, inside)
    assert work.look("app")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert work.look("torrent")["State"]["Running"] is True
    assert "newer" in work.shell("app", "cat /data/file")
    with pytest.raises(Refused) as refused:
        await work.act("roll_back_container")
    assert refused.value.refusal.key == "nothing_kept"


async def test_a_kept_container_is_let_go(work: Workplace) -> None:
    """It goes, and the data of the one that runs stays."""
    work.engine.run("app", work.image(HEALTHY, RUNS, VOLUME))
    work.shell("app", "echo precious > /data/file")
    work.publish(HEALTHY, RUNS, VOLUME)
    await work.update()
    ended = await work.act("remove_kept_container")
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details)
    assert work.names() == ["app"]
    assert "precious" in work.shell("app", "cat /data/file")

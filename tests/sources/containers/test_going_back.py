"""Going back to a kept container on a real engine: with its owner only, only the one that was noted, whoever has its port."""

import asyncio
from collections.abc import Callable
import socket
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian import inverses
from custom_components.home_server_monitor.guardian.contract import Refusal, Refused
from custom_components.home_server_monitor.guardian.remediation import Record, State
from tests.engine.processes import free_port

from .bench_yard import INSTANCE
from .test_updating import HEALTHY, RUNS, VOLUME, Workplace, work

__all__ = ["work"]


async def _refused(work: Workplace, action: str, suffix: str) -> Refusal:
    with pytest.raises(Refused) as refused:
        await work.act(action, suffix)
    return refused.value.refusal


async def test_what_lives_in_another_goes_back_with_it(work: Workplace) -> None:
    """By its own button its owner is named; one that was updated by itself since goes back first."""
    old = work.engine.run("app", work.image(HEALTHY, RUNS), StopSignal="SIGKILL", StopTimeout=77)
    mode = {"NetworkMode": f"container:{old}"}
    image = work.image(HEALTHY, RUNS, app="torrent")
    inside = work.engine.run("torrent", image, StopSignal="SIGKILL", HostConfig=mode)
    work.publish(HEALTHY, RUNS)
    assert (await work.update()).state is State.SUCCEEDED
    app, torrent = work.engine.name("app"), work.engine.name("torrent")
    refusal = await _refused(work, "roll_back_container", "torrent")
    assert (refusal.key, dict(refusal.placeholders)) == ("goes_back_with", {"target": torrent, "owner": app})
    assert work.look("torrent")["State"]["Running"] is True

    work.publish(HEALTHY, RUNS, app="torrent")
    updated = await work.act("update_container", "torrent")
    assert updated.state is State.SUCCEEDED, (updated.reason, updated.details)
    refusal = await _refused(work, "roll_back_container", "app")
    assert (refusal.key, refusal.placeholders["other"]) == ("follower_updated", torrent)
    assert (await work.act("roll_back_container", "torrent")).state is State.SUCCEEDED
    ended = await work.act("roll_back_container", "app")
    assert ended.state is State.SUCCEEDED
    # it may take as long to end as it says
    assert [each["stop_within"] for each in ended.plan.before["pairs"]] == [77, 30]
    assert (work.look("app")["Id"], work.look("torrent")["Id"]) == (old, inside)
    assert work.look("torrent")["State"]["Running"] is True
    assert work.names() == ["app", "torrent"]


async def test_whose_home_is_gone_stays(work: Workplace) -> None:
    """The kept one of its owner was removed: neither of them can go back, and nothing is stopped to find that out."""
    old = work.engine.run("app", work.image(HEALTHY, RUNS), StopSignal="SIGKILL")
    mode = {"NetworkMode": f"container:{old}"}
    work.engine.run("torrent", work.engine.reference(), StopSignal="SIGKILL", HostConfig=mode)
    work.publish(HEALTHY, RUNS)
    assert (await work.update()).state is State.SUCCEEDED
    assert (await work.act("remove_kept_container")).state is State.SUCCEEDED
    assert (await _refused(work, "roll_back_container", "app")).key == "nothing_kept"
    assert (await _refused(work, "roll_back_container", "torrent")).key == "home_gone"
    assert work.look("torrent")["State"]["Running"] is True


async def test_only_the_container_that_was_noted(work: Workplace) -> None:
    """Another one that is called so, later by its name, neither takes the place nor is removed."""
    old = work.engine.run("app", work.image(HEALTHY, RUNS), StopSignal="SIGKILL")
    work.publish(HEALTHY, RUNS)
    assert (await work.update()).state is State.SUCCEEDED
    planted = f"app-hsm-{INSTANCE}-old-99999999999"
    work.engine.create(planted, work.engine.reference())
    noted = dict(work.yard.kept)
    work.yard.kept.clear()
    for action in ("roll_back_container", "remove_kept_container"):
        refusal = await _refused(work, action, "app")
        assert (refusal.key, refusal.placeholders["kept"]) == ("kept_not_noted", work.engine.name(planted))
    work.yard.kept.update(noted)
    ended = await work.act("roll_back_container")
    assert ended.state is State.SUCCEEDED, (ended.reason, ended.details)
    assert work.look("app")["Id"] == old
    assert work.names() == ["app", planted]


async def test_what_the_engine_brings_up_by_itself_never_runs_beside_the_other(work: Workplace) -> None:
    """Started anew, it brings up what has its policy back; then all actions are stopped, and the newer one runs again."""
    always = {"RestartPolicy": {"Name": "always"}}
    old = work.engine.run("app", work.image(HEALTHY, RUNS), StopSignal="SIGKILL", HostConfig=always)
    work.publish(HEALTHY, RUNS)
    assert (await work.update()).state is State.SUCCEEDED
    newer, workshop = work.look("app")["Id"], work.yard.workshop
    at_once: list[int] = []

    def look() -> None:
        if workshop.writes[-1].endswith(f"/{old}/update") and not work.guardian.desk.helm.hold:
            work.engine.api.must("POST", f"/containers/{old}/start")
            work.guardian.desk.helm.hold = True
        ids = [work.engine.api.must("GET", f"/containers/{each}/json") for each in (old, newer)]
        at_once.append(sum(each["State"]["Running"] for each in ids))

    workshop.after_write = look
    ended = await work.act("roll_back_container")
    assert (ended.state, ended.reason) == (State.ROLLED_BACK, "hold_is_on")
    assert max(at_once) == 1
    after = work.look("app")
    assert (after["Id"], after["State"]["Running"]) == (newer, True)
    assert after["HostConfig"]["RestartPolicy"]["Name"] == "always"


class Plug:
    """Takes a port of this machine right after something was stopped."""

    def __init__(self, work: Workplace, port: int, take: Callable[[], None]) -> None:
        self.port, self._take, self._work = port, take, work
        work.yard.workshop.after_write = self._look

    def _look(self) -> None:
        if "/stop" in self._work.yard.workshop.writes[-1]:
            self._work.yard.workshop.after_write = lambda: None
            self._take()


def _publishes(port: int) -> dict[str, Any]:
    return {
        "StopSignal": "SIGKILL",
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}},
    }


async def _blocked(work: Workplace, under_way: asyncio.Task[Record]) -> Record:
    """Return the record once it waits, some tries later."""
    async with asyncio.timeout(30):
        while not (found := [each for each in work.guardian.told if each.blocked]):
            assert not under_way.done(), under_way.result()
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    assert not under_way.done()
    return found[-1]


@pytest.mark.parametrize("by", ["a program", "a container"])
async def test_a_port_that_stays_taken(work: Workplace, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """Neither can run: who has the port is said once, and the old one runs again as soon as that is gone."""
    monkeypatch.setattr(inverses, "BLOCKED_EVERY", 0.1)
    port = free_port()
    image = work.image(HEALTHY, RUNS, VOLUME)
    old = work.engine.run("app", image, **_publishes(port))
    thief = work.engine.create("thief", image, **_publishes(port))
    work.publish(HEALTHY, RUNS, VOLUME)
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def take() -> None:
        if by == "a container":
            work.engine.api.must("POST", f"/containers/{thief}/start")
        else:
            plug.bind(("127.0.0.1", port))
            plug.listen()

    Plug(work, port, take)
    under_way = asyncio.create_task(work.update())
    waits = await _blocked(work, under_way)
    other = work.engine.name("thief") if by == "a container" else ""
    assert waits.blocked == Refusal(
        "port_held" if other else "port_taken",
        {"target": work.engine.name("app"), "port": str(port), "other": other},
    )
    assert len({str(each.blocked) for each in work.guardian.told if each.blocked}) == 1
    plug.close()
    if other:
        work.engine.api.must("POST", f"/containers/{thief}/kill")
    ended = await under_way
    assert (ended.state, ended.blocked) == (State.ROLLED_BACK, None), (ended.reason, ended.details)
    assert ended.verdict is not None
    # that it can have no port is seen at once, not only when its gate is over
    assert ended.verdict.facts["reason"] == "gate_port_taken"
    after = work.look("app")
    assert (after["Id"], after["State"]["Running"]) == (old, True)
    assert work.names() == ["app", "thief"]


async def test_a_port_that_is_taken_as_it_goes_back(work: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rolling back cannot start the old one, nor the newer one again: it waits, and the newer one runs in the end."""
    monkeypatch.setattr(inverses, "BLOCKED_EVERY", 0.1)
    port = free_port()
    work.engine.run("app", work.image(HEALTHY, RUNS), **_publishes(port))
    work.publish(HEALTHY, RUNS)
    assert (await work.update()).state is State.SUCCEEDED
    newer = work.look("app")["Id"]
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    Plug(work, port, lambda: (plug.bind(("127.0.0.1", port)), plug.listen())[0])
    under_way = asyncio.create_task(work.act("roll_back_container"))
    assert (await _blocked(work, under_way)).blocked is not None
    plug.close()
    ended = await under_way
    assert ended.state is State.ROLLED_BACK, (ended.reason, ended.details)
    after = work.look("app")
    assert (after["Id"], after["State"]["Running"]) == (newer, True)
    assert after["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert len(work.names()) == 2

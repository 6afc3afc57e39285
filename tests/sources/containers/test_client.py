"""Every call of the client, answered by a real engine."""

import asyncio
from collections.abc import Callable
import time
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.model import HealthStatus, State
from custom_components.home_server_monitor.sources.containers.orders import Pulled
from custom_components.home_server_monitor.sources.containers.parse import inspected
from custom_components.home_server_monitor.sources.containers.parse_engine import image
from custom_components.home_server_monitor.sources.containers.replies import TurnedDown
from custom_components.home_server_monitor.sources.errors import (
    CallFailed,
    CannotConnect,
    NotSent,
    NotSupported,
)
from tests.engine import Engine

SLEEP = ["/bin/sleep", "100000"]


async def until(client: EngineClient, container: str, reached: Callable[[Any], bool]) -> Any:
    """Inspect a container until it is as wanted."""
    async with asyncio.timeout(30):
        while True:
            found = inspected(await client.inspect(container))
            if reached(found):
                return found
            await asyncio.sleep(0.05)


async def test_negotiating(engine: Engine, client: EngineClient) -> None:
    client.transport.version = None
    found = await client.negotiate()
    told = engine.api.must("GET", "/info")
    assert (found.id, found.name, found.kind) == (told["ID"], told["Name"], "docker")
    assert (found.cpus, found.memory) == (told["NCPU"], told["MemTotal"])
    assert (1, 41) <= client.api <= (1, 51)
    assert client.transport.version == min(found.api_version, "1.51")
    await client.ping()
    assert (await client.version())["ApiVersion"] == found.api_version
    assert (await client.info())["ID"] == found.id


async def test_another_engine_in_its_place(client: EngineClient) -> None:
    client.transport.version = "1.99"
    found = await asyncio.gather(client.images(), client.volumes(), client.containers())
    assert all(listing.skipped == 0 for listing in found)
    assert client.api <= (1, 51)


async def test_an_order_in_a_wrong_version_is_not_sent_again(engine: Engine, client: EngineClient) -> None:
    made = engine.create("web", engine.image())
    client.transport.version = "1.99"
    before = client.transport.calls
    with pytest.raises(NotSupported):
        await client.start(made)
    assert client.transport.calls == before + 1


async def test_listing_and_inspecting(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image(), Labels={"com.docker.compose.project": "media"})
    engine.create("other", engine.reference())
    listing = await client.containers(names=[engine.name("web")])
    assert (list(listing.items), listing.skipped) == ([engine.name("web")], 0)
    everything = (await client.containers()).items
    assert {engine.name("web"), engine.name("other")} <= set(everything)
    assert everything[engine.name("other")].state is State.CREATED
    found = inspected(await client.inspect(made))
    assert (found.id, found.state, found.project) == (made, State.RUNNING, "media")


async def test_what_is_not_there(client: EngineClient) -> None:
    with pytest.raises(TurnedDown) as missing:
        await client.inspect("hsmtest-nobody")
    assert missing.value.code == 404
    assert "No such container" in missing.value.reason
    with pytest.raises(TurnedDown):
        await client.start("hsmtest-nobody")


@pytest.mark.parametrize("name", ["", ".", "..", "../info", "a/../../info", "/"])
async def test_a_name_never_leads_elsewhere(client: EngineClient, name: str) -> None:
    before = client.transport.calls
    with pytest.raises(NotSent):
        await client.inspect(name)
    assert client.transport.calls == before


async def test_a_life(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    made = await client.create(engine.name("web"), {"Image": reference, "Cmd": SLEEP})
    assert await client.start(made)
    assert not await client.start(made)
    await client.pause(made)
    assert inspected(await client.inspect(made)).state is State.PAUSED
    await client.unpause(made)
    before = inspected(await client.inspect(made)).started
    await client.restart(made, grace=0)
    after = inspected(await client.inspect(made))
    assert after.state is State.RUNNING
    assert after.started > before
    await client.rename(made, engine.name("renamed"))
    assert inspected(await client.inspect(made)).name == engine.name("renamed")
    assert await client.stop(made, grace=0)
    assert not await client.stop(made, grace=0)
    stopped = inspected(await client.inspect(made))
    assert (stopped.state, stopped.exit_code) == (State.EXITED, 137)
    await client.remove(made)
    with pytest.raises(TurnedDown):
        await client.inspect(made)


async def test_killing(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image())
    await client.kill(made)
    assert (await until(client, made, lambda found: found.state is State.EXITED)).exit_code == 137


async def test_stopping_by_a_signal(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image())
    if client.api >= (1, 42):
        assert await client.stop(made, signal="SIGKILL")
    else:
        with pytest.raises(NotSupported):
            await client.stop(made, signal="SIGKILL")
        assert inspected(await client.inspect(made)).running


async def test_a_name_that_is_taken(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    engine.create("web", reference)
    with pytest.raises(TurnedDown) as conflict:
        await client.create(engine.name("web"), {"Image": reference})
    assert conflict.value.code == 409


async def test_limits(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image())
    await client.update(
        made,
        {
            "Memory": 64 << 20,
            "MemorySwap": 64 << 20,
            "NanoCpus": 500_000_000,
            "PidsLimit": 50,
            "RestartPolicy": {"Name": "always"},
        },
    )
    found = inspected(await client.inspect(made))
    assert (found.limits.cpu, found.limits.memory, found.limits.pids) == (0.5, 64 << 20, 50)
    assert found.restart_policy == "always"
    with pytest.raises(TurnedDown) as refused:
        await client.update(made, {"Memory": 1, "MemorySwap": 1})
    assert "memory" in refused.value.reason.lower()


async def test_anonymous_volumes_stay_unless_told(engine: Engine, client: EngineClient) -> None:
    reference = engine.image("app", "1", 'CMD ["/bin/sleep", "1"]', 'VOLUME ["/kept"]')
    first, second = engine.create("one", reference), engine.create("two", reference)
    volumes = [inspected(await client.inspect(item)).mounts[0].name or "" for item in (first, second)]
    await client.remove(first)
    await client.remove(second, volumes=True)
    left = (await client.volumes()).items
    assert [volume in left for volume in volumes] == [True, False]
    assert left[volumes[0]].anonymous
    engine.api.call("DELETE", f"/volumes/{volumes[0]}")


async def test_removing_a_running_one_is_turned_down(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image())
    with pytest.raises(TurnedDown):
        await client.remove(made)
    await client.remove(made, force=True)


async def test_networks(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image())
    network = engine.network("net", "10.99.77.0/24")
    await client.connect(network, made, {"IPAMConfig": {"IPv4Address": "10.99.77.50"}})
    assert inspected(await client.inspect(made)).networks[network] == ("10.99.77.50",)
    other = engine.create("other", engine.reference())
    await client.connect(network, other, {"IPAMConfig": {"IPv4Address": "10.99.77.50"}})
    with pytest.raises(CallFailed) as taken:
        await client.start(other)
    assert taken.value.code == 403
    assert "in use" in taken.value.reason
    await client.disconnect(network, made)
    assert network not in inspected(await client.inspect(made)).networks


async def test_images(engine: Engine, client: EngineClient) -> None:
    reference = engine.image("app", "1", "LABEL org.opencontainers.image.version=1.2.3")
    found = image(await client.image(reference))[1]
    assert (found.tags, found.version) == ((reference,), "1.2.3")
    kept = f"{engine.registry}/{engine.name('kept')}"
    await client.tag(found.id, kept, "1")
    assert (await client.images()).items[found.id].tags == tuple(sorted((reference, f"{kept}:1")))
    await client.remove_image(reference)
    assert (await client.images()).items[found.id].tags == (f"{kept}:1",)
    engine.create("web", f"{kept}:1", Cmd=SLEEP)
    with pytest.raises(TurnedDown) as used:
        await client.remove_image(f"{kept}:1")
    assert used.value.code == 409


async def test_a_pull(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    digest = engine.push(reference)
    assert await client.distribution(reference) == digest
    await client.remove_image(reference)
    seen: list[float | None] = []
    repository, _, tag = reference.rpartition(":")
    assert await client.pull(repository, tag, on_progress=seen.append) == Pulled(digest, newer=True)
    assert seen[-1] == 100.0
    assert await client.pull(repository, tag) == Pulled(digest, newer=False)
    assert image(await client.image(reference))[1].digests == (f"{repository}@{digest}",)


async def test_a_pull_of_what_is_not_there(engine: Engine, client: EngineClient) -> None:
    with pytest.raises(CallFailed) as missing:
        await client.pull(f"{engine.registry}/{engine.name('nothing')}", "1")
    assert "not found" in missing.value.reason or "unknown" in missing.value.reason


async def test_statistics_at_once(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    made = [engine.run(f"c{number}", reference) for number in range(4)]
    started = time.monotonic()
    found = await asyncio.gather(*map(client.stats, made))
    # Docker 20.10 waits for its collector's next second, which comes for all at once; two samples would take two
    assert time.monotonic() - started < 1.9
    assert all(item["cpu_stats"]["cpu_usage"]["total_usage"] > 0 for item in found)
    assert not any(item["precpu_stats"].get("system_cpu_usage") for item in found)


async def test_processes(engine: Engine, client: EngineClient) -> None:
    command = ["/bin/sh", "-c", "sleep 100000; true", "--token=s3cret"]
    made = engine.run("web", engine.image(), Cmd=command)
    told = ""
    async with asyncio.timeout(20):
        while "sleep 100000" not in told:
            titles, processes = await client.top(made)
            told = " ".join(" ".join(row) for row in processes)
    assert "CMD" in titles
    assert "--token=•••" in told


@pytest.mark.parametrize("terminal", [False, True])
async def test_logs(engine: Engine, client: EngineClient, terminal: bool) -> None:
    script = "for i in 1 2 3; do echo line $i; done; echo password=s3cret >&2; printf '\\033[31mred'"
    made = engine.run("web", engine.image(), Cmd=["/bin/sh", "-c", script], Tty=terminal)
    await until(client, made, lambda found: found.state is State.EXITED)
    found = await client.logs(made, tail=100, terminal=terminal)
    # two pipes have no common order
    assert [line for line in found if line != "password=•••"] == ["line 1", "line 2", "line 3", "[31mred"]
    assert "password=•••" in found
    assert await client.logs(made, tail=2, terminal=terminal) == found[-2:]


async def test_a_command(engine: Engine, client: EngineClient) -> None:
    made = engine.run("web", engine.image())
    done = await client.execute(made, ["/bin/sh", "-c", "echo out; echo err >&2; exit 7"])
    assert (done.exit_code, done.output.stdout, done.output.stderr) == (7, "out\n", "err\n")
    await client.pause(made)
    with pytest.raises(TurnedDown):
        await client.execute(made, ["/bin/true"])


async def test_disk_use(engine: Engine, client: EngineClient) -> None:
    engine.image()
    volume = engine.name("data")
    engine.api.must(
        "POST", "/volumes/create", {"Name": volume, "Labels": {"com.docker.compose.project": "m"}}
    )
    engine.run(
        "web",
        engine.reference(),
        Cmd=["/bin/sh", "-c", "dd if=/dev/zero of=/kept/x bs=1M count=3; sleep 100000"],
        HostConfig={"Binds": [f"{volume}:/kept"]},
    )
    use, volumes = await client.disk_use()
    assert use.images.used
    assert use.volumes.used is not None
    async with asyncio.timeout(20):
        while (volumes.items[volume].size or 0) < 3 << 20:
            volumes = (await client.disk_use())[1]
    assert (volumes.items[volume].refs, volumes.items[volume].project) == (1, "m")


async def test_health(engine: Engine, client: EngineClient) -> None:
    check = {"Test": ["CMD-SHELL", "echo not today; exit 1"], "Interval": 500_000_000, "Retries": 1}
    made = engine.run("web", engine.image(), Healthcheck={**check, "Timeout": 10_000_000_000})
    found = await until(client, made, lambda item: item.health.status is HealthStatus.UNHEALTHY)
    assert found.health.last_output == "not today"
    listed = (await client.containers(names=[engine.name("web")])).items[engine.name("web")]
    assert listed.health.status is HealthStatus.UNHEALTHY


async def test_events(engine: Engine, client: EngineClient) -> None:
    reference = engine.image()
    seen: list[tuple[str, int | None]] = []
    last = 0
    async with asyncio.timeout(30), client.events() as events:
        made = engine.run("web", reference, Cmd=["/bin/sh", "-c", "exit 3"])
        async for event in events:
            if event.id == made:
                seen.append((event.action, event.exit_code))
                last = event.at
                if event.action == "die":
                    break
    assert seen == [("create", None), ("start", None), ("die", 3)]
    engine.api.must("POST", f"/containers/{made}/rename", query={"name": engine.name("renamed")})
    async with asyncio.timeout(30), client.events(since=last + 1) as missed:
        async for event in missed:
            if event.id == made:
                assert (event.action, event.name) == ("rename", engine.name("renamed"))
                break
    assert client.skipped == 0


async def test_a_stream_of_events_ends_when_it_should(client: EngineClient) -> None:
    async def listen() -> None:
        async with client.events(lasting=0.3) as events:
            async for _ in events:
                pass

    async with asyncio.timeout(10):
        with pytest.raises(CannotConnect):
            await listen()

"""The story of an update, on a real engine and in a real Home Assistant core: offered, tried, taken back; then it works."""

import asyncio
from collections.abc import AsyncIterator
import socket
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.guardian import inverses
from tests.engine import Engine
from tests.engine.processes import free_port

from .conftest import engine_entry
from .household import at_home, hurry

HEALTHY = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/true"]'
SICK = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/sh", "-c", "echo cannot open database; exit 1"]'
ENDS = 'CMD ["/bin/sh", "-c", "echo cannot open database; exit 3"]'
RUNS = 'CMD ["/bin/sleep", "100000"]'
VOLUME = "VOLUME /data"


class Story:
    """A Home Assistant, a phone, an engine, and one container with data in an anonymous volume."""

    def __init__(self, hass: HomeAssistant, engine: Engine, entry: MockConfigEntry, user: MockUser) -> None:
        self.hass, self.engine, self.entry, self.user = hass, engine, entry, user
        self.pushes: list[dict[str, Any]] = []

    @property
    def source(self) -> Any:
        """The source as it is now."""
        return self.entry.runtime_data

    def publish(self, *changes: str, word: str, suffix: str = "app") -> None:
        """Push an image under the reference of the container; the engine keeps what it has under it."""
        reference = self.engine.reference(suffix)
        old = self.engine.api.must("GET", f"/images/{reference}/json")["Id"]
        self.engine.image(suffix, "1", *changes, VOLUME, files={"etc/newer": word})
        self.engine.push(reference)
        repository, _, tag = reference.rpartition(":")
        self.engine.api.must("POST", f"/images/{old}/tag", query={"repo": repository, "tag": tag})

    def look(self, suffix: str) -> Any:
        """Inspect a container."""
        return self.engine.api.must("GET", f"/containers/{self.engine.name(suffix)}/json")

    def shell(self, command: str) -> str:
        """Run a command in the container."""
        body = {"AttachStdout": True, "Cmd": ["/bin/sh", "-c", command]}
        api, name = self.engine.api, self.engine.name("app")
        found = api.must("POST", f"/containers/{name}/exec", body)["Id"]
        return str(api.must("POST", f"/exec/{found}/start", {"Detach": False, "Tty": True}))

    @property
    def update(self) -> Any:
        """The state of the update entity."""
        unique_id = f"{self.entry.unique_id}_container_{self.engine.name('app')}_container_update"
        entity = er.async_get(self.hass).async_get_entity_id("update", "home_server_monitor", unique_id)
        return self.hass.states.get(entity or "")

    async def offered(self) -> None:
        """Ask the registry, as happens a few times a day by itself, until the update is offered."""
        self.source.newest.ask_soon(self.engine.reference())
        async with asyncio.timeout(30):
            while self.update is None or self.update.state != "on":
                await self.source.async_look()
                await self.source.newest.look(self.source.data.containers, self.source.data.images)
                await asyncio.sleep(0.2)

    async def changes(self) -> dict[str, bool]:
        """Return what is said to have changed, and whether we did it; of this container."""
        await self.source.async_look()
        # it is judged a moment after it was seen
        await asyncio.sleep(0.3)
        await self.hass.async_block_till_done(wait_background_tasks=False)
        answer: Any = await self.hass.services.async_call(
            "home_server_monitor",
            "list_changes",
            {},
            blocking=True,
            return_response=True,
            context=Context(user_id=self.user.id),
        )
        rows = [each for each in answer["changes"] if self.engine.name("app") in each["text"]]
        return {each["text"]: each["by_us"] for each in rows}

    async def install(self) -> None:
        """Press Update, as an admin."""
        await self.hass.services.async_call(
            "update",
            "install",
            {"entity_id": self.update.entity_id},
            blocking=True,
            context=Context(user_id=self.user.id),
        )


@pytest.fixture
def way(engine: Engine) -> MockConfigEntry:
    """The entry that leads to the engine."""
    return engine_entry(engine.url)


@pytest.fixture
async def story(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    server_entry: MockConfigEntry,
    engine: Engine,
    way: MockConfigEntry,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Story]:
    """Everything is set up, and one container runs version 1 behind which another one lives."""
    hurry(monkeypatch)
    image = engine.image("app", "1", HEALTHY, RUNS, VOLUME)
    engine.push(image)
    # what runs in them does not listen when it is asked to end
    app = engine.run("app", image, StopSignal="SIGKILL", HostConfig={"RestartPolicy": {"Name": "always"}})
    engine.run("inside", image, StopSignal="SIGKILL", HostConfig={"NetworkMode": f"container:{app}"})
    found = Story(hass, engine, way, hass_admin_user)
    found.shell("echo precious > /data/file")
    # what is pushed in a test was made just now
    async with at_home(hass, server_entry, way, hass_admin_user, update_cool_down=0) as found.pushes:
        yield found


async def test_a_bad_image_is_taken_back_and_a_good_one_goes_through(story: Story) -> None:
    """The whole of it, with what the phone is told."""
    before = story.look("app")
    inside = story.look("inside")["Id"]
    story.publish(SICK, RUNS, word="bad")
    await story.offered()
    with pytest.raises(HomeAssistantError):
        await story.install()
    after = story.look("app")
    assert (after["Id"], after["State"]["Running"]) == (before["Id"], True)
    assert after["Mounts"] == before["Mounts"]
    assert story.look("inside")["Id"] == inside
    assert story.look("inside")["State"]["Running"] is True
    assert "precious" in story.shell("cat /data/file")
    await story.hass.async_block_till_done()
    (told,) = story.pushes
    assert told["title"] == f"Update of {story.engine.name('app')} undone"
    assert "was put back" in told["message"]
    assert "cannot open database" in told["message"]
    # it can still be had, and what came of it is said beside it
    await story.offered()
    assert "and put back: its health check fails." in story.update.attributes["release_summary"]
    assert story.source.offering.failed[story.engine.name("app")]

    story.publish(HEALTHY, RUNS, word="good")
    await story.offered()
    await story.install()
    assert story.source.aftermath.updated[story.engine.name("app")].container == story.look("app")["Id"]
    assert story.look("app")["Id"] != before["Id"]
    assert "good" in story.shell("cat /etc/newer")
    assert "precious" in story.shell("cat /data/file")
    # the bad one may have come and gone between two looks
    images = {text: ours for text, ours in (await story.changes()).items() if "The image of" in text}
    assert len(images) in (1, 3)
    assert all(images.values())
    assert story.look("inside")["State"]["Running"] is True
    assert story.look("inside")["HostConfig"]["NetworkMode"] == f"container:{story.look('app')['Id']}"
    # both are made of one name, which is lent to the old image while the second one is created
    assert story.look("inside")["Config"]["Image"] == story.engine.reference()
    named = story.engine.api.must("GET", f"/images/{story.engine.reference()}/json")["Id"]
    assert named == story.look("app")["Image"] != story.look("inside")["Image"]


async def test_a_port_that_somebody_takes_is_told_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither container can run: the phone says what has the port, once, and then that the old one runs again."""
    monkeypatch.setattr(inverses, "BLOCKED_EVERY", 0.2)
    engine, port = story.engine, free_port()
    engine.api.must("DELETE", f"/containers/{engine.name('app')}", query={"force": 1, "v": 1})
    engine.api.must("DELETE", f"/containers/{engine.name('inside')}", query={"force": 1, "v": 1})
    host = {
        "RestartPolicy": {"Name": "always"},
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]},
    }
    exposed = {"80/tcp": {}}
    old = engine.run("app", engine.reference(), StopSignal="SIGKILL", ExposedPorts=exposed, HostConfig=host)
    await story.source.async_look()
    await story.source.cycle.look_at_all()
    story.source.show()
    story.publish(HEALTHY, RUNS, word="newer")
    await story.offered()
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    async def take() -> None:
        while True:
            try:
                plug.bind(("127.0.0.1", port))
                return plug.listen()
            except OSError:
                await asyncio.sleep(0.002)

    taking = asyncio.create_task(take())
    installing = asyncio.create_task(story.install())
    async with asyncio.timeout(30):
        while not story.pushes:
            assert not installing.done()
            await asyncio.sleep(0.1)
    await taking
    # tried and listed many times meanwhile
    for _ in range(6):
        await story.source.async_look()
        await story.source.cycle.look_at_all()
        await asyncio.sleep(0.3)
    (told,) = story.pushes
    assert f"its port {port} is in use by something on the server that is no container" in told["message"]
    assert not [each for each in story.source.findings if each.object.endswith(engine.name("app"))]
    plug.close()
    with pytest.raises(HomeAssistantError):
        await installing
    await story.hass.async_block_till_done()
    after = story.look("app")
    assert (after["Id"], after["State"]["Running"]) == (old, True)
    assert after["HostConfig"]["RestartPolicy"]["Name"] == "always"
    first, last = story.pushes
    assert first["data"]["tag"] == last["data"]["tag"]
    assert "was put back and runs" in last["message"]


async def test_all_that_are_safe_and_one_of_three_is_put_back(story: Story) -> None:
    """One proposal: the first goes through, the second is put back, the third is not begun; told as one outcome."""
    engine, source = story.engine, story.source
    for name in ("one", "two", "three"):
        image = engine.image(name, "1", HEALTHY, RUNS, VOLUME, files={"etc/mine": name})
        engine.push(image)
        engine.run(name, image, StopSignal="SIGKILL", HostConfig={"RestartPolicy": {"Name": "always"}})
    before = {name: story.look(name) for name in ("one", "three", "two")}
    await source.async_look()
    await source.cycle.look_at_all()
    source.show()
    for name, runs in (("one", RUNS), ("three", ENDS), ("two", RUNS)):
        story.publish(HEALTHY, runs, word="newer", suffix=name)
    await source.async_look("containers", "images")
    for _ in source.data.containers:
        await source.meanwhile.look_for_updates()
    with pytest.raises(HomeAssistantError):
        await story.hass.services.async_call(
            "home_server_monitor",
            "update_containers",
            {"device_id": source.device_id},
            blocking=True,
            context=Context(user_id=story.user.id),
        )
    await story.hass.async_block_till_done()
    after = {name: story.look(name) for name in before}
    assert after["one"]["Id"] != before["one"]["Id"]
    assert after["one"]["State"]["Health"]["Status"] == "healthy"
    for name in ("three", "two"):
        assert (after[name]["Id"], after[name]["State"]["Running"]) == (before[name]["Id"], True)
        assert after[name]["Mounts"] == before[name]["Mounts"]
    (told,) = story.pushes
    one, three, two = (engine.name(name) for name in ("one", "three", "two"))
    assert f"Updated and well: {one}." in told["message"]
    assert f"{three} was put back and runs as before." in told["message"]
    assert "cannot open database" in told["message"]
    assert f"Not begun: {two}." in told["message"]

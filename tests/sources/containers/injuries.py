"""Updates that are hurt at a random moment on a real engine; whatever happens, one container serves, with all data."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import random
from typing import Any

from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.containers.updating import UpdateAction
from custom_components.home_server_monitor.sources.errors import CannotConnect
from tests.engine import Engine
from tests.guardian.fake import ADMIN, Guardian, Killed

from .bench_yard import EngineYard, source_of

HEALTHY = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/true"]'
SICK = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/false"]'
RUNS = 'CMD ["/bin/sleep", "100000"]'
ENDS = 'CMD ["/bin/sh", "-c", "echo I cannot; exit 3"]'
ENDS_LATER = 'CMD ["/bin/sh", "-c", "sleep 2; exit 7"]'
NO_COMMAND = 'CMD ["/bin/not-there"]'
VOLUME = "VOLUME /data"
# of the newer image: what becomes of it
IMAGES = {
    "good": (HEALTHY, RUNS),
    "unhealthy": (SICK, RUNS),
    "ends": (HEALTHY, ENDS),
    "ends later": ("HEALTHCHECK NONE", ENDS_LATER),
    "no command": (HEALTHY, NO_COMMAND),
}
CUTS = ("none", "cut before", "cut after", "killed before", "killed after", "refused")
POLICIES = ("always", "unless-stopped", "no", "on-failure")


@dataclass(frozen=True, slots=True)
class Injury:
    """What is done to one update: at which write it is hurt, how, and what the newer image is like."""

    image: str
    cut: str
    at: int
    policy: str

    @classmethod
    def random(cls, dice: random.Random) -> Injury:
        """Return any; half of them with the restart policy that an engine's restart would be worst for."""
        policy = "always" if dice.random() < 0.5 else dice.choice(POLICIES)
        return cls(dice.choice(list(IMAGES)), dice.choice(CUTS), dice.randrange(22), policy)


@dataclass(slots=True)
class Hurt:
    """Hurts the write number `at`, once."""

    injury: Injury
    dead: bool = False
    done: bool = False
    count: int = -1
    died: asyncio.Event = field(default_factory=asyncio.Event)

    def before(self) -> None:
        """Be called before each write."""
        if self.dead:
            raise Killed
        self.count += 1
        if self.done or self.count != self.injury.at:
            return
        match self.injury.cut:
            case "cut before":
                self.done = True
                raise CannotConnect("cut")
            case "refused":
                self.done = True
                raise CannotConnect("500 refused")
            case "killed before":
                self._die()

    def after(self) -> None:
        """Be called after each write, before its answer is handed on."""
        if self.done or self.count != self.injury.at:
            return
        match self.injury.cut:
            case "cut after":
                self.done = True
                raise CannotConnect("cut")
            case "killed after":
                self._die()

    def _die(self) -> None:
        self.done = self.dead = True
        self.died.set()
        raise Killed


class Patient:
    """A container with named, bound and anonymous data, that is updated and hurt."""

    def __init__(self, engine: Engine, folder: Path, injury: Injury) -> None:
        self.engine, self.folder, self.injury = engine, folder, injury
        self.bound = folder / "bound"
        self.bound.mkdir(parents=True)
        self.reference = engine.reference("patient", str(abs(hash((injury, folder)))))
        self.name = engine.name("patient")

    def _image(self, *changes: str, files: dict[str, str] | None = None) -> str:
        tag = self.reference.rpartition(":")[2]
        return self.engine.image("patient", tag, *changes, VOLUME, files=files)

    def prepare(self) -> str:
        """Make the old container with its data, and publish the newer image; returns the old one's id."""
        api = self.engine.api
        image = self._image(HEALTHY, RUNS)
        self.engine.push(image)
        old = self.engine.run(
            "patient",
            image,
            HostConfig={
                "RestartPolicy": {"Name": self.injury.policy},
                "Binds": [f"{self.bound}:/bound", f"{self.engine.name('named')}:/named"],
            },
        )
        self.shell("for at in data bound named; do echo precious > /$at/file; done")
        first = api.must("GET", f"/images/{image}/json")["Id"]
        self._image(*IMAGES[self.injury.image], files={"etc/newer": "yes"})
        self.engine.push(image)
        repository, _, tag = image.rpartition(":")
        api.must("POST", f"/images/{first}/tag", query={"repo": repository, "tag": tag})
        return old

    def shell(self, command: str) -> str:
        """Run a command inside and return what it says."""
        body = {"AttachStdout": True, "Cmd": ["/bin/sh", "-c", command]}
        found = self.engine.api.must("POST", f"/containers/{self.name}/exec", body)["Id"]
        return str(self.engine.api.must("POST", f"/exec/{found}/start", {"Detach": False, "Tty": True}))

    def _guardian(self, hurt: Hurt | None) -> Guardian:
        yard = EngineYard(self.engine)
        yard.gate_timeout, yard.gate_stable = 15.0, 4.0
        if hurt is not None:
            yard.workshop.before_write, yard.workshop.after_write = hurt.before, hurt.after
        guardian = Guardian(self.folder / "journal", source_of(UpdateAction(yard)), sleep=asyncio.sleep)
        guardian.yard = yard  # type: ignore[attr-defined]
        return guardian

    async def operate(self) -> Record:
        """Update it, hurt it, and live on; returns how it ended."""
        hurt = Hurt(self.injury)
        guardian: Any = self._guardian(hurt)
        await guardian.start()
        await guardian.yard.relist()
        record = await guardian.propose(self.name, "update_container", source="engine")
        try:
            await guardian.desk.approve(record.id, ADMIN)
            ends = asyncio.ensure_future(guardian.desk.wait(record.id))
            dies = asyncio.ensure_future(hurt.died.wait())
            done, rest = await asyncio.wait({ends, dies}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            for each in rest:
                each.cancel()
            assert done
        except Killed:
            pass
        if hurt.dead:
            # the next process takes up what this one left
            guardian = self._guardian(None)
            await guardian.yard.relist()
            await guardian.start()
        async with asyncio.timeout(90):
            ended: Record = await guardian.desk.wait(record.id)
        await guardian.end()
        return ended

    def examine(self, old: str, ended: Record) -> None:
        """Assert that one container serves, with all its data, and nothing is left over or lost."""
        api, prefix = self.engine.api, f"/{self.engine.prefix}"
        found = {
            each["Names"][0].removeprefix(prefix): each
            for each in api.must("GET", "/containers/json", query={"all": 1})
            if each["Names"][0].startswith(prefix)
        }
        serving = api.must("GET", f"/containers/{self.name}/json")
        assert serving["State"]["Running"] is True, (ended.state, ended.reason, found.keys())
        assert serving["HostConfig"]["RestartPolicy"]["Name"] == self.injury.policy
        words = self.shell("cat /data/file /bound/file /named/file")
        assert words.count("precious") == 3, words
        others = {name: each for name, each in found.items() if name != "patient"}
        assert not [name for name, each in others.items() if each["State"] == "running"]
        if serving["Id"] == old:
            assert ended.state is not State.SUCCEEDED
            assert not others, others.keys()
            image = api.must("GET", f"/images/{self.reference}/json")["Id"]
            assert serving["Image"] == image
        else:
            assert ended.state is State.SUCCEEDED, (ended.state, ended.reason)
            assert self.injury.image == "good"
            (kept,) = others.values()
            assert kept["Id"] == old
            assert api.call("GET", f"/images/{kept['ImageID']}/json")[0] == 200


async def operate(engine: Engine, folder: Path, injury: Injury, note: Callable[[Record], None]) -> None:
    """Go through one injury and clean up after it."""
    patient = Patient(engine, folder, injury)
    old = await asyncio.to_thread(patient.prepare)
    try:
        ended = await patient.operate()
        note(ended)
        await asyncio.to_thread(patient.examine, old, ended)
    finally:
        await asyncio.to_thread(engine.api.remove_everything, engine.prefix)

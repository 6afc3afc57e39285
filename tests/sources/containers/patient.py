"""A container with data of every kind that is updated and hurt; whatever happens, one container serves, with all of it."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
import secrets
import shutil
from typing import Any

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.shop import Shop
from custom_components.home_server_monitor.sources.containers.transport import Transport, open_session
from custom_components.home_server_monitor.sources.containers.updating import UpdateAction
from custom_components.home_server_monitor.sources.errors import ClientError
from tests.engine import Dockerd, Engine
from tests.engine.processes import free_port
from tests.guardian.fake import ADMIN, Guardian

from .bench_yard import EngineYard, source_of
from .hurting import Around, Life, Relay, hurting, relaying
from .injuries import GOOD, HEALTHY, IMAGES, RUNS, Injury, Kind

VOLUME = "VOLUME /data"
PLACES = ("data", "bound", "named")
# waiting costs nothing here but time
FASTER = 0.3
STOP_TIMEOUT = 1


@dataclass(slots=True)
class Told:
    """How it ended: the record, which container serves, for how many seconds none did, and whether it was hurt."""

    record: Record
    serves: str
    down: float
    hurt: bool


@dataclass(slots=True)
class Patient:
    """The container, on its stage."""

    engine: Engine
    folder: Path
    injury: Injury
    own: Dockerd | None = None
    port: int | None = None
    old: str = ""
    old_image: str = ""
    sums: str = ""
    volumes: frozenset[str] = frozenset()
    both: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.engine.name("patient")

    @property
    def reference(self) -> str:
        """Return the reference of its image."""
        return self.engine.reference("patient")

    def _image(self, *changes: str) -> str:
        """Make an image with a layer that no other one has; returns its id."""
        # so long that a pull of it can be cut in its middle
        files = {"etc/version": secrets.token_hex(200_000)}
        self.engine.image("patient", "1", *changes, VOLUME, files=files)
        return str(self.engine.api.must("GET", f"/images/{self.reference}/json")["Id"])

    def prepare(self) -> None:
        """Make the old container with its data, and publish the newer image, which the engine has to pull."""
        api, bound = self.engine.api, self.folder / "bound"
        bound.mkdir(parents=True)
        self.old_image = self._image(HEALTHY, RUNS)
        self.engine.push(self.reference)
        host: dict[str, Any] = {
            "RestartPolicy": {"Name": self.injury.policy},
            "Binds": [f"{bound}:/bound", f"{self.engine.name('named')}:/named"],
        }
        more: dict[str, Any] = {}
        if self.injury.kind is Kind.PORT_TAKEN:
            self.port = free_port()
            host["PortBindings"] = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(self.port)}]}
            more = {"ExposedPorts": {"80/tcp": {}}}
        self.old = self.engine.run(
            "patient", self.reference, StopTimeout=STOP_TIMEOUT, HostConfig=host, **more
        )
        if self.injury.networks:
            network = self.engine.network("net")
            api.must("POST", f"/networks/{network}/connect", {"Container": self.old})
        for place in PLACES:
            self.shell(f"dd if=/dev/urandom of=/{place}/file bs=1000 count=70 2>/dev/null")
        self.sums = self.checksums()
        repository, _, tag = self.reference.rpartition(":")
        newer = self._image(*IMAGES[self.injury.image])
        self.engine.push(self.reference)
        api.must("POST", f"/images/{self.old_image}/tag", query={"repo": repository, "tag": tag})
        api.must("DELETE", f"/images/{newer}", query={"force": 1})
        self.volumes = self._volumes()

    def _volumes(self) -> frozenset[str]:
        return frozenset(each["Name"] for each in self.engine.api.must("GET", "/volumes")["Volumes"] or ())

    def shell(self, command: str) -> str:
        """Run a command inside and return what it says."""
        body = {"AttachStdout": True, "Cmd": ["/bin/sh", "-c", command]}
        found = self.engine.api.must("POST", f"/containers/{self.name}/exec", body)["Id"]
        return str(self.engine.api.must("POST", f"/exec/{found}/start", {"Detach": False, "Tty": True}))

    def checksums(self) -> str:
        """Return the sums of all files of all its volumes."""
        said = self.shell("find /data /bound /named -type f -exec md5sum {} + | cat")
        assert said.count("/file") == len(PLACES), (said, self.look())
        return "\n".join(sorted(said.split("\n")))

    def look(self) -> dict[str, dict[str, Any]]:
        """Return the containers of this patient by name, without the prefix."""
        prefix = f"/{self.engine.prefix}"
        return {
            each["Names"][0].removeprefix(prefix): each
            for each in self.engine.api.must("GET", "/containers/json", query={"all": 1})
            if each["Names"][0].startswith(prefix)
        }

    def count(self) -> None:
        """Take note of two that run on one volume."""
        with contextlib.suppress(Exception):
            running = [name for name, each in self.look().items() if each["State"] == "running"]
            if len(running) > 1:
                self.both.append(", ".join(running))

    def examine(self, ended: Record) -> tuple[str, float]:
        """Assert that one container serves with all its data and nothing is left or lost; returns which, and the gap."""
        api, found = self.engine.api, self.look()
        said = (ended.state.value, ended.reason, dict(ended.details), ended.step, ended.undoing, [*found])
        said = (*said, api.call("GET", f"/containers/{self.name}/json")[1].get("State"))
        assert not self.both, f"two at once: {self.both[0]}: {said}"
        serving = api.must("GET", f"/containers/{self.name}/json")
        others = {name: each for name, each in found.items() if name != "patient"}
        assert serving["State"]["Running"] is True, f"nothing serves: {said}"
        wanted = {"bridge", *([self.engine.name("net")] if self.injury.networks else [])}
        assert {*serving["NetworkSettings"]["Networks"]} == wanted, f"other networks: {said}"
        policy = serving["HostConfig"]["RestartPolicy"]["Name"]
        assert policy == self.injury.policy, f"it has the restart policy {policy}: {said}"
        running = [name for name, each in others.items() if each["State"] == "running"]
        assert not running, f"two serve: {running}: {said}"
        assert self.checksums() == self.sums, f"other data: {said}"
        if self.own:
            assert self._volumes() == self.volumes, f"a volume came or went: {said}"
        old = api.must("GET", f"/containers/{self.old}/json")
        if serving["Id"] == self.old:
            self._is_as_it_was(ended, others, said)
            return "old", _gap(old, serving)
        assert ended.state is State.SUCCEEDED, f"the new one serves, and it is told otherwise: {said}"
        assert self.injury.image in GOOD, said
        (kept,) = others.values()
        assert kept["Id"] == self.old, said
        assert old["HostConfig"]["RestartPolicy"]["Name"] == "no", said
        tags = api.must("GET", f"/images/{self.old_image}/json")["RepoTags"]
        assert any(each.startswith("hsm-rollback/") for each in tags), f"{tags}: {said}"
        return "new", _gap(old, serving)

    def _is_as_it_was(self, ended: Record, others: Mapping[str, Any], said: object) -> None:
        assert ended.over or ended.state is State.PROPOSED, f"it is not told: {said}"
        assert ended.state is not State.SUCCEEDED, f"the old one serves, and it is told otherwise: {said}"
        assert not others, f"left over: {said}"
        named = self.engine.api.must("GET", f"/images/{self.reference}/json")["Id"]
        assert named == self.old_image, f"the old image lost its name: {said}"
        tags = self.engine.api.must("GET", f"/images/{self.old_image}/json")["RepoTags"]
        assert tags == [self.reference], f"a name was left over: {tags}: {said}"


def _gap(old: Any, serving: Any) -> float:
    """Return for how many seconds nothing served."""
    ended, began = old["State"]["FinishedAt"], serving["State"]["StartedAt"]
    if ended.startswith("0001"):
        return 0.0
    first, second = (datetime.fromisoformat(each[:19]) for each in (ended, began))
    return max((second - first).total_seconds(), 0.0)


class Operation:
    """One update, from the proposal to its end, over as many lives of Home Assistant as it takes."""

    def __init__(self, patient: Patient, relay: Relay) -> None:
        self.patient = patient
        self.relay = relay
        self.around = Around(patient.injury, patient.own, patient.port)
        self.journal = patient.folder / "journal-0"
        self.hurt = False
        self.number = 0

    def _dies(self) -> None:
        """Keep of a life what is on the disk as it ends."""
        self.number += 1
        left, self.journal = self.journal, self.patient.folder / f"journal-{self.number}"
        if left.exists():
            shutil.copytree(left, self.journal)

    async def run(self) -> Record:
        """Update it, hurt it, and live on; returns how it ended."""
        injury = self.patient.injury
        first = Life(self.around, self.relay, injury, self._dies)
        record = await self._live(first, None)
        killed = first.over
        self.hurt = first.hurt
        if killed and injury.again is not None:
            again = Life(self.around, self.relay, None, self._dies, again=injury.again)
            record = await self._live(again, record.id if record else "") or record
            killed = again.over
        if killed:
            record = await self._live(
                Life(self.around, self.relay, None, self._dies), record.id if record else ""
            )
        assert record
        return record

    async def _live(self, life: Life, record_id: str | None) -> Record | None:
        """Live once, begin the update or take it up; returns the record as it is then."""
        async with hurting(self.patient.engine, life, self.patient.count) as url:
            address = normalise(url)
            async with open_session(address) as session:
                client = EngineClient(Transport(session, address))
                yard = EngineYard(self.patient.engine)
                yard.gate_timeout, yard.gate_stable = 9.0, 4.0
                yard.workshop = Shop(client)  # type: ignore[assignment]
                source = source_of(UpdateAction(yard))
                guardian = Guardian(self.journal, source, sleep=_faster)
                watches = asyncio.create_task(_watch(source, self.patient.engine))
                lives = asyncio.create_task(self._act(life, guardian, client, yard, record_id))
                dies = asyncio.create_task(life.died.wait())
                async with asyncio.timeout(120):
                    await asyncio.wait({lives, dies}, return_when=asyncio.FIRST_COMPLETED)
                watches.cancel()
                dies.cancel()
                known = next(iter(guardian.desk.records.values()), None)
                if life.over:
                    # what goes on of it reaches nobody any more; its loop ends with it
                    lives.cancel()
                    return known
                await lives
                await guardian.end()
                return known

    async def _act(
        self, life: Life, guardian: Guardian, client: EngineClient, yard: EngineYard, record_id: str | None
    ) -> None:
        while True:
            try:
                await client.negotiate()
                await yard.relist()
                break
            except ClientError:
                # as an entry whose set-up is tried again
                await asyncio.sleep(0.3)
        if record_id is not None:
            life.armed = True
        await guardian.start()
        if record_id is None:
            record = await guardian.propose(self.patient.name, "update_container", source="engine")
            life.armed = True
            with contextlib.suppress(Refused, ClientError):
                # who tapped is told at once what came of reading the target again
                await guardian.desk.approve(record.id, ADMIN)
        for each in tuple(guardian.desk.records.values()):
            if not each.over and each.state is not State.PROPOSED:
                await guardian.desk.wait(each.id)


async def _faster(seconds: float) -> None:
    await asyncio.sleep(seconds * FASTER)


async def _watch(source: Any, engine: Engine) -> None:
    """Tell the guardian whether the engine is there, as what polls it does."""
    while True:
        try:
            source.there = (await asyncio.to_thread(engine.api.call, "GET", "/_ping", timeout=2))[0] == 200
        except OSError:
            source.there = False
        await asyncio.sleep(0.5)


async def _operate(patient: Patient) -> Told:
    async with relaying(patient.engine.registry) as relay:
        patient.engine = replace(patient.engine, registry=relay.url)
        await asyncio.to_thread(patient.prepare)
        operation = Operation(patient, relay)
        try:
            ended = await operation.run()
        finally:
            await operation.around.heal()
        serves, down = await asyncio.to_thread(patient.examine, ended)
        return Told(ended, serves, down, operation.hurt)


def operate(
    engine: Engine, folder: Path, injury: Injury, own: Dockerd | None, note: Callable[[Told], None]
) -> None:
    """Go through one injury, in a loop of its own, and clean up after it."""
    patient = Patient(engine, folder, injury, own)
    try:
        note(asyncio.run(_operate(patient)))
    finally:
        engine.api.remove_everything(engine.prefix)
        if own:
            engine.api.must("POST", "/images/prune")

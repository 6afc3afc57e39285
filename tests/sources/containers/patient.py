"""A container with data of every kind that is updated and hurt; whatever happens, one container serves, with all of it."""

from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
import secrets
from typing import Any

from custom_components.home_server_monitor.guardian.remediation import Record, State
from tests.engine import Dockerd, Engine
from tests.engine.processes import free_port

from .injuries import GOOD, HEALTHY, IMAGES, RUNS, Injury, Kind

VOLUME = "VOLUME /data"
PLACES = ("data", "bound", "named")
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
        if self.injury.back:
            return self._went_back(ended, serving["Id"] == self.old, others, said), 0.0
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

    def _went_back(self, ended: Record, old: bool, others: Mapping[str, Any], said: object) -> str:
        assert ended.over or ended.state is State.PROPOSED, f"it is not told: {said}"
        assert (ended.state is State.SUCCEEDED) == old, f"it is told otherwise: {said}"
        # one that the engine failed to remove, once, is named
        left = str(ended.verdict.facts.get("left", "")) if ended.verdict else ""
        rest = [each["Id"] for name, each in others.items() if not (left and left.endswith(name))]
        assert rest == ([] if old else [self.old]), f"left over: {said}"
        return "old" if old else "new"

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

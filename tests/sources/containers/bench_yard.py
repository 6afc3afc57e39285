"""A yard on a real engine: what the update of a container needs, without Home Assistant."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import json
from typing import Any
from urllib.parse import quote

from custom_components.home_server_monitor.guardian.contract import Action, Refusal
from custom_components.home_server_monitor.sources.containers.dependants import dependants_of
from custom_components.home_server_monitor.sources.containers.member import Member
from custom_components.home_server_monitor.sources.containers.model import Container
from custom_components.home_server_monitor.sources.containers.parse import inspected
from custom_components.home_server_monitor.sources.containers.policies import Written
from custom_components.home_server_monitor.sources.containers.ports import holder_of
from custom_components.home_server_monitor.sources.containers.redirect import refusal
from custom_components.home_server_monitor.sources.errors import CallFailed, CannotConnect
from tests.engine import Engine
from tests.engine.api import Api
from tests.guardian.fake import FakeSource

INSTANCE = "0123abcd"


class ApiWorkshop:
    """The workshop by plain calls; `before_write` and `after_write` may raise what hurts an update."""

    api_version = "1.41"

    def __init__(self, api: Api) -> None:
        self.api = api
        self.writes: list[str] = []
        self.before_write: Callable[[], None] = lambda: None
        self.after_write: Callable[[], None] = lambda: None

    async def _read(self, path: str) -> Any:
        status, answer = await asyncio.to_thread(self.api.call, "GET", path)
        if status == 404:
            return None
        assert status == 200, answer
        return answer

    async def _write(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        self.before_write()
        self.writes.append(f"{method} {path}")
        status, answer = await asyncio.to_thread(self.api.call, method, path, body, **more)
        self.after_write()
        if status >= 400:
            raise CallFailed(path, answer.get("message", "") if isinstance(answer, dict) else answer, status)
        return answer

    async def look(self, container: str) -> Any:
        return await self._read(f"/v1.41/containers/{quote(container)}/json")

    async def look_at_image(self, image: str) -> Any:
        return await self._read(f"/images/{image}/json")

    async def names(self) -> Mapping[str, str]:
        found = await self._read("/containers/json?all=1")
        return {each["Id"]: each["Names"][0].removeprefix("/") for each in found}

    async def about(self) -> Any:
        return await self._read("/info")

    async def words(self, container: str, lines: int) -> str:
        return str(await self._read(f"/containers/{container}/logs?stdout=1&stderr=1&tail={lines}"))

    async def pull(self, reference: str) -> None:
        repository, _, tag = reference.rpartition(":")
        query = {"fromImage": repository, "tag": tag}
        answer = await self._write("POST", "/images/create", query=query)
        if "errorDetail" in json.dumps(answer):
            raise CannotConnect(str(answer))

    async def tag(self, image: str, reference: str) -> None:
        repository, _, tag = reference.rpartition(":")
        await self._write("POST", f"/images/{image}/tag", query={"repo": repository, "tag": tag})

    async def untag(self, reference: str) -> None:
        await self._write("DELETE", f"/images/{reference}")

    async def create(self, name: str, body: Mapping[str, Any]) -> str:
        answer = await self._write("POST", "/v1.41/containers/create", dict(body), query={"name": name})
        return str(answer["Id"])

    async def connect(self, network: str, container: str, endpoint: Mapping[str, Any]) -> None:
        body = {"Container": container, "EndpointConfig": dict(endpoint)}
        await self._write("POST", f"/networks/{network}/connect", body)

    async def set_restart_policy(self, container: str, policy: Mapping[str, Any]) -> None:
        await self._write("POST", f"/containers/{container}/update", {"RestartPolicy": dict(policy)})

    async def start(self, container: str) -> None:
        await self._write("POST", f"/containers/{container}/start")

    async def stop(self, container: str, seconds: int) -> None:
        await self._write("POST", f"/containers/{container}/stop", query={"t": 1})

    async def rename(self, container: str, name: str) -> None:
        await self._write("POST", f"/containers/{container}/rename", query={"name": name})

    async def remove(self, container: str) -> None:
        await self._write("DELETE", f"/containers/{container}", query={"v": "false"})


class Alone:
    """No other system is around."""

    async def datasets(self, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
        return ()

    async def snapshot(self, source: str, dataset: str, name: str) -> str:
        raise AssertionError

    async def has_snapshot(self, source: str, dataset: str, name: str) -> bool:
        return False

    async def answers(self, container: Container) -> bool | None:
        return None

    def lent(self, container_id: str) -> bool:
        """Nothing is lent here."""
        return False

    def spared(self, name: str, touches: frozenset[str]) -> Refusal | None:
        return None

    def kept_id(self, name: str) -> str | None:
        return None

    async def permitted(self, written: Written) -> bool:
        return False


class EngineYard:
    """The source of an update on a real engine; what it lists is read when `relist` is called."""

    gate_timeout = 20.0
    gate_stable = 3.0
    instance = INSTANCE
    id = "engine"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.workshop = ApiWorkshop(engine.api)
        self.around: Any = Alone()
        self.listed: dict[str, Container] = {}
        self.noted: list[tuple[str, str]] = []
        self.kept: dict[str, str] = {}
        self.back: list[tuple[list[str], str]] = []
        self.data: list[str] = []

    def updated(self, member: Member, *, container: str, wanted: str, digests: Sequence[str] = ()) -> None:
        """Remember it."""
        self.noted.append((member.name, member.reference))
        self.kept[member.parked] = member.old

    async def holder(self, name: str, port: int) -> str:
        """Look who has it."""
        await self.relist()
        return holder_of(self.listed.values(), port, name)

    def kept_id(self, name: str) -> str | None:
        """Return what was noted in this life."""
        return self.kept.get(name)

    def snapshot_before(self, name: str) -> str | None:
        """Return the name in the newest update that went back."""
        found = [stamp for names, stamp in self.back if names[0] == name]
        return f"hsm-{INSTANCE}-update-{found[-1]}" if found else None

    def writers(self, name: str) -> Mapping[str, Sequence[str]]:
        """Return where the others write."""
        return {
            other: [mount.source for mount in each.mounts if mount.writable and mount.source]
            for other, each in self.listed.items()
            if other != name and "-hsm-" not in other
        }

    def data_back(self, name: str) -> None:
        """Remember it."""
        self.data.append(name)

    async def went_back(
        self, names: Sequence[str], stamp: str, digests: Sequence[str] = (), reason: str = ""
    ) -> None:
        """Remember it."""
        self.back.append((list(names), stamp))

    async def answers(self, container: Container) -> bool | None:
        """Ask what is around."""
        found: bool | None = await self.around.answers(container)
        return found

    async def relist(self) -> None:
        found = await self.workshop.names()
        names = {key: name for key, name in found.items() if name.startswith(self.engine.prefix)}
        self.listed = {}
        for key, name in names.items():
            if raw := await self.workshop.look(key):
                one = inspected(raw)
                self.listed[name] = one
        ids = {each.id: name for name, each in self.listed.items()}
        for name, each in self.listed.items():
            joins = tuple(ids.get(other, other) for other in each.joins)
            self.listed[name] = Container(
                **{field: getattr(each, field) for field in each.__slots__ if field != "joins"}, joins=joins
            )

    def is_never(self, name: str) -> bool:
        return False

    def member(self, name: str) -> Container | None:
        return self.listed.get(name)

    def dependants(self, name: str) -> Sequence[Container]:
        return dependants_of(self.listed.values(), self.listed[name])

    async def refusal(self, inspect: Any) -> Refusal | None:
        image = await self.workshop.look_at_image(inspect["Image"])
        return refusal(
            inspect, image["RepoDigests"], podman=False, own=None, names=self.listed, instance=INSTANCE
        )

    def touched(self, name: str) -> frozenset[str]:
        return frozenset({f"member:engine:{name}"})

    def is_database(self, inspect: Any) -> bool:
        return False


def source_of(*actions: Action) -> FakeSource:
    """Return the source as the guardian's desk sees it."""
    return FakeSource(*actions, id="engine")

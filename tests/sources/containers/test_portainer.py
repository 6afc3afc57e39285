"""Portainer: its engines, its stacks, and that nothing of a stack is lost when it is deployed again."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
import contextlib
from copy import deepcopy
import json
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone
from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.parse import inspected
from custom_components.home_server_monitor.sources.containers.portainer import (
    Environment,
    PortainerClient,
    Status,
    registry_auth,
)
from custom_components.home_server_monitor.sources.containers.probing import Access, probe
from custom_components.home_server_monitor.sources.containers.replies import TurnedDown
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from custom_components.home_server_monitor.sources.containers.transport import Timing, Transport
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CannotConnect,
    NotSupported,
)
from tests.engine import Engine

from .fake_portainer import KEY, Portainer, portainer
from .faulty import faulty
from .test_faults import replies

pytestmark = pytest.mark.usefixtures("socket_enabled")
FILE = {
    "Id": 1,
    "Name": "media",
    "Type": 2,
    "Status": 1,
    "EndpointId": 1,
    "Env": [{"name": "DB_PASSWORD", "value": "s3cret"}],
    "Option": {"Prune": True},
    "GitConfig": None,
}
GIT = {
    "Id": 2,
    "Name": "dns",
    "Type": 2,
    "Status": 1,
    "EndpointId": 1,
    "Env": [{"name": "ZONE", "value": "home"}, {"name": "EMPTY", "value": ""}],
    "Option": None,
    "GitConfig": {
        "URL": "https://git.example.org/dns",
        "ReferenceName": "refs/heads/stable",
        "ConfigFilePath": "compose.yml",
        "Authentication": {"Username": "me", "Password": ""},
    },
}


@contextlib.asynccontextmanager
async def talking(url: str, key: str = KEY, fingerprint: str | None = None) -> AsyncIterator[PortainerClient]:
    """A client of a Portainer."""
    address = normalise(url)
    async with open_session(address) as session:
        headers = {"X-API-Key": key}
        yield PortainerClient(
            Transport(session, address, headers=headers, fingerprint=fingerprint, timing=Timing(call=5.0))
        )


@pytest.fixture
async def fake() -> AsyncIterator[Portainer]:
    """A Portainer with a stack from a file and one from git, and no engine."""
    async with portainer() as found:
        found.stacks = {1: deepcopy(FILE), 2: deepcopy(GIT)}
        found.files = {1: "services: {}\n", 2: "services: {dns: {}}\n"}
        yield found


@pytest.fixture
async def client(fake: Portainer) -> AsyncIterator[PortainerClient]:
    """Its client."""
    async with talking(fake.url) as found:
        yield found


async def test_which_portainer(client: PortainerClient) -> None:
    assert await client.status() == Status("2.33.5", "f00d")
    assert await client.is_admin()


async def test_a_key_of_somebody_else(fake: Portainer, client: PortainerClient) -> None:
    fake.role = 2
    assert await client.is_admin() is False
    async with talking(fake.url, "ptr_wrong") as stranger:
        assert await stranger.status()
        with pytest.raises(AuthFailed):
            await stranger.environments()


async def test_environments_that_have_an_engine(client: PortainerClient) -> None:
    found = await client.environments()
    assert [*found.items.values()] == [
        Environment(1, "env1", "engine", up=True),
        Environment(2, "env2", "agent", up=True, podman=True),
        Environment(4, "env4", "edge", up=False),
    ]
    assert found.skipped == 0


async def test_registries(client: PortainerClient) -> None:
    assert await client.registries(1) == {"ghcr.io": 7}
    assert json.loads(base64.urlsafe_b64decode(registry_auth(7))) == {"registryId": 7}


async def test_stacks(fake: Portainer, client: PortainerClient) -> None:
    found = (await client.stacks(1)).items
    assert {key: (item.id, item.kind, item.status, item.git) for key, item in found.items()} == {
        "media": (1, "compose", "active", False),
        "dns": (2, "compose", "active", True),
    }
    assert "s3cret" not in repr(found)
    fake.stacks.clear()
    assert (await client.stacks(1)).items == {}


async def test_starting_and_stopping(fake: Portainer, client: PortainerClient) -> None:
    await client.stop(1, 1)
    assert fake.stacks[1]["Status"] == 2
    with pytest.raises(TurnedDown) as already:
        await client.stop(1, 1)
    assert "already inactive" in already.value.reason
    await client.start(1, 1)
    assert fake.stacks[1]["Status"] == 1
    assert [query for _, query, _ in fake.orders] == [{"endpointId": "1"}] * 3


@pytest.mark.parametrize(("number", "pull"), [(1, True), (1, False), (2, True), (2, False)])
async def test_deploying_again_loses_nothing(
    fake: Portainer, client: PortainerClient, number: int, pull: bool
) -> None:
    before, files = deepcopy(fake.stacks), dict(fake.files)
    await client.redeploy(number, 1, pull=pull)
    assert fake.stacks == before
    assert fake.files == files
    (order, query, body) = fake.orders[0]
    assert query == {"endpointId": "1"}
    assert body["PullImage"] is body["RepullImageAndRedeploy"] is pull
    assert order == ("PUT /api/stacks/1" if number == 1 else "PUT /api/stacks/2/git/redeploy")
    assert body["Prune"] is (number == 1)


async def test_a_public_repository(fake: Portainer, client: PortainerClient) -> None:
    fake.stacks[2]["GitConfig"]["Authentication"] = None
    before = deepcopy(fake.stacks)
    await client.redeploy(2, 1, pull=True)
    assert fake.stacks == before


async def test_no_variables_stay_none(fake: Portainer, client: PortainerClient) -> None:
    fake.stacks[1]["Env"] = None
    await client.redeploy(1, 1, pull=False)
    assert fake.orders[0][2]["Env"] == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda row: row.pop("Env"), BadResponse),
        (lambda row: row.update(Env="x"), BadResponse),
        (lambda row: row["GitConfig"].pop("ReferenceName"), BadResponse),
        (lambda row: row["GitConfig"].update(ReferenceName=None), BadResponse),
        (lambda row: row.update(GitConfig=None, WorkflowID=5), NotSupported),
    ],
)
async def test_what_cannot_be_sent_back_is_not_deployed(
    fake: Portainer, client: PortainerClient, change: Callable[[Any], Any], kind: type[Exception]
) -> None:
    change(fake.stacks[2])
    with pytest.raises(kind):
        await client.redeploy(2, 1, pull=True)
    assert fake.orders == []


async def test_a_stack_that_is_not_there(fake: Portainer, client: PortainerClient) -> None:
    with pytest.raises(TurnedDown) as missing:
        await client.redeploy(9, 1, pull=True)
    assert missing.value.code == 404
    assert isinstance(missing.value, NotDone)


async def test_the_definition_is_in_no_repr(client: PortainerClient) -> None:
    assert "s3cret" not in repr(await client.definition(1))


async def test_the_older_spelling_of_a_git_stack(fake: Portainer, client: PortainerClient) -> None:
    fake.stacks[2]["GitConfig"] = {
        "referenceName": "refs/heads/main",
        "authentication": {"username": "me", "gitCredentialID": 4},
    }
    await client.redeploy(2, 1, pull=True)
    body = fake.orders[0][2]
    assert body["RepositoryReferenceName"] == "refs/heads/main"
    assert (body["RepositoryUsername"], body["RepositoryGitCredentialID"]) == ("me", 4)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(200, b"<html>", "text/html"), (200, b"{}", "application/json"), (404, b"", "text/html")],
)
async def test_what_is_no_portainer(status: int, body: bytes, kind: str) -> None:
    async with faulty(api=replies(status, body, kind)) as server, talking(server.url) as client:
        with pytest.raises(BadResponse):
            await client.status()


async def test_the_engine_behind_it(engine: Engine) -> None:
    reference = engine.image()
    digest = engine.push(reference)
    async with portainer(engine) as fake, talking(fake.url) as client:
        behind = client.engine(1)
        found = await behind.negotiate()
        assert found.id == engine.api.must("GET", "/info")["ID"]
        made = await behind.create(engine.name("web"), {"Image": reference})
        async with asyncio.timeout(30), behind.events() as events:
            await behind.start(made)
            async for event in events:
                if (event.id, event.action) == (made, "start"):
                    break
        assert inspected(await behind.inspect(made)).running
        assert (await behind.stats(made))["cpu_stats"]
        assert await behind.stop(made, grace=0)
        repository, _, tag = reference.rpartition(":")
        pulled = await behind.pull(repository, tag, auth=registry_auth(7))
        assert pulled.digest == digest
        assert fake.registry_auth == [registry_auth(7)]
        await behind.remove(made)
        assert await probe(behind, found, portainer=True) == Access()


async def test_an_engine_that_is_down_and_one_that_is_unknown(engine: Engine) -> None:
    async with portainer(engine) as fake, talking(fake.url) as client:
        fake.engine_down = True
        with pytest.raises(CannotConnect):
            await client.engine(1).negotiate()
        fake.engine_down = False
        await client.engine(1).negotiate()
        with pytest.raises(TurnedDown):
            await client.engine(9).negotiate()

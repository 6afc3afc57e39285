"""Portainer: which engines it leads to, and the stacks that were made in it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any, Literal

from ..errors import BadResponse, CallFailed, ClientError, NotSupported
from ..records import Row, Rows, at, integer, name, rows, text
from .client import EngineClient
from .model import Stack
from .parse_engine import stack
from .replies import decode
from .transport import Transport
from .wire import MIB

LARGE = 16 * MIB
# it answers when compose is done, which pulls images meanwhile
DEPLOYING = 1800.0
ADMIN = 1
# Azure and Kubernetes have no Docker Engine behind them
_KINDS: Mapping[int, Literal["engine", "agent", "edge"]] = {1: "engine", 2: "agent", 4: "edge"}


@dataclass(frozen=True, slots=True)
class Environment:
    """An engine behind Portainer; `up` is what Portainer saw at its last snapshot, up to five minutes ago."""

    id: int
    name: str
    kind: Literal["engine", "agent", "edge"]
    up: bool
    podman: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What Portainer tells everybody: its version, and the id of this installation."""

    version: str
    instance: str | None


@dataclass(frozen=True, slots=True)
class StackDefinition:
    """What a stack is made of. It holds secrets: not to be kept, shown or logged."""

    row: Row
    file: str

    def __repr__(self) -> str:
        return f"StackDefinition({self.row.get('Id')})"


class PortainerClient:
    """Asks one Portainer; the key is in the headers of `transport`, and no cookie is ever kept.

    All raise ClientError: PermissionDenied where the key's user may not, TurnedDown where Portainer refuses.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def engine(self, environment: int) -> EngineClient:
        """Return the client of the engine of an environment."""
        return EngineClient(self.transport.environment(environment))

    async def status(self) -> Status:
        """Return which Portainer it is. Raises BadResponse where it is none."""
        try:
            found = await self.transport.get("/api/system/status")
        except (NotSupported, CallFailed) as err:
            raise BadResponse("No Portainer answers here") from err
        if (version := text(at(found, "Version"))) is None:
            raise BadResponse("No Portainer answers here")
        return Status(version, text(at(found, "InstanceID")))

    async def is_admin(self) -> bool | None:
        """Return whether the key is an admin's; None where this version does not tell."""
        try:
            role = integer(at(await self.transport.get("/api/users/me"), "Role"))
        except NotSupported, CallFailed:
            return None
        return None if role is None else role == ADMIN

    async def environments(self) -> Rows[Environment]:
        """List the environments that have a Docker Engine, by their ids as text."""
        found = await self.transport.get("/api/endpoints", query={"excludeSnapshots": True}, limit=LARGE)
        listed = found if isinstance(found, list) else None
        if listed is None:
            raise BadResponse("Expected a list of environments")
        return rows([row for row in listed if at(row, "Type") in _KINDS], _environment)

    async def registries(self, environment: int) -> Mapping[str, int]:
        """Return the ids of the registries whose credentials Portainer keeps, by their hosts."""
        found = await self.transport.get("/api/endpoints/{id}/registries", str(environment))
        return {
            host.partition("/")[0]: number
            for row in (found if isinstance(found, list) else [])
            if (host := text(at(row, "URL"))) and (number := integer(at(row, "Id"))) is not None
        }

    async def stacks(self, environment: int) -> Rows[Stack]:
        """List the stacks of an environment that were made in Portainer."""
        body = await self.transport.read(
            "/api/stacks", query={"filters": {"EndpointID": environment}}, limit=LARGE
        )
        # none is 204 and no list
        return rows(await decode(body) if body else [], stack)

    async def definition(self, number: int) -> StackDefinition:
        """Return what a stack is made of."""
        row = await self.transport.get("/api/stacks/{id}", str(number))
        file = at(await self.transport.get("/api/stacks/{id}/file", str(number)), "StackFileContent")
        if not isinstance(row, dict) or not isinstance(file, str):
            raise BadResponse("Not a stack")
        return StackDefinition(row, file)

    async def start(self, number: int, environment: int) -> None:
        """Start a stack: its containers are made anew."""
        await self._order("POST", "/api/stacks/{id}/start", number, environment)

    async def stop(self, number: int, environment: int) -> None:
        """Take a stack down: its containers and networks are removed, and its anonymous volumes are left behind."""
        await self._order("POST", "/api/stacks/{id}/stop", number, environment)

    async def redeploy(self, number: int, environment: int, *, pull: bool) -> None:
        """Deploy a stack again as it is, with newer images where `pull`.

        Portainer takes what is not sent for empty: variables, the branch, and the right to read it. So all of it is
        read first and sent back, and nothing is sent where some of it is missing.
        """
        found = await self.definition(number)
        body: dict[str, Any] = {
            "Env": _variables(found.row),
            "Prune": at(found.row, "Option", "Prune") is True or at(found.row, "Option", "prune") is True,
            # its name until 2.35, and since then
            "PullImage": pull,
            "RepullImageAndRedeploy": pull,
        }
        if git := found.row.get("GitConfig"):
            await self._order(
                "PUT", "/api/stacks/{id}/git/redeploy", number, environment, body | _branch(git)
            )
        elif found.row.get("WorkflowID"):
            raise NotSupported("redeploying a stack of a workflow")
        else:
            body["StackFileContent"] = found.file
            await self._order("PUT", "/api/stacks/{id}", number, environment, body)

    async def _order(
        self, verb: str, path: str, number: int, environment: int, body: Mapping[str, Any] | None = None
    ) -> None:
        await self.transport.order(
            verb,
            path,
            str(number),
            query={"endpointId": environment},
            body=body,
            deadline=DEPLOYING,
            long=True,
        )


def registry_auth(number: int) -> str:
    """Return the header with which Portainer puts in the credentials of one of its registries."""
    return base64.urlsafe_b64encode(json.dumps({"registryId": number}).encode()).decode()


def _environment(row: Row) -> tuple[str, Environment]:
    number = integer(row.get("Id"))
    if number is None:
        raise BadResponse("An environment without an id")
    return str(number), Environment(
        id=number,
        name=name(row.get("Name")),
        kind=_KINDS[row["Type"]],
        up=row.get("Status") != 2,
        podman=row.get("ContainerEngine") == "podman",
    )


def _field(row: Any, key: str) -> Any:
    """Return a field whose first letter is large in one version and small in another. Raises BadResponse for none."""
    for spelt in (key, key[0].lower() + key[1:]):
        if isinstance(row, dict) and spelt in row:
            return row[spelt]
    raise BadResponse(f"A stack without {key}")


def _variables(row: Row) -> list[Any]:
    found = _field(row, "Env")
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadResponse("A stack with variables that cannot be read")
    return found


def _branch(git: Any) -> dict[str, Any]:
    """Return what keeps a git stack where it is; an empty password stands for the one that Portainer knows."""
    reference = _field(git, "ReferenceName")
    if not isinstance(reference, str):
        raise BadResponse("A stack without a branch")
    try:
        login = _field(git, "Authentication")
    except ClientError:
        login = None
    if not login:
        return {"RepositoryReferenceName": reference, "RepositoryAuthentication": False}
    found: dict[str, Any] = {
        "RepositoryReferenceName": reference,
        "RepositoryAuthentication": True,
        "RepositoryUsername": at(login, "Username") or at(login, "username") or "",
        "RepositoryPassword": "",
    }
    # the other edition keeps credentials by a number
    if number := at(login, "GitCredentialID") or at(login, "gitCredentialID"):
        found["RepositoryGitCredentialID"] = number
    return found

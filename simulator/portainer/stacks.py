"""Stacks as Portainer's API has them."""

from typing import TYPE_CHECKING, Any

from simulator.engine import EngineError
from simulator.household import Git, Stack, down, up
from simulator.household.stacks import ACTIVE, INACTIVE
from simulator.serving import Json, Raw, Reply, Route
from simulator.serving.asked import Asked

from .filters import endpoint_filter

if TYPE_CHECKING:
    from .face import Portainer

type Row = dict[str, Any]

ENDPOINT = 2


class Stacks:
    """See the module."""

    def __init__(self, portainer: Portainer) -> None:
        self._portainer = portainer

    def routes(self) -> tuple[Route, ...]:
        """Its calls."""
        return (
            Route("GET", "/api/stacks", self.list),
            Route("GET", "/api/stacks/{number}", self.one),
            Route("GET", "/api/stacks/{number}/file", self.file),
            Route("POST", "/api/stacks/{number}/start", self.start),
            Route("POST", "/api/stacks/{number}/stop", self.stop),
            Route("PUT", "/api/stacks/{number}", self.update),
            Route("PUT", "/api/stacks/{number}/git/redeploy", self.redeploy),
        )

    def _find(self, asked: Asked, number: str) -> Stack:
        stack = self._portainer.household.stacks.get(int(number)) if number.isdigit() else None
        if stack is None:
            raise EngineError(404, "Unable to find a stack with the specified identifier inside the database")
        if not self._portainer.is_admin(asked):
            raise EngineError(403, "Access denied to resource")
        return stack

    def list(self, asked: Asked) -> Reply:
        """`GET /api/stacks`: 204 where there is none."""
        wanted = endpoint_filter(asked.query.get("filters"))
        stacks = self._portainer.household.stacks.values() if self._portainer.is_admin(asked) else ()
        rows = [self._row(stack) for stack in stacks if wanted in (None, ENDPOINT)]
        return Json(rows) if rows else Raw(status=204)

    def one(self, asked: Asked, number: str) -> Reply:
        """`GET /api/stacks/{id}`."""
        return Json(self._row(self._find(asked, number)))

    def file(self, asked: Asked, number: str) -> Reply:
        """`GET /api/stacks/{id}/file`."""
        return Json({"StackFileContent": self._find(asked, number).file})

    async def start(self, asked: Asked, number: str) -> Reply:
        """`POST /api/stacks/{id}/start`."""
        stack = self._find(asked, number)
        self._check_endpoint(asked)
        if stack.status == ACTIVE:
            raise EngineError(400, "Stack is already active")
        taken = [each.name for each in stack.services if each.name in self._portainer.household.engine.names]
        if taken:
            raise EngineError(409, f"A container with the name {taken[0]} already exists")
        await up(self._portainer.household, stack)
        return Json(self._row(stack))

    async def stop(self, asked: Asked, number: str) -> Reply:
        """`POST /api/stacks/{id}/stop`: that is `down`."""
        stack = self._find(asked, number)
        self._check_endpoint(asked)
        if stack.status == INACTIVE:
            raise EngineError(400, "Stack is already inactive")
        await down(self._portainer.household, stack)
        return Json(self._row(stack))

    async def update(self, asked: Asked, number: str) -> Reply:
        """`PUT /api/stacks/{id}`: a stack that came from git is cut off from it."""
        stack = self._find(asked, number)
        self._check_endpoint(asked)
        body: Row = asked.body or {}
        if not body.get("StackFileContent"):
            raise EngineError(400, "Invalid stack file content")
        stack.env = _variables(body)
        stack.file = body["StackFileContent"]
        stack.git = None
        pull = bool(body.get("PullImage") or body.get("RepullImageAndRedeploy"))
        await up(self._portainer.household, stack, pull=pull)
        stack.redeployed += 1
        return Json(self._row(stack))

    async def redeploy(self, asked: Asked, number: str) -> Reply:
        """`PUT /api/stacks/{id}/git/redeploy`: what is not sent back is lost."""
        stack = self._find(asked, number)
        self._check_endpoint(asked)
        if stack.git is None:
            raise EngineError(400, "Stack is not created from git")
        body: Row = asked.body or {}
        stack.env = _variables(body)
        authenticated = stack.git.authenticated and (
            # 2.33 keeps the stored password, 2.27 drops it unless told otherwise
            not self._portainer.version.startswith("2.27") or bool(body.get("RepositoryAuthentication"))
        )
        stack.git = Git(stack.git.url, body.get("RepositoryReferenceName") or "", authenticated)
        pull = bool(body.get("PullImage") or body.get("RepullImageAndRedeploy"))
        await up(self._portainer.household, stack, pull=pull)
        stack.redeployed += 1
        return Json(self._row(stack))

    def _check_endpoint(self, asked: Asked) -> None:
        if asked.query.get("endpointId") != str(ENDPOINT):
            raise EngineError(400, "Invalid query parameter: endpointId")

    def _row(self, stack: Stack) -> Row:
        git: Row | None = None
        if stack.git is not None:
            git = {
                "URL": stack.git.url,
                "ReferenceName": stack.git.reference,
                "ConfigFilePath": f"{stack.name}/compose.yaml",
                "Authentication": {"Username": "family", "Password": "", "GitCredentialID": 0}
                if stack.git.authenticated
                else None,
                "ConfigHash": stack.git.commit,
                "TLSSkipVerify": False,
            }
        return {
            "Id": stack.number,
            "Name": stack.name,
            "Type": 2,
            "EndpointId": ENDPOINT,
            "SwarmId": "",
            "EntryPoint": "docker-compose.yml" if stack.git is None else f"{stack.name}/compose.yaml",
            "Env": stack.env,
            "ResourceControl": None,
            "Status": stack.status,
            "ProjectPath": f"/data/compose/{stack.number}",
            "CreationDate": int(stack.created),
            "CreatedBy": "admin",
            "UpdateDate": int(stack.updated),
            "UpdatedBy": "admin" if stack.updated else "",
            "AdditionalFiles": None,
            "AutoUpdate": None,
            "Option": None,
            "GitConfig": git,
            "FromAppTemplate": False,
            "Namespace": "",
        }


def _variables(body: Row) -> list[Row]:
    """What the payload says, and nothing where it says nothing."""
    return [dict(entry) for entry in body.get("Env") or []]

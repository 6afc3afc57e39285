"""Stacks: what Portainer, or a person with compose, makes of a file."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from simulator.engine import Container, EngineError, NotModifiedError, lifecycle, process
from simulator.engine.create import create
from simulator.engine.images import keep, look_up
from simulator.engine.model import Doc
from simulator.engine.networking import add_network, leave_all

from .service import Service

if TYPE_CHECKING:
    from .build import Household

ACTIVE: Literal[1] = 1
INACTIVE: Literal[2] = 2


@dataclass(slots=True)
class Git:
    """Where a stack's file comes from; `authenticated` with a password that is never told."""

    url: str
    reference: str
    authenticated: bool = True
    commit: str = "9f2b6a1"


@dataclass(slots=True)
class Stack:
    """A stack. `env` are its variables, in their order."""

    number: int
    name: str
    services: list[Service]
    env: list[Doc]
    created: float
    git: Git | None = None
    status: Literal[1, 2] = ACTIVE
    updated: float = 0.0
    file: str = ""
    redeployed: int = field(default=0)

    @property
    def variables(self) -> Doc:
        """As a map."""
        return {str(entry["name"]): entry["value"] for entry in self.env}


def members(household: Household, stack: Stack) -> list[Container]:
    """The containers that belong to it now."""
    label = "com.docker.compose.project"
    return [each for each in household.engine.containers.values() if each.labels.get(label) == stack.name]


async def up(household: Household, stack: Stack, *, pull: bool = False) -> list[str]:
    """Make what is missing and remake what differs; returns the names of what was made."""
    engine = household.engine
    network = f"{stack.name}_default"
    if network not in engine.networks:
        add_network(engine, network, labels=_network_labels(stack))
    made: list[str] = []
    for service in stack.services:
        reference = household.reference(service)
        if not service.local and (pull or engine.find_image(reference) is None):
            found, published = look_up(engine, reference)
            keep(engine, published, found)
        body = household.body(service, stack.variables)
        old = engine.names.get(service.name)
        if old is not None and _is_same(old, body) and _parent_is_same(household, old, service):
            if not old.alive:
                await _start(household, old)
            continue
        await _remake(household, service, old, body)
        made.append(service.name)
    stack.status, stack.updated = ACTIVE, engine.now()
    return made


def _is_same(container: Container, body: Doc) -> bool:
    keys = ("com.docker.compose.config-hash", "com.docker.compose.image")
    return all(container.labels.get(key) == body["Labels"].get(key) for key in keys)


def _parent_is_same(household: Household, container: Container, service: Service) -> bool:
    """Who shares a network must be remade with the one that lends it."""
    if not service.network.startswith("service:"):
        return True
    return household.engine.parent_of(container) is household.parent_of(service)


async def _remake(household: Household, service: Service, old: Container | None, body: Doc) -> None:
    engine = household.engine
    if old is not None:
        # compose takes over what the old one kept in volumes without a name
        nameless = [
            {"Type": "volume", "Source": mount.name, "Target": mount.target}
            for mount in old.mounts
            if mount.kind == "volume" and not mount.mode
        ]
        if nameless:
            body["HostConfig"]["Mounts"] = nameless
        await _stop(household, old)
        process.remove(engine, old, force=True)
    container, _ = create(engine, service.name, body)
    await _start(household, container)


async def _start(household: Household, container: Container) -> None:
    try:
        process.start(household.engine, container)
    except NotModifiedError:
        return
    except EngineError as error:
        raise EngineError(
            500, f"failed to deploy a stack: Error response from daemon: {error.message}"
        ) from error


async def _stop(household: Household, container: Container) -> None:
    if container.alive or container.state == "restarting":
        await lifecycle.stop(household.engine, container)


async def down(household: Household, stack: Stack) -> None:
    """Containers and networks go; named volumes stay, nameless ones belong to nobody from now on."""
    engine = household.engine
    for container in reversed(members(household, stack)):
        await _stop(household, container)
        leave_all(engine, container)
        process.remove(engine, container, force=True)
    engine.networks.pop(f"{stack.name}_default", None)
    stack.status, stack.updated = INACTIVE, engine.now()


def _network_labels(stack: Stack) -> Doc:
    return network_labels(stack.name)


def network_labels(project: str) -> Doc:
    """What compose writes on a project's network."""
    return {"com.docker.compose.network": "default", "com.docker.compose.project": project}


def compose_file(services: list[Service], references: list[str]) -> str:
    """The file, as people write it."""
    lines = ["services:"]
    for service, reference in zip(services, references, strict=True):
        lines += [f"  {service.key}:", f"    container_name: {service.name}", f"    image: {reference}"]
        lines.append(f"    restart: {service.restart}")
        if service.network != "default":
            lines.append(f'    network_mode: "{service.network}"')
        env = [*service.env, *(f"{name}=${{{name}}}" for name in service.secrets)]
        for key, values in (("environment", env), ("volumes", service.mounts), ("ports", service.ports)):
            if values:
                lines += [f"    {key}:", *(f'      - "{value}"' for value in values)]
        if service.needs:
            lines += ["    depends_on:", *(f"      - {name}" for name in service.needs)]
    return "\n".join(lines) + "\n"

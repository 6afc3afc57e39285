"""The containers of the NAS's apps, where the engine is the one beneath it: the same ids on both sides."""

from simulator.engine import Container, Reference, process
from simulator.engine.create import create
from simulator.engine.images import keep
from simulator.workloads import App, AppContainer
from simulator.world import Change, World

from .build import Household
from .service import Service

PROJECT = "com.docker.compose.project"


def with_apps(household: Household, world: World) -> None:
    """Show the apps' containers in the engine, now and whenever an app changes."""

    def hear(change: Change) -> None:
        if change.kind == "app":
            sync(household, world)

    world.listeners.append(hear)
    sync(household, world)


def sync(household: Household, world: World) -> None:
    """Bring the engine to what the apps are: a stopped app has no containers."""
    engine = household.engine
    wanted = {
        container.ident: (app, container)
        for app in world.apps.values()
        for container in app.containers
        if app.state != "STOPPED"
    }
    for container in list(engine.containers.values()):
        if str(container.labels.get(PROJECT, "")).startswith("ix-") and container.ident not in wanted:
            process.remove(engine, container, force=True)
    for ident, (app, part) in wanted.items():
        made = engine.containers.get(ident) or _make(household, app, part)
        _follow(household, made, part)


def _follow(household: Household, container: Container, part: AppContainer) -> None:
    if part.state == "crashed" and container.alive:
        container.stopped_by_hand = True
        process.ended(household.engine, container, 1)
    elif part.state in ("running", "starting") and not container.alive:
        process.start(household.engine, container)


def _make(household: Household, app: App, part: AppContainer) -> Container:
    engine = household.engine
    main = part is app.containers[0]
    image, _, tag = part.image.rpartition(":")
    service = Service(
        name=f"ix-{app.name}-{part.service}-1",
        project=f"ix-{app.name}",
        service=part.service,
        image=image,
        tag=tag,
        version=tag,
        ports=(f"{app.port}:{app.container_port}",) if main else (),
        mounts=tuple(f"{source}:{target}" for source, target in part.mounts),
        network="bridge",
    )
    path = household.remote(service)
    found = household.store.repository(path).tags.get(tag)
    if found is None:
        household.publish(service, tag, at=engine.now() - 86400 * 20)
        found = household.store.repository(path).tags[tag]
    keep(engine, found, Reference.parse(household.reference(service)))
    body = household.body(service, {})
    body["Labels"]["com.docker.compose.project.working_dir"] = (
        f"/mnt/.ix-apps/app_configs/{app.name}/versions"
    )
    acts = service.acts.with_(cpu=app.cpu / len(app.containers), memory=app.memory // len(app.containers))
    if main:
        # what it publishes may be published by the house's own already
        body["HostConfig"]["PortBindings"] = {}
    return create(engine, service.name, body, acts=acts, ident=part.ident)[0]

"""Builds the engine of the house: containers that have been up for weeks, images, volumes, networks, stacks."""

from collections.abc import Iterator

from simulator.clock import DAY, Clock
from simulator.engine import (
    Behaviour,
    Container,
    Engine,
    EngineRelease,
    Image,
    Reference,
    Store,
    health as checks,
    process,
)
from simulator.engine.create import add_volume, create
from simulator.engine.images import keep
from simulator.engine.model import Doc, Layer, Meter, Probe
from simulator.engine.networking import EVERYWHERE, add_network
from simulator.noise import digest, jitter

from .catalogue import SERVICES, VARIABLES
from .service import Service, secret
from .stacks import Git, Stack, compose_file, network_labels

REGISTRIES = ("docker.io", "ghcr.io", "lscr.io", "registry.example.org")
_BRIDGE_OPTIONS = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": EVERYWHERE,
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
}


class Household:
    """The engine, the registry that its images come from, and the stacks.

    `registry_host` is where that registry answers; without it images keep the names that they have in the world.
    """

    def __init__(self, engine: Engine, seed: int, registry_host: str | None) -> None:
        self.engine = engine
        self.seed = seed
        self.registry_host = registry_host
        self.store = Store(registry_host or "docker.io", seed)
        self.services: dict[str, Service] = {}
        self.stacks: dict[int, Stack] = {}
        for host in (registry_host,) if registry_host else REGISTRIES:
            engine.stores[host] = self.store

    # Names

    def reference(self, service: Service) -> str:
        """The name of its image, as its container was given it."""
        if service.local:
            return f"{service.path}:{service.tag}"
        if self.registry_host:
            repository = f"{self.registry_host}/{service.path}"
        else:
            host = "" if service.registry == "docker.io" else f"{service.registry}/"
            repository = f"{host}{service.path}"
        if not service.pinned:
            return f"{repository}:{service.tag}"
        found = self.store.repository(self.remote(service)).tags[service.tag]
        return f"{repository}:{service.tag}@{found.digest}"

    def remote(self, service: Service) -> str:
        """Where its registry keeps it."""
        if self.registry_host or "/" in service.path:
            return service.path
        return f"library/{service.path}"

    def parent_of(self, service: Service) -> Container | None:
        """The container whose network it shares."""
        kind, _, key = service.network.partition(":")
        if kind != "service":
            return None
        names = (
            each.name
            for each in self.services.values()
            if each.key == key and each.project == service.project
        )
        return next((self.engine.names[name] for name in names if name in self.engine.names), None)

    def body(self, service: Service, variables: Doc) -> Doc:
        """The request that makes its container."""
        network = service.network
        if network == "default":
            network = f"{service.project}_default"
        elif network.startswith("service:"):
            parent = self.parent_of(service)
            network = f"container:{parent.ident}" if parent else "none"
        reference = self.reference(service)
        image = self.engine.image(reference)
        return service.body(
            self.seed, reference, network=network, image_ident=image.ident, variables=variables
        )

    # New images

    def publish(self, service: Service, version: str, *, acts: Behaviour | None = None, at: float) -> str:
        """Push a newer image to the tag of a service; returns its digest."""
        config = service.image_config()
        labels = {**config["Labels"], "org.opencontainers.image.version": version}
        found = self.store.publish(
            self.remote(service),
            service.tag,
            config={**config, "Labels": labels},
            behaviour=acts or service.acts,
            created=at,
            size=service.megabytes << 20,
            version=version,
        )
        return found.digest


def build_household(
    clock: Clock,
    seed: int,
    release: EngineRelease,
    *,
    count: int | None = None,
    registry_host: str | None = None,
    name: str = "truenas",
    cpus: int = 12,
    memory: int = 64 << 30,
) -> Household:
    """The media server, or as many containers as asked for."""
    engine = Engine(clock, seed, release, name=name, cpus=cpus, memory=memory)
    household = Household(engine, seed, registry_host)
    _add_fixed_networks(engine)
    for service in _services(count):
        household.services[service.name] = service
        _add_image(household, service)
        if service.project and f"{service.project}_default" not in engine.networks:
            project = f"{service.project}_default"
            network = add_network(engine, project, labels=network_labels(service.project))
            network.created = clock.now() - 60 * DAY
        _add_container(household, service)
    _add_leftovers(household)
    _add_stacks(household)
    engine.events.clear()
    return household


def _services(count: int | None) -> Iterator[Service]:
    for index in range(len(SERVICES) if count is None else count):
        number, position = divmod(index, len(SERVICES))
        service = SERVICES[position]
        yield service.copy(number + 1) if number else service


def _add_fixed_networks(engine: Engine) -> None:
    bridge = add_network(engine, "bridge", subnet="172.17.0.0/16", options=dict(_BRIDGE_OPTIONS))
    for network in (
        bridge,
        add_network(engine, "host", driver="host"),
        add_network(engine, "none", driver="null"),
    ):
        network.created = engine.booted


def _add_image(household: Household, service: Service) -> Image:
    engine = household.engine
    created = engine.now() - (service.days + 12) * DAY
    if service.local:
        ident = f"sha256:{digest(household.seed, 'local', service.path)}"
        if ident not in engine.images:
            layer = Layer(f"sha256:{digest(household.seed, 'layer', service.path)}", service.megabytes << 20)
            config = service.image_config()
            image = Image(
                ident,
                created,
                layer.size,
                config,
                (layer,),
                service.acts,
                tags=[f"{service.path}:{service.tag}"],
            )
            engine.images[ident] = image
        return engine.images[ident]
    repository = household.store.repositories.get(household.remote(service))
    if repository is None or service.tag not in repository.tags:
        household.publish(service, service.version, at=created)
        household.store.repositories[household.remote(service)].private = service.private
    published = household.store.repositories[household.remote(service)].tags[service.tag]
    image = keep(engine, published, Reference.parse(household.reference(service)))
    image.tagged_at = engine.now() - service.days * DAY
    return image


def _variables(household: Household, project: str) -> Doc:
    names = VARIABLES.get(project.rpartition("-")[0] or project, VARIABLES.get(project, ()))
    return {name: secret(household.seed, project, name) for name in names}


def _add_container(household: Household, service: Service) -> None:
    engine = household.engine
    body = household.body(service, _variables(household, service.project))
    container, _ = create(engine, service.name, body)
    now = engine.now()
    age = service.days * DAY + 3600 * jitter(household.seed, service.name, 1)
    container.created = now - age
    container.size_rw += int(40e6 * abs(jitter(household.seed, service.name, 2)))
    for mount in container.mounts:
        if mount.name in engine.volumes and not engine.volumes[mount.name].size:
            volume = engine.volumes[mount.name]
            volume.created = container.created
            volume.size = int(3e9 * abs(jitter(household.seed, volume.name, 3)))
    if service.state == "exited":
        container.state = "exited"
        container.started, container.finished = now - age + 60, now - min(age / 2, 20 * 3600.0)
        container.exit_code = service.exit_code
        return
    process.start(engine, container)
    _has_been_up(household, container, min(age, now - engine.booted))


def _has_been_up(household: Household, container: Container, seconds: float) -> None:
    """Let a container that was just started look as if it had run for long."""
    engine, acts = household.engine, container.behaviour
    container.started = engine.now() - seconds
    container.runs += 1
    container.meter = Meter(
        since=engine.now(),
        moved=engine.clock.motion(),
        cpu=acts.cpu / 100 * seconds,
        received=acts.received * seconds * 0.7,
        sent=acts.sent * seconds * 0.7,
        read=acts.read * seconds * 0.7,
        written=acts.written * seconds * 0.7,
    )
    if container.health is not None and (check := checks.check_of(container)) is not None:
        interval = checks.seconds(check, "Interval")
        phase = interval * (0.5 + 0.5 * jitter(household.seed, container.ident, 4))
        container.health.status = "healthy"
        for number in range(5, 0, -1):
            at = engine.now() - phase - (number - 1) * interval
            container.health.log.append(Probe(at, at + 0.06, 0, ""))
        checks.resume(engine, container, interval - phase)


def _add_leftovers(household: Household) -> None:
    """What gathers over the years: an image without a name, one that nobody uses, a volume that belongs to nobody."""
    engine, seed, now = household.engine, household.seed, household.engine.now()
    for key, tags, age in (("radarr", [], 71), ("python", ["python:3.12-slim"], 190)):
        layer = Layer(f"sha256:{digest(seed, 'old layer', key)}", 150 << 20)
        ident = f"sha256:{digest(seed, 'old', key)}"
        digests = [f"{key}@sha256:{digest(seed, 'old digest', key)}"]
        config: Doc = {"Labels": None, "Cmd": ["/init"]}
        engine.images[ident] = Image(
            ident,
            now - age * DAY,
            layer.size,
            config,
            (layer,),
            Behaviour(),
            tags=list(tags),
            digests=digests,
        )
    volume = add_volume(engine, digest(seed, "orphan"), anonymous=True, size=2_300_000_000)
    volume.created = now - 200 * DAY


def _add_stacks(household: Household) -> None:
    """Three projects belong to Portainer; one of them comes from git."""
    engine = household.engine
    for number, project in ((3, "media"), (5, "immich"), (8, "home")):
        services = [each for each in household.services.values() if each.project == project]
        if not services:
            continue
        env = [{"name": key, "value": value} for key, value in _variables(household, project).items()]
        git = (
            Git("https://git.home.example/family/stacks.git", "refs/heads/main")
            if project == "home"
            else None
        )
        stack = Stack(number, project, services, env, engine.now() - 200 * DAY, git)
        stack.file = compose_file(services, [household.reference(each) for each in services])
        household.stacks[number] = stack

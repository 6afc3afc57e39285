"""The apps and machines that run on the home server."""

from dataclasses import dataclass

from .noise import digest
from .workloads import App, AppContainer, Machine, SystemContainer
from .world import World


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    title: str
    image: str
    catalogue: str
    software: str
    port: int
    inside: int
    cpu: float
    megabytes: int
    side: tuple[str, ...] = ()


_ROWS = (
    _Row("sonarr", "Sonarr", "ghcr.io/home-operations/sonarr:4.0.15", "1.3.4", "4.0.15.2941", 30113, 8989, 0.6, 310),
    _Row("radarr", "Radarr", "ghcr.io/home-operations/radarr:5.27.5", "1.3.2", "5.27.5.10198", 30025, 7878, 0.5, 290),
    _Row("prowlarr", "Prowlarr", "ghcr.io/home-operations/prowlarr:2.0.5", "1.4.0", "2.0.5.5160", 30050, 9696, 0.2, 180),
    _Row("qbittorrent", "qBittorrent", "ghcr.io/home-operations/qbittorrent:5.1.2", "1.1.5", "5.1.2", 30024, 8080, 3.4, 720),
    _Row("plex", "Plex", "docker.io/plexinc/pms-docker:1.42.1.10060", "1.2.8", "1.42.1.10060", 32400, 32400, 5.1, 1400),
    _Row("scrutiny", "Scrutiny", "ghcr.io/analogj/scrutiny:v0.8.1-omnibus", "1.2.1", "v0.8.1", 31054, 8080, 0.3, 210),
    _Row("home-assistant", "Home Assistant", "ghcr.io/home-assistant/home-assistant:2026.10.4", "1.6.3", "2026.10.4", 30103, 8123, 1.9, 640, ("postgres:17.6",)),
    _Row("immich", "Immich", "ghcr.io/immich-app/immich-server:v2.1.0", "1.10.6", "v2.1.0", 30041, 2283, 2.2, 1900, ("valkey:8.1.3", "immich-postgres:15", "immich-machine-learning:v2.1.0")),
)  # fmt: skip


def _app(world: World, row: _Row, name: str, port: int) -> App:
    volume = (f"/mnt/apps/config/{name}", "/config")
    containers = [AppContainer(name, row.image, digest(world.seed, name, "main"), mounts=(volume,))]
    for image in row.side:
        service = image.split(":", 1)[0].removeprefix(f"{name}-")
        containers.append(
            AppContainer(service, f"docker.io/library/{image}", digest(world.seed, name, image))
        )
    return App(
        name=name,
        title=row.title,
        port=port,
        container_port=row.inside,
        version=(row.catalogue, row.software),
        containers=containers,
        cpu=row.cpu,
        memory=row.megabytes << 20,
        train="stable" if name in ("plex", "home-assistant", "immich") else "community",
    )


def add_apps(world: World, count: int | None) -> None:
    """The eight apps of the home, or as many as asked for."""
    for index in range(len(_ROWS) if count is None else count):
        row = _ROWS[index % len(_ROWS)]
        number = index // len(_ROWS)
        name = f"{row.name}-{number + 1}" if number else row.name
        world.apps[name] = _app(world, row, name, row.port + 1000 * number % 30_000)


def add_machines(world: World) -> None:
    """One virtual machine, one system container."""
    world.machines = {1: Machine(1, "debian", 4096, 2, "tank/vm/debian")}
    world.containers = {1: SystemContainer(1, "tools", "debian/trixie", "192.168.1.31")}

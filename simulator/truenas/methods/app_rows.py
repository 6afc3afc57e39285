"""How an app looks."""

from typing import Any

from simulator.noise import digest
from simulator.truenas.context import Context
from simulator.truenas.releases import Release
from simulator.workloads import App, AppContainer

type Row = dict[str, Any]


def _ports(app: App, container: AppContainer) -> list[Row]:
    if container is not app.containers[0]:
        return []
    host = {"host_port": app.port, "host_ip": "0.0.0.0"}  # noqa: S104 - data, not a socket of ours
    return [{"container_port": app.container_port, "protocol": "tcp", "host_ports": [host]}]


def _mounts(container: AppContainer) -> list[Row]:
    return [
        {"source": source, "destination": target, "mode": "rw", "type": "bind"}
        for source, target in container.mounts
    ]


def _workloads(ctx: Context, app: App) -> Row:
    alive = [container for container in app.containers if app.state != "STOPPED"]
    ports = [port for container in alive for port in _ports(app, container)]
    row: Row = {
        "containers": len(alive),
        "used_ports": ports,
        "container_details": [
            {
                "id": container.ident,
                "service_name": container.service,
                "image": container.image,
                "port_config": _ports(app, container),
                "state": container.state,
                "volume_mounts": _mounts(container),
            }
            for container in alive
        ],
        "volumes": [mount for container in alive for mount in _mounts(container)],
        "images": sorted({container.image for container in alive}),
        "networks": [
            {
                "Name": f"ix-{app.name}_default",
                "Id": digest(ctx.world.seed, "network", app.name),
                "Labels": {"com.docker.compose.project": f"ix-{app.name}"},
            }
        ]
        if alive
        else [],
    }
    if ctx.release >= Release.V25_10:
        row["used_host_ips"] = []
    return row


def app_row(ctx: Context, app: App, extra: Row) -> Row:
    """One app."""
    catalogue, software = app.version
    row: Row = {
        "name": app.name,
        "id": app.name,
        "state": app.state,
        "upgrade_available": app.latest is not None,
        "latest_version": app.latest[0] if app.latest else catalogue,
        "image_updates_available": app.image_updates,
        "custom_app": False,
        "migrated": False,
        "human_version": f"{software}_{catalogue}",
        "version": catalogue,
        "metadata": {
            "app_version": software,
            "categories": ["media"],
            "description": f"{app.title} on TrueNAS",
            "home": f"https://{app.name}.example",
            "icon": f"https://media.example/{app.name}.png",
            "last_update": "2026-10-30 08:12:44",
            "name": app.name,
            "title": app.title,
            "train": app.train,
            "version": catalogue,
        },
        "active_workloads": _workloads(ctx, app),
        "notes": f"# {app.title}\n",
        "portals": {"Web UI": f"http://0.0.0.0:{app.port}/"},
        "version_details": None,
        "config": {"TZ": "Europe/Berlin"} if extra.get("retrieve_config") else None,
    }
    if ctx.release >= Release.V26:
        row |= {"latest_app_version": app.latest[1] if app.latest else software, "action_required": False}
    return row


def images(ctx: Context, _extra: Row) -> list[Row]:
    """`app.image.query`."""
    found: list[Row] = []
    names = {container.image for app in ctx.world.apps.values() for container in app.containers}
    for name in sorted(names):
        registry, _, rest = name.partition("/")
        image, _, tag = rest.rpartition(":")
        found.append(
            {
                "id": f"sha256:{digest(ctx.world.seed, 'image', name)}",
                "repo_tags": [name],
                "repo_digests": [f"{name.rsplit(':', 1)[0]}@sha256:{digest(ctx.world.seed, 'digest', name)}"],
                "size": 310_000_000,
                "dangling": False,
                "update_available": False,
                "created": "2026-10-28T10:11:12Z",
                "author": "",
                "comment": "buildkit.dockerfile.v0",
                "parsed_repo_tags": [
                    {
                        "reference": name,
                        "image": image,
                        "tag": tag,
                        "registry": registry,
                        "complete_tag": name,
                        "reference_is_digest": False,
                    }
                ],
            }
        )
    return found


def docker_status(_ctx: Context) -> Row:
    """`docker.status`."""
    return {"status": "RUNNING", "description": "Application(s) are currently running"}


def docker_config(_ctx: Context) -> Row:
    """`docker.config`."""
    return {
        "id": 1,
        "enable_image_updates": True,
        "dataset": "apps/ix-apps",
        "pool": "apps",
        "nvidia": False,
        "address_pools": [{"base": "172.17.0.0/12", "size": 24}],
        "cidr_v6": "fdd0::/64",
    }

"""Apps on Kubernetes (24.04 only): chart releases."""

from typing import Any

from simulator.jobs import Job
from simulator.noise import digest
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError, NotFoundError
from simulator.truenas.params import Flag, Integer, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, listing, role
from simulator.workloads import App

type Row = dict[str, Any]

_STATUS = {
    "RUNNING": "ACTIVE",
    "DEPLOYING": "DEPLOYING",
    "CRASHED": "DEPLOYING",
    "STOPPED": "STOPPED",
    "STOPPING": "STOPPED",
}


def chart_row(app: App, extra: Row) -> Row:
    """One chart release."""
    catalogue, software = app.version
    desired = 0 if app.state in ("STOPPED", "STOPPING") else 1
    latest = app.latest or app.version
    row: Row = {
        "name": app.name,
        "id": app.name,
        "info": {"deleted": "", "description": "Install complete", "status": "deployed", "notes": ""},
        "config": {},
        "hooks": [],
        "version": 1 + len(app.earlier),
        "namespace": f"ix-{app.name}",
        "chart_metadata": {
            "name": app.name,
            "version": catalogue,
            "appVersion": software,
            "description": app.title,
        },
        "catalog": "TRUENAS",
        "catalog_train": app.train,
        "path": f"/mnt/apps/ix-applications/releases/{app.name}",
        "dataset": f"apps/ix-applications/releases/{app.name}",
        "status": _STATUS[app.state],
        "pod_status": {"available": int(app.state == "RUNNING"), "desired": desired},
        "used_ports": [{"port": app.port, "protocol": "TCP"}],
        "update_available": app.latest is not None,
        "container_images_update_available": app.image_updates,
        "human_version": f"{software}_{catalogue}",
        "human_latest_version": f"{latest[1]}_{latest[0]}",
        "portals": {"open": [f"http://0.0.0.0:{app.port}/"]},
    }
    if extra.get("history"):
        row["history"] = {
            str(place): {"version": place, "chart_metadata": {"version": version}}
            for place, (version, _) in enumerate(app.earlier, start=1)
        }
    if extra.get("stats"):
        row["stats"] = {
            "cpu": int(app.cpu),
            "memory": app.memory,
            "network": {"incoming": 21000, "outgoing": 9000},
        }
    return row


def charts(ctx: Context, extra: Row) -> list[Row]:
    """`chart.release.query`."""
    return [chart_row(app, extra) for app in ctx.world.apps.values()]


def _named(ctx: Context, name: str) -> App:
    app = ctx.world.apps.get(name)
    if app is None:
        raise NotFoundError(f"Chart release {name}")
    return app


def scale(ctx: Context, name: str, wanted: Row) -> Job:
    """`chart.release.scale`: 0 replicas stop an app, 1 starts it."""
    app = _named(ctx, name)

    def done() -> Row:
        app.set_state("RUNNING" if wanted["replica_count"] else "STOPPED")
        ctx.world.changed("app", "changed", name)
        return {"before_scale": {}, "after_scale": {}}

    return ctx.job(5.0, done, text="Scaling workload(s)")


def upgrade(ctx: Context, name: str, wanted: Row) -> Job:
    """`chart.release.upgrade`."""
    app = _named(ctx, name)
    latest = app.latest
    if latest is None or wanted["item_version"] not in ("latest", latest[0]):
        raise CallError("No update is available for this chart release", EINVAL)

    def done() -> Row:
        app.earlier.append(app.version)
        app.version, app.latest = latest, None
        app.set_state("RUNNING")
        ctx.world.changed("app", "changed", name)
        return chart_row(app, {})

    return ctx.job(15.0, done, text="Upgrading chart release")


def upgrade_summary(ctx: Context, name: str, _options: Row) -> Row:
    """`chart.release.upgrade_summary`."""
    app = _named(ctx, name)
    if app.latest is None:
        raise CallError("No update is available for this chart release", EINVAL)
    catalogue, software = app.latest
    return {
        "container_images_to_update": {},
        "changelog": "Bug fixes.",
        "available_versions_for_upgrade": [
            {"version": catalogue, "human_version": f"{software}_{catalogue}"}
        ],
        "item_update_available": True,
        "image_update_available": app.image_updates,
        "latest_version": catalogue,
        "latest_human_version": f"{software}_{catalogue}",
        "upgrade_version": catalogue,
        "upgrade_human_version": f"{software}_{catalogue}",
    }


def rollback(ctx: Context, name: str, wanted: Row) -> Job:
    """`chart.release.rollback`."""
    app = _named(ctx, name)
    target = next((version for version in app.earlier if version[0] == wanted["item_version"]), None)
    if target is None:
        raise CallError("Specified version is not available for rollback", EINVAL)

    def done() -> Row:
        app.latest = app.latest or app.version
        app.earlier.remove(target)
        app.version = target
        app.set_state("RUNNING")
        ctx.world.changed("app", "changed", name)
        return chart_row(app, {})

    return ctx.job(10.0, done, text="Rolling back chart release")


def kubernetes_status(_ctx: Context) -> Row:
    """`kubernetes.status`."""
    return {"status": "RUNNING", "description": "Application(s) are currently running"}


def images(ctx: Context, _extra: Row) -> list[Row]:
    """`container.image.query`."""
    names = {container.image for app in ctx.world.apps.values() for container in app.containers}
    return [
        {
            "id": f"sha256:{digest(ctx.world.seed, 'image', name)}",
            "repo_tags": [name],
            "repo_digests": [],
            "size": 310_000_000,
            "dangling": False,
            "update_available": False,
            "system_image": False,
            "parsed_repo_tags": [],
        }
        for name in sorted(names)
    ]


_READ, _WRITE = role("APPS_READ"), role("APPS_WRITE")
_NAME = Param("release_name", Text())
_ITEM = (Text(), "latest")
_ONLY: dict[str, Any] = {"until": Release.V24_04}
_WORK: dict[str, Any] = {"until": Release.V24_04, "job": True, "write": True}

TABLE: tuple[Method, ...] = (
    *listing("chart.release.query", charts, _READ, **_ONLY),
    *listing("container.image.query", images, _READ, **_ONLY),
    Method(
        "chart.release.scale",
        scale,
        _WRITE,
        (_NAME, Param("scale_options", Record({"replica_count": Key(Integer(low=0))}))),
        **_WORK,
    ),
    Method(
        "chart.release.upgrade",
        upgrade,
        _WRITE,
        (_NAME, Param("upgrade_options", options(item_version=_ITEM, values=(Record(free=True), {})), {})),
        **_WORK,
    ),
    Method(
        "chart.release.upgrade_summary",
        upgrade_summary,
        _READ,
        (_NAME, Param("upgrade_options", options(item_version=_ITEM), {})),
        **_ONLY,
    ),
    Method(
        "chart.release.rollback",
        rollback,
        _WRITE,
        (
            _NAME,
            Param(
                "rollback_options",
                Record(
                    {
                        "item_version": Key(Text()),
                        "rollback_snapshot": Key(Flag(), True),
                        "force_rollback": Key(Flag(), False),
                        "recreate_resources": Key(Flag(), False),
                    }
                ),
            ),
        ),
        **_WORK,
    ),
    Method("kubernetes.status", kubernetes_status, role("KUBERNETES_READ"), **_ONLY),
)

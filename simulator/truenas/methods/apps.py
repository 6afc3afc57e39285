"""Apps on Docker (24.10 and later)."""

from collections.abc import Callable
from typing import Any

from simulator.jobs import Job, JobError
from simulator.noise import digest
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError, NotFoundError
from simulator.truenas.methods.app_rows import app_row, docker_config, docker_status, images
from simulator.truenas.params import Flag, Items, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, listing, role
from simulator.workloads import App

type Row = dict[str, Any]


def apps(ctx: Context, extra: Row) -> list[Row]:
    """`app.query`."""
    return [app_row(ctx, app, extra) for app in ctx.world.apps.values()]


def _named(ctx: Context, name: str) -> App:
    app = ctx.world.apps.get(name)
    if app is None:
        raise NotFoundError(f"App {name}")
    return app


def _move(ctx: Context, app: App, during: str, effect: Callable[[], Any], seconds: float, text: str) -> Job:
    """A job during which the app is in between."""
    app.state = "STOPPING" if during == "STOPPING" else "DEPLOYING"
    ctx.world.changed("app", "changed", app.name)

    def done() -> Any:
        result = effect()
        ctx.world.changed("app", "changed", app.name)
        return result

    return ctx.job(seconds, done, text=text)


def start(ctx: Context, name: str) -> Job:
    """`app.start`."""
    app = _named(ctx, name)
    return _move(ctx, app, "DEPLOYING", lambda: app.set_state("RUNNING"), 4.0, f"Starting {name!r} app")


def stop(ctx: Context, name: str) -> Job:
    """`app.stop`."""
    app = _named(ctx, name)
    return _move(ctx, app, "STOPPING", lambda: app.set_state("STOPPED"), 4.0, f"Stopping {name!r} app")


def _running(ctx: Context, app: App) -> Row:
    app.set_state("CRASHED" if app.version[0] in app.broken else "RUNNING")
    return app_row(ctx, app, {})


def redeploy(ctx: Context, name: str) -> Job:
    """`app.redeploy`."""
    app = _named(ctx, name)

    def renewed() -> Row:
        # it is deployed with `up --force-recreate`
        for container in app.containers:
            container.ident = digest(ctx.world.seed, container.ident)
        return _running(ctx, app)

    return _move(ctx, app, "DEPLOYING", renewed, 6.0, f"Updating {name!r} app")


def _wanted_version(app: App, wanted: str) -> tuple[str, str]:
    if app.latest is None:
        raise CallError(f"No upgrade available for {app.name!r}", EINVAL)
    if wanted not in ("latest", app.latest[0]):
        raise CallError(f"Unable to locate {wanted!r} version", EINVAL)
    return app.latest


def _install(app: App, version: tuple[str, str]) -> None:
    app.earlier.append(app.version)
    app.version = version
    app.latest = None
    main = app.containers[0]
    main.image = f"{main.image.rsplit(':', 1)[0]}:{version[1]}"


def _upgraded(ctx: Context, app: App, version: tuple[str, str]) -> Row:
    if app.latest != version:
        raise JobError(f"No upgrade available for {app.name!r}")
    _install(app, version)
    return _running(ctx, app)


def upgrade(ctx: Context, name: str, wanted: Row) -> Job:
    """`app.upgrade`."""
    app = _named(ctx, name)
    version = _wanted_version(app, wanted["app_version"])
    return _move(ctx, app, "DEPLOYING", lambda: _upgraded(ctx, app, version), 12.0, f"Upgrading {name!r} app")


def upgrade_bulk(ctx: Context, wanted: list[Row]) -> Job:
    """`app.upgrade_bulk` (26 and later)."""

    def one(item: Row) -> Row:
        app = ctx.world.apps.get(item["app_name"])
        if app is None or app.latest is None:
            return {"app_name": item["app_name"], "error": "No upgrade available", "result": None}
        row = _upgraded(ctx, app, app.latest)
        ctx.world.changed("app", "changed", app.name)
        return {"app_name": app.name, "error": None, "result": row}

    return ctx.job(12.0 * max(1, len(wanted)), lambda: [one(item) for item in wanted], text="Upgrading apps")


def upgrade_summary(ctx: Context, name: str, wanted: Row) -> Row:
    """`app.upgrade_summary`."""
    catalogue, software = _wanted_version(_named(ctx, name), wanted["app_version"])
    return {
        "latest_version": catalogue,
        "latest_human_version": f"{software}_{catalogue}",
        "upgrade_version": catalogue,
        "upgrade_human_version": f"{software}_{catalogue}",
        "available_versions_for_upgrade": [
            {"version": catalogue, "human_version": f"{software}_{catalogue}"}
        ],
        "changelog": "Bug fixes.",
    }


def rollback_versions(ctx: Context, name: str) -> list[str]:
    """`app.rollback_versions`."""
    return [catalogue for catalogue, _ in _named(ctx, name).earlier]


def rollback(ctx: Context, name: str, wanted: Row) -> Job:
    """`app.rollback`."""
    app = _named(ctx, name)
    target = next((version for version in app.earlier if version[0] == wanted["app_version"]), None)
    if target is None:
        raise CallError(f"Specified {wanted['app_version']!r} version is not available for rollback", EINVAL)

    def back() -> Row:
        app.latest = app.latest or app.version
        app.earlier.remove(target)
        app.version = target
        main = app.containers[0]
        main.image = f"{main.image.rsplit(':', 1)[0]}:{target[1]}"
        return _running(ctx, app)

    return _move(ctx, app, "DEPLOYING", back, 8.0, f"Rolling back {name!r} app")


def pull_images(ctx: Context, name: str, wanted: Row) -> Job:
    """`app.pull_images`."""
    app = _named(ctx, name)

    def done() -> None:
        app.image_updates = False
        if wanted["redeploy"]:
            app.set_state("RUNNING")
        ctx.world.changed("app", "changed", app.name)

    return ctx.job(8.0, done, text="Pulling images")


def outdated_images(ctx: Context, name: str) -> list[str]:
    """`app.outdated_docker_images`."""
    app = _named(ctx, name)
    return [app.containers[0].image] if app.image_updates else []


def config(ctx: Context, name: str) -> Row:
    """`app.config`."""
    _named(ctx, name)
    return {"TZ": "Europe/Berlin"}


_READ, _WRITE = role("APPS_READ"), role("APPS_WRITE")
_NAME = Param("app_name", Text())
_UPGRADE = options(
    app_version=(Text(), "latest"), values=(Record(free=True), {}), snapshot_hostpaths=(Flag(), False)
)
_SUMMARY = Param("options", options(app_version=(Text(), "latest")), {})
_ROLLBACK = Param("options", Record({"app_version": Key(Text()), "rollback_snapshot": Key(Flag(), True)}))
_PULL = Param("options", options(redeploy=(Flag(), True)), {})
_BULK = Param("apps", Items(Record({"app_name": Key(Text()), "options": Key(_UPGRADE, {})})))


def _read(name: str, handler: Callable[..., Any], *params: Param) -> Method:
    return Method(name, handler, _READ, params, since=Release.V24_10)


def _work(name: str, handler: Callable[..., Any], *params: Param, since: Release = Release.V24_10) -> Method:
    return Method(name, handler, _WRITE, params, since=since, job=True, write=True)


TABLE: tuple[Method, ...] = (
    *listing("app.query", apps, _READ, since=Release.V24_10),
    *listing("app.image.query", images, _READ, since=Release.V24_10),
    _read("app.config", config, _NAME),
    _read("app.upgrade_summary", upgrade_summary, _NAME, _SUMMARY),
    _read("app.rollback_versions", rollback_versions, _NAME),
    _read("app.outdated_docker_images", outdated_images, _NAME),
    _work("app.start", start, _NAME),
    _work("app.stop", stop, _NAME),
    _work("app.redeploy", redeploy, _NAME),
    _work("app.upgrade", upgrade, _NAME, Param("options", _UPGRADE, {})),
    _work("app.upgrade_bulk", upgrade_bulk, _BULK, since=Release.V26),
    _work("app.rollback", rollback, _NAME, _ROLLBACK),
    _work("app.pull_images", pull_images, _NAME, _PULL),
    Method("docker.status", docker_status, role("DOCKER_READ"), since=Release.V24_10),
    Method("docker.config", docker_config, role("DOCKER_READ"), since=Release.V24_10),
)

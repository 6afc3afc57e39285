"""The catalogue, and apps that are created from it or deleted (24.10 and later)."""

from typing import Any

from simulator.jobs import Job, JobError
from simulator.noise import digest
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError, InvalidError, NotFoundError
from simulator.truenas.methods.app_rows import app_row
from simulator.truenas.params import Flag, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, role
from simulator.workloads import App, AppContainer
from simulator.world import World

type Row = dict[str, Any]

NAME, TRAIN = "scrutiny", "community"
VERSION = ("1.3.0", "v0.8.1")
IMAGE = "ghcr.io/analogj/scrutiny:v0.8.1-omnibus"


def _question(variable: str, kind: str, **more: Any) -> Row:
    return {"variable": variable, "label": variable, "schema": {"type": kind, **more}}


def _port(variable: str, number: int) -> Row:
    modes = [{"value": each, "description": each} for each in ("published", "exposed", "")]
    attrs = [
        _question("bind_mode", "string", default="published", enum=modes),
        _question("port_number", "int", default=number, required=True),
        _question("host_ips", "list", default=[], items=[_question("host_ip", "string")]),
    ]
    return _question(variable, "dict", attrs=attrs)


def questions(world: World) -> list[Row]:
    """What the catalogue asks for Scrutiny; `catalogue_hides_disks` is the newer way, in which it sees all of them by itself."""
    device = _question(
        "disk",
        "dict",
        attrs=[
            _question("host_device", "path", required=True),
            _question("container_device", "path", required=True),
        ],
    )
    hidden = {"hidden": True} if world.catalogue_hides_disks else {}
    scrutiny = [
        _question("elevate_privileges", "boolean", default=False),
        _question("disks", "list", min=1, required=True, default=[], items=[device], **hidden),
        _question("additional_envs", "list", default=[], items=[_question("env", "dict", attrs=[])]),
    ]
    network = [_port("web_port", 31054), _port("influxdb_port", 31055), _question("host_network", "boolean")]
    return [_question(NAME, "dict", attrs=scrutiny), _question("network", "dict", attrs=network)]


def details(ctx: Context, name: str, wanted: Row) -> Row:
    """`catalog.get_app_details`."""
    if (name, wanted["train"]) != (NAME, TRAIN):
        raise CallError(f"Unable to locate {name!r} app in {wanted['train']!r} train", EINVAL)
    catalogue, software = VERSION
    version = {
        "healthy": True,
        "supported": True,
        "healthy_error": None,
        "location": f"/mnt/.ix-apps/truenas_catalog/trains/{TRAIN}/{NAME}/{catalogue}",
        "last_update": "2026-10-30 08:12:44",
        "human_version": f"{software}_{catalogue}",
        "version": catalogue,
        "schema": {"groups": [], "questions": questions(ctx.world)},
        "readme": "",
        "changelog": None,
    }
    return {
        "app_readme": "",
        "categories": ["monitoring"],
        "description": "Scrutiny",
        "healthy": True,
        "healthy_error": None,
        "home": "https://github.com/AnalogJ/scrutiny",
        "location": f"/mnt/.ix-apps/truenas_catalog/trains/{TRAIN}/{NAME}",
        "latest_version": catalogue,
        "latest_app_version": software,
        "latest_human_version": f"{software}_{catalogue}",
        "last_update": "2026-10-30 08:12:44",
        "name": NAME,
        "recommended": False,
        "title": "Scrutiny",
        "maintainers": [],
        "tags": ["disk"],
        "screenshots": [],
        "sources": [],
        "icon_url": None,
        "versions": {catalogue: version},
    }


def used_ports(ctx: Context) -> list[int]:
    """`app.used_ports`."""
    return sorted({app.port for app in ctx.world.apps.values()})


def create(ctx: Context, wanted: Row) -> Job:
    """`app.create`: refuses at once what it can see to be wrong."""
    name = wanted["app_name"]
    if name in ctx.world.apps:
        raise InvalidError([("app_create.app_name", f"{name!r} already exists", 17)])
    if (wanted["catalog_app"], wanted["train"]) != (NAME, TRAIN) or wanted["custom_app"]:
        raise CallError(f"Unable to locate {wanted['catalog_app']!r} app", EINVAL)
    values, world = wanted["values"], ctx.world
    disks = (values.get(NAME) or {}).get("disks", [])
    if not disks and not world.catalogue_hides_disks:
        raise InvalidError([("values.scrutiny.disks", "This field is required", EINVAL)])
    there = {f"/dev/{disk.name}" for disk in world.present_disks()}
    for index, disk in enumerate(disks):
        if disk.get("host_device") not in there or not disk.get("container_device"):
            raise InvalidError([(f"values.scrutiny.disks.{index}", "No such device", EINVAL)])
    port = ((values.get("network") or {}).get("web_port") or {}).get("port_number", 31054)
    if port in used_ports(ctx):
        raise InvalidError([("values.network.web_port", "The port is being used by another app", EINVAL)])
    main = AppContainer(NAME, IMAGE, digest(world.seed, name, "main"), state="starting")
    app = App(
        name=name,
        title="Scrutiny",
        port=port,
        container_port=8080,
        version=VERSION,
        containers=[main],
        cpu=0.3,
        memory=210 << 20,
        train=TRAIN,
        state="DEPLOYING",
    )
    app.broken |= world.broken_installs
    world.apps[name] = app
    world.changed("app", "added", name)

    def done() -> Row:
        app.set_state("CRASHED" if VERSION[0] in app.broken else "RUNNING")
        world.changed("app", "changed", name)
        return app_row(ctx, app, {})

    return ctx.job(20.0, done, text=f"Creating {name!r} app")


def delete(ctx: Context, name: str, _options: Row) -> Job:
    """`app.delete`."""
    if name not in ctx.world.apps:
        raise NotFoundError(f"App {name}")

    def done() -> bool:
        if ctx.world.apps.pop(name, None) is None:
            raise JobError(f"App {name} does not exist")
        ctx.world.changed("app", "removed", name)
        return True

    return ctx.job(4.0, done, text=f"Deleting {name!r} app")


_APP = Param("app_name", Text())
_CREATE = Record(
    {
        "custom_app": Key(Flag(), False),
        "values": Key(Record(free=True), {}),
        "custom_compose_config": Key(Record(free=True), {}),
        "custom_compose_config_string": Key(Text(), ""),
        "catalog_app": Key(Text(nullable=True), None),
        "app_name": Key(Text()),
        "train": Key(Text(), "stable"),
        "version": Key(Text(), "latest"),
    }
)
_DELETE = options(
    remove_images=(Flag(), True),
    remove_ix_volumes=(Flag(), False),
    force_remove_ix_volumes=(Flag(), False),
    force_remove_custom_app=(Flag(), False),
)
_NEW: dict[str, Any] = {"since": Release.V24_10}
TABLE: tuple[Method, ...] = (
    Method(
        "catalog.get_app_details",
        details,
        role("CATALOG_READ"),
        (_APP, Param("app_version_details", Record({"train": Key(Text())}))),
        **_NEW,
    ),
    Method("app.used_ports", used_ports, role("APPS_READ"), **_NEW),
    Method(
        "app.create",
        create,
        role("APPS_WRITE"),
        (Param("app_create", _CREATE),),
        job=True,
        write=True,
        **_NEW,
    ),
    Method(
        "app.delete",
        delete,
        role("APPS_WRITE"),
        (_APP, Param("options", _DELETE, {})),
        job=True,
        write=True,
        **_NEW,
    ),
)

"""System services, and the UPS configuration."""

from typing import Any

from simulator.jobs import Job, JobError
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, InvalidError, NotFoundError
from simulator.truenas.params import Either, Flag, Integer, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, listing, role
from simulator.workloads import Service

type Row = dict[str, Any]

_SPAN = {
    "smartd": (Release.V24_04, Release.V25_04),
    "nvmet": (Release.V25_10, Release.V27),
    "webshare": (Release.V26, Release.V27),
}


def _exists(ctx: Context, service: Service) -> bool:
    since, until = _SPAN.get(service.name, (Release.V24_04, Release.V27))
    return since <= ctx.server <= until


def services(ctx: Context, _extra: Row) -> list[Row]:
    """`service.query`."""
    return [
        {
            "id": service.number,
            "service": service.name,
            "enable": service.enable,
            "state": "RUNNING" if service.running else "STOPPED",
            "pids": list(service.pids),
        }
        for service in ctx.world.services.values()
        if _exists(ctx, service)
    ]


def _named(ctx: Context, name: str) -> Service:
    service = ctx.world.services.get(name)
    if service is None or not _exists(ctx, service):
        raise InvalidError([("service", f"Service {name!r} does not exist", EINVAL)])
    return service


def _order(ctx: Context, verb: str, service: Service) -> bool:
    """Whether the service runs afterwards."""
    running = verb != "STOP" and (verb != "RELOAD" or service.running)
    service.running = running
    service.pids = [3000 + service.number] if running else []
    ctx.world.changed("service", "changed", service.number)
    return running


def start(ctx: Context, name: str, _options: Row) -> bool:
    """`service.start`."""
    return _order(ctx, "START", _named(ctx, name))


def stop(ctx: Context, name: str, _options: Row) -> bool:
    """`service.stop`."""
    return _order(ctx, "STOP", _named(ctx, name))


def restart(ctx: Context, name: str, _options: Row) -> bool:
    """`service.restart`."""
    return _order(ctx, "RESTART", _named(ctx, name))


def reload(ctx: Context, name: str, _options: Row) -> bool:
    """`service.reload`."""
    return _order(ctx, "RELOAD", _named(ctx, name))


def control(ctx: Context, verb: str, name: str, _options: Row) -> Job:
    """`service.control` (25.10 and later)."""
    service = _named(ctx, name)

    def done() -> bool:
        running = _order(ctx, verb, service)
        if verb != "STOP" and not running:
            raise JobError(f"{name} is not running", 202)
        return True

    return ctx.job(2.0, done, text=f"{verb} {name}")


def update(ctx: Context, which: int | str, wanted: Row) -> int:
    """`service.update`: by id or name."""
    for service in ctx.world.services.values():
        if which in (service.number, service.name) and _exists(ctx, service):
            service.enable = wanted["enable"]
            ctx.world.changed("service", "changed", service.number)
            return service.number
    raise NotFoundError(f"Service {which}")


def ups_config(ctx: Context) -> Row:
    """`ups.config`: the configuration only; no method returns live values."""
    ups = ctx.world.ups.settings
    return {
        "id": 1,
        "powerdown": False,
        "rmonitor": ups.remote,
        "nocommwarntime": None,
        "remoteport": ups.port,
        "shutdowntimer": ups.timer,
        "hostsync": ups.hostsync,
        "description": "",
        "driver": "usbhid-ups$PROTECT NAS",
        "extrausers": "".join(
            f"[{name}]\npassword = {password}\nupsmon secondary\n" for name, password in ups.extra.items()
        ),
        "identifier": ups.identifier,
        "mode": "MASTER",
        "monpwd": "********",
        "monuser": ups.user,
        "options": "",
        "optionsupsd": "",
        "port": "auto",
        "remotehost": "",
        "shutdown": ups.shutdown,
        "shutdowncmd": None,
        "complete_identifier": f"{ups.identifier}@localhost:{ups.port}",
    }


_NAME = Param("service", Text())
_OLD = Param("options", options(ha_propagate=(Flag(), True), silent=(Flag(), True)), {})
_NEW = Param(
    "options",
    options(ha_propagate=(Flag(), True), silent=(Flag(), True), timeout=(Integer(nullable=True), 120)),
    {},
)
_WRITE = role("SERVICE_WRITE")
_ORDERS = (("start", start), ("stop", stop), ("restart", restart), ("reload", reload))

TABLE: tuple[Method, ...] = (
    *listing("service.query", services, role("SERVICE_READ")),
    *(
        Method(f"service.{name}", handler, _WRITE, (_NAME, _OLD), until=Release.V25_10, write=True)
        for name, handler in _ORDERS
    ),
    Method(
        "service.control",
        control,
        _WRITE,
        (Param("verb", Text(("START", "STOP", "RESTART", "RELOAD"))), _NAME, _NEW),
        since=Release.V25_10,
        job=True,
        write=True,
    ),
    Method(
        "service.update",
        update,
        _WRITE,
        (
            Param("id_or_name", Either((Integer(), Text()))),
            Param("service_update", Record({"enable": Key(Flag())})),
        ),
        write=True,
    ),
    Method("ups.config", ups_config, role("SYSTEM_GENERAL_READ")),
)

"""System: identity, state, power, general settings."""

from typing import Any

from simulator.clock import DAY
from simulator.jobs import Job
from simulator.truenas.context import Context
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import Integer, Param, Text, options
from simulator.truenas.releases import ANY_USER, FULL, NO_LOGIN, Method, Release, role

from .certificates import certificate_row

type Row = dict[str, Any]


def _uptime_text(seconds: float) -> str:
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = f"{int(hours)}:{int(minutes):02}:{rest:09.6f}"
    return f"{int(days)} day{'s' if days != 1 else ''}, {clock}" if days else clock


def info(ctx: Context) -> Row:
    """`system.info`."""
    world = ctx.world
    load = world.cpu_usage() / 100 * world.threads
    return {
        "version": ctx.version,
        "buildtime": stamp(1_785_801_600),
        "hostname": world.hostname,
        "physmem": world.memory,
        "model": world.cpu_model,
        "cores": world.threads,
        "physical_cores": world.cores,
        "loadavg": [round(load, 2), round(load * 0.95, 2), round(load * 0.9, 2)],
        "uptime": _uptime_text(world.uptime()),
        "uptime_seconds": world.uptime(),
        "system_serial": "MB-2210-7731",
        "system_product": "W680 Home Server",
        "system_product_version": "1.02",
        "license": None,
        "boottime": stamp(world.booted),
        "datetime": stamp(world.clock.now()),
        "timezone": "Europe/Berlin",
        "system_manufacturer": "Generic",
        "ecc_memory": True,
    }


def version(ctx: Context) -> str:
    """`system.version`."""
    return ctx.version


def version_short(ctx: Context) -> str:
    """`system.version_short`: the number alone."""
    return ctx.version.removeprefix("TrueNAS-SCALE-").removeprefix("TrueNAS-")


def state(_ctx: Context) -> str:
    """`system.state`."""
    return "READY"


def ready(_ctx: Context) -> bool:
    """`system.ready`."""
    return True


def host_id(ctx: Context) -> str:
    """`system.host_id`."""
    return ctx.world.host_id


def boot_id(ctx: Context) -> str:
    """`system.boot_id`."""
    return ctx.world.boot_id


def reboot_info(ctx: Context) -> Row:
    """`system.reboot.info`."""
    reasons = []
    if ctx.world.update.installed:
        reasons.append({"code": "UPDATE", "reason": "An update was installed."})
    return {"boot_id": ctx.world.boot_id, "reboot_required_reasons": reasons}


def _power(ctx: Context, kind: str, wanted: Row, told: Row) -> Job:
    delay = float(wanted.get("delay") or 0)
    ctx.face.events.push(f"system.{kind}", "added", fields=told)
    return ctx.job(0.3, lambda: ctx.face.power(kind, delay), text=f"System {kind}")


def reboot_old(ctx: Context, wanted: Row) -> Job:
    """`system.reboot` before a reason was wanted."""
    return _power(ctx, "reboot", wanted, {"description": "System is going to reboot"})


def shutdown_old(ctx: Context, wanted: Row) -> Job:
    """`system.shutdown` before a reason was wanted."""
    return _power(ctx, "shutdown", wanted, {"description": "System is going to shutdown"})


def reboot(ctx: Context, reason: str, wanted: Row) -> Job:
    """`system.reboot`."""
    return _power(ctx, "reboot", wanted, {"reason": reason})


def shutdown(ctx: Context, reason: str, wanted: Row) -> Job:
    """`system.shutdown`."""
    return _power(ctx, "shutdown", wanted, {"reason": reason})


def general_config(ctx: Context) -> Row:
    """`system.general.config`."""
    return {
        "id": 1,
        "ui_certificate": certificate_row(ctx, ctx.world.certificates[0]),
        "ui_httpsport": 443,
        "ui_httpsredirect": False,
        "ui_httpsprotocols": ["TLSv1.2", "TLSv1.3"],
        "ui_port": 80,
        "ui_address": ["0.0.0.0"],  # noqa: S104 - the server's setting, not a socket of ours
        "ui_v6address": ["::"],
        "ui_allowlist": [],
        "ui_consolemsg": True,
        "ui_x_frame_options": "SAMEORIGIN",
        "kbdmap": "us",
        "language": "en",
        "timezone": "Europe/Berlin",
        "usage_collection": True,
        "wizardshown": True,
        "usage_collection_is_set": True,
        "ds_auth": False,
    }


def security_config(ctx: Context) -> Row:
    """`system.security.config`."""
    row: Row = {"id": 1, "enable_fips": False}
    if ctx.release >= Release.V25_04:
        row |= {
            "enable_gpos_stig": False,
            "min_password_age": None,
            "max_password_age": None,
            "password_complexity_ruleset": None,
            "min_password_length": None,
            "password_history_length": None,
        }
    return row


_DELAY_OLD = Param("system_reboot", options(delay=(Integer(nullable=True), None)), {})
_DELAY = Param("options", options(delay=(Integer(nullable=True), None)), {})
_REASON = Param("reason", Text())
_GENERAL = role("SYSTEM_GENERAL_READ")

TABLE = (
    Method("system.info", info, role("READONLY_ADMIN")),
    Method("system.version", version, ANY_USER),
    Method("system.version_short", version_short, ANY_USER),
    Method("system.host_id", host_id, role("READONLY_ADMIN")),
    Method("system.boot_id", boot_id, FULL, until=Release.V24_04),
    Method("system.boot_id", boot_id, NO_LOGIN, since=Release.V24_10),
    Method("system.state", state, FULL, until=Release.V25_04),
    Method("system.state", state, _GENERAL, since=Release.V25_10),
    Method("system.ready", ready, FULL, until=Release.V25_04),
    Method("system.ready", ready, _GENERAL, since=Release.V25_10),
    Method("system.reboot.info", reboot_info, _GENERAL, since=Release.V25_04),
    Method("system.reboot", reboot_old, FULL, (_DELAY_OLD,), job=True, write=True, until=Release.V24_10),
    Method("system.reboot", reboot, FULL, (_REASON, _DELAY), job=True, write=True, since=Release.V25_04),
    Method("system.shutdown", shutdown_old, FULL, (_DELAY_OLD,), job=True, write=True, until=Release.V24_10),
    Method("system.shutdown", shutdown, FULL, (_REASON, _DELAY), job=True, write=True, since=Release.V25_04),
    Method("system.general.config", general_config, _GENERAL),
    Method("system.security.config", security_config, role("SYSTEM_SECURITY_READ")),
)

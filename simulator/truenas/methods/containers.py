"""System containers: Incus instances on 25.x, LXC containers from 26 on."""

from typing import Any

from simulator.jobs import Job
from simulator.truenas.context import Context
from simulator.truenas.errors import NotFoundError
from simulator.truenas.methods.machines import made_up_uuid
from simulator.truenas.params import Flag, Integer, Param, Text, options
from simulator.truenas.releases import Method, Release, listing, role
from simulator.workloads import SystemContainer

type Row = dict[str, Any]


def instances(ctx: Context, _extra: Row) -> list[Row]:
    """`virt.instance.query`: ids are names."""
    return [
        {
            "id": one.name,
            "name": one.name,
            "type": "CONTAINER",
            "status": "RUNNING" if one.running else "STOPPED",
            "cpu": "2",
            "memory": one.memory,
            "autostart": one.autostart,
            "environment": {},
            "aliases": [{"type": "INET", "address": one.address, "netmask": 24}] if one.running else [],
            "image": {
                "architecture": "amd64",
                "description": one.distribution,
                "os": "Debian",
                "release": "trixie",
                "serial": "20261101_05:24",
                "type": "squashfs",
                "variant": "default",
                "secureboot": None,
            },
            "userns_idmap": None,
            "raw": None,
            "vnc_enabled": False,
            "vnc_port": None,
            "vnc_password": None,
            "secure_boot": None,
            "root_disk_size": None,
            "root_disk_io_bus": None,
            "storage_pool": "apps",
        }
        for one in ctx.world.containers.values()
    ]


def containers(ctx: Context, _extra: Row) -> list[Row]:
    """`container.query` (26 and later)."""
    return [
        {
            "id": one.number,
            "uuid": made_up_uuid(ctx, "container", one.name),
            "name": one.name,
            "description": "",
            "devices": [],
            "cpuset": None,
            "autostart": one.autostart,
            "time": "LOCAL",
            "shutdown_timeout": 90,
            "dataset": f"apps/.truenas_containers/containers/{one.name}",
            "init": "/sbin/init",
            "initdir": None,
            "initenv": {},
            "inituser": None,
            "initgroup": None,
            "idmap": {"type": "DEFAULT"},
            "capabilities_policy": "DEFAULT",
            "capabilities_state": {},
            "default_network": "truenasbr0",
            "status": {
                "state": "RUNNING" if one.running else "STOPPED",
                "pid": 51877 if one.running else None,
                "domain_state": "RUNNING" if one.running else "SHUTOFF",
            },
        }
        for one in ctx.world.containers.values()
    ]


def _container(ctx: Context, ident: int | str) -> SystemContainer:
    for one in ctx.world.containers.values():
        if ident in (one.number, one.name):
            return one
    raise NotFoundError(f"Container {ident}")


def _run_container(ctx: Context, one: SystemContainer, running: bool) -> bool:
    one.running = running
    key = one.number if ctx.server >= Release.V26 else one.name
    ctx.world.changed("container", "changed", key)
    return True


def instance_start(ctx: Context, ident: str) -> Job:
    """`virt.instance.start`."""
    one = _container(ctx, ident)
    return ctx.job(3.0, lambda: _run_container(ctx, one, True))


def instance_stop(ctx: Context, ident: str, _options: Row) -> Job:
    """`virt.instance.stop`."""
    one = _container(ctx, ident)
    return ctx.job(4.0, lambda: _run_container(ctx, one, False))


def instance_restart(ctx: Context, ident: str, _options: Row) -> Job:
    """`virt.instance.restart`."""
    one = _container(ctx, ident)
    return ctx.job(6.0, lambda: _run_container(ctx, one, True))


def container_start(ctx: Context, ident: int) -> None:
    """`container.start`: no job."""
    _run_container(ctx, _container(ctx, ident), True)


def container_stop(ctx: Context, ident: int, _options: Row) -> Job:
    """`container.stop`."""
    one = _container(ctx, ident)

    def done() -> None:
        _run_container(ctx, one, False)

    return ctx.job(4.0, done)


_ID, _NAME = Param("id", Integer()), Param("id", Text())


_FORCE = Param("options", options(force=(Flag(), False), force_after_timeout=(Flag(), False)), {})


_STOP = Param("stop_args", options(timeout=(Integer(), -1), force=(Flag(), False)), {})


_INCUS: dict[str, Any] = {"since": Release.V25_04, "until": Release.V25_10}


TABLE: tuple[Method, ...] = (
    *listing("virt.instance.query", instances, role("VIRT_INSTANCE_READ"), **_INCUS),
    *(
        Method(
            f"virt.instance.{name}",
            handler,
            role("VIRT_INSTANCE_WRITE"),
            params,
            job=True,
            write=True,
            **_INCUS,
        )
        for name, handler, params in (
            ("start", instance_start, (_NAME,)),
            ("stop", instance_stop, (_NAME, _STOP)),
            ("restart", instance_restart, (_NAME, _STOP)),
        )
    ),
    *listing("container.query", containers, role("CONTAINER_READ"), since=Release.V26),
    Method(
        "container.start", container_start, role("CONTAINER_WRITE"), (_ID,), since=Release.V26, write=True
    ),
    Method(
        "container.stop",
        container_stop,
        role("CONTAINER_WRITE"),
        (_ID, _FORCE),
        since=Release.V26,
        job=True,
        write=True,
    ),
)

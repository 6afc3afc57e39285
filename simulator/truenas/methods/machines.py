"""Virtual machines."""

from collections.abc import Callable
from typing import Any

from simulator.jobs import Job
from simulator.noise import digest
from simulator.truenas.context import Context
from simulator.truenas.errors import CallError, NotFoundError
from simulator.truenas.params import Flag, Integer, Param, options
from simulator.truenas.releases import Method, Release, listing, role
from simulator.workloads import Machine

type Row = dict[str, Any]


def made_up_uuid(ctx: Context, *parts: object) -> str:
    """A UUID that never changes for the same thing."""
    text = digest(ctx.world.seed, *parts)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def _status(machine: Machine) -> Row:
    running = machine.state != "STOPPED"
    domain = {"RUNNING": "RUNNING", "STOPPED": "SHUTOFF", "SUSPENDED": "PAUSED"}[machine.state]
    return {"state": machine.state, "pid": machine.pid if running else None, "domain_state": domain}


def machines(ctx: Context, _extra: Row) -> list[Row]:
    """`vm.query`."""
    found: list[Row] = []
    for machine in ctx.world.machines.values():
        disk: Row = {
            "dtype": "DISK",
            "path": f"/dev/zvol/{machine.volume}",
            "type": "VIRTIO",
            "logical_sectorsize": None,
            "physical_sectorsize": None,
            "iotype": "THREADS",
            "serial": "8RcYjU1f",
        }
        nic: Row = {
            "dtype": "NIC",
            "trust_guest_rx_filters": False,
            "type": "VIRTIO",
            "nic_attach": "enp3s0",
            "mac": "00:a0:98:12:34:56",
        }
        found.append(
            {
                "id": machine.number,
                "name": machine.name,
                "description": "",
                "vcpus": 1,
                "cores": machine.cores,
                "threads": 1,
                "cpuset": None,
                "nodeset": None,
                "pin_vcpus": False,
                "enable_cpu_topology_extension": False,
                "suspend_on_snapshot": False,
                "trusted_platform_module": False,
                "memory": machine.memory_mib,
                "min_memory": None,
                "hyperv_enlightenments": False,
                "bootloader": "UEFI",
                "bootloader_ovmf": "OVMF_CODE.fd",
                "autostart": machine.autostart,
                "hide_from_msr": False,
                "ensure_display_device": True,
                "time": "LOCAL",
                "shutdown_timeout": 90,
                "arch_type": None,
                "machine_type": None,
                "uuid": made_up_uuid(ctx, "vm", machine.name),
                "command_line_args": "",
                "cpu_mode": "CUSTOM",
                "cpu_model": None,
                "devices": [
                    {"id": 1, "attributes": disk, "vm": machine.number, "order": 1001},
                    {"id": 2, "attributes": nic, "vm": machine.number, "order": 1002},
                ],
                "display_available": False,
                "status": _status(machine),
                **({"enable_secure_boot": False} if ctx.release >= Release.V25_04 else {}),
            }
        )
    return found


def _machine(ctx: Context, ident: int) -> Machine:
    if ident not in ctx.world.machines:
        raise NotFoundError(f"VM {ident}")
    return ctx.world.machines[ident]


def _set(ctx: Context, machine: Machine, state: str) -> None:
    machine.state = "RUNNING" if state == "RUNNING" else "SUSPENDED" if state == "SUSPENDED" else "STOPPED"
    machine.pid = None if machine.state == "STOPPED" else 48211
    ctx.world.changed("vm", "changed", machine.number)


def start(ctx: Context, ident: int, _options: Row) -> None:
    """`vm.start`."""
    machine = _machine(ctx, ident)
    if machine.state == "RUNNING":
        raise CallError(f"{machine.name} is already running")
    _set(ctx, machine, "RUNNING")


def stop(ctx: Context, ident: int, _options: Row) -> Job:
    """`vm.stop`."""
    machine = _machine(ctx, ident)
    return ctx.job(6.0, lambda: _set(ctx, machine, "STOPPED"))


def restart(ctx: Context, ident: int) -> Job:
    """`vm.restart`."""
    machine = _machine(ctx, ident)
    return ctx.job(8.0, lambda: _set(ctx, machine, "RUNNING"))


def power_off(ctx: Context, ident: int) -> None:
    """`vm.poweroff`."""
    _set(ctx, _machine(ctx, ident), "STOPPED")


def suspend(ctx: Context, ident: int) -> None:
    """`vm.suspend`."""
    _set(ctx, _machine(ctx, ident), "SUSPENDED")


def resume(ctx: Context, ident: int) -> None:
    """`vm.resume`."""
    _set(ctx, _machine(ctx, ident), "RUNNING")


_ID = Param("id", Integer())
_FORCE = Param("options", options(force=(Flag(), False), force_after_timeout=(Flag(), False)), {})
_VM = role("VM_WRITE")
_ORDERS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("poweroff", power_off),
    ("suspend", suspend),
    ("resume", resume),
)

TABLE: tuple[Method, ...] = (
    *listing("vm.query", machines, role("VM_READ")),
    Method(
        "vm.start", start, _VM, (_ID, Param("options", options(overcommit=(Flag(), False)), {})), write=True
    ),
    Method("vm.stop", stop, _VM, (_ID, _FORCE), job=True, write=True),
    Method("vm.restart", restart, _VM, (_ID,), job=True, write=True),
    *(Method(f"vm.{name}", handler, _VM, (_ID,), write=True) for name, handler in _ORDERS),
)

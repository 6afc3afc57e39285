"""`reporting.realtime` and `app.stats`: numbers that are sent again and again."""

from typing import Any

from simulator.noise import jitter
from simulator.workloads import App
from simulator.world import World

from .releases import Release

_IDLE_KEYS = ("nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")


def _old_thread(usage: float) -> dict[str, float]:
    row = {
        "user": usage * 0.7,
        "system": usage * 0.3,
        "idle": 100.0 - usage,
        **dict.fromkeys(_IDLE_KEYS, 0.0),
    }
    return {**row, "usage": usage}


def _old_cpu(world: World) -> dict[str, Any]:
    cpu: dict[str, Any] = {
        str(thread): _old_thread(world.cpu_usage(thread)) for thread in range(world.threads)
    }
    cpu["average"] = _old_thread(world.cpu_usage())
    cpu["temperature_celsius"] = {
        str(core): round(world.cpu_temperature + jitter(world.seed, f"core{core}", 0), 1)
        for core in range(world.cores)
    }
    return cpu


def _cpu(world: World) -> dict[str, Any]:
    temperature = round(world.cpu_temperature + world.wobble("cpuheat", 30.0))
    cpu = {"cpu": {"usage": round(world.cpu_usage()), "temp": temperature}}
    for thread in range(world.threads):
        heat = round(temperature + 2 * jitter(world.seed, f"core{thread}", 0))
        cpu[f"cpu{thread}"] = {"usage": round(world.cpu_usage(thread)), "temp": heat}
    return cpu


def _disks(world: World) -> dict[str, Any]:
    swing = 1.0 + 0.3 * world.wobble("diskio", 6.0)
    return {
        "read_ops": int(14 * swing),
        "read_bytes": int(1_450_000 * swing),
        "write_ops": int(21 * swing),
        "write_bytes": int(610_000 * swing),
        "busy": round(1.9 * swing, 2),
    }


def _interfaces(world: World) -> dict[str, Any]:
    return {
        interface.name: {
            "link_state": "LINK_STATE_UP" if interface.up else "LINK_STATE_DOWN",
            "speed": interface.speed if interface.up else 0,
            "received_bytes_rate": int(world.interface_rates(interface)[0]),
            "sent_bytes_rate": int(world.interface_rates(interface)[1]),
        }
        for interface in world.interfaces
    }


def _old_memory(world: World) -> dict[str, Any]:
    free = world.memory_available()
    arc = world.memory * 3 // 10
    return {
        "classes": {
            "page_tables": 61 << 20,
            "swap_cache": 0,
            "slab_cache": 3 << 30,
            "cache": 2 << 30,
            "buffers": 340 << 20,
            "unused": free - arc // 4,
            "arc": arc,
            "apps": world.memory - free - arc,
        },
        "extra": {
            "inactive": 2 << 30,
            "committed": 21 << 30,
            "active": 5 << 30,
            "vmalloc_used": 410 << 20,
            "mapped": 1 << 30,
        },
        "swap": {"used": 0, "total": 0},
    }


_PER_SECOND = (
    "demand_accesses",
    "demand_data_accesses",
    "demand_metadata_accesses",
    "demand_data_hits",
    "demand_data_io_hits",
    "demand_data_misses",
    "demand_metadata_hits",
    "demand_metadata_io_hits",
    "demand_metadata_misses",
    "l2arc_hits",
    "l2arc_misses",
)


def _arc(world: World) -> dict[str, Any]:
    data = int(480 * (1.0 + 0.2 * world.wobble("arc", 6.0)))
    numbers = dict.fromkeys((f"{name}_per_second" for name in _PER_SECOND), 0)
    numbers |= {
        "demand_accesses_per_second": data * 2,
        "demand_data_accesses_per_second": data,
        "demand_metadata_accesses_per_second": data,
        "demand_data_hits_per_second": data,
        "demand_metadata_hits_per_second": data,
    }
    for kind in ("data", "metadata"):
        numbers |= {
            f"demand_{kind}_hit_percentage": 99,
            f"demand_{kind}_io_hit_percentage": 0,
            f"demand_{kind}_miss_percentage": 1,
        }
    return numbers | {
        "total_l2arc_accesses_per_second": 0,
        "l2arc_access_hit_percentage": 0,
        "l2arc_miss_percentage": 0,
        "bytes_read_per_second_from_the_l2arc": 0,
        "bytes_written_per_second_to_the_l2arc": 0,
    }


def realtime(world: World, release: Release) -> dict[str, Any]:
    """One event's fields: 24.x numbers its threads `0`, `1`, `average`; later ones `cpu`, `cpu0`."""
    fields: dict[str, Any] = {
        "disks": _disks(world),
        "interfaces": _interfaces(world),
        "failed_to_connect": False,
    }
    free = world.memory_available()
    arc = world.memory * 3 // 10
    if not release.rpc:
        fields["cpu"] = _old_cpu(world)
        fields["memory"] = _old_memory(world)
        fields["virtual_memory"] = {
            "total": world.memory,
            "available": free,
            "percent": round(100.0 * (world.memory - free) / world.memory, 1),
            "used": world.memory - free,
            "free": free - arc // 4,
            "active": 5 << 30,
            "inactive": 2 << 30,
            "buffers": 340 << 20,
            "cached": 2 << 30,
            "shared": 190 << 20,
            "slab": 3 << 30,
        }
        fields["zfs"] = {"arc_max_size": world.memory // 2, "arc_size": arc, "cache_hit_ratio": 0.991}
        return fields
    fields["cpu"] = _cpu(world)
    fields["memory"] = {
        "arc_size": arc,
        "arc_free_memory": free,
        "arc_available_memory": free - (2 << 30),
        "physical_memory_total": world.memory,
        "physical_memory_available": free,
    }
    fields["zfs"] = _arc(world)
    if release >= Release.V25_10:
        fields["pools"] = {
            pool.name: {
                "available": world.available(pool),
                "used": world.used(world.root(pool)),
                "total": world.available(pool) + world.used(world.root(pool)),
            }
            for pool in world.pools
            if not pool.exported
        }
    return fields


def _one_app(world: World, app: App, release: Release) -> dict[str, Any]:
    swing = 1.0 + 0.25 * world.wobble(f"app{app.name}", 8.0)
    seconds = world.clock.motion() - app.counters_since
    network = {"interface_name": "eth0", "rx_bytes": int(21_000 * swing), "tx_bytes": int(9_000 * swing)}
    row: dict[str, Any] = {
        "app_name": app.name,
        "memory": int(app.memory * (1.0 + 0.01 * world.wobble(f"mem{app.name}", 20.0))),
        "networks": [network],
        "blkio": {"read": int(seconds * 4_000), "write": int(seconds * 2_500)},
    }
    row["cpu_usage" if release >= Release.V24_10 else "cpu"] = int(app.cpu * swing)
    return row


def app_stats(world: World, release: Release) -> list[dict[str, Any]]:
    """One row per running app; network numbers are bytes per second, blkio counts up."""
    return [_one_app(world, app, release) for app in world.apps.values() if app.state == "RUNNING"]

"""What a container uses, as the API tells it."""

from simulator.engine import Container, Engine
from simulator.engine.meters import limit_of, memory_of, read
from simulator.engine.model import Doc, Meter
from simulator.engine.releases import Api
from simulator.noise import jitter

from .times import NEVER, moment

NS = 1_000_000_000
_BLOCK = (
    "io_service_bytes_recursive",
    "io_serviced_recursive",
    "io_queue_recursive",
    "io_service_time_recursive",
    "io_wait_time_recursive",
    "io_merged_recursive",
    "io_time_recursive",
    "sectors_recursive",
)
_NO_CPU: Doc = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}
_V2_ZERO = (
    "anon_thp", "file_dirty", "file_mapped", "file_writeback", "pgactivate", "pgdeactivate", "pglazyfree",
    "pglazyfreed", "pgmajfault", "pgrefill", "pgscan", "pgsteal", "shmem", "sock", "thp_collapse_alloc",
    "thp_fault_alloc", "unevictable", "workingset_activate", "workingset_nodereclaim", "workingset_refault",
)  # fmt: skip
_V1_ZERO = (
    "dirty", "mapped_file", "pgmajfault", "rss_huge", "total_dirty", "total_mapped_file", "total_pgmajfault",
    "total_rss_huge", "total_unevictable", "total_writeback", "unevictable", "writeback",
)  # fmt: skip


def stats(engine: Engine, container: Container, api: Api, before: Doc | None, *, named: bool) -> Doc:
    """One sample; `before` is the sample that it is to be compared with, `named` whether name and id are told."""
    names: Doc = {"os_type": "linux"} if api >= (1, 52) else {}
    names |= {"name": f"/{container.name}", "id": container.ident} if named else {}
    if not container.alive:
        return _ordered(engine, names, _nothing())
    meter = read(engine, container)
    row: Doc = {
        "read": moment(meter.since),
        "preread": before["read"] if before else NEVER,
        "pids_stats": _pids(engine, container),
        "blkio_stats": _block(engine, meter),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(engine, container, meter),
        "precpu_stats": before["cpu_stats"] if before else _NO_CPU,
        "memory_stats": _memory(engine, container),
    }
    networks = _networks(engine, container)
    return _ordered(engine, names, row) | ({"networks": networks} if networks else {})


def _ordered(engine: Engine, names: Doc, row: Doc) -> Doc:
    return {**names, **row} if engine.release.modern else {**row, **names}


def _nothing() -> Doc:
    return {
        "read": NEVER,
        "preread": NEVER,
        "pids_stats": {},
        "blkio_stats": dict.fromkeys(_BLOCK),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _NO_CPU,
        "precpu_stats": _NO_CPU,
        "memory_stats": {},
    }


def _pids(engine: Engine, container: Container) -> Doc:
    limit = container.host["PidsLimit"]
    row: Doc = {"current": container.behaviour.pids}
    if not limit and engine.release.cgroup == 2:
        # what the kernel says where there is none
        limit = 18_446_744_073_709_551_615
    return row | ({"limit": limit} if limit else {})


def _cpu(engine: Engine, container: Container, meter: Meter) -> Doc:
    total = int(meter.cpu * NS)
    usage: Doc = {"total_usage": total}
    if engine.release.cgroup == 1:
        share = total // engine.cpus
        usage["percpu_usage"] = [share] * (engine.cpus - 1) + [total - share * (engine.cpus - 1)]
    usage |= {"usage_in_kernelmode": total * 3 // 10, "usage_in_usermode": total - total * 3 // 10}
    return {
        "cpu_usage": usage,
        # all cores together, since the machine has been up
        "system_cpu_usage": int((meter.since - engine.booted) * engine.cpus * NS),
        "online_cpus": engine.cpus,
        "throttling_data": {
            "periods": int(meter.periods),
            "throttled_periods": int(meter.throttled),
            "throttled_time": int(meter.throttled * 0.05 * NS),
        },
    }


def _memory(engine: Engine, container: Container) -> Doc:
    used, cache = memory_of(engine, container)
    limit = limit_of(engine, container)
    # some of the cache is in use, so the tools leave that part in
    inactive = cache * 3 // 4
    if engine.release.cgroup == 2:
        details: Doc = {
            "active_anon": used * 9 // 10,
            "active_file": cache - inactive,
            "anon": used,
            "file": cache,
            "inactive_anon": used - used * 9 // 10,
            "inactive_file": inactive,
            "kernel_stack": 16384 * container.behaviour.pids,
            "pgfault": 6484,
            "slab": 276_376,
            "slab_reclaimable": 77_160,
            "slab_unreclaimable": 199_216,
            **dict.fromkeys(_V2_ZERO, 0),
        }
        return {"usage": used + cache, "stats": dict(sorted(details.items())), "limit": limit}
    swap = container.host["MemorySwap"]
    plain: Doc = {
        "active_anon": used * 9 // 10,
        "active_file": cache - inactive,
        "cache": cache,
        "inactive_anon": used - used * 9 // 10,
        "inactive_file": inactive,
        "pgfault": 4412,
        "pgpgin": 3632,
        "pgpgout": 3618,
        "rss": used,
    }
    details = {
        **plain,
        **{f"total_{key}": value for key, value in plain.items()},
        **dict.fromkeys(_V1_ZERO, 0),
        "hierarchical_memory_limit": limit,
        "hierarchical_memsw_limit": swap if swap > 0 else 9_223_372_036_854_771_712,
    }
    most = int((used + cache) * 1.1)
    return {
        "usage": used + cache,
        "max_usage": most,
        "stats": dict(sorted(details.items())),
        "limit": limit,
    }


def _block(engine: Engine, meter: Meter) -> Doc:
    row: Doc = dict.fromkeys(_BLOCK, None if engine.release.cgroup == 2 else [])
    read_bytes, written = int(meter.read), int(meter.written)
    if not read_bytes and not written:
        return row
    words = ("read", "write") if engine.release.cgroup == 2 else ("Read", "Write")
    row[_BLOCK[0]] = [
        {"major": 259, "minor": 0, "op": word, "value": value}
        for word, value in zip(words, (read_bytes, written), strict=True)
    ]
    if engine.release.cgroup == 1:
        row[_BLOCK[0]] += [
            {"major": 259, "minor": 0, "op": word, "value": value}
            for word, value in (
                ("Sync", written),
                ("Async", read_bytes),
                ("Discard", 0),
                ("Total", read_bytes + written),
            )
        ]
    return row


def _networks(engine: Engine, container: Container) -> Doc | None:
    """By interface; a container that shares a network shows the counters of the one that lends it."""
    owner = engine.parent_of(container) or container
    if owner.network_mode in ("host", "none") or not owner.endpoints or not owner.alive:
        return None
    meter = read(engine, owner)
    rows: Doc = {}
    for number in range(len(owner.endpoints)):
        # the first network carries nearly everything
        share = 1.0 if number == 0 else 0.02 + 0.01 * abs(jitter(engine.seed, owner.ident, number))
        received, sent = int(meter.received * share), int(meter.sent * share)
        rows[f"eth{number}"] = {
            "rx_bytes": received,
            "rx_packets": received // 900,
            "rx_errors": 0,
            "rx_dropped": 0,
            "tx_bytes": sent,
            "tx_packets": sent // 700,
            "tx_errors": 0,
            "tx_dropped": 0,
        }
    return rows

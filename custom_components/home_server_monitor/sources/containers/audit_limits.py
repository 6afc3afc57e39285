"""What a container may use up: without limits one of them takes the whole server along."""

from collections.abc import Iterator
import re

from .audit_case import Check, Fix, Grade, Subject
from .limiting import memory_body, restart_body
from .raw import table, text, whole

MIB = 2**20
_HOGS = re.compile(
    r"immich-.*|plex|pms-docker|jellyfin|emby.*|nextcloud.*|elasticsearch|opensearch|mongo.*|minecraft.*|frigate"
    r"|mariadb|mysql|postgres.*|influxdb|ollama|paperless.*|photoprism|qbittorrent|clickhouse.*|prometheus|gitlab-.*"
)
_LEAST_MEMORY = 256 * MIB
_LEAST_PIDS = 512
_SPARE = 2
_SPARE_PIDS = 4
RETRIES = 5


def memory(subject: Subject) -> Iterator[Check]:
    """No limit of memory: the limit that is proposed leaves it twice of the most that it was seen to use."""
    if whole(subject.host.get("Memory")):
        return
    grade = Grade.MEDIUM if subject.is_one_of(_HOGS) else Grade.LOW
    if subject.memory is None:
        yield Check("no_memory_limit", "5.11", grade)
        return
    limit = max(_round_up(subject.memory * _SPARE, _LEAST_MEMORY), _LEAST_MEMORY)
    everything = whole(subject.info.get("MemTotal"))
    if everything and limit > everything * 0.9:
        yield Check("no_memory_limit", "5.11", grade)
        return
    lines = (f"mem_limit: {limit // MIB}m", f"memswap_limit: {limit // MIB}m")
    yield Check("no_memory_limit", "5.11", grade, fix=Fix(live=memory_body(limit), put_in=lines))


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step


def processor(subject: Subject) -> Iterator[Check]:
    """No limit of the processor: the one that is proposed leaves a core to all others."""
    host = subject.host
    if any(whole(host.get(key)) for key in ("CpuShares", "NanoCpus", "CpuQuota")) or text(
        host.get("CpusetCpus")
    ):
        return
    cores = whole(subject.info.get("NCPU"))
    if cores < 2:
        yield Check("no_cpu_limit", "5.12", Grade.INFO)
        return
    most = cores - 1
    fix = Fix(live={"NanoCpus": most * 10**9}, put_in=(f"cpus: {most}",))
    yield Check("no_cpu_limit", "5.12", Grade.INFO, fix=fix)


def processes(subject: Subject) -> Iterator[Check]:
    """No limit of processes: one that keeps starting new ones stops the server."""
    if whole(subject.host.get("PidsLimit")) > 0:
        return
    if subject.pids is None:
        yield Check("no_pids_limit", "5.29", Grade.LOW)
        return
    limit = max(_LEAST_PIDS, subject.pids * _SPARE_PIDS)
    fix = Fix(live={"PidsLimit": limit}, put_in=(f"pids_limit: {limit}",))
    yield Check("no_pids_limit", "5.29", Grade.LOW, fix=fix)


def restarts(subject: Subject) -> Iterator[Check]:
    """One that is started again for ever although it keeps ending, or a service that nothing starts again."""
    policy = text(table(subject.host.get("RestartPolicy")).get("Name")) or "no"
    # the engine refuses another policy for one that removes itself
    if subject.host.get("AutoRemove"):
        return
    if subject.looping and policy in ("always", "unless-stopped"):
        fix = Fix(
            live=restart_body("on-failure", RETRIES),
            take_out=(f"restart: {policy}",),
            put_in=(f"restart: on-failure:{RETRIES}",),
        )
        yield Check("restarts_for_ever", "5.15", Grade.INFO, {"policy": policy}, fix)
    elif policy == "no" and subject.running:
        fix = Fix(live=restart_body("unless-stopped"), put_in=("restart: unless-stopped",))
        yield Check("never_restarts", "5.15", Grade.INFO, fix=fix)


def file_system(subject: Subject) -> Iterator[Check]:
    """Whoever breaks into it can change its programs."""
    if subject.host.get("ReadonlyRootfs") is not True:
        yield Check("writable_root", "5.13", Grade.INFO, fix=Fix(put_in=("read_only: true",)))


def open_files(subject: Subject) -> Iterator[Check]:
    """No limit of open files of its own."""
    if not subject.host.get("Ulimits"):
        lines = ("ulimits:", "  nofile: 65536")
        yield Check("no_ulimits", "5.19", Grade.INFO, fix=Fix(put_in=lines))


def logs(subject: Subject) -> Iterator[Check]:
    """A log that grows until the disk is full; the driver `local` limits itself."""
    log = table(subject.host.get("LogConfig"))
    if log.get("Type") != "json-file" or "max-size" in table(log.get("Config")):
        return
    lines = ("logging:", "  options:", '    max-size: "10m"', '    max-file: "3"')
    yield Check("endless_log", "", Grade.LOW, fix=Fix(put_in=lines))


RULES = (memory, processor, processes, restarts, file_system, open_files, logs)

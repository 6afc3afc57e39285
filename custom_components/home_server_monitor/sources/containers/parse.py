"""Containers out of a listing or an inspection, one record at a time; what identifies one must be there, all else may fail."""

from collections.abc import Iterable, Mapping
import re
from types import MappingProxyType
from typing import Any

from ..records import Malformed, Row, at, count, flag, instant, integer, name, number, record, text
from .container import Container, Event, Health, HealthStatus, Limits, Mount, Port, State, owner_of

PROJECT_LABELS = ("com.docker.compose.project", "com.docker.stack.namespace", "io.podman.compose.project")
SERVICE_LABELS = ("com.docker.compose.service", "com.docker.swarm.service.name")
DEPENDS_ON_LABEL = "com.docker.compose.depends_on"
# Linux takes no longer path
MAX_PATH = 4096
_HEALTH = re.compile(r"\((healthy|unhealthy|health: starting)\)$")
_EXIT_CODE = re.compile(r"^(?:Exited|Restarting) \((\d+)\)")
_ALL_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104 - it is read, nothing is bound
_DEFAULT_PERIOD = 100_000
_PODMAN_STATES = {
    "configured": "created",
    "initialized": "created",
    "stopped": "exited",
    "stopping": "running",
}


def listed(row: Row) -> tuple[str, Container]:
    """Parse one row of `GET /containers/json`, which tells health and exit code in words."""
    key = _name_of(row.get("Names"))
    labels = strings(row.get("Labels"))
    mode = _exact(at(row, "HostConfig", "NetworkMode"))
    state = _state(row.get("State"))
    status = row.get("Status") if isinstance(row.get("Status"), str) else ""
    code = _EXIT_CODE.match(str(status))
    return key, Container(
        id=name(row.get("Id")),
        name=key,
        image=text(row.get("Image")) or "",
        image_id=text(row.get("ImageID")),
        state=state,
        health=_listed_health(row.get("Health"), str(status)),
        created=instant(row.get("Created")),
        exit_code=int(code[1]) if code else None,
        labels=labels,
        project=_first(labels, PROJECT_LABELS),
        service=_first(labels, SERVICE_LABELS),
        depends_on=_services(labels.get(DEPENDS_ON_LABEL, "")),
        network_mode=mode,
        joins=_joined(mode),
        networks=_networks(row, mode),
        ports=() if _joined(mode) else _listed_ports(row.get("Ports")),
        mounts=_mounts(row.get("Mounts"), None),
    )


def inspected(raw: Any) -> Container:
    """Parse `GET /containers/{id}/json`. Raises BadResponse or ValueError where it identifies nothing."""
    row = record(raw)
    host, config, running = at(row, "HostConfig"), at(row, "Config"), at(row, "State")
    labels = strings(at(config, "Labels"))
    modes = [_exact(at(host, key)) for key in ("NetworkMode", "IpcMode", "PidMode")]
    state = _state(at(running, "Status"))
    return Container(
        id=name(row.get("Id")),
        name=_name_of([row.get("Name")]),
        image=text(at(config, "Image")) or "",
        image_id=text(row.get("Image")),
        state=state,
        health=_health(at(running, "Health")),
        created=instant(row.get("Created")),
        started=instant(at(running, "StartedAt")),
        finished=instant(at(running, "FinishedAt")),
        exit_code=integer(at(running, "ExitCode")) if state and state.has_ended else None,
        oom_killed=flag(at(running, "OOMKilled")),
        restart_count=integer(row.get("RestartCount")),
        # Docker before 25 writes nothing for no policy
        restart_policy=text(at(host, "RestartPolicy", "Name")) or "no",
        log_grows=at(host, "LogConfig", "Type") == "json-file"
        and not at(host, "LogConfig", "Config", "max-size"),
        labels=labels,
        project=_first(labels, PROJECT_LABELS),
        service=_first(labels, SERVICE_LABELS),
        depends_on=_services(labels.get(DEPENDS_ON_LABEL, "")),
        network_mode=modes[0],
        joins=tuple(dict.fromkeys(joined for mode in modes for joined in _joined(mode))),
        networks=_networks(row, modes[0]),
        ports=()
        if _joined(modes[0])
        else _ports(at(row, "NetworkSettings", "Ports"))
        # they are told while it runs; otherwise there is what it asks for
        or _ports(at(host, "PortBindings")),
        mounts=_mounts(row.get("Mounts"), at(host, "Tmpfs")),
        limits=_limits(host),
        inspected=True,
    )


def event(raw: Any) -> Event:
    """Parse one line of `GET /events`; the labels in it are left where they are. Raises Malformed."""
    row = record(raw)
    happened = integer(row.get("timeNano"))
    if happened is None:
        raise Malformed("an event without a time")
    return Event(
        action=name(row.get("Action")),
        id=name(at(row, "Actor", "ID")),
        name=text(at(row, "Actor", "Attributes", "name")),
        at=happened,
        exit_code=integer(at(row, "Actor", "Attributes", "exitCode")),
    )


def strings(raw: Any) -> Mapping[str, str]:
    """Return the texts of an object, as they are; an empty mapping where there is none."""
    return MappingProxyType(
        {key: value for key, value in raw.items() if isinstance(value, str)} if isinstance(raw, dict) else {}
    )


def _name_of(names: Any) -> str:
    """Return the name without its slash; a linked container also has names such as `/other/alias`."""
    own = [
        item.removeprefix("/")
        for item in _list(names)
        if isinstance(item, str) and "/" not in item.lstrip("/")
    ]
    return name(own[0] if own else None)


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _exact(value: Any) -> str | None:
    """Return a path or a word as it is, where a person could have typed it."""
    return value if isinstance(value, str) and value.isprintable() and 0 < len(value) <= MAX_PATH else None


def _state(raw: Any) -> State | None:
    try:
        return State(_PODMAN_STATES.get(raw, raw))
    except TypeError, ValueError:
        return None


def _listed_health(raw: Any, status: str) -> Health:
    if isinstance(raw, dict):
        return _health(raw)
    words = _HEALTH.search(status)
    return Health(HealthStatus(words[1].removeprefix("health: "))) if words else Health()


def _health(raw: Any) -> Health:
    found = at(raw, "Status")
    if found not in (HealthStatus.STARTING, HealthStatus.HEALTHY, HealthStatus.UNHEALTHY):
        return Health()
    output = at(raw, "Log", -1, "Output")
    lines = [line for line in output.splitlines() if line.strip()] if isinstance(output, str) else []
    return Health(HealthStatus(found), count(at(raw, "FailingStreak")), text(lines[-1]) if lines else None)


def _first(labels: Mapping[str, str], keys: Iterable[str]) -> str | None:
    return next((found for key in keys if (found := text(labels.get(key)))), None)


def _services(label: str) -> tuple[str, ...]:
    """Return the services of `db:service_healthy:true,cache:service_started:false`."""
    return tuple(found for part in label.split(",") if (found := text(part.partition(":")[0])))


def _joined(mode: str | None) -> tuple[str, ...]:
    return (found,) if (found := owner_of(mode)) else ()


def _networks(row: Row, mode: str | None) -> Mapping[str, tuple[str, ...]]:
    found = at(row, "NetworkSettings", "Networks")
    if not isinstance(found, dict) or _joined(mode):
        found = {}
    return MappingProxyType(
        {
            key: tuple(
                address for field in ("IPAddress", "GlobalIPv6Address") if (address := text(at(value, field)))
            )
            for key, value in sorted(found.items())
        }
    )


def _host_ip(value: Any) -> str | None:
    return None if value in _ALL_ADDRESSES else text(value)


def _sorted(ports: Iterable[Port]) -> tuple[Port, ...]:
    """Order ports, and name one that is published on IPv4 and IPv6 once."""
    return tuple(
        sorted(
            set(ports), key=lambda item: (item.port, item.protocol, item.host_port or 0, item.host_ip or "")
        )
    )


def _listed_ports(raw: Any) -> tuple[Port, ...]:
    return _sorted(
        Port(_host_ip(at(item, "IP")), integer(at(item, "PublicPort")), port, text(at(item, "Type")) or "tcp")
        for item in _list(raw)
        if (port := integer(at(item, "PrivatePort"))) is not None
    )


def _ports(raw: Any) -> tuple[Port, ...]:
    """Parse `{"80/tcp": [{"HostIp", "HostPort"}]}`; null where a port is exposed but not published."""
    found = []
    for key, bindings in raw.items() if isinstance(raw, dict) else ():
        number_, _, protocol = str(key).partition("/")
        if (port := integer(number_)) is None:
            continue
        found += [
            Port(_host_ip(at(item, "HostIp")), integer(at(item, "HostPort")), port, protocol or "tcp")
            for item in _list(bindings) or [None]
        ]
    return _sorted(found)


def _mounts(raw: Any, tmpfs: Any) -> tuple[Mount, ...]:
    found = {
        target: Mount(
            kind=text(at(item, "Type")) or "bind",
            source=_exact(at(item, "Source")),
            name=_exact(at(item, "Name")),
            target=target,
            writable=at(item, "RW") is not False,
        )
        for item in _list(raw)
        if (target := _exact(at(item, "Destination")))
    }
    for target, options in strings(tmpfs).items():
        found.setdefault(target, Mount("tmpfs", None, None, target, "ro" not in options.split(",")))
    return tuple(item for _, item in sorted(found.items()))


def _limits(host: Any) -> Limits:
    nano, quota = number(at(host, "NanoCpus")), number(at(host, "CpuQuota"))
    cpu = None
    if nano and nano > 0:
        cpu = nano / 1e9
    elif quota and quota > 0:
        cpu = quota / (number(at(host, "CpuPeriod")) or _DEFAULT_PERIOD)
    return Limits(cpu, count(at(host, "Memory")) or None, count(at(host, "PidsLimit")) or None)

"""Lists for the responses of actions: what is too long for entities. Nothing in them is a label, a variable or a path."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..errors import NotSupported
from .model import NO_USAGE, Container, Containers, Port, Usage
from .raw import table
from .traffic import Traffic
from .view import installed, latest, short
from .watching import Watching

# characters of logs in one answer; the newest are kept
MOST = 256 * 1024


async def listing(source: Watching, key: str, fields: Mapping[str, Any]) -> list[Any]:
    """Return one list. Raises ClientError; NotSupported where there is no such thing."""
    if key == "lines":
        return await _lines(source, fields["object"], fields["tail"])
    if key == "processes":
        titles, processes = await source.access.client.top(_container(source, fields["object"]).id)
        return [dict(zip(titles, each, strict=False)) for each in processes]
    data = await source.async_look() if key == "containers" else source.data
    if key == "talkers":
        return _talkers(data, source.traffic)[: fields["limit"]]
    if key not in _ROWS:
        raise NotSupported(key)
    return _ROWS[key](data)


def outline(data: Containers) -> dict[str, Any]:
    """Return what helps to find a fault: how each container is, without what it is called or made of."""
    return {
        "members": {
            name: {
                "state": each.state,
                "health": each.health.status,
                "restarts": each.restart_count,
                "network": each.network.partition(":")[0],
                "inspected": each.inspected,
                "sampled": name in data.usage,
                "shown": name in data.shown,
            }
            for name, each in data.containers.items()
        },
        "stacks": {name: {"status": each.status, "git": each.git} for name, each in data.stacks.items()},
        "images": len(data.images),
        "volumes": len(data.volumes),
        "updates": sum(bool(each.available) for each in data.updates.values()),
        "stale": sorted(data.stale),
        "complete": sorted(data.complete),
    }


def _container(source: Watching, name: str) -> Container:
    if (found := source.data.containers.get(name)) is None:
        raise NotSupported(f"there is no container {name} now")
    return found


async def _lines(source: Watching, name: str, tail: int) -> list[str]:
    client, container = source.access.client, _container(source, name)
    terminal = table((await client.inspect(container.id)).get("Config")).get("Tty") is True
    lines = await client.logs(container.id, tail=tail, terminal=terminal)
    left, kept = MOST, []
    for line in reversed(lines):
        left -= len(line)
        if left < 0:
            break
        kept.append(line)
    return kept[::-1]


def _containers(data: Containers) -> list[dict[str, Any]]:
    rows = []
    for name, each in data.containers.items():
        usage, watched = data.usage.get(name, NO_USAGE), data.shown.get(name)
        rows.append(
            {
                "name": name,
                "image": each.image,
                "state": each.state,
                "health": each.health.status,
                "project": each.project,
                "service": each.service,
                "created": _at(each.created),
                "started": _at(each.started),
                "exit_code": each.exit_code,
                "restart_count": each.restart_count,
                "network": each.network,
                "ports": [_port(port) for port in each.ports],
                "cpu_percent": usage.cpu_percent,
                "memory": usage.memory,
                "version": installed(watched) if watched else None,
                "latest": latest(watched) if watched else None,
            }
        )
    return rows


def _images(data: Containers) -> list[dict[str, Any]]:
    return [
        {
            "id": short(each.id),
            "tags": [*each.tags],
            "version": each.version,
            "created": _at(each.created),
            "size": each.size,
            "used_by": sorted(name for name, one in data.containers.items() if one.image_id == each.id),
        }
        for each in data.images.values()
    ]


def _volumes(data: Containers) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "driver": each.driver,
            "size": each.size,
            "refs": each.refs,
            "anonymous": each.anonymous,
            "project": each.project,
            "created": _at(each.created),
        }
        for each in data.volumes.values()
    ]


def _stacks(data: Containers) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "status": each.status,
            "git": each.git,
            "containers": sorted(members_of(data, each.project)),
        }
        for each in data.stacks.values()
    ]


def members_of(data: Containers, project: str) -> dict[str, Container]:
    """Return the containers of a project, by name."""
    return {name: each for name, each in data.containers.items() if each.project == project}


def _talkers(data: Containers, traffic: Traffic) -> list[dict[str, Any]]:
    """Return who moves how much, the busiest first; who shares a network is counted at its owner."""
    own = [(name, each) for name, each in data.usage.items() if each.rx_total is not None]
    own.sort(key=lambda pair: (-_rate(pair[1]), -(pair[1].rx_total or 0) - (pair[1].tx_total or 0)))
    return [
        {
            "container": name,
            "rx_rate": each.rx_rate,
            "tx_rate": each.tx_rate,
            "rx_total": each.rx_total,
            "tx_total": each.tx_total,
            "rx_today": traffic.today(name)[0],
            "tx_today": traffic.today(name)[1],
            "days": [
                {"day": day, "rx": moved[0], "tx": moved[1]} for day, moved in traffic.days(name).items()
            ],
            "shared_with": sorted(
                other for other, one in data.containers.items() if one.network == f"shared:{name}"
            ),
        }
        for name, each in own
    ]


def _rate(usage: Usage) -> float:
    return (usage.rx_rate or 0.0) + (usage.tx_rate or 0.0)


def _port(port: Port) -> str:
    published = f"{port.host_ip or ''}:{port.host_port}->" if port.host_port else ""
    return f"{published.removeprefix(':')}{port.port}/{port.protocol}"


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


_ROWS: Mapping[str, Callable[[Containers], list[dict[str, Any]]]] = {
    "containers": _containers,
    "images": _images,
    "volumes": _volumes,
    "stacks": _stacks,
}

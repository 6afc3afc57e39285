"""Graphs: which there are, and their data."""

from collections.abc import Callable
from typing import Any

from simulator.noise import wander
from simulator.storage import Disk
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, InvalidError
from simulator.truenas.params import Flag, Integer, Items, Key, Param, Record, Text, options
from simulator.truenas.releases import Method, Release, only_query, role

type Row = dict[str, Any]
type Series = Callable[[float], list[float]]

_UNIT = {"HOUR": 3600, "DAY": 86400, "WEEK": 7 * 86400, "MONTH": 30 * 86400, "YEAR": 365 * 86400}
_NAMES = (
    "cpu",
    "cputemp",
    "disk",
    "interface",
    "load",
    "processes",
    "memory",
    "uptime",
    "arcactualrate",
    "arcrate",
    "arcsize",
    "arcresult",
    "disktemp",
    "upscharge",
    "upsruntime",
    "upsvoltage",
    "upscurrent",
    "upsfrequency",
    "upsload",
    "upstemperature",
)
_POINTS = 360


def _disk_identifier(ctx: Context, disk: Disk) -> str:
    """From 25.x on the identifier says it all; before, it is the kernel's name."""
    if ctx.release < Release.V25_04:
        return disk.name
    return f"{disk.name} | Type: {disk.kind} | Model: {disk.model} | Serial: {disk.serial}"


def _identifiers(ctx: Context, name: str) -> list[str] | None:
    if name in ("disk", "disktemp"):
        return [_disk_identifier(ctx, disk) for disk in ctx.world.present_disks()]
    if name == "interface":
        return [interface.name for interface in ctx.world.interfaces]
    return None


def _graph_names(ctx: Context) -> tuple[str, ...]:
    return (*_NAMES, "swap") if ctx.release <= Release.V24_10 else _NAMES


def graphs(ctx: Context, _extra: Row) -> list[Row]:
    """`reporting.netdata_graphs` and `reporting.graphs`."""
    return [
        {"name": name, "title": name.title(), "vertical_label": "", "identifiers": _identifiers(ctx, name)}
        for name in _graph_names(ctx)
    ]


def _around(ctx: Context, base: float, swing: float, key: str) -> Series:
    """A past that wanders as the present does."""
    return lambda at: [round(base + swing * wander(ctx.world.seed, key, at, 600.0), 2)]


def _both(first: Series, second: Series) -> Series:
    return lambda at: [*first(at), *second(at)]


def _temperature(ctx: Context, identifier: str | None) -> Series:
    for disk in ctx.world.present_disks():
        if _disk_identifier(ctx, disk) == identifier:
            return _around(ctx, disk.temperature + disk.heat, 1.0, f"heat{disk.serial}")
    raise InvalidError([("graphs.identifier", f"{identifier} does not exist", EINVAL)])


_UPS = {"upscharge": 100.0, "upsruntime": 41.0, "upsvoltage": 231.0, "upsload": 14.0}


def _series(ctx: Context, name: str, identifier: str | None) -> tuple[list[str], Series]:
    """Legend (without the time) and a function of the moment."""
    world = ctx.world
    if name == "disktemp":
        return ["temperature_value"], _temperature(ctx, identifier)
    if name.startswith("ups"):
        return [name.removeprefix("ups")], lambda _at: [_UPS.get(name, 0.0)]
    free = world.memory * (1 - world.memory_used_share)
    known: dict[str, tuple[list[str], Series]] = {
        "cpu": (["cpu"], _around(ctx, world.cpu_percent, 3.0, "cpu")),
        "cputemp": (["cpu"], _around(ctx, world.cpu_temperature, 2.0, "cputemp")),
        "memory": (["available"], _around(ctx, free, world.memory * 0.01, "memory")),
        "load": (["shortterm", "midterm", "longterm"], lambda at: _around(ctx, 1.1, 0.4, "load")(at) * 3),
        "uptime": (["uptime"], lambda at: [max(0.0, at - world.booted)]),
        "disk": (["reads", "writes"], _both(_around(ctx, 1416, 300, "r"), _around(ctx, 595, 200, "w"))),
        "interface": (
            ["received", "sent"],
            _both(_around(ctx, 15200, 3000, "rx"), _around(ctx, 5900, 900, "tx")),
        ),
    }
    return known.get(name, ([name], _around(ctx, 50.0, 5.0, name)))


def _data(ctx: Context, graph: Row, start: int, end: int, aggregate: bool) -> Row:
    legend, values = _series(ctx, graph["name"], graph["identifier"])
    step = max(1, (end - start) // _POINTS)
    data = [[at, *values(at)] for at in range(start, end, step)]
    columns = list(zip(*(row[1:] for row in data), strict=True))
    named = list(zip(legend, columns, strict=True))
    aggregations: Row = {"min": {}, "mean": {}, "max": {}}
    if aggregate:
        aggregations = {
            "min": {name: min(column) for name, column in named},
            "mean": {name: sum(column) / len(column) for name, column in named},
            "max": {name: max(column) for name, column in named},
        }
    return {
        "name": graph["name"],
        "identifier": graph["identifier"] or graph["name"],
        "data": data,
        "aggregations": aggregations,
        "start": start,
        "end": end,
        "legend": ["time", *legend],
    }


def get_data(ctx: Context, wanted: list[Row], query: Row) -> list[Row]:
    """`reporting.get_data`: a unit and a page, or start and end."""
    now = int(ctx.world.clock.now())
    if query["unit"] is not None:
        length = _UNIT[query["unit"]]
        end = now - length * (query["page"] - 1)
        start = end - length
    elif query["start"] is not None:
        start, end = query["start"], query["end"] or now
    else:
        raise InvalidError([("query.start", "Must be specified", EINVAL)])
    if start >= end:
        raise InvalidError([("query.end", "Must be greater than start", EINVAL)])
    known = _graph_names(ctx)
    for graph in wanted:
        if graph["name"] not in known:
            raise InvalidError([("graphs.name", f"{graph['name']} is not a graph", EINVAL)])
    return [_data(ctx, graph, start, end, query["aggregate"]) for graph in wanted]


_READ = role("REPORTING_READ")
_GRAPHS = Param("graphs", Items(Record({"name": Key(Text()), "identifier": Key(Text(nullable=True), None)})))
_QUERY = Param(
    "query",
    options(
        unit=(Text(tuple(_UNIT), nullable=True), None),
        page=(Integer(low=1), 1),
        aggregate=(Flag(), True),
        start=(Integer(nullable=True), None),
        end=(Integer(nullable=True), None),
    ),
    {},
)

TABLE: tuple[Method, ...] = (
    Method("reporting.get_data", get_data, _READ, (_GRAPHS, _QUERY)),
    Method("reporting.netdata_get_data", get_data, _READ, (_GRAPHS, _QUERY)),
    only_query("reporting.graphs", graphs, _READ),
    only_query("reporting.netdata_graphs", graphs, _READ),
)

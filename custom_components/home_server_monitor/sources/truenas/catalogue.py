"""What the catalogue asks before it installs Scrutiny, and what is answered: the disks, a free port, else its defaults.

Its questions changed over the releases (a list of disks, or all of them by itself; a port as a number or with the way
that it is bound), so they are read from the server and not assumed. Shape: truenas/apps, ix-dev/community/scrutiny.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..records import at
from .parse import text

APP, TRAIN, TITLE = "scrutiny", "community", "Scrutiny"
PORT: Final = 31054
_HIGHEST: Final = 31999
_A_DISK: Final = frozenset({"host_device", "container_device"})


@dataclass(frozen=True, slots=True)
class Answers:
    """What the app is made with. all_disks: it sees every disk of the machine by itself; exposed: how its database is."""

    version: str
    values: Mapping[str, Any]
    port: int
    all_disks: bool


def answers(details: Any, devices: Sequence[str], used: Collection[int]) -> Answers | None:
    """Return the answers for the newest version in `catalog.get_app_details`; None where its questions are others.

    devices: kernel names of the disks; used: ports of the NAS that are taken.
    """
    version = text(at(details, "latest_version"))
    questions = at(details, "versions", version, "schema", "questions") if version else None
    asked = {name: _attributes(row) for name, row in _named(questions)}
    if version is None or not {APP, "network"} <= asked.keys():
        return None
    ports = (port for port in range(PORT, _HIGHEST) if port not in used)
    web, database = next(ports, None), next(ports, None)
    if web is None or database is None:
        return None
    network = {
        **_port(asked["network"].get("web_port"), "web_port", web, "published"),
        **_port(asked["network"].get("influxdb_port"), "influxdb_port", database, "exposed"),
    }
    if "web_port" not in network:
        return None
    lists = [name for name, row in asked[APP].items() if _lists_disks(row)]
    disks = [{"host_device": path, "container_device": path} for path in (f"/dev/{each}" for each in devices)]
    values = {APP: dict.fromkeys(lists, disks), "network": network}
    return Answers(version, values, web, all_disks=not lists)


def _named(rows: Any) -> Iterator[tuple[str, Any]]:
    for row in rows if isinstance(rows, list) else ():
        if (name := text(at(row, "variable"))) is not None:
            yield name, row


def _attributes(row: Any) -> dict[str, Any]:
    return dict(_named(at(row, "schema", "attrs")))


def _lists_disks(row: Any) -> bool:
    """Return whether a question wants a list of disks; one that is hidden is only there for older settings."""
    if at(row, "schema", "type") != "list" or at(row, "schema", "hidden") is True:
        return False
    items = at(row, "schema", "items")
    first = items[0] if isinstance(items, list) and items else None
    return _attributes(first).keys() >= _A_DISK


def _port(row: Any, name: str, port: int, way: str) -> dict[str, Any]:
    """Return the answer to a question for a port; `exposed` is open to nobody outside of the app."""
    if at(row, "schema", "type") == "int":
        return {name: port}
    parts = _attributes(row)
    if not parts.keys() >= {"bind_mode", "port_number"}:
        return {}
    return {name: {"bind_mode": way, "port_number": port} if way == "published" else {"bind_mode": way}}

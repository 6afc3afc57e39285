"""The releases, and the row that says where a method exists, who may call it and what it takes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from .params import FILTERS, OPTIONS, Either, Integer, Param, Text
from .roles import FULL_ADMIN

type Handler = Callable[..., Any]


class Release(IntEnum):
    """A line of releases; the value sorts."""

    V24_04 = 2404
    V24_10 = 2410
    V25_04 = 2504
    V25_10 = 2510
    V26 = 2600
    V27 = 2700

    @classmethod
    def parse(cls, text: str) -> Release:
        """`25.10` or `26`."""
        return _NAMES[text]

    @property
    def version(self) -> str:
        """What `system.version` answers."""
        return _VERSIONS[self]

    @property
    def endpoints(self) -> list[str]:
        """What `GET /api/versions` lists; empty where there is no JSON-RPC."""
        return [name for release, names in _ENDPOINTS.items() if release <= self for name in names]

    @property
    def rpc(self) -> bool:
        """Whether JSON-RPC exists."""
        return self >= Release.V25_04


_NAMES = {
    "24.04": Release.V24_04,
    "24.10": Release.V24_10,
    "25.04": Release.V25_04,
    "25.10": Release.V25_10,
    "26": Release.V26,
    "27": Release.V27,
}
RELEASE_NAMES = tuple(_NAMES)

_VERSIONS = {
    Release.V24_04: "TrueNAS-SCALE-24.04.2.5",
    Release.V24_10: "TrueNAS-SCALE-24.10.2.4",
    Release.V25_04: "TrueNAS-25.04.2.6",
    Release.V25_10: "TrueNAS-25.10.6",
    Release.V26: "TrueNAS-26.0.0-BETA.3",
    Release.V27: "TrueNAS-27.0.0-BETA.1",
}

_ENDPOINTS = {
    Release.V25_04: ("v25.04.0", "v25.04.1", "v25.04.2"),
    Release.V25_10: ("v25.10.0", "v25.10.1", "v25.10.2", "v25.10.3", "v25.10.4", "v25.10.5"),
    Release.V26: ("v26.0.0",),
    Release.V27: ("v27.0.0",),
}


def endpoint_release(name: str, server: Release) -> Release | None:
    """The release whose shapes `/api/{name}` speaks; None where the server has no such endpoint."""
    if name == "current":
        return server
    for release, names in _ENDPOINTS.items():
        if release <= server and name in names:
            return release
    return None


NO_LOGIN: frozenset[str] = frozenset()
ANY_USER: frozenset[str] = frozenset({"*"})
FULL: frozenset[str] = frozenset({FULL_ADMIN})


def role(*names: str) -> frozenset[str]:
    """Any of these roles opens the method."""
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Method:
    """One method in a span of releases; several rows may share a name.

    `gone_on`: the code is there, but endpoints of that release and later do not offer it.
    `listing`: the handler returns rows, which filters and options then narrow.
    """

    name: str
    handler: Handler
    roles: frozenset[str]
    params: tuple[Param, ...] = ()
    since: Release = Release.V24_04
    until: Release = Release.V27
    job: bool = False
    write: bool = False
    listing: bool = False
    hidden: bool = False
    gone_on: Release | None = None

    def within(self, release: Release) -> bool:
        """Whether this row is the one of that release."""
        return self.since <= release <= self.until


def listing(name: str, rows: Handler, roles: frozenset[str], **span: Any) -> tuple[Method, Method]:
    """`X.query` with filters and options, and the `X.get_instance` that goes with it."""
    query = Method(name, rows, roles, (FILTERS, OPTIONS), listing=True, **span)
    single = replace(
        query,
        name=name.replace(".query", ".get_instance"),
        params=(Param("id", Either((Integer(), Text()))), OPTIONS),
    )
    return query, single


def only_query(name: str, rows: Handler, roles: frozenset[str], **span: Any) -> Method:
    """A filterable listing without an instance method."""
    return Method(name, rows, roles, (FILTERS, OPTIONS), listing=True, **span)


class Table:
    """All methods, looked up by name, server and endpoint."""

    def __init__(self, rows: list[Method]) -> None:
        self.rows = rows
        self._by_name: dict[str, list[Method]] = {}
        for row in rows:
            self._by_name.setdefault(row.name, []).append(row)

    def find(self, name: str, server: Release, endpoint: Release) -> Method | None:
        """The row that answers: the code must be on the server, the model on the endpoint."""
        rows = self._by_name.get(name, ())
        if not any(row.within(server) for row in rows):
            return None
        for row in rows:
            if row.within(endpoint) and (row.gone_on is None or endpoint < row.gone_on):
                return row
        return None

    def names(self, release: Release) -> set[str]:
        """Every method that a server of this release has."""
        return {row.name for row in self.rows if row.within(release)}

"""Faults of an HTTP face: of a route, of one object, or of all."""

from dataclasses import dataclass
from typing import Any, Literal

type HttpFaultKind = Literal[
    "status",  # an error of `status` with `message`
    "hang",  # never an answer
    "delay",  # an answer after `seconds`
    "drop",  # the connection is closed instead of an answer
    "cut",  # half of the answer, then the connection breaks
    "stall",  # half of the answer, and then nothing, for ever
    "null",  # `null`; of a listing with a target: in that row's place
    "malformed",  # half a document; of a listing with a target: a row with everything of a wrong type
    "missing",  # of a listing with a target: without that row
    "empty",  # 200 and no body
    "html",  # 200 and a page
    "replace",  # `value`
    "huge",  # at least `size` bytes
    "kill",  # SIGKILL to `pid`, before or after the call is carried out
]

HTTP_FAULTS: tuple[str, ...] = (
    "status",
    "hang",
    "delay",
    "drop",
    "cut",
    "stall",
    "null",
    "malformed",
    "missing",
    "empty",
    "html",
    "replace",
    "huge",
    "kill",
)
FAULTS_OF_A_ROW = frozenset({"null", "malformed", "missing", "replace"})


@dataclass(slots=True, eq=False)
class HttpFault:
    """One fault. `nth` is the first call that it hits (1 = the next), `count` how many (None = all)."""

    kind: HttpFaultKind
    route: str = "*"
    target: str | None = None
    nth: int = 1
    count: int | None = None
    status: int = 500
    message: str = "Simulated failure"
    seconds: float = 1.0
    value: Any = None
    size: int = 0
    pid: int = 0
    when: Literal["before", "done"] = "done"
    seen: int = 0
    hits: int = 0

    def is_about(self, route: str) -> bool:
        """Whether it is about this route: `*`, its name, its path without the verb, or a beginning with `*`."""
        path = route.partition(" ")[2]
        if self.route in ("*", route, path):
            return True
        if not self.route.endswith("*"):
            return False
        beginning = self.route.removesuffix("*")
        return route.startswith(beginning) or path.startswith(beginning)

    def take(self) -> bool:
        """Count one matching call; whether the fault hits it."""
        self.seen += 1
        if self.seen < self.nth or (self.count is not None and self.hits >= self.count):
            return False
        self.hits += 1
        return True


class HttpFaults:
    """The faults that are on now."""

    def __init__(self) -> None:
        self.active: list[HttpFault] = []

    def add(self, kind: HttpFaultKind, route: str = "*", **which: Any) -> HttpFault:
        """Switch on a fault; ValueError for an unknown kind, TypeError for an unknown property."""
        if kind not in HTTP_FAULTS:
            raise ValueError(f"{kind} is no fault of a request")
        fault = HttpFault(kind, route, **which)
        self.active.append(fault)
        return fault

    def remove(self, fault: HttpFault) -> None:
        """Switch it off, where it still is on."""
        if fault in self.active:
            self.active.remove(fault)

    def of(self, route: str, targets: frozenset[str], *, listing: bool) -> list[HttpFault]:
        """Those that hit this request, counted; one with a target hits that target, or its row in a listing."""
        return [
            fault
            for fault in self.active
            if fault.is_about(route)
            and (
                fault.target is None or fault.target in targets or (listing and fault.kind in FAULTS_OF_A_ROW)
            )
            and fault.take()
        ]

    def clear(self, kind: str | None = None, route: str | None = None) -> None:
        """Switch off all, or those of a kind or route."""
        self.active = [
            fault
            for fault in self.active
            if (kind is not None and fault.kind != kind) or (route is not None and fault.route != route)
        ]

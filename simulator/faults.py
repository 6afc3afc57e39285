"""Faults that can be switched on: per method, per connection, or for the whole server."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

type CallFault = Literal[
    "hang", "delay", "error", "deny", "replace", "huge", "wrong_id", "reset_mid_frame", "drop", "kill"
]
type ServerFault = Literal[
    "black_hole", "half_open", "http_html", "via_proxy", "not_authenticated", "slow_bytes"
]

CALL_FAULTS: tuple[str, ...] = (
    "hang",
    "delay",
    "error",
    "deny",
    "replace",
    "huge",
    "wrong_id",
    "reset_mid_frame",
    "drop",
    "kill",
)
SERVER_FAULTS: tuple[str, ...] = (
    "black_hole",
    "half_open",
    "http_html",
    "via_proxy",
    "not_authenticated",
    "slow_bytes",
)


@dataclass(slots=True, eq=False)
class Fault:
    """One fault. `nth` is the first call that it hits (1 = the next), `count` how many (None = all)."""

    kind: str
    method: str = "*"
    nth: int = 1
    count: int | None = None
    seconds: float = 0.0
    errno: int = 14
    reason: str = "Simulated failure"
    value: Any = None
    size: int = 0
    pid: int = 0
    when: Literal["before", "done"] = "done"
    seen: int = 0
    hits: int = 0

    def matches(self, method: str) -> bool:
        """Whether it is about this method: `*`, the name, or a prefix that ends in `*`."""
        return self.method in ("*", method) or (
            self.method.endswith("*") and method.startswith(self.method.removesuffix("*"))
        )

    def take(self) -> bool:
        """Count one matching call; whether the fault hits it."""
        self.seen += 1
        if self.seen < self.nth or (self.count is not None and self.hits >= self.count):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are on now. `on_server_fault(kind, on)` hears of those that need the wire."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.on_server_fault: Callable[[str, bool], None] = lambda _kind, _on: None

    def add(
        self,
        kind: CallFault,
        method: str = "*",
        *,
        nth: int = 1,
        count: int | None = None,
        seconds: float = 0.0,
        errno: int = 14,
        reason: str = "Simulated failure",
        value: Any = None,
        size: int = 0,
        pid: int = 0,
        when: Literal["before", "done"] = "done",
    ) -> Fault:
        """Switch on a fault that hits calls."""
        if kind not in CALL_FAULTS:
            raise ValueError(f"{kind} is no fault of a call")
        fault = Fault(kind, method, nth, count, seconds, errno, reason, value, size, pid, when)
        self.active.append(fault)
        return fault

    def server(self, kind: ServerFault) -> Fault:
        """Switch on a fault of the whole server; once is enough."""
        if kind not in SERVER_FAULTS:
            raise ValueError(f"{kind} is no fault of the server")
        for fault in self.active:
            if fault.kind == kind:
                return fault
        fault = Fault(kind)
        self.active.append(fault)
        self.on_server_fault(kind, True)
        return fault

    def hang(self, method: str = "*", **which: Any) -> Fault:
        """Never answer."""
        return self.add("hang", method, **which)

    def delay(self, method: str = "*", seconds: float = 1.0, **which: Any) -> Fault:
        """Answer late."""
        return self.add("delay", method, seconds=seconds, **which)

    def error(self, method: str, errno: int = 14, reason: str = "Simulated failure", **which: Any) -> Fault:
        """Answer with a call error."""
        return self.add("error", method, errno=errno, reason=reason, **which)

    def deny(self, method: str, **which: Any) -> Fault:
        """Answer EACCES, as if a role were missing."""
        return self.add("deny", method, **which)

    def replace(self, method: str, value: Any, **which: Any) -> Fault:
        """Answer with this value."""
        return self.add("replace", method, value=value, **which)

    def huge(self, method: str, size: int, **which: Any) -> Fault:
        """Answer with at least `size` bytes."""
        return self.add("huge", method, size=size, **which)

    def wrong_id(self, method: str = "*", **which: Any) -> Fault:
        """Answer under an id that nobody asked with."""
        return self.add("wrong_id", method, **which)

    def reset_mid_frame(self, method: str = "*", **which: Any) -> Fault:
        """Send half of the answer, then reset the connection."""
        return self.add("reset_mid_frame", method, **which)

    def drop(self, method: str = "*", **which: Any) -> Fault:
        """Close the connection instead of answering."""
        return self.add("drop", method, **which)

    def kill(self, method: str, pid: int, **which: Any) -> Fault:
        """Send SIGKILL to a process when the call comes in (`before`) or was carried out (`done`)."""
        return self.add("kill", method, pid=pid, **which)

    def black_hole(self) -> Fault:
        """Accept TCP and never answer, on old connections too."""
        return self.server("black_hole")

    def half_open(self) -> Fault:
        """Go deaf on the connections that are open now; new ones work."""
        return self.server("half_open")

    def slow_bytes(self) -> Fault:
        """Let a few bytes through each second."""
        return self.server("slow_bytes")

    def http_html(self) -> Fault:
        """Answer every HTTP request with a page and status 200."""
        return self.server("http_html")

    def via_proxy(self) -> Fault:
        """Look like a server behind a tunnel: Via, CF-Ray, `Server: cloudflare`."""
        return self.server("via_proxy")

    def not_authenticated(self) -> Fault:
        """Forget every login; calls answer 207 until a new login, which works."""
        return self.server("not_authenticated")

    def has(self, kind: str) -> bool:
        """Whether a fault of that kind is on."""
        return any(fault.kind == kind for fault in self.active)

    def hit(self, method: str, *kinds: str) -> Fault | None:
        """The first fault of these kinds that hits this call; counts it."""
        for fault in self.active:
            if fault.kind in kinds and fault.matches(method) and fault.take():
                return fault
        return None

    def clear(self, kind: str | None = None, method: str | None = None) -> None:
        """Switch off all faults, or those of a kind or method."""
        for fault in list(self.active):
            if kind in (None, fault.kind) and method in (None, fault.method):
                self.active.remove(fault)
                if fault.kind in SERVER_FAULTS:
                    self.on_server_fault(fault.kind, False)

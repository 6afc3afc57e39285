"""What the process in a container does: what it uses, how it feels, when it ends."""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Behaviour:
    """CPU in per cent of one core, memory in bytes, rates in bytes per second, times in seconds.

    `ready_after`: how long after its start it is healthy; `healthy` False means never. `exits_after`: when it
    ends by itself with `exit_code`. `stops_in`: how long it takes to obey a signal; None ignores it.
    `start_error`: the engine cannot start it. `leak`: bytes of memory an hour. `lines`: what it writes, round
    and round, `lines_a_minute` of them. `needs`: variables of its environment without which it ends with 1.
    """

    cpu: float = 0.5
    memory: int = 64 << 20
    cache: int = 16 << 20
    received: float = 0.0
    sent: float = 0.0
    read: float = 0.0
    written: float = 0.0
    pids: int = 12
    ready_after: float = 2.0
    healthy: bool = True
    probe_output: str = ""
    exits_after: float | None = None
    exit_code: int = 0
    out_of_memory: bool = False
    last_words: str = ""
    stops_in: float | None = 0.2
    stop_code: int = 0
    start_error: str | None = None
    leak: float = 0.0
    lines_a_minute: float = 0.5
    lines: tuple[str, ...] = ("listening",)
    needs: tuple[str, ...] = ()
    commands: dict[tuple[str, ...], tuple[int, str, str]] = field(default_factory=dict)

    def with_(self, **changes: Any) -> Behaviour:
        """The same, but for some of it."""
        return replace(self, **changes)

"""What the server itself complains about."""

from dataclasses import dataclass
from typing import Any, Literal

type Level = Literal["INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"]


@dataclass(slots=True)
class Alert:
    """One alert; `key` tells two alerts of a class apart."""

    uuid: str
    klass: str
    level: Level
    text: str
    key: str
    at: float
    args: Any = None
    source: str = ""
    one_shot: bool = False
    dismissed: bool = False
    last_at: float = 0.0

"""Jobs of the NAS: long work that goes on after the call that started it."""

from dataclasses import dataclass
from typing import Any

from ..errors import BadResponse
from ..sentence import sentence
from .parse import at, number, text


@dataclass(frozen=True, slots=True)
class Job:
    """How a job stands; progress in percent."""

    id: int
    method: str
    state: str
    progress: float | None
    error: str | None
    result: Any = None


def job(raw: Any) -> Job:
    """Parse one row of `core.get_jobs`. Raises BadResponse."""
    if not isinstance(number_ := at(raw, "id"), int):
        raise BadResponse("A job without an id")
    return Job(
        id=number_,
        method=text(at(raw, "method")) or "",
        state=text(at(raw, "state")) or "",
        progress=number(at(raw, "progress", "percent")),
        error=text(sentence(at(raw, "error"))),
        result=at(raw, "result"),
    )

"""The rows that a benchmark makes; lower is better in every one."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import asdict, dataclass
import json
import logging
from pathlib import Path
import tempfile
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of one case, with its budget where the design sets one, and what a peer took for the same."""

    case: str
    metric: str
    value: float
    unit: str
    budget: float | None = None
    peer: str | None = None
    peer_value: float | None = None

    @property
    def over(self) -> bool:
        """Return whether it is over its budget."""
        return self.budget is not None and self.value > self.budget


def write(rows: Iterable[Row], path: Path) -> None:
    """Write rows as JSON; a row without a budget, or a peer, has no such key."""
    found = [{key: value for key, value in asdict(row).items() if value is not None} for row in rows]
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table for people."""
    lines = [f"{'case':<22} {'metric':<38} {'value':>12} {'unit':<8} {'budget':>8} {'peer':>10}"]
    for row in rows:
        budget = "" if row.budget is None else f"{row.budget:g}"
        peer = "" if row.peer_value is None else f"{row.peer_value:.2f}"
        mark = "  OVER" if row.over else ""
        lines.append(
            f"{row.case:<22} {row.metric:<38} {row.value:>12.2f} {row.unit:<8} {budget:>8} {peer:>10}{mark}"
        )
    return "\n".join(lines)


def print_rows(run: Callable[[str], Coroutine[Any, Any, Iterable[Row]]]) -> None:
    """Run a case in a folder of its own and print its rows as JSON, for the process that asked for them."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(run(folder))
    print(json.dumps([asdict(row) for row in rows]))

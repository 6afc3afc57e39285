"""The fault tables: of containers, ours beside core's own `portainer`; of six media services. Runs the tests, prints the table.

`python -m bench.faults [containers|media]`; not part of CI, as core's part is measured and judged by nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

ROOT = Path(__file__).parents[1]
HEADS = ("affected", "containers lost", "shown, s", "healed, s")
KEYS = ("affected", "containers", "shown_s", "healed_s")

type Row = Mapping[str, Any]
type Rows = Mapping[str, Mapping[str, Row]]


def cell(row: Row, key: str) -> str:
    """Return one figure for people; what never came back says so."""
    if not row:
        return ""
    value = row[key]
    if value is None:
        return "never" if key == "healed_s" else "-"
    return f"{value} of {row['of']}" if key == "affected" else str(value)


def of_containers(rows: Rows) -> str:
    """Return the table as Markdown: each figure of ours, then core's."""
    heads = [f"{head}: {who}" for head in HEADS for who in ("ours", "core")]
    lines = [f"| fault | {' | '.join(heads)} |", f"|{'---|' * (len(heads) + 1)}"]
    for name, both in rows.items():
        cells = [cell(both.get(who, {}), key) for key in KEYS for who in ("ours", "core")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def of_media(rows: Rows) -> str:
    """Return the table as Markdown: of each service how much was lost, when that was shown, and when all was back."""
    names = [*next(iter(rows.values()))]
    lines = [f"| fault | {' | '.join(names)} |", f"|{'---|' * (len(names) + 1)}"]
    for fault, by_name in rows.items():
        lines.append(f"| {fault} | {' | '.join(_three(by_name[name]) for name in names)} |")
    return "\n".join(lines)


def _three(row: Row) -> str:
    if not row["affected"]:
        return "–"
    back = "never" if row["healed_s"] is None else f"{row['healed_s']:.0f}"
    return f"{row['affected']}/{row['of']}, {row['shown_s']:.0f}, {back}"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the tests that measure it, what they write, and how it is shown."""

    tests: str
    file: str
    shown: Callable[[Rows], str]


TABLES = {
    "containers": Table(
        "tests/sources/containers/test_fault_table.py", "container_faults.json", of_containers
    ),
    "media": Table("tests/sources/test_media_faults.py", "media_faults.json", of_media),
}


def main() -> int:
    """Run the faults and print the table; exit 1 where ours does not hold, 2 for an unknown one."""
    found = TABLES.get(sys.argv[1] if len(sys.argv) > 1 else "containers")
    if found is None:
        print(f"One of {', '.join(TABLES)} is wanted", file=sys.stderr)
        return 2
    file = ROOT / ".bench" / found.file
    file.unlink(missing_ok=True)
    wanted = {"HSM_FAULT_TABLE": "1", "HSM_FAULT_PEER": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", found.tests, "-q", "--show-capture=no"],
        env=os.environ | wanted,
        cwd=ROOT,
        check=False,
    )
    print(found.shown(json.loads(file.read_text(encoding="utf-8"))))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

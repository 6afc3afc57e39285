"""The fault table of containers, ours beside core's own `portainer`: runs the faults of the tests on both, prints the table.

`python -m bench.faults`; not part of CI, as core's part is measured and judged by nobody.
"""

import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

ROOT = Path(__file__).parents[1]
TESTS = "tests/sources/containers/test_fault_table.py"
TABLE = ROOT / ".bench" / "container_faults.json"
HEADS = ("affected", "containers lost", "shown, s", "healed, s")
KEYS = ("affected", "containers", "shown_s", "healed_s")


def cell(row: dict[str, Any], key: str) -> str:
    """Return one figure for people; what never came back says so."""
    if not row:
        return ""
    value = row[key]
    if value is None:
        return "never" if key == "healed_s" else "-"
    return f"{value} of {row['of']}" if key == "affected" else str(value)


def table(rows: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the table as Markdown: each figure of ours, then core's."""
    heads = [f"{head}: {who}" for head in HEADS for who in ("ours", "core")]
    lines = [f"| fault | {' | '.join(heads)} |", f"|{'---|' * (len(heads) + 1)}"]
    for name, both in rows.items():
        cells = [cell(both.get(who, {}), key) for key in KEYS for who in ("ours", "core")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Run the faults and print the table; exit 1 where ours does not hold."""
    TABLE.unlink(missing_ok=True)
    wanted = {"HSM_FAULT_TABLE": "1", "HSM_FAULT_PEER": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", TESTS, "-q", "--show-capture=no"],
        env=os.environ | wanted,
        cwd=ROOT,
        check=False,
    )
    print(table(json.loads(TABLE.read_text(encoding="utf-8"))))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

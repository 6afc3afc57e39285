"""Reads the results of test runs: `skips.py ALLOWED FOLDER` lists skips, `skips.py --count FOLDER` counts."""

from collections import Counter
from collections.abc import Iterator
import os
from pathlib import Path
import sys
from xml.etree import ElementTree as ET


def _cases(folder: Path) -> Iterator[ET.Element]:
    for file in sorted(folder.glob("*.xml")):
        yield from ET.parse(file).iter("testcase")


def skips(allowed: Path, folder: Path) -> int:
    """List every skip; returns 1 where one of them is a failure because CI is set."""
    lines = [line.strip() for line in allowed.read_text().splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    found: Counter[str] = Counter()
    for case in _cases(folder):
        if (skip := case.find("skipped")) is not None:
            test = f"{case.get('classname')}.{case.get('name')}".partition("[")[0]
            found[f"{test}: {skip.get('message')}"] += 1
    refused = {text for text in found if not any(name in text for name in names)}
    for text, times in found.items():
        print(f"{times} × {text}" + (f"  [not in {allowed}]" if text in refused else ""))
    return int(bool(refused and os.environ.get("CI")))


def count(folder: Path) -> int:
    """Print the counts of all runs together; returns 1 where a test failed or there was none."""
    passed = failed = skipped = 0
    for case in _cases(folder):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(bool(failed or not passed))


if __name__ == "__main__":
    first, second = sys.argv[1:]
    sys.exit(count(Path(second)) if first == "--count" else skips(Path(first), Path(second)))

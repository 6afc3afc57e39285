"""All cases, each in a process of its own: NAS, storm, UPS, disks that are judged, containers and media beside core."""

import argparse
import json
from pathlib import Path
import subprocess
import sys

from bench.rows import Row, table, write

CASES = [(disks, latency, False) for disks in (8, 64, 512) for latency in (0, 20, 50)]
STEADY_CASES = [(64, 0, True)]
# how many disks are judged
JUDGED = (64, 512)
# beside core's own `portainer`; one of them also in a real minute, to see that putting the clock forward changes nothing
CONTAINERS = [(containers, latency) for containers in (10, 100, 1000) for latency in (0, 20)]
REAL = (100, 0)
# ten services alone, and two of them each beside core's own
MEDIA = ("media", "sonarr", "qbittorrent")


def name_of(disks: int, latency: int, steady: bool) -> str:
    """Return the name by which `--only` picks a case."""
    return f"{disks}-{latency}{'-steady' if steady else ''}"


def commands() -> dict[str, list[str]]:
    """Return the module and arguments of each case, by name."""
    found = {
        name_of(disks, latency, steady): [
            "bench.case",
            "--disks",
            str(disks),
            "--latency",
            str(latency),
            *["--steady"] * steady,
        ]
        for disks, latency, steady in [*CASES, *STEADY_CASES]
    }
    beside = {
        f"containers-{containers}-{latency}": [
            "bench.beside",
            "--containers",
            str(containers),
            "--latency",
            str(latency),
            *["--frozen"] * ((containers, latency) == REAL),
        ]
        for containers, latency in CONTAINERS
    }
    media = {"media" if case == "media" else f"media-{case}": ["bench.media", case] for case in MEDIA}
    judged = {f"disks-{disks}": ["bench.ahead", "bench.disks", "--disks", str(disks)] for disks in JUDGED}
    real = ["bench.beside", "--containers", str(REAL[0]), "--latency", str(REAL[1]), "--real"]
    return {
        **found,
        "storm": ["bench.storm"],
        "ups": ["bench.ups"],
        "disks-prediction": ["bench.prediction"],
        **judged,
        **beside,
        **media,
        f"containers-{REAL[0]}-{REAL[1]}-real": real,
    }


def main() -> int:
    """Run the chosen cases; exit 1 where a figure is over its budget."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument(
        "--only",
        help="run the cases whose names begin so: DISKS-LATENCY[-steady], storm, ups, disks-prediction, disks-NUMBER,"
        " containers-NUMBER-LATENCY[-real], media[-sonarr|-qbittorrent]",
    )
    options = parser.parse_args()
    rows: list[Row] = []
    for name, arguments in commands().items():
        if options.only and name != options.only and not name.startswith(f"{options.only}-"):
            continue
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=700, check=False)
        if done.returncode:
            print(done.stderr[-3000:], file=sys.stderr)
            return 2
        rows += [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]
        print(f"{name} done", file=sys.stderr)
    print(table(rows))
    if options.json:
        write(rows, options.json)
    return int(any(row.over for row in rows))


if __name__ == "__main__":
    sys.exit(main())

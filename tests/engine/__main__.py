"""Starts and stops an engine by hand: `script/engine start`."""

from pathlib import Path
import sys

from .processes import NoEngine
from .sharing import folder_for, start, stop


def main(order: str, *where: str) -> int:
    """Do as told; returns the exit code."""
    folder = Path(where[0]).resolve() if where else folder_for("by-hand")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if order == "stop":
        stop(folder)
        return 0
    try:
        dockerd, registry = start(folder)
    except NoEngine as err:
        sys.stderr.write(f"NO REAL ENGINE: {err}\n")
        return 1
    sys.stdout.write(f"DOCKER_HOST=unix://{dockerd.socket}\nREGISTRY={registry.host}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

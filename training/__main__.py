"""The commands.

python -m training DATA_DIR                                 train, judge, write the model file and REPORT.md
python -m training variants DATA_DIR [NAME …]               try other recipes on the validation split
python -m training report                                   write REPORT.md again, out of the figures of the last run
python -m training reports FOLDER                           count what the parser finds in real smartctl reports
python -m training score CHANGES DRIVES OUT                 score other drives with the shipped model file
"""

import argparse
import os
from pathlib import Path
import sys
import time

from . import ROOT

# One thread: the sums are the same each time, and a busy machine makes two of them wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def _tell(started: float, text: str) -> None:
    print(f"{time.monotonic() - started:6.0f} s  {text}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit status."""
    started = time.monotonic()

    def tell(text: str) -> None:
        _tell(started, text)

    # the imports are slow, and a wrong command line should be told at once
    match arguments:
        case ["score", *rest]:
            parser = argparse.ArgumentParser(prog="python -m training score")
            for name in ("changes", "drives", "out"):
                parser.add_argument(name, type=Path)
            given = parser.parse_args(rest)
            from .score import score_files  # noqa: PLC0415

            return score_files(given.changes, given.drives, given.out, tell)
        case ["reports", folder]:
            from .reports import count_features  # noqa: PLC0415

            print(count_features(Path(folder)))
        case ["report"]:
            from .train import report  # noqa: PLC0415

            report()
        case ["variants", folder, *names]:
            from .variants import try_all  # noqa: PLC0415

            try_all(Path(folder), names, tell)
        case [folder] if not folder.startswith("-"):
            from .train import train  # noqa: PLC0415

            train(Path(folder), tell)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    tell(f"done; see {(ROOT / 'training').relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""One command from the data to the shipped file: judge the recipe, fit it on everything, export, check, report."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from custom_components.home_server_monitor.prediction.features import FEATURES
from custom_components.home_server_monitor.prediction.forest import FILE, Model, load

from . import ROOT
from .calibrate import Curve, curves as curves_of, told
from .data import Array, Tell, Timeline, load as load_data
from .evaluate import Exam
from .export import body, write
from .fit import Recipe, Taught
from .parity import write as write_sample
from .recipe import SHIPPED
from .report import render
from .rolling import windows
from .sampling import BEGIN, CUT, END, SEED
from .study import TIER_RATES, Split, crossed, final, judged, split, tiers

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
REPORT = HERE / "REPORT.md"
SAMPLE = ROOT / "tests" / "prediction" / "parity.json.gz"
PARITY = 1e-9
CITATION = (
    "Trained on Backblaze Drive Stats (https://www.backblaze.com/cloud-storage/resources/hard-drive-test-data), "
    "2013-04 to 2016-09, as collected in the R package dynamichazard. Backblaze is the source of the data; "
    "the model is not theirs."
)
# What must hold before a file is written, as figures of the test.
RECALL_1, RECALL_01, RATIO = 0.42, 0.18, (0.8, 1.25)


def train(data: Path, tell: Tell) -> None:
    """Run everything; writes the model file and the report. Raises SystemExit where a gate is missed."""
    line = load_data(data / "changes_2013_2016.parquet", data / "drives_2013_2016.parquet")
    tell(f"{len(line.drives)} drives, {len(line.day)} rows")
    parts = split(line, CUT, END, SHIPPED.sampling)
    tell(f"{len(parts.lesson.rows.day)} rows to learn from, {len(parts.paper.day)} to judge")
    earlier = ahead(line, SHIPPED)
    tell("earlier months predicted")
    found, score = judged(parts, SHIPPED, curves_of(earlier), data, tell)
    # what is shipped learns from the test's year too, and so does its curve
    curves = curves_of([*earlier, (parts.paper, score)])
    found["shipped"] = tiers(parts.paper, told(score, curves))
    taught = final(parts, SHIPPED, END + 1)
    tell("final models fitted")
    write(body(taught, curves, found["shipped"]["limits"], _about(SHIPPED, found)), FILE)
    found["parity"] = parity(taught, curves, parts)
    write_sample(taught, curves, SAMPLE)
    found["file"] = {"bytes": FILE.stat().st_size, "nodes": _nodes(taught)}
    found["gates"] = gates(found)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    report()
    if missed := [name for name, held in found["gates"].items() if not held]:
        raise SystemExit(f"missed: {', '.join(missed)}")


def report() -> None:
    """Write the report out of the figures of the last run and of the variants."""
    REPORT.write_text(render(json.loads(RESULTS.read_text()), HERE / "variants.json"))


def ahead(line: Timeline, recipe: Recipe) -> list[tuple[Exam, Array]]:
    """Return the exams of the rolling validation, with the log-odds of models that were fitted before them."""
    exams = [window.parts for window in windows(line, recipe.sampling)]
    return [(parts.paper, crossed(parts, recipe)) for parts in exams]


def _about(recipe: Recipe, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "citation": CITATION,
        "learner": f"scikit-learn {sklearn.__version__} HistGradientBoostingClassifier",
        "seed": SEED,
        "recipe": recipe.name,
        "trained": {"from": str(np.datetime64(BEGIN, "D")), "to": str(np.datetime64(END, "D"))},
        "drives": found["drives"],
        "false_alarms": TIER_RATES,
        "per": "share of healthy drives that ever reach the limit in 11 months, in the test",
    }


def parity(taught: Taught, curves: Mapping[int, Curve], parts: Split) -> dict[str, float]:
    """Compare the shipped file, read back and walked in plain Python, with scikit-learn, on rows of all sorts."""
    shipped = load()
    if not isinstance(shipped, Model):
        raise SystemExit(f"the file that was written cannot be read: {shipped}")
    random = np.random.default_rng(SEED)
    lesson, paper = parts.lesson.x, parts.x
    dirty = np.flatnonzero(lesson[:, FEATURES.index("nonzero")] > 0)
    rows = np.concatenate(
        [
            lesson[random.choice(dirty, 3000)],
            lesson[random.choice(len(lesson), 1000)],
            paper[random.choice(len(paper), 1000)],
        ]
    )
    rows[random.random(rows.shape) < 0.05] = np.nan
    ours = np.array([[each[30], each[90]] for each in map(shipped.log_odds, rows.tolist())])
    worst = float(np.abs(ours - told(taught.score(rows), curves)).max())
    return {"rows": len(rows), "with_missing": int(np.isnan(rows).any(axis=1).sum()), "worst": worst}


def _nodes(taught: Taught) -> int:
    return sum(
        len(each[0].nodes)
        for fitted in taught.heads.values()
        for learner in fitted.learners
        for each in learner._predictors  # noqa: SLF001
    )


def gates(found: Mapping[str, Any]) -> dict[str, bool]:
    """Return which of the promised figures hold."""
    model = found["models"]["the model"]
    low, high = RATIO
    return {
        "recall ≥ .42 at 1 % false alarms": model["0.01"]["recall"] >= RECALL_1,
        "recall ≥ .18 at 0.1 %": model["0.001"]["recall"] >= RECALL_01,
        "expected/observed 0.8 to 1.25": low <= found["calibration"]["30"]["ratio"] <= high,
        "not below any-of-4 at its own rate": found["any4"]["model"]["recall"]
        >= found["any4"]["own"]["recall"],
        "parity < 1e-9": found["parity"]["worst"] < PARITY and found["parity"]["rows"] >= 2000,
    }

"""`python -m training score` on files as others may have them: shuffled, with gaps, with more or fewer columns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pd = pytest.importorskip("pandas", reason="NO TRAINING ENVIRONMENT: pandas is not installed")
pytest.importorskip("pyarrow", reason="NO TRAINING ENVIRONMENT: pyarrow is not installed")

from training.score import score_files  # noqa: E402

DAYS = 200
COUNTERS = (5, 187, 188, 197, 198, 10, 196)
SICK, CLEAN, QUIET = 11, 12, 13
LAST = pd.Timestamp("2016-06-30")


def changes() -> Any:
    """A drive that dies, one that is clean, and one that reports no counter that is needed."""
    rows = [(SICK, 0, *([0] * 7))]
    for step, day in enumerate(range(DAYS - 20, DAYS)):
        rows.append((SICK, day, 8 * step, step, 0, 16 * step, 16 * step, 0, 0))
    rows.append((CLEAN, 0, *([0] * 7)))
    rows.append((QUIET, 0, None, None, None, None, None, 0, 0))
    frame = pd.DataFrame(rows, columns=["drive_id", "day", *(f"smart_{each}" for each in COUNTERS)])
    frame["tstart"] = frame.pop("day") * 24.0
    frame["tstop"] = frame.groupby("drive_id").tstart.shift(-1).fillna(DAYS * 24.0)
    return frame


def drives() -> Any:
    return pd.DataFrame(
        {
            "drive_id": [SICK, CLEAN, QUIET],
            "serial_number": ["S", "C", "Q"],
            "model": "ST4000VN008",
            "failed": [1, 0, 0],
            "last_date": LAST,
            "max_hours": DAYS * 24.0,
        }
    )


@pytest.fixture
def scored(tmp_path: Path) -> Callable[..., Any]:
    def run(changed: Any, known: Any) -> Any:
        paths = [tmp_path / f"{name}.parquet" for name in ("changes", "drives", "out")]
        changed.to_parquet(paths[0])
        known.to_parquet(paths[1])
        assert score_files(*paths, tell=lambda _: None) == 0
        return pd.read_parquet(paths[2])

    return run


def test_one_row_per_drive_and_week(scored: Callable[..., Any]) -> None:
    out = scored(changes(), drives())
    assert list(out.columns) == ["drive_id", "date", "p30", "p90", "tier"]
    assert set(out.drive_id) == {SICK, CLEAN}, "of a drive without counters nothing is said"
    assert out.groupby("drive_id").size().tolist() == [DAYS // 7 + 1] * 2
    assert (out.p90 >= out.p30).all()
    assert ((out.p30 > 0) & (out.p90 < 1)).all()
    weeks = (out.date - (LAST - pd.Timedelta(days=DAYS))).dt.days // 7
    assert weeks.tolist() == [*range(DAYS // 7 + 1)] * 2
    sick, clean = out[out.drive_id == SICK], out[out.drive_id == CLEAN]
    assert sick.p30.max() > 10 * clean.p30.max()
    assert sick.tier.iloc[-1] in {"high", "critical"}
    assert set(clean.tier) == {"stable"}


SAME: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "rows in any order": lambda rows, table: (rows.sample(frac=1, random_state=3), table[::-1]),
    "rows twice": lambda rows, table: (pd.concat([rows, rows]), pd.concat([table, table])),
    "drives in one file only": lambda rows, table: (
        pd.concat([rows, rows[rows.drive_id == SICK].assign(drive_id=98)]),
        pd.concat([table, table.head(1).assign(drive_id=99)]),
    ),
    "rows without hours": lambda rows, table: (
        pd.concat([rows, rows.tail(1).assign(tstart=float("nan")), rows.tail(1).assign(tstop=float("nan"))]),
        table,
    ),
    "more columns": lambda rows, table: (rows.assign(smart_9=1, note="x"), table.assign(size_tb=4)),
    "only what is needed": lambda rows, table: (rows, table[["drive_id", "last_date"]]),
    "columns by another name": lambda rows, table: (
        rows.rename(columns={"smart_197": "smart_197_raw"}),
        table,
    ),
    "counters that were never above zero": lambda rows, table: (rows.drop(columns=["smart_10"]), table),
}


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_matter(scored: Callable[..., Any], name: str) -> None:
    expected = scored(changes(), drives())
    found = scored(*SAME[name](changes(), drives()))
    kept = expected.columns if name != "counters that were never above zero" else ["drive_id", "tier"]
    pd.testing.assert_frame_equal(found[kept], expected[kept])


def test_files_that_cannot_be_scored(tmp_path: Path) -> None:
    told: list[str] = []
    out = tmp_path / "out.parquet"
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    drives().to_parquet(good)
    for name, content in (("no column", changes().drop(columns="tstart")), ("no drive", changes().head(0))):
        content.to_parquet(bad)
        assert score_files(bad, good, out, told.append) == 1
        assert name in told[-1]
    bad.write_bytes(b"PAR1 not")
    assert score_files(bad, good, out, told.append) == 1
    assert score_files(tmp_path / "none.parquet", good, out, told.append) == 1
    assert not out.exists()

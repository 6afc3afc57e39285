"""The model file that is shipped, in the code that runs at home."""

import gzip
import json
from math import inf, nan
from pathlib import Path
import random
import time
from typing import Any

import pytest

from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.features import FEATURES, Day, features
from custom_components.home_server_monitor.prediction.forest import (
    FILE,
    Fault,
    Model,
    Unusable,
    chance,
    digest,
    load,
)
from custom_components.home_server_monitor.prediction.outlook import (
    Blind,
    Confidence,
    Prediction,
    predict,
    shown,
    since_reset,
)
from custom_components.home_server_monitor.prediction.tiers import Tier
from tests.holds import BESIDE_OTHERS
from tests.plays.small_model import write

from .drives import TODAY, history

SAMPLE = json.loads(gzip.decompress(Path(__file__).with_name("parity.json.gz").read_bytes()))


@pytest.fixture(scope="module")
def model() -> Model:
    found = load()
    assert isinstance(found, Model), found
    return found


def outlook(model: Model, days: list[Day]) -> Prediction:
    found = predict(model, days)
    assert isinstance(found, Prediction)
    return found


def test_features_are_those_that_were_trained_on() -> None:
    histories = [[Day(int(day), tuple(counts)) for day, *counts in rows] for rows in SAMPLE["histories"]]
    seen = set()
    for drive, day, expected in zip(SAMPLE["drive"], SAMPLE["day"], SAMPLE["features"], strict=True):
        known = [row for row in histories[drive] if row.day <= day]
        found = [None if value != value else value for value in features(known, day)]  # noqa: PLR0124
        assert found == pytest.approx(expected, abs=1e-12)
        seen |= {name for name, value in zip(FEATURES, found, strict=True) if value}
    assert seen == set(FEATURES), "the sample says nothing of some features"


@pytest.mark.parametrize("horizon", [30, 90])
def test_chances_are_those_of_scikit_learn(model: Model, horizon: int) -> None:
    expected = SAMPLE["log_odds"][str(horizon)]
    rows = [[nan if value is None else value for value in row] for row in SAMPLE["features"]]
    found = [model.log_odds(row)[horizon] for row in rows]
    assert max(abs(ours - theirs) for ours, theirs in zip(found, expected, strict=True)) < 1e-9
    assert len(set(expected)) > 100


def test_more_errors_never_lower_the_risk(model: Model) -> None:
    """On drives that are new or long known, with gaps, with counters that go down, and with some not reported."""
    dice = random.Random(11)
    for _ in range(100):
        known = [attribute in {5, 197} or dice.random() < 0.8 for attribute in COUNTERS]
        reach = dice.choice([0, 0, 1, 5, 29, 40, 100])
        days = [
            Day(
                TODAY - reach + index,
                tuple(float(dice.choice([0, 0, 0, 1, 8, 300])) if each else None for each in known),
            )
            for index in range(reach + 1)
            if index == reach or dice.random() < 0.7
        ]
        before = outlook(model, days)
        place = dice.choice([place for place, each in enumerate(known) if each])
        worse = list(days[-1].counts)
        worse[place] = (worse[place] or 0) + dice.choice([1, 8, 200, 60000])
        after = outlook(model, [*days[:-1], Day(TODAY, tuple(worse))])
        assert after.p30 >= before.p30
        assert after.p90 >= before.p90
        assert after.tier >= before.tier


def test_a_disk_that_dies_slowly(model: Model) -> None:
    days = history(
        60,
        c197=[0, 8, 16, 40, 88, 160],
        c198=[0, 0, 16, 40, 88, 160],
        c187=[0, 1, 4, 9, 20, 33],
        c5=[0, 0, 8, 24],
    )
    found = outlook(model, days)
    assert found.tier >= Tier.HIGH
    assert found.p30 > 0.1
    assert found.confidence is Confidence.FULL
    assert sum(reason.share for reason in found.reasons) == pytest.approx(1)
    grown = {reason.attribute: reason.grew for reason in found.reasons}
    assert grown[197] == 160
    assert all(reason.log_odds > 0 for reason in found.reasons)


def test_a_sudden_death_is_not_claimed(model: Model) -> None:
    """Four in ten die without a sign: nothing is seen, and nothing is said to be seen."""
    found = outlook(model, history(400))
    assert found.tier is Tier.STABLE
    assert found.reasons == ()
    assert 0 < found.p30 < 0.01
    assert shown(found.p30) > 0


def test_an_old_disk_with_reallocated_sectors_that_stay_does_not_alarm(model: Model) -> None:
    found = outlook(model, history(400, c5=[24.0]))
    assert found.tier is Tier.WATCH
    assert found.p30 < model.limits["high"]


def test_growth_counts_more_than_level(model: Model) -> None:
    stays = outlook(model, history(400, c5=[64.0], c197=[8.0]))
    grew = outlook(model, history(400, c5=[0.0, 64.0], c197=[0.0, 8.0]))
    assert grew.p30 > stays.p30


def test_how_much_is_known(model: Model) -> None:
    assert outlook(model, history(1)).confidence is Confidence.LEVEL_ONLY
    assert outlook(model, history(10)).confidence is Confidence.LEARNING
    assert outlook(model, history(31)).confidence is Confidence.FULL
    hidden = [Day(row.day, (row.counts[0], None, *row.counts[2:])) for row in history(10)]
    assert outlook(model, hidden).unseen == (187,)


def test_a_drive_that_tells_nothing_is_not_called_healthy(model: Model) -> None:
    assert predict(model, []) is Blind.NO_READING
    assert predict(model, [Day(TODAY, (None,) * len(COUNTERS))]) is Blind.NO_COUNTERS


def test_what_a_drive_does_not_report_is_no_sign_of_failure(model: Model) -> None:
    """Makers report different counters; a drive without errors is one of few risks, whatever it leaves out."""
    for missing in (
        (187, 188),
        (187, 188, 196),
        (187, 188, 10, 196, 198),
        (196,),
        (10, 196),
        (198,),
        (5,),
        (197,),
    ):
        days = [
            Day(
                row.day,
                tuple(
                    None if attribute in missing else count
                    for attribute, count in zip(COUNTERS, row.counts, strict=True)
                ),
            )
            for row in history(60)
        ]
        found = outlook(model, days)
        assert found.p30 < 0.002, missing
        assert set(found.unseen) == set(missing)
        assert found.tier is Tier.STABLE


def test_long_is_not_safer_than_short(model: Model) -> None:
    for days in (history(400), history(60, c197=[0, 500]), history(1, c187=[20.0])):
        found = outlook(model, days)
        assert found.p90 >= found.p30


def test_a_reset_breaks_the_history() -> None:
    days = history(10, c5=[50, 50, 0, 0])
    assert since_reset(days, {}) == days[-2:]
    hours: dict[int, float | None] = {row.day: 1000.0 + 24 * index for index, row in enumerate(days)}
    hours |= {TODAY: 5.0}
    assert since_reset(history(10), hours) == history(10)[-1:]
    assert len(since_reset(history(10, c197=[8, 0]), {})) == 10


def test_a_drive_takes_less_than_a_millisecond(model: Model) -> None:
    """With 400 days, and its reasons; the worst is a drive whose counters all rise every day. The best of some tries."""
    rising = [Day(TODAY - 399 + day, tuple(float(max(day - 309, 0)) for _ in COUNTERS)) for day in range(400)]
    assert len(outlook(model, rising).reasons) >= 5
    best: dict[str, float] = {}
    for _ in range(15):
        for name, days in (("clean", history(400)), ("rising", rising)):
            started = time.thread_time()
            predict(model, days)
            best[name] = min(best.get(name, inf), time.thread_time() - started)
    assert max(best.values()) < 1e-3 * BESIDE_OTHERS, best


def test_reasons_are_what_each_counter_at_zero_would_take_away(model: Model) -> None:
    days = history(60, c197=[0, 8, 16], c187=[0, 4], c5=[64.0], c188=[None, 3])
    found = outlook(model, days)
    for reason in found.reasons:
        place = COUNTERS.index(reason.attribute)
        without = [Day(row.day, (*row.counts[:place], 0.0, *row.counts[place + 1 :])) for row in days]
        gone = model.log_odds(features(days))[30] - model.log_odds(features(without))[30]
        assert reason.log_odds == pytest.approx(gone, abs=1e-9)
    assert len(found.reasons) >= 3


def broken(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    changed = body | changes
    return changed | {"sha256": digest(changed)}


def test_a_file_that_is_missing_or_damaged_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.json.gz"
    body = json.loads(gzip.decompress(write(path).read_bytes()))
    path.unlink()
    whole = FILE.read_bytes()
    assert load(path) == Unusable(Fault.MISSING, "model.json.gz")

    def fault(content: bytes) -> Fault:
        path.write_bytes(content)
        found = load(path)
        assert isinstance(found, Unusable)
        assert found.detail
        return found.fault

    def packed(changed: Any) -> bytes:
        return gzip.compress(json.dumps(changed).encode())

    assert fault(b"") is Fault.DAMAGED
    assert fault(whole[: len(whole) // 2]) is Fault.DAMAGED
    assert fault(whole[:50] + bytes([whole[50] ^ 0xFF]) + whole[51:]) is Fault.DAMAGED
    assert fault(gzip.compress(b"[" * 200000)) is Fault.DAMAGED
    assert fault(packed([])) is Fault.DAMAGED
    assert fault(packed(body | {"limits": {}})) is Fault.DAMAGED, "the sum is looked at"
    assert fault(packed(broken(body, {"format": 1}))) is Fault.OTHER_FORMAT, "a file of an older release"
    assert fault(packed(broken(body, {"features": ["x"]}))) is Fault.OTHER_FORMAT
    assert (
        fault(packed(broken(body, {"limits": {"critical": 0.1, "high": 0.2, "elevated": 0.3}})))
        is Fault.DAMAGED
    )
    for curve in ([[0, 1], [1, 0]], [[1, 0], [0, 1]], [[], []], [[0], [0, 1]], [["x"], [0]], []):
        changed = body["calibration"] | {"30": curve}
        assert fault(packed(broken(body, {"calibration": changed}))) is Fault.DAMAGED
    head = body["heads"]["30"]
    for change in (
        {"roots": [10**9]},
        {"right": [0] * len(head["right"])},
        {"feature": [99]},
        {"baseline": None},
    ):
        assert fault(packed(broken(body, {"heads": body["heads"] | {"30": head | change}}))) is Fault.DAMAGED
    path.write_bytes(packed(body))
    assert isinstance(load(path), Model)


def test_the_file_says_where_it_comes_from(model: Model) -> None:
    assert "Backblaze" in model.about["citation"]
    assert model.about["false_alarms"]["critical"] == 0.001
    assert FILE.stat().st_size < 200_000


def test_chances_of_any_odds() -> None:
    assert chance(0) == 0.5
    assert chance(-800) == 0
    assert chance(800) == 1

"""The parts of disk risk that need no Home Assistant: joining what sources say, and judging a disk by its days."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities import Backup, DiskPlace, PoolStand
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.plays.disk_risk.assessing import Assessment, assess, row_of
from custom_components.home_server_monitor.plays.disk_risk.findings import Known, findings_of
from custom_components.home_server_monitor.plays.disk_risk.merge import Said, contradiction, merged
from custom_components.home_server_monitor.plays.disk_risk.words import RARE, Words
from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.features import Day
from custom_components.home_server_monitor.prediction.forest import Model, load
from custom_components.home_server_monitor.prediction.outlook import Prediction, predict
from custom_components.home_server_monitor.prediction.reading import (
    Attribute,
    Media,
    NvmeLog,
    Reading,
    SelfTest,
)
from custom_components.home_server_monitor.prediction.tiers import Standing, Tier
from tests.ground.tree import PACKAGE
from tests.plays.small_model import write

COMMON = json.loads((PACKAGE / "translations/en.json").read_text())["common"]


def say(key: str, placeholders: Mapping[str, Any] | None = None, default: str = "") -> str:
    """Return a text as Home Assistant has it in English; one that is not there is an error."""
    text: str = COMMON.get(key, default) if default else COMMON[key]
    return text.format_map(placeholders or {})


WORDS = Words(say)
RULES = PACKAGE / "prediction/rules.py"
RESULTS = Path(__file__).parents[2] / "training" / "results.json"
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
TODAY = int(NOW.timestamp() // 86400)


def reading(
    taken: datetime = NOW, hours: int = 20000, health: bool | None = True, **counts: float
) -> Reading:
    """A hard disk with these counters, as `a5=8`; those that are not named are zero."""
    numbers = {5: 0.0, 187: 0.0, 188: 0.0, 197: 0.0, 198: 0.0} | {
        int(name[1:]): value for name, value in counts.items()
    }
    attributes = {
        number: Attribute(number, f"Attribute_{number}", 100, 100, 0, int(value), value, None)
        for number, value in numbers.items()
    }
    return Reading(
        "ZL2A1234", "ST8000VN004", None, Media.HDD, "test", taken, 8 * 10**12, False, health, 34, hours, attributes
    )  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    found = load(write(Path(tmp_path_factory.mktemp("model")) / "small.json.gz"))
    assert isinstance(found, Model)
    return found


def over(days: list[tuple[int, Reading]]) -> list[tuple[int, Any]]:
    """Rows of readings by days before today."""
    return [(TODAY - back, row_of(each)) for back, each in sorted(days, key=lambda day: -day[0])]


# Several sources


def test_the_fresher_reading_wins_and_the_older_one_fills_in() -> None:
    old = Said("NAS", replace(reading(NOW - timedelta(hours=8), a5=8, a199=3), temperature=None))
    new = Said("Scrutiny", reading(NOW, health=None, a5=16))
    found = merged([old, new])
    assert (found.count(5), found.count(199), found.health, found.temperature) == (16, 3, True, 34)
    assert found.taken == NOW
    # behind a bridge it is not seen what a drive is, and the model judges by that
    through = Said("USB", replace(reading(NOW), media=Media.UNKNOWN, model=""))
    assert (merged([old, through]).media, merged([old, through]).model) == (Media.HDD, old.reading.model)
    # what is too old fills in nothing
    old = Said("NAS", reading(NOW - timedelta(days=5), a199=3))
    assert merged([new, old]).count(199) is None


@pytest.mark.parametrize(
    ("newer", "what"),
    [
        (reading(a5=8), None),
        (reading(a5=16), None),
        (reading(a5=0), "counters"),
        (reading(a5=8, hours=300), "hours"),
        (reading(a5=8, health=False), "health"),
        (replace(reading(a5=8), media=Media.SSD), "kind"),
        (replace(reading(a5=8), media=Media.UNKNOWN), None),
    ],
)
def test_what_cannot_both_be_so_is_found(newer: Reading, what: str | None) -> None:
    said = [Said("NAS", reading(NOW - timedelta(hours=20), a5=8)), Said("Scrutiny", newer)]
    found = contradiction(said)
    assert (found.what if found else None) == what
    if found:
        assert (found.newer.source, found.older.source) == ("Scrutiny", "NAS")


def test_readings_of_other_days_may_differ() -> None:
    said = [Said("NAS", reading(NOW - timedelta(days=3), a5=8)), Said("Scrutiny", reading(a5=0))]
    assert contradiction(said) is None


# Judged by its days


def test_a_tier_rises_with_the_second_reading_and_falls_slowly(model: Model) -> None:
    well, bad = reading(), reading(a197=40, a187=9, a5=16)
    days: list[tuple[int, Reading]] = [(back, well) for back in range(60, 1, -1)]
    first = assess(model, over([*days, (1, bad)]), bad)
    assert isinstance(first.outlook, Prediction)
    assert (first.outlook.tier, first.tier) == (Tier.CRITICAL, Tier.STABLE), "one reading is none"
    second = assess(model, over([*days, (1, bad), (0, bad)]), bad)
    assert second.tier is Tier.CRITICAL
    # what was found before does not change what is found now
    assert assess(model, over([*days, (1, bad), (0, bad)]), bad, first.folded) == replace(
        second, folded=assess(model, over([*days, (1, bad), (0, bad)]), bad, first.folded).folded
    )
    # pending sectors were rewritten: it stays for a week, and then it falls
    mended = reading(a197=0, a187=9, a5=16)
    for after, tier in ((1, Tier.CRITICAL), (6, Tier.CRITICAL), (40, Tier.WATCH)):
        shifted = [(back + after, each) for back, each in [*days, (1, bad), (0, bad)]]
        healed = [(back, mended) for back in range(after)]
        assert assess(model, over([*shifted, *healed]), mended).tier is tier, after


def test_a_day_that_cannot_be_is_not_known(model: Model) -> None:
    days = over([(back, reading()) for back in (2, 1, 0)])
    days[1] = (days[1][0], dict.fromkeys(days[1][1], -5.0))
    assert isinstance(assess(model, days, reading()).outlook, Prediction)


def test_what_a_drive_says_of_itself_counts_at_once(model: Model) -> None:
    failed = reading(health=False)
    found = assess(model, over([(0, failed)]), failed)
    assert (found.tier, found.by_model) == (Tier.CRITICAL, Tier.STABLE)


def test_no_model_for_what_is_no_hard_disk(model: Model) -> None:
    log = NvmeLog(0, 100, 10, 41, 3, None, None)
    nvme = replace(reading(), media=Media.NVME, attributes={}, nvme=log, used=41.0)
    older = replace(nvme, nvme=replace(log, media_errors=1))
    found = assess(model, over([(9, older), (0, nvme)]), nvme)
    assert (found.outlook, found.tier) == (None, Tier.ELEVATED)
    assert "fixed rules" in WORDS.unseen(found)
    assert assess(None, over([(0, reading(a197=99))]), reading(a197=99)).outlook is None


def gone_bad(back: int, since: int, most: int) -> float:
    """Pending sectors that grow from some day on, until there are so many."""
    return float(min(max(since - back, 0), most))


@pytest.mark.parametrize(
    "pending",
    [
        lambda back: 0.0,
        lambda back: gone_bad(back, 20, 40),
        lambda back: gone_bad(back, 200, 40),
        lambda back: gone_bad(back, 130, 40),
        lambda back: gone_bad(back, 100, 9) if back > 55 else 0.0,
        lambda back: 40.0 * (back % 97 < 2),
    ],
)
@pytest.mark.parametrize("apart", [1, 7])
def test_what_stands_still_is_not_judged_anew_and_comes_out_the_same(
    model: Model, pending: Callable[[int], float], apart: int
) -> None:
    """The tier after many days is that of judging each of them."""
    backs = [back for back in range(399, -1, -1) if back % apart == 0]
    days = [(back, reading(a197=pending(back), a187=gone_bad(back, 90, 9))) for back in backs]
    found = assess(model, over(days), days[-1][1])
    standing = Standing()
    each = [Day(day, tuple(row.get(f"a{number}") for number in COUNTERS)) for day, row in over(days)]
    for place, day in enumerate(each):
        if day.day >= TODAY - 60:
            now = predict(model, each[: place + 1], explain=False)
            assert isinstance(now, Prediction)
            standing = standing.step(now.tier, now.relaxed)
    assert found.folded is not None
    assert found.folded.now == standing


# What is told


def known(found: Assessment, **place: Any) -> Known:
    where = DiskPlace(
        serial="ZL2A1234", label="ST8000VN004 1234", model="ST8000VN004", size=8 * 10**12, device="d", **place
    )
    return Known("ZL2A1234", where.label, where, found)


@pytest.mark.parametrize(
    ("loses", "severity"), [(0, Severity.CRITICAL), (1, Severity.HIGH), (None, Severity.CRITICAL)]
)
def test_nobody_is_woken_for_a_disk_that_its_pool_can_lose(
    model: Model, loses: int | None, severity: Severity
) -> None:
    bad = reading(a197=40, a187=9)
    found = assess(model, over([(30, reading()), (1, bad), (0, bad)]), bad)
    (told,) = findings_of(
        "disks:home", known(found, pool="tank", vdev="raidz1", loses=loses), date(2026, 3, 1), WORDS
    )
    assert (told.rule, told.severity, told.object) == ("disk_failing", severity, "disk:ZL2A1234")
    assert told.placeholders["by"] == "2026-03-02"
    assert told.placeholders["reasons"].startswith("pending sectors rose from 0 to 40 in 30 days")


def test_a_failed_self_test_that_the_nas_tells_is_not_told_twice(model: Model) -> None:
    failed = replace(reading(), tests=(SelfTest("", False, 100, "failed"),))
    found = assess(model, over([(0, failed)]), failed)
    assert [*findings_of("s", known(found, test_failed=True), date(2026, 3, 1), WORDS)] == []
    (told,) = findings_of("s", known(found), date(2026, 3, 1), WORDS)
    assert (told.rule, told.severity) == ("disk_reports_failure", Severity.HIGH)


def test_two_sources_that_contradict_each_other_are_a_note(model: Model) -> None:
    said = [
        Said("NAS", reading(NOW - timedelta(hours=20), a5=8)),
        Said("Scrutiny", reading(a5=0, hours=300)),
    ]
    found = assess(model, over([(0, said[1].reading)]), said[1].reading)
    disk = replace(known(found, pool="tank", vdev="mirror", loses=1), differs=contradiction(said))
    (told,) = (
        each for each in findings_of("s", disk, date(2026, 3, 1), WORDS) if each.rule == "disk_sources_differ"
    )
    assert told.severity is Severity.INFO
    assert (told.placeholders["newer"], told.placeholders["older"]) == ("Scrutiny", "NAS")
    assert told.placeholders["what"] == "how long it has run"


def test_words() -> None:
    assert [WORDS.size(size) for size in (8 * 10**12, 16_000_900_661_248, 120_034_123_776, None)] == [
        "8 TB", "16 TB", "120 GB", "unknown size",
    ]  # fmt: skip
    place = DiskPlace(serial="s", label="l", model=None, size=1, device="d", pool="p", loses=2, spares=1)
    assert WORDS.protection(place) == "Its pool can lose 2 disks without losing data."
    assert WORDS.spare(place) == "An unused disk that is large enough is in the same machine."
    assert WORDS.place(replace(place, vdev="raidz2", slot="slot 3")) == "pool p, raidz2, slot 3"
    today = NOW.date()
    stand = PoolStand(id="1", name="p", status="online")
    assert WORDS.backup(None, today) == ""
    assert "make a backup first" in WORDS.backup(stand, today)
    copied = (
        Backup("replication", NOW),
        Backup("cloud_sync", NOW - timedelta(days=9)),
        Backup("rsync", None),
    )
    assert WORDS.backup(replace(stand, backups=copied, bare=("p/a", "p/b")), today) == (
        "Last copied: replication today, cloud sync 9 days ago, rsync at no time that is known;"
        " 2 of its datasets by no task."
    )
    assert "bring the backup up to date first" in WORDS.protection(replace(place, loses=0, spares=0))


def test_chances_in_words_that_stand_in_a_sentence() -> None:
    assert WORDS.of_hundred(0.0002) == WORDS.of_hundred(0.009) == "fewer than one"
    assert WORDS.of_hundred(0.0096) == "about 1"
    assert WORDS.of_hundred(0.234) == "about 23"
    assert WORDS.of_hundred(0.999) == "about 90", "never surer than what is shown"
    assert WORDS.rare(Tier.WATCH) is None


def test_how_rare_a_tier_is_said_to_be_is_what_its_limit_was_made_for() -> None:
    shipped = load()
    assert isinstance(shipped, Model)
    for tier, (some, many) in RARE.items():
        assert some / many == shipped.about["false_alarms"][tier.key]
        assert f"{some} in {many:,} " in (WORDS.rare(tier) or "")
    measured = json.loads(RESULTS.read_text())
    for model, share in (("ST4000DM000", measured["silent"]), ("WDC WD40EFRX", measured["silent_of"]["WD"])):
        known = assess(None, [(TODAY, row_of(reading()))], replace(reading(), model=model))
        assert WORDS.silent(known) == f"{int(10 * share)} in 10"


def test_whatever_a_rule_or_a_counter_says_has_words() -> None:
    named = set(re.findall(r'"([a-z_]+)"', RULES.read_text())) & {
        key[9:] for key in COMMON if key.startswith("disk_hit_")
    }
    assert len(named) == 17, "all of them are rules"
    assert {key for key in COMMON if key.startswith("disk_counter_")} == {
        f"disk_counter_{each}" for each in COUNTERS
    }
    for tier in Tier:
        assert COMMON[f"disk_todo_{tier.key}"]

"""When downloads pause and imports wait: whatever comes in whatever order."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState, Item
from custom_components.home_server_monitor.guardian.policy import Window
from custom_components.home_server_monitor.plays.tiering.backlog import Backlog, Held, is_moved
from custom_components.home_server_monitor.plays.tiering.rules import (
    Case,
    Cause,
    Imports,
    Pace,
    cause_of,
    choose,
    is_critical,
    is_low,
    overflow,
    turn,
)

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
FLAGS = st.booleans()
FREE = st.one_of(st.none(), st.integers(0, 200))


@given(
    in_hours=FLAGS, suspended=FLAGS, trouble=FLAGS, low=FLAGS, critical=FLAGS, paused=FLAGS, watching=FLAGS,
    frees=st.integers(0, 2),
)  # fmt: skip
def test_whom_imports_wait_for(**how: bool | int) -> None:
    case = Case(**how)  # type: ignore[arg-type] # the names are those of its fields
    found = choose(case)
    if case.trouble:
        assert found is Imports.TROUBLE, "a pool in trouble is spared whatever else is"
    elif case.suspended:
        assert not found.held
    elif case.critical and case.low and case.frees:
        assert found is Imports.SPACE, "nothing waits while space runs out that it would give back"
    elif case.in_hours and not case.watching:
        assert not found.held
    # imports run outside of the hours for no other reason
    if not found.held and not case.in_hours:
        assert case.suspended or (case.low and case.frees and (case.critical or not case.paused))
    # who cannot stop the downloads lets no import wait that gives their space back
    if case.low and case.frees and not case.paused and not case.trouble:
        assert not found.held


@given(st.lists(FREE), st.integers(1, 100), st.integers(0, 100))
def test_a_pause_has_its_hysteresis(seen: list[int | None], low: int, more: int) -> None:
    was, again = False, low + more
    for free in seen:
        now = is_low(free, low, again, was=was)
        if free is None:
            assert now is was, "what cannot be seen changes nothing"
        elif free < low:
            assert now
        elif free >= again:
            assert not now
        else:
            assert now is was
        was = now


def test_early_imports_have_theirs() -> None:
    found, was = [], False
    for free in (60, 40, 24, 40, 49, 50, 30):
        was = is_critical(free, 50, was=was)
        found.append(was)
    assert found == [False, False, True, True, True, False, False]


def _local(at: float) -> tuple[int, int]:
    there = datetime.fromtimestamp(at, BERLIN)
    return there.weekday(), there.hour * 60 + there.minute


@settings(max_examples=30)
@given(st.integers(1_770_000_000, 1_830_000_000), st.integers(0, 1439), st.integers(0, 1439))
def test_when_hours_turn(at: int, begin: int, end: int) -> None:
    window, now = Window(EVERY_DAY, begin, end), float(at)

    def holds(when: float) -> bool:
        return window.holds(*_local(when))

    found = turn(holds, now)
    if begin == end:
        # there is no hour outside of it
        assert found is None
        return
    assert found is not None
    assert 0 < found - now <= 26 * 3600
    assert holds(found) is not holds(now)
    assert all(holds(when) is holds(now) for when in (now, found - 60, (now + found) / 2))


@pytest.mark.parametrize(
    ("now", "hours", "begins", "ends"),
    [
        # in the night in which 02:30 is no time, the hours begin when it would have been
        ("2026-03-29 00:30", (150, 300), "2026-03-29 03:00", "2026-03-29 05:00"),
        # and where 02:30 comes twice, with the first of them
        ("2026-10-25 00:30", (150, 300), "2026-10-25 02:30", "2026-10-25 05:00"),
        # past midnight
        ("2026-06-01 12:00", (23 * 60, 60), "2026-06-01 23:00", "2026-06-02 01:00"),
    ],
)
def test_nights_with_another_hour(now: str, hours: tuple[int, int], begins: str, ends: str) -> None:
    window = Window(EVERY_DAY, *hours)

    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()

    first = turn(lambda when: window.holds(*_local(when)), at(now))
    assert first == at(begins)
    if begins.startswith("2026-10-25"):
        # 02:30 to 02:59, then the clock is set back to 02:00: it is before the hours once more
        assert turn(lambda when: window.holds(*_local(when)), first) == at(begins) + 1800
        return
    assert turn(lambda when: window.holds(*_local(when)), first) == at(ends)


@given(st.lists(st.tuples(st.integers(1, 3600), st.integers(0, 10**12), FLAGS), max_size=40))
def test_a_pace_is_never_made_up(steps: list[tuple[int, int, bool]]) -> None:
    pace, now = Pace(), 0.0
    for seconds, waiting, importing in steps:
        now += seconds
        pace.follow(waiting, now, importing=importing)
        assert pace.rate is None or pace.rate > 0
    if not any(importing for _, _, importing in steps):
        assert pace.rate is None


def test_what_does_not_fit() -> None:
    pace = Pace()
    for minute in range(21):
        pace.follow(100e9 - minute * 3e9, minute * 60.0, importing=True)
    assert pace.rate == pytest.approx(50e6)
    # what waits for the hours costs no time
    pace.follow(40e9, 20 * 60.0, importing=False)
    pace.follow(400e9, 20 * 3600.0, importing=True)
    assert pace.rate == pytest.approx(50e6)
    assert overflow(400e9, pace.rate, 2 * 3600) == pytest.approx(40e9)
    assert overflow(300e9, pace.rate, 2 * 3600) == 0
    assert overflow(400e9, None, timedelta(hours=2).total_seconds()) == 0


@given(FLAGS, st.integers(0, 1), st.sampled_from(Imports))
def test_why_a_disk_stays_full(paused: bool, waits: int, imports: Imports) -> None:
    cause = cause_of(paused=paused, waits=waits, imports=imports)
    if waits and imports in (Imports.OPEN, Imports.SPACE, Imports.HOURS, Imports.SUSPENDED):
        assert cause is None, "imports give it back"
    elif waits and imports in (Imports.TROUBLE, Imports.WATCHING):
        assert cause is not None
        assert cause.value == imports.value
    else:
        assert cause is (Cause.OTHERS if paused else Cause.NOT_PAUSED)


def test_what_an_import_gives_back() -> None:
    items = {
        "a": Item(id="a", name="A", protocol="torrent", state=DownloadState.SEEDING, size=5),
        "b": Item(id="b", name="B", protocol="torrent", state=DownloadState.COMPLETED, size=7),
        "c": Item(id="c", name="C", protocol="usenet", state=DownloadState.COMPLETED, size=11),
    }
    held = {key: Held(f"client {key}", "radarr", item.size, is_moved(item)) for key, item in items.items()}
    backlog = Backlog({**held, "d": Held("client c", "sonarr", 13, frees=True)})
    assert backlog.size == 36
    assert backlog.frees({"client a", "client b", "client c"}) == 31, "what seeds keeps its place"
    assert backlog.frees({"client c"}, "radarr") == 11

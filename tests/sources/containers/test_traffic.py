"""What containers moved is counted by day, whatever their counters do."""

import json

from hypothesis import given, strategies as st

from custom_components.home_server_monitor.sources.containers.traffic import KEPT, Traffic


class Days:
    """A calendar."""

    def __init__(self) -> None:
        self.day = 1

    def __call__(self) -> str:
        """Return today."""
        return f"2026-{1 + self.day // 28:02}-{1 + self.day % 28:02}"


def test_days_are_told_apart_and_the_first_look_adds_nothing() -> None:
    days = Days()
    traffic = Traffic(days)
    assert not traffic.note("plex", "a", 10**12, 10**12)
    traffic.note("plex", "a", 10**12 + 5, 10**12 + 7)
    days.day += 1
    traffic.note("plex", "a", 10**12 + 6, 10**12 + 7)
    assert [*traffic.days("plex").values()] == [(1, 0), (5, 7)]
    assert traffic.today("plex") == (1, 0)
    assert traffic.today("other") == (0, 0)
    assert not traffic.note("inside", "b", None, None)


def test_a_restart_begins_the_counters_anew() -> None:
    traffic = Traffic(Days())
    traffic.note("plex", "a", 1000, 1000)
    traffic.note("plex", "a", 30, 40)
    assert traffic.today("plex") == (30, 40)


def test_only_so_many_days_are_kept_and_what_is_gone_is_forgotten() -> None:
    days = Days()
    traffic = Traffic(days)
    for day in range(1, KEPT + 20):
        days.day = day
        traffic.note("plex", "a", day * 10, day)
    assert len(traffic.days("plex")) == KEPT
    traffic.forget(["sonarr"])
    assert not traffic.days("plex")


COUNTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2**50), st.integers(0, 2**50)), max_size=20)


@given(COUNTS)
def test_what_was_packed_goes_on(counts: list[tuple[str, int, int]]) -> None:
    days = Days()
    whole, halves = Traffic(days), Traffic(days)
    for name, received, sent in counts:
        whole.note("plex", name, received, sent)
        halves.note("plex", name, received, sent)
        again = Traffic(days)
        again.load(json.loads(json.dumps(halves.pack())))
        halves = again
    assert halves.days("plex") == whole.days("plex")
    assert all(value >= 0 for row in whole.days("plex").values() for value in row)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JUNK, JUNK, JUNK)
def test_a_damaged_file_costs_what_is_damaged(junk: object, days: object, counter: object) -> None:
    traffic = Traffic(Days())
    traffic.load(junk)
    traffic.load({"plex": {"days": days, "counter": counter}, "ok": {"days": {"2026-01-02": [1, 2]}}})
    assert traffic.days("ok") == {"2026-01-02": (1, 2)}
    traffic.note("plex", "a", 1, 1)

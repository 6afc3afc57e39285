"""What streams need of the line, and with how much patience limits follow them."""

import pytest

from custom_components.home_server_monitor.plays.uplink.rules import (
    KEPT,
    Load,
    Patience,
    allowance,
    must_pause,
    quality,
)

LINE = 5e6


@pytest.mark.parametrize(
    ("streams", "uploads", "was", "full"),
    [
        ((), 5e6, False, False),  # nobody watches: uploads may have it all
        ((2e6,), 1e6, False, False),
        ((2e6,), 2.6e6, False, True),
        ((2e6,), 2.2e6, False, False),
        ((2e6,), 2.2e6, True, True),  # it ends later than it begins
        ((2e6,), 1.9e6, True, False),
        ((2e6, 3e6), 0.0, False, True),
    ],
)
def test_when_the_line_is_full(streams: tuple[float, ...], uploads: float, was: bool, full: bool) -> None:
    load = Load(line=LINE, streams=streams, uploads={"qbittorrent": uploads})
    assert load.is_full(was=was) is full
    assert load.is_full_of_streams is (sum(streams) > 0.9 * LINE)


def test_what_uploads_may_take() -> None:
    assert allowance(Load(line=LINE, streams=(2e6,))) == pytest.approx(2.25e6)
    # a little more changes nothing
    assert allowance(Load(line=LINE, streams=(1.9e6,))) == allowance(Load(line=LINE, streams=(2e6,)))
    # slowed, never cut off
    assert allowance(Load(line=LINE, streams=(9e6,))) == pytest.approx(KEPT * LINE)


def test_stricter_at_once_and_looser_after_a_while() -> None:
    patience = Patience(hold=180)
    assert patience.follow(None, 0) is None
    assert patience.follow(3.0, 10) == 3.0
    assert patience.follow(2.0, 20) == 2.0
    assert patience.follow(None, 30) == 2.0
    assert patience.follow(None, 209) == 2.0
    # it began anew: the time counts from its end
    assert patience.follow(2.0, 209) == 2.0
    assert patience.follow(3.0, 220) == 2.0
    assert patience.follow(3.0, 400) == 3.0
    assert patience.follow(None, 410) == 3.0
    assert patience.follow(None, 590) is None


def test_what_else_helps() -> None:
    assert not must_pause(Load(line=LINE, streams=(2e6,)))
    assert must_pause(Load(line=LINE, streams=(2e6, 1e6)))
    # the largest step of Plex with which all of them fit into what may be planned with
    assert quality(Load(line=LINE, streams=(4e6, 3e6))) == 12_000
    assert quality(Load(line=LINE, streams=(1e6,) * 20)) == 1_500
    assert quality(Load(line=1e4, streams=(1e6,))) is None
    assert quality(Load(line=LINE)) is None

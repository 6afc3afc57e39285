"""Lines of the protocol: quoting, reading, and what errors mean."""

import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone
from custom_components.home_server_monitor.sources.errors import BadResponse, CallFailed
from custom_components.home_server_monitor.sources.ups.wire import (
    AccessDenied,
    DataStale,
    DriverGone,
    Refused,
    UnknownUps,
    answer,
    named,
    not_done,
    pieces,
    quoted,
)


@pytest.mark.parametrize("text", ["", "plain", "two words", 'a "quoted" one', "back\\slash", "ä ö ü", '\\"'])
def test_a_text_comes_back_as_it_went(text: str) -> None:
    assert pieces(f"VAR rack x {quoted(text)}\n") == ["VAR", "rack", "x", text]


@pytest.mark.parametrize(
    "line",
    ['VAR rack ups.status "OL', 'a "b\\', "a\\"],
)
def test_a_line_that_was_cut_is_not_read(line: str) -> None:
    with pytest.raises(BadResponse):
        pieces(line)


@pytest.mark.parametrize("name", ["", "a b", "rack\nLIST UPS", 'rack"', "rack;", "ü", "x" * 200, "*"])
def test_only_names_are_put_into_a_line(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        named(name)


@pytest.mark.parametrize("text", ["a\nFSD rack", "a\rb", "\x00", "x" * 300])
def test_no_text_can_hold_a_second_command(text: str) -> None:
    with pytest.raises(ValueError, match="text"):
        quoted(text)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("ERR DATA-STALE", DataStale),
        ("ERR DRIVER-NOT-CONNECTED", DriverGone),
        ("ERR UNKNOWN-UPS", UnknownUps),
        ("ERR ACCESS-DENIED", AccessDenied),
        ("ERR INVALID-PASSWORD", AccessDenied),
        ("ERR SOMETHING-NEW", Refused),
        ("ERR", Refused),
    ],
)
def test_errors_are_apart(line: str, kind: type[Refused]) -> None:
    with pytest.raises(Refused) as caught:
        answer(line)
    assert type(caught.value) is kind


def test_an_empty_line_is_no_answer() -> None:
    with pytest.raises(BadResponse):
        answer("\r\n")


@pytest.mark.parametrize(
    "code",
    [
        *("ACCESS-DENIED", "CMD-NOT-SUPPORTED", "READONLY", "USERNAME-REQUIRED", "DATA-STALE"),
        "DRIVER-NOT-CONNECTED",
    ],
)
def test_an_order_that_was_turned_away_is_not_done(code: str) -> None:
    with pytest.raises(Refused) as caught:
        answer(f"ERR {code}")
    assert isinstance(not_done(caught.value, "beeper.mute"), NotDone)


def test_an_order_that_the_driver_failed_at_may_have_been_done() -> None:
    found = not_done(Refused("INSTCMD-FAILED"), "test.battery.start")
    assert isinstance(found, CallFailed)
    assert not isinstance(found, NotDone)

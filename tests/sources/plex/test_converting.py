"""How a stream is converted, and why not on the chip alone: an i5-12400 with UHD 730 in a container is the usual case."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities_streams import (
    Hindrance,
    Medium,
    Surroundings,
)
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.sources.plex.chips import chip_of
from custom_components.home_server_monitor.sources.plex.converting import DAYS, Conversions
from custom_components.home_server_monitor.sources.plex.listings import circumstances
from custom_components.home_server_monitor.sources.plex.model import About, Plex, Preference
from custom_components.home_server_monitor.sources.plex.rules import badly_converted
from custom_components.home_server_monitor.sources.plex.streams import stream
from custom_components.home_server_monitor.sources.plex.verdict import Circumstances, judge
from simulator.clock import Clock
from simulator.media import MediaWorld
from simulator.plex import Showing, Theatre
from simulator.plex.rows import session_row

ABOUT = About("Lighthouse", "1.42.2.10157-4e8b05daf", "m" * 40)
WELL = Circumstances(asked=True, encodes=True, plex_pass=True, device=True, tone_maps=True)
THEATRE = Theatre(MediaWorld(Clock(moving=False)))


def seen(**more: Any) -> Any:
    """Return a stream as our client reads it from the simulated server."""
    return stream(session_row(THEATRE, Showing(**{"key": "1", "title": "The Long Tide", **more})))[1]


CASES: list[tuple[dict[str, Any], dict[str, Any], tuple[str, str | None]]] = [
    ({}, {}, ("direct", None)),
    ({"way": "hardware"}, {}, ("hardware", None)),
    ({"way": "partial", "subtitle": "ass", "burned": True}, {}, ("partial", "burned")),
    ({"way": "partial", "hdr": True}, {}, ("partial", "tone_mapping")),
    ({"way": "partial"}, {}, ("partial", "filter")),
    ({"way": "encoder", "codec": "h264", "profile": "high 10"}, {}, ("encoder", "profile")),
    ({"way": "encoder", "codec": "vc1", "depth": 8}, {}, ("encoder", "codec")),
    ({"way": "fallback"}, {}, ("fallback", "driver")),
    ({"way": "fallback"}, {"device": False}, ("fallback", "no_device")),
    ({"way": "fallback"}, {"permitted": False}, ("fallback", "permission")),
    ({"way": "fallback"}, {"plex_pass": False, "device": False}, ("fallback", "no_pass")),
    ({"way": "fallback", "codec": "h264", "profile": "high 10"}, {}, ("fallback", "profile")),
    ({"way": "software"}, {"asked": False}, ("software", "off")),
    ({"way": "software"}, {"asked": False, "plex_pass": False}, ("software", "no_pass")),
]


@pytest.mark.parametrize(("showing", "known", "verdict"), CASES)
def test_the_verdict(showing: dict[str, Any], known: dict[str, Any], verdict: tuple[str, str | None]) -> None:
    found = judge(seen(**showing), Circumstances(**{**_as_dict(WELL), **known}))
    assert (found.way.value, found.cause.value if found.cause else None) == verdict


def _as_dict(known: Circumstances) -> dict[str, Any]:
    return {key: getattr(known, key) for key in known.__dataclass_fields__}


def found(
    known: Circumstances,
    *streams: Any,
    after: float = 20.0,
    around: Surroundings = Surroundings(),  # noqa: B008
) -> dict[str, Any]:
    """Return what is found by cause, once streams have gone on for some seconds."""
    data, conversions = Plex(ABOUT, {each.key: each for each in streams}), Conversions()
    conversions.see(data, known, 100.0, "2026-11-30")
    conversions.see(data, known, 100.0 + after, "2026-11-30")
    return {
        each.evidence["cause"].removeprefix("plex_chip_"): each
        for each in badly_converted("plex", data, known, conversions, around)
    }


def test_each_cause_is_told_once() -> None:
    streams = [seen(key=str(n), way="fallback", speed=0.7 if n == 2 else 3.0) for n in range(4)]
    told = found(WELL, *streams)
    assert told.keys() == {"driver", "slow"}
    assert (told["driver"].evidence["streams"], told["driver"].evidence["formats"]) == (4, ["HEVC MAIN 10"])
    assert told["slow"].evidence["streams"] == 1
    # the first seconds of a stream say nothing
    assert found(WELL, *streams, after=10.0) == {}
    # it rests because it is far ahead
    assert found(WELL, seen(way="hardware", speed=0.0, throttled=True)) == {}


def test_what_is_offered() -> None:
    off = Circumstances(asked=False, encodes=True, plex_pass=True, device=True)
    # before anybody watches: the chip is there and is not used
    offer = found(off)["off"].proposal
    assert (offer.action, offer.target, offer.params) == (
        "plex_set",
        "HardwareAcceleratedCodecs",
        {"value": True},
    )
    assert found(Circumstances(asked=False, plex_pass=True)) == {}, "nobody knows whether there is a chip"
    assert found(Circumstances(asked=False, plex_pass=False, device=True)) == {}
    assert found(Circumstances(asked=True, plex_pass=False), seen(way="fallback"))["no_pass"].proposal is None
    halves = Circumstances(asked=True, encodes=False, plex_pass=True)
    assert found(halves, seen(way="software"))["off"].proposal.target == "HardwareAcceleratedEncoders"


def known_of(around: Surroundings) -> Circumstances:
    """The usual case, with what is around it."""
    read = {"hardwareacceleratedcodecs": Preference("HardwareAcceleratedCodecs", True)}
    about = replace(ABOUT, plex_pass=True)
    return circumstances(Plex(about, preferences=read), around)


def test_the_folder_for_what_is_converted() -> None:
    slow, quick = seen(way="hardware", speed=0.6), seen(way="hardware")
    disks = Surroundings(chip=True, temp="/config/x", temp_on=Medium.DISKS, where="tank", better="/transcode")
    # before anybody watches it is worth a hint; while one stops again and again, more
    for streams, severity in (((), Severity.INFO), ((quick,), Severity.INFO), ((slow,), Severity.WARNING)):
        told = found(known_of(disks), *streams, around=disks)
        assert told.keys() == {"temp_disks"}
        each = told["temp_disks"]
        assert (each.severity, each.placeholders["temp"], each.placeholders["where"]) == (
            severity,
            "/config/x",
            "tank",
        )
        assert (each.proposal.target, each.proposal.params) == (
            "TranscoderTempDirectory",
            {"value": "/transcode"},
        )
    small = Surroundings(chip=True, temp="/dev/shm", temp_on=Medium.SMALL, where="64 MiB")
    told = found(known_of(small), around=small)
    assert (told.keys(), told["temp_small"].severity) == ({"temp_small"}, Severity.WARNING)
    assert told["temp_small"].proposal is None
    # nobody knows what it is on: too slow while the processor has time is likely that
    for idle, on, cause in (
        (True, None, "temp_idle"),
        (False, None, "slow"),
        (None, None, "slow"),
        (True, Medium.FLASH, "slow"),
        (True, Medium.MEMORY, "slow"),
    ):
        around = Surroundings(chip=True, idle=idle, temp_on=on)
        assert found(known_of(around), slow, around=around).keys() == {cause}, (idle, on)
        assert found(known_of(around), quick, around=around) == {}
    verdict = judge(slow, known_of(disks))
    assert (verdict.way.value, verdict.cause, verdict.drag) == ("hardware", None, "temp")


def test_a_chip_that_it_may_not_use() -> None:
    for hindrance, advice in (
        (Hindrance.USER, "permission"),
        (Hindrance.FOLDER, "permission_folder"),
        (Hindrance.READ, "permission_read"),
    ):
        around = Surroundings(chip=True, hindrance=hindrance, user="568")
        for streams in ((), (seen(way="fallback"),)):
            told = found(known_of(around), *streams, around=around)
            assert told.keys() == {"permission"}
            assert told["permission"].evidence["advice"] == f"plex_chip_{advice}"
            assert told["permission"].placeholders["user"] == "568"
    # with groups nobody can tell from here which one is the right one: they are named
    groups = Surroundings(chip=True, user="568", groups=("44", "105"))
    told = found(known_of(groups), seen(way="fallback"), around=groups)
    assert told["driver"].evidence["advice"] == "plex_chip_driver_groups"
    assert told["driver"].placeholders["groups"] == "44, 105"
    assert found(known_of(groups), around=groups) == {}
    assert found(known_of(Surroundings(chip=False)), seen(way="fallback")).keys() == {"no_device"}


REFERENCE = "12th Gen Intel(R) Core(TM) i5-12400"


def test_what_a_processor_decodes() -> None:
    for name, shown, generation in (
        (REFERENCE, "i5-12400", 12),
        ("12th Gen Intel(R) Core(TM) i5-12400F", "i5-12400F", 0),
        ("Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz", "i7-8700K", 8),
        ("Intel(R) Core(TM) i5-6500 CPU @ 3.20GHz", "i5-6500", 6),
        ("Intel(R) Core(TM) i9-9900KF CPU", "i9-9900KF", 0),
        ("11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz", "i5-1135G7", 11),
        ("13th Gen Intel(R) Core(TM) i3-1315U", "i3-1315U", 13),
        ("Intel(R) N100", "N100", 12),
    ):
        chip = chip_of(name)
        assert chip is not None, name
        assert (chip.name, chip.generation) == (shown, generation)
    for name in (
        "AMD Ryzen 5 5600G",
        "Intel(R) Xeon(R) E-2236",
        "Intel(R) Core(TM) Ultra 7 155H",
        "",
        "i5-99999",
    ):
        assert chip_of(name) is None, name
    # UHD 730: all that films come in; no H.264 with ten bits
    chip = chip_of(REFERENCE)
    assert chip is not None
    for codec, depth, decoded in (
        ("h264", 8, True), ("h264", 10, False), ("hevc", 8, True), ("hevc", 10, True), ("vp9", 10, True),
        ("av1", 10, True), ("mpeg2video", 8, True), ("vc1", 8, None),
    ):  # fmt: skip
        assert chip.decodes(codec, depth) is decoded, codec
    old = chip_of("i5-6500")
    assert old is not None
    assert (old.decodes("hevc", 8), old.decodes("hevc", 10), old.decodes("av1", 8)) == (True, False, False)


def test_what_its_processor_has_to_do_with_it() -> None:
    def told(processor: str, chip: bool | None = True, **showing: Any) -> dict[str, str]:
        around = Surroundings(chip=chip, processor=processor)
        found_ = found(known_of(around), seen(**showing), around=around)
        return {each: one.evidence["advice"].removeprefix("plex_chip_") for each, one in found_.items()}

    av1 = {"codec": "av1", "profile": "main", "depth": 10}
    # decoded by the processor although this chip could: that is another matter than an old one that cannot
    assert told(REFERENCE, way="encoder", **av1) == {"decoder": "decoder"}
    assert told("i7-8700", way="encoder", **av1) == {"codec": "codec_here"}
    assert told("i5-6500", way="encoder") == {"profile": "profile_here"}
    assert told("", way="encoder", **av1) == {"codec": "codec"}
    assert told(REFERENCE, way="fallback") == {"driver": "driver"}
    assert told("i5-6500", way="fallback") == {"profile": "profile_here"}
    # one without graphics, unless a card is passed in
    assert told("i5-12400F", None, way="fallback") == {"no_chip": "no_chip"}
    assert told("i5-12400F", False, way="fallback") == {"no_chip": "no_chip"}
    assert told("i5-12400F", True, way="fallback") == {"driver": "driver"}
    assert told(REFERENCE, way="hardware") == {}


def test_keys_that_are_given_anew() -> None:
    """A server that has started counts its streams from one: the same key is another stream, and settles anew."""
    conversions, before = Conversions(), seen(key="1", way="fallback", speed=0.5)
    after = replace(before, session="after the restart")
    for stream_, clock, counted, settled in (
        (before, 0.0, False, 0),
        (before, 20.0, True, 1),
        (after, 30.0, False, 0),
        (after, 44.0, False, 0),
        (after, 46.0, True, 1),
    ):
        data = Plex(ABOUT, {"1": stream_})
        assert conversions.see(data, WELL, clock, "2026-11-30") is counted
        assert len(conversions.now) == settled
    assert conversions.dump() == {"2026-11-30": {"fallback": 2}}


def test_the_share_by_day() -> None:
    conversions = Conversions()
    assert conversions.share("2026-11-30") is None
    for day in range(1, 100):
        name = (date(2026, 11, 30) + timedelta(days=day)).isoformat()
        data = Plex(ABOUT, {str(day): seen(key=str(day), way="hardware" if day % 2 else "fallback")})
        assert not conversions.see(data, WELL, day * 100.0, name)
        assert conversions.see(data, WELL, day * 100.0 + 20, name)
        assert not conversions.see(data, WELL, day * 100.0 + 30, name), "a stream counts once"
    assert len(conversions.days) == DAYS
    assert conversions.share("2027-02-07") == 50.0
    assert conversions.share("2027-03-08") == 100.0
    assert conversions.share("2027-03-09") is None
    again = Conversions()
    again.load(conversions.dump())
    assert again.days == conversions.days
    for damaged in (None, [], {"2026-11-30": 5}, {"2026-11-30": {"hardware": "x", "else": 3}}, {5: {}}):
        again.load(damaged)
    assert again.days == conversions.days

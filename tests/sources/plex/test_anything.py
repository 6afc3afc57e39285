"""Rows that may be anything: each is read or skipped, and what was read can be judged."""

import math
from typing import Any

from hypothesis import given, settings, strategies as st

from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.sources.plex.audit import audit
from custom_components.home_server_monitor.sources.plex.converting import Conversions
from custom_components.home_server_monitor.sources.plex.listings import circumstances
from custom_components.home_server_monitor.sources.plex.model import (
    About,
    Plex,
    activity,
    preference,
    section,
)
from custom_components.home_server_monitor.sources.plex.rules import badly_converted, judge
from custom_components.home_server_monitor.sources.plex.streams import stream
from custom_components.home_server_monitor.sources.records import rows

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-5, 5),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["1", "0", "wan", "lan", "playing", "transcode", "copy", "burn", "vaapi", "h264", "pgs", "4:2:2"]
    ),
)
INNER = [
    "key",
    "uuid",
    "id",
    "title",
    "type",
    "state",
    "local",
    "relayed",
    "secure",
    "bandwidth",
    "location",
    "selected",
]
FIELDS = [
    *INNER, "sessionKey", "duration", "viewOffset", "User", "Player", "Session", "Media", "Part", "Stream", "streamType",
    "codec", "profile", "bitDepth", "chromaSubsampling", "colorTrc", "height", "TranscodeSession", "videoDecision",
    "subtitleDecision", "transcodeHwRequested", "transcodeHwDecoding", "transcodeHwEncoding", "transcodeHwFullPipeline",
    "speed", "throttled", "complete", "grandparentTitle", "progress", "refreshing", "scannedAt", "value", "default",
]  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=25,
)
ROWS = st.lists(
    ANYTHING | st.dictionaries(st.sampled_from(FIELDS), ANYTHING, min_size=3, max_size=15), max_size=4
)
KEYS = st.sampled_from(
    [
        "secureConnections", "allowedNetworks", "customConnections", "logTokens", "ManualPortMappingMode", "RelayEnabled",
        "PublishServerOnPlexOnlineKey", "DlnaEnabled", "GdmEnabled", "DisableTLSv1_0", "HardwareAcceleratedCodecs",
        "HardwareAcceleratedEncoders", "TranscoderToneMapping",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(raw=ROWS)
def test_rows_are_read_or_skipped(raw: list[Any]) -> None:
    for parse in (section, activity, preference):
        found = rows(raw, parse)
        assert len(found.items) + found.skipped <= len(raw)
    streams = rows(raw, stream).items
    data, conversions = Plex(About("Lighthouse", "1.42.2.10157", "m"), streams), Conversions()
    for clock in (0.0, 60.0):
        conversions.see(data, circumstances(data), clock, "2026-11-30")
    for each in streams.values():
        assert each.bandwidth >= 0
        assert each.left is None or (each.left >= 0 and math.isfinite(each.left))
    found = [*badly_converted("plex", data, circumstances(data), conversions)]
    assert len({each.object for each in found}) == len(found)
    assert data.bandwidth(remote=True) + data.bandwidth(remote=False) >= 0
    assert 0 <= data.on_hardware <= len(data.transcoding)


@settings(max_examples=150, deadline=None)
@given(
    given=st.dictionaries(KEYS, ANYTHING, max_size=13),
    version=st.text(max_size=12),
    mapping=st.sampled_from([None, "mapped"]),
)
def test_settings_of_any_kind_are_judged(given: dict[str, Any], version: str, mapping: str | None) -> None:
    read = rows([{"id": key, "value": value} for key, value in given.items()], preference).items
    data = Plex(About("Lighthouse", version, "m", mapping=mapping), preferences=read)
    found = audit(data)
    assert len({each.key for each in found}) == len(found)
    assert all(Severity.INFO <= each.severity <= Severity.HIGH for each in found)
    assert len(judge("plex", data)) == sum(each.told for each in found)

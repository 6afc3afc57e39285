"""Whether a stream is converted on the graphics chip, and if not, why: pure functions of what Plex shows of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .chips import Chip
from .streams import Stream, Transcode

# what a graphics chip of a home server does not decode, whichever it is
_NO_DECODER: Final = frozenset({"vc1", "wmv3", "mpeg4", "msmpeg4v3", "theora", "vp6f", "rv40"})
_PICTURES: Final = frozenset({"pgs", "hdmv_pgs_subtitle", "dvd_subtitle", "vobsub", "dvb_subtitle"})
_DRAWN: Final = frozenset({"ass", "ssa"})
# a stream that is converted slower than it is played stops again and again
KEEPS_UP: Final = 1.0


class Way(StrEnum):
    """How a stream reaches its viewer.

    direct: the picture as it is; hardware: pictures never leave the chip; partial: chip at both ends, the processor
    between; encoder: only what comes out is made by the chip; fallback: the processor, although the chip was asked for;
    software: the processor, and nobody asked for the chip.
    """

    DIRECT = "direct"
    HARDWARE = "hardware"
    PARTIAL = "partial"
    ENCODER = "encoder"
    FALLBACK = "fallback"
    SOFTWARE = "software"


class Cause(StrEnum):
    """Why it is not the chip alone."""

    OFF = "off"
    NO_PASS = "no_pass"  # noqa: S105 - Plex's subscription
    NO_CHIP = "no_chip"
    NO_DEVICE = "no_device"
    PERMISSION = "permission"
    CODEC = "codec"
    PROFILE = "profile"
    BURNED = "burned"
    TONE_MAPPING = "tone_mapping"
    DRIVER = "driver"
    DECODER = "decoder"
    FILTER = "filter"
    TEMP = "temp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known beside the stream; None is not known.

    asked: the setting "use hardware acceleration when available"; encodes: the one for encoding; plex_pass: paid for;
    device: the chip is passed into the container; permitted: the server may open it; tone_maps: HDR is made SDR.
    chip: the graphics of its processor; temp_slow: what is converted is written to disks that spin, or to too little memory; temp_fast: it surely is not;
    idle: the processor has time.
    """

    asked: bool | None = None
    encodes: bool | None = None
    plex_pass: bool | None = None
    device: bool | None = None
    permitted: bool | None = None
    tone_maps: bool | None = None
    chip: Chip | None = None
    temp_slow: bool = False
    temp_fast: bool = False
    idle: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a stream is converted. slow: it is converted slower than it is played; drag: why, where it is known."""

    way: Way
    cause: Cause | None = None
    slow: bool = False
    drag: Cause | None = None


def judge(stream: Stream, known: Circumstances) -> Verdict:
    """Return how a stream is converted, and why not on the chip alone."""
    found = stream.transcode
    if found is None or not stream.converts_video:
        return Verdict(Way.DIRECT)
    way = _way(found)
    slow = _is_slow(found)
    return Verdict(way, _cause(way, stream, found, known), slow, _drag(known) if slow else None)


def _drag(known: Circumstances) -> Cause | None:
    """Return what holds back a stream that is converted too slowly, where it is neither the processor nor the chip."""
    waits = known.idle is True and not known.temp_fast
    return Cause.TEMP if known.temp_slow or waits else None


def _way(found: Transcode) -> Way:
    if found.decoder and found.encoder:
        return Way.HARDWARE if found.whole else Way.PARTIAL
    if found.encoder:
        return Way.ENCODER
    if found.decoder:
        return Way.PARTIAL
    return Way.FALLBACK if found.requested else Way.SOFTWARE


def _cause(way: Way, stream: Stream, found: Transcode, known: Circumstances) -> Cause | None:
    match way:
        case Way.SOFTWARE:
            return Cause.NO_PASS if known.plex_pass is False else Cause.OFF
        case Way.FALLBACK:
            if known.plex_pass is False:
                return Cause.NO_PASS
            if known.chip is not None and not known.chip.generation and known.device is not True:
                return Cause.NO_CHIP
            if known.device is False:
                return Cause.NO_DEVICE
            if known.permitted is False:
                return Cause.PERMISSION
            return _unsupported(stream, known.chip) or Cause.DRIVER
        case Way.ENCODER:
            could = known.chip is not None and known.chip.decodes(stream.codec, stream.depth or 8)
            return _unsupported(stream, known.chip) or (Cause.DECODER if could else Cause.CODEC)
        case Way.PARTIAL:
            if not found.encoder:
                return Cause.OFF if known.encodes is False else Cause.DRIVER
            if found.subtitle == "burn":
                return Cause.BURNED
            if stream.hdr and known.tone_maps is not False:
                return Cause.TONE_MAPPING
            return Cause.FILTER
    return None


def _unsupported(stream: Stream, chip: Chip | None) -> Cause | None:
    """Return what no usual chip decodes, or not this one: old codecs, ten bits of H.264, colour that is not thinned out."""
    if stream.codec in _NO_DECODER:
        return Cause.CODEC
    ten = (stream.depth or 8) > 8
    if (stream.codec == "h264" and (ten or "10" in stream.profile)) or stream.chroma in ("4:2:2", "4:4:4"):
        return Cause.PROFILE
    if chip is not None and chip.decodes(stream.codec, stream.depth or 8) is False:
        return Cause.PROFILE if chip.decodes(stream.codec, 8) else Cause.CODEC
    return None


def _is_slow(found: Transcode) -> bool:
    return (
        found.speed is not None and 0 < found.speed < KEEPS_UP and not found.throttled and not found.complete
    )

"""A stream as Plex lists it: who plays what to where, and how it is converted on the way."""

from dataclasses import dataclass, field
from typing import Any, Final

from ..records import Row, amount, at, integer, name, number, text

# kbit a second, as Plex counts
KBIT: Final = 125
PLAYS: Final = frozenset({"playing", "buffering"})
# milliseconds of the longest thing that anybody plays: a year
LONGEST: Final = 366 * 86_400_000
# what names no engine in a field that names one
_NONE: Final = frozenset({"", "none", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcode:
    """How a stream is converted.

    video, audio, subtitle: what is done with each, such as copy, transcode or burn. requested: a graphics chip was
    asked for; decoder, encoder: the engines that do it, empty for the processor; whole: pictures never leave the chip.
    speed: times as fast as it is played; throttled: it rests, for it is far enough ahead; container and codecs: what
    comes out.
    """

    key: str
    video: str = ""
    audio: str = ""
    subtitle: str = ""
    requested: bool = False
    decoder: str = ""
    encoder: str = ""
    whole: bool = False
    speed: float | None = None
    throttled: bool = False
    complete: bool = False
    source_codec: str = ""
    codec: str = ""
    height: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One session. bandwidth: bytes a second that Plex reserves for it; offset, duration in seconds; file: what is read.

    Who plays what is for approvers: title, file and user never go into a state, an event or a log.
    """

    key: str
    session: str
    title: str
    user: str
    player: str
    product: str
    state: str
    remote: bool
    relayed: bool
    secure: bool | None
    bandwidth: int
    offset: float
    duration: float | None
    transcode: Transcode | None = None
    codec: str = ""
    profile: str = ""
    depth: int | None = None
    chroma: str = ""
    hdr: bool = False
    height: int | None = None
    subtitle_codec: str = ""
    file: str = field(default="", repr=False)

    @property
    def plays(self) -> bool:
        """Return whether it goes on, and is not paused."""
        return self.state in PLAYS

    @property
    def converts_video(self) -> bool:
        """Return whether its picture is made anew."""
        return self.transcode is not None and self.transcode.video == "transcode"

    @property
    def left(self) -> float | None:
        """Return the seconds until its end, if nobody pauses it."""
        return None if self.duration is None else max(self.duration - self.offset, 0.0)


def stream(row: Row) -> tuple[str, Stream]:
    """Parse one of `/status/sessions`. Raises KeyError, TypeError, ValueError."""
    key = name(row.get("sessionKey") or at(row, "Session", "id"))
    media = _selected(row.get("Media"))
    video, subtitle = _tracks(media)
    raw = row.get("TranscodeSession") or at(media, "TranscodeSession")
    raw = raw[0] if isinstance(raw, list) and raw else raw
    remote = _is_remote(row)
    return key, Stream(
        key=key,
        session=text(at(row, "Session", "id")) or "",
        title=_title(row),
        user=text(at(row, "User", "title")) or "",
        player=text(at(row, "Player", "title")) or "",
        product=text(at(row, "Player", "product")) or "",
        state=text(at(row, "Player", "state")) or "",
        remote=remote,
        relayed=truth(at(row, "Player", "relayed")) is True,
        secure=truth(at(row, "Player", "secure")),
        bandwidth=amount(at(row, "Session", "bandwidth"), KBIT),
        offset=_seconds(row.get("viewOffset")) or 0.0,
        duration=_seconds(row.get("duration")),
        transcode=_transcode(raw, row) if isinstance(raw, dict) else None,
        codec=text(video.get("codec")) or text(at(media, "videoCodec")) or "",
        profile=text(video.get("profile")) or "",
        depth=integer(video.get("bitDepth")),
        chroma=text(video.get("chromaSubsampling")) or "",
        hdr=_is_hdr(video),
        height=integer(video.get("height")) or integer(at(media, "height")),
        subtitle_codec=text(subtitle.get("codec")) or "",
        file=text(at(_selected(media.get("Part")), "file"), 1000) or "",
    )


def truth(value: Any) -> bool | None:
    """Return a truth value; releases and proxies that make JSON of XML write 1 and "1" for it."""
    if isinstance(value, bool):
        return value
    return {0: False, 1: True, "0": False, "1": True}.get(value) if isinstance(value, int | str) else None


def _selected(raw: Any) -> Row:
    """Return the version of a film that is played: the selected one, else the first."""
    found = [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []
    return next((each for each in found if truth(each.get("selected"))), found[0] if found else {})


def _tracks(media: Row) -> tuple[Row, Row]:
    """Return the picture and the subtitles that are played; empty where there are none."""
    raw = at(_selected(media.get("Part")), "Stream")
    found = [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []
    kinds: dict[int, Row] = {}
    for each in found:
        kind = integer(each.get("streamType")) or 0
        if kind not in kinds or truth(each.get("selected")):
            kinds[kind] = each
    return kinds.get(1, {}), kinds.get(3, {})


def _is_remote(row: Row) -> bool:
    location = text(at(row, "Session", "location"))
    if location in ("lan", "wan"):
        return location == "wan"
    return truth(at(row, "Player", "local")) is False


def _is_hdr(video: Row) -> bool:
    transfer = str(video.get("colorTrc") or "").lower()
    return transfer in ("smpte2084", "arib-std-b67") or truth(video.get("DOVIPresent")) is True


def _title(row: Row) -> str:
    own = text(row.get("title")) or "?"
    series = text(row.get("grandparentTitle"))
    return f"{series}: {own}" if series else own


def _seconds(value: Any) -> float | None:
    found = number(value)
    return found / 1000 if found is not None and 0 < found <= LONGEST else None


def _transcode(raw: Row, row: Row) -> Transcode:
    return Transcode(
        key=text(raw.get("key")) or "",
        video=text(raw.get("videoDecision")) or "",
        audio=text(raw.get("audioDecision")) or "",
        subtitle=text(raw.get("subtitleDecision")) or "",
        requested=truth(raw.get("transcodeHwRequested")) is True,
        decoder=_engine(raw.get("transcodeHwDecoding")),
        encoder=_engine(raw.get("transcodeHwEncoding")),
        whole=truth(raw.get("transcodeHwFullPipeline")) is True,
        speed=number(raw.get("speed")),
        throttled=truth(raw.get("throttled")) is True,
        complete=truth(raw.get("complete")) is True,
        source_codec=text(raw.get("sourceVideoCodec")) or "",
        codec=text(raw.get("videoCodec")) or "",
        height=integer(raw.get("height")),
    )


def _engine(value: Any) -> str:
    found = (text(value) or "").lower()
    return "" if found in _NONE else found

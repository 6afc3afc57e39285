"""Lists for responses of actions; who plays what is for admins, so these actions are."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ...guardian.capabilities_streams import Exposure, Medium, Surroundings
from ..errors import NotSupported
from .audit import audit
from .chips import chip_of
from .converting import ON_CHIP, Conversions
from .model import Plex
from .streams import Stream
from .verdict import Circumstances, judge


class Service(Protocol):
    """The coordinator, as far as it is needed here."""

    data: Plex

    @property
    def known(self) -> Circumstances:
        """Return what is known of how it may convert."""
        ...

    @property
    def converted(self) -> Conversions:
        """Return how streams are and were converted."""
        ...

    @property
    def exposure(self) -> Exposure | None:
        """Return where its port is open, where its engine is known."""
        ...

    async def async_look(self, *feeds: str) -> Plex:
        """Read these feeds now and return the snapshot."""
        ...


async def listing(service: Service, key: str) -> list[Any]:
    """Return a list as it is now. Raises ClientError; NotSupported where there is no such list."""
    match key:
        case "streams":
            data = await service.async_look("streams")
            known = service.known
            return [_stream(each, known) for each in data.streams.values()]
        case "libraries":
            data = await service.async_look("sections")
            return [
                {
                    "id": each.key,
                    "title": each.title,
                    "type": each.kind,
                    "scanning": each.refreshing,
                    "scanned": each.scanned.isoformat() if each.scanned else None,
                }
                for each in data.sections.values()
            ]
        case "conversions":
            # the newest day first
            return [
                {
                    "day": day,
                    "converted": ways.total(),
                    "on_chip_percent": round(100 * sum(ways[way] for way in ON_CHIP) / ways.total()),
                    "ways": dict(ways),
                }
                for day, ways in sorted(service.converted.days.items(), reverse=True)
            ]
        case "security":
            data = await service.async_look("about", "preferences")
            return [
                {
                    "check": each.key,
                    "severity": each.severity.name.lower(),
                    "setting": each.setting,
                    "value": each.value,
                    "safe_value": each.mend,
                    "told": each.told,
                }
                for each in audit(data, service.exposure)
            ]
    raise NotSupported(key)


def circumstances(data: Plex, around: Surroundings = Surroundings()) -> Circumstances:  # noqa: B008 - it is frozen
    """Return what the server itself tells of how it may convert, and what is known around it."""
    asked = data.preference("HardwareAcceleratedCodecs")
    encodes = data.preference("HardwareAcceleratedEncoders")
    tone = data.preference("TranscoderToneMapping")
    return Circumstances(
        asked=asked if isinstance(asked, bool) else None,
        encodes=encodes if isinstance(encodes, bool) else None,
        plex_pass=data.about.plex_pass,
        tone_maps=tone if isinstance(tone, bool) else None,
        device=around.chip,
        chip=chip_of(around.processor),
        permitted=False if around.hindrance is not None else None,
        temp_slow=around.temp_on in (Medium.DISKS, Medium.SMALL),
        temp_fast=around.temp_on in (Medium.FLASH, Medium.MEMORY),
        idle=around.idle,
    )


def _stream(each: Stream, known: Circumstances) -> dict[str, Any]:
    verdict = judge(each, known)
    ends = datetime.now(UTC) + timedelta(seconds=each.left) if each.left is not None else None
    found = each.transcode
    return {
        "title": each.title,
        "user": each.user,
        "player": each.player,
        "state": each.state,
        "remote": each.remote,
        "relayed": each.relayed,
        "encrypted": each.secure,
        "kbit_per_second": each.bandwidth // 125,
        "ends_about": ends.isoformat(timespec="minutes") if ends else None,
        "way": verdict.way.value,
        "cause": verdict.cause.value if verdict.cause else None,
        "too_slow": verdict.slow,
        "slow_because": verdict.drag.value if verdict.drag else None,
        "video": each.codec,
        "height": each.height,
        "converted_to": found.codec if found else None,
        "speed": found.speed if found else None,
    }

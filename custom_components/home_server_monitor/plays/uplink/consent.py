"""What an admin wrote about making room for streams, and the approval in advance of exactly that."""

from dataclasses import dataclass
from typing import Any, Final

from ...edge.settings import Settings
from ..standing import ApprovePolicy

# what is approved, by the name that lists and the journal show, and what approves it
MAKE_ROOM, APPROVE = "make_room_for_streams", "approve_make_room"
MBIT: Final = 125_000.0


@dataclass(frozen=True, slots=True)
class Written:
    """What the options of a server say. down, upload: bytes a second, 0 for nothing said; pause: node ids of containers."""

    limit: bool = False
    down: float = 0.0
    pause: tuple[str, ...] = ()
    upload: float = 0.0
    sensor: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Written:
        """Return what is written."""
        return cls(
            limit=settings.spare_uplink,
            down=settings.stream_down,
            pause=tuple(sorted(settings.pause_for_streams)),
            upload=settings.upload,
            sensor=settings.upload_sensor,
        )

    @property
    def automatic(self) -> bool:
        """Return whether anything is to be done without asking each time."""
        return self.limit or bool(self.pause)

    def pack(self) -> dict[str, Any]:
        """Return it as an approval in advance is bound to: the letter of it, speeds in Mbit/s as they are written."""
        return {
            "limit_uploads": self.limit,
            "limit_downloads_to": round(self.down / MBIT, 3),
            "pause": list(self.pause),
            "upload_speed": round(self.upload / MBIT, 3),
            "upload_sensor": self.sensor,
        }


class ApproveMakeRoom(ApprovePolicy):
    """Approves in advance that uploads make room for streams, by what the options say now."""

    key, covers = APPROVE, MAKE_ROOM
